"""Evidence of milestones made of recordings that lie nowhere; shared by this folder's tests."""

from collections.abc import Iterable

from msgspec import structs

from harness.compare.comparison import Comparison, Mode, Side, compare
from harness.compare.sessions import between_sessions
from harness.kpis.contract import Contract
from harness.milestones.evidence import Evidence, LogFile, Recordings, Which
from harness.milestones.programme import Milestone
from harness.recording.manifest import KpiRecord, Origin, Protocol, Recording
from harness.units import NS_PER_MS, parse_duration

LABEL = "m8"
NOT_LABELLED = "no recording of this target was labelled so when this was rendered"
ROUND = (1.0, 0.98, 1.02, 0.99, 1.01)
"""What the runs of a session differ by."""


def printed(value_ms: float) -> tuple[float, float, float]:
    """A time as tracing prints it, with what that can mean."""
    value, unit = value_ms * NS_PER_MS, "ns"
    for unit in ("ns", "µs", "ms", "s"):
        if value < 1000 or unit == "s":
            break
        value /= 1000
    duration = parse_duration(f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}", unit)
    return duration.ns / NS_PER_MS, duration.low_ns / NS_PER_MS, duration.high_ns / NS_PER_MS


def kpi(benchmark: str, name: str, *times_ms: float, missing: str | None = None) -> KpiRecord:
    """A KPI with one printed sample a run, or why it has none."""
    shown = [printed(one) for one in times_ms]
    return KpiRecord(
        benchmark=benchmark,
        kpi=name,
        unit="ms",
        selector=name,
        runs=tuple(range(1, len(shown) + 1)),
        values=tuple(value for value, _, _ in shown),
        lows=tuple(low for _, low, _ in shown),
        highs=tuple(high for _, _, high in shown),
        missing=missing,
    )


def measured_like(recording: Recording, digit: str, factor: float, **changes: object) -> Recording:
    """A recording under the same conditions whose every time is `factor` times as long, measured at a commit."""
    manifest = recording.manifest
    provenance = structs.replace(manifest.provenance, origin=Origin.MEASURED, commit=digit * 40)
    kpis = tuple(
        kpi(one.benchmark, one.kpi, *(one.values[0] * factor * part for part in ROUND)) if one.values else one
        for one in manifest.kpis
    )
    made = structs.replace(manifest, provenance=provenance, kpis=tuple(kpis))
    return Recording(id=digit * 16, manifest=structs.replace(made, **changes))


def without_benchmark(recording: Recording, benchmark: str) -> Recording:
    """A recording that has everything of one benchmark left out."""
    manifest = recording.manifest
    return structs.replace(
        recording,
        manifest=structs.replace(
            manifest,
            benchmarks=tuple(one for one in manifest.benchmarks if one.name != benchmark),
            runs=tuple(one for one in manifest.runs if one.benchmark != benchmark),
            kpis=tuple(one for one in manifest.kpis if one.benchmark != benchmark),
        ),
    )


def calibration_sessions(like: Recording, number: int) -> tuple[Recording, ...]:
    """Sessions of one program, a day apart, that differ by a percent from day to day."""
    protocol = Protocol(warmups=1, measured=5, calibration=True)
    known = tuple(structs.replace(one, identity="same") for one in like.manifest.benchmarks)
    return tuple(
        structs.replace(
            measured_like(
                like, "d", 1 + day / 100, started=f"2026-11-{day:02d}T08:00:00Z", protocol=protocol, benchmarks=known
            ),
            id=f"{day:016x}",
        )
        for day in range(1, number + 1)
    )


def compared(
    base: Recording, head: Recording, contract: Contract, *, alternated: bool, sessions: Iterable[Recording]
) -> Comparison:
    """Two recordings compared, as runs that took turns or as runs of two sessions."""
    known = [one.manifest for one in sessions]
    return compare(
        Side(ref="base", recording=base),
        Side(ref="head", recording=head),
        contract,
        mode=Mode.STORED,
        alternated=alternated,
        between=None if alternated else between_sessions(known, base.manifest, head.manifest),
    )


def evidence_of(
    milestone: Milestone, contract: Contract, recordings: Recordings, *, alternated: bool = False, **changes: object
) -> Evidence:
    """The evidence of a milestone; base and head took turns or not, the reference is always of another session."""
    head, base, reference = recordings.head, recordings.base, recordings.reference
    sessions = recordings.sessions
    beside = compared(reference, head, contract, alternated=False, sessions=sessions) if base and reference else None
    evidence = Evidence(
        milestone=milestone,
        contract=contract,
        recordings=recordings,
        reference_label=LABEL,
        comparison=compared(base, head, contract, alternated=alternated, sessions=sessions) if base else None,
        against_reference=beside,
        samples={
            (which, *place): record for which, one in recordings.sides for place, record in _samples(one, milestone)
        },
        self_times={(one.benchmark, one.kpi): _self_time(one) for one in head.manifest.kpis},
        counted={},
        logs=tuple(_logs(recordings, milestone)),
    )
    return structs.replace(evidence, **changes)


def _samples(recording: Recording, milestone: Milestone) -> Iterable[tuple[tuple[str, str], KpiRecord]]:
    """Every recorded KPI, and of what else the milestone shows why it is not there."""
    manifest = recording.manifest
    shown = [(part.benchmark, name) for part in milestone.metrics for name in (*part.spans, part.kpi) if name]
    shown += [one for part in milestone.metrics for one in part.headline.items()]
    for one, name in shown:
        missing = f"no span {name}" if manifest.benchmark(one) else "benchmark not recorded"
        yield (one, name), kpi(one, name, missing=missing)
    for one in manifest.kpis:
        yield (one.benchmark, one.kpi), one


def _self_time(record: KpiRecord) -> KpiRecord:
    """Half of what a span takes, of those that were found."""
    missing = None if record.values else f"no span {record.kpi}"
    return kpi(record.benchmark, record.kpi, *(one / 2 for one in record.values), missing=missing)


def _logs(recordings: Recordings, milestone: Milestone) -> Iterable[LogFile]:
    """A log of every benchmark that was measured; published figures have none."""
    for which, one in recordings.sides:
        tag = f"m{milestone.id}" if which is Which.HEAD else f"m{milestone.id}-{which.value}"
        for name in one.manifest.benchmark_names:
            if one.manifest.provenance.origin is not Origin.TRANSCRIBED:
                yield LogFile(which=which, benchmark=name, path=f"docs/logs/{name}-{tag}.log", sha256=one.id * 4)
