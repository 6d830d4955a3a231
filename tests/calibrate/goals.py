"""What the rule is wanted to do, held against what was measured."""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from math import sqrt
from statistics import fmean, stdev

import msgspec

from tests.calibrate.measuring import CHANGES, CellResult, Measured
from tests.calibrate.pooling import Group, extreme, groups, pooled
from tests.calibrate.rates import HARNESS, TOGETHER, Rate
from tests.calibrate.spinning import Spun
from tests.calibrate.spun_kinds import Kind, kinds

MOST_ALARMS, LEAST_COVERAGE = 5.0, 95.0
LEAST_NAMED, MOST_WRONG_NAMES = 95.0, 5.0
H200 = "H200"
POWER = ((1, 0.10, 10, 95.0), (1, 0.05, 10, 85.0), (1, 0.05, 20, 95.0), (5, 0.10, 10, 90.0), (5, 0.05, 20, 95.0))
"""KPIs that share the error rate, change, runs a side, and in how many percent it must be called: on the H200."""

RateOf = Callable[[CellResult], Rate]


class Standing(StrEnum):
    """Whether a goal is met, as far as so many comparisons can tell."""

    MET = "met"
    CANNOT_TELL = "cannot tell"
    MISSED = "**missed**"


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One goal: a percentage in the worst cell, sessions of a capture together, and in the worst session of any cell.

    End to end: of all comparisons, and of the worst kind of them.
    """

    text: str
    standing: Standing
    together_percent: float
    where: str
    worst_percent: float


def goals(measured: Sequence[Measured]) -> Iterator[Goal]:
    """Those of comparisons drawn from captures."""
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
    standing = Standing.MET if sign * together.percent <= sign * bound else Standing.MISSED
    return Goal(
        text=text,
        standing=standing,
        together_percent=together.percent,
        where=where,
        worst_percent=session.percent,
    )


def end_to_end_goals(spun: Sequence[Spun]) -> Iterator[Goal]:
    """Those of real comparisons: what moved is named, and of all names only so many are wrong.

    What Benjamini-Hochberg bounds is the share of the names that is wrong, averaged over comparisons, so that counts.
    """
    found = list(kinds(spun))
    touched = [one for one in found if one.span]
    named = Rate(sum(one.named.hits for one in touched), sum(one.named.trials for one in touched))
    yield Goal(
        text=f"end to end: the span made longer is named: ≥ {LEAST_NAMED:.0f}",
        standing=Standing.MET if named.percent >= LEAST_NAMED else Standing.MISSED,
        together_percent=named.percent,
        where=_of_comparisons(named),
        worst_percent=min(one.named.percent for one in touched),
    )
    alone = Rate(sum(not one.others for one in spun), len(spun))
    shares = [100 * one.wrong_share for one in spun]
    wrong_percent = fmean(shares)
    yield Goal(
        text=f"end to end: no other span is named: wrong names ≤ {MOST_WRONG_NAMES:.0f}",
        standing=_at_most_as_far_as_known(wrong_percent, stdev(shares) / sqrt(len(shares)), MOST_WRONG_NAMES),
        together_percent=wrong_percent,
        where=_of_comparisons(alone),
        worst_percent=max(map(_wrong_percent, found)),
    )


def _at_most_as_far_as_known(percent: float, error_percent: float, bound: float) -> Standing:
    """Missed only where two standard errors say so: these are few comparisons, unlike those drawn from captures."""
    if percent <= bound:
        return Standing.MET
    return Standing.CANNOT_TELL if percent - 2 * error_percent <= bound else Standing.MISSED


def _of_comparisons(rate: Rate) -> str:
    return f"{rate.hits} of {rate.trials} comparisons"


def _wrong_percent(kind: Kind) -> float:
    return 100 * fmean(one.wrong_share for one in kind.comparisons)
