"""Runs of two sessions of one program: what judging them like runs of one session would say, and what the rule says."""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from random import Random

import msgspec

from harness.compare.rank_interval import RatioInterval, ratio_interval
from harness.compare.rounds import one_stratum, rounds_of
from harness.compare.sessions import Between, spread_of
from harness.compare.sessions import Session as KnownSession
from harness.compare.verdict import Verdict, read_verdict
from tests.calibrate.captures import Capture, Series, Session
from tests.calibrate.rates import DIRECTIONS, EFFECT_FLOOR, ERROR_RATE, Rate

BENCHMARK, KPI = "any", "total"


class Across(msgspec.Struct, frozen=True, kw_only=True):
    """Comparisons of sessions of one program.

    `known`: other sessions. `as_one`: called as if both sides were of one session. `by_rule`: called, of those that the
    rule judges at all; None where it judges none.
    """

    runs: int
    known: int
    as_one: Rate
    by_rule: Rate | None


def across_sessions(capture: Capture, runs: int, draws: int) -> Across:
    """Every pair of sessions, `runs` consecutive runs of each; the rule knows all sessions but those two.

    No two runs of the same places twice: at most `draws` comparisons a pair, fewer where there are no more.
    """
    random = Random(f"across {capture.name} {runs}")  # noqa: S311 (a simulation)
    total = capture.gating[0]
    as_one: list[Verdict] = []
    by_rule: list[Verdict] = []
    for places in combinations(range(len(capture.sessions)), 2):
        pair = [capture.sessions[place] for place in places]
        others = [one for place, one in enumerate(capture.sessions) if place not in places]
        between = _between(pair, others, total, runs)
        for base, head in _windows(random, *(one.kpis[total] for one in pair), runs, draws):
            interval = interval_of(base, head)
            as_one.append(read_verdict(interval, EFFECT_FLOOR))
            if not between.doubt(BENCHMARK, KPI):
                by_rule.append(verdict_across(interval, between))
    return Across(
        runs=runs,
        known=len(capture.sessions) - 2,
        as_one=rate_called(as_one),
        by_rule=rate_called(by_rule) if by_rule else None,
    )


def _between(pair: Sequence[Session], others: Sequence[Session], total: str, runs: int) -> Between:
    """What the others say of the two, by the times at which all were taken."""
    known = [
        KnownSession(
            started_s=one.started_s, identity=KPI, values={KPI: tuple(sample.value for sample in one.kpis[total])}
        )
        for one in others
    ]
    base, head = pair
    return what_is_known(known, abs(head.started_s - base.started_s), runs)


def _windows(random: Random, base: Series, head: Series, runs: int, draws: int) -> Iterator[tuple[Series, Series]]:
    places = list(product(range(len(base) - runs + 1), range(len(head) - runs + 1)))
    for first, second in random.sample(places, min(draws, len(places))):
        yield base[first : first + runs], head[second : second + runs]


def what_is_known(sessions: Sequence[KnownSession], gap_s: float, runs: int) -> Between:
    """As a comparison of two recordings, taken `gap_s` seconds apart, learns it of their only KPI."""
    return Between(gap_s=gap_s, spreads={(BENCHMARK, KPI): spread_of(sessions, KPI, runs=runs, gap_s=gap_s)})


def interval_of(base: Series, head: Series) -> RatioInterval:
    """As of runs of one session that did not take turns."""
    rounds = rounds_of(dict(enumerate(base)), dict(enumerate(head)), one_stratum, one_stratum)
    return ratio_interval(rounds, ERROR_RATE)


def verdict_across(interval: RatioInterval, between: Between) -> Verdict:
    """What a comparison says of runs of two sessions."""
    if between.doubt(BENCHMARK, KPI):
        return Verdict.UNDECIDED
    return read_verdict(between.widened(BENCHMARK, KPI, interval), EFFECT_FLOOR)


def rate_called(verdicts: Sequence[Verdict]) -> Rate:
    """How many of them say `slower` or `faster`."""
    return Rate(sum(one in DIRECTIONS for one in verdicts), len(verdicts))
