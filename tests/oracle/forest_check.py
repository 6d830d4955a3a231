"""tracing-forest's text against the nanoseconds of the very trees that were printed."""

import re
from collections.abc import Iterator

from harness.spans.model import NOT_WALL_TIME, Event, Span
from tests.oracle.reading import Found
from tests.oracle.truth import Fields, TrueEvent, TrueSpan, Truth

PCT_HALF_STEP = 0.005 + 1e-9
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_TREE_LINE = re.compile(r"\n[^\n]*(?:(?:INFO|WARN) {5}|(?:TRACE|DEBUG|ERROR) {4})")


def doubts(truth: Truth) -> list[str]:
    """Texts that no reader can tell from a tree's own lines."""
    messages = [event.message or "" for event in truth.events]
    values = [value for one in (*truth.spans, *truth.events) for _key, value in one.fields]
    return [text for text in (*messages, *values) if _TREE_LINE.search(text)]


def disagreements(found: Found, truth: Truth) -> Iterator[str]:
    """Where the rows are not what was printed."""
    if doubts(truth):
        yield from _doubtful(found, truth)
        return
    for issue in found.issues:
        yield f"line {issue.line}: issue '{issue.message}' in a whole log"
    if len(found.spans) != len(truth.spans):
        yield f"{len(found.spans)} spans read, {len(truth.spans)} printed"
    for index, (span, true) in enumerate(zip(found.spans, truth.spans, strict=False)):
        for fault in (*_misplaced(span, true, index), *_misread(span, true, truth)):
            yield f"line {true.line} '{true.name}': {fault}"
    if len(found.events) != len(truth.events):
        yield f"{len(found.events)} events read, {len(truth.events)} printed"
    for event, said in zip(found.events, truth.events, strict=False):
        yield from (f"line {said.line}: {fault}" for fault in _misheard(event, said))


def _doubtful(found: Found, truth: Truth) -> Iterator[str]:
    """A message imitates a tree: unless the run is given up, every true span must be among those read."""
    read = {(span.line, span.path, span.duration.printed if span.duration else None) for span in found.spans}
    lines = {line: path for line, path, _printed in read}
    for true in truth.spans:
        if not found.damaged and lines.get(true.line or 0) != true.path:
            yield f"line {true.line} '{true.name}': lost beside an imitated line, and no damage is reported"


def _misplaced(span: Span, true: TrueSpan, index: int) -> Iterator[str]:
    yield from _unequal(
        ("line", span.line, true.line),
        ("seq", span.seq, index),
        ("parent", span.parent, true.parent),
        ("path", span.path, true.path),
        ("name", span.name, true.name),
        ("depth", span.depth, len(true.path) - 1),
        ("occurrence", span.occurrence, true.occurrence),
        ("level", span.level, true.level),
    )


def _misread(span: Span, true: TrueSpan, truth: Truth) -> Iterator[str]:
    duration = span.duration
    if duration is None:
        yield "has no duration"
    elif not duration.low_ns <= true.low_ns <= duration.high_ns:
        yield f"{true.low_ns} ns is not in [{duration.low_ns}, {duration.high_ns}] of '{duration.printed}'"
    elif not duration.low_ns <= duration.ns <= duration.high_ns:
        yield f"{duration.ns} ns is outside its own [{duration.low_ns}, {duration.high_ns}]"
    yield from _wrong_pct("root", span.root_pct, true.low_ns, true.root_ns)
    if (span.self_pct is None) != (true.nested_ns == 0):
        yield f"self_pct is {span.self_pct}, children took {true.nested_ns} ns"
    elif span.self_pct is not None:
        yield from _wrong_pct("self", span.self_pct, true.low_ns - true.nested_ns, true.root_ns)
    if _joined(span.fields) != _first_line(_joined(true.fields)):
        yield f"fields {span.fields}, printed {true.fields}"
    elif all(_is_plain(value) for _key, value in true.fields) and span.fields != true.fields:
        yield f"fields {span.fields} cut otherwise than {true.fields}"
    parallel = true.nested_ns == true.low_ns and _busy_children(true, truth) > 1
    if parallel and span.note != NOT_WALL_TIME:
        yield f"is as long as its {_busy_children(true, truth)} children together, noted {span.note!r}"


def _busy_children(true: TrueSpan, truth: Truth) -> int:
    return sum(
        child.low_ns > 0 and child.parent is not None and truth.spans[child.parent] is true for child in truth.spans
    )


def _wrong_pct(which: str, pct: float | None, part_ns: int, root_ns: int) -> Iterator[str]:
    if root_ns == 0:
        if pct is not None and pct == pct:  # noqa: PLR0124 (NaN is what is printed of no time at all)
            yield f"{which} percentage {pct} of no time"
    elif pct is None or abs(pct - 100 * part_ns / root_ns) > PCT_HALF_STEP:
        yield f"{which} percentage {pct}, in truth {100 * part_ns / root_ns:.4f}"


def _misheard(event: Event, said: TrueEvent) -> Iterator[str]:
    tail = "".join(f" | {key}: {value}" for key, value in said.fields)
    heard = (event.message or "") + "".join(f" | {key}: {value}" for key, value in event.fields)
    yield from _unequal(
        ("event line", event.line, said.line),
        ("event span", event.span_seq, said.span),
        ("event level", event.level, said.level),
        ("event tag", event.tag, said.level.lower()),
        ("event", heard, _first_line((said.message or "") + tail)),
    )
    if _is_plain(said.message or "") and all(_is_plain(value) for _key, value in said.fields):
        yield from _unequal(
            ("event message", event.message, said.message or None), ("event fields", event.fields, said.fields)
        )


def _unequal(*pairs: tuple[str, object, object]) -> Iterator[str]:
    return (f"{what} is {got!r}, in truth {true!r}" for what, got, true in pairs if got != true)


def _joined(fields: Fields) -> str:
    return " | ".join(f"{key}: {value}" for key, value in fields)


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]


def _is_plain(value: str) -> bool:
    """Whether nobody can cut the value otherwise."""
    return bool(_QUOTED.fullmatch(value)) or not re.search(r'[|"\n]', value)
