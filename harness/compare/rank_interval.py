"""Interval of the ratio head/base from repeated runs, by ranks and inside rounds only.

Method: Hodges-Lehmann/Moses interval on the logarithms of the times (Hollander & Wolfe, Nonparametric Statistical
Methods, 4.1-4.3), stratified by round (van Elteren 1960), exact at every n from the convolved distributions of
Mann-Whitney's U. It assumes only that a change multiplies the times. Two widenings account for printed digits: half a
display step on every pairwise difference, and the hull of what the two medians can mean.
"""

from collections.abc import Callable, Sequence
from functools import cache
from math import ceil, exp, inf, isinf, log
from statistics import NormalDist, median

import msgspec

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
    """Runs of both sides that took turns."""

    base: Samples
    head: Samples


class RatioInterval(msgspec.Struct, frozen=True, kw_only=True):
    """The ratio of medians with its interval at error rate `alpha`; `low` and `high` are None where n is too small.

    `p` is the smallest error rate at which the interval excludes 1, from the very same computation, so the two can
    never contradict. `min_detectable` is the change (0.05 = 5 %) that would be called in about 8 of 10 repeats.
    """

    ratio: float
    low: float | None
    high: float | None
    p: float
    alpha: float
    min_detectable: float | None


@cache
def u_counts(base_runs: int, head_runs: int) -> tuple[int, ...]:
    """How many orders of so many runs give U = 0, 1, … base_runs·head_runs (the Gaussian binomial coefficients)."""
    top = base_runs * head_runs
    counts = [1] + [0] * top
    for i in range(1, head_runs + 1):
        for k in range(top, base_runs + i - 1, -1):
            counts[k] -= counts[k - base_runs - i]
        for k in range(i, top + 1):
            counts[k] += counts[k - i]
    return tuple(counts)


@cache
def u_distribution(sizes: tuple[tuple[int, int], ...]) -> tuple[float, ...]:
    """Probability of each sum of the rounds' U under 'no change'; `sizes` are (base runs, head runs)."""
    spread = [1.0]
    for base_runs, head_runs in sizes:
        counts = u_counts(base_runs, head_runs)
        orders = sum(counts)
        wider = [0.0] * (len(spread) + base_runs * head_runs)
        for i, chance in enumerate(spread):
            for j, count in enumerate(counts):
                wider[i + j] += chance * count / orders
        spread = wider
    return tuple(spread)


def boundary(sizes: tuple[tuple[int, int], ...], alpha: float) -> int:
    """The largest c with 2·P(U ≤ c) ≤ alpha, or -1 where even the most extreme order is too likely."""
    used, c = 0.0, -1
    for chance in u_distribution(sizes):
        used += 2 * chance
        if used > alpha * (1 + 1e-9):
            break
        c += 1
    return c


def is_decidable(rounds: Sequence[Round], alpha: float) -> bool:
    """Whether so many runs can exclude anything at error rate `alpha`."""
    return boundary(_sizes(rounds), alpha) >= 0


def ratio_interval(rounds: Sequence[Round], alpha: float) -> RatioInterval:
    """The interval at error rate `alpha`. Every round must have runs on both sides."""
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

    low, high = at(boundary(sizes, alpha))
    known = not isinf(low)
    return RatioInterval(
        ratio=median(head.values) / median(base.values),
        low=exp(low) if known else None,
        high=exp(high) if known else None,
        p=_smallest_excluding(sizes, at),
        alpha=alpha,
        min_detectable=exp((high - low) / 2 * _power_factor(alpha)) - 1 if known else None,
    )


def runs_to_settle(interval: RatioInterval, runs: int, floor_ratio: float) -> int:
    """Runs a side that would settle a change of the effect floor, in fives: planned for the floor, not the estimate."""
    if interval.low is None or interval.high is None:
        more = range(_RUNS_STEP * (runs // _RUNS_STEP + 1), _MOST_RUNS, _RUNS_STEP)
        return next(n for n in more if boundary(_fives(n), interval.alpha) >= 0)
    half_width = log(interval.high / interval.low) / 2
    needed = runs * (half_width * _power_factor(interval.alpha) / log(1 + floor_ratio)) ** 2
    return max(_RUNS_STEP * ceil(needed / _RUNS_STEP), runs + _RUNS_STEP)


def _sizes(rounds: Sequence[Round]) -> tuple[tuple[int, int], ...]:
    return tuple((len(one.base.values), len(one.head.values)) for one in rounds)


def _fives(runs: int) -> tuple[tuple[int, int], ...]:
    return ((_RUNS_STEP, _RUNS_STEP),) * (runs // _RUNS_STEP)


def _power_factor(alpha: float) -> float:
    return 1 + _POWER_80_Z / NormalDist().inv_cdf(1 - alpha / 2)


def _smallest_excluding(sizes: tuple[tuple[int, int], ...], at: Callable[[int], tuple[float, float]]) -> float:
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
