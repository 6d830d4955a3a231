"""Benchmark runners' results: each benchmark one KPI, its samples the runs, nothing mixed."""

from pathlib import Path

import pytest

from harness.formats.protocol import batch_of
from harness.formats.registry import recognise
from harness.ingest.gather import Gatherer
from harness.ingest.run_text import ReadRun, RunLog, document_pieces, read_run
from harness.ingest.timings import KPI, benchmarks_of_timings
from harness.kpis.selector import Wanted
from harness.recording.manifest import RunKind, RunRecord, Workload
from harness.spans.model import Issue, Timing

RESULTS = Path(__file__).parents[1] / "data" / "results"
NOTHING = Wanted(names=frozenset(), parents=frozenset())
FACTS = RunRecord(benchmark="b", kind=RunKind.MEASURED, number=1, first_line=1, last_line=9, issues=2)


def run_of(*timings: Timing, issues: tuple[Issue, ...] = ()) -> ReadRun:
    gatherer = Gatherer(NOTHING)
    gatherer.add_rest(batch_of(timings=timings, issues=issues))
    return ReadRun(facts=FACTS, gathered=gatherer.result())


def read(*timings: Timing, issues: tuple[Issue, ...] = ()):
    return list(benchmarks_of_timings("b", [run_of(*timings, issues=issues)], source="b.json"))


def test_samples_are_measured_runs_of_one_kpi() -> None:
    [one] = read(Timing(name="sort", samples_ms=(1.5, 2.5, 2.0), line=4))
    [kpi] = one.kpis
    assert (one.name, one.workload, one.log_level, one.warnings) == ("b", Workload(), None, ())
    assert (kpi.benchmark, kpi.kpi, kpi.unit, kpi.selector) == ("b", KPI, "ms", "sort")
    assert (kpi.runs, kpi.values, kpi.lows, kpi.highs) == ((1, 2, 3), (1.5, 2.5, 2.0), (1.5, 2.5, 2.0), (1.5, 2.5, 2.0))
    assert [(run.facts.number, run.facts.kind, run.facts.failure, run.facts.first_line) for run in one.runs] == [
        (number, RunKind.MEASURED, None, 4) for number in (1, 2, 3)
    ]


def test_a_summary_is_one_value_within_its_bounds_and_its_note_goes_with_it() -> None:
    [one] = read(Timing(name="", samples_ms=(2.0,), low_ms=1.9, high_ms=2.2, note="mean of 100"))
    [kpi] = one.kpis
    assert (kpi.values, kpi.lows, kpi.highs, kpi.notes) == ((2.0,), (1.9,), (2.2,), ("mean of 100",))


def test_several_benchmarks_of_one_file_are_kept_apart_by_name() -> None:
    found = read(Timing(name="a", samples_ms=(1.0,)), Timing(name="", samples_ms=(2.0,)))
    assert [(one.name, one.kpis[0].values) for one in found] == [("b/a", (1.0,)), ("b/2", (2.0,))]
    assert [{run.facts.benchmark for run in one.runs} for one in found] == [{"b/a"}, {"b/2"}]


def test_issues_are_counted_and_said_once() -> None:
    issues = (Issue(line=3, message="x", damage=False), Issue(line=5, message="y", damage=False))
    found = read(Timing(name="a", samples_ms=(1.0, 2.0)), Timing(name="c", samples_ms=(2.0,)), issues=issues)
    assert [one.warnings for one in found] == [("b.json:3: x", "b.json:5: y"), ()]


def test_a_run_without_timings_is_no_such_benchmark() -> None:
    assert read() == []


@pytest.mark.parametrize(
    "name",
    [
        "hyperfine-1-parameters.json",
        "criterion-sample.json",
        "google-benchmark-aggregates.json",
        "pytest-benchmark.json",
    ],
)
def test_what_a_runner_really_wrote_is_a_good_run_with_samples(tables, name) -> None:
    data = (RESULTS / name).read_bytes()
    log = RunLog(facts=FACTS, name=name, format=recognise([data]), pieces=document_pieces([data]))
    run = read_run(log, NOTHING, tables, requires_interactions=False)
    found = list(benchmarks_of_timings("b", [run], source=name))
    assert run.facts.failure is None
    assert found
    assert len({one.name for one in found}) == len(found)
    assert all(value > 0 for one in found for value in one.kpis[0].values)


def test_a_benchmark_that_failed_is_said_and_does_not_spoil_the_others_of_its_file(tables) -> None:
    data = (RESULTS / "google-benchmark.json").read_bytes()
    log = RunLog(facts=FACTS, name="g.json", format=recognise([data]), pieces=document_pieces([data]))
    found = list(benchmarks_of_timings("b", [read_run(log, NOTHING, tables, requires_interactions=False)], source="g"))
    assert len(found) > 1
    assert "b/failing" not in {one.name for one in found}
    assert {run.facts.failure for one in found for run in one.runs} == {None}
    assert [bool(one.warnings) for one in found] == [True, *[False] * (len(found) - 1)]


def test_a_runners_results_without_any_span_are_judged_by_their_timings(tables) -> None:
    data = b'{"results": []}'
    log = RunLog(facts=FACTS, name="x", format=recognise([data]), pieces=document_pieces([data]))
    assert read_run(log, NOTHING, tables, requires_interactions=False).facts.failure is not None
