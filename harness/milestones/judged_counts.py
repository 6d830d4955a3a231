"""Counters held against what an exit criterion asks of them."""

from collections.abc import Sequence

from harness.milestones.answers import Answer, Outcome, unknown
from harness.milestones.counting import TOO_MANY, Tallied, Tally, is_meant
from harness.milestones.goals import CountGoal, RecordGoal, TimeGoal

NOT_READ = Tallied(absent="no counters were read")
_MOST_LISTED = 6


def never_exercised(goal: TimeGoal | CountGoal, base: Tallied, head: Tallied, *, base_name: str = "") -> str:
    """Why nothing can be told where the path that was to improve was never taken; empty where it was, on both sides."""
    if not goal.exercised_by:
        return ""
    for side, tallied in ((base_name or "base", base), ("head", head)):
        found = _meant(tallied, goal.exercised_by)
        if any(one.low > 0 for one in found.values()):
            continue
        said = ", ".join(f"`{name}={_range(one)}`" for name, one in found.items())
        lacking = f"no {_listed(goal.exercised_by)}{_because(tallied)}"
        told = f"Path never exercised: {goal.benchmark}, {side}: {said or lacking}"
        patterns = goal.patterns if isinstance(goal, CountGoal) else ()
        beside = {name: one for name, one in _meant(head, patterns).items() if name not in found}
        return told + "".join(f"; `{name}` on head: {_range(one)}" for name, one in beside.items())
    return ""


def _meant(tallied: Tallied, patterns: Sequence[str]) -> dict[str, Tally]:
    return {name: one for name, one in tallied.counters.items() if any(is_meant(name, pattern) for pattern in patterns)}


def _listed(names: Sequence[str]) -> str:
    return " or ".join(f"`{one}`" for one in names)


def _because(tallied: Tallied) -> str:
    return f" ({tallied.absent})" if tallied.absent else ""


def judge_counts(goal: CountGoal, base: Tallied, head: Tallied, *, doubt: str) -> list[Answer]:
    """Each counter on both sides; what is asked for and was not counted stays open.

    `doubt` says why the sides cannot be laid side by side; empty where they can.
    """
    before, after = _meant(base, goal.patterns), _meant(head, goal.patterns)
    names = sorted({*before, *after})
    if not names:
        lacking = f"no value before{_because(base)}, no value after{_because(head)}"
        return [unknown(f"{goal.benchmark} {_listed(goal.patterns)}: {lacking}")]
    if doubt:
        return [unknown(f"{goal.benchmark} {_listed(names)}: {doubt}")]
    exact = [one for one in goal.patterns if "*" not in one and not any(is_meant(name, one) for name in names)]
    unseen = _unseen(goal, names)
    answers = [_count(f"{goal.benchmark} `{name}`", before.get(name), after.get(name), goal) for name in names]
    answers += [unknown(f"{goal.benchmark} `{one}`: no value before, no value after") for one in exact]
    answers += [unknown(f"{goal.benchmark}: nothing that counts `{one}` was recorded") for one in unseen]
    return answers


def _count(who: str, before: Tally | None, after: Tally | None, goal: CountGoal) -> Answer:
    if after is None:
        return unknown(f"{who}: no value after ({_range(before)} before)")
    if not goal.must_fall and goal.most:
        return _at_most(f"{who}: {_range(after)} ({after.evidence.value})", after, goal.most)
    if before is None:
        return unknown(f"{who}: no value before ({_range(after)} after)")
    if before.evidence is not after.evidence:
        kinds = f"before is read from the {before.evidence.value}, after from the {after.evidence.value}"
        return unknown(f"{who}: {kinds}")
    runs = f"{after.evidence.value}{_one_run(before, after)}"
    return _fewer(f"{who}: {_range(before)} → {_range(after)} ({runs})", before, after, goal)


def _one_run(before: Tally, after: Tally) -> str:
    """That a single run says it, which shows no more than that run."""
    single = [side for side, one in (("before", before), ("after", after)) if one.side.runs == 1]
    return f", one run {single[0] if len(single) == 1 else 'a side'}" if single else ""


def _at_most(told: str, after: Tally, most: int) -> Answer:
    if after.low <= most < after.high:
        return unknown(f"{told}: not the same every run, at most {most} asked for")
    return Answer(Outcome.MET if after.high <= most else Outcome.NOT_MET, f"{told}; at most {most} asked for.")


def _fewer(told: str, before: Tally, after: Tally, goal: CountGoal) -> Answer:
    """Counts are exact where every run says the same; else only ranges without a common value tell."""
    if before.low == before.high == after.low == after.high == 0:
        return Answer(Outcome.NOT_MEASURABLE, f"{told}: nothing to reduce.", is_idle=True)
    share = 1 - (goal.improvement_percent or 0.0) / 100
    if after.low >= before.high:
        return Answer(Outcome.NOT_MET, f"{told}: it does not fall.")
    if goal.improvement_percent and after.low > before.high * share:
        return Answer(Outcome.NOT_MET, f"{told}: it falls by less than {goal.improvement_percent:g} %.")
    if after.high >= before.low or after.high > before.low * share:
        return unknown(f"{told}: not the same every run, so the fall is not shown")
    if goal.most is not None and after.high > goal.most:
        return Answer(Outcome.PARTIALLY, f"{told}: it falls, but not to at most {goal.most}.")
    return Answer(Outcome.MET, f"{told}.")


def _unseen(goal: CountGoal | RecordGoal, names: Sequence[str]) -> list[str]:
    return [one for one in goal.nouns if not any(one in name for name in names)]


def judge_recorded(goal: RecordGoal, head: Tallied) -> list[Answer]:
    """Whether the head counted what each pattern asks for, whatever the total."""
    found = _meant(head, goal.patterns)
    if head.absent in {TOO_MANY, NOT_READ.absent}:
        return [unknown(f"{goal.benchmark} {_listed(goal.patterns)}: {head.absent}")]
    listed = [f"`{name}={_range(one)}`" for name, one in found.items()]
    more = f" and {len(listed) - _MOST_LISTED} more" if len(listed) > _MOST_LISTED else ""
    kinds = " and ".join(dict.fromkeys(one.evidence.value for one in found.values()))
    said = f"{goal.benchmark}, head: {', '.join(listed[:_MOST_LISTED])}{more} ({kinds})."
    uncounted = [one for one in goal.patterns if not any(is_meant(name, one) for name in found)]
    unseen = _unseen(goal, [*found, *uncounted])
    lacking = [*(f"`{one}`" for one in uncounted), *(f"anything that counts `{one}`" for one in unseen)]
    answers = [Answer(Outcome.MET, said)] if found else []
    not_counted = f"{goal.benchmark}, head: not counted: {', '.join(lacking)}{_because(head)}."
    return [*answers, *([Answer(Outcome.NOT_MET, not_counted)] if lacking else [])]


def _range(tally: Tally | None) -> str:
    if tally is None:
        return "none"
    return str(tally.low) if tally.low == tally.high else f"{tally.low} … {tally.high}"
