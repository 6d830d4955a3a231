"""Which span each event of a run was said in, as far as later lines of the run leave no doubt.

Of two roots of one name and fields that were open together, the first to close takes what was said in both. That shows
only when the second closes, so a root's events wait for the next ones: never longer than for so many events, wherever
the run is cut into chunks.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.formats.fmt_records import TICK_NS, Closing, Said, earliest_start_ns, latest_start_ns
from harness.spans.model import Event

Key = tuple[str, str]
"""Name and fields of a root, as its lines show them."""

_WINDOW_EVENTS = 1024


@dataclass(slots=True)
class _Heard:
    """A root's events. `owned` are its rows' numbers, once they are known; `settled`: no later line can change them."""

    key: Key
    end_ns: int | None
    said: list[Said]
    owned: list[tuple[Said, int]] | None = None
    settled: bool = False
    open_lines: set[int] = field(default_factory=set)


class Owners:
    """The events of one run in the order in which they are told of."""

    def __init__(self, are_alike: Callable[[str, str], bool]) -> None:
        self._are_alike = are_alike
        self._queue: deque[Said | _Heard] = deque()
        self._window: deque[_Heard | None] = deque()
        self._window_events = 0
        self._waiting: deque[_Heard | None] = deque()
        self._settled_ns: dict[Key, int] = {}
        self._events = 0

    def __len__(self) -> int:
        return len(self._queue)

    def unowned(self, said: Said) -> None:
        """An event whose span is not known, or that was said in none."""
        self._queue.append(said)
        if self._window:
            self._window.append(None)
            self._count(1)

    def root(self, node: Closing, shown: str) -> bool:
        """A root closed; False where events that were told of may have been said in it and not where they were put."""
        key = (node.name, shown)
        is_certain = self._doubt(node, key)
        said = [one for below in preorder_closings(node) for one in below.events or ()]
        heard = _Heard(key, node.end_ns, said) if said else None
        self._waiting.append(heard)
        if heard is not None:
            self._queue.append(heard)
            self._window.append(heard)
            self._count(len(said))
        return is_certain

    def rows(self, owned: list[tuple[Said, int]]) -> None:
        """The rows of the next root are numbered."""
        heard = self._waiting.popleft()
        if heard is not None:
            heard.owned = sorted(owned, key=lambda pair: pair[0].line)

    def settle(self) -> None:
        """The run is over."""
        self._count(_WINDOW_EVENTS + self._window_events)

    def told(self) -> Iterator[Event]:
        """The events that no later line can change."""
        while self._queue:
            first = self._queue[0]
            if isinstance(first, _Heard) and (first.owned is None or not first.settled):
                return
            self._queue.popleft()
            if isinstance(first, Said):
                yield self._event(first, None)
            else:
                for said, seq in first.owned or ():
                    yield self._event(said, None if said.line in first.open_lines else seq)

    def _count(self, more: int) -> None:
        """Settles the oldest roots while too many events wait; counts by lines alone, never by chunks."""
        self._window_events += more
        while self._window and (self._window_events > _WINDOW_EVENTS or self._window[0] is None):
            heard = self._window.popleft()
            self._window_events -= 1 if heard is None else len(heard.said)
            if heard is not None:
                heard.settled = True
                times = [said.time_ns for said in heard.said if said.time_ns is not None]
                if times:
                    times.append(self._settled_ns.get(heard.key, times[0]))
                    self._settled_ns[heard.key] = max(times)

    def _doubt(self, node: Closing, key: Key) -> bool:
        earliest, latest = earliest_start_ns(node), latest_start_ns(node)
        if earliest is None or latest is None:
            return True
        for heard in self._window:
            if heard is None or heard.end_ns is None or heard.end_ns <= latest + TICK_NS:
                continue
            if self._is_like(heard.key, key):
                both = (one.line for one in heard.said if one.time_ns is None or one.time_ns + TICK_NS >= earliest)
                heard.open_lines.update(both)
        return self._settled_ns.get(key, latest - 1) < latest

    def _is_like(self, one: Key, other: Key) -> bool:
        return one[0] == other[0] and (one[1] == other[1] or self._are_alike(one[1], other[1]))

    def _event(self, said: Said, span_seq: int | None) -> Event:
        seq, self._events = self._events, self._events + 1
        tag, message, fields = said.read(span_seq is not None or said.sure)
        return Event(
            seq=seq, span_seq=span_seq, level=said.level, tag=tag, message=message, fields=fields, line=said.line
        )


def preorder_closings(root: Closing) -> Iterator[Closing]:
    """The span and those below it that its tree tells of."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in reversed(node.children) if isinstance(child, Closing))
