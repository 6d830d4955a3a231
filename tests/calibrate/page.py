"""docs/calibration.md: what was done, and the tables with what they mean."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from textwrap import wrap

from tests.calibrate import simulating
from tests.calibrate.goals import end_to_end_goals, goals
from tests.calibrate.measuring import DRAWS, LONE_CHANGE, SPAN_DRAWS, Measured
from tests.calibrate.rates import EFFECT_FLOOR, ERROR_RATE, TOGETHER, Rate
from tests.calibrate.simulating import Simulated
from tests.calibrate.spinning import BENCHMARK, RUNS, Spun
from tests.calibrate.tables import (
    LOOKS,
    SHOWN_CHANGES,
    across_table,
    false_alarm_table,
    goal_table,
    interval_table,
    lone_table,
    most_wrong,
    power_table,
    simulated_table,
    span_table,
    spun_table,
    stopping_table,
)

WIDTH = 120


def page(measured: Sequence[Measured], simulated: Sequence[Simulated], spun: Sequence[Spun]) -> str:
    """The committed page."""
    parts = (_false_alarms, _power, _intervals, _stopping, _spans, _across)
    drawn = (part(measured) for part in parts)
    return "\n".join(chain(_head(), _goals(measured, spun), *drawn, _simulated(simulated), _spun(spun)))


def _prose(*sentences: str) -> Iterator[str]:
    yield from wrap(" ".join(sentences), WIDTH, break_on_hyphens=False, break_long_words=False)
    yield ""


def _section(title: str, prose: Iterable[str], table: Iterable[str]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from prose
    yield from table
    yield ""


def _head() -> Iterator[str]:
    yield "# What the decision rule does on real runs"
    yield ""
    yield from _prose(
        "Written by `make calibrate` from runs of unchanged programs (`tests/data/aa`): 40 measured runs in each of",
        "two sessions, keccakf on an H200, and keccakf and the LogUp test in turns on two CPU cores.",
        "`make calibrate STORE=…` adds the sessions that `harness doctor --calibrate` recorded in a store.",
    )
    yield from _prose(
        "**Draws.** *Random split*: 2n runs of a session at random. *Interleaved*: 2n consecutive runs dealt in pairs,",
        "which of a pair is base drawn at random, as `harness compare` measures. Either way five pairs are a round.",
        f"The rule is the product's own (`harness/compare`): an error rate of {100 * ERROR_RATE:.0f} % shared by m",
        f"gating KPIs, an effect floor of {100 * EFFECT_FLOOR:.0f} %. A change is put in by drawing the true time,",
        "uniformly, from the interval of times that print so, multiplying it, and printing it with three digits:",
        "multiplying a printed time would round twice.",
    )
    yield from _prose(
        f"**Trials.** {DRAWS} comparisons a session and cell ({SPAN_DRAWS} where all spans are judged), the sessions",
        f"of a capture together: a Monte-Carlo standard error of {_error(50):.1f} points at most, {_error(5):.1f} at a",
        f"rate of 5 %; {_error(5, SPAN_DRAWS):.1f} where all spans are judged. The draws come from few real sessions",
        "and overlap: one session beside another shows how much that matters. All rates are percentages of",
        "comparisons.",
    )
    yield from _prose(
        "**Beside it**, on the same draws (`tests/calibrate/peers.py`): benchstat's U-test (exact, midranks,",
        "p < 0.05); pyperf's t-test (pooled variance, 95 %); asv's rule (U-test p < 0.002, at five runs a side 99 %",
        "intervals of the medians apart, and a factor of 1.1); medians that differ by more than 5 %. None of them",
        "allows for several KPIs.",
    )


def _error(percent: int, draws: int = DRAWS) -> float:
    """The standard error of a rate over two sessions."""
    return Rate(2 * draws * percent // 100, 2 * draws).error_points


def _goals(measured: Sequence[Measured], spun: Sequence[Spun]) -> Iterator[str]:
    prose = _prose(
        "The worst of all cells counts, its sessions together; the worst single session stands beside it. End to end",
        "all comparisons count together, and the worst kind of them stands beside. *Wrong names*: the share of a",
        "comparison's named spans that nobody touched (0 where none is named), averaged over comparisons. That is what",
        "Benjamini–Hochberg keeps to 5 %, so the rule allows a name in one of twenty comparisons of an untouched",
        "program, and another beside the right one in one of ten where a span was made longer.",
    )
    yield from _section("Goals", prose, goal_table([*goals(measured), *end_to_end_goals(spun)]))


def _false_alarms(measured: Sequence[Measured]) -> Iterator[str]:
    gating = (
        f"{one.capture.name}: {', '.join(_name(name) for name in one.capture.gating[: max(TOGETHER)])}."
        for one in measured
    )
    prose = _prose(
        f"Any of the first m KPIs called, m = {' / '.join(map(str, TOGETHER))}; in brackets the worse session at the",
        "largest m.",
        *gating,
    )
    yield from _section("False alarms: a program compared with itself", prose, false_alarm_table(measured))


def _name(kpi: str) -> str:
    benchmark, _, name = kpi.partition(": ")
    return f"{benchmark} `{name}`"


def _power(measured: Sequence[Measured]) -> Iterator[str]:
    prose = _prose(
        f"The first KPI made {SHOWN_CHANGES} % slower and called `slower`; m: how many KPIs share the harness' error",
        f"rate. It calls `faster` in at most {most_wrong(measured).percent:.1f} %.",
    )
    yield from _section("Changes found", prose, power_table(measured))


def _intervals(measured: Sequence[Measured]) -> Iterator[str]:
    prose = _prose(
        "The first KPI alone, interleaved. *Holds*: the interval holds the true ratio, the least of the unchanged and",
        "the changed comparisons. *Half-width*, in percent. *`same`*: said of the unchanged. *Detects*: the change, in",
        "percent, that a comparison says it would call in about 8 of 10 repeats, and how often one of that size is",
        "called. *Settles*: the runs a side that it says would settle a change of the floor, and how often",
        f"+{100 * EFFECT_FLOOR:.0f} % is called with so many (–: a session has too few). Widths, changes and runs are",
        "medians.",
    )
    yield from _section("Intervals, and what they promise", prose, interval_table(measured))


def _stopping(measured: Sequence[Measured]) -> Iterator[str]:
    prose = _prose(
        f"`--until-decided`: rounds of 5 + 5, {LOOKS} looks planned, the first KPI alone or as one of five. A/A:",
        f"called at all; {SHOWN_CHANGES} %: called `slower`; runs a side in the same order, A/A first.",
    )
    yield from _section("Until decided", prose, stopping_table(measured))


def _spans(measured: Sequence[Measured]) -> Iterator[str]:
    prose = _prose(
        "A program compared with itself: any of its spans named, by times with their children and by own times (in",
        "brackets the worse session).",
    )
    yield from _section("All spans, under Benjamini–Hochberg", prose, span_table(measured))
    yield from _prose(
        f"One span, the longest that has a parent and no children, made {100 * LONE_CHANGE:.0f} % slower and all",
        "others left alone, own times, interleaved: it is named / any other is. At 5 + 5 no lone span can be.",
    )
    yield from lone_table(measured)
    yield ""


def _across(measured: Sequence[Measured]) -> Iterator[str]:
    prose = _prose(
        "Consecutive runs of one session against another's, of one program: every two sessions, every two places where",
        f"so many runs fit ({DRAWS} of them where there are more). *As one session*: what the interval of the runs",
        "alone would call. The rule knows the other sessions of the capture and when each was taken; it judges nothing",
        "while they are fewer than six or lie too close together, and *called* is of what it judges.",
    )
    yield from _section("Across sessions", prose, across_table(measured))


def _simulated(simulated: Sequence[Simulated]) -> Iterator[str]:
    draws = simulated[0].by_rule.trials
    prose = _prose(
        "No capture has six sessions, so these are **simulated**: they show what the rule does where sessions are",
        "independent of each other, not that they are so on any host. Sessions' log medians have a standard deviation",
        f"of {100 * simulating.SESSIONS_SD:.0f} %, the runs within one of {100 * simulating.RUNS_SD:.0f} %;",
        f"{simulating.RUNS} runs a side, printed with three digits; the known sessions one a day, base and head",
        f"{simulating.GAP_S / simulating.DAY_S:.0f} days apart, an error rate of {100 * ERROR_RATE:.0f} %. {draws}",
        f"comparisons a figure: a standard error of {Rate(draws // 20, draws).error_points:.1f} points at a rate of",
        "5 %. A/A: called at all, as if both sides were of one session and by the rule; then calls of `slower` by the",
        "rule with that change put in. Student's prediction interval is exact where sessions are normal; it promises",
        f"less where they have heavier tails: {_most_false(simulated)}.",
    )
    yield from _section("Across sessions, simulated", prose, simulated_table(simulated))


def _most_false(simulated: Sequence[Simulated]) -> str:
    most = {
        tail: max(one.by_rule.percent for one in simulated if one.tail is tail)
        for tail in dict.fromkeys(one.tail for one in simulated)
    }
    return ", ".join(f"{tail.value} at most {percent:.1f} %" for tail, percent in most.items())


def _spun(spun: Sequence[Spun]) -> Iterator[str]:
    prose = _prose(
        f"The bundled prover's `{BENCHMARK}`, two commits of one program, {RUNS} + {RUNS} runs measured in turns by",
        "`harness compare --explain`. A tracing layer below all others spins when the span is left, for a share of the",
        "time that was spent in it; in the first commit it waits for a span that there is not, and where none is made",
        "longer so it does in the second. Comparisons in which a span is named are counted, whatever else they name,",
        "and beside them those that name one that nobody touched, with its name: mostly one around the span or after",
        "it, for the prover's other threads go to sleep while it spins. The root has its own verdict: a short span may",
        "be named that is too small a part of the whole to decide that.",
    )
    yield from _section("End to end", prose, spun_table(spun))
