"""The span tree of a benchmark over all its measured runs: repeats kept apart, each with median and spread."""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from statistics import median

import msgspec

from harness.units import NS_PER_MS

Key = tuple[tuple[str, int], ...]
"""Names with occurrence numbers from the root down: what makes two spans of two runs the same span."""


class TimedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """What of a stored span the tree needs."""

    run: int
    seq: int
    parent: int | None
    depth: int
    name: str
    occurrence: int
    fields: tuple[tuple[str, str], ...]
    ns: int | None
    ns_low: int | None
    ns_high: int | None


class TreeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One span over the `n` runs in which its duration is known; `time` is None where that is none of them."""

    depth: int
    name: str
    fields: tuple[tuple[str, str], ...]
    n: int
    time: "TreeTime | None"


class TreeTime(msgspec.Struct, frozen=True, kw_only=True):
    """Median and spread of a span; `step_ms` is the display step of its median, the others of its ends."""

    median_ms: float
    low_ms: float
    high_ms: float
    step_ms: float
    low_step_ms: float
    high_step_ms: float


def span_tree(spans: Iterable[TimedSpan]) -> tuple[TreeRow, ...]:
    """The rows in the order of the first run that has them; `spans` in pre-order within each run."""
    keys: dict[tuple[int, int], Key] = {}
    found: dict[Key, list[TimedSpan]] = {}
    for span in spans:
        above = keys[span.run, span.parent] if span.parent is not None else ()
        key = (*above, (span.name, span.occurrence))
        keys[span.run, span.seq] = key
        found.setdefault(key, []).append(span)
    order = {key: index for index, key in enumerate(found)}
    return tuple(_row(found[key]) for key in sorted(found, key=lambda key: _position(key, order)))


def _position(key: Key, order: dict[Key, int]) -> list[int]:
    """Below its parent, after the siblings that were seen before it."""
    return [order[key[:length]] for length in range(1, len(key) + 1)]


def _row(spans: Sequence[TimedSpan]) -> TreeRow:
    first = spans[0]
    known = [(span.ns, span) for span in spans if span.ns is not None]
    return TreeRow(depth=first.depth, name=first.name, fields=first.fields, n=len(known), time=_time(known))


def _time(known: Sequence[tuple[int, TimedSpan]]) -> TreeTime | None:
    if not known:
        return None
    values = [ns / NS_PER_MS for ns, _ in known]
    middle = median(values)
    (_, shortest), (_, longest) = min(known, key=itemgetter(0)), max(known, key=itemgetter(0))
    _, nearest = min(known, key=lambda one: abs(one[0] / NS_PER_MS - middle))
    return TreeTime(
        median_ms=middle,
        low_ms=min(values),
        high_ms=max(values),
        step_ms=_step_ms(nearest),
        low_step_ms=_step_ms(shortest),
        high_step_ms=_step_ms(longest),
    )


def _step_ms(span: TimedSpan) -> float:
    return ((span.ns_high or 0) - (span.ns_low or 0)) / NS_PER_MS
