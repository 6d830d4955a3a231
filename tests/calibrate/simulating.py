"""Simulated sessions: what the rule for runs of two sessions calls once six or more are known, as in no capture.

What a session does to all its times is drawn first, then its runs; the times are printed as tracing prints them.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import product
from math import exp, sqrt
from random import Random

import msgspec

from harness.compare.sessions import Session as KnownSession
from harness.compare.verdict import Verdict, read_verdict
from tests.calibrate.across import KPI, interval_of, rate_called, verdict_across, what_is_known
from tests.calibrate.captures import Series
from tests.calibrate.draws import printed
from tests.calibrate.rates import DIRECTIONS, EFFECT_FLOOR, Rate

TRUE_MS = 500.0
SESSIONS_SD, RUNS_SD = 0.05, 0.03
"""Standard deviations of logarithms: of sessions' true times, and of the runs of one session."""

RUNS = 10
DAY_S = 24 * 3600.0
EVERY_S, GAP_S = DAY_S, 3 * DAY_S
"""The known sessions are taken one a day, base and head so far apart."""

KNOWN = (5, 6, 10, 20)
CHANGES = (0.10, 0.20)
DEGREES = 3


class Tail(StrEnum):
    """How the logarithms of sessions' true times are distributed; the standard deviation is the same."""

    NORMAL = "normal"
    HEAVY = f"Student's t, {DEGREES} degrees of freedom"


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """Comparisons of two sessions while `known` others are known.

    Of unchanged programs: called as if both sides were of one session, called by the rule. `right` by change: called
    `slower`.
    """

    tail: Tail
    known: int
    as_one: Rate
    by_rule: Rate
    right: dict[float, Rate]


def simulations(draws: int) -> Iterator[Simulated]:
    """Every tail with every number of known sessions, `draws` comparisons for each change and for none."""
    for tail, known in product(Tail, KNOWN):
        random = Random(f"sessions {tail.name} {known}")  # noqa: S311 (a simulation)
        yield _simulated(random, tail, known, draws)


def _simulated(random: Random, tail: Tail, known: int, draws: int) -> Simulated:
    unchanged = [_judged(random, tail, known, 1.0) for _ in range(draws)]
    return Simulated(
        tail=tail,
        known=known,
        as_one=rate_called([as_one for as_one, _ in unchanged]),
        by_rule=rate_called([across for _, across in unchanged]),
        right={change: _slower(random, tail, known, 1 + change, draws) for change in CHANGES},
    )


def _slower(random: Random, tail: Tail, known: int, factor: float, draws: int) -> Rate:
    verdicts = (_judged(random, tail, known, factor)[1] for _ in range(draws))
    return Rate(sum(DIRECTIONS.get(one) == 1 for one in verdicts), draws)


def _judged(random: Random, tail: Tail, known: int, factor: float) -> tuple[Verdict, Verdict]:
    """Two new sessions judged as one, and by the rule after so many others; `factor` multiplies the head's times."""
    interval = interval_of(_session(random, tail, 1.0), _session(random, tail, factor))
    others = [_known(number * EVERY_S, _session(random, tail, 1.0)) for number in range(known)]
    between = what_is_known(others, GAP_S, RUNS)
    return read_verdict(interval, EFFECT_FLOOR), verdict_across(interval, between)


def _known(started_s: float, runs: Series) -> KnownSession:
    return KnownSession(started_s=started_s, identity=KPI, values={KPI: tuple(one.value for one in runs)})


def _session(random: Random, tail: Tail, factor: float) -> Series:
    true_ms = TRUE_MS * factor * exp(SESSIONS_SD * standard(random, tail))
    return tuple(printed(true_ms * exp(random.gauss(0, RUNS_SD))) for _ in range(RUNS))


def standard(random: Random, tail: Tail) -> float:
    """A draw with mean 0 and standard deviation 1: Student's t has one of sqrt(degrees / (degrees - 2))."""
    normal = random.gauss(0, 1)
    if tail is Tail.NORMAL:
        return normal
    chi_squared = random.gammavariate(DEGREES / 2, 2)
    return normal / sqrt(chi_squared / DEGREES) / sqrt(DEGREES / (DEGREES - 2))
