"""`--until-decided` on real runs: judged after every round, error spent over the looks that were planned."""

from collections import Counter

import msgspec

from harness.compare.rounds import ROUND_RUNS
from harness.compare.verdict import Verdict
from tests.calibrate.draws import in_rounds
from tests.calibrate.rates import DIRECTIONS, Cell, Rate, drawn, judge


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """Comparisons that end as soon as they are decided: called slower, called faster, runs a side."""

    slower: Rate
    faster: Rate
    mean_runs: float


def until_decided(cell: Cell, total: str, factor: float, together: int, draws: int) -> Stopped:
    """At most `cell.runs` a side, a look after every five; `factor` multiplies the head's times."""
    random = cell.random(f"until x{factor:.4f} {together}")
    signs: Counter[int] = Counter()
    used = 0
    for _ in range(draws):
        base, head = drawn(random, cell, cell.session.kpis[total], factor)
        rounds = in_rounds(base, head)
        verdict, looks = Verdict.UNDECIDED, 0
        while verdict is Verdict.UNDECIDED and looks < len(rounds):
            looks += 1
            _, verdict = judge(rounds[:looks], together, len(rounds))
        used += looks * ROUND_RUNS
        signs[DIRECTIONS.get(verdict, 0)] += 1
    return Stopped(slower=Rate(signs[1], draws), faster=Rate(signs[-1], draws), mean_runs=used / draws)
