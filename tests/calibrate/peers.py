"""What other tools would say of the same samples, written anew from their published rules.

- benchstat (golang.org/x/perf/benchmath): Mann-Whitney's U-test, exact with ties as midranks, p < 0.05.
- pyperf (`compare_to`): two-sided t-test of the means with pooled variance at 95 %, its table ends at 30 degrees.
- asv (`asv compare`, `asv continuous`): U-test with ties broken the least significant way, p < 0.002; where no p can be
  so small (five runs a side), the 99 % intervals of the two medians must not overlap. Then the medians must differ by a
  factor of 1.1.
- a threshold: the medians differ by more than 5 %.

Each answers 1 for slower, -1 for faster, 0 for neither, and takes no account of how many KPIs are judged.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from math import comb, inf, sqrt
from statistics import fmean, median

import numpy as np
from scipy.stats import rankdata, t

from harness.compare.rank_sums import u_counts

Times = Sequence[float]
Rule = Callable[[Times, Times], int]

BENCHSTAT_P = 0.05
CLEARLY_NOT, CLEARLY = 1.6, 2.4
"""Standard deviations of U between which p is worked out."""

PYPERF_LEVEL, PYPERF_MOST_DEGREES = 0.975, 30
ASV_P, ASV_FACTOR, ASV_TAIL = 0.002, 1.1, 0.01 / 2
THRESHOLD = 0.05


def benchstat(base: Times, head: Times) -> int:
    """The U-test that takes equal times for ties. Far from p = 0.05 the normal approximation says it as well."""
    excess = _excess(base, head)
    deviation = abs(excess) / 2 / (_u_deviation(base, head) or inf)
    if CLEARLY_NOT < deviation < CLEARLY:
        return _direction(midrank_p(base, head) < BENCHSTAT_P, excess)
    return _direction(deviation >= CLEARLY, excess)


def midrank_p(base: Times, head: Times) -> float:
    """Two-sided, over all ways to deal the same times to two sides of these sizes."""
    twice = np.rint(2 * rankdata([*base, *head])).astype(int)
    seen = int(twice[len(base) :].sum())
    extreme = min(seen, len(head) * (len(twice) + 1) * 2 - seen)
    ways = np.zeros((len(head) + 1, extreme + 1))
    ways[0, 0] = 1
    for rank in twice[twice <= extreme]:
        ways[1:, rank:] += ways[:-1, : extreme + 1 - rank].copy()
    return min(1.0, 2 * float(ways[-1].sum()) / comb(len(twice), len(head)))


def _excess(base: Times, head: Times) -> int:
    """In how many pairs head is above base, less those in which it is below."""
    ordered = sorted(base)
    return sum(bisect_left(ordered, one) + bisect_right(ordered, one) - len(ordered) for one in head)


def _u_deviation(base: Times, head: Times) -> float:
    """Standard deviation of U with ties."""
    together = len(base) + len(head)
    ties = sum(count**3 - count for count in Counter((*base, *head)).values())
    return sqrt(len(base) * len(head) / 12 * (together + 1 - ties / (together * (together - 1))))


def pyperf(base: Times, head: Times) -> int:
    """Student's t-test of the means."""
    runs, before, after = len(base), fmean(base), fmean(head)
    squares = sum((one - before) ** 2 for one in base) + sum((one - after) ** 2 for one in head)
    error = sqrt(2 * squares / (2 * runs - 2) / runs)
    if error == 0:
        return _direction(before != after, after - before)
    return _direction(abs(after - before) / error >= _critical(2 * runs - 2), after - before)


@cache
def _critical(degrees: int) -> float:
    return round(float(t.ppf(PYPERF_LEVEL, min(degrees, PYPERF_MOST_DEGREES))), 3)


def asv(base: Times, head: Times) -> int:
    """Different by the test, and the medians by the factor."""
    ratio = median(head) / median(base)
    if 1 / ASV_FACTOR <= ratio <= ASV_FACTOR:
        return 0
    if 1 / comb(len(base) + len(head), len(base)) < ASV_P:
        return _direction(cautious_p(base, head) < ASV_P, ratio - 1)
    (low, high), (head_low, head_high) = median_interval(base), median_interval(head)
    return _direction(high < head_low or head_high < low, ratio - 1)


def cautious_p(base: Times, head: Times) -> float:
    """Two-sided p of the U-test; equal times count as whatever makes the sides look most alike."""
    ordered, pairs = sorted(base), len(base) * len(head)
    below = sum(len(ordered) - bisect_right(ordered, one) for one in head)
    above = sum(bisect_left(ordered, one) for one in head)
    nearest = min(max(pairs // 2, below), pairs - above)
    chances = u_counts(len(base), len(head))
    return min(1.0, 2 * sum(chances[: min(nearest, pairs - nearest) + 1]) / comb(len(base) + len(head), len(base)))


def median_interval(times: Times) -> tuple[float, float]:
    """asv's 99 % interval where order statistics give none: a posterior for exponential noise, the range if wider."""
    ordered = sorted(times)
    low = laplace_quantile(ordered, ASV_TAIL)
    high = -laplace_quantile([-one for one in reversed(ordered)], ASV_TAIL)
    return min(low, ordered[0]), max(high, ordered[-1])


def laplace_quantile(ordered: Times, chance: float) -> float:
    """Quantile of a location whose density is the sum of distances to the n times, to the power of -n.

    Piece by piece between the times, where that sum is a straight line.
    """
    runs, power = len(ordered), 1 - len(ordered)
    spread = sum(abs(one - median(ordered)) for one in ordered)
    if spread == 0:
        return median(ordered)
    places = [(one - median(ordered)) / spread for one in ordered]
    ends = [-inf, *places, inf]
    masses = [_mass(places, left, right, power) for left, right in pairwise(ends)]
    wanted = chance * sum(masses)
    for below, (left, mass) in enumerate(zip(ends, masses, strict=False)):
        if wanted > mass:
            wanted -= mass
            continue
        slope, level = 2 * below - runs, sum(places[below:]) - sum(places[:below])
        if slope == 0:
            return median(ordered) + spread * (left + wanted * level**runs)
        start = 0.0 if left == -inf else (slope * left + level) ** power
        return median(ordered) + spread * ((start + wanted * slope * power) ** (1 / power) - level) / slope
    return inf


def _mass(places: Times, left: float, right: float, power: int) -> float:
    """The unscaled chance of lying between two neighbouring times."""
    below = sum(1 for one in places if one <= left)
    slope, level = 2 * below - len(places), sum(places[below:]) - sum(places[:below])
    if slope == 0:
        return (right - left) / level ** len(places)
    at = [0.0 if abs(end) == inf else (slope * end + level) ** power for end in (left, right)]
    return (at[1] - at[0]) / (slope * power)


def threshold(base: Times, head: Times) -> int:
    """No statistics at all."""
    change = median(head) / median(base) - 1
    return _direction(abs(change) > THRESHOLD, change)


def _direction(is_called: bool, change: float) -> int:
    return (change > 0) - (change < 0) if is_called else 0


PEERS: dict[str, Rule] = {"benchstat": benchstat, "pyperf": pyperf, "asv": asv, "±5 %": threshold}
