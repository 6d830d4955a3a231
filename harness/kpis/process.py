"""What a benchmark's runs cost as processes, beside their spans: CPU time, peak memory, instructions.

They never gate. The kernel counts the first two for every measured run; instructions need a run of their own.
"""

from collections.abc import Sequence

from harness.recording.manifest import KpiRecord, RunKind, RunRecord
from harness.units import NS_PER_MS

CPU_TIME = "process.cpu_time"
PEAK_MEMORY = "process.peak_memory"
INSTRUCTIONS = "process.instructions"
BYTES, COUNT = "bytes", "count"
PROCESS_KPIS = (CPU_TIME, PEAK_MEMORY, INSTRUCTIONS)

_UNITS = {CPU_TIME: "ms", PEAK_MEMORY: BYTES, INSTRUCTIONS: COUNT}
_SELECTORS = {
    CPU_TIME: "user and system CPU time of the run's processes",
    PEAK_MEMORY: "largest resident memory of the run's processes",
    INSTRUCTIONS: "instructions in user mode, counted by perf stat in a run of their own",
}
_NO_RUN = "no good measured run"
_NO_CPU_TIME = "its CPU time is not recorded"
_NO_PEAK = "the program's peak memory is below what the harness itself uses, so it cannot be told"
_NOT_YET = "the session ended before they were counted"


def process_kpis(
    benchmark: str, runs: Sequence[RunRecord], *, no_instructions: str | None = None
) -> tuple[KpiRecord, ...]:
    """The process KPIs of one benchmark, in the order of `PROCESS_KPIS`.

    CPU time in ms and peak memory in bytes have one sample a good measured run, instructions one a run that counted
    them. `no_instructions` says why no such run was planned.
    """
    good = [run for run in runs if run.benchmark == benchmark and run.failure is None]
    measured = [run for run in good if run.kind is RunKind.MEASURED]
    counting = [run for run in good if run.kind is RunKind.INSTRUCTIONS]
    uncounted = no_instructions or next((run.no_instructions for run in counting if run.no_instructions), _NOT_YET)
    cpu_times = [(run.number, _cpu_ms(run)) for run in measured]
    peaks = [(run.number, run.peak_memory_bytes) for run in measured]
    counts = [(run.number, run.instructions) for run in counting]
    return (
        _record(benchmark, CPU_TIME, cpu_times, _NO_CPU_TIME if measured else _NO_RUN),
        _record(benchmark, PEAK_MEMORY, peaks, _NO_PEAK if measured else _NO_RUN),
        _record(benchmark, INSTRUCTIONS, counts, uncounted),
    )


def _cpu_ms(run: RunRecord) -> float | None:
    return None if run.user_ns is None or run.sys_ns is None else (run.user_ns + run.sys_ns) / NS_PER_MS


def _record(benchmark: str, kpi: str, found: Sequence[tuple[int, float | None]], reason: str) -> KpiRecord:
    """A KPI that one run lacks is missing as a whole, like any other; `reason` says why runs lack it."""
    lacking = [str(number) for number, value in found if value is None]
    samples = [(number, value) for number, value in found if value is not None]
    missing: str | None = None
    if lacking or not found:
        missing = reason if not samples else f"{reason} in run {', '.join(lacking)} of {len(found)}"
    kept = [] if missing else samples
    values = tuple(value for _, value in kept)
    return KpiRecord(
        benchmark=benchmark,
        kpi=kpi,
        unit=_UNITS[kpi],
        selector=_SELECTORS[kpi],
        runs=tuple(number for number, _ in kept),
        values=values,
        lows=values,
        highs=values,
        missing=missing,
    )
