"""The fmt layer's close lines against the moments between which the layer must have read its clock.

The oracle knows at which line each span and event was printed, so rows are matched by line. A run that is given up
(damage) must have a reason in the truth; a run that is not must be right in everything.
"""

import re
from collections.abc import Iterator
from itertools import combinations

from harness.formats.fmt_json import MAY_BE_EVENT
from harness.formats.fmt_place import MIXED
from harness.formats.fmt_tree import UNATTRIBUTED
from harness.spans.model import Event, Span
from harness.units import Duration, parse_duration
from tests.oracle.reading import Found
from tests.oracle.truth import Fields, Moment, TrueEvent, TrueSpan, Truth, is_in_json

_PRINTED = re.compile(r"([\d.]+)(\D+)")
_TEXT_IMITATION = re.compile(r"^close time\.busy=\d|: close time\.busy=\d", re.MULTILINE)
_JSON_IMITATION = re.compile(r"\n.*\"time\.busy\"")
_LEVEL_LINE = re.compile(r"\n\s*(?:TRACE|DEBUG|INFO|WARN|ERROR) ")
_TAME_NAME = re.compile(r"[\w.-]+")
_TAME_VALUE = re.compile(r"[^{}\":\n]*")
_PLAIN_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s="]*')
_CLOCK_STEP_NS = 2000


def disagreements(found: Found, truth: Truth) -> Iterator[str]:
    """Where the rows are not what was printed."""
    if found.damaged:
        if not doubts(truth):
            yield from (f"line {issue.line}: issue '{issue.message}' in a whole log" for issue in found.issues)
        return
    rows = {span.line: span for span in found.spans}
    surely = not _is_imitated(truth) and not (_is_plain(truth) and any(map(_ends_early, truth.spans)))
    for true in truth.spans:
        span = rows.pop(true.line or 0, None)
        if span is None:
            faults = ["is lost"]
        else:
            faults = [*_wrong_times(span, true)]
            faults += [*_misplaced(span, true, truth, found), *_wrong_fields(span, true, truth)] if surely else ()
        yield from (f"line {true.line} '{true.name}': {fault}" for fault in faults)
    if surely:
        for span in rows.values():
            if MAY_BE_EVENT not in (span.note or ""):
                yield f"line {span.line} '{span.name}': was never printed"
        yield from _misheard(found, truth)


def doubts(truth: Truth) -> list[str]:
    """What no reader of this style can be sure of."""
    reasons = []
    if _is_imitated(truth):
        reasons.append("a message imitates a line")
    if truth.mode == "fmt-json":
        if any(_scope(true, truth) != true.path for true in truth.spans):
            reasons.append("a span closed elsewhere than in its parent")
        if {_scope(true, truth)[0] for true in truth.spans} & {true.name for true in truth.spans if true.around}:
            reasons.append("a span could be a child that lost its parent")
    elif any(map(_is_broken, truth.spans)):
        reasons.append("a span's field goes on in the next line")
    elif "compact" in truth.mode and any(field.key == "message" for true in truth.spans for field in true.recorded):
        reasons.append("a span's field stands without its key")
    if _is_plain(truth) and (truth.facts["thread_names"] or not all(map(_is_tame, truth.spans))):
        reasons.append("a name or a value holds what stands between them")
    if any(_same_at_once(one, other, truth) for one, other in combinations(truth.spans, 2)):
        reasons.append("two spans of one scope at the same time")
    return reasons


def _is_plain(truth: Truth) -> bool:
    return truth.mode.endswith("-plain")


def _is_imitated(truth: Truth) -> bool:
    """Whether a message or value holds what a close line holds."""
    imitation = _JSON_IMITATION if truth.mode == "fmt-json" else _TEXT_IMITATION
    values = [text for one in (*truth.spans, *truth.events) for _key, text in one.fields]
    return any(imitation.search(text) for text in (*values, *(event.message or "" for event in truth.events)))


def _ends_early(true: TrueSpan) -> bool:
    """Whether plain text says that a shorter name is followed by another column."""
    return bool(re.search(r"(?<!:):(?!:)", true.name))


def _is_broken(true: TrueSpan) -> bool:
    """Whether a field goes on in the next line; a `message` is never quoted."""
    return any("\n" in (field.content if field.key == "message" else field.debug) for field in true.recorded)


def _is_tame(true: TrueSpan) -> bool:
    values = (field.debug for field in true.recorded if field.kind == "debug")
    return bool(_TAME_NAME.fullmatch(true.name)) and all(_TAME_VALUE.fullmatch(value) for value in values)


def _same_at_once(one: TrueSpan, other: TrueSpan, truth: Truth) -> bool:
    return (
        _scope(one, truth) == _scope(other, truth)
        and one.created[0] <= other.closed[1]
        and other.created[0] <= one.closed[1]
    )


def _scope(true: TrueSpan, truth: Truth) -> tuple[str, ...]:
    """The names that the close line says: in JSON, those of the spans that the closing thread was in."""
    if truth.mode != "fmt-json":
        return true.path
    return (*(truth.spans[index].name for index in true.around), true.name)


def _parent(true: TrueSpan, truth: Truth) -> TrueSpan | None:
    index = true.parent if truth.mode != "fmt-json" else true.around[-1] if true.around else None
    return None if index is None else truth.spans[index]


def _misplaced(span: Span, true: TrueSpan, truth: Truth, found: Found) -> Iterator[str]:
    for what, got, right in (
        ("name", span.name, true.name),
        ("path", span.path, _scope(true, truth)),
        ("level", span.level, true.level),
    ):
        if got != right:
            yield f"{what} is {got!r}, in truth {right!r}"
    parent = _parent(true, truth)
    above = None if span.parent is None else found.spans[span.parent]
    lines = (above.line if above else None, parent.line if parent else None)
    mixed = any(MIXED in (one.note or "") for one in found.spans if one.line in lines)
    if lines[0] != lines[1] and not mixed:
        yield f"its parent is that of line {lines[0]}, in truth {lines[1]}"


def _wrong_times(span: Span, true: TrueSpan) -> Iterator[str]:
    yield from _outside("busy", span.duration, (true.low_ns, true.high_ns))
    lived = (true.closed[0] - true.created[1], true.closed[1] - true.created[0])
    idle = (max(0, lived[0] - true.high_ns), lived[1] - true.low_ns)
    yield from _outside("idle", _duration(span.idle.printed) if span.idle else None, idle)
    if span.start_ns is not None and span.end_ns is not None:
        length = span.end_ns - span.start_ns
        slack = _CLOCK_STEP_NS + length // 1000
        if not lived[0] - slack <= length <= lived[1] + slack:
            yield f"lived {length} ns by its times, in truth {lived}"


def _wrong_fields(span: Span, true: TrueSpan, truth: Truth) -> Iterator[str]:
    above = [field for one in _lineage(true, truth) for field in one.recorded]
    if any(field.key == "message" or ("\n" in field.debug and truth.mode != "fmt-json") for field in above):
        return  # printed without its key, or not to its end
    if truth.mode == "fmt-json":
        yield from _wrong_json_fields(span, true)
    elif UNATTRIBUTED not in (span.note or ""):
        yield from _wrong_text_fields(span.fields, tuple((_shown(key), text) for key, text in true.fields))


def _outside(what: str, duration: Duration | None, true: Moment) -> Iterator[str]:
    """Between two clocks at most so much can be said: what is printed and what is true have a value in common."""
    if duration is None:
        yield f"has no {what} time"
    elif duration.low_ns > true[1] or duration.high_ns < true[0]:
        yield f"{what} is [{duration.low_ns}, {duration.high_ns}] ns ('{duration.printed}'), in truth {true}"


def _duration(printed: str) -> Duration | None:
    """A stored row keeps of the idle time no more than its text."""
    match = _PRINTED.fullmatch(printed)
    return parse_duration(match[1], match[2]) if match else None


def _lineage(true: TrueSpan, truth: Truth) -> Iterator[TrueSpan]:
    while True:
        yield true
        if true.parent is None:
            return
        true = truth.spans[true.parent]


def _wrong_text_fields(fields: Fields, right: Fields) -> Iterator[str]:
    if _joined(fields) != _joined(right):
        yield f"fields {fields}, printed {right}"
    elif all(_PLAIN_VALUE.fullmatch(value) for _key, value in right) and fields != right:
        yield f"fields {fields} cut otherwise than {right}"


def _joined(fields: Fields) -> str:
    return " ".join(f"{key}={value}" for key, value in fields)


def _shown(key: str) -> str:
    return key.removeprefix("r#")


def _wrong_json_fields(span: Span, true: TrueSpan) -> Iterator[str]:
    """Keys come in alphabetical order; a field that is called `name` is lost."""
    right = sorted((_shown(field.key), field) for field in true.recorded if field.key != "name")
    same = len(span.fields) == len(right) and all(
        key == shown and is_in_json(field, text) for (key, text), (shown, field) in zip(span.fields, right, strict=True)
    )
    if not same:
        yield f"fields {span.fields}, in truth {right}"


def _misheard(found: Found, truth: Truth) -> Iterator[str]:
    heard: dict[int, Event] = {event.line: event for event in found.events}
    closes = {span.line for span in found.spans}
    for said in truth.events:
        event = heard.pop(said.line or 0, None)
        if event is not None:
            yield from (f"line {said.line}: {fault}" for fault in _wrong_event(event, said, found, truth))
        elif said.line not in closes:
            yield f"line {said.line}: event is lost"
    texts = (text for said in truth.events for text in (said.message or "", *(text for _key, text in said.fields)))
    if not any(map(_LEVEL_LINE.search, texts)) and not doubts(truth):
        yield from (f"line {line}: an event was never said" for line in heard)


def _wrong_event(event: Event, said: TrueEvent, found: Found, truth: Truth) -> Iterator[str]:
    if event.level != said.level:
        yield f"event level is {event.level!r}, in truth {said.level!r}"
    if event.span_seq is None:
        return
    line = found.spans[event.span_seq].line if event.span_seq < len(found.spans) else None
    spoken_in = None if said.span is None else truth.spans[said.span]
    if spoken_in is None or not any(
        line == other.line and (other is spoken_in or _same_at_once(spoken_in, other, truth)) for other in truth.spans
    ):
        yield f"event is put into the span of line {line}, in truth {spoken_in.line if spoken_in else None}"
