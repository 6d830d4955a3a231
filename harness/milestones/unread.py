"""What a wording says that no goal judges: with that in it, nothing may be called met."""

import re
from collections.abc import Callable, Iterator, Sequence
from math import isclose

from harness.milestones.asked import benchmarks_named
from harness.milestones.goals import Asked, BaselineGoal, CountGoal, Goal, RecordGoal, TimeGoal
from harness.milestones.programme import Against, Milestone
from harness.milestones.stated import (
    FACTOR,
    FEW,
    FILLING,
    HALF,
    MEASURED_RUNS,
    MOST,
    NAME,
    NONE,
    PERCENT,
    TIME,
    UNITS,
    UPPER_BEFORE,
    WARMUP_RUNS,
    is_name,
    milliseconds_of,
    read_criterion,
    value_of,
)

_EVERYTHING_PERCENT = 100
_MOST_SEEN = 40
_MOST_IDS = 99
"""How many ids a range of milestones is read out to."""

_MILESTONES = r"\b(?:milestones?\s|m)\d++(?:\s?[-–/]\s?m?\d++)*+"
_LISTED = re.compile(rf"\bmilestones\s\d++(?:(?:\s?[-–/]\s?|,\s(?:and\s)?|\sand\s)m?\d++)++|{_MILESTONES}")
_ID = re.compile(r"(\d++)(?:\s?[-–]\s?m?(\d++))?")

_AT_MOST = re.compile(rf"(?:\bmax(?:imum)?(?: of)?\s)?(?:{TIME.pattern})(?:\s(?:at )?max(?:imum)?\b)?")
_AT_LEAST = re.compile(rf"(?:\bmin(?:imum)?(?: of)?\s)?(?:{PERCENT.pattern})")
_REACHED = re.compile(rf"\b(?:to|at|is|takes?){FILLING}")
_SHARE = re.compile(r"^\s*(?:of\b(?!.{0,30}\bmedian\b)|points?\b)")
_NO_LIMIT = re.compile(
    rf"(?:>|>=|=>|≥|\b(?:at least|(?<!no )(?<!not )more than|over|above|min|minimum|by|from|gain of)){FILLING}"
)
_SAVED = re.compile(r"^\s*(?:faster|quicker|shorter|less|lower|better|saved|gain|improvement|reduction)\b")
_BOUND = re.compile(r"\b(?:(?:no|not) (?:more|longer|greater) than|not exceed(?:ing)?|not above|no longer)\b")
_ONE_TABLE = re.compile(r"\bone table\b")
_ALL = r"\b(?:both|every|each|all|per)\b"
_ALL_BENCHMARKS = re.compile(r"\b(?:both|every|each|all)(?: of)?(?: the)? benchmarks?\b")

_UNREAD = re.compile(
    rf"{_MILESTONES}"
    rf"|(?<![\w.,])(?<![a-z]-)\.?\d[\d.,]*+(?:\s?(?:%|per ?cent\b|(?:{UNITS}|x|×|times)(?!\w)))?"
    rf"|\b(?:{'|'.join(FEW)}|twelve|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|dozen)\b"
    r"|\b(?:hal(?:f|ves|ved|ve|ving)|thirds?|quarter(?:s|ed)?|fifths?|tenths?|doubl\w+|tripl\w+|twice|thrice"
    r"|\w*fold|factor|times(?= (?:as|faster|quicker|fewer|less|lower|better|smaller|shorter|cheaper)\b))\b"
    r"|\bp\d{1,3}(?:\.\d+)?\b|\b(?:percentiles?|max(?:imum|ima)?|min(?:imum|ima)?|mean|averages?|worst|slowest|fastest)\b"
    rf"|{_ALL}"
    r"|\b(?:not|no|never|without|neither|nor|none|cannot|unchanged|(?:stays?|is) the same)\b|n[’']t\b"
)


def unread_in(asked: Asked, gone: Sequence[TimeGoal], milestone: Milestone, reference: str) -> tuple[str, ...]:
    """Quantities, scopes, milestones, statistics and negations of a wording that none of its goals uses.

    `gone` are goals that were left out because no recording has their span, `reference` is the label of what
    improvements are held against.
    """
    stated, goals = read_criterion(asked.wording), asked.goals
    rest = NAME.sub(lambda match: " " if is_name(match[0]) else match[0], stated.text)
    rest = _without(
        _LISTED, rest, lambda match, _before, _after: _is_held_against(match[0], goals, milestone, reference)
    )
    rest = _without_numbers(rest, goals)
    rest = _without_scopes(rest, goals, milestone)
    found = [match[0].rstrip(".,") for match in _UNREAD.finditer(rest)]
    held = {one for goal in goals for one in _benchmarks(goal)}
    found += sorted(benchmarks_named(stated, milestone) - held) if held else []
    found += [goal.span for goal in gone if _is_asked_for(goal.span.lower(), stated.text)]
    return tuple(dict.fromkeys(found))


def _without(pattern: re.Pattern[str], text: str, is_read: Callable[[re.Match[str], str, str], bool]) -> str:
    """The text less what is read of it; `is_read` is told what stands before and after."""

    def kept(match: re.Match[str]) -> str:
        before, after = text[max(0, match.start() - _MOST_SEEN) : match.start()], text[match.end() :][:_MOST_SEEN]
        return " " if is_read(match, before, after) else match[0]

    return pattern.sub(kept, text)


def _is_held_against(written: str, goals: Sequence[Goal], milestone: Milestone, reference: str) -> bool:
    """Whether the milestones that are written are those that every goal is held against, or the milestone itself."""
    ids = {one for match in _ID.finditer(written) for one in _ids(match)} - {milestone.id}
    of_reference = {one for one in ids if reference.lower() in {one, f"m{one}"}}
    for goal in goals:
        if isinstance(goal, TimeGoal) and goal.maximum_ms is None and goal.against is Against.REFERENCE:
            is_held = ids == of_reference
        elif isinstance(goal, TimeGoal | CountGoal) and not (isinstance(goal, TimeGoal) and goal.maximum_ms):
            is_held = not ids or ids == set(milestone.after)
        else:
            is_held = ids <= {*of_reference, *milestone.after}
        if not is_held:
            return False
    return True


def _ids(match: re.Match[str]) -> Iterator[str]:
    first, last = match[1], match[2] or match[1]
    if max(len(first), len(last)) > len(str(_MOST_IDS)):
        return iter((first, last))
    return (str(one) for one in range(int(first), int(last) + 1))


def _without_numbers(text: str, goals: Sequence[Goal]) -> str:
    """The text less the numbers that goals have."""
    percents = [one.improvement_percent for one in goals if isinstance(one, TimeGoal | CountGoal)]
    limits_ms = [one.maximum_ms for one in goals if isinstance(one, TimeGoal) and one.maximum_ms is not None]
    counts = [one.most for one in goals if isinstance(one, CountGoal) and one.most is not None]

    def is_gain(percent: float) -> bool:
        return any(one is not None and isclose(percent, one) for one in percents)

    def is_gain_read(match: re.Match[str], before: str, after: str) -> bool:
        is_other = _REACHED.search(before) or UPPER_BEFORE.search(before) or _SHARE.search(after)
        return is_gain(value_of(match[1])) and not is_other

    def is_limit_read(match: re.Match[str], before: str, after: str) -> bool:
        is_limit = any(isclose(milliseconds_of(match), one) for one in limits_ms)
        return is_limit and not _NO_LIMIT.search(before) and not _SAVED.search(after)

    def is_factor_read(match: re.Match[str], before: str, _after: str) -> bool:
        factor = value_of(match[1]) if match.re is FACTOR else 2.0
        return bool(limits_ms) or (
            factor > 0 and is_gain((1 - 1 / factor) * _EVERYTHING_PERCENT) and not _REACHED.search(before)
        )

    text = _without(_AT_LEAST, text, is_gain_read)
    text = _without(_AT_MOST, text, is_limit_read)
    text = _without(FACTOR, text, is_factor_read)
    text = _without(HALF, text, is_factor_read)
    if counts:
        text = NONE.sub(" ", text) if 0 in counts else MOST.sub(" ", text, count=1)
    if any(isinstance(one, BaselineGoal) for one in goals):
        text = _ONE_TABLE.sub(" ", MEASURED_RUNS.sub(" ", WARMUP_RUNS.sub(" ", text)))
    return _BOUND.sub(" ", text)


def _without_scopes(text: str, goals: Sequence[Goal], milestone: Milestone) -> str:
    """The text less the words for everything that goals live up to."""
    if set(milestone.benchmarks) <= {one for goal in goals for one in _benchmarks(goal)}:
        text = _ALL_BENCHMARKS.sub(" ", text)
    if all(
        isinstance(one, RecordGoal | BaselineGoal) or (isinstance(one, CountGoal) and one.most == 0) for one in goals
    ):
        text = re.sub(_ALL, " ", text)
    return text


def _benchmarks(goal: Goal) -> tuple[str, ...]:
    if isinstance(goal, BaselineGoal):
        return goal.benchmarks
    return (goal.benchmark,) if isinstance(goal, TimeGoal | CountGoal | RecordGoal) else ()


def _is_asked_for(name: str, text: str) -> bool:
    """Whether a name is more than the place of something that is asked for: then it stands behind no `in`."""
    place = re.search(rf"\b(?:in|inside|via|through|using|with|of) {re.escape(name)}(?P<rest>.*)", text)
    return place is None or any(one.search(place["rest"]) for one in (PERCENT, TIME, FACTOR))
