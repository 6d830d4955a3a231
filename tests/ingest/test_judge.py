"""Which runs give samples: every reason to refuse one, and their order."""

import pytest

from harness.formats.protocol import Chunk, chunk_of
from harness.ingest.judge import NO_ROOT, early_failure, failure_of
from harness.spans.facts import Words
from tests.capture_runs import runs_in
from tests.formats.forest_run import run_of
from tests.spans.workloads import workload_of

ROOT = "INFO     prove [ 1.00ms | 100.00% ]"
AIR = "INFO     ｉ [info]: A | Constraint Deg = 3  | 7 Constraints |   {} Interactions"
OK = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.07s"
NONE_RUN = OK.replace("1 passed", "0 passed")
FAILED = OK.replace("ok. 1 passed; 0 failed", "FAILED. 0 passed; 1 failed")
PANIC = "thread 'main' panicked at src/main.rs:3:5:"
CUT = "INFO     prove [ 1.00ms | 0.00% / 100.00% ]"
ASTRAY = "INFO     ┝━ neither"
DAMAGED = "its span tree is damaged"


def judged_chunks(stdout: Chunk, stderr: Chunk, *, requires_interactions: bool = False) -> str | None:
    words = Words()
    words.hear_stdout(stdout.data, stdout.numbers)
    words.hear_stderr(stderr.data, stderr.numbers)
    run = run_of([stdout])
    return failure_of(
        words,
        roots=run.roots,
        damage=next((one for one in run.issues if one.damage), None),
        workload=workload_of(run.events),
        requires_interactions=requires_interactions,
    )


def chunk(lines: tuple[str, ...], first: int) -> Chunk:
    return chunk_of("".join(f"{line}\n" for line in lines).encode(), first)


def judged(*stdout: str, stderr: tuple[str, ...] = (), requires_interactions: bool = False) -> str | None:
    return judged_chunks(chunk(stdout, 1), chunk(stderr, 100), requires_interactions=requires_interactions)


def judged_early(
    *stdout: str, stderr: tuple[str, ...] = (), spans_elsewhere: bool = False, requires_interactions: bool = False
) -> str | None:
    """The same with every line on its own, as if blocks were that small."""
    out = [chunk((line,), number) for number, line in enumerate(stdout, start=1)]
    err = [chunk((line,), number) for number, line in enumerate(stderr, start=100)]
    return early_failure(
        ((one.data, one.numbers) for one in out),
        ((one.data, one.numbers) for one in err),
        spans_elsewhere=spans_elsewhere,
        requires_interactions=requires_interactions,
    )


@pytest.mark.parametrize("stdout", [(ROOT,), (OK, ROOT), (NONE_RUN, ROOT, OK), ("noise", ROOT, ROOT)])
def test_a_good_run_has_no_failure(stdout) -> None:
    assert judged(*stdout) is None
    assert judged(*stdout, stderr=("warning: x",)) is None
    assert judged_early(*stdout, stderr=("warning: x",)) is None


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
        ((ROOT, CUT), (), f"{DAMAGED} (line 2): the tree of 'prove' is cut: children are missing"),
        ((ROOT, ASTRAY), (), f"{DAMAGED} (line 2): the line shows neither a span nor an event"),
        ((ASTRAY,), (), "holds no span (line 1): the line shows neither a span nor an event"),
    ],
)
def test_each_reason_to_refuse_a_run_is_said_with_its_line(stdout, stderr, reason) -> None:
    assert judged(*stdout, stderr=stderr) == reason


@pytest.mark.parametrize(
    ("stdout", "stderr"),
    [
        ((ROOT,), ("x", PANIC)),
        ((ROOT, FAILED), ()),
        ((ROOT, OK, FAILED), ()),
        ((ROOT, NONE_RUN, NONE_RUN), ()),
        ((), ()),
        ((OK,), ()),
        (("INFO     ｉ [info]: alone",), ()),
        ((CUT, FAILED, NONE_RUN), (PANIC,)),
    ],
)
def test_between_two_runs_the_same_is_said_of_a_run_that_failed_as_in_the_end(stdout, stderr) -> None:
    assert judged_early(*stdout, stderr=stderr) == judged(*stdout, stderr=stderr) is not None


def test_what_only_its_spans_show_is_left_to_the_end_of_the_session() -> None:
    assert judged_early(ROOT, CUT) is None
    assert judged_early(ROOT, ASTRAY) is None


def test_spans_in_a_file_of_their_own_need_not_be_on_stdout() -> None:
    assert judged_early("hello") == NO_ROOT
    assert judged_early("hello", spans_elsewhere=True) is None
    assert judged_early("hello", FAILED, spans_elsewhere=True) == "a test failed (line 2)"


@pytest.mark.parametrize(
    "line",
    [
        ROOT,
        "2026-01-02T03:04:05.678901Z  INFO root: m: close time.busy=1.25ms time.idle=4.30µs",
        '{"name":"a","ph":"B","ts":1}',
        '{"t":"span","name":"a"}',
    ],
)
def test_a_line_of_any_format_of_spans_is_enough_to_go_on(line) -> None:
    assert judged_early("hello", line) is None


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
    assert judged_early(*lines, ROOT, requires_interactions=required) == failure


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
    for run in runs_in(captures / name):
        failure = judged_chunks(run.chunk, run.chunk, requires_interactions=required)
        lines = [(run.chunk.data, run.chunk.numbers)]
        early = early_failure(lines, lines, spans_elsewhere=False, requires_interactions=required)
        assert (failure is None) == good
        assert early == failure


def test_a_real_run_that_was_killed_while_printing_is_refused(captures) -> None:
    run = runs_in(captures / "cpu_keccakf.log")[1]
    half = chunk(tuple(text for _, text in run.lines[: len(run.lines) // 2]), 1)
    assert judged_chunks(half, half).startswith("its span tree is damaged")
