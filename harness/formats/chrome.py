"""Trace Event JSON (tracing-chrome, Perfetto's and Chrome's JSON): spans with their times on each thread.

Trees come in order of their start, those that start together in the order in which their threads first appear, then
those told by ids; so do siblings. Times are the trace's own. A begin that has no end never ended; a trace that was cut
off is read up to the cut. Of a counter only the last value is kept.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from operator import itemgetter

from harness.formats.chrome_collected import Collected
from harness.formats.chrome_events import EVENT, Mark
from harness.formats.chrome_tracks import Root, Tell, async_roots, thread_roots
from harness.formats.json_elements import Cut, Element, Piece, Skipped, Trouble, elements
from harness.formats.json_values import UnreadableError, read_fields, read_json
from harness.formats.protocol import Batch, Chunk, Shape, batch_of, chunk_of
from harness.spans.model import Event, Issue, Span
from harness.spans.trees import Node, Numbering

NAME = "chrome-trace"
SHAPE = Shape.DOCUMENT

_EVENTS = "traceEvents"
_SNIFFED_EVENTS = 20
_BATCH_ROWS = 10_000


def sniff(head: bytes) -> bool:
    """Whether one of the first objects has a phase, in a list or in `traceEvents`."""
    for piece in elements([chunk_of(head)], _is_events):
        if isinstance(piece, Element):
            if _has_phase(piece.data):
                return True
            if piece.number >= _SNIFFED_EVENTS:
                return False
    return False


def _is_events(key: str) -> bool:
    return key == _EVENTS


def _has_phase(data: bytes) -> bool:
    try:
        return read_json(EVENT, data).ph is not None
    except UnreadableError:
        return False


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """Reads one trace; spans come when all of it is known."""
    collected, issues = Collected(), list[Issue]()
    for piece in elements(chunks, _is_events):
        issues.extend(collected.add(piece) if isinstance(piece, Element) else _issues(piece))
        if len(issues) >= _BATCH_ROWS:
            yield batch_of(issues=issues)
            issues.clear()
    rows = _Rows(issues)
    for root in _roots(collected, issues.append):
        yield from rows.of(root)
    yield rows.batch()
    yield batch_of(metrics=list(collected.metrics()))


def _issues(piece: Piece) -> Iterator[Issue]:
    if isinstance(piece, Cut):
        message = "the file ends early: what it does not end is taken as never ended"
        yield Issue(line=piece.line, message=message, damage=False, ends_early=True)
    elif isinstance(piece, Trouble):
        yield Issue(line=piece.line, message=piece.message)
    elif isinstance(piece, Skipped) and piece.key == _EVENTS:
        yield Issue(line=piece.line, message=f"'{_EVENTS}' is no list")


def _roots(collected: Collected, tell: Tell) -> Iterator[Root]:
    """All trees in order; only one of each thread is put together at a time."""
    label = collected.thread_label
    tracks = [thread_roots(thread, label(key), tell) for key, thread in collected.threads.items()]
    return merge(*tracks, async_roots(collected.async_marks, label, tell), key=itemgetter(0))


class _Rows:
    """Numbers spans and events, and hands them out in batches."""

    def __init__(self, issues: list[Issue]) -> None:
        self._issues = issues
        self._numbering = Numbering()
        self._spans: list[Span] = []
        self._events: list[Event] = []
        self._event_count = 0

    def of(self, root: Root) -> Iterator[Batch]:
        """The batches that became full."""
        seqs: dict[int, int] = {}
        asked = {id(node) for _mark, node in root.instants}
        if root.node is not None:
            for node, span in zip(_preorder(root.node), self._numbering.rows(root.node), strict=True):
                if id(node) in asked:
                    seqs[id(node)] = span.seq
                self._spans.append(span)
                if len(self._spans) >= _BATCH_ROWS:
                    yield self.batch()
        for mark, inner in root.instants:
            self._events.append(self._event(mark, seqs.get(id(inner))))
            if len(self._events) >= _BATCH_ROWS:
                yield self.batch()

    def batch(self) -> Batch:
        """What there is, once."""
        batch = batch_of(spans=self._spans, events=self._events, issues=self._issues)
        for rows in (self._spans, self._events, self._issues):
            rows.clear()
        return batch

    def _event(self, mark: Mark, span_seq: int | None) -> Event:
        """An instant; its level is not told."""
        seq, self._event_count = self._event_count, self._event_count + 1
        try:
            fields = read_fields(mark.args)
        except UnreadableError as error:
            fields = ()
            self._issues.append(Issue(line=mark.line, message=f"'args' cannot be read: {error}", damage=False))
        return Event(
            seq=seq,
            span_seq=span_seq,
            level="",
            tag=mark.category or "",
            message=dict(fields).get("message", mark.name),
            fields=tuple(field for field in fields if field[0] != "message"),
            line=mark.line,
        )


def _preorder(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
