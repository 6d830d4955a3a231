"""What can be asked for by an exit criterion, each in a form that can be held against evidence."""

import msgspec

from harness.milestones.programme import Against


class TimeGoal(msgspec.Struct, frozen=True, kw_only=True):
    """A span's time: improved by so many percent (0 is any gain) against something, or at most so many ms.

    `is_aside` marks a span that only the wording names, beside one that the programme declares: where no recording
    has it, it was no span. `milestones` are those that the wording names as what it is held against.
    """

    benchmark: str
    span: str
    improvement_percent: float | None = None
    maximum_ms: float | None = None
    against: Against = Against.REFERENCE
    exercised_by: tuple[str, ...] = ()
    milestones: tuple[str, ...] = ()
    is_aside: bool = False
    remark: str = ""


class CountGoal(msgspec.Struct, frozen=True, kw_only=True):
    """Counters that must fall: at all, by so many percent, or to at most `most`; else they need only keep to `most`.

    `nouns` are what the wording counts in words, of which each must be shown by one of the counters.
    """

    benchmark: str
    patterns: tuple[str, ...]
    exercised_by: tuple[str, ...] = ()
    improvement_percent: float | None = None
    most: int | None = None
    must_fall: bool = True
    nouns: tuple[str, ...] = ()


class RecordGoal(msgspec.Struct, frozen=True, kw_only=True):
    """Counters that the head must have counted, whatever they say; `nouns` as for those that must fall."""

    benchmark: str
    patterns: tuple[str, ...]
    nouns: tuple[str, ...] = ()


class BaselineGoal(msgspec.Struct, frozen=True, kw_only=True):
    """Recordings as the contract asks for them, with their logs; and so many runs where the wording says how many."""

    benchmarks: tuple[str, ...]
    warmup_runs: int | None = None
    measured_runs: int | None = None


class Open(msgspec.Struct, frozen=True):
    """Something that a wording asks for and that cannot be judged, with the reason."""

    reason: str


Goal = TimeGoal | CountGoal | RecordGoal | BaselineGoal | Open


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One exit criterion as it is worded, or as the plan means it where no bullet says it; all goals must be met."""

    wording: str
    of_plan: bool
    goals: tuple[Goal, ...] = ()
    remarks: tuple[str, ...] = ()
