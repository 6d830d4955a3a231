"""Measured runs → the samples of each KPI."""

from collections.abc import Sequence
from statistics import median

import msgspec

from harness.kpis.definition import KpiDefinition, Proof, ProofScope, Reduce
from harness.kpis.selector import Reading, Unreadable, read_kpi
from harness.recording.manifest import KpiRecord
from harness.spans.model import Span

MAX_SPANS = 5_000
"""Spans a run that its KPIs are read off. A KPI is one span, or some hundreds; more are another thing's log."""


class MeasuredRun(msgspec.Struct, frozen=True, kw_only=True):
    """One good measured run of a benchmark: the spans its KPIs are read off, or `too_many` of them.

    `ends_early`: its log was cut where whole spans may follow.
    """

    number: int
    spans: tuple[Span, ...]
    too_many: bool = False
    ends_early: bool = False


def collect(benchmark: str, definition: KpiDefinition, runs: Sequence[MeasuredRun], scope: ProofScope) -> KpiRecord:
    """One sample a run.

    A KPI that one run lacks is missing as a whole: fewer samples would compare unlike with like.
    """
    readings = [(run.number, _read(run, definition, scope)) for run in runs]
    good = [(number, reading) for number, reading in readings if isinstance(reading, Reading)]
    missing = _missing(definition, readings)
    cold = scope.proof is Proof.FIRST and any(reading.warm_median is not None for _, reading in good)
    warm = [reading.warm_median for _, reading in good if reading.warm_median is not None]
    kept = [] if missing else good
    notes = dict.fromkeys(note for _, reading in kept for note in reading.notes)
    return KpiRecord(
        benchmark=benchmark,
        kpi=definition.name,
        unit=definition.unit,
        selector=definition.selector.describe(),
        runs=tuple(number for number, _ in kept),
        values=tuple(reading.value for _, reading in kept),
        lows=tuple(reading.low for _, reading in kept),
        highs=tuple(reading.high for _, reading in kept),
        missing=missing,
        not_instrumented=definition.not_instrumented is not None,
        notes=(*(("first proof of each process (cold)",) if cold and not missing else ()), *notes),
        warm_median=median(warm) if warm and not missing else None,
    )


def _read(run: MeasuredRun, definition: KpiDefinition, scope: ProofScope) -> Reading | Unreadable:
    if run.too_many:
        return Unreadable(reason=f"over {MAX_SPANS} spans of the KPIs' names in one run")
    if run.ends_early and definition.selector.reduce is not Reduce.ONLY:
        return Unreadable(reason="the log ends early: spans may be lacking")
    return read_kpi(run.spans, definition.selector, scope)


def _missing(definition: KpiDefinition, readings: Sequence[tuple[int, Reading | Unreadable]]) -> str | None:
    if definition.not_instrumented is not None:
        return f"not instrumented: {definition.not_instrumented}"
    if not readings:
        return "no good measured run"
    unreadable = [(number, reading) for number, reading in readings if isinstance(reading, Unreadable)]
    if not unreadable:
        return None
    reason = unreadable[0][1].reason
    if len(unreadable) == len(readings):
        return reason
    return f"{reason} in run {', '.join(str(number) for number, _ in unreadable)} of {len(readings)}"
