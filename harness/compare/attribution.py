"""Many spans judged at once: how strict each must be judged so that the list of those that are named can be trusted.

Benjamini & Hochberg (1995) choose; the intervals are drawn at the level that this choice implies (Benjamini &
Yekutieli, JASA 100:71, 2005), so a verdict and its interval cannot contradict each other.
"""

from collections.abc import Sequence
from math import comb

_MOST_RUNS = 100


def selected_level(p_values: Sequence[float], error_rate: float) -> float:
    """The error rate of each interval: Benjamini-Hochberg's cut, or the strictest where nothing passes."""
    tests = len(p_values)
    passing = [rank for rank, p in enumerate(sorted(p_values), start=1) if p <= rank * error_rate / tests]
    return max(passing, default=1) * error_rate / max(tests, 1)


def runs_to_name(tests: int, error_rate: float) -> int:
    """Runs a side from which one lone moved span among `tests` can be named, taken as one round."""
    enough = (n for n in range(2, _MOST_RUNS) if 2 / comb(2 * n, n) <= error_rate / max(tests, 1))
    return next(enough, _MOST_RUNS)
