"""`perf stat` as it counts a program's instructions: whether it does here, its command line, and what it wrote.

Only user mode is counted: that needs no rights where `perf_event_paranoid` is 2, and the kernel's part varies.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

_PERF = "perf"
_EVENT = "instructions:u"
_FORBIDDEN_BY = "perf_event_paranoid"
_PROBE_TIMEOUT_S = 10.0
_LEAST_PERCENT = 98
"""Of the program's time. perf cuts its percentages off, and prints one for each kind of core."""

_VALUE, _NAME, _PERCENT = 0, 2, 4  # fields of a line of `perf stat -x,`; the second is the unit
_LONGEST_REASON = 120


class Uncounted(msgspec.Struct, frozen=True, kw_only=True):
    """There is no count, for this reason."""

    reason: str


def unavailable() -> str | None:
    """Why instructions cannot be counted on this machine; None where they can. Tries it on `true`."""
    if shutil.which(_PERF) is None:
        return "perf is not installed"
    with TemporaryDirectory(prefix="harness-perf-") as scratch:
        output = Path(scratch) / "count"
        try:
            done = subprocess.run(
                wrap(("true",), output),
                env={**os.environ, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PROBE_TIMEOUT_S,
                check=False,
            )
        except OSError as error:
            return f"perf cannot be started: {error.strerror}"
        except subprocess.TimeoutExpired:
            return f"perf did not end within {_PROBE_TIMEOUT_S:g} s"
        if done.returncode != 0:
            return _refusal(done.stderr.decode(errors="replace"))
        found = read_count(output)
    return found.reason if isinstance(found, Uncounted) else None


def wrap(argv: Sequence[str], output: Path) -> tuple[str, ...]:
    """The command line that runs `argv` under perf, in the same process group; `output` is where the count goes.

    perf takes over the program's exit code, but answers 0 for a program that a signal ended. Raw counts: on a machine
    with two kinds of cores, those that perf scales up do not add up.
    """
    perf = shutil.which(_PERF) or _PERF  # the program's own PATH may have none
    return (perf, "stat", "-x,", "--no-scale", "-e", _EVENT, "-o", str(output), "--", *argv)


def read_count(output: Path) -> int | Uncounted:
    """The instructions of one program and its descendants, from the file that perf wrote."""
    try:
        return parse(output.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return Uncounted(reason="perf wrote nothing")


def parse(text: str) -> int | Uncounted:
    """The instructions that the text of `perf stat -x,` states: one line, or one for each kind of core.

    In a locale with decimal commas the percentage falls into two fields; its first one is whole per cents.
    """
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    rows = [row for row in rows if len(row) > _PERCENT and "instructions" in row[_NAME]]
    counted = [row for row in rows if row[_VALUE].isdecimal()]
    if not rows:
        return Uncounted(reason="perf wrote nothing")
    if not counted:
        return Uncounted(reason=f"perf counts no instructions here: {rows[0][_VALUE]}")
    percents = [row[_PERCENT].partition(".")[0] for row in counted]
    percent = sum(int(one) for one in percents if one.isdecimal())
    if percent < _LEAST_PERCENT:
        return Uncounted(reason=f"perf counted only {percent} % of the time: others count on this machine, too")
    return sum(int(row[_VALUE]) for row in counted)


def _refusal(said: str) -> str:
    if _FORBIDDEN_BY in said:
        return f"{_FORBIDDEN_BY} forbids it"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"perf stat fails here: {lines[0][:_LONGEST_REASON] if lines else 'it says nothing'}"
