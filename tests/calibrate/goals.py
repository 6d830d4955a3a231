"""What the rule is wanted to do, held against what was measured."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from tests.calibrate.measuring import CHANGES, CellResult, Measured
from tests.calibrate.pooling import Group, extreme, groups, pooled
from tests.calibrate.rates import HARNESS, TOGETHER, Rate

MOST_ALARMS, LEAST_COVERAGE = 5.0, 95.0
H200 = "H200"
POWER = ((1, 0.10, 10, 95.0), (1, 0.05, 10, 85.0), (1, 0.05, 20, 95.0), (5, 0.10, 10, 90.0), (5, 0.05, 20, 95.0))
"""KPIs that share the error rate, change, runs a side, and in how many percent it must be called: on the H200."""

RateOf = Callable[[CellResult], Rate]


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One goal in the worst cell, sessions of a capture together, and in the worst session of any cell."""

    text: str
    is_met: bool
    together: Rate
    where: str
    session: Rate


def goals(measured: Sequence[Measured]) -> Iterator[Goal]:
    """All of them."""
    found = list(groups(measured))
    for together in TOGETHER:
        text = f"A/A, any of {together} gating KPIs called" if together > 1 else "A/A, the one gating KPI called"
        judged = [one for one in found if len(one.capture.gating) >= together]
        yield _at_most(text, judged, lambda cell, m=together: cell.unchanged.called[HARNESS, m])
    with_spans = [one for one in found if all(cell.spans for cell in one.cells)]
    yield _at_most("A/A, any span named, times with children", with_spans, lambda cell: cell.spans.inclusive)
    yield _at_most("A/A, any span named, own times", with_spans, lambda cell: cell.spans.own)
    for together, change, runs, percent in POWER:
        text = f"H200, m = {together}: +{100 * change:.0f} % called at n = {runs}"
        judged = [one for one in found if one.capture.name == H200 and one.runs == runs]
        yield _at_least(text, judged, lambda cell, m=together, x=change: cell.changed[x].right[HARNESS, m], percent)
    yield _at_least("intervals hold the true ratio, A/A", found, lambda cell: cell.unchanged.covered, LEAST_COVERAGE)
    for change in CHANGES:
        text = f"intervals hold the true ratio, +{100 * change:.0f} %"
        yield _at_least(text, found, lambda cell, x=change: cell.changed[x].covered[1], LEAST_COVERAGE)


def _at_most(text: str, found: Sequence[Group], rate_of: RateOf) -> Goal:
    return _goal(f"{text}: ≤ {MOST_ALARMS:.0f}", found, rate_of, MOST_ALARMS, is_upper=True)


def _at_least(text: str, found: Sequence[Group], rate_of: RateOf, percent: float) -> Goal:
    return _goal(f"{text}: ≥ {percent:.0f}", found, rate_of, percent, is_upper=False)


def _goal(text: str, found: Sequence[Group], rate_of: RateOf, bound: float, *, is_upper: bool) -> Goal:
    sign = 1 if is_upper else -1
    rates = [(pooled(one.cells, rate_of), one.name) for one in found]
    together, where = max(rates, key=lambda rate: sign * rate[0].percent)
    session = max(
        (extreme(one.cells, rate_of, highest=is_upper) for one in found), key=lambda rate: sign * rate.percent
    )
    is_met = sign * together.percent <= sign * bound
    return Goal(text=text, is_met=is_met, together=together, where=where, session=session)
