"""Two span trees laid side by side: which span of one is which of the other. Works by names and fields, never by time.

From the roots down, among the children of two spans that belong together: same name and fields, in order; same name;
what stands alone in the same gap under another name (renamed). Then, anywhere in what is left, spans of one name and
fields of which both sides have as many in one tree, in order (moved), and below them the same again; trees belong
together where their roots do, and nothing moves between trees. Swapping the sides swaps the answer. Every span is
looked at a fixed number of times, so a tree of any shape takes time in proportion to its size.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from harness.compare.explanation import Kind
from harness.kpis.merged_runs import Fields, Shape

_NONE = -1


class Aligned(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the common tree: the span's number on either side, None where it has none there."""

    kind: Kind
    depth: int
    base: int | None
    head: int | None


def align(base: Shape, head: Shape) -> tuple[Aligned, ...]:
    """Every span of both sides once: head's in pre-order, those that are gone after the sibling they followed."""
    matching = _Matching(base, head)
    matching.match_below([(base.roots, head.roots)])
    matching.match_moved()
    return tuple(_rows(matching))


Siblings = tuple[Sequence[int], Sequence[int]]
"""Children of a span of base, and of the span of head that it belongs to."""


class _Matching:
    """Which span belongs to which, as far as is known."""

    def __init__(self, base: Shape, head: Shape) -> None:
        self.base, self.head = base, head
        self.head_of, self.base_of = [_NONE] * len(base.names), [_NONE] * len(head.names)
        self.kinds: dict[int, Kind] = {}
        self._base_names, self._head_names = Counter(base.names), Counter(head.names)

    def match_below(self, waiting: list[Siblings]) -> None:
        """Matches these siblings, then the children of each pair that was found."""
        while waiting:
            before, after = waiting.pop()
            for match in (self._by_fields, self._by_name, self._by_place):
                if _NONE in map(self.head_of.__getitem__, before) and _NONE in map(self.base_of.__getitem__, after):
                    waiting += [self._children(*pair) for pair in match(before, after)]

    def match_moved(self) -> None:
        """Matches what is left anywhere in a tree. Pairs of one depth are made together, so that no order counts."""
        base_roots, head_roots = _roots_of(self.base), _roots_of(self.head)
        before = _grouped(
            (b for b in self._free_base(range(len(self.head_of))) if self.head_of[base_roots[b]] != _NONE),
            lambda b: (base_roots[b], self._base_key(b)),
        )
        after = _grouped(
            self._free_head(range(len(self.base_of))), lambda h: (self.base_of[head_roots[h]], self._head_key(h))
        )
        base_depths, head_depths = _depths(self.base), _depths(self.head)
        pairs = [
            (sorted((base_depths[one], head_depths[other])), one, other)
            for key, found in before.items()
            if len(found) == len(after.get(key, ()))
            for one, other in zip(found, after[key], strict=True)
        ]
        for _, level in groupby(sorted(pairs), key=lambda pair: pair[0]):
            free = [(b, h) for _, b, h in level if self.head_of[b] == self.base_of[h] == _NONE]
            for b, h in free:
                self._pair(b, h, Kind.MOVED)
            self.match_below([self._children(b, h) for b, h in free])

    def _by_fields(self, before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[int, int]]:
        groups = _grouped(self._free_base(before), self._base_key), _grouped(self._free_head(after), self._head_key)
        yield from self._in_order(*groups)

    def _by_name(self, before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[int, int]]:
        """In order; where fields tell the spans of a name apart, only inside a gap between those that were found."""
        own = set(after)
        told_apart = {self.base.names[b] for b in before if self.head_of[b] in own}
        base_gaps, head_gaps = self._gaps(before, after)
        yield from self._in_order(
            _grouped(self._free_base(before), lambda b: _gap(self.base.names[b], base_gaps[b], told_apart)),
            _grouped(self._free_head(after), lambda h: _gap(self.head.names[h], head_gaps[h], told_apart)),
        )

    def _by_place(self, before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Renamed: alone in the same gap, much the same below, and names that stand on one side only.

        That is, no sibling has the name on the other side; and where both trees have it as often, the span has moved.
        """
        base_gaps, head_gaps = self._gaps(before, after)
        old = {self.base.names[b] for b in before} - {self.head.names[h] for h in after}
        new = {self.head.names[h] for h in after} - {self.base.names[b] for b in before}
        old = {name for name in old if self._base_names[name] > self._head_names[name]}
        new = {name for name in new if self._base_names[name] < self._head_names[name]}
        gone = _grouped((b for b in self._free_base(before) if self.base.names[b] in old), lambda b: base_gaps[b])
        come = _grouped((h for h in self._free_head(after) if self.head.names[h] in new), lambda h: head_gaps[h])
        for gap, found in gone.items():
            others = come.get(gap, ())
            if len(found) == len(others) == 1 and self._are_alike(found[0], others[0]):
                self._pair(found[0], others[0], Kind.RENAMED)
                yield found[0], others[0]

    def _are_alike(self, b: int, h: int) -> bool:
        """Whether more than half of what is right below them has the same names."""
        below = Counter(self.base.names[one] for one in self.base.children[b])
        common = (below & Counter(self.head.names[one] for one in self.head.children[h])).total()
        most = max(len(self.base.children[b]), len(self.head.children[h]))
        return not most or 2 * common > most

    def _in_order(
        self, before: dict[Hashable, list[int]], after: dict[Hashable, list[int]]
    ) -> Iterator[tuple[int, int]]:
        for key, found in before.items():
            for b, h in zip(found, after.get(key, ()), strict=False):  # the longer one's rest stays free
                self._pair(b, h, Kind.MATCHED)
                yield b, h

    def _pair(self, b: int, h: int, kind: Kind) -> None:
        self.head_of[b], self.base_of[h], self.kinds[h] = h, b, kind

    def _children(self, b: int, h: int) -> Siblings:
        return self.base.children[b], self.head.children[h]

    def _free_base(self, spans: Iterable[int]) -> Iterator[int]:
        return (b for b in spans if self.head_of[b] == _NONE)

    def _free_head(self, spans: Iterable[int]) -> Iterator[int]:
        return (h for h in spans if self.base_of[h] == _NONE)

    def _base_key(self, b: int) -> tuple[str, Fields]:
        return self.base.names[b], self.base.fields[b]

    def _head_key(self, h: int) -> tuple[str, Fields]:
        return self.head.names[h], self.head.fields[h]

    def _gaps(self, before: Sequence[int], after: Sequence[int]) -> tuple[dict[int, Hashable], dict[int, Hashable]]:
        """Between which two matched siblings, named by their numbers in base, each sibling stands."""
        own = set(after)
        anchors = [b if self.head_of[b] in own else _NONE for b in before]
        among = set(anchors)
        mirrored = [self.base_of[h] if self.base_of[h] in among else _NONE for h in after]
        return _between(before, anchors), _between(after, mirrored)


def _gap(name: str, gap: Hashable, told_apart: set[str]) -> Hashable:
    return (name, gap) if name in told_apart else (name, None)


def _between(siblings: Sequence[int], anchors: Sequence[int]) -> dict[int, Hashable]:
    """For each sibling the nearest anchor on its left and on its right."""
    lefts, rights = _nearest(anchors), _nearest(anchors[::-1])[::-1]
    return {one: (left, right) for one, left, right in zip(siblings, lefts, rights, strict=True)}


def _nearest(anchors: Sequence[int]) -> list[int]:
    latest, found = _NONE, []
    for anchor in anchors:
        found.append(latest)
        latest = anchor if anchor != _NONE else latest
    return found


def _grouped(spans: Iterable[int], key: Callable[[int], Hashable]) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for span in spans:
        groups.setdefault(key(span), []).append(span)
    return groups


def _roots_of(shape: Shape) -> list[int]:
    roots: list[int] = []
    for span, parent in enumerate(shape.parents):
        roots.append(roots[parent] if parent >= 0 else span)
    return roots


def _depths(shape: Shape) -> list[int]:
    depths: list[int] = []
    for parent in shape.parents:
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
    return depths


def _rows(matching: _Matching) -> Iterator[Aligned]:
    base, head = matching.base, matching.head
    waiting = [(0, b, h) for b, h in reversed(_listed(matching, base.roots, head.roots))]
    while waiting:
        depth, b, h = waiting.pop()
        kind = Kind.GONE if h is None else Kind.NEW if b is None else matching.kinds[h]
        yield Aligned(kind=kind, depth=depth, base=b, head=h)
        below = _listed(matching, base.children[b] if b is not None else (), head.children[h] if h is not None else ())
        waiting += [(depth + 1, *pair) for pair in reversed(below)]


def _listed(matching: _Matching, before: Sequence[int], after: Sequence[int]) -> list[tuple[int | None, int | None]]:
    """The rows right below a row: head's children, and the gone ones of base after the sibling they followed."""
    own, last = set(after), _NONE
    gone: dict[int, list[tuple[int | None, int | None]]] = {}
    for b in before:
        partner = matching.head_of[b]
        if partner == _NONE:
            gone.setdefault(last, []).append((b, None))
        elif partner in own:
            last = partner
    listed = gone.get(_NONE, [])
    for h in after:
        listed.append((matching.base_of[h] if matching.base_of[h] != _NONE else None, h))
        listed += gone.get(h, ())
    return listed
