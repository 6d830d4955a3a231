"""Rows of tracing-forest → their places in the trees of a run: parent, number, occurrence, path.

The drawing is checked on the way: a line whose indent does not continue the tree above it, or a tree whose last child
never came, is an Issue, so a cut log cannot pass for whole. What is open at the end of a block goes on in the next one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from harness.formats.byte_slices import Bools, Ints, first_in_each
from harness.formats.forest_drawing import (
    Drawing,
    Levels,
    OpenSpan,
    continues_throughout,
    continuing,
    join_above,
    last_child_of,
)
from harness.formats.forest_lines import Rows
from harness.spans.model import MAX_DEPTH, Issue

NOT_CONTINUED = "the line does not continue the tree above it"


@dataclass(slots=True)
class Progress:
    """Where the reading of a run stands between two blocks."""

    open: list[OpenSpan] = field(default_factory=list)
    roots: Counter[str] = field(default_factory=Counter)
    trees: int = 0
    spans: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """The rows that have a place (`kept`, of which all else speaks), in file order.

    `parent` is the place of the parent among the kept rows, -1 for roots and for children of earlier blocks' spans;
    `parent_seq` is -1 for roots. `tree`, `seq`, `occurrence` and `path` are meant for spans. `still_open` are spans
    whose children may come in the next block.
    """

    kept: Ints
    parent: Ints
    parent_seq: Ints
    tree: Ints
    seq: Ints
    occurrence: Ints
    path: Ints
    paths: Sequence[tuple[str, ...]]
    still_open: Ints
    issues: tuple[Issue, ...]


def place(rows: Rows, progress: Progress, *, tree_ends: bool) -> Placed:
    """Places a block's rows and brings `progress` to the block's end; `tree_ends` says that no tree goes on."""
    drawing = join_above(rows, progress.open)
    shift = drawing.shift
    levels = Levels(np.minimum(drawing.depth, MAX_DEPTH))
    parents = levels.parents(len(drawing))
    kept, issues = np.arange(len(drawing)), list[Issue]()
    if not continues_throughout(drawing, parents, progress.open):
        kept = continuing(drawing, progress.open)
        skipped = np.setdiff1d(np.arange(len(drawing)), kept)
        issues = [Issue(line=int(line), message=NOT_CONTINUED) for line in drawing.line[skipped]]
        drawing = drawing.only(kept)
        levels = Levels(drawing.depth)
        parents = levels.parents(len(drawing))
    numbers = _Numbers(drawing, parents, levels, progress)
    open_entries = [] if tree_ends else _open_at_end(drawing, parents)
    children = _children(drawing, parents, progress.open)
    issues += _cut_spans(drawing, children, open_entries)
    _advance(progress, drawing, parents, numbers, children, open_entries)
    return Placed(
        kept=kept[shift:] - shift,
        parent=np.maximum(parents[shift:] - shift, -1),
        parent_seq=np.append(numbers.seq, -1)[parents[shift:]],
        tree=numbers.tree[shift:],
        seq=numbers.seq[shift:],
        occurrence=numbers.occurrence[shift:],
        path=numbers.path[shift:],
        paths=numbers.paths,
        still_open=np.array([entry - shift for entry in open_entries if entry >= shift], np.int64),
        issues=tuple(issues),
    )


class _Numbers:
    """Tree, number, occurrence and path of each entry; of events only `tree` means something, and not to anybody."""

    def __init__(self, drawing: Drawing, parents: Ints, levels: Levels, progress: Progress) -> None:
        above, shift = progress.open, drawing.shift
        own = drawing.is_span[shift:]
        roots = own & (drawing.depth[shift:] == 0)
        self.seq = np.append(np.array([one.seq for one in above], np.int64), np.cumsum(own) - 1 + progress.spans)
        self.tree = np.append(np.full(shift, progress.trees - 1), np.cumsum(roots) - 1 + progress.trees)
        self.occurrence = np.zeros(len(drawing), np.int64)
        self.path = np.full(len(drawing), -1, np.int64)
        self.paths: list[tuple[str, ...]] = [one.path for one in above]
        self.path[:shift] = np.arange(shift)
        self._count_siblings(drawing, parents, progress)
        for entries in levels:
            self._extend_paths(drawing, parents, entries[drawing.is_span[entries] & (entries >= shift)])

    def _count_siblings(self, drawing: Drawing, parents: Ints, progress: Progress) -> None:
        """Numbers spans of one name below one parent; the earlier blocks' ones come first."""
        spans = np.flatnonzero(drawing.is_span[drawing.shift :]) + drawing.shift
        kin = (parents[spans] + 1) * len(drawing.names) + drawing.name[spans]
        order = np.argsort(kin, kind="stable")
        number = np.arange(len(order))
        first = np.maximum.accumulate(np.where(first_in_each(kin[order]), number, 0))
        self.occurrence[spans[order]] = number - first
        for parent, seen in [(-1, progress.roots), *((entry, one.names) for entry, one in enumerate(progress.open))]:
            if seen:
                children = spans[parents[spans] == parent]
                earlier = np.array([seen[name] for name in drawing.names], np.int64)
                self.occurrence[children] += earlier[drawing.name[children]]

    def _extend_paths(self, drawing: Drawing, parents: Ints, spans: Ints) -> None:
        """The paths of spans of one depth, of which there are few distinct ones."""
        if not len(spans):
            return
        names = drawing.names
        above = np.where(parents[spans] >= 0, self.path[parents[spans]], -1)
        encoded = pa.array((above + 1) * len(names) + drawing.name[spans]).dictionary_encode()
        self.path[spans] = encoded.indices.to_numpy().astype(np.int64) + len(self.paths)
        for key in encoded.dictionary.to_pylist():
            parent, name = divmod(key, len(names))
            self.paths.append((*(self.paths[parent - 1] if parent else ()), names[name]))


def _open_at_end(drawing: Drawing, parents: Ints) -> list[int]:
    """The entries from the root to the last span whose children may still come."""
    if not len(drawing):
        return []
    entry = len(drawing) - 1
    if not drawing.is_span[entry]:
        entry = int(parents[entry])
    path: list[int] = []
    while entry >= 0:
        path.append(entry)
        entry = int(parents[entry]) if entry >= drawing.shift else entry - 1
    return path[::-1]


@dataclass(frozen=True, slots=True)
class _Children:
    """What is known of each entry's children, those of earlier blocks included."""

    any: Bools
    any_span: Bools
    last_seen: Bools


def _children(drawing: Drawing, parents: Ints, above: Sequence[OpenSpan]) -> _Children:
    last_child = last_child_of(drawing, parents)
    last_seen = drawing.is_last[last_child] & (last_child >= 0)
    any_span = np.zeros(len(drawing), np.bool_)
    child_spans = np.flatnonzero(drawing.is_span[drawing.shift :]) + drawing.shift
    of = parents[child_spans]
    any_span[of[of >= 0]] = True
    any_child = last_child >= 0
    for entry, one in enumerate(above):
        any_child[entry] |= one.has_child
        any_span[entry] |= one.has_child_span
        last_seen[entry] |= one.last_child_seen
    return _Children(any=any_child, any_span=any_span, last_seen=last_seen)


def _cut_spans(drawing: Drawing, children: _Children, open_entries: Sequence[int]) -> list[Issue]:
    """Spans that ended before their last child, or before the child spans that their two percentages speak of."""
    cut = (children.any & ~children.last_seen) | (drawing.has_self_pct & ~children.any_span)
    cut &= drawing.is_span
    cut[list(open_entries)] = False
    return [
        Issue(
            line=int(drawing.line[entry]),
            message=f"the tree of '{drawing.names[drawing.name[entry]]}' is cut: children are missing",
        )
        for entry in np.flatnonzero(cut).tolist()
    ]


def _advance(
    progress: Progress,
    drawing: Drawing,
    parents: Ints,
    numbers: _Numbers,
    children: _Children,
    open_entries: Sequence[int],
) -> None:
    shift = drawing.shift
    own_spans = np.flatnonzero(drawing.is_span[shift:]) + shift
    roots = own_spans[parents[own_spans] < 0]
    progress.spans += len(own_spans)
    progress.trees += len(roots)
    progress.events += len(drawing) - shift - len(own_spans)
    progress.roots.update(_names(drawing, roots))
    earlier = progress.open
    progress.open = []
    for entry in open_entries:
        names = Counter(earlier[entry].names) if entry < shift else Counter()
        names.update(_names(drawing, own_spans[parents[own_spans] == entry]))
        progress.open.append(
            OpenSpan(
                seq=int(numbers.seq[entry]),
                line=int(drawing.line[entry]),
                name=drawing.names[drawing.name[entry]],
                path=numbers.paths[numbers.path[entry]],
                below=earlier[entry].below if entry < shift else drawing.drawings[drawing.below[entry]],
                has_self_pct=bool(drawing.has_self_pct[entry]),
                has_child=bool(children.any[entry]),
                has_child_span=bool(children.any_span[entry]),
                last_child_seen=bool(children.last_seen[entry]),
                names=names,
            )
        )


def _names(drawing: Drawing, entries: Ints) -> dict[str, int]:
    counts = np.bincount(drawing.name[entries], minlength=len(drawing.names))
    return {drawing.names[code]: int(counts[code]) for code in np.flatnonzero(counts).tolist()}


def finish(progress: Progress) -> tuple[Issue, ...]:
    """Ends the run: what is still open then was cut."""
    issues = tuple(
        Issue(line=one.line, message=f"the tree of '{one.name}' is cut: children are missing")
        for one in progress.open
        if (one.has_child and not one.last_child_seen) or (one.has_self_pct and not one.has_child_span)
    )
    progress.open = []
    return issues
