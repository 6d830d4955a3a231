"""tracing-chrome's traces against the moments between which the layer must have read its clock.

In the threaded style each stay inside a span is a slice of its own on its thread. In the async style a span lasts from
its creation to its close, and the ids tell no more than which root it is below.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from harness.spans.model import Span
from tests.oracle.reading import Found
from tests.oracle.truth import Entry, Moment, TrueSpan, Truth

RECORDED_LATE = "late"
"""The program records this field between stays inside a span: not all slices of it hold it."""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be read: `path` is None where only times could tell it."""

    name: str
    thread: str
    path: tuple[str, ...] | None
    start: Moment
    end: Moment
    fields: dict[str, str]


def disagreements(found: Found, truth: Truth) -> Iterator[str]:
    """Where the rows are not what was traced."""
    if found.damaged:
        if not doubts(truth):
            yield from (f"line {issue.line}: issue '{issue.message}' in a whole trace" for issue in found.issues)
        return
    slices = _async_slices(truth) if truth.mode == "chrome-async" else _thread_slices(truth)
    threads = sorted({one.thread for one in slices} | {span.thread or "" for span in found.spans})
    for thread in threads:
        read = sorted((span for span in found.spans if span.thread == thread), key=_start)
        true = sorted((one for one in slices if one.thread == thread), key=lambda one: one.start)
        if len(read) != len(true):
            yield f"thread '{thread}': {len(read)} spans read, {len(true)} traced"
        for span, one in zip(read, true, strict=False):
            yield from (f"line {span.line} '{one.name}' on '{thread}': {fault}" for fault in _misread(span, one, truth))
    if len(found.events) != len(truth.events):
        yield f"{len(found.events)} events read, {len(truth.events)} traced"


def doubts(truth: Truth) -> list[str]:
    """What no reader can be sure of: by id, which end is whose, and what is inside what."""
    if truth.mode != "chrome-async":
        return []
    below: dict[int, list[TrueSpan]] = {}
    for index, true in enumerate(truth.spans):
        below.setdefault(_root(index, truth), []).append(true)
    pairs = [pair for spans in below.values() for pair in combinations(spans, 2)]
    return [f"{one.name} and {other.name} at the same time" for one, other in pairs if _is_doubtful(one, other)]


def _is_doubtful(one: TrueSpan, other: TrueSpan) -> bool:
    """Of the two, which are not one after the other, neither is surely inside the other, or both have one name."""
    if one.closed[1] < other.created[0] or other.closed[1] < one.created[0]:
        return False
    nested = _is_inside(one, other) or _is_inside(other, one)
    return one.name == other.name or not nested


def _is_inside(inner: TrueSpan, outer: TrueSpan) -> bool:
    return outer.created[1] < inner.created[0] and inner.closed[1] < outer.closed[0]


def _root(index: int, truth: Truth) -> int:
    while (parent := truth.spans[index].parent) is not None:
        index = parent
    return index


def _start(span: Span) -> int:
    return -1 if span.start_ns is None else span.start_ns


def _thread_slices(truth: Truth) -> list[Slice]:
    stays = [(true, entry) for true in truth.spans for entry in true.entries]
    slices = []
    for thread in {entry.thread for _true, entry in stays}:
        slices += _nested([stay for stay in stays if stay[1].thread == thread])
    return slices


def _nested(stays: Sequence[tuple[TrueSpan, Entry]]) -> Iterator[Slice]:
    """The stays of one thread, each below the one that it was in."""
    above: list[tuple[Moment, str]] = []
    for true, entry in sorted(stays, key=lambda stay: stay[1].enter):
        while above and above[-1][0] < entry.enter:
            above.pop()
        above.append((entry.exit, true.name))
        yield Slice(
            name=true.name,
            thread=entry.thread,
            path=tuple(name for _exit, name in above),
            start=entry.enter,
            end=entry.exit,
            fields=dict(true.fields),
        )


def _async_slices(truth: Truth) -> list[Slice]:
    return [
        Slice(
            name=true.name,
            thread=true.thread,
            path=None,
            start=true.created,
            end=true.closed,
            fields=dict(true.fields),
        )
        for true in truth.spans
    ]


def _misread(span: Span, true: Slice, truth: Truth) -> Iterator[str]:
    if span.name != true.name:
        yield f"name is {span.name!r}, in truth {true.name!r}"
    if true.path is not None and span.path != true.path:
        yield f"path is {span.path!r}, in truth {true.path!r}"
    if dict(span.fields) not in (true.fields, {key: true.fields[key] for key in true.fields if key != RECORDED_LATE}):
        yield f"fields are {span.fields!r}, in truth {true.fields!r}"
    duration = span.duration
    length = (true.end[0] - true.start[1], true.end[1] - true.start[0])
    if duration is None or duration.low_ns > length[1] or duration.high_ns < length[0]:
        yield f"lasts {duration}, in truth {length}"
    origin: Moment = tuple(truth.facts["origin"])
    start = (true.start[0] - origin[1], true.start[1] - origin[0])
    if span.start_ns is None or not start[0] <= span.start_ns <= start[1]:
        yield f"starts at {span.start_ns} ns, in truth {start}"
