"""What runs cost as processes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.kpis.process import INSTRUCTIONS, PROCESS_KPIS, process_kpis
from harness.recording.manifest import KpiRecord, RunKind, RunRecord

MEASURED, WARMUP, COUNTING = RunKind.MEASURED, RunKind.WARMUP, RunKind.INSTRUCTIONS


def run(number: int = 1, kind: RunKind = MEASURED, **facts) -> RunRecord:
    known = {"user_ns": 2_000_001, "sys_ns": 500_000, "peak_memory_bytes": 4096 * number}
    return RunRecord(benchmark="b", kind=kind, number=number, first_line=1, last_line=1, **{**known, **facts})


def kpis(*runs: RunRecord, **changes) -> dict[str, KpiRecord]:
    return {one.kpi: one for one in process_kpis("b", runs, **changes)}


def test_every_measured_run_gives_one_sample_of_cpu_time_and_of_peak_memory() -> None:
    found = kpis(run(0, WARMUP), run(1), run(2, user_ns=7_000_000))
    cpu, peak = found["process.cpu_time"], found["process.peak_memory"]

    assert (cpu.unit, cpu.runs, cpu.values) == ("ms", (1, 2), (2.500001, 7.5))
    assert (peak.unit, peak.runs, peak.values) == ("bytes", (1, 2), (4096, 8192))
    assert all(one.lows == one.values == one.highs and one.missing is None for one in (cpu, peak))


def test_instructions_come_from_the_run_that_counted_them_and_nothing_else_does() -> None:
    found = kpis(run(1), run(0, COUNTING, instructions=12, user_ns=10**12, peak_memory_bytes=None))

    assert (found[INSTRUCTIONS].unit, found[INSTRUCTIONS].values) == ("count", (12.0,))
    assert found["process.cpu_time"].runs == found["process.peak_memory"].runs == (1,)


def test_runs_of_other_benchmarks_and_failed_ones_give_no_sample() -> None:
    other = RunRecord(benchmark="c", kind=MEASURED, number=1, first_line=1, last_line=1, user_ns=1, sys_ns=1)
    found = kpis(other, run(1, failure="exit code 1"))

    assert [found[name].missing for name in PROCESS_KPIS[:2]] == ["no good measured run"] * 2


@pytest.mark.parametrize(
    ("peaks", "ending"),
    [((None, None), ""), ((4096, None), " in run 2 of 2"), ((None, 4096, None), " in run 1, 3 of 3")],
)
def test_a_peak_that_one_run_lacks_is_missing_as_a_whole(peaks, ending) -> None:
    runs = [run(number, peak_memory_bytes=peak) for number, peak in enumerate(peaks, start=1)]
    found = kpis(*runs)

    told = "the program's peak memory is below what the harness itself uses, so it cannot be told"
    assert (found["process.peak_memory"].values, found["process.peak_memory"].missing) == ((), told + ending)
    assert len(found["process.cpu_time"].values) == len(peaks)


@pytest.mark.parametrize(
    ("runs", "planned", "reason"),
    [
        ([run(1)], "perf is not installed", "perf is not installed"),
        ([run(1)], None, "the session ended before they were counted"),
        ([run(0, COUNTING, no_instructions="perf wrote nothing")], None, "perf wrote nothing"),
    ],
)
def test_why_no_instructions_were_counted_is_said(runs, planned, reason) -> None:
    found = kpis(*runs, no_instructions=planned)[INSTRUCTIONS]

    assert (found.values, found.missing) == ((), reason)


NS = st.none() | st.integers(0, 10**12)
RUNS = st.lists(
    st.builds(
        run,
        st.integers(1, 99),
        st.sampled_from(RunKind),
        user_ns=NS,
        sys_ns=NS,
        peak_memory_bytes=NS,
        instructions=NS,
        failure=st.none() | st.just("failed"),
    ),
    max_size=8,
)


@given(RUNS)
def test_every_kpi_has_samples_or_a_reason_and_never_both(runs) -> None:
    found = process_kpis("b", runs)

    assert tuple(one.kpi for one in found) == PROCESS_KPIS
    for one in found:
        assert bool(one.values) != bool(one.missing)
        assert len(one.runs) == len(one.values) == len(one.lows) == len(one.highs)
