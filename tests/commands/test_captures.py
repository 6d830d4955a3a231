"""Which file is a benchmark's log, which stands beside it, and of which run."""

import json
from pathlib import Path

import pytest

from harness.commands.captures import Capture, capture_of, file_place, grouped, runs_of_files
from harness.errors import LogError
from harness.formats import chrome, fmt_text, forest, hyperfine, openvm_metrics, span_jsonl
from harness.recording.manifest import RunKind, RunRecord

MEASURED, WARMUP, COUNTERS = RunKind.MEASURED, RunKind.WARMUP, RunKind.COUNTERS
FOREST = "INFO     a [ 1.00ms | 100.00% ]\n"
SPANS = '{"t":"header","v":1}\n{"t":"span","seq":0,"name":"a","busy_ns":5}\n{"t":"end"}\n'


def capture(log_format, run=None, name: str = "x") -> Capture:
    return Capture(path=Path(name), format=log_format, run=run)


def record(kind: RunKind, number: int) -> RunRecord:
    return RunRecord(benchmark="b", kind=kind, number=number, first_line=1, last_line=9)


@pytest.mark.parametrize(
    ("name", "run"),
    [
        ("keccakf.3.spans.jsonl", (MEASURED, 3)),
        ("keccakf.3.spans.jsonl.zst", (MEASURED, 3)),
        ("keccakf.3.spans.jsonl.gz", (MEASURED, 3)),
        ("keccakf.warmup.spans.jsonl", (WARMUP, 0)),
        ("keccakf.warmup-1.spans.jsonl", (WARMUP, -1)),
        ("keccakf.counters.spans.jsonl", (COUNTERS, 0)),
        ("keccakf.instructions.spans.jsonl", (RunKind.INSTRUCTIONS, 0)),
        ("a.b.12.trace.json", (MEASURED, 12)),
        ("keccakf.spans.jsonl", None),
        ("keccakf.x3.spans.jsonl", None),
        ("keccakf.3.log", None),
        ("keccakf.log", None),
        ("3", None),
    ],
)
def test_a_files_name_may_name_its_run(tmp_path, name, run) -> None:
    path = tmp_path / name
    path.write_text(SPANS)
    found = capture_of(path, None)
    assert (found.run, found.format) == (run, span_jsonl)


def test_a_format_given_is_taken_unseen_and_else_found_out(tmp_path) -> None:
    path = tmp_path / "a.log"
    path.write_text(FOREST)
    assert capture_of(path, None).format is forest
    assert capture_of(path, "fmt").format is fmt_text


def test_a_file_without_spans_says_what_could_be_done(tmp_path) -> None:
    path = tmp_path / "a.log"
    path.write_text("hello\n")
    with pytest.raises(LogError, match="holds no span") as raised:
        capture_of(path, None)
    assert "tracing-forest" in raised.value.hint


def test_lines_come_before_documents_and_metrics_without_a_tree_last() -> None:
    log, trace, gauges = capture(fmt_text), capture(chrome), capture(openvm_metrics)
    of_run = capture(span_jsonl, (MEASURED, 1))
    found = grouped("b", [gauges, of_run, trace, log])
    assert (found.log, found.files) == (log, (of_run, trace, gauges))
    assert found.format_names == "fmt + span-jsonl + chrome-trace + openvm-metrics"
    assert found.first is log


def test_files_of_single_runs_alone_have_no_log() -> None:
    files = [capture(span_jsonl, (MEASURED, 2)), capture(span_jsonl, (WARMUP, 0)), capture(span_jsonl, (MEASURED, 1))]
    found = grouped("b", files)
    assert (found.log, found.first) == (None, files[0])
    assert [(run.kind, run.number) for run in runs_of_files("b", found.files)] == [
        (WARMUP, 0),
        (MEASURED, 1),
        (MEASURED, 2),
    ]


@pytest.mark.parametrize("run", [None, (MEASURED, 1)])
def test_two_files_that_claim_to_be_the_same_are_refused(run) -> None:
    with pytest.raises(LogError, match="given twice"):
        grouped("b", [capture(span_jsonl, run), capture(span_jsonl, run)])


RUNS = (record(WARMUP, 0), record(MEASURED, 1), record(MEASURED, 2))


@pytest.mark.parametrize(("run", "place"), [((WARMUP, 0), 0), ((MEASURED, 1), 1), ((MEASURED, 2), 2)])
def test_a_file_goes_to_the_run_it_names(run, place) -> None:
    assert file_place(RUNS, capture(span_jsonl, run)) == place
    assert file_place(RUNS[1:2], capture(hyperfine)) == 0


def test_a_file_whose_run_cannot_be_told_is_refused() -> None:
    with pytest.raises(LogError, match="does not say which of 3 runs"):
        file_place(RUNS, capture(span_jsonl))
    with pytest.raises(LogError, match="of measured run 9, which the log does not have"):
        file_place(RUNS, capture(span_jsonl, (MEASURED, 9)))


def log_text(milliseconds: int) -> str:
    tree = f"INFO     stark_prove_excluding_trace [ {milliseconds}ms | 100.00% ]\n"
    runs = [f"===== measured run {number} =====\n{tree}" for number in range(1, 6)]
    return f"===== warmup =====\n{tree}{''.join(runs)}"


def spans_text(ns: int) -> str:
    span = {"t": "span", "seq": 0, "name": "stark_prove_excluding_trace", "busy_ns": ns}
    return "".join(json.dumps(line) + "\n" for line in ({"t": "header", "v": 1}, span, {"t": "end"}))


@pytest.fixture
def given(tmp_path):
    """A log of six runs of 118 ms, and a span file of the third."""
    (tmp_path / "k.log").write_text(log_text(118))
    (tmp_path / "k.3.spans.jsonl").write_text(spans_text(118_123_456))
    return tmp_path


def test_a_span_file_beside_the_log_refines_its_run_alone(repository, given) -> None:
    files = [f"keccakf={given}/k.log", f"keccakf={given}/k.3.spans.jsonl"]
    made = repository.json("import", *files, "--target", "openvm-cuda", "--label", "both")
    shown = repository.json("show", "both")
    assert made["warnings"] == []
    assert shown["kpis"][0]["samples"] == [118, 118, 118.123456, 118, 118]
    assert shown["benchmarks"][0]["log_format"] == "tracing-forest + span-jsonl"
    assert (Path(shown["path"]) / "raw" / "keccakf.3.spans.jsonl.zst").is_file()


def test_files_that_contradict_each_other_are_refused_with_both_lines(repository, given) -> None:
    (given / "k.3.spans.jsonl").write_text(spans_text(130_000_000))
    files = [f"keccakf={given}/k.log", f"keccakf={given}/k.3.spans.jsonl"]
    done = repository.harness("import", *files, "--target", "openvm-cuda")
    assert done.code == 1
    assert "k.log:8 says 118ms of 'stark_prove_excluding_trace', k.3.spans.jsonl:2 says 130000000ns" in done.err
    assert "not of the same run" in done.err
    assert len(repository.json("ls")) == 1


def test_strict_refuses_what_otherwise_is_a_warning(repository, given) -> None:
    (given / "k.3.spans.jsonl").write_text(spans_text(118_123_456).replace('{"t": "end"}', ""))
    args = ("import", f"keccakf={given}/k.log", f"keccakf={given}/k.3.spans.jsonl", "--target", "openvm-cuda")
    refused = repository.harness(*args, "--strict")
    assert (refused.code, "Without --strict" in refused.err) == (1, True)
    assert len(repository.json("ls")) == 1
    made = repository.json(*args)
    assert any("could" in one or "record" in one for one in made["warnings"])


def test_strict_takes_a_whole_capture(repository, given) -> None:
    assert repository.harness("import", f"keccakf={given}/k.log", "--target", "openvm-cuda", "--strict").code == 0
