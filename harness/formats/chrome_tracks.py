"""Begins, ends and whole slices of a track → trees of spans.

On a thread an end closes the last that was begun there. What has one id is a track of its own, on which spans may
stand side by side: which end is whose is not known where two of a name are open, and parents are told from times.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter, itemgetter
from typing import NamedTuple, TypeVar

from harness.formats.chrome_collected import Thread
from harness.formats.chrome_events import BEGIN, END, PS_PER_NS, AsyncMark, Mark, Scope, Slice, ThreadKey
from harness.formats.json_values import UnreadableError, read_fields
from harness.spans.model import MAX_DEPTH, UNFINISHED, Fields, Issue
from harness.spans.trees import Node
from harness.units import Duration

Tell = Callable[[Issue], None]
_Item = TypeVar("_Item")
_AT_PS = itemgetter(0)


class Root(NamedTuple):
    """A whole tree, or None for a moment outside all; with the instants in it and their spans, in order of time."""

    at_ps: int
    node: Node | None
    instants: list[tuple[Mark, Node | None]]


@dataclass(slots=True)
class _Open:
    """A span that others may still be put into. `end_ps` is None before its end is known."""

    node: Node
    at_ps: int
    end_ps: int | None
    args: bytes
    category: str | None


class _Track:
    """One nest of spans, given its items in order of time."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._stack: list[_Open] = []
        self._too_deep = 0
        self._instants: list[tuple[Mark, Node | None]] = []
        self._done: list[Root] = []

    @property
    def depth(self) -> int:
        """How many spans may still get children."""
        return len(self._stack)

    def taken(self) -> list[Root]:
        """The trees that are finished, each once."""
        done, self._done = self._done, []
        return done

    def begin(self, mark: Mark, label: str, category: str | None = None) -> None:
        self._leave(mark.at_ps)
        node = self._node(mark.name or "", mark.line, mark.args, label)
        node.start_ns, node.note = mark.at_ps // PS_PER_NS, UNFINISHED
        if not self._enter(_Open(node, mark.at_ps, None, mark.args, category)):
            self._too_deep += 1

    def begin_by_id(self, mark: Mark, label: str) -> None:
        """The same, where an end says no more than a name."""
        if self._place(mark) is not None:
            self._say(mark.line, f"'{mark.name}' is begun again before it ends: which end is whose is not known")
        self.begin(mark, label, mark.category)

    def end(self, mark: Mark) -> None:
        self._leave(mark.at_ps)
        if self._too_deep:
            self._too_deep -= 1
            return
        place = self._place(mark)
        if place is None:
            self._say(mark.line, f"'{mark.name or ''}' ends but did not begin")
            return
        ended = self._stack[place]
        if ended is not self._stack[-1]:
            self._say_overlap(mark.line, self._stack[-1].node, ended.node)
        self._end(ended, mark)
        self._leave(mark.at_ps)

    def add(self, slice_: Slice, label: str) -> None:
        """A span that is whole."""
        end_ps = slice_.at_ps + slice_.length_ps
        self._leave(slice_.at_ps)
        node = self._node(slice_.name, slice_.line, slice_.args, label)
        node.start_ns, node.end_ns = slice_.at_ps // PS_PER_NS, end_ps // PS_PER_NS
        node.duration = _between(0, slice_.length_ps)
        while self._stack and _is_before(self._stack[-1].end_ps, end_ps):
            self._say_overlap(slice_.line, node, self._stack[-1].node)
            self._pop()
        self._enter(_Open(node, slice_.at_ps, end_ps, slice_.args, None))

    def instant(self, mark: Mark) -> None:
        self._leave(mark.at_ps)
        inner = next((one.node for one in reversed(self._stack) if one.end_ps is None or one.end_ps > mark.at_ps), None)
        if self._stack:
            self._instants.append((mark, inner))
        else:
            self._done.append(Root(mark.at_ps, None, [(mark, None)]))

    def finish(self) -> None:
        while self._stack:
            self._pop()

    def _leave(self, at_ps: int) -> None:
        """Nothing that ended by then gets another child."""
        while self._stack:
            end_ps = self._stack[-1].end_ps
            if end_ps is None or end_ps > at_ps + _slack(end_ps, at_ps):
                break
            self._pop()

    def _pop(self) -> None:
        root = self._stack.pop()
        if not self._stack:
            self._done.append(Root(root.at_ps, root.node, self._instants))
            self._instants = []

    def _enter(self, opened: _Open) -> bool:
        """Puts the span below the last one that is open; False where that would be too deep."""
        if len(self._stack) >= MAX_DEPTH:
            if not self._too_deep:
                self._say(opened.node.line, f"'{opened.node.name}' is more than {MAX_DEPTH} deep")
            return False
        if self._stack:
            self._stack[-1].node.children.append(opened.node)
        self._stack.append(opened)
        return True

    def _place(self, mark: Mark) -> int | None:
        """Where the innermost span stands that was begun under the mark's name and category."""
        for place in range(len(self._stack) - 1, -1, -1):
            one = self._stack[place]
            same_name = mark.name in {None, one.node.name}
            same_category = one.category == mark.category or None in {one.category, mark.category}
            if one.end_ps is None and same_name and same_category:
                return place
        return None

    def _end(self, ended: _Open, mark: Mark) -> None:
        node = ended.node
        ended.end_ps = mark.at_ps
        node.duration, node.note = _between(ended.at_ps, mark.at_ps), None
        node.end_ns = mark.at_ps // PS_PER_NS
        if mark.args != ended.args:
            node.fields = tuple((dict(node.fields) | dict(self._fields(mark.args, mark.line))).items())

    def _node(self, name: str, line: int, args: bytes, label: str) -> Node:
        return Node(name=name, line=line, duration=None, fields=self._fields(args, line), thread=label)

    def _fields(self, args: bytes, line: int) -> Fields:
        try:
            return read_fields(args)
        except UnreadableError as error:
            self._say(line, f"'args' cannot be read: {error}")
            return ()

    def _say_overlap(self, line: int, one: Node, other: Node) -> None:
        self._say(line, f"'{one.name}' and '{other.name}' overlap and neither is inside the other")

    def _say(self, line: int, message: str) -> None:
        self._tell(Issue(line=line, message=message))


def _slack(one_ps: int, other_ps: int) -> int:
    """How far two times may seem apart that are one: fractions of a nanosecond are a writer's rounding errors."""
    return PS_PER_NS if one_ps % PS_PER_NS or other_ps % PS_PER_NS else 0


def _is_before(end_ps: int | None, other_ps: int) -> bool:
    return end_ps is not None and end_ps + _slack(end_ps, other_ps) < other_ps


def _between(start_ps: int, end_ps: int) -> Duration:
    """The time between two moments, as far as whole nanoseconds tell it."""
    ns = (end_ps - start_ps) // PS_PER_NS
    low_ns = end_ps // PS_PER_NS - -(-start_ps // PS_PER_NS)
    high_ns = -(-end_ps // PS_PER_NS) - start_ps // PS_PER_NS
    return Duration(ns=ns, low_ns=max(0, low_ns), high_ns=high_ns, printed=f"{ns}ns")


def _drained(items: list[_Item]) -> Iterator[_Item]:
    """The items in their order; each is let go as soon as it is used."""
    items.reverse()
    while items:
        yield items.pop()


def thread_roots(thread: Thread, label: str, tell: Tell) -> Iterator[Root]:
    """The trees of one thread, in order of time; of slices that begin together the longest is outside, then the first.

    What is kept of the thread is used up.
    """
    thread.marks.sort(key=_AT_PS)
    thread.slices.sort(key=attrgetter("length_ps"), reverse=True)
    thread.slices.sort(key=_AT_PS)
    track = _Track(tell)
    marks, slices = _drained(thread.marks), _drained(thread.slices)
    items: Iterator[Mark | Slice] = merge(marks, slices, key=_AT_PS)
    for item in items:
        if isinstance(item, Slice):
            track.add(item, label)
        elif item.phase == BEGIN:
            track.begin(item, label)
        elif item.phase == END:
            track.end(item)
        else:
            track.instant(item)
        yield from track.taken()
    track.finish()
    yield from track.taken()


def async_roots(marks: list[AsyncMark], label: Callable[[ThreadKey], str], tell: Tell) -> Iterator[Root]:
    """The trees of all ids, in order of time, each on the thread where it was begun; the list is used up."""
    marks.sort(key=lambda one: one.mark.at_ps)
    tracks: dict[Scope, _Track] = defaultdict(lambda: _Track(tell))
    roots: list[Root] = []
    guessed = False
    for mark, scope, thread in _drained(marks):
        track = tracks[scope]
        if mark.phase == BEGIN:
            track.begin_by_id(mark, label(thread))
        else:
            track.end(mark)
        if track.depth > 1 and not guessed:
            guessed = True
            message = "spans here are known by an id: parents are told from times alone, and may be siblings"
            tell(Issue(line=mark.line, message=message, damage=False))
        if not track.depth:
            roots.extend(track.taken())
            del tracks[scope]
    for track in tracks.values():
        track.finish()
        roots.extend(track.taken())
    roots.sort(key=_AT_PS)
    return _drained(roots)
