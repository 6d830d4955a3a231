"""Logs of validations made for a test."""

from typing import Any

from harness.milestones.programme import Validation
from harness.milestones.validation import Base, Entry, LogHeader, entry_of, footer_bytes, header_bytes

PATH = "docs/logs/validate-one-2026-02-20T101112Z-m9.log"
COMMIT, BASE = "a" * 40, "b" * 40
CHECK = Validation(command="cargo check -p tiny")
TESTS = Validation(command="cargo test -p tiny --test round_trip", tests=True)
SCRIPT = Validation(command="./prove.sh --all")

ONE_PASSED = "running 1 test\ntest one ... ok\n\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured\n"
NO_TEST = "running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored; 0 measured\n"
ONE_FAILED = "test one ... FAILED\n\ntest result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured\n"
ONE_WARNING = "warning: unused variable: `x`\n --> src/lib.rs:1:1\n\n"
FINISHED = "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 0.05s\n"


def header(command: str = CHECK.command, *, changes: str = "", base: Base | None = None) -> LogHeader:
    return LogHeader(
        capture="validate-one",
        timestamp="2026-02-20T10:11:12Z",
        command=command,
        commit=COMMIT,
        changes_sha256=changes,
        base=base,
    )


def log_bytes(
    printed: str | bytes,
    *,
    of: LogHeader | None = None,
    exit_code: int | None = 0,
    timed_out: bool = False,
    seconds: float = 12.34,
) -> bytes:
    output = printed if isinstance(printed, bytes) else printed.encode()
    return header_bytes(of or header()) + output + footer_bytes(exit_code, timed_out=timed_out, seconds=seconds)


def entry(validation: Validation, printed: str = "", *, acceptance: str = "", **more: Any) -> Entry:
    """What a log shows; `more` is the header's, or how the command ended."""
    told = {key: more.pop(key) for key in ("base", "changes") if key in more}
    data = log_bytes(printed, of=header(validation.command, **told), **more)
    return entry_of("one", validation, path=PATH, data=data, acceptance=acceptance)
