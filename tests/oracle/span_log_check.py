"""The bundled prover's span record against the moments between which its layer must have read the clock.

The record is written when no span is open, so lines tell nothing: a row is that span of its path whose times it has.
"""

from collections.abc import Iterator, Sequence

from harness.spans.model import Span
from tests.oracle.reading import Found
from tests.oracle.truth import Moment, TrueSpan, Truth, is_in_json


def disagreements(found: Found, truth: Truth) -> Iterator[str]:
    """Where the rows are not what was recorded."""
    yield from (f"line {issue.line}: issue '{issue.message}' in a whole record" for issue in found.issues)
    left = list(range(len(truth.spans)))
    zero_ns = _zero_ns(found, truth)
    matched: list[int | None] = []
    for span in found.spans:
        index, faults = _best(span, left, truth, zero_ns)
        matched.append(index)
        if index is None:
            faults = ["no such span is left"]
        else:
            left.remove(index)
            faults += _wrong_parent(span, truth.spans[index], matched)
        yield from (f"line {span.line} '{span.name}': {fault}" for fault in faults)
    yield from (f"'{truth.spans[index].name}', created {truth.spans[index].created}: is lost" for index in left)


def doubts(_truth: Truth) -> list[str]:
    """A record leaves nothing open."""
    return []


def _best(span: Span, left: Sequence[int], truth: Truth, zero_ns: int) -> tuple[int | None, list[str]]:
    """Of the spans of the row's path that no other row is, that with the fewest faults, then the nearest in time."""
    found: tuple[int | None, list[str]] = (None, [])
    least: tuple[int, int] | None = None
    for index in left:
        true = truth.spans[index]
        if true.path != span.path:
            continue
        faults = list(_misread(span, true, truth))
        apart_ns = abs(_start_ns(true) - zero_ns - (span.start_ns or 0)) if true.entries else 0
        if least is None or (len(faults), apart_ns) < least:
            found, least = (index, faults), (len(faults), apart_ns)
    return found


def _start_ns(true: TrueSpan) -> int:
    return min(entry.enter[0] for entry in true.entries)


def _zero_ns(found: Found, truth: Truth) -> int:
    """The record's zero on the truth's clock, to some 100 ns."""
    starts = [span.start_ns for span in found.spans if span.start_ns is not None]
    true = [_start_ns(true) for true in truth.spans if true.entries]
    return min(true, default=0) - min(starts, default=0)


def _wrong_parent(span: Span, true: TrueSpan, matched: Sequence[int | None]) -> Iterator[str]:
    """Spans that were never entered look all alike: only of the others is the parent sure."""
    parent = None if span.parent is None else matched[span.parent]
    if true.entries and parent != true.parent:
        yield f"its parent is span {parent}, in truth {true.parent}"


def _misread(span: Span, true: TrueSpan, truth: Truth) -> Iterator[str]:
    origin: Moment = tuple(truth.facts["origin"])
    if span.level != true.level:
        yield f"level is {span.level!r}, in truth {true.level!r}"
    duration = span.duration
    if duration is None or not true.low_ns <= duration.ns <= true.high_ns:
        yield f"lasts {duration}, in truth [{true.low_ns}, {true.high_ns}]"
    enters = [entry.enter for entry in true.entries]
    exits = [entry.exit for entry in true.entries]
    ends = (
        ("starts", span.start_ns, (min(one[0] for one in enters), min(one[1] for one in enters)) if enters else None),
        ("ends", span.end_ns, (max(one[0] for one in exits), max(one[1] for one in exits)) if exits else None),
    )
    for what, at_ns, moment in ends:
        if moment is None and at_ns is not None:
            yield f"{what} at {at_ns} but was never entered"
        elif moment and (at_ns is None or not moment[0] - origin[1] <= at_ns <= moment[1] - origin[0]):
            yield f"{what} at {at_ns}, in truth {moment}"
    keys = {field.key: field for field in true.recorded}
    same = [key for key, _text in span.fields] == list(keys)
    if not same or not all(is_in_json(keys[key], text) for key, text in span.fields):
        yield f"fields {span.fields}, in truth {true.recorded}"
