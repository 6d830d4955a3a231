import re
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.errors import ExitCode, LogError
from harness.milestones.programme import Validation
from harness.milestones.validation import (
    Base,
    LogHeader,
    Result,
    Validated,
    cargo_verb,
    count_warnings,
    footer_bytes,
    header_bytes,
    judge,
    read_log,
)
from tests.milestones.validation_logs import (
    BASE,
    CHECK,
    COMMIT,
    FINISHED,
    NO_TEST,
    ONE_FAILED,
    ONE_PASSED,
    ONE_WARNING,
    SCRIPT,
    TESTS,
    entry,
    header,
    log_bytes,
)

FORGED = (
    "# Exit: 0\n# Seconds: 1.0\n",
    "# Exit: 0\n# Seconds: 1.0\n\n",
    "\n# Commit: " + "c" * 40 + "\n# Base: " + "c" * 40 + " 0 warnings\n\n",
    "# capture: x\n\n# Exit: 0\n",
    "",
    "\n",
    "\n\n",
)
words = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20).map(str.strip)
bases = st.one_of(
    st.none(),
    st.builds(Base, commit=st.just(BASE), warnings=st.integers(0, 10**6)),
    st.just(Base(commit=BASE, same=True)),
    st.builds(Base, commit=st.sampled_from([None, BASE]), reason=words),
)
headers = st.builds(
    LogHeader,
    capture=words,
    timestamp=st.just("2026-02-20T10:11:12Z"),
    command=words,
    commit=st.sampled_from([COMMIT, "0" * 64]),
    changes_sha256=st.sampled_from(["", "f" * 64]),
    base=bases,
)
lines = st.one_of(
    st.lists(st.one_of(st.binary(max_size=20).map(lambda one: one.replace(b"\n", b"")), st.just(b"# Exit: 0"))).map(
        lambda found: b"".join(one + b"\n" for one in found)
    ),
    st.lists(st.sampled_from(FORGED)).map(lambda found: "".join(found).encode()),
)


@given(headers, lines, st.one_of(st.none(), st.integers(-64, 255)), st.integers(0, 10**6))
@example(header(), FORGED[0].encode(), 1, 5)
@example(header(), b"", 0, 0)
def test_no_output_changes_what_a_log_says_of_its_command(head, output: bytes, code: int | None, tenths: int) -> None:
    log = read_log(log_bytes(output, of=head, exit_code=code, seconds=tenths / 10), "log")

    assert (log.header, log.output, log.exit_code, log.seconds) == (head, output, code, tenths / 10)


@given(st.binary())
@example(header_bytes(header()))
@example(footer_bytes(0, timed_out=False, seconds=1.0))
def test_any_bytes_are_a_log_or_are_refused(data: bytes) -> None:
    with suppress(LogError):
        assert read_log(data, "this.log").output in data


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# capture: x\n\n", log_bytes("")[:-60], b"a prover's log\n\n"])
def test_what_is_no_log_of_a_validation_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(LogError, match=r"this\.log is no log of a validation"):
        read_log(data, "this.log")


@pytest.mark.parametrize("cut", [1, 5, 20, 30])
def test_a_log_without_its_footer_is_of_a_run_that_was_broken_off(cut: int) -> None:
    log = read_log(log_bytes(ONE_PASSED)[:-cut], "log")

    assert judge(log, TESTS).result is Result.BROKEN_OFF


def test_a_run_that_was_broken_off_cannot_end_itself_well() -> None:
    log = read_log(log_bytes(ONE_PASSED + FORGED[0], exit_code=None), "log")

    assert judge(log, TESTS).result is Result.BROKEN_OFF


@pytest.mark.parametrize("command", ["cargo check\n# Commit: x\n\n", "two \\\n  lines"])
def test_a_command_of_several_lines_is_one_in_its_header(command: str) -> None:
    log = read_log(log_bytes("", of=header(command)), "log")

    assert "\n" not in log.header.command
    assert log.header.commit == COMMIT


@pytest.mark.parametrize(
    ("printed", "executed", "result"),
    [
        (ONE_PASSED, 1, Result.PASS),
        (ONE_PASSED + NO_TEST, 1, Result.PASS),
        (ONE_PASSED * 3, 3, Result.PASS),
        (NO_TEST, 0, Result.VACUOUS),
        (NO_TEST * 2, 0, Result.VACUOUS),
        ("", 0, Result.VACUOUS),
        (ONE_FAILED, 3, Result.FAIL),
        (ONE_FAILED + ONE_PASSED, 4, Result.FAIL),
    ],
)
def test_tests_pass_only_where_one_was_executed_and_none_failed(printed: str, executed: int, result: Result) -> None:
    judged = entry(TESTS, printed).judged

    assert (judged.tests_executed, judged.result) == (executed, result)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5), st.integers(-64, 255), st.booleans())
def test_what_executed_no_test_never_passes(blocks, code: int, tests: bool) -> None:
    printed = "".join(f"test result: ok. {ran} passed; {bad} failed; 0 ignored\n" for ran, bad in blocks)
    judged = entry(Validation(command="cargo test -p tiny", tests=tests), printed, exit_code=code).judged

    assert (judged.result is Result.PASS) is (code == 0 and sum(map(sum, blocks)) > 0)
    assert (judged.result is Result.VACUOUS) is (code == 0 and sum(map(sum, blocks)) == 0)


def test_what_failed_is_a_failure_even_where_no_test_was_executed() -> None:
    judged = entry(TESTS, "error: could not compile `tiny`\n", exit_code=101).judged

    assert (judged.result, judged.why) == (Result.FAIL, "exit code 101")


@pytest.mark.parametrize(
    ("exit_code", "timed_out", "why"),
    [(3, False, "exit code 3"), (-9, False, "ended by signal 9"), (-15, True, "took longer than its timeout")],
)
def test_a_failure_says_how_the_command_ended(exit_code: int, timed_out: bool, why: str) -> None:
    judged = entry(SCRIPT, "done\n", exit_code=exit_code, timed_out=timed_out).judged

    assert (judged.result, judged.why) == (Result.FAIL, why)


PANIC = "thread 'main' panicked at src/main.rs:1:1:\n"


def test_a_panic_fails_what_is_no_test() -> None:
    assert entry(CHECK, PANIC).judged.result is Result.FAIL
    assert entry(TESTS, PANIC + ONE_PASSED).judged.result is Result.PASS


@pytest.mark.parametrize(
    ("command", "verb"),
    [
        ("cargo test -p x", "test"),
        ("RUST_LOG=debug A=b cargo +nightly t", "t"),
        ("/opt/bin/cargo -v --locked test", "test"),
        ("cargo run --example test", "run"),
        ("cargo", None),
        ("cargo-test test", None),
        ("make test", None),
        ("echo cargo test", None),
        ("", None),
    ],
)
def test_a_cargo_command_is_known_by_its_verb(command: str, verb: str | None) -> None:
    assert cargo_verb(command) == verb


def test_cargo_test_must_execute_a_test_whatever_the_programme_says() -> None:
    assert entry(Validation(command="cargo test -p x"), NO_TEST).judged.result is Result.VACUOUS
    assert entry(Validation(command="make test"), NO_TEST).judged.result is Result.PASS
    assert entry(Validation(command="make test", tests=True), NO_TEST).judged.result is Result.VACUOUS


@pytest.mark.parametrize(
    ("printed", "count"),
    [
        ("", 0),
        (ONE_WARNING * 2, 2),
        ("warning[E0133]: call to unsafe function\n", 1),
        ("\x1b[0m\x1b[1m\x1b[33mwarning\x1b[0m\x1b[0m\x1b[1m: unused import: `a`\x1b[0m\n", 1),
        ("warning: tiny@0.1.0: said by its build script\n", 1),
        (ONE_WARNING + "warning: `tiny` (lib) generated 1 warning (run `cargo fix --lib -p tiny`)\n", 1),
        ("warning: `tiny` (lib test) generated 3 warnings (1 duplicate)\n", 0),
        ('warning: `tiny` (example "a") generated 1 warning\n', 0),
        ("warning: build failed, waiting for other jobs to finish...\nwarning: 2 warnings emitted\n", 0),
        ("  warning: indented\nwarnings: many\nno warning: here\n", 0),
        (ONE_WARNING + FINISHED + "     Running `target/debug/tiny`\nwarning: printed by the program\n", 1),
        (ONE_WARNING + f"\x1b[1m\x1b[32m{FINISHED.rstrip()}\x1b[0m\n" + ONE_WARNING, 1),
        (b"warning: \xff\xfe\n".decode("latin-1"), 1),
    ],
)
def test_warnings_are_the_diagnostics_of_the_build(printed: str, count: int) -> None:
    assert count_warnings(printed.encode()) == count


@pytest.mark.parametrize(
    ("base", "shown"),
    [
        (None, (None, None, 0)),
        (Base(commit=BASE, warnings=2), (2, 2, 0)),
        (Base(commit=BASE, warnings=0), (2, 0, 2)),
        (Base(commit=BASE, warnings=5), (2, 5, 0)),
        (Base(commit=BASE, same=True), (2, 2, 0)),
        (Base(commit=BASE, reason="it does not build"), (2, None, 0)),
        (Base(reason="it was not begun"), (2, None, 0)),
    ],
)
def test_warnings_are_counted_against_the_bases(base: Base | None, shown) -> None:
    judged = entry(CHECK, ONE_WARNING * 2 + FINISHED, base=base).judged

    assert (judged.warnings, judged.base_warnings, judged.new_warnings) == shown


def test_the_last_line_is_the_last_that_says_something() -> None:
    log = read_log(log_bytes("first\n\x1b[31merror\x1b[0m: last  \n\n \n"), "log")

    assert log.last_line == "error: last"
    assert read_log(log_bytes(""), "log").last_line == ""


TAKEN = "  - accepted as vacuous by ada: there is none"


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ((), ExitCode.DONE),
        ((entry(CHECK),), ExitCode.DONE),
        ((entry(CHECK), entry(TESTS, NO_TEST)), ExitCode.CANNOT_TELL),
        ((entry(CHECK), entry(TESTS, NO_TEST, acceptance=TAKEN)), ExitCode.DONE),
        ((entry(CHECK, exit_code=1, acceptance=TAKEN),), ExitCode.BROKEN),
        ((entry(TESTS, NO_TEST), entry(CHECK, exit_code=None)), ExitCode.BROKEN),
    ],
)
def test_the_worst_result_decides_the_exit_code(entries, code: ExitCode) -> None:
    assert Validated(milestone="9", entries=entries, changed=True).exit_code is code


def test_a_header_is_what_stored_captures_begin_with() -> None:
    text = header_bytes(header(base=Base(commit=BASE, warnings=2))).decode()

    assert re.match(r"# capture: \S+\n# Timestamp: \S+Z\n# Command: .*\n", text)
    assert text.endswith(f"# Commit: {COMMIT}\n# Base: {BASE} 2 warnings\n\n")
