"""The drawing of tracing-forest's trees: which line stands below which, and whether it may stand there."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from harness.formats.byte_slices import Bools, Ints
from harness.formats.forest_lines import Rows
from harness.spans.model import MAX_DEPTH


@dataclass(slots=True)
class OpenSpan:
    """A span whose children may still come, with what was seen of them in earlier blocks."""

    seq: int
    line: int
    name: str
    path: tuple[str, ...]
    below: str
    has_self_pct: bool
    has_child: bool = False
    has_child_span: bool = False
    last_child_seen: bool = False
    names: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Open spans of earlier blocks (the first `shift` entries) and a block's rows behind them, as one drawing."""

    shift: int
    depth: Ints
    is_span: Bools
    is_last: Bools
    indent: Ints
    below: Ints
    name: Ints
    line: Ints
    has_self_pct: Bools
    names: Sequence[str]
    drawings: Sequence[str]

    def __len__(self) -> int:
        return len(self.depth)

    def only(self, kept: Ints) -> "Drawing":
        """These entries alone."""
        return Drawing(
            shift=self.shift,
            depth=self.depth[kept],
            is_span=self.is_span[kept],
            is_last=self.is_last[kept],
            indent=self.indent[kept],
            below=self.below[kept],
            name=self.name[kept],
            line=self.line[kept],
            has_self_pct=self.has_self_pct[kept],
            names=self.names,
            drawings=self.drawings,
        )


class Levels:
    """The entries of a drawing by depth."""

    def __init__(self, depth: Ints) -> None:
        self._order = np.argsort(depth.astype(np.uint16), kind="stable")
        self._bounds = np.searchsorted(depth[self._order], np.arange(int(depth.max(initial=0)) + 2))

    def __iter__(self) -> Iterator[Ints]:
        """For each depth, from the roots down, its entries in order."""
        for first, last in pairwise(self._bounds.tolist()):
            yield self._order[first:last]

    def parents(self, count: int) -> Ints:
        """For each entry the nearest one before it that is one level further out, -1 for none."""
        parents = np.full(count, -1, np.int64)
        for outer, mine in pairwise(self):
            before = np.searchsorted(outer, mine) - 1
            parents[mine[before >= 0]] = outer[before[before >= 0]]
        return parents


def join_above(rows: Rows, above: Sequence[OpenSpan]) -> Drawing:
    """The drawing of a block's rows below the spans that were open at its beginning."""
    drawings = {text: code for code, text in enumerate(rows.drawings)}
    names = dict.fromkeys([*rows.names, *(one.name for one in above)])
    codes = {name: code for code, name in enumerate(names)}
    unknown = len(rows.drawings)  # a drawing that no line of this block has

    def behind(values: Sequence[int], own: Ints) -> Ints:
        return np.append(np.array(values, np.int64), own)

    count = len(above)
    return Drawing(
        shift=count,
        depth=behind(range(count), rows.depth),
        is_span=np.append(np.ones(count, np.bool_), rows.is_span),
        is_last=np.append(np.zeros(count, np.bool_), rows.is_last),
        indent=behind([unknown] * count, rows.indent),
        below=behind([drawings.get(one.below, unknown) for one in above], rows.below),
        name=behind([codes[one.name] for one in above], rows.name),
        line=behind([one.line for one in above], rows.line),
        has_self_pct=np.append(np.array([one.has_self_pct for one in above], np.bool_), rows.has_self_pct),
        names=tuple(codes),
        drawings=rows.drawings,
    )


def continues_throughout(drawing: Drawing, parents: Ints, above: Sequence[OpenSpan]) -> bool:
    """Whether every line stands where the line before it, its parent and its elder siblings allow."""
    depth, is_span = drawing.depth, drawing.is_span
    deeper = np.diff(depth, prepend=-1)
    after_span = np.append(True, is_span[:-1])[: len(depth)]
    if (deeper > 1).any() or ((deeper == 1) & ~after_span).any() or depth.max(initial=0) > MAX_DEPTH:
        return False
    child = np.flatnonzero(depth[drawing.shift :] > 0) + drawing.shift
    of = parents[child]
    if (drawing.indent[child] != drawing.below[of]).any():
        return False
    last_child = last_child_of(drawing, parents)
    last_ones = child[drawing.is_last[child]]
    closed_before = [entry for entry, one in enumerate(above) if one.last_child_seen]
    return bool((last_child[parents[last_ones]] == last_ones).all() and (last_child[closed_before] < 0).all())


def continuing(drawing: Drawing, above: Sequence[OpenSpan]) -> Ints:
    """The entries that continue the tree above them; those between are as if they were not there."""
    open_spans = [(int(drawing.below[entry]), one.last_child_seen) for entry, one in enumerate(above)]
    kept = list(range(drawing.shift))
    columns = (drawing.depth, drawing.indent, drawing.below, drawing.is_last, drawing.is_span)
    lines = zip(*(column[drawing.shift :].tolist() for column in columns), strict=True)
    for entry, (depth, indent, below, is_last, is_span) in enumerate(lines, start=drawing.shift):
        if depth > min(len(open_spans), MAX_DEPTH) or (depth and open_spans[depth - 1] != (indent, False)):
            continue
        del open_spans[depth:]
        if depth:
            open_spans[-1] = (indent, is_last)
        if is_span:
            open_spans.append((below, False))
        kept.append(entry)
    return np.array(kept, np.int64)


def last_child_of(drawing: Drawing, parents: Ints) -> Ints:
    """For each entry its last child among the block's rows, -1 for none."""
    found = np.full(len(drawing), -1, np.int64)
    child = np.flatnonzero(parents[drawing.shift :] >= 0) + drawing.shift
    found[parents[child]] = child  # the last of several assignments holds
    return found
