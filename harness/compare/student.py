"""Student's t distribution for whole degrees of freedom, from its finite series (Abramowitz & Stegun, 26.7.3-26.7.4).

Written out because scipy would take longer to load than a stored comparison may take as a whole.
"""

from functools import cache
from math import atan2, cos, pi, sin, sqrt, tan

_HALVINGS = 100


def two_sided_p(t: float, degrees: int) -> float:
    """The chance that |T| is at least `t` (0 or more), within 1e-13 of it."""
    return 1 - _within(atan2(t, sqrt(degrees)), degrees)


@cache
def quantile(alpha: float, degrees: int) -> float:
    """The t that |T| exceeds with chance `alpha`, 0 < alpha < 1; exact to nine digits for an alpha of 1e-6 or more."""
    low, high = 0.0, pi / 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _within(middle, degrees) < 1 - alpha:
            low = middle
        else:
            high = middle
    return sqrt(degrees) * tan(low)


def _within(angle: float, degrees: int) -> float:
    """The chance that |T| is below sqrt(degrees)·tan(angle)."""
    odd = degrees % 2
    square = cos(angle) ** 2
    term = cos(angle) if odd else 1.0
    total = 0.0
    for power in range(1 + odd, degrees, 2):
        total += term
        term *= square * power / (power + 1)
    chance = sin(angle) * total
    return 2 / pi * (angle + chance) if odd else chance
