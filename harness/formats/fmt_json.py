"""The fmt layer's JSON lines (`.json()`, `.flatten_event(true)` or not) with span close events.

`spans` of a close line are those that its thread was in, which is not always where the span belongs: a span whose
parent is on another thread says none and is read as a root. `span` and `spans` hold fields, the name last.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial

import msgspec

from harness.formats.fmt_clock import RunClock
from harness.formats.fmt_grammar import time_spent
from harness.formats.fmt_records import Closed, Dialect, Said, Scope
from harness.formats.fmt_tree import BATCH_ROWS, Trees
from harness.formats.protocol import Batch, Chunk, Shape
from harness.spans.model import LEVELS, Fields

NAME = "fmt-json"
SHAPE = Shape.LINES

MAY_BE_EVENT = "an event that looks like a close line, unless the span lies directly in one of the same name and fields"

_ENVELOPE = frozenset(
    ("timestamp", "level", "fields", "target", "filename", "line_number", "span", "spans", "threadName", "threadId")
)
_BEGINNINGS = ('{"timestamp":"', '{"level":"', '{"fields":{"', '{"message":"')
_STAGES = frozenset(("new", "enter", "exit"))
_CANDIDATE = re.compile(rb'^.*"time\.busy" *: *".*$', re.MULTILINE)

_Object = dict[str, msgspec.Raw]
_OBJECT = msgspec.json.Decoder(_Object)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)
_PAIRS = msgspec.json.Decoder(Fields)


def sniff(head: bytes) -> bool:
    """Whether there is at least one close line with its times and its span."""
    for match in _CANDIDATE.finditer(head):
        line = _object(match[0].decode("utf-8", errors="replace"))
        if line is not None and "span" in line and _is_close(_fields(line)):
            return True
    return False


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """Reads one run."""
    run = _Run()
    for chunk in chunks:
        for number, text in chunk.lines():
            run.line(number, text)
            if run.trees.waiting >= BATCH_ROWS:
                yield from run.batches()
        yield from run.batches()
    run.trees.finish()
    yield from run.batches()


class _Run:
    def __init__(self) -> None:
        self.trees = Trees(Dialect(is_earlier=_is_earlier, fields_of=_pairs, loses_parents=True))
        self._clock = RunClock()
        self._unparsed = 0

    def batches(self) -> Iterator[Batch]:
        unparsed, self._unparsed = self._unparsed, 0
        return self.trees.batches(unparsed)

    def line(self, number: int, text: str) -> None:
        line = _object(text)
        if line is None:
            self._other(number, text)
            return
        try:
            self._ours(number, line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self.trees.issue(number, "a line of JSON is not what the fmt layer writes")

    def _other(self, number: int, text: str) -> None:
        start = text.find("{")
        begun = text[start:] if start >= 0 else ""
        if begun and any(begun.startswith(beginning) or beginning.startswith(begun) for beginning in _BEGINNINGS):
            self.trees.issue(number, "a line of JSON is cut or damaged")
        elif '"time.busy":' in text:
            self.trees.issue(number, "a close line is cut or damaged")
        elif text.strip():
            self._unparsed += 1

    def _ours(self, number: int, line: _Object) -> None:
        fields = _fields(line)
        time_ns = self._clock.since_first(_text(line["timestamp"])) if "timestamp" in line else None
        message = _text(fields["message"]) if "message" in fields else None
        if _is_close(fields) and ("span" in line or "spans" in line):
            self._close(number, line, fields, time_ns)
        elif message in _STAGES and len(fields) == 1 and "span" in line and "spans" in line:
            scope = (*_scope(line["spans"]), _span(bytes(line["span"])))
            if message == "new" and not _repeats(scope):
                self.trees.create(scope, number, time_ns)
        elif (level := _text(line["level"]) if "level" in line else "") in LEVELS:
            self.trees.say(_said(number, level, line, fields, time_ns))
        else:
            self._unparsed += 1

    def _close(self, number: int, line: _Object, fields: _Object, time_ns: int | None) -> None:
        if "span" not in line or "spans" not in line:
            self.trees.issue(number, "close lines do not name their span and its parents", once=True)
            return
        scope = (*_scope(line["spans"]), _span(bytes(line["span"])))
        busy, idle = time_spent(_text(fields["time.busy"])), time_spent(_text(fields["time.idle"]))
        if busy is None or idle is None:
            self.trees.issue(number, "a span's time is longer than any clock can show")
            return
        level = _text(line["level"]) if "level" in line else None
        self.trees.close(
            Closed(
                scope=scope,
                line=number,
                busy=busy,
                idle=idle,
                level=level if level in LEVELS else None,
                thread=_thread(line),
                time_ns=time_ns,
                note=MAY_BE_EVENT if _repeats(scope) else None,
            )
        )


def _object(text: str) -> _Object | None:
    """The object that a line holds, behind whatever was printed without a newline before it."""
    start = text.find('{"')
    if start < 0:
        return None
    try:
        return _OBJECT.decode(text[start:])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _fields(line: _Object) -> _Object:
    """The fields of an event, which stand at the top where they were flattened."""
    if "fields" not in line:
        return {key: value for key, value in line.items() if key not in _ENVELOPE}
    try:
        return _OBJECT.decode(line["fields"])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}


def _is_close(fields: Mapping[str, msgspec.Raw]) -> bool:
    if not fields.keys() >= {"message", "time.busy", "time.idle"}:
        return False
    try:
        times = [_TEXT.decode(fields[key]) for key in ("time.busy", "time.idle")]
        return _TEXT.decode(fields["message"]) == "close" and all(text[:1].isdecimal() for text in times)
    except (msgspec.MsgspecError, UnicodeError):
        return False


def _text(value: msgspec.Raw) -> str:
    """A string's content; any other value as it is printed."""
    raw = bytes(value)
    return _TEXT.decode(raw) if raw.startswith(b'"') else raw.decode()


@lru_cache(maxsize=4096)
def _span(raw: bytes) -> tuple[str, str]:
    """Name and fields; a field that is called `name` too is lost, because the name comes last."""
    span = _OBJECT.decode(raw)
    if "name" not in span:
        raise msgspec.ValidationError
    fields = [(key, _text(value)) for key, value in span.items() if key != "name"]
    return _TEXT.decode(span["name"]), msgspec.json.encode(fields).decode() if fields else ""


def _scope(spans: msgspec.Raw) -> Scope:
    return tuple(_span(bytes(span)) for span in _LIST.decode(spans))


def _repeats(scope: Scope) -> bool:
    """An event's own span ends its `spans`; that of a close line does not, unless its parent is just the same."""
    return len(scope) > 1 and scope[-1] == scope[-2]


def _pairs(text: str) -> Fields:
    return _PAIRS.decode(text) if text else ()


def _is_earlier(earlier: str, later: str) -> bool:
    """Fields recorded later are added to the others."""
    return set(_pairs(earlier)) < set(_pairs(later))


def _thread(line: _Object) -> str | None:
    found = line.get("threadId") or line.get("threadName")
    return _text(found) if found is not None else None


def _said(number: int, level: str, line: _Object, fields: _Object, time_ns: int | None) -> Said:
    """An event; one that names another span than its thread is in (`parent:`) leaves open where it belongs."""
    scope: Scope = ()
    if "span" in line and "spans" in line:
        spans = _scope(line["spans"])
        scope = spans if spans[-1:] == (_span(bytes(line["span"])),) else ()
    own = tuple((key, _text(value)) for key, value in fields.items() if key != "message")
    message = _text(fields["message"]) if "message" in fields else None
    tag = _text(line["target"]) if "target" in line else ""
    read = partial(_as_said, (tag, message or None, own))
    return Said(scope=scope, line=number, level=level, sure=True, time_ns=time_ns, read=read)


def _as_said(
    event: tuple[str, str | None, Fields],
    _in_scope: bool,
) -> tuple[str, str | None, Fields]:
    return event
