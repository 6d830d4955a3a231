"""Every error the harness raises on purpose, and the exit codes scripts rely on.

    HarnessError (exit 1)
    ├── LogError            a log that cannot be read as what it claims to be
    ├── ConfigError         harness.toml, a contract or a preset is wrong
    ├── RefError            a ref matches nothing, or several things
    ├── StoreError          the store cannot be read or written
    ├── BuildError          the program under test does not build
    ├── MeasureError        a run failed, or measuring cannot begin
    ├── DocumentError       a document cannot be rendered into its file
    └── Interrupted         Ctrl-C (exit 130)

Messages are one line: what and where, then the way out in `hint`.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a caller's script can rely on; a crash is never 3 or 4, a verdict never 1."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    BROKEN = 3
    CANNOT_TELL = 4
    INTERRUPTED = 130


class HarnessError(Exception):
    """What went wrong and where (`message`), and the way out (`hint`, one sentence)."""

    exit_code = ExitCode.ERROR

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class LogError(HarnessError):
    """A log that cannot be read as what it claims to be."""


class ConfigError(HarnessError):
    """A harness.toml, contract or preset that is wrong."""


class RefError(HarnessError):
    """A ref that matches nothing, or several things."""


class StoreError(HarnessError):
    """A store that cannot be read or written."""


class BuildError(HarnessError):
    """A program under test that does not build; the message ends with the tool's last lines."""


class MeasureError(HarnessError):
    """A run that failed, or a measurement that cannot begin."""


class DocumentError(HarnessError):
    """A document that cannot be rendered into its file."""


class Interrupted(HarnessError):  # noqa: N818 (stopping is no error of anybody)
    """The user stopped the command; everything finished is kept."""

    exit_code = ExitCode.INTERRUPTED
