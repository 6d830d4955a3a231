"""Times as milestone documents show them: a median with what its source resolves, or why there is none."""

from math import ceil
from statistics import median

import msgspec

from harness.recording.manifest import KpiRecord
from harness.units import NS_PER_MS, Duration

_NOT_READ = "not read when this was recorded"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A median in ms over `n` runs (None where a published figure does not say), with its spread and display step."""

    value_ms: float
    step_ms: float
    n: int | None
    low_ms: float
    high_ms: float
    p95_ms: float


class Absent(msgspec.Struct, frozen=True):
    """Why there is no figure."""

    reason: str


class SpanRow(msgspec.Struct, frozen=True, kw_only=True):
    """One span on both sides, and in the contract's reference; `reference` is None where that is the base itself."""

    name: str
    base: Figure | Absent
    head: Figure | Absent
    reference: Figure | Absent | None = None


def figure_of(record: KpiRecord | None) -> Figure | Absent:
    """The figure of a KPI's samples, which are in ms."""
    if record is None:
        return Absent(_NOT_READ)
    if not record.values:
        return Absent(record.missing or _NOT_READ)
    middle = median(record.values)
    nearest = min(range(len(record.values)), key=lambda i: abs(record.values[i] - middle))
    return Figure(
        value_ms=middle,
        step_ms=record.highs[nearest] - record.lows[nearest],
        n=len(record.values),
        low_ms=min(record.values),
        high_ms=max(record.values),
        p95_ms=nearest_rank(record.values, 0.95),
    )


def published_figure(duration: Duration) -> Figure:
    """A figure that a document printed, of which nothing else is known."""
    value_ms = duration.ns / NS_PER_MS
    step_ms = (duration.high_ns - duration.low_ns) / NS_PER_MS
    return Figure(value_ms=value_ms, step_ms=step_ms, n=None, low_ms=value_ms, high_ms=value_ms, p95_ms=value_ms)


def nearest_rank(values: tuple[float, ...], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed; with 5 values and 0.95 that is the largest."""
    return sorted(values)[max(1, ceil(share * len(values))) - 1]
