"""The `key=value key=value` text of the fmt layer's spans and events.

A `&str` is Debug-quoted; an unquoted value (Display, Debug of a struct or list) may hold blanks, and ends only where
another key begins.
"""

import re

from harness.spans.model import Fields

KEY = r"[^\W\d][\w.#-]*="

QUOTED = r'(?<=[=\[({,\s])"(?:[^"\\]|\\.)*+"(?=[\s,:\])}]|$)'
"""A string of Debug text: begun where a value can begin, ended where one can end; time stays linear in the text."""

_FIELD_END = re.compile(rf"{QUOTED}|\s(?={KEY})", re.DOTALL)
_FIELD_OF_TEXT = re.compile(rf"(?:^|(?<=\s)){KEY}")


def parse_fields(text: str) -> Fields:
    """The fields of a span; a field called `message` is printed first and without its key."""
    message, fields = split_event_text(text)
    return fields if message is None else (("message", message), *fields)


def split_event_text(text: str) -> tuple[str | None, Fields]:
    """An event's message, which comes first, and its fields.

    A message that itself holds ` key=` cannot be told from fields: it is read as fields.
    """
    cuts = _cuts(text)
    starts = [0, *cuts]
    first = next((start for start in starts if _FIELD_OF_TEXT.match(text, start)), len(text) + 1)
    message = text[: max(first - 1, 0)]
    return (message or None), _read(text, first)


def _cuts(text: str) -> list[int]:
    """Where each ` key=` outside quotes has its key."""
    return [match.end() for match in _FIELD_END.finditer(text) if not match[0].startswith('"')]


def _read(text: str, start: int) -> Fields:
    starts = [start, *(cut for cut in _cuts(text) if cut > start)]
    ends = [cut - 1 for cut in starts[1:]] + [len(text)]
    fields = []
    for begin, end in zip(starts, ends, strict=True):
        key, equals, value = text[begin:end].partition("=")
        if equals and _FIELD_OF_TEXT.match(text, begin):
            fields.append((key, value))
    return tuple(fields)
