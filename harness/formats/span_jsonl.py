"""Span JSONL, as the bundled prover writes it: a header, a line for each closed span, an end line.

Times are whole nanoseconds: a span's duration is the time in which any thread was inside it. Children stand before
their parent, siblings in the order in which they closed. A record without its end line lacks spans, and sums over those
that are there would be too small, so that is damage.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, NamedTuple

import msgspec

from harness.formats.json_values import UnreadableError, read_fields, read_json, refuse_repeated
from harness.formats.protocol import Batch, Chunk, Shape, batch_of
from harness.spans.model import MAX_DEPTH, MAX_NS, Issue, Span
from harness.spans.trees import Node, Numbering
from harness.units import Duration

NAME = "span-jsonl"
SHAPE = Shape.LINES

_VERSION = 1
_BATCH_ROWS = 10_000
_OURS = re.compile(rb'^[ \t]*\{.*"t"[ \t]*:[ \t]*"(?:header|span)".*$', re.MULTILINE)

_Ns = Annotated[int, msgspec.Meta(ge=0, le=MAX_NS)]


class _Kind(msgspec.Struct):
    t: object = None


class _Header(msgspec.Struct):
    v: int


class _Closed(msgspec.Struct):
    """A span's line."""

    seq: int
    name: str
    busy_ns: _Ns
    parent: int | None = None
    level: str | None = None
    thread: int | str | None = None
    fields: msgspec.Raw = msgspec.Raw()
    created_ns: _Ns | None = None
    start_ns: _Ns | None = None
    end_ns: _Ns | None = None


_KIND = msgspec.json.Decoder(_Kind)
_HEADER = msgspec.json.Decoder(_Header)
_CLOSED = msgspec.json.Decoder(_Closed)
_KIND_KEYS = _Kind.__struct_fields__
_KEYS = {
    "header": ("t", *_Header.__struct_fields__),
    "span": ("t", *_Closed.__struct_fields__),
}


class _Branch(NamedTuple):
    """A span with all its children; `height` counts the spans above one another."""

    node: Node
    height: int


def sniff(head: bytes) -> bool:
    """Whether there is a line of a header or span with what those must have."""
    return any(_is_ours(match[0]) for match in _OURS.finditer(head))


def _is_ours(line: bytes) -> bool:
    try:
        if read_json(_KIND, line).t == "header":
            read_json(_HEADER, line)
        else:
            read_json(_CLOSED, line)
    except UnreadableError:
        return False
    return True


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """Reads one run; it may hold the records of several processes, one after the other."""
    reader = _Reader()
    for chunk in chunks:
        for number, text in chunk.lines():
            for span in reader.line(number, text):
                reader.spans.append(span)
                if len(reader.spans) >= _BATCH_ROWS:
                    yield reader.batch()
            if len(reader.issues) >= _BATCH_ROWS:
                yield reader.batch()
    reader.finish()
    yield reader.batch()


class _Reader:
    """Puts spans together; holds those whose parent is still to come."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.issues: list[Issue] = []
        self._unparsed = 0
        self._numbering = Numbering()
        self._record: _Record | None = None
        self._last_line = 1

    def batch(self) -> Batch:
        """What there is, once."""
        batch = batch_of(spans=self.spans, issues=self.issues, unparsed_lines=self._unparsed)
        self._unparsed = 0
        self.spans.clear()
        self.issues.clear()
        return batch

    def line(self, number: int, text: str) -> Iterator[Span]:
        """The spans of the tree that the line completes, if it does."""
        if not text.strip():
            return
        try:
            root = self._understood(number, text.encode())
        except UnreadableError as error:
            self._say(number, str(error))
        else:
            if root is not None:
                yield from self._numbering.rows(root)

    def finish(self) -> None:
        """Says what is missing at the end of the text."""
        if self._record is None:
            self._say(self._last_line, "there is no record of spans")
        else:
            self.issues.extend(self._record.missing(self._last_line))

    def _understood(self, number: int, data: bytes) -> Node | None:
        self._last_line = number
        try:
            kind = read_json(_KIND, data).t
        except UnreadableError:
            if _is_torn(data):
                raise
            kind = None
        else:
            refuse_repeated(data, _KEYS.get(kind, _KIND_KEYS) if isinstance(kind, str) else _KIND_KEYS)
        if kind is None:
            self._unparsed += 1
        elif kind == "header":
            self._begin(number, data)
        elif kind == "span":
            return self._open_record(number).closed(number, data)
        elif kind == "end":
            self._open_record(number).end()
        return None

    def _begin(self, number: int, data: bytes) -> None:
        if self._record is not None:
            self.finish()
        self._record = None  # if the header cannot be read, what follows has none
        self._record = _Record(is_known=read_json(_HEADER, data).v == _VERSION)
        if not self._record.is_known:
            self._say(number, "the version of this record is not known: nothing of it is read")

    def _open_record(self, number: int) -> "_Record":
        if self._record is None:
            self._record = _Record(is_known=True)
            self._say(number, "a record begins without its header")
        return self._record

    def _say(self, number: int, message: str) -> None:
        self.issues.append(Issue(line=number, message=message))


def _is_torn(data: bytes) -> bool:
    """Whether a line that is no JSON object has the beginning or the end of a record's line."""
    text = data.strip()
    return text.startswith(b'{"t"') or (text.endswith(b"}") and b'":' in text)


class _Record:
    """The spans of one process."""

    def __init__(self, is_known: bool) -> None:
        self.is_known = is_known
        self._has_ended = False
        self._seen: set[int] = set()
        self._waiting: dict[int, list[_Branch]] = {}

    def closed(self, number: int, data: bytes) -> Node | None:
        """Takes a span; returns it where it is a root.

        Raises:
            UnreadableError: it is no span, or has no place among the others.
        """
        if not self.is_known:
            return None
        span = read_json(_CLOSED, data)
        self._check(span)
        node = _node(span, number)
        self._seen.add(span.seq)
        branches = self._waiting.pop(span.seq, [])
        height = 1 + max((branch.height for branch in branches), default=0)
        if height > MAX_DEPTH:
            raise UnreadableError(f"more than {MAX_DEPTH} spans are inside one another")
        node.children.extend(branch.node for branch in branches)
        if span.parent is None:
            return node
        self._waiting.setdefault(span.parent, []).append(_Branch(node, height))
        return None

    def end(self) -> None:
        self._has_ended = True

    def missing(self, last_line: int) -> Iterator[Issue]:
        """What the record should hold and does not."""
        if not self.is_known:
            return
        if not self._has_ended:
            yield Issue(line=last_line, message="the record has no end line: spans are missing")
        for parent, branches in self._waiting.items():
            first = branches[0].node
            message = (
                f"the parent {parent} of '{first.name}' never closes: {len(branches)} spans and theirs are left out"
            )
            yield Issue(line=first.line, message=message)

    def _check(self, span: _Closed) -> None:
        if self._has_ended:
            raise UnreadableError("a span follows the end line")
        if span.seq in self._seen:
            raise UnreadableError(f"a second span has the number {span.seq}")
        if span.parent == span.seq:
            raise UnreadableError(f"span {span.seq} is its own parent")
        if span.parent in self._seen:
            raise UnreadableError(f"span {span.seq} stands after its parent {span.parent}")


def _node(span: _Closed, line: int) -> Node:
    begun = [time_ns for time_ns in (span.created_ns, span.start_ns) if time_ns is not None]
    if span.end_ns is not None and begun and max(begun) > span.end_ns:
        raise UnreadableError("the span ends before it begins")
    return Node(
        name=span.name,
        line=line,
        duration=Duration.exact(span.busy_ns),
        fields=read_fields(bytes(span.fields)),
        level=span.level,
        thread=None if span.thread is None else str(span.thread),
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        idle=_idle(span),
    )


def _idle(span: _Closed) -> Duration | None:
    """The time from its creation to its last exit outside it, as far as that is known."""
    if span.created_ns is None or span.end_ns is None:
        return None
    idle_ns = span.end_ns - span.created_ns - span.busy_ns
    return Duration.exact(idle_ns) if idle_ns >= 0 else None
