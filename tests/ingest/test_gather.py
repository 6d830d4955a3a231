"""What is kept of a run: the spans of its KPIs, its workload, its issues; and no more than a bound, whatever comes."""

import pytest

from harness.formats import forest
from harness.formats.protocol import batch_of, chunk_of
from harness.ingest import gather
from harness.ingest.gather import KEPT_ISSUES, Gathered, Gatherer
from harness.kpis.selector import Wanted
from harness.spans.model import Issue, Metric, Timing
from tests.capture_runs import runs_in
from tests.formats.forest_run import chunks_of, run_of
from tests.spans.workloads import workload_of

NOTHING = Wanted(names=frozenset(), parents=frozenset())
TREE = """\
INFO     prove [ 9.00ms | 0.00% / 100.00% ]
DEBUG    ┝━ 🐛 [debug]: main_trace_cells = 5
INFO     ┝━ a [ 4.00ms | 0.00% / 44.44% ]
INFO     │  ┝━ b [ 2.00ms | 22.22% ]
INFO     │  ┕━ c [ 2.00ms | 22.22% ]
INFO     ┕━ b [ 5.00ms | 55.56% ]
noise
INFO     a [ 1.00ms | 100.00% ]
"""


def gathered(data: bytes, wanted: Wanted = NOTHING, sizes: tuple[int, ...] = (1000,)) -> Gathered:
    gatherer = Gatherer(wanted)
    for batch in forest.read(chunks_of(data, sizes)):
        gatherer.add_spans(batch.spans)
        gatherer.add_rest(batch)
    return gatherer.result()


def wanted(*names: str, parents: tuple[str, ...] = ()) -> Wanted:
    return Wanted(names=frozenset(names), parents=frozenset(parents))


@pytest.mark.parametrize("block_bytes", [64, 1 << 20])
@pytest.mark.parametrize(
    ("asked", "seqs"),
    [
        (wanted(), []),
        (wanted("b"), [2, 4]),
        (wanted("prove", "c"), [0, 3]),
        (wanted("a", parents=("a",)), [1, 2, 3, 5]),
        (wanted("nothing"), []),
    ],
    ids=["none", "by-name", "several", "with-children", "absent"],
)
def test_only_the_spans_that_kpis_are_read_off_are_kept(monkeypatch, asked, seqs, block_bytes) -> None:
    monkeypatch.setattr(forest, "BLOCK_BYTES", block_bytes)
    found = gathered(TREE.encode(), asked, (1,))
    assert [span.seq for span in found.spans] == seqs
    assert found.spans == tuple(span for span in run_of([chunk_of(TREE.encode())]).spans if span.seq in seqs)
    assert not found.too_many


def test_roots_levels_workload_and_other_programs_lines_are_counted_over_all_batches() -> None:
    found = gathered(TREE.encode())
    assert (found.roots, found.levels, found.unparsed_lines) == (2, {"INFO", "DEBUG"}, 1)
    assert found.workload.cells == {"main_trace_cells": 5}
    assert (found.issues, found.issue_count, found.damage) == ((), 0, None)


def test_more_spans_than_the_bound_are_none_and_that_is_said(monkeypatch) -> None:
    monkeypatch.setattr(gather, "MAX_SPANS", 3)
    leaf = b"INFO     leaf [ 1.00ms | 100.00% ]\n"
    assert len(gathered(leaf * 3, wanted("leaf")).spans) == 3
    for sizes in ((1,), (2, 3), (100,)):
        found = gathered(leaf * 9, wanted("leaf"), sizes)
        assert (found.spans, found.too_many, found.roots) == ((), True, 9)


def test_the_first_issues_are_kept_all_are_counted_and_the_first_damage_is_known() -> None:
    gatherer = Gatherer(NOTHING)
    gatherer.note([Issue(line=90, message="late"), Issue(line=50, message="x", damage=False)])
    gatherer.add_rest(batch_of(issues=[Issue(line=70, message="early"), Issue(line=5, message="y", damage=False)]))
    gatherer.note([Issue(line=line, message="z", damage=False) for line in range(100, 200)])
    found = gatherer.result()
    assert found.damage == Issue(line=70, message="early")
    assert found.issue_count == 104
    assert len(found.issues) == KEPT_ISSUES
    assert [issue.line for issue in found.issues][:5] == [5, 50, 70, 90, 100]


def test_issues_that_spoil_nothing_are_no_damage() -> None:
    gatherer = Gatherer(NOTHING)
    gatherer.note([Issue(line=1, message="x", damage=False)])
    assert (gatherer.result().damage, gatherer.result().issue_count) == (None, 1)


def test_metrics_and_timings_are_kept_in_order() -> None:
    metric = Metric(kind="gauge", name="x", labels=(), value="1", low=1.0, high=1.0, line=1)
    gatherer = Gatherer(NOTHING)
    gatherer.add_rest(batch_of(metrics=[metric], timings=[Timing(name="a", samples_ms=(1.0,))]))
    gatherer.add_rest(batch_of(timings=[Timing(name="b", samples_ms=(2.0,))]))
    found = gatherer.result()
    assert found.metrics == (metric,)
    assert [timing.name for timing in found.timings] == ["a", "b"]


@pytest.mark.parametrize("name", ["cpu_keccakf.log", "cpu_logup.log", "h200_keccakf.log"])
@pytest.mark.parametrize("block_bytes", [5000, 1 << 20])
def test_the_workload_of_a_real_run_is_what_all_its_events_state(captures, monkeypatch, name, block_bytes) -> None:
    monkeypatch.setattr(forest, "BLOCK_BYTES", block_bytes)
    for run in runs_in(captures / name)[:2]:
        found = gathered(run.chunk.data, sizes=(20,))
        assert found.workload == workload_of(run_of([run.chunk]).events)
        assert found.workload.cells or found.workload.airs
