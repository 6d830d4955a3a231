"""Which runs give samples: every reason to refuse one, and their order."""

import pytest

from harness.ingest.judge import Streams, failure_of
from harness.spans import forest
from harness.spans.capture import split_capture

ROOT = "INFO     prove [ 1.00ms | 100.00% ]"
AIR = "INFO     ｉ [info]: A | Constraint Deg = 3  | 7 Constraints |   {} Interactions"
OK = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.07s"
NONE_RUN = OK.replace("1 passed", "0 passed")
FAILED = OK.replace("ok. 1 passed; 0 failed", "FAILED. 0 passed; 1 failed")
PANIC = "thread 'main' panicked at src/main.rs:3:5:"
CUT = "INFO     prove [ 1.00ms | 0.00% / 100.00% ]"


def judged(*stdout: str, stderr: tuple[str, ...] = (), requires_interactions: bool = False) -> str | None:
    lines = list(enumerate(stdout, start=1))
    text = Streams(stdout=lines, stderr=list(enumerate(stderr, start=100)))
    return failure_of(text, forest.parse(lines), requires_interactions=requires_interactions)


@pytest.mark.parametrize("stdout", [(ROOT,), (OK, ROOT), (NONE_RUN, ROOT, OK), ("noise", ROOT, ROOT)])
def test_a_good_run_has_no_failure(stdout) -> None:
    assert judged(*stdout) is None
    assert judged(*stdout, stderr=("warning: x",)) is None


@pytest.mark.parametrize(
    ("stdout", "stderr", "reason"),
    [
        ((ROOT,), ("x", PANIC), "panicked (line 101): a panic inflates the spans around it"),
        ((ROOT, FAILED), (), "a test failed (line 2)"),
        ((ROOT, OK, FAILED), (), "a test failed (line 3)"),
        ((ROOT, NONE_RUN, NONE_RUN), (), "no test was executed: the filter matches none"),
        ((), (), "printed no root span: RUST_LOG may have switched spans off"),
        ((OK,), (), "printed no root span: RUST_LOG may have switched spans off"),
        (("INFO     ｉ [info]: alone",), (), "printed no root span: RUST_LOG may have switched spans off"),
        ((ROOT, CUT), (), "its span tree is damaged (line 2): the tree of 'prove' is cut: children are missing"),
    ],
)
def test_each_reason_to_refuse_a_run_is_said_with_its_line(stdout, stderr, reason) -> None:
    assert judged(*stdout, stderr=stderr) == reason


def test_what_the_program_says_comes_before_what_its_spans_show() -> None:
    assert judged(CUT, FAILED, NONE_RUN, stderr=(PANIC,)).startswith("panicked")
    assert judged(CUT, FAILED, NONE_RUN).startswith("a test failed")
    assert judged(CUT, NONE_RUN).startswith("no test was executed")
    assert judged(CUT, requires_interactions=True).startswith("its span tree is damaged")


def test_a_panic_is_looked_for_on_stderr_only() -> None:
    assert judged(ROOT, PANIC) is None


@pytest.mark.parametrize(
    ("counts", "required", "failure"),
    [
        ((0,), True, "no AIR has interactions: this is not a LogUp run"),
        ((0, 0), True, "no AIR has interactions: this is not a LogUp run"),
        ((0, 3), True, None),
        ((), True, None),
        ((0,), False, None),
    ],
)
def test_a_logup_run_must_have_interactions(counts, required, failure) -> None:
    lines = [AIR.format(count) for count in counts]
    assert judged(*lines, ROOT, requires_interactions=required) == failure


@pytest.mark.parametrize(
    ("name", "required", "good"),
    [
        ("cpu_keccakf.log", False, True),
        ("cpu_keccakf.log", True, False),
        ("cpu_logup.log", True, True),
        ("h200_keccakf.log", False, True),
    ],
)
def test_the_runs_of_real_captures_are_judged(captures, name, required, good) -> None:
    for run in split_capture((captures / name).read_text("utf-8")).runs:
        text = Streams(stdout=run.lines, stderr=run.lines)
        failure = failure_of(text, forest.parse(run.lines), requires_interactions=required)
        assert (failure is None) == good


def test_a_real_run_that_was_killed_while_printing_is_refused(captures) -> None:
    run = split_capture((captures / "cpu_keccakf.log").read_text("utf-8")).runs[1]
    half = run.lines[: len(run.lines) // 2]
    failure = failure_of(Streams(stdout=half, stderr=half), forest.parse(half), requires_interactions=False)
    assert failure.startswith("its span tree is damaged")
