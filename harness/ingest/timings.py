"""What benchmark runners report → benchmarks with one KPI each."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.ingest.benchmark import ReadBenchmark, skipped
from harness.ingest.run_text import ReadRun
from harness.recording.manifest import KpiRecord, RunKind, RunRecord, Workload
from harness.spans.model import Timing

KPI = "time"


def benchmarks_of_timings(name: str, runs: Sequence[ReadRun], *, source: str) -> Iterator[ReadBenchmark]:
    """One benchmark a timing: called `name` where there is one, else `name/` and what the runner calls it.

    Each sample is a measured run; the figures of different benchmarks of one file are never put together.
    """
    timings = [timing for run in runs for timing in run.gathered.timings]
    for place, timing in enumerate(timings):
        own = name if len(timings) == 1 else f"{name}/{timing.name or place + 1}"
        warnings = tuple(skipped(runs, source)) if place == 0 else ()
        yield _benchmark(own, timing, runs[0], warnings)


def _benchmark(name: str, timing: Timing, run: ReadRun, warnings: tuple[str, ...]) -> ReadBenchmark:
    numbers = range(1, len(timing.samples_ms) + 1)
    facts = [
        RunRecord(
            benchmark=name,
            kind=RunKind.MEASURED,
            number=number,
            first_line=timing.line,
            last_line=timing.line,
            issues=run.facts.issues if number == 1 else 0,
        )
        for number in numbers
    ]
    kpi = KpiRecord(
        benchmark=name,
        kpi=KPI,
        unit="ms",
        selector=timing.name,
        runs=tuple(numbers),
        values=timing.samples_ms,
        lows=timing.samples_ms if timing.low_ms is None else (timing.low_ms,),
        highs=timing.samples_ms if timing.high_ms is None else (timing.high_ms,),
        notes=(timing.note,) if timing.note else (),
    )
    return ReadBenchmark(
        name=name,
        runs=tuple(msgspec.structs.replace(run, facts=one) for one in facts),
        workload=Workload(),
        log_level=None,
        kpis=(kpi,),
        warnings=warnings,
    )
