"""Runs of a benchmark put together: streams, samples, workload, verbosity."""

import pytest

from harness.formats import forest
from harness.ingest.benchmark import BenchmarkLog, ReadBenchmark, Reading, issue_lines, read_log, skipped, summarise
from harness.ingest.lines import line_blocks
from harness.ingest.run_text import ReadRun, read_run
from harness.ingest.survey import survey
from harness.kpis.definition import KpiDefinition, ProofScope, Selector
from harness.kpis.selector import wanted_spans
from harness.recording.manifest import RunKind, RunRecord, Workload
from tests.ingest.run_logs import run_log, text_of

READING = Reading(definitions=(KpiDefinition(name="prove", selector=Selector(spans=("prove",))),), scope=ProofScope())
WANTED = wanted_spans([one.selector for one in READING.definitions], READING.scope)


@pytest.fixture
def run(tables):
    """A run of these lines, read and judged."""

    def made(*lines: str, **facts) -> ReadRun:
        return read_run(run_log(lines, **facts), WANTED, tables, requires_interactions=False)

    return made


def prove(milliseconds: int, *, cells: int = 5, level: str = "INFO") -> tuple[str, ...]:
    return (
        f"{'INFO':<8} prove [ {milliseconds}.00ms | 100.00% ]",
        f"{level:<8} ┕━ ｉ [info]: main_trace_cells = {cells}",
    )


def read(*runs: ReadRun, workload: Workload | None = None, reading: Reading = READING) -> ReadBenchmark:
    return summarise("b", runs, reading, source="b.log", workload=workload)


def test_a_read_run_says_what_its_text_showed(run) -> None:
    one = run(*prove(3), *prove(4), "INFO     astray", "test result: ok. 2 passed; 0 failed; 0 ignored")
    assert (one.facts.failure, one.facts.roots, one.facts.issues, one.facts.tests_executed) == (None, 2, 0, 2)


def test_a_damaged_run_is_refused_and_says_how_often(run) -> None:
    one = run("INFO     prove [ 1.00ms | 0.00% / 100.00% ]", "INFO     │  ┕━ astray [ 1.00ms | 5.00% ]")
    assert (one.facts.roots, one.facts.issues) == (1, 2)
    assert one.facts.failure.startswith("its span tree is damaged (line 1)")


def test_what_the_process_itself_showed_stands_before_its_text(run) -> None:
    assert run(failure="exit code 101").facts.failure == "exit code 101"


def test_samples_come_from_good_measured_runs_alone(run) -> None:
    [kpi] = read(
        run(*prove(9), kind=RunKind.WARMUP, number=0),
        run(*prove(1), number=1),
        run(*prove(8), number=2, failure="exit code 1"),
        run(*prove(3), number=3),
        run(*prove(7), kind=RunKind.COUNTERS, number=0),
        run(*prove(6), kind=RunKind.INSTRUCTIONS, number=0),
    ).kpis
    assert (kpi.runs, kpi.values) == ((1, 3), (1.0, 3.0))


def test_failed_runs_are_kept_in_order(run) -> None:
    runs = (run(*prove(1)), run(*prove(2), number=2, failure="killed"), run(*prove(3), number=3))
    assert read(*runs).runs == runs


def test_the_workload_is_what_every_good_run_states(run) -> None:
    benchmark = read(run(*prove(1)), run(*prove(2), number=2), run(*prove(3, cells=6), number=3, failure="killed"))
    assert (benchmark.workload.cells, benchmark.warnings) == ({"main_trace_cells": 5}, ())


def test_runs_that_state_different_workloads_have_none_and_a_warning_says_so(run) -> None:
    benchmark = read(run(*prove(1)), run(*prove(2, cells=6), number=2))
    assert benchmark.workload == Workload()
    assert benchmark.warnings == ("b: the runs do not state the same workload",)


def test_a_workload_given_beside_the_text_is_taken(run) -> None:
    given = Workload(cells={"x": 1})
    assert read(run(*prove(1)), workload=given).workload == given


@pytest.mark.parametrize(("levels", "level"), [(("INFO", "INFO"), "INFO"), (("INFO", "DEBUG"), "DEBUG")])
def test_the_log_level_is_the_most_verbose_of_the_good_runs(run, levels, level) -> None:
    runs = [run(*prove(1, level=one), number=number) for number, one in enumerate(levels, start=1)]
    failed = run(*prove(1, level="TRACE"), number=3, failure="killed")
    assert read(*runs, failed).log_level == level


@pytest.mark.parametrize("kind", [RunKind.COUNTERS, RunKind.INSTRUCTIONS])
def test_an_extra_run_speaks_neither_for_the_log_level_nor_for_the_workload(run, kind) -> None:
    extra = run(*prove(1, cells=99, level="DEBUG"), kind=kind, number=0)
    benchmark = read(run(*prove(1)), extra)
    assert (benchmark.log_level, benchmark.workload.cells) == ("INFO", {"main_trace_cells": 5})
    assert benchmark.warnings == ()


def test_a_run_that_counts_instructions_cannot_fail_but_says_why_it_has_no_count(run) -> None:
    facts = run("nothing", kind=RunKind.INSTRUCTIONS, number=0).facts
    assert (facts.failure, facts.instructions) == (None, None)
    assert facts.no_instructions == "printed no root span: RUST_LOG may have switched spans off"
    assert run(*prove(1), kind=RunKind.INSTRUCTIONS, number=0).facts.no_instructions is None


def test_a_benchmark_without_a_good_run_has_no_sample_and_says_why(run) -> None:
    benchmark = read(run(*prove(1), failure="killed"))
    assert (benchmark.workload, benchmark.log_level) == (Workload(), None)
    assert benchmark.kpis[0].values == ()
    assert benchmark.kpis[0].missing == "no good measured run"


def test_only_the_first_pieces_that_could_not_be_read_are_shown(run) -> None:
    one = run(*prove(1), *["INFO     │  ┕━ astray [ 1.00ms | 5.00% ]"] * 30)
    shown = list(skipped([one], "b.log"))
    assert shown == [f"b.log:{line}: the line does not continue the tree above it" for line in range(3, 8)] + [
        "b.log: 25 more pieces could not be read"
    ]
    assert read(one).warnings == tuple(shown)
    assert len(list(issue_lines([one], "b.log"))) == 20


def test_a_log_that_names_no_air_cannot_prove_its_interactions(run) -> None:
    required = Reading(definitions=(), scope=ProofScope(), requires_interactions=True)
    assert read(run(*prove(1)), reading=required).warnings == (
        "b: the log names no AIR, so whether any has interactions cannot be told",
    )


def log_of(data: bytes, *runs: RunRecord) -> BenchmarkLog:
    return BenchmarkLog(benchmark="b", name="b.log", format=forest, runs=runs, blocks=[data], merged=False)


def record(number: int, first: int, last: int, stderr: tuple[tuple[int, int], ...] = ()) -> RunRecord:
    return RunRecord(
        benchmark="b", kind=RunKind.MEASURED, number=number, first_line=first, last_line=last, stderr_lines=stderr
    )


def test_stderr_is_heard_but_not_read_as_spans(tables) -> None:
    data = text_of([*prove(1), *prove(2), "thread 'main' panicked at a.rs:1:1:", *prove(3)])
    spoken, panicked = read_log(log_of(data, record(1, 1, 4, ((3, 4),)), record(2, 5, 7, ((5, 5),))), READING, tables)
    assert (spoken.facts.roots, spoken.facts.failure, spoken.gathered.spans[0].line) == (1, None, 1)
    assert panicked.facts.roots == 1
    assert panicked.facts.failure.startswith("panicked (line 5)")


def test_a_run_that_printed_nothing_is_there_and_failed(tables) -> None:
    log = log_of(text_of([*prove(1), *prove(3)]), record(1, 1, 2), record(2, 3, 2), record(3, 3, 4))
    first, silent, third = read_log(log, READING, tables)
    assert (first.facts.failure, third.facts.failure) == (None, None)
    assert silent.facts.failure == "printed no root span: RUST_LOG may have switched spans off"
    assert (third.facts.number, third.gathered.spans[0].duration.printed) == (3, "3.00ms")


def test_a_real_capture_gives_one_sample_a_measured_run(captures, tables) -> None:
    data = (captures / "cpu_keccakf.log").read_bytes()
    runs = survey(line_blocks([data]), "k").runs
    root = KpiDefinition(name="root", selector=Selector(spans=("stark_prove_excluding_trace",)))
    reading = Reading(definitions=(root,), scope=ProofScope())
    blocks = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    log = BenchmarkLog(benchmark="k", name="k.log", format=forest, runs=runs, blocks=blocks, merged=True)
    benchmark = summarise("k", read_log(log, reading, tables), reading, source="k.log")
    printed = [
        line.split(" [ ")[1].split(" | ")[0]
        for line in data.decode().partition("===== measured run 1")[2].split("\n")
        if "stark_prove_excluding_trace [" in line
    ]
    [kpi] = benchmark.kpis
    assert [f"{value:.0f}ms" for value in kpi.values] == printed
    assert kpi.runs == tuple(range(1, len(runs)))
    assert all(low <= value <= high for low, value, high in zip(kpi.lows, kpi.values, kpi.highs, strict=True))
    assert [one.facts.failure for one in benchmark.runs] == [None] * 6
    assert benchmark.warnings == ()
