"""All spans judged at once under Benjamini-Hochberg: which are named when none moved, and when one did."""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from harness.compare.attribution import selected_level
from harness.compare.rank_interval import Round, ratio_interval
from harness.compare.verdict import read_verdict
from tests.calibrate.captures import STEP, Series, Session
from tests.calibrate.draws import changed, deal, in_rounds, taken
from tests.calibrate.rates import DIRECTIONS, EFFECT_FLOOR, ERROR_RATE, Cell, Rate


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """One span was moved: it was named, another was."""

    moved: Rate
    other: Rate


def named(spans: Sequence[Sequence[Round]]) -> list[int]:
    """Which of the spans are called, judged together. One whose p is above the selected level cannot be."""
    found = [ratio_interval(one, ERROR_RATE).p for one in spans]
    level = selected_level(found, ERROR_RATE)
    intervals = [(index, ratio_interval(spans[index], level)) for index, p in enumerate(found) if p <= level]
    return [index for index, interval in intervals if read_verdict(interval, EFFECT_FLOOR) in DIRECTIONS]


def any_named(cell: Cell, spans: Mapping[str, Series], draws: int) -> Rate:
    """In how many comparisons of a program with itself any span is named."""
    random = cell.random(f"{len(spans)} spans")
    hits = 0
    for _ in range(draws):
        dealt = deal(random, cell.arrangement, cell.session.runs, cell.runs)
        hits += bool(named([in_rounds(taken(one, dealt.base), taken(one, dealt.head)) for one in spans.values()]))
    return Rate(hits, draws)


def one_moved(cell: Cell, spans: Mapping[str, Series], moved: str, factor: float, draws: int) -> Named:
    """One span's times multiplied by `factor`, all others left as they are."""
    random = cell.random(f"{moved} x{factor:.4f}")
    place = list(spans).index(moved)
    hits = others = 0
    for _ in range(draws):
        dealt = deal(random, cell.arrangement, cell.session.runs, cell.runs)
        sides = [(taken(one, dealt.base), taken(one, dealt.head)) for one in spans.values()]
        sides[place] = sides[place][0], changed(random, sides[place][1], factor)
        found = named([in_rounds(base, head) for base, head in sides])
        hits += place in found
        others += any(index != place for index in found)
    return Named(moved=Rate(hits, draws), other=Rate(others, draws))


def longest_leaf(session: Session) -> str:
    """The longest span with a parent and without children: its own time is all its time, as it was printed."""
    below_another = [name for name in session.own if name.count(STEP) > 1]
    leaves = [name for name in below_another if session.own[name] == session.inclusive.get(name)]
    return max(leaves, key=lambda name: median(one.value for one in session.own[name]))
