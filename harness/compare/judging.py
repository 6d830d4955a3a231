"""Samples of all KPIs → intervals and verdicts, each at the error rate that its role allows.

The gating KPIs share the contract's error rate (Bonferroni), so the chance of any false call among them stays below it.
All others are attribution under Benjamini-Hochberg. Where several looks were planned, the gating KPIs spend their
share over them; the others are judged at the looks' equal share, which holds whenever the looking stops.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from harness.compare.attribution import selected_level
from harness.compare.kpi_comparison import KpiComparison, Paired, Role, absent, compared, unjudged
from harness.compare.rank_interval import RatioInterval, Round, is_decidable, ratio_interval, runs_to_settle
from harness.compare.rounds import ROUND_RUNS, Stratum, rounds_of, samples_of
from harness.compare.sessions import Between
from harness.compare.verdict import Verdict, read_verdict
from harness.kpis.contract import Contract
from harness.kpis.process import INSTRUCTIONS

ACROSS_SESSIONS = "across sessions"


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """How the runs of both sides came about.

    `base_stratum` and `head_stratum` say for a benchmark which of its runs belong together. `looks` is how many times
    they were to be judged. `between` is what is known of how sessions differ; None for runs that took turns. `gating`
    is how many KPIs share the error rate, None for those that are judged here.
    """

    base_stratum: Callable[[str], Callable[[int], Stratum]]
    head_stratum: Callable[[str], Callable[[int], Stratum]]
    looks: int = 1
    between: Between | None = None
    gating: int | None = None


class _Level(msgspec.Struct, frozen=True):
    """The error rate of one interval, and over how many looks it is spent."""

    error_rate: float
    looks: int


def judged(pairs: Sequence[Paired], contract: Contract, conditions: Conditions) -> list[KpiComparison]:
    """One answer a pair, in order."""
    rounds = {index: _rounds(pair, conditions) for index, pair in enumerate(pairs) if pair.on_both}
    doubts = {index: _doubt(pairs[index], found, conditions) for index, found in rounds.items()}
    levels = _levels(
        pairs, {index: found for index, found in rounds.items() if not doubts[index]}, contract, conditions
    )
    answers = []
    for index, pair in enumerate(pairs):
        if index in levels:
            answers.append(_judge(pair, rounds[index], levels[index], contract, conditions))
        else:
            answers.append(unjudged(pair, doubts[index]) if pair.on_both else absent(pair))
    return answers


def gating_pairs(pairs: Sequence[Paired]) -> int:
    """How many gating KPIs both sides have."""
    return sum(pair.on_both and pair.role is Role.GATE for pair in pairs)


def _rounds(pair: Paired, conditions: Conditions) -> tuple[Round, ...]:
    if pair.base is None or pair.head is None:
        return ()
    strata = conditions.base_stratum(pair.benchmark), conditions.head_stratum(pair.benchmark)
    return rounds_of(samples_of(pair.base), samples_of(pair.head), *strata)


def _doubt(pair: Paired, rounds: Sequence[Round], conditions: Conditions) -> str:
    """Why nothing can be judged here however many runs there were; empty where it can."""
    if not rounds:
        return "a value of 0, of which no ratio can be bounded"
    if pair.kpi == INSTRUCTIONS and 1 in _runs(rounds):
        return "one run a side, of its own: shown, not judged"
    if conditions.between is None:
        return ""
    return conditions.between.doubt(pair.benchmark, pair.kpi)


def _levels(
    pairs: Sequence[Paired], rounds: Mapping[int, Sequence[Round]], contract: Contract, conditions: Conditions
) -> dict[int, _Level]:
    gating = gating_pairs(pairs) if conditions.gating is None else conditions.gating
    others = [index for index in rounds if pairs[index].role is not Role.GATE]
    whole = _Level(contract.error_rate / conditions.looks, looks=1)
    found = [_interval(pairs[index], rounds[index], whole, conditions).p for index in others]
    selected = _Level(selected_level(found, whole.error_rate), looks=1)
    shared = _Level(contract.error_rate / max(gating, 1), looks=conditions.looks)
    return {index: selected if index in others else shared for index in rounds}


def _interval(pair: Paired, rounds: Sequence[Round], level: _Level, conditions: Conditions) -> RatioInterval:
    within = ratio_interval(rounds, level.error_rate, level.looks)
    if conditions.between is None:
        return within
    return conditions.between.widened(pair.benchmark, pair.kpi, within)


def _judge(
    pair: Paired, rounds: Sequence[Round], level: _Level, contract: Contract, conditions: Conditions
) -> KpiComparison:
    interval = _interval(pair, rounds, level, conditions)
    verdict = read_verdict(interval, contract.effect_floor_ratio)
    if interval.low is None and is_decidable(rounds, level.error_rate, level.looks):
        return compared(pair, interval, verdict, "the printed digits allow a time of 0, so no ratio can be bounded")
    if conditions.between is not None:
        told = ACROSS_SESSIONS if verdict is not Verdict.UNDECIDED else _undecided_across(interval)
        return compared(pair, interval, verdict, told)
    runs = min(_runs(rounds))
    enough = runs_to_settle(interval, runs, contract.effect_floor_ratio)
    reason = _undecided(interval, runs, enough) if verdict is Verdict.UNDECIDED else ""
    return compared(pair, interval, verdict, reason, enough)


def _undecided_across(interval: RatioInterval) -> str:
    change = f" a change of {interval.min_detectable * 100:.0f} % could be told," if interval.min_detectable else ""
    return f"{ACROSS_SESSIONS}:{change} no less; measured in turns, without --stored, it can be decided"


def _runs(rounds: Sequence[Round]) -> tuple[int, int]:
    return sum(len(one.base.values) for one in rounds), sum(len(one.head.values) for one in rounds)


def _undecided(interval: RatioInterval, runs: int, enough: int) -> str:
    """What would decide. An interval narrow enough for the floor can still hold both 1 and a change above the floor."""
    more = enough if enough > runs else (runs // ROUND_RUNS + 1) * ROUND_RUNS
    unbounded = "too few runs for any interval; " if interval.low is None else ""
    return f"{unbounded}about {more} + {more} runs would decide"
