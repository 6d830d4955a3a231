"""Measured runs → the samples of each KPI."""

from collections.abc import Sequence
from statistics import median

import msgspec

from harness.kpis.definition import KpiDefinition, Proof, ProofScope
from harness.kpis.selector import Reading, Unreadable, read_kpi
from harness.recording.manifest import KpiRecord
from harness.spans.model import ParsedRun


class MeasuredRun(msgspec.Struct, frozen=True, kw_only=True):
    """One good measured run of a benchmark."""

    number: int
    parsed: ParsedRun


def collect(benchmark: str, definition: KpiDefinition, runs: Sequence[MeasuredRun], scope: ProofScope) -> KpiRecord:
    """One sample a run.

    A KPI that one run lacks is missing as a whole: fewer samples would compare unlike with like.
    """
    readings = [(run.number, read_kpi(run.parsed, definition.selector, scope)) for run in runs]
    good = [(number, reading) for number, reading in readings if isinstance(reading, Reading)]
    missing = _missing(definition, readings)
    cold = scope.proof is Proof.FIRST and any(reading.warm_median is not None for _, reading in good)
    warm = [reading.warm_median for _, reading in good if reading.warm_median is not None]
    kept = [] if missing else good
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
        notes=("first proof of each process (cold)",) if cold and not missing else (),
        warm_median=median(warm) if warm and not missing else None,
    )


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
