"""`rank_interval.ratio_interval` for thousands of spans at once: the same numbers, worked out in columns.

All spans must be known in every run and above 0 even at the least that their printed text can mean.
"""

from collections.abc import Callable, Sequence
from itertools import product

import msgspec
import numpy as np
import numpy.typing as npt

from harness.compare.rank_interval import RatioInterval, power_factor
from harness.compare.rank_sums import Sizes, boundary, u_distribution
from harness.compare.rounds import Stratum, runs_by_stratum
from harness.kpis.merged_runs import Matrix, Times, medians_of

Vector = npt.NDArray[np.float64]


class RoundPositions(msgspec.Struct, frozen=True, kw_only=True):
    """Which columns of both sides were taken in one round."""

    base: tuple[int, ...]
    head: tuple[int, ...]


class SpanSamples(msgspec.Struct, frozen=True, kw_only=True):
    """Many spans' times on both sides, a row a span; `rounds` say which runs are compared with which."""

    base: Times
    head: Times
    rounds: tuple[RoundPositions, ...]

    @property
    def sizes(self) -> Sizes:
        """Runs of both sides in each round."""
        return tuple((len(one.base), len(one.head)) for one in self.rounds)


def rounds_between(
    base_runs: Sequence[int],
    head_runs: Sequence[int],
    base_stratum: Callable[[int], Stratum],
    head_stratum: Callable[[int], Stratum],
) -> tuple[RoundPositions, ...]:
    """The rounds; their numbers are positions in `base_runs` and `head_runs`."""
    before, after = ({run: position for position, run in enumerate(runs)} for runs in (base_runs, head_runs))
    return tuple(
        RoundPositions(base=tuple(before[run] for run in base), head=tuple(after[run] for run in head))
        for _stratum, base, head in runs_by_stratum(base_runs, head_runs, base_stratum, head_stratum)
    )


def smallest_p(samples: SpanSamples) -> Vector:
    """For each span the smallest error rate at which its interval, judged once, excludes 1."""
    return _smallest_p(_Bounds(samples), samples.sizes)


def _smallest_p(bounds: "_Bounds", sizes: Sizes) -> Vector:
    smallest, used = np.ones(bounds.spans), 0.0
    open_spans = np.ones(bounds.spans, dtype=bool)
    chances = u_distribution(sizes)
    for c in range((len(chances) - 1) // 2):
        used += 2 * chances[c]
        low, high = bounds.at(c)
        excluded = open_spans & ((low > 0) | (high < 0))
        smallest[excluded] = min(1.0, used)
        open_spans &= ~excluded
    return smallest


def intervals(samples: SpanSamples, alpha: float) -> tuple[RatioInterval, ...]:
    """Each span's interval at error rate `alpha`, as `ratio_interval` would draw it."""
    bounds = _Bounds(samples)
    c = boundary(samples.sizes, alpha)
    p_values = _smallest_p(bounds, samples.sizes).tolist()
    ratios = bounds.ratios.tolist()
    if c < 0:
        return tuple(
            RatioInterval(ratio=ratio, low=None, high=None, p=p, alpha=alpha, min_detectable=None)
            for ratio, p in zip(ratios, p_values, strict=True)
        )
    low, high = bounds.at(c)
    detectable = np.expm1((high - low) / 2 * power_factor(alpha)).tolist()
    rows = zip(ratios, np.exp(low).tolist(), np.exp(high).tolist(), p_values, detectable, strict=True)
    return tuple(
        RatioInterval(ratio=ratio, low=below, high=above, p=p, alpha=alpha, min_detectable=change)
        for ratio, below, above, p, change in rows
    )


class _Bounds:
    """The ends of every span's interval on the log scale, by how many pairwise differences are cut off."""

    def __init__(self, samples: SpanSamples) -> None:
        base = _together(samples.base, [one.base for one in samples.rounds])
        head = _together(samples.head, [one.head for one in samples.rounds])
        self._logs = _pairwise_logs(samples)
        base_middle, head_middle = medians_of(base), medians_of(head)
        self._half_step = np.maximum(
            base_middle.steps_ns / 2 / base_middle.ns, head_middle.steps_ns / 2 / head_middle.ns
        )
        self._hull_low = np.log(np.median(head.lows, axis=1)) - np.log(np.median(base.highs, axis=1))
        self._hull_high = np.log(np.median(head.highs, axis=1)) - np.log(np.median(base.lows, axis=1))
        self.ratios = head_middle.ns / base_middle.ns
        self.spans = len(self.ratios)

    def at(self, c: int) -> tuple[Vector, Vector]:
        low = np.minimum(self._logs[:, c] - self._half_step, self._hull_low)
        return low, np.maximum(self._logs[:, -1 - c] + self._half_step, self._hull_high)


def _together(times: Times, rounds: Sequence[Sequence[int]]) -> Times:
    """The runs of one side that are in a round, round by round."""
    return times.of(np.arange(len(times.values)), [position for one in rounds for position in one])


def _pairwise_logs(samples: SpanSamples) -> Matrix:
    """The log ratio of every head run to every base run of its round, in order of size."""
    pairs = [pair for one in samples.rounds for pair in product(one.base, one.head)]
    base, head = (np.asarray(positions, dtype=np.intp) for positions in zip(*pairs, strict=True))
    logs = np.log(samples.head.values)[:, head] - np.log(samples.base.values)[:, base]
    return np.sort(logs, axis=1)
