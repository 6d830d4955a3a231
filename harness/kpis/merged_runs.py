"""The runs of one side as one tree: every span once, its times and self times with a column a run.

Made for trees of ten thousand spans, so in columns; `kpis/tree.py` says what makes two spans of two runs the same.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Fields = tuple[tuple[str, str], ...]
Matrix = npt.NDArray[np.float64]
"""Spans by runs, in ns; NaN where a run does not have the span, or never ended it."""

_ROOT = -1


class SpanColumns(msgspec.Struct, frozen=True, kw_only=True):
    """The spans of some runs, a list a column, in pre-order within each run.

    `parents` are row numbers, -1 for a root; times are in ns, NaN where the span never ended.
    """

    runs: Sequence[int]
    parents: Sequence[int]
    names: Sequence[str]
    occurrences: Sequence[int]
    fields: Sequence[Fields]
    ns: npt.NDArray[np.float64]
    lows: npt.NDArray[np.float64]
    highs: npt.NDArray[np.float64]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A tree without its times. Spans are numbers; a parent's is smaller than its children's.

    `fields` are those that all runs have in common. `children` are in the order of the first run that has them.
    """

    names: tuple[str, ...]
    fields: tuple[Fields, ...]
    parents: tuple[int, ...]
    children: tuple[tuple[int, ...], ...]
    roots: tuple[int, ...]


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, and the least and the most that the printed text can mean."""

    values: Matrix
    lows: Matrix
    highs: Matrix

    def of(self, spans: npt.NDArray[np.intp], runs: Sequence[int]) -> "Times":
        """The times of some spans in some runs, by position."""
        chosen = np.ix_(spans, np.asarray(runs, dtype=np.intp))
        return Times(values=self.values[chosen], lows=self.lows[chosen], highs=self.highs[chosen])


class Medians(msgspec.Struct, frozen=True, kw_only=True):
    """One number a span: its median (NaN for none), the runs in which it is known, the median's display step."""

    ns: npt.NDArray[np.float64]
    counts: npt.NDArray[np.intp]
    steps_ns: npt.NDArray[np.float64]


class MergedRuns(msgspec.Struct, frozen=True, kw_only=True):
    """All runs as one tree; `runs` are the numbers of the columns."""

    runs: tuple[int, ...]
    shape: Shape
    times: Times
    self_times: Times


def merge_runs(columns: SpanColumns, runs: Sequence[int]) -> MergedRuns:
    """The tree of these runs. Every run in `columns` must be one of `runs`; one that has no span has no time either."""
    spans, shape = _shape(columns)
    column_of = {number: column for column, number in enumerate(runs)}
    size = (len(shape.names), len(runs))
    cells = (np.asarray(spans, dtype=np.intp), np.asarray([column_of[run] for run in columns.runs], dtype=np.intp))
    seen = np.zeros(size, dtype=bool)
    seen[cells] = True
    values, lows, highs = (_placed(size, cells, ns) for ns in (columns.ns, columns.lows, columns.highs))
    times = Times(values=values, lows=lows, highs=highs)
    return MergedRuns(runs=tuple(runs), shape=shape, times=times, self_times=_self_times(times, seen, shape.parents))


def _shape(columns: SpanColumns) -> tuple[list[int], Shape]:
    """The span of every row, and the tree that they make."""
    known: dict[tuple[int, str, int], int] = {}
    spans: list[int] = []
    fields: list[Fields] = []
    rows = zip(columns.parents, columns.names, columns.occurrences, columns.fields, strict=True)
    for parent, name, occurrence, stated in rows:
        key = (spans[parent] if parent >= 0 else _ROOT, name, occurrence)
        span = known.setdefault(key, len(fields))
        spans.append(span)
        if span == len(fields):
            fields.append(stated)
        elif fields[span] != stated:
            fields[span] = tuple(pair for pair in fields[span] if pair in stated)
    children: list[list[int]] = [[] for _ in fields]
    for span, (parent, _, _) in enumerate(known):
        if parent != _ROOT:
            children[parent].append(span)
    return spans, Shape(
        names=tuple(name for _, name, _ in known),
        fields=tuple(fields),
        parents=tuple(parent for parent, _, _ in known),
        children=tuple(map(tuple, children)),
        roots=tuple(span for span, (parent, _, _) in enumerate(known) if parent == _ROOT),
    )


def _placed(size: tuple[int, int], cells: tuple[Any, Any], ns: npt.NDArray[np.float64]) -> Matrix:
    matrix = np.full(size, np.nan)
    matrix[cells] = ns
    return matrix


def _self_times(times: Times, seen: npt.NDArray[np.bool_], parents: Sequence[int]) -> Times:
    """Each span less its children, run by run; not known in a run in which a child never ended."""
    above = np.asarray(parents, dtype=np.intp)
    inner = above >= 0

    def children(matrix: Matrix) -> Matrix:
        total = np.zeros_like(matrix)
        np.add.at(total, above[inner], np.where(seen, matrix, 0.0)[inner])
        return total

    return Times(
        values=times.values - children(times.values),
        lows=times.lows - children(times.highs),
        highs=times.highs - children(times.lows),
    )


def medians_of(times: Times) -> Medians:
    """The median of every span over the runs that know it; the step is that of the run nearest to it."""
    values = times.values
    spans, runs = values.shape
    if not values.size:
        return Medians(ns=np.full(spans, np.nan), counts=np.zeros(spans, dtype=np.intp), steps_ns=np.zeros(spans))
    counts = np.count_nonzero(~np.isnan(values), axis=1)
    ordered = np.sort(values, axis=1)  # what is not known comes last
    row, last = np.arange(spans), np.maximum(counts - 1, 0)
    middle = (ordered[row, last // 2] + ordered[row, np.minimum((last + 1) // 2, runs - 1)]) / 2
    distances = np.abs(values - middle[:, None])
    nearest = np.argmin(np.where(np.isnan(distances), np.inf, distances), axis=1)
    steps = times.highs[row, nearest] - times.lows[row, nearest]
    return Medians(ns=middle, counts=counts, steps_ns=np.where(counts > 0, steps, 0.0))
