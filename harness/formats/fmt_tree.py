"""Close lines, children before parents → trees of rows, numbered as their roots close."""

from collections import deque
from collections.abc import Iterator

from harness.formats.fmt_owners import Owners
from harness.formats.fmt_place import MIXED, Place, events_below, issue_of_missing, unfinished
from harness.formats.fmt_records import (
    TICK_NS,
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
from harness.spans.model import MAX_DEPTH, MAX_NS, Event, Issue, Span
from harness.spans.trees import Node, Numbering

BATCH_ROWS = 8192

UNATTRIBUTED = "fields of this span and its ancestors"

_CREATION_SLACK_NS = 10**6  # from the moment in which a span begins to count to its line
_MAX_DOUBTFUL_ROOTS = 64
_LATE_LINE_NS = 10**8
"""How late a close line may come on a busy machine; where scopes are certain, only longer times disprove them."""

_Waiting = dict[str, dict[Scope, list[Said]]]


class Trees:
    """Puts one run's trees together."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._top = Place(line=1)
        self._numbering = Numbering()
        self._owners = Owners(lambda one, other: dialect.is_earlier(one, other) or dialect.is_earlier(other, one))
        self._sure: _Waiting = {}
        self._doubtful: _Waiting = {}
        self._done: deque[Closing] = deque()
        self._issues: list[Issue] = []
        self._told: set[str] = set()
        self._root_starts: dict[str, int | None] = {}
        self._roots_with_children: set[str] = set()

    @property
    def waiting(self) -> int:
        """How many trees, events and issues the next batches will tell of."""
        return len(self._done) + len(self._owners) + len(self._issues)

    def issue(self, line: int, message: str, *, once: bool = False, damage: bool = True) -> None:
        """What is wrong with the run; `once`: not said again in the same words."""
        if not once or message not in self._told:
            self._issues.append(Issue(line=line, message=message, damage=damage))
        if once:
            self._told.add(message)

    def create(self, scope: Scope, line: int, time_ns: int | None) -> None:
        """A span was created."""
        if not self._too_deep(scope, line):
            self._above(scope, line).create(*scope[-1], line, time_ns, self._dialect)

    def say(self, said: Said) -> None:
        """An event, which waits for the close of the span that it was said in."""
        if not said.scope or len(said.scope) > MAX_DEPTH:
            self._owners.unowned(said)
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
        )
        node.events = self._said_in(node, closed.scope)
        place = above.take(name, fields, self._dialect, is_root=above is self._top)
        if place is not None:
            self._adopt(node, place)
        above.see_end(node, fields)
        if above is self._top:
            self._finish_root(node, fields)
        else:
            above.closed.append(node)

    def finish(self) -> None:
        """The run is over: what still waits never got its parent."""
        lost = unfinished(self._top, self._dialect)
        if lost:
            self._issues.append(issue_of_missing(lost, lost[0].line, "the log ends,"))
        self._top = Place(line=1)
        for node in lost:
            self._tell_root(node, "")
        for waiting in (self._sure, self._doubtful):
            self._let_go(waiting, list(waiting))
        self._owners.settle()

    def batches(self, unparsed_lines: int = 0) -> Iterator[Batch]:
        """What is complete by now."""
        spans: list[Span] = []
        while self._done:
            for span in self._rows(self._done.popleft()):
                spans.append(span)
                if len(spans) >= BATCH_ROWS:
                    yield batch_of(spans=spans)
                    spans = []
        events: list[Event] = []
        for event in self._owners.told():
            events.append(event)
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
        for said in place.mark_confused():
            self._owners.unowned(said)
        lost = unfinished(place, self._dialect)
        if lost:
            self._issues.append(issue_of_missing(lost, node.line, f"`{node.name}` closed,"))
        node.children = [*place.closed, *lost]
        self._doubt_children(node)
        start_ns = place.created[0] if len(place.created) == 1 else None
        earliest, latest = earliest_start_ns(node), latest_start_ns(node)
        if start_ns is None or earliest is None or latest is None:
            return
        if earliest - _CREATION_SLACK_NS <= start_ns <= latest + _CREATION_SLACK_NS:
            node.start_ns = start_ns

    def _doubt_children(self, node: Closing) -> None:
        """What ended before this span began lies below another, which closed elsewhere or not at all."""
        earliest = earliest_start_ns(node)
        if earliest is None:
            return
        slack_ns = TICK_NS if self._dialect.loses_parents else _LATE_LINE_NS
        for child in node.children:
            if child.end_ns is not None and child.end_ns + slack_ns < earliest:
                message = f"`{child.name}` ended before `{node.name}` began: its own parent never closed there"
                self.issue(node.line, message, once=True)

    def _said_in(self, node: Closing, scope: Scope) -> list[Said]:
        """What was said in this scope since the span began; what was said earlier is another's."""
        earliest = earliest_start_ns(node)
        own: list[Said] = []
        for said in (*_taken(self._sure, scope), *_taken(self._doubtful, scope)):
            if earliest is None or said.time_ns is None or said.time_ns + TICK_NS >= earliest:
                own.append(said)
            else:
                self._owners.unowned(said)
        return own

    def _tell_root(self, node: Closing, shown: str) -> None:
        self._done.append(node)
        if not self._owners.root(node, shown):
            message = f"several `{node.name}` were open at the same time: events may be put into the wrong one"
            self.issue(node.line, message, once=True, damage=False)

    def _finish_root(self, node: Closing, shown: str) -> None:
        name = node.name
        if self._top.is_confused(name) and (node.children or name in self._roots_with_children):
            add_note(node, MIXED)
            self.issue(node.line, f"several `{name}` were open at the same time: {MIXED}", once=True)
        if self._top.is_confused(name):
            for said in list(events_below(node)):
                self._owners.unowned(said)
        if node.children:
            self._roots_with_children.add(name)
        if self._dialect.loses_parents:
            self._doubt_roots(node)
        self._tell_root(node, shown)
        self._let_go(self._sure, [name])
        few = len(self._doubtful) <= _MAX_DOUBTFUL_ROOTS
        kept = self._top.places.keys() - {name} if few else ()
        self._let_go(self._doubtful, [root for root in self._doubtful if root not in kept])

    def _doubt_roots(self, node: Closing) -> None:
        """A span that closed as a root may belong below this one, where others of its name are."""
        start_ns = earliest_start_ns(node)
        below = {one.name for one in _preorder(node) if one is not node}
        for name in sorted(below & self._root_starts.keys()):  # in an order that no hash seed decides
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
                for one in said:
                    self._owners.unowned(one)

    def _rows(self, root: Closing) -> Iterator[Span]:
        self._share_out_fields(root)
        said: list[tuple[Said, int]] = []
        for node, span in zip(_preorder(root), self._numbering.rows(root), strict=True):
            if isinstance(node, Closing):
                said.extend((one, span.seq) for one in node.events or ())
            yield span
        self._owners.rows(said)

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
