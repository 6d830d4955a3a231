"""Close lines, children before parents → trees of rows, numbered as their roots close."""

from collections import deque
from collections.abc import Iterator

from harness.formats.fmt_place import MAX_DEPTH, MIXED, Place, issue_of_missing, unfinished
from harness.formats.fmt_records import (
    MAX_NS,
    Closed,
    Closing,
    Dialect,
    Said,
    Scope,
    add_note,
    earliest_start_ns,
    latest_start_ns,
)
from harness.formats.protocol import Batch, batch_of
from harness.spans.model import Event, Issue, Span
from harness.spans.trees import Node, Numbering

BATCH_ROWS = 8192

UNATTRIBUTED = "fields of this span and its ancestors"

_CREATION_SLACK_NS = 10**6  # from the moment in which a span begins to count to its line
_MAX_DOUBTFUL_ROOTS = 64

_Waiting = dict[str, dict[Scope, list[Said]]]


class Trees:
    """Puts one run's trees together."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._top = Place(line=1)
        self._numbering = Numbering()
        self._events = 0
        self._sure: _Waiting = {}
        self._doubtful: _Waiting = {}
        self._done: deque[Closing | Said] = deque()
        self._issues: list[Issue] = []
        self._told: set[str] = set()
        self._root_starts: dict[str, int | None] = {}
        self._roots_with_children: set[str] = set()

    @property
    def waiting(self) -> int:
        """How many trees, events and issues the next batches will tell of."""
        return len(self._done) + len(self._issues)

    def issue(self, line: int, message: str, *, once: bool = False) -> None:
        """Damage to the run; `once`: not said again in the same words."""
        if not once or message not in self._told:
            self._issues.append(Issue(line=line, message=message))
        if once:
            self._told.add(message)

    def create(self, scope: Scope, line: int, time_ns: int | None) -> None:
        """A span was created."""
        if not self._too_deep(scope, line):
            self._above(scope, line).create(*scope[-1], line, time_ns, self._dialect)

    def say(self, said: Said) -> None:
        """An event, which waits for the close of the span that it was said in."""
        if not said.scope or len(said.scope) > MAX_DEPTH:
            self._done.append(said)
            return
        waiting = self._sure if said.sure else self._doubtful
        waiting.setdefault(said.scope[0][0], {}).setdefault(said.scope, []).append(said)

    def close(self, closed: Closed) -> None:
        """A span closed, and with it everything below."""
        if self._too_deep(closed.scope, closed.line):
            return
        above = self._above(closed.scope, closed.line)
        name, fields = closed.scope[-1]
        node = Closing(
            name=name,
            line=closed.line,
            duration=closed.busy,
            fields=self._dialect.fields_of(fields) if closed.chain is None else (),
            level=closed.level,
            thread=closed.thread,
            end_ns=closed.time_ns,
            idle=closed.idle,
            note=closed.note,
            chain=closed.chain,
            events=[*_taken(self._sure, closed.scope), *_taken(self._doubtful, closed.scope)],
        )
        place = above.take(name, fields, self._dialect, is_root=above is self._top)
        if place is not None:
            self._adopt(node, place)
        above.see_end(node, fields)
        if above is self._top:
            self._finish_root(node)
        else:
            above.closed.append(node)

    def finish(self) -> None:
        """The run is over: what still waits never got its parent."""
        lost = unfinished(self._top, self._dialect)
        if lost:
            self._issues.append(issue_of_missing(lost, lost[0].line, "the log ends,"))
        self._top = Place(line=1)
        self._done.extend(lost)
        for waiting in (self._sure, self._doubtful):
            self._let_go(waiting, list(waiting))

    def batches(self, unparsed_lines: int = 0) -> Iterator[Batch]:
        """What is complete by now."""
        spans: list[Span] = []
        events: list[Event] = []
        while self._done:
            done = self._done.popleft()
            if isinstance(done, Said):
                events.append(self._event(done, None))
            else:
                for span in self._rows(done, events):
                    spans.append(span)
                    if len(spans) >= BATCH_ROWS:
                        yield batch_of(spans=spans)
                        spans = []
            if len(events) >= BATCH_ROWS:
                yield batch_of(spans=spans, events=events)
                spans, events = [], []
        issues, self._issues = self._issues, []
        if spans or events or issues or unparsed_lines:
            yield batch_of(spans=spans, events=events, issues=issues, unparsed_lines=unparsed_lines)

    def _too_deep(self, scope: Scope, line: int) -> bool:
        if len(scope) > MAX_DEPTH:
            self.issue(line, f"a span lies below more than {MAX_DEPTH} others: it was left out", once=True)
        return len(scope) > MAX_DEPTH

    def _above(self, scope: Scope, line: int) -> Place:
        place = self._top
        for name, fields in scope[:-1]:
            place = place.find_or_open(name, fields, line, self._dialect)
        return place

    def _adopt(self, node: Closing, place: Place) -> None:
        self._done.extend(place.mark_confused())
        lost = unfinished(place, self._dialect)
        if lost:
            self._issues.append(issue_of_missing(lost, node.line, f"`{node.name}` closed,"))
        node.children = [*place.closed, *lost]
        start_ns = place.created[0] if len(place.created) == 1 else None
        earliest, latest = earliest_start_ns(node), latest_start_ns(node)
        if start_ns is None or earliest is None or latest is None:
            return
        if earliest - _CREATION_SLACK_NS <= start_ns <= latest + _CREATION_SLACK_NS:
            node.start_ns = start_ns

    def _finish_root(self, node: Closing) -> None:
        name = node.name
        if self._top.is_confused(name) and (node.children or name in self._roots_with_children):
            add_note(node, MIXED)
            self.issue(node.line, f"several `{name}` were open at the same time: {MIXED}", once=True)
        if node.children:
            self._roots_with_children.add(name)
        if self._dialect.loses_parents:
            self._doubt_roots(node)
        self._done.append(node)
        self._let_go(self._sure, [name])
        few = len(self._doubtful) <= _MAX_DOUBTFUL_ROOTS
        kept = self._top.places.keys() - {name} if few else ()
        self._let_go(self._doubtful, [root for root in self._doubtful if root not in kept])

    def _doubt_roots(self, node: Closing) -> None:
        """A span that closed as a root may belong below this one, where others of its name are."""
        start_ns = earliest_start_ns(node)
        for name in {below.name for below in _preorder(node) if below is not node} & self._root_starts.keys():
            root_start_ns = self._root_starts[name]
            if start_ns is None or root_start_ns is None or root_start_ns >= start_ns:
                message = f"`{name}` closed below `{node.name}` and, while that was open, outside any span"
                self.issue(node.line, f"{message}: a parent on another thread is not in the log", once=True)
        latest, known = latest_start_ns(node), self._root_starts.get(node.name, -MAX_NS)
        self._root_starts[node.name] = None if latest is None or known is None else max(latest, known)

    def _let_go(self, waiting: _Waiting, roots: list[str]) -> None:
        """These events' spans stay unknown."""
        for root in roots:
            for said in waiting.pop(root, {}).values():
                self._done.extend(said)

    def _rows(self, root: Closing, events: list[Event]) -> Iterator[Span]:
        self._share_out_fields(root)
        said: list[tuple[Said, int]] = []
        for node, span in zip(_preorder(root), self._numbering.rows(root), strict=True):
            if isinstance(node, Closing):
                said.extend((one, span.seq) for one in node.events or ())
            yield span
        events.extend(self._event(one, seq) for one, seq in sorted(said, key=lambda pair: pair[0].line))

    def _share_out_fields(self, root: Closing) -> None:
        waiting: list[tuple[Node, str | None]] = [(root, "")]
        while waiting:
            node, above = waiting.pop()
            chain = node.chain if isinstance(node, Closing) else None
            if chain:
                own = _own_text(chain, above)
                node.fields = self._dialect.fields_of(chain if own is None else own)
                if own is None:
                    add_note(node, UNATTRIBUTED)
            waiting.extend((child, chain) for child in node.children)

    def _event(self, said: Said, span_seq: int | None) -> Event:
        seq, self._events = self._events, self._events + 1
        tag, message, fields = said.read(span_seq is not None or said.sure)
        return Event(
            seq=seq, span_seq=span_seq, level=said.level, tag=tag, message=message, fields=fields, line=said.line
        )


def _taken(waiting: _Waiting, scope: Scope) -> list[Said]:
    return waiting.get(scope[0][0], {}).pop(scope, [])


def _preorder(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def _own_text(chain: str, above: str | None) -> str | None:
    """A span's own fields: what follows its parent's; None where these are unknown or were not yet the same."""
    if not above:
        return chain if above == "" else None
    if chain == above:
        return ""
    return chain[len(above) + 1 :] if chain.startswith(above + " ") else None
