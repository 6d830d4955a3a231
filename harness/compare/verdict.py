"""From an interval to a word, and from the gating words to one.

The verdict is read off the interval and nothing else.
"""

from collections.abc import Iterable
from enum import StrEnum

from harness.compare.rank_interval import RatioInterval


class Verdict(StrEnum):
    """What is said of one KPI, and of a comparison as a whole."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"
    UNDECIDED = "undecided"
    MISSING = "missing"
    NEW = "new"


class Gate(StrEnum):
    """What `compare --gate` tells a script."""

    PASSED = "passed"
    REGRESSION = "regression"
    CANNOT_TELL = "cannot tell"


_WORST_FIRST = (Verdict.SLOWER, Verdict.UNDECIDED, Verdict.MISSING, Verdict.FASTER, Verdict.NEW, Verdict.SAME)


def read_verdict(interval: RatioInterval, effect_floor_ratio: float) -> Verdict:
    """`same` where the whole interval lies inside the effect floor, else a direction where it excludes 1."""
    if interval.low is None or interval.high is None:
        return Verdict.UNDECIDED
    if interval.low >= 1 / (1 + effect_floor_ratio) and interval.high <= 1 + effect_floor_ratio:
        return Verdict.SAME
    if interval.high < 1:
        return Verdict.FASTER
    return Verdict.SLOWER if interval.low > 1 else Verdict.UNDECIDED


def overall(gating: Iterable[Verdict]) -> Verdict:
    """The worst of the gating verdicts; undecided where nothing gates."""
    found = set(gating)
    return next((verdict for verdict in _WORST_FIRST if verdict in found), Verdict.UNDECIDED)


def gate(gating: Iterable[tuple[Verdict, float | None]], gate_ratio: float) -> Gate:
    """Passed only when every gating KPI is *shown* not to be slower by more than `gate_ratio`.

    Takes each gating KPI's verdict and the upper end of its interval (None where there is none).
    """
    known = list(gating)
    if any(verdict is Verdict.SLOWER for verdict, _ in known):
        return Gate.REGRESSION
    shown = [verdict is Verdict.SAME or (high is not None and high <= 1 + gate_ratio) for verdict, high in known]
    return Gate.PASSED if shown and all(shown) else Gate.CANNOT_TELL
