"""How often the harness' own rule, and others beside it, call a change: where nothing changed, and where something did.

The rule is harness.compare's, not written anew: `ratio_interval` at the contract's error rate shared by the KPIs that
gate, `read_verdict` with its effect floor.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import median, median_high

import msgspec

from harness.compare.rank_interval import RatioInterval, Round, ratio_interval, runs_to_settle
from harness.compare.rounds import Sample
from harness.compare.verdict import Verdict, read_verdict
from tests.calibrate.captures import Series, Session
from tests.calibrate.draws import Arrangement, changed, deal, in_rounds, taken
from tests.calibrate.peers import PEERS

ERROR_RATE, EFFECT_FLOOR = 0.05, 0.03
"""The m8 contract's; a test holds them against it."""

HARNESS = "harness"
TOGETHER = (1, 2, 5)
"""Of how many gating KPIs any may be called."""

DIRECTIONS = {Verdict.SLOWER: 1, Verdict.FASTER: -1}


class Rate(msgspec.Struct, frozen=True):
    """How often something happened."""

    hits: int
    trials: int

    @property
    def percent(self) -> float:
        """In percent."""
        return 100 * self.hits / self.trials

    @property
    def error_points(self) -> float:
        """The Monte-Carlo standard error, in points of percent."""
        share = self.hits / self.trials
        return 100 * (share * (1 - share) / self.trials) ** 0.5


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn: from which session, dealt how, and how many runs a side."""

    session: Session
    arrangement: Arrangement
    runs: int

    def random(self, purpose: str) -> Random:
        """A seed of its own, the same in every call of `make calibrate`."""
        return Random(f"{purpose} {self.session.name} {self.arrangement} {self.runs}")  # noqa: S311 (a simulation)


class Unchanged(msgspec.Struct, frozen=True, kw_only=True):
    """Comparisons of a program with itself.

    `called` by rule and number of KPIs: any of them. The rest is of the total judged alone: whether its interval holds
    1, whether it is `same`, half the interval's width, and what it says it could have found, as medians.
    """

    called: dict[tuple[str, int], Rate]
    covered: Rate
    same: Rate
    half_width: float
    detectable: float
    to_settle: int


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Comparisons with a change put in.

    `right` and `wrong` by rule and number of KPIs that share the error rate: the total called with the true sign or
    the other. `covered` by number of KPIs: the interval holds the true ratio.
    """

    right: dict[tuple[str, int], Rate]
    wrong: dict[tuple[str, int], Rate]
    covered: dict[int, Rate]


def judge(rounds: Sequence[Round], together: int, looks: int = 1) -> tuple[RatioInterval, Verdict]:
    """The harness' answer for one of so many gating KPIs."""
    interval = ratio_interval(rounds, ERROR_RATE / together, looks)
    return interval, read_verdict(interval, EFFECT_FLOOR)


def unchanged(cell: Cell, gating: Sequence[str], draws: int) -> Unchanged:
    """Both sides are drawn from the same runs as they were printed."""
    random = cell.random("unchanged")
    series = [cell.session.kpis[name] for name in gating]
    called: Counter[tuple[str, int]] = Counter()
    totals: list[tuple[RatioInterval, Verdict]] = []
    for _ in range(draws):
        dealt = deal(random, cell.arrangement, cell.session.runs, cell.runs)
        sides = [(taken(one, dealt.base), taken(one, dealt.head)) for one in series]
        rounds = [in_rounds(base, head) for base, head in sides]
        totals.append(judge(rounds[0], 1))
        called.update(_false_alarms(sides, rounds))
    intervals = [interval for interval, _ in totals]
    keys = [(rule, together) for rule in (HARNESS, *PEERS) for together in _possible(gating)]
    return Unchanged(
        called={key: Rate(called[key], draws) for key in keys},
        covered=Rate(sum(_holds(one, 1.0) for one in intervals), draws),
        same=Rate(sum(verdict is Verdict.SAME for _, verdict in totals), draws),
        half_width=median(_half_width(one) for one in intervals),
        detectable=median(one.min_detectable or float("inf") for one in intervals),
        to_settle=median_high(runs_to_settle(one, cell.runs, EFFECT_FLOOR) for one in intervals),
    )


def _possible(gating: Sequence[str]) -> list[int]:
    return [together for together in TOGETHER if together <= len(gating)]


def _false_alarms(
    sides: Sequence[tuple[Sequence[Sample], Sequence[Sample]]], rounds: Sequence[Sequence[Round]]
) -> set[tuple[str, int]]:
    """Which rules call any of the first so many KPIs."""
    found = {
        (HARNESS, together)
        for together in TOGETHER
        if together <= len(rounds) and any(judge(one, together)[1] in DIRECTIONS for one in rounds[:together])
    }
    for rule, calls in PEERS.items():
        first = next((index for index, (base, head) in enumerate(sides) if calls(_values(base), _values(head))), None)
        if first is not None:
            found.update((rule, together) for together in TOGETHER if together > first)
    return found


def _values(samples: Sequence[Sample]) -> list[float]:
    return [one.value for one in samples]


def _holds(interval: RatioInterval, ratio: float) -> bool:
    return interval.low is None or interval.high is None or interval.low <= ratio <= interval.high


def _half_width(interval: RatioInterval) -> float:
    """As a change: 0.05 = 5 %."""
    if interval.low is None or interval.high is None:
        return float("inf")
    return (interval.high / interval.low) ** 0.5 - 1


def with_change(cell: Cell, total: str, factor: float, draws: int) -> Changed:
    """The head's times of one KPI multiplied by `factor`, above 1."""
    random = cell.random(f"x{factor:.4f}")
    series = cell.session.kpis[total]
    signs: dict[tuple[str, int], Counter[int]] = {}
    covered: Counter[int] = Counter()
    for _ in range(draws):
        base, head = drawn(random, cell, series, factor)
        rounds = in_rounds(base, head)
        for together in TOGETHER:
            interval, verdict = judge(rounds, together)
            covered[together] += _holds(interval, factor)
            signs.setdefault((HARNESS, together), Counter())[DIRECTIONS.get(verdict, 0)] += 1
        for rule, calls in PEERS.items():
            signs.setdefault((rule, 1), Counter())[calls(_values(base), _values(head))] += 1
    return Changed(
        right={key: Rate(found[1], draws) for key, found in signs.items()},
        wrong={key: Rate(found[-1], draws) for key, found in signs.items()},
        covered={together: Rate(covered[together], draws) for together in TOGETHER},
    )


def drawn(random: Random, cell: Cell, series: Series, factor: float) -> tuple[list[Sample], list[Sample]]:
    """Base's and head's samples of one comparison, the head's changed by `factor`."""
    dealt = deal(random, cell.arrangement, cell.session.runs, cell.runs)
    head = taken(series, dealt.head)
    return taken(series, dealt.base), head if factor == 1 else changed(random, head, factor)
