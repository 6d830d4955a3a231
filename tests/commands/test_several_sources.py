"""A log with files beside it whose names tell no run: which is the log, and what of the others counts."""

import json
from pathlib import Path

import pytest

from harness.formats.openvm_metrics import spans_of_gauges
from harness.ingest import lines
from harness.ingest.lines import line_blocks
from harness.kpis.definition import Proof, ProofScope, Selector
from harness.kpis.selector import Unreadable, read_kpi
from harness.spans.merge import merge_gauges
from harness.spans.model import LAST_VALUE_ONLY, Metric

DATA = Path(__file__).parent.parent / "data" / "results"
ROOT = "stark_prove_excluding_trace"
TREE = f"INFO     {ROOT} [ 118ms | 100.00% ]\n"
PANIC = "thread 'worker' panicked at src/lib.rs:1:1:\n"
HEADER, END = {"t": "header", "v": 1}, {"t": "end"}
SPAN = {"t": "span", "seq": 0, "name": ROOT, "busy_ns": 118_123_456}


@pytest.fixture
def imported(repository, tmp_path):
    """Imports files of these texts as sources of one benchmark."""

    def run(*options: str, **texts: str):
        files = []
        for name, text in texts.items():
            path = tmp_path / name.replace("_", ".")
            path.write_text(text)
            files.append(f"keccakf={path}")
        return repository.harness("import", *files, "--target", "openvm-cuda", "--format", "json", *options)

    return run


def jsonl(*objects: dict[str, object]) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


def gauge(value: str, label: str = "0") -> Metric:
    number = float(value)
    return Metric(
        kind="gauge",
        name=f"{ROOT}_time_ms",
        labels=(("segment", label),),
        value=value,
        low=number,
        high=number + 1,
        line=1,
        note=LAST_VALUE_ONLY,
    )


def test_what_the_program_printed_is_the_log_and_its_panic_counts(imported) -> None:
    done = imported(run_log=TREE + PANIC, run_spans_jsonl=jsonl(HEADER, SPAN, END))
    assert (done.code, "panicked" in done.err) == (1, True)


def test_a_log_of_several_runs_is_not_made_one_by_a_file_beside_it(imported) -> None:
    text = f"===== warmup =====\n{TREE}===== measured run 1 =====\n{TREE}"
    done = imported(run_log=text, run_spans_jsonl=jsonl(HEADER, SPAN, END))
    assert (done.code, "does not say which of 2 runs" in done.err) == (1, True)


def test_a_cut_file_beside_a_whole_log_is_left_out_with_a_warning(imported) -> None:
    done = imported(run_log=TREE, run_spans_jsonl=jsonl(HEADER, SPAN))
    assert done.code == 0
    assert any("run.spans.jsonl" in one for one in json.loads(done.out)["warnings"])


def test_what_is_wrong_with_metrics_beside_a_log_is_said_and_fatal_when_strict(imported) -> None:
    metrics = json.dumps({"gauge": [{"labels": [], "metric": "gpu_mem.current_bytes", "value": 7}]})
    done = imported(run_log=TREE, run_metrics_json=metrics)
    assert any("run.metrics.json" in one for one in json.loads(done.out)["warnings"])
    assert imported("--strict", run_log=TREE, run_metrics_json=metrics).code == 1


def test_gauges_do_not_say_which_proof_was_the_first() -> None:
    spans = spans_of_gauges([gauge("50", "1"), gauge("1250", "0")])
    found = read_kpi(spans, Selector(spans=(ROOT,)), ProofScope(proof=Proof.FIRST, root=ROOT))
    assert isinstance(found, Unreadable)


def test_a_gauge_longer_than_the_time_inside_the_span_changes_and_contradicts_nothing() -> None:
    [span] = spans_of_gauges([gauge("100")])
    merged = merge_gauges([span], spans_of_gauges([gauge("102")]))
    assert (merged.spans, merged.conflicts) == ((span,), ())
    assert len(merge_gauges([span], spans_of_gauges([gauge("300")])).conflicts) == 1


def test_a_runners_results_stand_beside_nothing(imported) -> None:
    results = (DATA / "hyperfine-2-parameters.json").read_text()
    done = imported(run_log=TREE, run_json=results)
    assert (done.code, "Import it by itself" in done.err) == (1, True)


@pytest.mark.parametrize("count", range(1, 6))
def test_a_line_that_is_too_long_is_told_wherever_the_file_ends(monkeypatch, count) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 100)
    found = list(line_blocks([b"a\n", *[b"x" * 50] * count]))
    told = [issue.line for block in found for issue in block.issues]
    assert told == ([2] if 50 * count > 100 else [])
    assert sum(block.count for block in found) == 2
