"""One line of tracing-forest's pretty text, taken apart: level, place in the drawing, and what stands there.

Every function here is asked once for each distinct text of a log, so plain regular expressions are quick enough.
"""

import re
from functools import lru_cache

import msgspec

from harness.spans.ansi import ANSI
from harness.spans.fields import KEY
from harness.units import Duration, parse_duration

_LEVEL = r"(?:(?:INFO|WARN) {5}|(?:TRACE|DEBUG|ERROR) {4})"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T\S+"
_LINE = re.compile(rf"^ *(?:{_UUID} )?(?:{_TIME} +)?({_LEVEL})(?:((?:│  |   )*)([┝┕])━ )?(.*)$", re.DOTALL)
_GLUED = re.compile(rf"^.*[^ ] *(?={_LEVEL})", re.DOTALL)
_DURATION = r"([0-9]{1,9}(?:\.[0-9]{1,2})?)(ns|[µμ]s|us|ms|s)"  # nine digits of seconds fit 64 bits of ns
_PERCENTAGE = r"([0-9]{1,9}\.[0-9]{2}|NaN|inf)%"
_SPAN = re.compile(rf"^(.*?) \[ {_DURATION} \| (?:{_PERCENTAGE} / )?{_PERCENTAGE} \](?: (.*))?$", re.DOTALL)
_BEFORE_FIELDS = re.compile(
    rf"^(.*?) \[ {_DURATION} \| (?:{_PERCENTAGE} / )?{_PERCENTAGE} \](?: ({KEY}: .*))?$", re.DOTALL
)
_LIKE_SPAN = re.compile(r" \[ \S+ \| (?:\S+ / )?\S+% \]")
_EVENT = re.compile(r"^(\S) \[([^\]\s]+)\]: ?(.*)$", re.DOTALL)
_EVENT_HEAD = re.compile(r"^(\S) \[([^\]\s]+)\]:$", re.DOTALL)
_EARLIER_BRACKET = re.compile(rf" \[ {_DURATION} \| ")  # hidden by a colour from those who look at bytes
_WHOLE_DURATION = re.compile(_DURATION)
_WHOLE_PERCENTAGE = re.compile(_PERCENTAGE)
_WHOLE_KEY = re.compile(KEY)
_STDERR_COPY = re.compile(r"^\S IMMEDIATE \S ")  # an `immediate` event, which is in its tree as well

_INDENT_CHARS = 3
_REMEMBERED = 1 << 14


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the drawing a line stands: `indent` is what is drawn before it, `below` what its children must have."""

    level: str
    depth: int
    indent: str
    below: str
    is_last: bool


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """A place with the name of the span, or the tag of the event, that stands there."""

    place: Place
    text: str


class SpanLine(msgspec.Struct, frozen=True, kw_only=True):
    """A whole line that shows a span."""

    head: Head
    duration: Duration
    self_pct: float | None
    root_pct: float
    fields: str


class EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """A whole line that shows an event."""

    head: Head
    text: str


@lru_cache(_REMEMBERED)
def span_head(text: bytes) -> Head | None:
    """What stands before ` [ duration`; None where that is no span's level, drawing and name."""
    found = _place(_plain(text))
    if found is None or _EVENT.match(found[1]) or _STDERR_COPY.match(found[1]) or _EARLIER_BRACKET.search(found[1]):
        return None
    return Head(place=found[0], text=found[1])


@lru_cache(_REMEMBERED)
def event_head(text: bytes) -> Head | None:
    """An event's line up to and with `[tag]:`; None where it is anything else."""
    found = _place(_plain(text))
    match = _EVENT_HEAD.match(found[1]) if found else None
    return Head(place=found[0], text=match[2]) if found and match else None


@lru_cache(_REMEMBERED)
def duration(text: bytes) -> Duration | None:
    """A printed duration; None for any other text."""
    match = _WHOLE_DURATION.fullmatch(text.decode("utf-8", "replace"))
    return parse_duration(match[1], match[2]) if match else None


@lru_cache(_REMEMBERED)
def percentage(text: bytes) -> float | None:
    """A printed percentage (which may be NaN); None for any other text."""
    match = _WHOLE_PERCENTAGE.fullmatch(text.decode("utf-8", "replace"))
    return float(match[1]) if match else None


@lru_cache(_REMEMBERED)
def field_key(text: bytes) -> str | None:
    """A field's key without the colours that 0.2 and later give it; None for what can be no key."""
    key = _plain(text)
    return key if _WHOLE_KEY.fullmatch(key) else None


@lru_cache(_REMEMBERED)
def whole_line(text: bytes) -> SpanLine | EventLine | None:
    """A line of any form; None where it is not tracing-forest's."""
    found = _place(plain_text(text))
    if found is None:
        return None
    place, content = found
    if match := _EVENT.match(content):
        return EventLine(head=Head(place=place, text=match[2]), text=match[3])
    match = None if _STDERR_COPY.match(content) else _BEFORE_FIELDS.match(content) or _SPAN.match(content)
    if match is None:
        return None
    name, digits, unit, self_pct, root_pct, fields = match.groups()
    return SpanLine(
        head=Head(place=place, text=name),
        duration=parse_duration(digits, unit),
        self_pct=None if self_pct is None else float(self_pct),
        root_pct=float(root_pct),
        fields=fields or "",
    )


def is_torn(text: bytes) -> bool:
    """Whether a line that shows neither span nor event still has a level, and a place below another line or a time."""
    found = _place(plain_text(text))
    if found is None or _STDERR_COPY.match(found[1]):
        return False
    return found[0].depth > 0 or _LIKE_SPAN.search(found[1]) is not None


def plain_text(text: bytes) -> str:
    """The text without colours and the end of its line."""
    return _plain(text).rstrip("\r")


def _plain(text: bytes) -> str:
    return ANSI.sub("", text.decode("utf-8", "replace"))


def _place(text: str) -> tuple[Place, str] | None:
    """The place a line stands at, and the rest of it. Text glued before it on the same line is passed over."""
    match = _LINE.match(text)
    if match is None:
        glued = _GLUED.match(text)
        match = _LINE.match(text[glued.end() :]) if glued else None
    if match is None:
        return None
    level, indent, connector, content = match.groups()
    if connector is None:
        return Place(level=level.strip(), depth=0, indent="", below="", is_last=False), content
    is_last = connector == "┕"
    depth = len(indent) // _INDENT_CHARS + 1
    below = indent + ("   " if is_last else "│  ")
    return Place(level=level.strip(), depth=depth, indent=indent, below=below, is_last=is_last), content
