"""What waits below the spans that are still open, by the scope that their lines name.

Where a format prints fields with the scope, they tell open spans of one name apart; fields that a span was given after
its child closed are followed. Spans that the lines cannot tell apart are marked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.formats.fmt_records import TICK_NS, Closing, Dialect, Said, add_note, latest_start_ns
from harness.spans.model import UNFINISHED, Fields, Issue
from harness.spans.trees import Node

MIXED = "its children may be those of a span of the same name that was open at the same time"

_MAX_VERSIONS = 64

_CONFUSED, _OVERLAPPED, _GREW = 1, 2, 4


@dataclass(slots=True)
class Place:
    """An open span as seen from lines of spans below it: `created` are the times of its creation, if printed."""

    line: int
    places: dict[str, dict[str, "Place"]] = field(default_factory=dict)
    closed: list[Node] = field(default_factory=list)
    created: list[int | None] = field(default_factory=list)
    _ends: dict[tuple[str, str | None], int] = field(default_factory=dict)
    _marks: dict[str, int] = field(default_factory=dict)

    def find(self, name: str, fields: str, dialect: Dialect) -> "Place | None":
        """The open span of that name and those fields, or the one that had fewer of them when it was last seen."""
        versions = self.places.get(name)
        if not versions:
            return None
        found = versions.get(fields)
        if found is not None or len(versions) > _MAX_VERSIONS:
            return found
        earlier = [key for key in versions if dialect.is_earlier(key, fields)]
        if len(earlier) != 1:
            return None
        self._mark(name, _GREW)
        found = versions[fields] = versions.pop(earlier[0])
        return found

    def find_or_open(self, name: str, fields: str, line: int, dialect: Dialect) -> "Place":
        """The same; a new one where there is none."""
        found = self.find(name, fields, dialect)
        if found is None:
            versions = self.places.setdefault(name, {})
            few = versions if len(versions) <= _MAX_VERSIONS else ()
            if any(dialect.is_earlier(fields, key) or dialect.is_earlier(key, fields) for key in few):
                self._mark(name, _CONFUSED)
            found = versions[fields] = Place(line=line)
        return found

    def take(self, name: str, fields: str, dialect: Dialect, *, is_root: bool) -> "Place | None":
        """Closes the open span of that name and those fields; None if no line told of it.

        What is still open below is another's, which has the same name and fields: it stays. A root leaves nothing.
        """
        place = self.find(name, fields, dialect)
        if place is None:
            return None
        versions = self.places[name]
        del versions[fields]
        others = len(place.created) - 1
        if others > 0 or (place.places and not is_root):
            self._mark(name, _CONFUSED)
            versions[fields] = place.leave(others, with_places=not is_root)
        elif not versions:
            del self.places[name]
        return place

    def leave(self, others: int, *, with_places: bool) -> "Place":
        """What other spans of the same name and fields, still open, keep of this one."""
        left = Place(self.line, created=[None] * others, _ends=self._ends, _marks=self._marks)
        if with_places:
            left.places, self.places = self.places, {}
        return left

    def create(self, name: str, fields: str, line: int, time_ns: int | None, dialect: Dialect) -> None:
        """A span was created below this one."""
        place = self.find_or_open(name, fields, line, dialect)
        place.created.append(time_ns)
        if len(place.created) > 1:
            self._mark(name, _CONFUSED)

    def see_end(self, node: Closing, fields: str) -> None:
        """Notices spans of one name that were open at the same time, as far as their times prove it."""
        latest = latest_start_ns(node)
        for key in ((node.name, None), (node.name, fields)):
            last = self._ends.get(key)
            if node.end_ns is not None:
                self._ends[key] = node.end_ns if last is None else max(node.end_ns, last)
            if latest is not None and last is not None and latest + TICK_NS < last:
                self._mark(node.name, _OVERLAPPED if key[1] is None else _CONFUSED)

    def is_confused(self, name: str) -> bool:
        """Whether spans of that name below this one cannot be told apart."""
        marks = self._marks.get(name, 0)
        return bool(marks & _CONFUSED) or marks & (_OVERLAPPED | _GREW) == _OVERLAPPED | _GREW

    def mark_confused(self) -> Iterator[Said]:
        """Puts the note on closed spans whose children may be each other's; gives back the events below them."""
        if not self._marks:
            return
        with_children = {node.name for node in self.closed if node.children}
        for node in self.closed:
            if self.is_confused(node.name):
                if node.name in with_children:
                    add_note(node, MIXED)
                yield from events_below(node)

    def _mark(self, name: str, mark: int) -> None:
        self._marks[name] = self._marks.get(name, 0) | mark


def events_below(root: Node) -> Iterator[Said]:
    """Takes the events from these spans: which of them they were said in cannot be told."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Closing) and node.events is not None:
            yield from node.events
            node.events = None
            waiting.extend(node.children)


def unfinished(place: Place, dialect: Dialect) -> list[Closing]:
    """The spans below that never closed, with what did close below them."""
    found: list[Node] = []
    waiting: list[tuple[Place, list[Node]]] = [(place, found)]
    while waiting:
        here, children = waiting.pop()
        for name, versions in here.places.items():
            for fields, below in versions.items():
                nodes = [_never_closed(name, below.line, dialect.fields_of(fields)) for _ in below.created or (None,)]
                nodes[0].children = below.closed
                children.extend(nodes)
                waiting.append((below, below.closed))
    return [node for node in found if isinstance(node, Closing)]


def _never_closed(name: str, line: int, fields: Fields) -> Closing:
    return Closing(name=name, line=line, duration=None, fields=fields, note=UNFINISHED)


def issue_of_missing(lost: Iterable[Closing], line: int, when: str) -> Issue:
    """Says which spans never closed."""
    names = sorted({node.name for node in lost})
    shown = ", ".join(f"`{name}`" for name in names[:3]) + (" and others" if names[3:] else "")
    return Issue(line=line, message=f"{when} but {shown} never closed there: spans are missing or lost their parents")
