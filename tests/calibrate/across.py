"""Runs of two sessions of one program: what judging them like runs of one session would say, and what the rule says."""

from collections.abc import Sequence
from itertools import combinations
from random import Random

import msgspec

from harness.compare.rank_interval import ratio_interval
from harness.compare.rounds import one_stratum, rounds_of
from harness.compare.sessions import SESSIONS_NEEDED, doubt, spread_of, widened
from harness.compare.sessions import Session as KnownSession
from harness.compare.verdict import Verdict, read_verdict
from tests.calibrate.captures import Capture, Series
from tests.calibrate.rates import DIRECTIONS, EFFECT_FLOOR, ERROR_RATE, Rate


class Across(msgspec.Struct, frozen=True, kw_only=True):
    """`naive`: called as if it were one session. `rule`: called; None where too few other sessions are known."""

    runs: int
    known: int
    naive: Rate
    rule: Rate | None


def across_sessions(capture: Capture, runs: int, draws: int) -> Across:
    """Every pair of sessions, `runs` consecutive runs of each; the rule knows all sessions but those two."""
    random = Random(f"across {capture.name} {runs}")  # noqa: S311 (a simulation)
    total = capture.gating[0]
    series = [one.kpis[total] for one in capture.sessions]
    known = len(series) - 2
    naive: list[Verdict] = []
    rule: list[Verdict] = []
    for first, second in combinations(range(len(series)), 2):
        others = [one for index, one in enumerate(series) if index not in {first, second}]
        for _ in range(draws):
            base, head = (_consecutive(random, series[one], runs) for one in (first, second))
            as_one, across = _judged(base, head, others)
            naive.append(as_one)
            rule.append(across)
    return Across(
        runs=runs,
        known=known,
        naive=_called(naive),
        rule=_called(rule) if known >= SESSIONS_NEEDED else None,
    )


def _consecutive(random: Random, series: Series, runs: int) -> Series:
    first = random.randrange(len(series) - runs + 1)
    return series[first : first + runs]


def _judged(base: Series, head: Series, others: Sequence[Series]) -> tuple[Verdict, Verdict]:
    rounds = rounds_of(dict(enumerate(base)), dict(enumerate(head)), one_stratum, one_stratum)
    interval = ratio_interval(rounds, ERROR_RATE)
    sessions = [
        KnownSession(started_s=float(number), identity="one", values={"total": tuple(one.value for one in series)})
        for number, series in enumerate(others)
    ]
    spread = spread_of(sessions, "total", runs=len(base))
    if doubt(spread, 0.0):
        return read_verdict(interval, EFFECT_FLOOR), Verdict.UNDECIDED
    return read_verdict(interval, EFFECT_FLOOR), read_verdict(widened(interval, spread), EFFECT_FLOOR)


def _called(verdicts: Sequence[Verdict]) -> Rate:
    return Rate(sum(one in DIRECTIONS for one in verdicts), len(verdicts))
