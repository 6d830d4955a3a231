"""The `key: value | key: value` tail of spans and events, as tracing-forest prints it.

A `&str` is Debug-quoted, so a quoted value may hold anything; an unquoted (Display) value may itself hold ` | `, which
only counts as a separator where a key follows.
"""

import re

from harness.spans.model import Fields

_SEPARATOR = " | "
_QUOTED = r'(?<!\\)"(?:[^"\\]|\\.)*+"'  # never begun inside an escape, nor backtracked: time stays linear in the text
KEY = r"[^\s:|\"]+"
_FIELD = re.compile(rf"^({KEY}): (.*)$", re.DOTALL)
_SEGMENT_END = re.compile(rf"{_QUOTED}(?= \| |$)| \| ", re.DOTALL)


def _segments(text: str) -> list[str]:
    """`text` cut at every ` | ` that is not inside a quoted value."""
    parts: list[str] = []
    start = 0
    for match in _SEGMENT_END.finditer(text):
        if match[0] == _SEPARATOR:
            parts.append(text[start : match.start()])
            start = match.end()
    parts.append(text[start:])
    return parts


def parse_fields(text: str) -> Fields:
    """The fields of a span. Text that follows no key belongs to the value before it."""
    fields: list[tuple[str, list[str]]] = []
    for segment in _segments(text) if text else ():
        match = _FIELD.match(segment)
        if match:
            fields.append((match[1], [match[2]]))
        elif fields:
            fields[-1][1].append(segment)
    return tuple((key, _SEPARATOR.join(value)) for key, value in fields)


def split_event_text(text: str) -> tuple[str | None, Fields]:
    """An event's message and fields. Fields are read from the right, because a message may hold ` | ` too."""
    parts = _segments(text)
    first_field = len(parts)
    while first_field > 1 and _FIELD.match(parts[first_field - 1]):
        first_field -= 1
    message = _SEPARATOR.join(parts[:first_field])
    fields = tuple((match[1], match[2]) for part in parts[first_field:] if (match := _FIELD.match(part)))
    return (message or None), fields
