"""Which rows of two aligned trees may pair different work: their times are shown, and never called faster or slower.

Read off names and fields, never off times. What is below such a row is in doubt, too.
"""

from collections import Counter
from collections.abc import Sequence

from harness.compare.alignment import Aligned
from harness.compare.explanation import Kind
from harness.kpis.merged_runs import Fields, Shape

RENAMED_BY_PLACE = "renamed as far as its place tells"
OTHER_FIELDS = "its fields differ: it may be other work"
UNEVEN_REPEATS = "its repeats are not as many on both sides"
INSIDE_OTHER_WORK = "a span around it may be other work"


def doubts_of(aligned: Sequence[Aligned], base: Shape, head: Shape) -> list[str]:
    """For each row why its two spans may be different work, "" where nothing says so or one side lacks it."""
    pairs = _Pairs(base, head)
    doubts: list[str] = []
    doubted_from: int | None = None
    for one in aligned:
        if doubted_from is not None and one.depth <= doubted_from:
            doubted_from = None
        if one.base is None or one.head is None:
            doubts.append("")
        elif doubted_from is not None:
            doubts.append(INSIDE_OTHER_WORK)
        else:
            doubts.append(pairs.doubt(one.kind, one.base, one.head))
            if doubts[-1] and pairs.are_in_doubt_below(one.base, one.head):
                doubted_from = one.depth
    return doubts


class _Pairs:
    """What can be said of two spans that were laid side by side."""

    def __init__(self, base: Shape, head: Shape) -> None:
        self._base, self._head = _Side(base), _Side(head)

    def doubt(self, kind: Kind, b: int, h: int) -> str:
        if self._base.fields(b) != self._head.fields(h):
            return OTHER_FIELDS
        if self._are_uneven(b, h):
            return UNEVEN_REPEATS
        return RENAMED_BY_PLACE if kind is Kind.RENAMED and not self._have_equal_children(b, h) else ""

    def are_in_doubt_below(self, b: int, h: int) -> bool:
        """Not where only fields were added or left out of a lone span, nor where its children told what it is."""
        if self._base.fields(b) == self._head.fields(h):
            return self._are_uneven(b, h)
        return self._contradict(b, h) or not self._base.is_lone(b) or not self._head.is_lone(h)

    def _are_uneven(self, b: int, h: int) -> bool:
        return self._base.repeats(b) != self._head.repeats(h)

    def _contradict(self, b: int, h: int) -> bool:
        before, after = self._base.fields(b), self._head.fields(h)
        return any(before[key] != after[key] for key in before.keys() & after.keys())

    def _have_equal_children(self, b: int, h: int) -> bool:
        before = self._base.names_below(b)
        return bool(before) and before == self._head.names_below(h)


class _Side:
    """The spans of one side among their siblings."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._repeats = Counter(map(self._key, range(len(shape.names))))
        self._namesakes = Counter(zip(shape.parents, shape.names, strict=True))

    def _key(self, span: int) -> tuple[int, str, Fields]:
        return self._shape.parents[span], self._shape.names[span], self._shape.fields[span]

    def fields(self, span: int) -> dict[str, str]:
        return dict(self._shape.fields[span])

    def repeats(self, span: int) -> int:
        """It and its siblings of the same name and fields."""
        return self._repeats[self._key(span)]

    def is_lone(self, span: int) -> bool:
        """Whether no sibling has its name."""
        return self._namesakes[self._shape.parents[span], self._shape.names[span]] == 1

    def names_below(self, span: int) -> Counter[str]:
        return Counter(self._shape.names[one] for one in self._shape.children[span])
