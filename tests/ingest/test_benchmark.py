"""Runs of a benchmark put together: streams, samples, workload, verbosity."""

import pytest

from harness.ingest.benchmark import (
    ReadBenchmark,
    Reading,
    ReadRun,
    RecordedRun,
    read_benchmark,
    read_run,
    split_streams,
)
from harness.ingest.judge import Streams
from harness.kpis.definition import KpiDefinition, ProofScope, Selector
from harness.recording.manifest import RunKind, RunRecord, Workload
from harness.spans.capture import split_capture

READING = Reading(definitions=(KpiDefinition(name="prove", selector=Selector(spans=("prove",))),), scope=ProofScope())


def run(*lines: str, kind: RunKind = RunKind.MEASURED, number: int = 1, failure: str | None = None) -> ReadRun:
    facts = RunRecord(benchmark="b", kind=kind, number=number, first_line=1, last_line=len(lines), failure=failure)
    numbered = tuple(enumerate(lines, start=1))
    return read_run(RecordedRun(facts=facts, text=Streams(stdout=numbered, stderr=())), requires_interactions=False)


def prove(milliseconds: int, *, cells: int = 5, level: str = "INFO") -> tuple[str, ...]:
    return (
        f"{'INFO':<8} prove [ {milliseconds}.00ms | 100.00% ]",
        f"{level:<8} ┕━ ｉ [info]: main_trace_cells = {cells}",
    )


def read(*runs: ReadRun, workload: Workload | None = None) -> ReadBenchmark:
    return read_benchmark("b", runs, READING, workload)


def test_stderr_ranges_are_closed_and_keep_line_numbers() -> None:
    lines = [(number, f"line {number}") for number in range(10, 18)]
    streams = split_streams(lines, ((11, 12), (15, 15)))
    assert [number for number, _ in streams.stdout] == [10, 13, 14, 16, 17]
    assert [number for number, _ in streams.stderr] == [11, 12, 15]
    assert sorted([*streams.stdout, *streams.stderr]) == lines


def test_a_read_run_says_what_its_text_showed() -> None:
    one = run(*prove(3), *prove(4), "INFO     ┝━ astray", "test result: ok. 2 passed; 0 failed; 0 ignored")
    assert (one.facts.failure, one.facts.roots, one.facts.issues, one.facts.tests_executed) == (None, 2, 0, 2)


def test_a_damaged_run_is_refused_and_says_how_often() -> None:
    one = run("INFO     prove [ 1.00ms | 0.00% / 100.00% ]", "INFO     │  ┕━ astray [ 1.00ms | 5.00% ]")
    assert (one.facts.roots, one.facts.issues) == (1, 2)
    assert one.facts.failure.startswith("its span tree is damaged (line 1)")


def test_what_the_process_itself_showed_stands_before_its_text() -> None:
    assert run(failure="exit code 101").facts.failure == "exit code 101"


def test_samples_come_from_good_measured_runs_alone() -> None:
    [kpi] = read(
        run(*prove(9), kind=RunKind.WARMUP, number=0),
        run(*prove(1), number=1),
        run(*prove(8), number=2, failure="exit code 1"),
        run(*prove(3), number=3),
        run(*prove(7), kind=RunKind.COUNTERS, number=0),
    ).kpis
    assert (kpi.runs, kpi.values) == ((1, 3), (1.0, 3.0))


def test_failed_runs_are_kept_in_order() -> None:
    runs = (run(*prove(1)), run(*prove(2), number=2, failure="killed"), run(*prove(3), number=3))
    assert read(*runs).runs == runs


def test_the_workload_is_what_every_good_run_states() -> None:
    benchmark = read(run(*prove(1)), run(*prove(2), number=2), run(*prove(3, cells=6), number=3, failure="killed"))
    assert (benchmark.workload.cells, benchmark.warnings) == ({"main_trace_cells": 5}, ())


def test_runs_that_state_different_workloads_have_none_and_a_warning_says_so() -> None:
    benchmark = read(run(*prove(1)), run(*prove(2, cells=6), number=2))
    assert benchmark.workload == Workload()
    assert benchmark.warnings == ("b: the runs do not state the same workload",)


def test_a_workload_given_beside_the_text_is_taken() -> None:
    given = Workload(cells={"x": 1})
    assert read(run(*prove(1)), workload=given).workload == given


@pytest.mark.parametrize(("levels", "level"), [(("INFO", "INFO"), "INFO"), (("INFO", "DEBUG"), "DEBUG")])
def test_the_log_level_is_the_most_verbose_of_the_good_runs(levels, level) -> None:
    runs = [run(*prove(1, level=one), number=number) for number, one in enumerate(levels, start=1)]
    failed = run(*prove(1, level="TRACE"), number=3, failure="killed")
    assert read(*runs, failed).log_level == level


def test_a_counters_run_speaks_neither_for_the_log_level_nor_for_the_workload() -> None:
    counters = run(*prove(1, cells=99, level="DEBUG"), kind=RunKind.COUNTERS, number=0)
    benchmark = read(run(*prove(1)), counters)
    assert (benchmark.log_level, benchmark.workload.cells) == ("INFO", {"main_trace_cells": 5})
    assert benchmark.warnings == ()


def test_a_benchmark_without_a_good_run_has_no_sample_and_says_why() -> None:
    benchmark = read(run(*prove(1), failure="killed"))
    assert (benchmark.workload, benchmark.log_level) == (Workload(), None)
    assert benchmark.kpis[0].values == ()
    assert benchmark.kpis[0].missing == "no good measured run"


def test_a_real_capture_gives_one_sample_a_measured_run(captures) -> None:
    parts = split_capture((captures / "cpu_keccakf.log").read_text("utf-8")).runs
    runs = [
        read_run(
            RecordedRun(
                facts=RunRecord(benchmark="k", kind=p.kind, number=p.number, first_line=1, last_line=1),
                text=Streams(stdout=p.lines, stderr=p.lines),
            ),
            requires_interactions=False,
        )
        for p in parts
    ]
    root = KpiDefinition(name="root", selector=Selector(spans=("stark_prove_excluding_trace",)))
    benchmark = read_benchmark("k", runs, Reading(definitions=(root,), scope=ProofScope()))
    printed = [
        line.split(" [ ")[1].split(" | ")[0]
        for p in parts[1:]
        for _, line in p.lines
        if "stark_prove_excluding_trace [" in line
    ]
    assert [f"{value:.0f}ms" for value in benchmark.kpis[0].values] == printed
    assert benchmark.kpis[0].runs == tuple(range(1, len(parts)))
    assert all(
        low <= value <= high
        for low, value, high in zip(
            benchmark.kpis[0].lows, benchmark.kpis[0].values, benchmark.kpis[0].highs, strict=True
        )
    )
