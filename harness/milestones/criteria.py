"""Are the exit criteria met? Each goal is held against the evidence; without evidence nothing is met.

A false "faster" is the worst answer, so a gain counts only where its whole interval shows it.
"""

from collections.abc import Mapping, Sequence
from math import floor

import msgspec

from harness.compare.kpi_comparison import KpiComparison, KpiSide
from harness.compare.verdict import Verdict
from harness.milestones.answers import Answer, Outcome, capital, unknown
from harness.milestones.asked import asked_of
from harness.milestones.counting import Tallied
from harness.milestones.figures import Absent, Figure
from harness.milestones.goals import Asked, BaselineGoal, CountGoal, Goal, Open, RecordGoal, TimeGoal
from harness.milestones.judged_counts import NOT_READ, judge_counts, judge_recorded, never_exercised
from harness.milestones.programme import Against, Milestone
from harness.milestones.unread import unread_in
from harness.units import format_ms, format_ratio_change

_NO_FIGURE = Absent("not read")
_NOTHING_NAMED = "names no number and no counter: the author's to judge"
_MOST_DECIMALS = 6


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An exit criterion in its own words; `outcome` is None where nothing in it can be measured.

    `of_plan` marks one that no bullet of the template says. `evidence` are sentences with figures, their names in
    backticks.
    """

    wording: str
    of_plan: bool
    outcome: Outcome | None
    evidence: tuple[str, ...]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the criteria ask of the recordings: (benchmark, span) and (benchmark, pattern of counters)."""

    spans: tuple[tuple[str, str], ...]
    counters: tuple[tuple[str, str], ...]

    def patterns(self, benchmark: str) -> tuple[str, ...]:
        """The patterns of one benchmark's counters."""
        return tuple(pattern for one, pattern in self.counters if one == benchmark)


class CriteriaEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the criteria are judged by.

    `reference` is the label of what improvements are held against. `kpis` are comparisons of head with the reference or
    the base, by benchmark and span; `base` and `head` the figures by benchmark and span; `base_counters` and
    `head_counters` the tallies by benchmark, `runs` the head's good runs: (warmup, measured). `reference_figures` are
    those of what improvements are held against; `base_name` and `reference_name` say in sentences what was compared.
    `limit_doubt` says why an absolute limit cannot be judged here, `base_doubt` why the base is not the state that the
    work is held against, `count_doubt` why counters of both sides cannot be laid side by side, and `baseline_doubts`
    what lacks to recordings as the contract asks for them, logs kept; empty where nothing does.
    """

    reference: str
    kpis: Mapping[tuple[Against, str, str], KpiComparison | Absent]
    base: Mapping[tuple[str, str], Figure | Absent]
    head: Mapping[tuple[str, str], Figure | Absent]
    base_counters: Mapping[str, Tallied]
    head_counters: Mapping[str, Tallied]
    reference_figures: Mapping[tuple[str, str], Figure | Absent] = {}
    runs: Mapping[str, tuple[int, int]] = {}
    base_name: str = ""
    reference_name: str = ""
    limit_doubt: str = ""
    base_doubt: str = ""
    count_doubt: str = ""
    baseline_doubts: tuple[str, ...] = ()

    def counters(self, benchmark: str) -> tuple[Tallied, Tallied]:
        """What both sides counted."""
        return self.base_counters.get(benchmark, NOT_READ), self.head_counters.get(benchmark, NOT_READ)

    def name_of(self, against: Against) -> str:
        """What improvements are held against, as sentences name it."""
        if against is Against.BASE:
            return self.base_name or "the base"
        return self.reference_name or self.reference

    def medians(self, against: Against, place: tuple[str, str]) -> str:
        """The medians of a comparison that is none, for readers; empty where there is no median."""
        before = (self.base if against is Against.BASE else self.reference_figures).get(place)
        sides = (("before", before), ("after", self.head.get(place)))
        said = [f"{side} {_median(one)} ms" for side, one in sides if isinstance(one, Figure)]
        return f" ({', '.join(said)})" if said else ""


def wanted(milestone: Milestone, template: Sequence[str]) -> Wanted:
    """What the evidence must hold to judge the criteria of a milestone's template and of the programme."""
    goals = [goal for one in asked_of(template, milestone) for goal in one.goals]
    timed = [(goal.benchmark, goal.span) for goal in goals if isinstance(goal, TimeGoal)]
    counted = [
        (goal.benchmark, pattern)
        for goal in goals
        if isinstance(goal, TimeGoal | CountGoal | RecordGoal)
        for pattern in _patterns(goal)
    ]
    return Wanted(spans=tuple(dict.fromkeys(timed)), counters=tuple(dict.fromkeys(counted)))


def _patterns(goal: TimeGoal | CountGoal | RecordGoal) -> tuple[str, ...]:
    own = () if isinstance(goal, TimeGoal) else goal.patterns
    return own if isinstance(goal, RecordGoal) else (*own, *goal.exercised_by)


def judge_criteria(template: Sequence[str], milestone: Milestone, evidence: CriteriaEvidence) -> tuple[Judged, ...]:
    """The bullets of the template in order, then what the programme declares and no bullet says."""
    return tuple(_judge(one, milestone, evidence) for one in asked_of(template, milestone))


def _judge(asked: Asked, milestone: Milestone, evidence: CriteriaEvidence) -> Judged:
    goals = asked.goals
    named = [goal for goal in goals if not _is_no_span(goal, evidence)]
    answers = [answer for goal in named or goals for answer in _answers(goal, evidence)]
    told = [
        *(answer.sentence for answer in answers),
        *(f"{capital(remark)}." for remark in asked.remarks),
    ]
    outcome = _together(answers) if answers else None
    if outcome in {Outcome.MET, Outcome.PARTIALLY} and not asked.of_plan:
        gone = tuple(goal for goal in goals if isinstance(goal, TimeGoal) and goal not in named) if named else ()
        unread = unread_in(
            msgspec.structs.replace(asked, goals=tuple(named or goals)), gone, milestone, evidence.reference
        )
        told += [f"The wording also says '{one}', which is not judged." for one in unread]
        outcome = Outcome.NOT_MEASURABLE if unread else outcome
    return Judged(
        wording=asked.wording,
        of_plan=asked.of_plan,
        outcome=outcome,
        evidence=tuple(dict.fromkeys(told)) if answers else (_NOTHING_NAMED,),
    )


def _together(answers: Sequence[Answer]) -> Outcome:
    """One outcome for all: met where all are, partially where some are."""
    moving = [answer for answer in answers if not answer.is_idle] or answers
    found = {answer.outcome for answer in moving}
    if found == {Outcome.MET}:
        return Outcome.MET
    if found & {Outcome.MET, Outcome.PARTIALLY}:
        return Outcome.PARTIALLY
    return Outcome.NOT_MET if Outcome.NOT_MET in found else Outcome.NOT_MEASURABLE


def _is_no_span(goal: Goal, evidence: CriteriaEvidence) -> bool:
    """Whether a name that the wording has beside others is of no span in any recording."""
    if not isinstance(goal, TimeGoal) or not goal.is_aside:
        return False
    place = (goal.benchmark, goal.span)
    known = (evidence.base.get(place), evidence.head.get(place))
    compared = [evidence.kpis.get((against, *place)) for against in Against]
    has_side = any(isinstance(one, KpiComparison) and (one.base or one.head) for one in compared)
    return not has_side and not any(isinstance(one, Figure) for one in known)


def _answers(goal: Goal, evidence: CriteriaEvidence) -> Sequence[Answer]:
    if isinstance(goal, Open):
        return [unknown(capital(goal.reason))]
    if isinstance(goal, RecordGoal):
        return judge_recorded(goal, evidence.counters(goal.benchmark)[1])
    if isinstance(goal, BaselineGoal):
        return _baseline(goal, evidence)
    base, head = evidence.counters(goal.benchmark)
    idle = never_exercised(goal, base, head, base_name=evidence.base_name)
    if idle:
        return [unknown(idle)]
    if isinstance(goal, CountGoal):
        return judge_counts(goal, base, head, doubt=evidence.count_doubt)
    found = [_within(goal, evidence)] if goal.maximum_ms is not None else [_improved(goal, evidence)]
    return [Answer(one.outcome, f"{one.sentence} ({goal.remark})" if goal.remark else one.sentence) for one in found]


def _within(goal: TimeGoal, evidence: CriteriaEvidence) -> Answer:
    """A median held against an absolute limit; it needs no interval."""
    maximum_ms = goal.maximum_ms or 0.0
    who = f"{goal.benchmark} `{goal.span}`"
    figure = evidence.head.get((goal.benchmark, goal.span), _NO_FIGURE)
    if evidence.limit_doubt:
        return unknown(f"{who}, at most {maximum_ms:g} ms: {evidence.limit_doubt}")
    if isinstance(figure, Absent):
        return unknown(f"{who}: no value after: {figure.reason}")
    value = _median(figure)
    gap = format_ms(abs(figure.value_ms - maximum_ms), figure.step_ms)
    where = "above" if figure.value_ms > maximum_ms else "below"
    limit = f"{maximum_ms:g} ms, {_change(figure.value_ms / maximum_ms, 1)}"
    runs = "n not stated" if figure.n is None else f"n={figure.n}"
    met = figure.value_ms <= maximum_ms
    outcome = Outcome.MET if met else Outcome.NOT_MET
    return Answer(outcome, f"{who}: {value} ms is {gap} ms {where} {limit} ({runs}).")


def _improved(goal: TimeGoal, evidence: CriteriaEvidence) -> Answer:
    """A gain held against the percentage that is asked for; it is met where the whole interval reaches it."""
    who = f"{goal.benchmark} `{goal.span}` against {evidence.name_of(goal.against)}"
    kpi = _compared(goal, evidence)
    if isinstance(kpi, Absent):
        return unknown(f"{who}: {kpi.reason}{evidence.medians(goal.against, (goal.benchmark, goal.span))}")
    if kpi.base is None or kpi.head is None or kpi.ratio is None:
        side = "no value before" if kpi.base is None else "no value after" if kpi.head is None else "no ratio"
        return unknown(f"{who}: {side}{f': {kpi.reason}' if kpi.reason else ''}")
    percent = goal.improvement_percent or 0.0
    most_ratio = 1 - percent / 100
    asked = f"at least {percent:g} % less asked for" if percent else "any gain asked for"
    told = f"{who}: {_value(kpi.base)} → {_value(kpi.head)} {kpi.unit}, {_change(kpi.ratio, most_ratio)}; {asked}"
    is_reached = kpi.ratio <= most_ratio if percent else kpi.ratio < 1
    if is_reached and kpi.verdict is not Verdict.SAME:
        return _shown(kpi, most_ratio, told)
    gap = format_ms(kpi.head.median - kpi.base.median * most_ratio, kpi.head.step)
    short = f", {gap} {kpi.unit} short" if percent and not is_reached else ""
    return Answer(Outcome.NOT_MET, f"{told}{short}; {_interval(kpi)}.")


def _compared(goal: TimeGoal, evidence: CriteriaEvidence) -> KpiComparison | Absent:
    """The comparison that a gain is read off; none where that is not with what the criterion means."""
    others = [one for one in goal.milestones if evidence.reference.lower() not in {one.lower(), f"m{one.lower()}"}]
    if goal.against is Against.REFERENCE and others and len(others) == len(goal.milestones):
        return Absent(f"the wording means Milestone {', '.join(others)}, of which nothing is held against here")
    if goal.against is Against.BASE and evidence.base_doubt:
        return Absent(evidence.base_doubt)
    return evidence.kpis.get((goal.against, goal.benchmark, goal.span), _NO_FIGURE)


def _shown(kpi: KpiComparison, most_ratio: float, told: str) -> Answer:
    """What the interval shows of a gain that the medians reach."""
    high = kpi.ratio_high
    if kpi.verdict is not Verdict.FASTER or high is None or high >= 1:
        return Answer(Outcome.NOT_MEASURABLE, f"{told}: the medians reach it, but no gain is shown; {_interval(kpi)}.")
    if high <= most_ratio:
        return Answer(Outcome.MET, f"{told}; {_interval(kpi)}.")
    at_least = floor((1 - high) * 1000) / 10
    return Answer(Outcome.PARTIALLY, f"{told}: shown is at least {at_least:.1f} %; {_interval(kpi)}.")


def _interval(kpi: KpiComparison) -> str:
    because = f": {kpi.reason}" if kpi.reason else ""
    if kpi.ratio_low is None or kpi.ratio_high is None:
        return f"no interval, {kpi.verdict.value}{because}"
    low, high = format_ratio_change(kpi.ratio_low), format_ratio_change(kpi.ratio_high)
    if kpi.verdict is Verdict.SAME:
        because = f": the whole interval lies within the effect floor{because}"
    return f"interval {low} … {high}, {kpi.verdict.value}{because}"


def _median(figure: Figure) -> str:
    return format_ms(figure.value_ms, figure.step_ms)


def _value(side: KpiSide) -> str:
    return format_ms(side.median, side.step)


def _change(ratio: float, threshold: float) -> str:
    """A change with the digits that tell it from a threshold that it is not."""
    for decimals in range(1, _MOST_DECIMALS):
        written = format_ratio_change(ratio, decimals)
        if ratio == threshold or written != format_ratio_change(threshold, decimals):
            return written
    return format_ratio_change(ratio, _MOST_DECIMALS)


def _baseline(goal: BaselineGoal, evidence: CriteriaEvidence) -> list[Answer]:
    """Whether the benchmarks were recorded as the contract asks, and as often as the wording asks."""
    asked = ((goal.warmup_runs, "warmup"), (goal.measured_runs, "measured"))
    answers = [Answer(Outcome.NOT_MET, f"{capital(doubt)}.") for doubt in evidence.baseline_doubts]
    for benchmark in goal.benchmarks:
        runs = evidence.runs.get(benchmark)
        if runs is None and any(count is not None for count, _kind in asked):
            answers.append(unknown(f"{benchmark}: how many runs were recorded is not known"))
        for (count, kind), recorded in zip(asked, runs or (), strict=False):
            if count is not None and recorded < count:
                answers.append(
                    Answer(Outcome.NOT_MET, f"{benchmark}: {recorded} {kind} runs recorded, {count} asked for.")
                )
    if answers:
        return answers
    known = [(one, evidence.runs[one]) for one in goal.benchmarks if one in evidence.runs]
    runs_said = "; ".join(f"{one}: {warmup} warmup and {measured} measured runs" for one, (warmup, measured) in known)
    kept = "Every benchmark is recorded as the contract asks, and its raw log is kept"
    return [Answer(Outcome.MET, f"{kept}{f' ({runs_said})' if runs_said else ''}.")]
