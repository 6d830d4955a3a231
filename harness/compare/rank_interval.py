"""Interval of the ratio head/base from repeated runs, by ranks and inside rounds only.

Method: Hodges-Lehmann/Moses interval on the logarithms of the times (Hollander & Wolfe, Nonparametric Statistical
Methods, 4.1-4.3), stratified by round (van Elteren 1960), exact at every n from the convolved distributions of
Mann-Whitney's U. It assumes only that a change multiplies the times. Two widenings account for printed digits: half a
display step on every pairwise difference, and the hull of what the two medians can mean.
"""

from collections.abc import Callable, Sequence
from itertools import groupby
from math import ceil, exp, inf, isinf, log
from statistics import NormalDist, median

import msgspec

from harness.compare.looks import look_boundary
from harness.compare.rank_sums import Sizes, boundary, u_distribution

_POWER_80_Z = 0.84
"""Standard normal quantile of 80 %: a change of the stated size is called in about 8 of 10 repeats."""

_RUNS_STEP = 5
_MOST_RUNS = 1000


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """One side of one KPI in one round: values with the bounds of what their printed text can mean, all > 0."""

    values: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of both sides that took turns without a pause. The parts of a round that a pause cut share its `number`."""

    base: Samples
    head: Samples
    number: int = 0


class RatioInterval(msgspec.Struct, frozen=True, kw_only=True):
    """The ratio of medians with its interval at error rate `alpha`; `low` and `high` are None where n is too small.

    `p` is the smallest error rate at which the interval of these runs, judged once, excludes 1: from the very same
    computation, so the two can never contradict. `min_detectable` is the change (0.05 = 5 %) that would be called in
    about 8 of 10 repeats.
    """

    ratio: float
    low: float | None
    high: float | None
    p: float
    alpha: float
    min_detectable: float | None


def is_decidable(rounds: Sequence[Round], alpha: float, looks: int = 1) -> bool:
    """Whether so many runs can exclude anything at error rate `alpha`."""
    return _cut(rounds, alpha, looks) >= 0


def ratio_interval(rounds: Sequence[Round], alpha: float, looks: int = 1) -> RatioInterval:
    """The interval at error rate `alpha`. Every round must have runs on both sides.

    `looks` is how many times the runs were to be judged, once after each round; this is the latest of them.
    """
    sizes = _sizes(rounds)
    logs = sorted(log(head) - log(base) for one in rounds for base in one.base.values for head in one.head.values)
    base, head = _together([one.base for one in rounds]), _together([one.head for one in rounds])
    half_step = max(_half_step(base), _half_step(head))
    hull_low = _log(median(head.lows)) - _log(median(base.highs))
    hull_high = _log(median(head.highs)) - _log(median(base.lows))

    def at(c: int) -> tuple[float, float]:
        if c < 0 or isinf(hull_low) or isinf(hull_high):
            return -inf, inf
        return min(logs[c] - half_step, hull_low), max(logs[-1 - c] + half_step, hull_high)

    low, high = at(_cut(rounds, alpha, looks))
    known = not isinf(low)
    return RatioInterval(
        ratio=median(head.values) / median(base.values),
        low=exp(low) if known else None,
        high=exp(high) if known else None,
        p=_smallest_excluding(sizes, at),
        alpha=alpha,
        min_detectable=exp((high - low) / 2 * power_factor(alpha)) - 1 if known else None,
    )


def runs_to_settle(interval: RatioInterval, runs: int, floor_ratio: float) -> int:
    """Runs a side that would settle a change of the effect floor, in fives: planned for the floor, not the estimate.

    Where `runs` a side gave no interval at all, the number from which there is one.
    """
    if interval.low is None or interval.high is None:
        more = range(_RUNS_STEP * (runs // _RUNS_STEP + 1), _MOST_RUNS, _RUNS_STEP)
        return next(n for n in more if boundary(_fives(n), interval.alpha) >= 0)
    half_width = log(interval.high / interval.low) / 2
    needed = runs * (half_width * power_factor(interval.alpha) / log(1 + floor_ratio)) ** 2
    return max(1, ceil(needed / _RUNS_STEP)) * _RUNS_STEP


def power_factor(alpha: float) -> float:
    """How many half-widths of an interval at `alpha` a change has that is called in about 8 of 10 repeats."""
    return 1 + _POWER_80_Z / NormalDist().inv_cdf(1 - alpha / 2)


def _cut(rounds: Sequence[Round], alpha: float, looks: int) -> int:
    by_look = tuple(_sizes(tuple(strata)) for _, strata in groupby(rounds, key=lambda one: one.number))
    return look_boundary(by_look, alpha, looks)


def _sizes(rounds: Sequence[Round]) -> Sizes:
    return tuple((len(one.base.values), len(one.head.values)) for one in rounds)


def _fives(runs: int) -> Sizes:
    return ((_RUNS_STEP, _RUNS_STEP),) * (runs // _RUNS_STEP)


def _smallest_excluding(sizes: Sizes, at: Callable[[int], tuple[float, float]]) -> float:
    used = 0.0
    chances = u_distribution(sizes)
    for c in range((len(chances) - 1) // 2):
        used += 2 * chances[c]
        low, high = at(c)
        if low > 0 or high < 0:
            return min(1.0, used)
    return 1.0


def _together(sides: Sequence[Samples]) -> Samples:
    return Samples(
        values=tuple(value for side in sides for value in side.values),
        lows=tuple(low for side in sides for low in side.lows),
        highs=tuple(high for side in sides for high in side.highs),
    )


def _half_step(side: Samples) -> float:
    """Half a display step at the median, relative to it."""
    middle = median(side.values)
    nearest = min(range(len(side.values)), key=lambda i: abs(side.values[i] - middle))
    return (side.highs[nearest] - side.lows[nearest]) / 2 / middle


def _log(value: float) -> float:
    return log(value) if value > 0 else -inf
