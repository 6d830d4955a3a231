"""What a validation command showed, told from the bytes of its log alone, wherever that log lies. Pure.

A log is a header, a blank line, exactly what the command printed, and a footer of two lines. What a command prints
stands between the two, so none of it can pass for a line of either.
"""

import hashlib
import re
from enum import StrEnum

import msgspec

from harness.errors import ExitCode, LogError
from harness.milestones.programme import Validation
from harness.spans.ansi import ANSI
from harness.spans.facts import Words

_HEADER = re.compile(
    r"# capture: (?P<capture>.*)\n# Timestamp: (?P<timestamp>.*)\n# Command: (?P<command>.*)\n"
    r"# Commit: (?P<commit>[0-9a-f]{40,64})(?: with uncommitted changes, sha256 (?P<changes>[0-9a-f]{64}))?"
    r"(?:\n# Base: (?:(?P<base>[0-9a-f]{40,64}) )?"
    r"(?:(?P<warnings>[0-9]{1,9}) warnings|(?P<same>the same code)|not known: (?P<reason>.*)))?"
)
_FOOTER = re.compile(rb"\n# Exit: (-?[0-9]{1,9}|timeout|broken off)\n# Seconds: ([0-9]{1,9}\.[0-9])\n\Z")
_LONGEST_FOOTER_BYTES = 80

_WARNING = re.compile(r"warning(?:\[|:)")
_SUM_OF_WARNINGS = re.compile(r"warning: (?:`[^`]*` \(.*\) generated \d+ warning|build failed|\d+ warnings? emitted)")
_BUILD_FINISHED = re.compile(r" +Finished .* target\(s\) in ")
_CARGO = re.compile(r"\s*(?:[A-Za-z_]\w*=\S*\s+)*(?:\S*/)?cargo(?:\s+[-+]\S+)*\s+(\w\S*)")


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """Warnings of the same build at the base commit; without a count, the code is the same or `reason` says why."""

    commit: str | None = None
    warnings: int | None = None
    same: bool = False
    reason: str = ""


class LogHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before a command is started; `timestamp` is UTC, `commit` the full hash of what is checked out.

    `changes_sha256` names the code's uncommitted changes, empty without any. `base` is None where no warnings are
    counted.
    """

    capture: str
    timestamp: str
    command: str
    commit: str
    changes_sha256: str = ""
    base: Base | None = None


class ValidationLog(msgspec.Struct, frozen=True, kw_only=True):
    """A log taken apart. `exit_code` is minus the signal for a command that one ended; None without an end of its own.

    `output` is stdout and stderr in order of arrival.
    """

    header: LogHeader
    output: bytes
    exit_code: int | None = None
    timed_out: bool = False
    seconds: float | None = None

    @property
    def last_line(self) -> str:
        """The last line of the output that is not blank, without colours."""
        end = self.output.rstrip()
        return ANSI.sub("", end[end.rfind(b"\n") + 1 :].decode("utf-8", "replace")).strip()


class Result(StrEnum):
    """What a validation showed; vacuous is neither pass nor failure."""

    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    VACUOUS = "vacuous"
    BROKEN_OFF = "broken off"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A result with the reason of a failure, and the counts; None is "not counted" or "not known", never 0."""

    result: Result
    why: str = ""
    tests_executed: int | None = None
    warnings: int | None = None
    base_warnings: int | None = None

    @property
    def new_warnings(self) -> int:
        """How many more warnings there are than at the base; 0 where that is not known."""
        known = self.warnings is not None and self.base_warnings is not None
        return max(0, (self.warnings or 0) - (self.base_warnings or 0)) if known else 0


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One command of a Validation Log: its log's (future) path in the checkout, and what the log shows.

    `acceptance` is the document's own line by which somebody took a vacuous result; empty without one.
    """

    name: str
    command: str
    path: str
    sha256: str
    log: ValidationLog
    judged: Judged
    acceptance: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the result is vacuous and somebody took it."""
        return self.judged.result is Result.VACUOUS and bool(self.acceptance)


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone's validation: every command in the programme's order, and whether its file was changed."""

    milestone: str
    entries: tuple[Entry, ...]
    changed: bool

    @property
    def exit_code(self) -> ExitCode:
        """Broken where a command failed, "cannot tell" where one was vacuous and nobody took that."""
        results = {one.judged.result for one in self.entries if not one.accepted}
        if results & {Result.FAIL, Result.BROKEN_OFF}:
            return ExitCode.BROKEN
        return ExitCode.CANNOT_TELL if Result.VACUOUS in results else ExitCode.DONE


def one_line(text: str) -> str:
    """A command or reason as it stands in a header."""
    return re.sub(r"\s*[\r\n]+\s*", " ", text.strip())


def header_bytes(header: LogHeader) -> bytes:
    """The beginning of a log, blank line included."""
    changes = f" with uncommitted changes, sha256 {header.changes_sha256}" if header.changes_sha256 else ""
    lines = [
        f"# capture: {one_line(header.capture)}",
        f"# Timestamp: {header.timestamp}",
        f"# Command: {one_line(header.command)}",
        f"# Commit: {header.commit}{changes}",
    ]
    if header.base is not None:
        lines.append(f"# Base: {_base_text(header.base)}")
    return ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


def footer_bytes(exit_code: int | None, *, timed_out: bool, seconds: float) -> bytes:
    """The end of a log. Without an exit code the command was broken off."""
    ended = "timeout" if timed_out else "broken off" if exit_code is None else str(exit_code)
    return f"# Exit: {ended}\n# Seconds: {seconds:.1f}\n".encode()


def read_log(data: bytes, where: str) -> ValidationLog:
    """The log in `data`; one without a footer is of a run that was broken off. Raises LogError naming `where`."""
    head, blank, _rest = data.partition(b"\n\n")
    found = _HEADER.fullmatch(head.decode("utf-8", "replace"))
    if found is None or not blank:
        raise LogError(f"{where} is no log of a validation.", hint="Validate again.")
    header = LogHeader(
        capture=found["capture"],
        timestamp=found["timestamp"],
        command=found["command"],
        commit=found["commit"],
        changes_sha256=found["changes"] or "",
        base=_base(found),
    )
    begin = len(head) + len(blank)
    footer = _FOOTER.search(data[-_LONGEST_FOOTER_BYTES:])  # its first newline is the header's where nothing is printed
    if footer is None:
        return ValidationLog(header=header, output=data[begin:])
    ended = footer[1].decode()
    return ValidationLog(
        header=header,
        output=data[begin : max(begin, len(data) - len(footer[0]) + 1)],
        exit_code=None if ended in {"timeout", "broken off"} else int(ended),
        timed_out=ended == "timeout",
        seconds=float(footer[2]),
    )


def entry_of(name: str, validation: Validation, *, path: str, data: bytes, acceptance: str = "") -> Entry:
    """What the log in `data` shows of a validation. Raises LogError naming `path`."""
    log = read_log(data, path)
    return Entry(
        name=name,
        command=one_line(validation.command),
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        log=log,
        judged=judge(log, validation),
        acceptance=acceptance,
    )


def judge(log: ValidationLog, validation: Validation) -> Judged:
    """What a log shows: a failure first, then whether any test was executed at all."""
    words = Words()
    numbers = range(1, log.output.count(b"\n") + 2)
    words.hear_stdout(log.output, numbers)
    testing = executes_tests(validation)
    if not testing:  # tests that must panic do so, and pass
        words.hear_stderr(log.output, numbers)
    base = log.header.base
    warnings = None if base is None else count_warnings(log.output)
    counted = Judged(
        result=Result.PASS,
        tests_executed=(words.tests_executed or 0) if testing else words.tests_executed,
        warnings=warnings,
        base_warnings=warnings if base and base.same else base.warnings if base else None,
    )
    if not log.timed_out and log.exit_code is None:
        return msgspec.structs.replace(counted, result=Result.BROKEN_OFF)
    if why := _failure(log, words):
        return msgspec.structs.replace(counted, result=Result.FAIL, why=why)
    if testing and not counted.tests_executed:
        return msgspec.structs.replace(counted, result=Result.VACUOUS)
    return counted


def executes_tests(validation: Validation) -> bool:
    """Whether a command must execute a test: the programme says so, or it is `cargo test`."""
    return validation.tests or cargo_verb(validation.command) in {"test", "t"}


def cargo_verb(command: str) -> str | None:
    """`test` of `A=1 cargo +nightly test …`; None for a command that is not cargo's."""
    found = _CARGO.match(command)
    return found[1] if found else None


def count_warnings(output: bytes) -> int:
    """Warnings of cargo and the compiler in what cargo printed, up to where its build finished.

    What follows is printed by the programs that were built. Cargo's sums are left out, and it prints the same warning
    of two builds of a crate once, so the count does not depend on what was built before.
    """
    found = 0
    for line in output.split(b"\n"):
        if b"warning" in line or b"Finished" in line:
            text = ANSI.sub("", line.decode("utf-8", "replace"))
            if _BUILD_FINISHED.match(text):
                break
            found += bool(_WARNING.match(text)) and not _SUM_OF_WARNINGS.match(text)
    return found


def _failure(log: ValidationLog, words: Words) -> str:
    code = log.exit_code or 0
    if log.timed_out:
        return "took longer than its timeout"
    if code:
        return f"exit code {code}" if code > 0 else f"ended by signal {-code}"
    if words.failed_test_line is not None:
        return "a test failed, exit code 0"
    return "it panicked, exit code 0" if words.panic_line is not None else ""


def _base_text(base: Base) -> str:
    said = f"not known: {one_line(base.reason)}"
    if base.commit is None:
        return said
    known = "the same code" if base.same else f"{base.warnings} warnings" if base.warnings is not None else said
    return f"{base.commit} {known}"


def _base(found: re.Match[str]) -> Base | None:
    if found["warnings"] is None and found["same"] is None and found["reason"] is None:
        return None
    return Base(
        commit=found["base"],
        warnings=int(found["warnings"]) if found["warnings"] else None,
        same=found["same"] is not None,
        reason=found["reason"] or "",
    )
