"""Where the time went: both span trees of a benchmark aligned, and for each tree a sum that adds up.

Times are in ns, medians over the runs of a side, so they are whole or half numbers and their sums are exact.
"""

from enum import StrEnum

import msgspec

from harness.compare.counters import CounterComparison
from harness.compare.verdict import Verdict


class Kind(StrEnum):
    """How a span of one side was found on the other. A span that went to another tree is gone there and new here."""

    MATCHED = "matched"
    RENAMED = "renamed"
    MOVED = "moved"
    NEW = "new"
    GONE = "gone"


class SpanTime(msgspec.Struct, frozen=True, kw_only=True):
    """The median of a span over the `n` runs in which it is known; `step_ns` is what the printed digits resolve."""

    median_ns: float
    n: int
    step_ns: float


_NO_TIME = SpanTime(median_ns=0, n=0, step_ns=0)


class SpanSide(msgspec.Struct, frozen=True, kw_only=True):
    """A span on one side.

    `path` holds the names from the root down; of several siblings of one name their number follows: `round[3]`.
    `fields` are those that all runs have in common. A time is None where the span never ended. Self time is the span
    less its children, run by run: 0 or below where these ran in parallel, or by rounding.
    """

    path: tuple[str, ...]
    name: str
    fields: tuple[tuple[str, str], ...]
    time: SpanTime | None
    self_time: SpanTime | None


class SpanRow(msgspec.Struct, frozen=True, kw_only=True):
    """One span of the aligned trees.

    Ratio, interval and verdict are of the self time, which alone says where a change happened: what encloses a slower
    span takes longer, too. `verdict` is None where the span was not judged; `reason` then says why, if it is this
    span's own matter.
    """

    kind: Kind
    depth: int
    base: SpanSide | None
    head: SpanSide | None
    ratio_low: float | None = None
    ratio_high: float | None = None
    verdict: Verdict | None = None
    reason: str = ""

    @property
    def shown(self) -> SpanSide:
        """The span on the head side, on the base side where it is gone."""
        side = self.head or self.base
        if side is None:
            raise ValueError("a row without a span")
        return side

    @property
    def ratio(self) -> float | None:
        """Head's self time by base's; None where it says nothing, for the same `reason` as no verdict does."""
        before, after = (side.self_time if side else None for side in (self.base, self.head))
        return after.median_ns / before.median_ns if before and after and not self.reason else None

    @property
    def delta_ns(self) -> float | None:
        """Head less base, where a side without the span is 0; None where it is there and never ended."""
        before, after = (side.time if side else _NO_TIME for side in (self.base, self.head))
        return after.median_ns - before.median_ns if before and after else None

    @property
    def delta_self_ns(self) -> float | None:
        """What the span adds to the sum: head less base, where a side without the span is 0.

        None where a side has the span and no run knows its self time: then neither side is in the sum.
        """
        before, after = (side.self_time if side else _NO_TIME for side in (self.base, self.head))
        return after.median_ns - before.median_ns if before and after else None


class RootExplanation(msgspec.Struct, frozen=True, kw_only=True):
    """One tree of a benchmark: Δroot = Σ Δself + residual, exactly.

    `explained_ns` is Σ Δself over the rows of this tree, its root's row and those below it: head's median self times
    less base's. A new or gone span counts with its whole self time.

    The residual exists because medians do not add: the run that is in the middle for the root need not be in the middle
    for its parts. Also because printed times are rounded, and because the median of a span that only some runs have is
    taken over these, though the others have nothing in its place; and because what has no self time on a side is in no
    sum. With one run a side of spans that ended it is 0.

    `coverage_ratio` is 1 - |residual| / |Δroot|, not below 0: the share of the root's change that the changes of the
    spans account for. None where the root did not change, or has no time on a side that has the tree.

    `row` is the root's row; `movers` are the rows of the tree whose self time changed, the largest change first.
    """

    row: int
    base: SpanTime | None
    head: SpanTime | None
    delta_ns: float | None
    explained_ns: float
    residual_ns: float | None
    coverage_ratio: float | None
    movers: tuple[int, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark explained, or in `absent` why it cannot be.

    `rows` are in head's pre-order, gone spans after the sibling they followed. `unjudged` says why no span at all was
    judged. `tests` spans were judged in the whole comparison; `runs_to_name` is from how many runs a side a lone one
    among them can be named, None where it can be.
    """

    benchmark: str
    base_runs: int = 0
    head_runs: int = 0
    rows: tuple[SpanRow, ...] = ()
    roots: tuple[RootExplanation, ...] = ()
    counters: tuple[CounterComparison, ...] = ()
    absent: str = ""
    unjudged: str = ""
    tests: int = 0
    runs_to_name: int | None = None
    notes: tuple[str, ...] = ()
