"""A programme of milestones as data: what each works on, how it is validated, shown and judged. Read from TOML.

Another prover's programme is another file (docs/milestones.md); nothing in the code names a milestone.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec

from harness.errors import ConfigError, DocumentError
from harness.kpis.qualified import split_name

SCHEMA_VERSION = 1
"""1: first version (2026-11)."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table whose unknown keys are errors: a misspelt threshold must not be silently without effect."""


class Form(StrEnum):
    """The shapes in which milestones show their figures."""

    CONTRACT_TABLE = "contract-table"
    BEFORE_AFTER = "before-after-delta"
    REFERENCE_DELTA = "reference-delta"
    HEADLINE = "headline"
    REFERENCE_TABLE = "reference-table"
    COUNTERS = "counters"
    TARGET_GATE = "target-gate"


class Part(_Table, frozen=True):
    """One group of a Metrics section.

    `spans` are KPIs, or span names qualified by path (`a > b`, levels may be skipped). `event` is the message of the
    events that are counted, grouped by the fields `by`; `metrics` are prefixes of the program's own counters.
    `headline` names one span a benchmark. `kpi` and `maximum_ms` are the target gate's.
    """

    form: Form
    title: str = ""
    benchmark: str = ""
    spans: tuple[str, ...] = ()
    percent_decimals: Annotated[int, msgspec.Meta(ge=0, le=2)] | None = 1
    event: str = ""
    by: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    headline: dict[str, str] = {}
    kpi: str = ""
    maximum_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Against(StrEnum):
    """What an improvement is held against: the contract's reference, or the base measured for the milestone."""

    REFERENCE = "reference"
    BASE = "base"


class Criterion(_Table, frozen=True):
    """One exit criterion that names a number, a counter or what is to be recorded; exactly one of the goals is set.

    `text` is the plan's meaning in a few words, shown where the milestone's file has no such bullet. `words` are texts
    of which all stand in the bullet it belongs to, in any case; numbers and names of the goal are looked for without
    being said. Goals: `improvement_percent` of `span` against `against` (0 is any gain); `maximum_ms` of `span`;
    `fewer`, counters (`event.field`, or a metric's name; `*` stands for any text) whose total must fall, which counts
    only where one of the counters `exercised_by` is above zero; `recorded`, counters that must have been counted at
    all; `baseline`, that every benchmark is recorded as the contract asks. `outside_spans` says why a time cannot show
    it.
    """

    text: str
    words: tuple[str, ...] = ()
    benchmark: str = "keccakf"
    span: str = ""
    improvement_percent: Annotated[float, msgspec.Meta(ge=0, lt=100)] | None = None
    against: Against = Against.REFERENCE
    maximum_ms: Annotated[float, msgspec.Meta(gt=0)] | None = None
    fewer: tuple[str, ...] = ()
    exercised_by: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    baseline: bool = False
    outside_spans: str = ""

    @property
    def counters(self) -> tuple[str, ...]:
        """The patterns of the counters that it is about, if it is about any."""
        return self.fewer or self.recorded


class Milestone(_Table, frozen=True):
    """One milestone; `after` are the ids it depends on, `alongside` those that may be worked on at the same time.

    `focus` are paths in the checkout (a folder ends in `/`). `validations` name commands of the programme.
    """

    id: str
    title: str
    goal: str
    focus: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    alongside: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    validations: tuple[str, ...] = ()
    metrics: tuple[Part, ...] = ()
    criteria: tuple[Criterion, ...] = ()


class Validation(_Table, frozen=True):
    """A command that shows that nothing broke; `tests` says that it must execute at least one."""

    command: str
    tests: bool = False
    timeout: str = "30m"


class Programme(_Table, frozen=True):
    """A whole programme. Paths are relative to the target's checkout.

    `plan` are places where the plan may lie, the first that exists is read. `reference` is the label of the contract's
    baseline; `pinned` are name prefixes of dependencies whose versions must not change; `waves` the order of work.
    """

    schema: int
    name: str
    title: str
    contract: str
    reference: str
    folder: str
    plan: tuple[str, ...]
    board: str = "STATUS.md"
    logs: str = "baselines"
    pinned: tuple[str, ...] = ()
    waves: tuple[tuple[str, ...], ...] = ()
    validations: dict[str, Validation] = {}
    milestones: tuple[Milestone, ...] = ()

    @property
    def logs_folder(self) -> str:
        """The folder of the published logs in the checkout."""
        return f"{self.folder}/{self.logs}"

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all milestones, in the programme's order."""
        return tuple(one.id for one in self.milestones)

    def milestone(self, milestone_id: str) -> Milestone:
        """The milestone of that id. Raises DocumentError that lists what there is."""
        found = next((one for one in self.milestones if one.id == milestone_id), None)
        if found is None:
            raise DocumentError(
                f"There is no milestone '{milestone_id}' in the programme {self.name}.",
                hint=f"Known: {', '.join(self.ids)}.",
            )
        return found

    def validations_of(self, milestone: Milestone) -> tuple[tuple[str, Validation], ...]:
        """A milestone's validation commands by name, in its order."""
        return tuple((name, self.validations[name]) for name in milestone.validations)


def programme_from_toml(text: str, *, where: str) -> Programme:
    """The programme in `text`. Raises ConfigError naming `where` and the place in it."""
    try:
        programme = msgspec.toml.decode(text, type=Programme)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} is not a programme: {error}.", hint="See docs/milestones.md.") from None
    if programme.schema != SCHEMA_VERSION:
        raise ConfigError(f"{where} has schema version {programme.schema}, this harness reads {SCHEMA_VERSION}.")
    for problem in _problems(programme):
        raise ConfigError(f"{where}: {problem}.", hint="See docs/milestones.md for the form.")
    return programme


def _problems(programme: Programme) -> list[str]:
    ids = programme.ids
    problems = [f"'{one}' is no id of a milestone" for one in ids if not _ID.fullmatch(one)]
    problems += [f"milestone {one} stands there twice" for one in sorted({one for one in ids if ids.count(one) > 1})]
    problems += [f"wave member {one} is no milestone" for wave in programme.waves for one in wave if one not in ids]
    problems += [
        f"validation '{name}' runs on the whole workspace, not on one crate"
        for name, one in programme.validations.items()
        if _is_workspace_wide(one.command)
    ]
    for milestone in programme.milestones:
        parts = [(f"'{one.title or one.form.value}'", _problem_of_part(one, milestone)) for one in milestone.metrics]
        judged = [(f"criterion '{one.text}'", _problem_of_criterion(one, milestone)) for one in milestone.criteria]
        problems += [f"milestone {milestone.id}: {what} {problem}" for what, problem in parts + judged if problem]
        named = (*milestone.after, *milestone.alongside)
        problems += [f"milestone {milestone.id} names {one}, which is none" for one in named if one not in ids]
        unknown = [name for name in milestone.validations if name not in programme.validations]
        problems += [f"milestone {milestone.id} names no known validation '{name}'" for name in unknown]
    return problems or [f"milestone {one} depends on itself" for one in _in_a_circle(programme)]


def _is_workspace_wide(command: str) -> bool:
    words = command.split(" -- ", maxsplit=1)[0].split()
    return "cargo" in words and not {"--workspace", "--all"}.isdisjoint(words)


def _problem_of_part(part: Part, milestone: Milestone) -> str:
    """What a part lacks of what its form needs, or names wrongly; empty where it is whole."""
    form = part.form
    if form is Form.COUNTERS and bool(part.event) == bool(part.metrics):
        return "counts events or metrics, not both and not nothing"
    if form in {Form.BEFORE_AFTER, Form.REFERENCE_DELTA} and not part.spans:
        return "has no spans"
    if form is Form.HEADLINE and not part.headline:
        return "has no headline"
    if form is Form.TARGET_GATE and not (part.kpi and part.maximum_ms):
        return "needs kpi and maximum_ms"
    needs_none = form in {Form.CONTRACT_TABLE, Form.HEADLINE} and not part.benchmark
    benchmarks = (*([] if needs_none else [part.benchmark]), *part.headline)
    spans = (*part.spans, *part.headline.values(), *([part.kpi] if part.kpi else []))
    return _unknown_benchmark(benchmarks, milestone) or _broken_name(spans)


def _problem_of_criterion(criterion: Criterion, milestone: Milestone) -> str:
    """What is wrong with a criterion; empty where nothing is."""
    timed = (criterion.improvement_percent is not None, criterion.maximum_ms is not None)
    goals = sum((*timed, bool(criterion.fewer), bool(criterion.recorded), criterion.baseline))
    if goals != 1:
        return f"has {goals} goals, not one"
    if any(timed) and not criterion.span:
        return "has no span"
    benchmarks = () if criterion.baseline else (criterion.benchmark,)
    return _unknown_benchmark(benchmarks, milestone) or _broken_name((criterion.span,) if criterion.span else ())


def _unknown_benchmark(benchmarks: Iterable[str], milestone: Milestone) -> str:
    unknown = [one for one in benchmarks if one not in milestone.benchmarks]
    return f"names the benchmark '{unknown[0]}', which the milestone does not have" if unknown else ""


def _broken_name(spans: Iterable[str]) -> str:
    named = [(one, split_name(one)) for one in spans]
    broken = [one for one, found in named if not all((found.name, *found.under))]
    return f"names the span '{broken[0]}', of which a part is empty" if broken else ""


def _in_a_circle(programme: Programme) -> list[str]:
    """Milestones that can never begin, because what they wait for waits for them."""
    waiting = {one.id: set(one.after) for one in programme.milestones}
    while free := {one for one, after in waiting.items() if not after & waiting.keys()}:
        waiting = {one: after for one, after in waiting.items() if one not in free}
    return sorted(waiting)
