"""Span trees for the tests of comparisons: written as nested spans, merged as stored runs are."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import isnan

import msgspec
import numpy as np

from harness.compare.explaining import SideSpans
from harness.compare.rounds import one_stratum
from harness.kpis.merged_runs import MergedRuns, SpanColumns, merge_runs


class Tree(msgspec.Struct, frozen=True):
    """A span with its self time in ns, NaN where it never ended; `half_step` is half of what its printed time resolves.

    What encloses a span that never ended may have ended: its own time is then the rest of it.
    """

    name: str
    children: "tuple[Tree, ...]" = ()
    fields: tuple[tuple[str, str], ...] = ()
    self_ns: float = 1000
    half_step: float = 0

    @property
    def ns(self) -> float:
        return self.self_ns + sum(child.ns for child in self.children if not isnan(child.ns))


def columns_of(runs: Sequence[Sequence[Tree]]) -> SpanColumns:
    """The spans of these runs (each the roots of one), numbered from 1."""
    rows: list[tuple[int, int, int, Tree]] = []
    waiting: list[tuple[int, int, int, Tree]] = []
    for run, roots in enumerate(runs, start=1):
        waiting = _numbered(run, -1, roots)
        while waiting:
            row = waiting.pop()
            rows.append(row)
            waiting += _numbered(run, len(rows) - 1, row[3].children)
    trees = [tree for *_, tree in rows]
    ns = np.array([tree.ns for tree in trees], dtype=np.float64)
    half = np.array([tree.half_step for tree in trees], dtype=np.float64)
    return SpanColumns(
        runs=[run for run, *_ in rows],
        parents=[parent for _, parent, *_ in rows],
        names=[tree.name for tree in trees],
        occurrences=[occurrence for _, _, occurrence, _ in rows],
        fields=[tree.fields for tree in trees],
        ns=ns,
        lows=ns - half,
        highs=ns + half,
    )


def _numbered(run: int, parent: int, siblings: Sequence[Tree]) -> list[tuple[int, int, int, Tree]]:
    seen: Counter[str] = Counter()
    rows = []
    for tree in siblings:
        rows.append((run, parent, seen[tree.name], tree))
        seen[tree.name] += 1
    return rows[::-1]


def merged(*runs: Sequence[Tree]) -> MergedRuns:
    return merge_runs(columns_of(runs), range(1, len(runs) + 1))


def side(*runs: Sequence[Tree], stratum=one_stratum) -> SideSpans:
    return SideSpans(merged=merged(*runs), stratum=stratum)


def changed(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """The tree with every span changed, children first."""
    below = tuple(changed(child, change) for child in tree.children)
    return change(msgspec.structs.replace(tree, children=below))
