"""What must be known of a tracing-forest time before it is used.

When a span closes, forest lifts its total to the sum of its children's totals. Children that ran in parallel so give
their parent a time that no clock showed. In the text such a parent has no time of its own left and is as long as its
children together; a parent that only calls its children one after the other can look the same, so it is a doubt.
"""

import numpy as np
import numpy.typing as npt

from harness.formats.byte_slices import Ints
from harness.formats.forest_lines import Rows
from harness.formats.forest_tree import Placed
from harness.spans.model import NOT_WALL_TIME, NOT_WALL_TIME_UNKNOWN

Times = npt.NDArray[np.float64]

NOTES = (NOT_WALL_TIME, NOT_WALL_TIME_UNKNOWN)


def notes(rows: Rows, placed: Placed) -> Ints:
    """For each kept row the number of its note in NOTES, -1 for none."""
    kept = placed.kept
    found = np.full(len(kept), -1, np.int64)
    suspects = np.flatnonzero(rows.has_self_pct[kept] & (rows.self_pct[kept] == 0.0))
    if len(suspects):
        low, high, count = _children(rows, placed, suspects)
        own = _bounds(rows, kept[suspects])
        fits = (low[suspects] <= own[:, 1]) & (own[:, 0] <= high[suspects]) & (count[suspects] > 1)
        found[suspects[fits]] = 0
        found[np.intersect1d(suspects, placed.still_open)] = 1
    return found


def _children(rows: Rows, placed: Placed, parents: Ints) -> tuple[Times, Times, Ints]:
    """For each kept row that is such a parent the least and the most its child spans take together, and their count."""
    count = len(placed.kept)
    wanted = np.zeros(count + 1, np.bool_)  # the last one is for rows without a parent, which have -1
    wanted[parents] = True
    spans = np.flatnonzero(wanted[placed.parent] & rows.is_span[placed.kept])
    parent, times = placed.parent[spans], _bounds(rows, placed.kept[spans])
    low: Times = np.bincount(parent, weights=times[:, 0], minlength=count).astype(np.float64)
    high: Times = np.bincount(parent, weights=times[:, 1], minlength=count).astype(np.float64)
    return low, high, np.bincount(parent, minlength=count).astype(np.int64)


def _bounds(rows: Rows, which: Ints) -> Times:
    """The least and the most that the durations of some rows can be."""
    return rows.durations.columns[rows.duration[which], 1:].astype(np.float64)
