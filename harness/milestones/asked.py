"""What the exit criteria ask for, goal by goal: their wording first, completed by what the programme declares."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from math import isclose
from operator import eq

import msgspec

from harness.kpis.qualified import may_be_meant, split_name
from harness.milestones.counting import is_meant
from harness.milestones.goals import Asked, BaselineGoal, CountGoal, Goal, Open, RecordGoal, TimeGoal
from harness.milestones.programme import Against, Criterion, Form, Milestone
from harness.milestones.stated import Measure, Number, Stated, read_criterion
from harness.spans.stored import fits

_EVERYTHING_PERCENT = 100


def asked_of(template: Sequence[str], milestone: Milestone) -> tuple[Asked, ...]:
    """What each bullet asks for, in order, then the declared criteria that no bullet says."""
    stated = [read_criterion(bullet) for bullet in template]
    belonging = _belonging(stated, milestone)
    asked = [
        _asked(bullet, one, belonging.get(i, ()), milestone)
        for i, (bullet, one) in enumerate(zip(template, stated, strict=True))
    ]
    said = [one for criteria in belonging.values() for one in criteria]
    return (*asked, *(_of_plan(one, milestone) for one in milestone.criteria if one not in said))


def _belonging(stated: Sequence[Stated], milestone: Milestone) -> Mapping[int, tuple[Criterion, ...]]:
    """The declared criteria of each bullet: each belongs to those that say it most plainly."""
    found: dict[int, list[Criterion]] = {}
    for criterion in milestone.criteria:
        plainness = [_plainness(criterion, one, milestone) for one in stated]
        best = max(plainness, default=0)
        for i, value in enumerate(plainness):
            if value and value == best:
                found.setdefault(i, []).append(criterion)
    return {i: _of_its_kind(stated[i], criteria) for i, criteria in found.items()}


def _plainness(criterion: Criterion, stated: Stated, milestone: Milestone) -> int:
    """How plainly a bullet says a criterion: by its number, by a name, by its words; 0 where it is about another."""
    benchmarks = benchmarks_named(stated, milestone)
    if benchmarks and criterion.benchmark in milestone.benchmarks and criterion.benchmark not in benchmarks:
        return 0
    if criterion.baseline:
        return int(_asks_for_baseline(stated))
    named = _names(criterion, stated)
    if criterion.recorded:
        of_any = not (stated.names or stated.nouns)
        return 1 + named if _asks_to_record(stated) and (named or of_any or _has_words(criterion, stated)) else 0
    number = _declared_number(criterion)
    same_number = number is not None and _states(number, stated)
    if same_number and (named or not stated.spans):
        return 4 if named else 3
    says_change = bool(stated.numbers or stated.falls or stated.most is not None)
    if named and says_change:
        return 2
    return 1 if _has_words(criterion, stated) and says_change else 0


def _has_words(criterion: Criterion, stated: Stated) -> bool:
    """Whether a bullet has all words of a criterion, or counts in words what its counters count."""
    patterns = " ".join(criterion.counters)
    has_words = all(_spaced(word) in _spaced(stated.text) for word in criterion.words)
    return bool(criterion.words and has_words) or any(noun in patterns for noun in stated.nouns)


def _asks_to_record(stated: Stated) -> bool:
    """Whether counters are to be there, and nothing is said of where they are to go."""
    return stated.says_recorded and not (stated.falls or stated.rises or stated.numbers or stated.most is not None)


def _asks_for_baseline(stated: Stated) -> bool:
    """Whether runs, their logs or the contract's table are all that is asked for."""
    of_counts = bool(stated.counters or stated.nouns)
    return stated.says_baseline and not (of_counts or stated.falls or stated.rises or stated.numbers)


def _of_its_kind(stated: Stated, criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Of several, those on counters where the bullet speaks of nothing but counters, and likewise for times."""
    counting = tuple(one for one in criteria if one.fewer)
    timing = tuple(one for one in criteria if not one.fewer)
    if not counting or not timing:
        return tuple(criteria)
    of_counts = bool(stated.counters or stated.nouns)
    of_times = bool(stated.spans or stated.times_ms or stated.numbers)
    if of_counts == of_times:
        return tuple(criteria)
    return counting if of_counts else timing


def _asked(bullet: str, stated: Stated, criteria: Sequence[Criterion], milestone: Milestone) -> Asked:
    goals = [goal for one in criteria for goal in _declared(one, stated, milestone)]
    if _asks_for_baseline(stated) and not goals:
        goals.append(_baseline(stated, milestone))
    goals += _worded_times(stated, criteria, milestone)
    goals += _worded_counts(stated, criteria, milestone)
    if stated.names_measure and not goals:
        which = "counters are to be recorded" if _asks_to_record(stated) else "figure is to change, and how"
        goals = [Open(f"the wording does not say which {which}")]
    remarks = [one.outside_spans for one in criteria if one.outside_spans]
    if goals and stated.has_way_out:
        remarks.append("the wording has a way out beside the number, which is the author's to judge")
    return Asked(
        wording=bullet,
        of_plan=False,
        goals=tuple(dict.fromkeys(goals)),
        remarks=tuple(one for one in dict.fromkeys(remarks) if Open(one) not in goals),
    )


def _of_plan(criterion: Criterion, milestone: Milestone) -> Asked:
    stated = Stated(text="", nouns=read_criterion(criterion.text).nouns)
    remarks = (criterion.outside_spans,) if criterion.outside_spans else ()
    goals = tuple(_declared(criterion, stated, milestone))
    return Asked(wording=criterion.text, of_plan=True, goals=goals, remarks=remarks)


def _declared(criterion: Criterion, stated: Stated, milestone: Milestone) -> Iterator[Goal]:
    """A declared criterion's goals: the wording's number counts, the declared one where there is none."""
    if criterion.recorded:
        yield RecordGoal(benchmark=criterion.benchmark, patterns=criterion.recorded, nouns=stated.nouns)
    elif criterion.baseline:
        yield _baseline(stated, milestone)
    else:
        yield from _declared_figure(criterion, stated)


def _baseline(stated: Stated, milestone: Milestone) -> BaselineGoal:
    named = benchmarks_named(stated, milestone)
    return BaselineGoal(
        benchmarks=tuple(one for one in milestone.benchmarks if one in named or not named),
        warmup_runs=stated.warmup_runs,
        measured_runs=stated.measured_runs,
    )


def _declared_figure(criterion: Criterion, stated: Stated) -> Iterator[Goal]:
    if criterion.fewer and _is_of_times(stated):
        yield Open(criterion.outside_spans or "the wording speaks of a time, for which the plan has counters only")
        return
    own = _numbers_of(stated, partial(_is_meant_by, criterion))
    if own is None:
        yield _unclear_numbers(stated)
    if criterion.fewer:
        yield CountGoal(
            benchmark=criterion.benchmark,
            patterns=criterion.fewer,
            exercised_by=criterion.exercised_by,
            improvement_percent=_largest_percent(own or ()),
            most=stated.most,
            nouns=stated.nouns,
        )
        return
    number = _declared_number(criterion)
    is_stated = number is not None and _states(number, stated)
    if is_stated or own == ():
        silent = number is not None and not is_stated and stated.text
        remark = f"the wording has no threshold, the plan's is {number}" if number and silent else ""
        yield _declared_time(criterion, remark)
    for one in own or ():
        if number is None or not one.is_same(number):
            plan = "any gain" if number is None else str(number)
            remark = "" if is_stated else f"the plan asks for {plan}, the wording's {one} counts"
            yield _with_number(_declared_time(criterion, remark), one)


def _is_of_times(stated: Stated) -> bool:
    """Whether a wording speaks of a time and of nothing that is counted."""
    return bool(stated.numbers or stated.times_ms or stated.says_time) and not (stated.counters or stated.nouns)


def _declared_time(criterion: Criterion, remark: str) -> TimeGoal:
    return TimeGoal(
        benchmark=criterion.benchmark,
        span=criterion.span,
        improvement_percent=criterion.improvement_percent,
        maximum_ms=criterion.maximum_ms,
        against=criterion.against,
        exercised_by=criterion.exercised_by,
        remark=remark,
    )


def _with_number(goal: TimeGoal, number: Number) -> Goal:
    """The goal with a wording's number in place of its own."""
    if number.measure is Measure.MAXIMUM:
        return msgspec.structs.replace(goal, improvement_percent=None, maximum_ms=number.value)
    if number.measure is Measure.IMPROVEMENT and number.value < _EVERYTHING_PERCENT:
        return msgspec.structs.replace(goal, improvement_percent=number.value, maximum_ms=None)
    if number.measure is Measure.LOSS:
        return Open(f"the wording bounds a loss ({number.value:g} %), and only gains are judged")
    return Open(f"{number} of `{goal.span}` is no gain that a time can have")


def _worded_times(stated: Stated, criteria: Sequence[Criterion], milestone: Milestone) -> Iterator[Goal]:
    """What the wording asks of spans that no declared criterion of it speaks of."""
    events = {part.event for part in milestone.metrics}
    declared = [one.span for one in criteria if one.span]
    spans = [one for one in stated.spans if one not in events and not any(_is_span(of, one) for of in declared)]
    if not (spans or criteria or stated.counters or stated.nouns):
        outside = [one.outside_spans for one in milestone.criteria if one.outside_spans and _has_words(one, stated)]
        if outside and (stated.numbers or (stated.says_time and stated.falls)):
            yield Open(outside[0])
        elif stated.numbers:
            yield Open("the wording has a number, but names no span that it belongs to")
    if not stated.numbers and not (criteria and stated.falls):
        return
    benchmark = _benchmark(stated, criteria, milestone)
    is_aside = bool(criteria or stated.counters or len(spans) > 1)
    for span in spans:
        own = _numbers_of(stated, partial(eq, span))
        if own is None:
            yield _unclear_numbers(stated)
        elif benchmark is None:
            yield Open(f"the wording does not say which benchmark's `{span}` it means")
        else:
            goal = TimeGoal(
                benchmark=benchmark,
                span=span,
                improvement_percent=0,
                against=Against.BASE if stated.says_base else Against.REFERENCE,
                milestones=tuple(one for one in stated.milestones if one != milestone.id),
                is_aside=is_aside,
            )
            yield from _worded_time(goal, own, stated)


def _worded_time(goal: TimeGoal, own: Sequence[Number], stated: Stated) -> Iterator[Goal]:
    if stated.falls and not own:
        yield goal
    for number in own:
        if number.measure is Measure.IMPROVEMENT and not stated.falls:
            yield Open(f"the wording does not say that `{goal.span}` is to fall by {number}")
        else:
            yield _with_number(goal, number)


def _worded_counts(stated: Stated, criteria: Sequence[Criterion], milestone: Milestone) -> Iterator[Goal]:
    """What the wording asks of counters that no declared criterion of it speaks of."""
    counting = [one for one in criteria if one.counters]
    names = [name for name in stated.counters if not any(_is_meant_by(one, name) for one in counting)]
    in_words = () if counting else tuple(one for one in stated.nouns if not any(one in name for name in names))
    if not names and not in_words:
        return
    if not _asks_to_record(stated) and (stated.rises or not (stated.falls or stated.most is not None)):
        listed = ", ".join([*(f"`{one}`" for one in names), *(f"{one.replace('_', ' ')} counts" for one in in_words)])
        yield Open(f"the wording names {listed}, but not that they are to fall")
        return
    benchmark = _benchmark(stated, criteria, milestone)
    for name in names:
        own = _numbers_of(stated, partial(eq, name))
        if benchmark is None:
            yield Open(f"the wording does not say which benchmark's `{name}` it means")
        elif _asks_to_record(stated):
            yield RecordGoal(benchmark=benchmark, patterns=(name,))
        else:
            yield CountGoal(
                benchmark=benchmark,
                patterns=(name,),
                improvement_percent=_largest_percent(own or ()),
                most=stated.most,
                must_fall=stated.falls,
            )
    if in_words:
        yield from _counted_in_words(in_words, stated, milestone)


def _counted_in_words(nouns: tuple[str, ...], stated: Stated, milestone: Milestone) -> Iterator[Goal]:
    """Counters that the milestone shows and whose names say what the wording counts."""
    shown: dict[str, list[str]] = {}
    named = benchmarks_named(stated, milestone)
    for part in milestone.metrics:
        if part.form is Form.COUNTERS and (not named or part.benchmark in named):
            begins = [*([f"{part.event}."] if part.event else []), *part.metrics]
            shown.setdefault(part.benchmark, []).extend(f"{begin}*{noun}*" for begin in begins for noun in nouns)
    if not shown:
        yield Open(f"the wording counts in words ({', '.join(nouns)}), and the milestone shows no counters")
    percent = _largest_percent(_numbers_of(stated, lambda _name: False) or ())
    for benchmark, patterns in shown.items():
        if _asks_to_record(stated):
            yield RecordGoal(benchmark=benchmark, patterns=tuple(patterns), nouns=nouns)
            continue
        yield CountGoal(
            benchmark=benchmark,
            patterns=tuple(patterns),
            improvement_percent=percent,
            most=stated.most,
            must_fall=stated.falls,
            nouns=nouns,
        )


def _numbers_of(stated: Stated, is_mine: Callable[[str], bool]) -> tuple[Number, ...] | None:
    """The thresholds of one of the names: the only one is everybody's, as many as names belong in order; else None.

    A factor beside a limit in ms says how the limit came about.
    """
    limited = any(one.measure is Measure.MAXIMUM for one in stated.numbers)
    numbers = [_as_percent(one) for one in stated.numbers if not (limited and one.measure is Measure.FACTOR)]
    if len(numbers) <= 1:
        return tuple(numbers)
    if len(numbers) != len(stated.names):
        return None
    return tuple(number for name, number in zip(stated.names, numbers, strict=True) if is_mine(name)) or None


def _as_percent(number: Number) -> Number:
    """`2x` as fast is 50 % less time."""
    if number.measure is Measure.FACTOR and number.value > 1:
        return Number(Measure.IMPROVEMENT, _EVERYTHING_PERCENT * (1 - 1 / number.value))
    return number


def _largest_percent(numbers: Sequence[Number]) -> float | None:
    return max((one.value for one in numbers if one.measure is Measure.IMPROVEMENT), default=None)


def _unclear_numbers(stated: Stated) -> Open:
    listed = ", ".join(str(one) for one in stated.numbers)
    return Open(f"the wording has several numbers ({listed}): which belongs to what is not clear")


def _declared_number(criterion: Criterion) -> Number | None:
    """The threshold that a criterion declares; None where any gain will do."""
    if criterion.maximum_ms is not None:
        return Number(Measure.MAXIMUM, criterion.maximum_ms)
    percent = criterion.improvement_percent
    return Number(Measure.IMPROVEMENT, percent) if percent else None


def _states(number: Number, stated: Stated) -> bool:
    if any(_as_percent(one).is_same(number) for one in stated.numbers):
        return True
    return number.measure is Measure.MAXIMUM and any(isclose(one, number.value) for one in stated.times_ms)


def _names(criterion: Criterion, stated: Stated) -> bool:
    """Whether a bullet names a criterion's span or one of its counters, be it by the last part of the name."""
    if any(_is_meant_by(criterion, name) for name in stated.names):
        return True
    last = split_name(criterion.span).name.rpartition(".")[2] if criterion.span else ""
    return bool(last) and re.search(rf"(?<![\w.]){re.escape(last.lower())}(?!\w)", stated.text) is not None


def _is_meant_by(criterion: Criterion, name: str) -> bool:
    """Whether a written name is that of a criterion's span, or of one of its counters."""
    if not criterion.counters:
        return bool(criterion.span) and _is_span(criterion.span, name)
    last_parts = [pattern.rpartition(".")[2] for pattern in criterion.counters] if "." not in name else []
    return any(is_meant(one, name) or fits(name, one) for one in criterion.counters) or any(
        fits(name, one) for one in last_parts
    )


def _is_span(span: str, written: str) -> bool:
    """Whether a written name can be that of a span: the end of its name will do, and of its path."""
    whole, part = split_name(span), split_name(written)
    if not may_be_meant(whole.name, part.name):
        return False
    return not (whole.under and part.under) or may_be_meant(whole.under[-1], part.under[-1])


def _benchmark(stated: Stated, criteria: Sequence[Criterion], milestone: Milestone) -> str | None:
    """The benchmark that a wording is about; None where that is not clear."""
    candidates = benchmarks_named(stated, milestone) or {one.benchmark for one in criteria} or milestone.benchmarks
    return next(iter(candidates)) if len(candidates) == 1 else None


def benchmarks_named(stated: Stated, milestone: Milestone) -> set[str]:
    """The milestone's benchmarks whose names stand in a wording."""
    text, found = stated.text, set()
    for name in sorted(milestone.benchmarks, key=len, reverse=True):
        pattern = re.compile(rf"(?<![\w.-]){re.escape(name.lower())}(?!\w)")
        if pattern.search(text):
            found.add(name)
            text = pattern.sub(" ", text)
    return found


def _spaced(text: str) -> str:
    return " ".join(re.sub(r"[\s-]+", " ", text.lower()).split())
