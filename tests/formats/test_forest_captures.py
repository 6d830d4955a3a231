"""Real captures: nothing is lost against an independent count, and a cut one is never taken for whole."""

import re
from collections.abc import Sequence

import pytest

from harness.recording.manifest import RunKind
from harness.spans.ansi import ANSI
from tests.capture_runs import CapturedRun, runs_in
from tests.formats.forest_run import Run, numbered, read, run_of

SPAN_MARK = re.compile(r" \[ [0-9.]+(?:ns|µs|ms|s) \| ")
EVENT_MARK = re.compile(r"\[(?:trace|debug|info|warn|error)\]:")
NAMES = ["cpu_keccakf.log", "cpu_logup.log", "h200_keccakf.log"]


@pytest.fixture(params=NAMES)
def runs(captures, request) -> list[CapturedRun]:
    return runs_in(captures / request.param)


@pytest.fixture(scope="module")
def keccakf(captures) -> list[tuple[int, str]]:
    [run] = [run for run in runs_in(captures / "cpu_keccakf.log") if run.number == 1]
    assert run.kind is RunKind.MEASURED
    return list(run.lines)


def parse(lines: Sequence[tuple[int, str]]) -> Run:
    return run_of([numbered(lines)])


def test_every_span_and_event_of_a_capture_is_read(runs) -> None:
    for run in runs:
        parsed = parse(run.lines)
        assert len(parsed.spans) == sum(bool(SPAN_MARK.search(text)) for _, text in run.lines)
        assert len(parsed.events) == sum(bool(EVENT_MARK.search(text)) for _, text in run.lines)
        assert parsed.issues == ()


def test_every_duration_of_a_capture_is_kept_as_printed(runs) -> None:
    for run in runs:
        printed = [match[0][3:-3] for _, text in run.lines if (match := SPAN_MARK.search(text))]
        assert [span.duration.printed for span in parse(run.lines).spans] == printed


def test_the_percentages_of_a_capture_agree_with_its_durations(runs) -> None:
    for run in runs:
        spans = parse(run.lines).spans
        roots = {span.tree: span.duration for span in spans if span.parent is None}
        for span in spans:
            root = roots[span.tree]
            assert 100 * span.duration.low_ns / root.high_ns - 0.005001 <= span.root_pct
            assert span.root_pct <= 100 * span.duration.high_ns / root.low_ns + 0.005001


def test_the_roots_of_a_run_are_the_proof_and_its_trace(keccakf) -> None:
    run = parse(keccakf)
    assert [span.name for span in run.spans if span.parent is None] == ["generate_trace", "stark_prove_excluding_trace"]
    assert run.roots == 2
    assert run.levels == {"INFO"}


def test_a_span_of_a_real_run_hangs_where_the_drawing_has_it(keccakf) -> None:
    [dft] = [span for span in parse(keccakf).spans if span.name == "dft_batch" and "rs_" in span.path[-2]]
    assert dft.path == (
        "stark_prove_excluding_trace",
        "prover.main_trace_commit",
        "trace_commit_cpu",
        "rs_encode_and_merkle_cpu",
        "dft_batch",
    )


def test_repeats_below_one_parent_are_numbered_in_order(keccakf) -> None:
    spans = parse(keccakf).spans
    folds = [span for span in spans if span.name == "stacked_fold_mle"]
    assert [span.occurrence for span in folds] == list(range(len(folds)))
    assert len(folds) > 5


def test_stripping_the_colour_of_a_capture_changes_nothing(runs) -> None:
    for run in runs:
        plain = [(number, ANSI.sub("", text)) for number, text in run.lines]
        assert plain != list(run.lines)
        assert parse(plain) == parse(run.lines)


def test_a_capture_cut_at_any_line_is_never_taken_for_whole_unless_every_span_of_it_is_there(keccakf) -> None:
    whole = parse(keccakf)
    silent = 0
    for kept in range(len(keccakf) + 1):
        run = parse(keccakf[:kept])
        if not run.issues:
            silent += 1
            assert run.spans == _trees(whole, run.roots), f"cut after {kept} lines"
    assert 0 < silent < len(keccakf) / 2


def test_a_capture_whose_beginning_is_cut_off_at_any_line_is_never_taken_for_whole(keccakf) -> None:
    whole = parse(keccakf)
    for dropped in range(len(keccakf) + 1):
        run = parse(keccakf[dropped:])
        if not run.issues:
            expected = _trees(whole, whole.roots)[len(whole.spans) - len(run.spans) :]
            assert [(s.path, s.line) for s in run.spans] == [(s.path, s.line) for s in expected]
            assert not run.spans or run.spans[0].parent is None


def _trees(run: Run, roots: int) -> tuple[object, ...]:
    return tuple(span for span in run.spans if span.tree < roots)


def test_a_run_cut_at_any_byte_is_read_without_an_error(captures) -> None:
    data = runs_in(captures / "cpu_logup.log")[0].chunk.data
    counts = [len(read(data[:size]).spans) for size in range(len(data) + 1)]
    assert counts == sorted(counts)
    assert counts[-1] == len(SPAN_MARK.findall(data.decode()))
