"""Several sources of one run → one tree: the first source's, each duration from whichever source knows it best.

The sources must speak of the same run. Two that measured a span side by side differ by the time between their clock
reads; more than that, and the files do not belong together.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from harness.spans.model import NOT_WALL_TIME, NOT_WALL_TIME_UNKNOWN, Span
from harness.units import NS_PER_MS

SKEW_NS = 2_000
SKEW_RATIO = 0.001
"""What two clocks may differ by: measured on the bundled prover 20 to 400 ns a span, and now and then an interrupt."""

GAUGE_EXCESS_RATIO = 0.01
"""Of a span's time: what its gauge may be longer by, beside the millisecond that a gauge is cut to."""

_DOUBTS = {NOT_WALL_TIME, NOT_WALL_TIME_UNKNOWN}


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A span of which two sources say what cannot both be true, with the line of each."""

    path: tuple[str, ...]
    line: int
    printed: str
    other_line: int
    other_printed: str


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """The first source's spans, refined; `refined` are the places of those whose duration is the other source's.

    `unmatched` counts the other source's spans that the first does not have; they are left out.
    """

    spans: tuple[Span, ...]
    refined: frozenset[int] = frozenset()
    conflicts: tuple[Conflict, ...] = ()
    unmatched: int = 0


def merge_spans(spans: Sequence[Span], others: Sequence[Span]) -> Merged:
    """`others` matched by path and occurrence, from the root down."""
    numbers: dict[tuple[int | None, str, int], int] = {}
    keys = _keys(spans, numbers, grow=True)
    other_keys = _keys(others, numbers, grow=False)
    partners = {key: span for key, span in zip(other_keys, others, strict=True) if key is not None}
    pairs = [partners.get(key) if key is not None else None for key in keys]
    return _merged(spans, pairs, unmatched=len(others) - sum(pair is not None for pair in pairs))


def merge_gauges(spans: Sequence[Span], gauges: Sequence[Span]) -> Merged:
    """Span times that OpenVM reports as gauges, which keep the last value only: used where a name occurs once."""
    once = {span.name: span for span in gauges}
    counts = Counter(span.name for span in gauges)
    own = Counter(span.name for span in spans)
    pairs = [once[one.name] if counts[one.name] == own[one.name] == 1 else None for one in spans]
    pairs = [
        None if other is not None and _is_longer(other, one) else other for one, other in zip(spans, pairs, strict=True)
    ]
    return _merged(spans, pairs, unmatched=0)


def _is_longer(gauge: Span, span: Span) -> bool:
    """Whether a gauge is longer by what can lie between creation and entry, which it counts too; more contradicts."""
    if gauge.duration is None or span.duration is None:
        return False
    excess_ns = gauge.duration.low_ns - span.duration.high_ns
    return 0 < excess_ns <= NS_PER_MS + GAUGE_EXCESS_RATIO * span.duration.ns


def _keys(spans: Iterable[Span], numbers: dict[tuple[int | None, str, int], int], *, grow: bool) -> list[int | None]:
    """A number for each span's place in the tree, the same in all sources; None for one that no other source has."""
    own: dict[int, int | None] = {}
    keys: list[int | None] = []
    for span in spans:
        above = None if span.parent is None else own.get(span.parent)
        place = (above, span.name, span.occurrence)
        if span.parent is not None and above is None:
            key = None
        else:
            key = numbers.setdefault(place, len(numbers)) if grow else numbers.get(place)
        own[span.seq] = key
        keys.append(key)
    return keys


def _merged(spans: Sequence[Span], partners: Sequence[Span | None], *, unmatched: int) -> Merged:
    found: list[Span] = []
    refined: set[int] = set()
    conflicts: list[Conflict] = []
    for place, (span, other) in enumerate(zip(spans, partners, strict=True)):
        if other is None:
            found.append(span)
            continue
        if _disagree(span, other):
            conflicts.append(_conflict(span, other))
        better = _is_narrower(other, span)
        if better:
            refined.add(place)
        found.append(_joined(span, other, better=better))
    return Merged(spans=tuple(found), refined=frozenset(refined), conflicts=tuple(conflicts), unmatched=unmatched)


def _disagree(span: Span, other: Span) -> bool:
    """Whether no time that both can mean is left; a time that may be no wall time is not held against another."""
    one, two = span.duration, other.duration
    if one is None or two is None or not {span.note, other.note}.isdisjoint(_DOUBTS):
        return False
    slack_ns = SKEW_NS + SKEW_RATIO * max(one.ns, two.ns)
    return one.low_ns - slack_ns > two.high_ns or two.low_ns - slack_ns > one.high_ns


def _is_narrower(other: Span, span: Span) -> bool:
    if other.duration is None or span.duration is None:
        return other.duration is not None
    return other.duration.high_ns - other.duration.low_ns < span.duration.high_ns - span.duration.low_ns


def _joined(span: Span, other: Span, *, better: bool) -> Span:
    """The first source's span with what only the other knows."""
    return msgspec.structs.replace(
        span,
        duration=other.duration if better else span.duration,
        note=other.note if better else span.note,
        thread=span.thread or other.thread,
        level=span.level or other.level,
        start_ns=other.start_ns if span.start_ns is None else span.start_ns,
        end_ns=other.end_ns if span.end_ns is None else span.end_ns,
        idle=span.idle or other.idle,
    )


def _conflict(span: Span, other: Span) -> Conflict:
    return Conflict(
        path=span.path,
        line=span.line,
        printed=span.duration.printed if span.duration else "?",
        other_line=other.line,
        other_printed=other.duration.printed if other.duration else "?",
    )
