"""A programme of milestones as data: what each works on, how it is validated, shown and judged. Read from TOML.

Another prover's programme is another file (docs/milestones.md); nothing in the code names a milestone.
"""

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from harness.errors import ConfigError, DocumentError

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
    """One exit criterion that names a number or a counter; exactly one of the goals is set.

    `text` is the plan's meaning in a few words, shown where the milestone's file has no such bullet. `words` are texts
    of which all stand in the bullet it belongs to, in any case; numbers and names of the goal are looked for without
    being said. Goals: `improvement_percent` of `span` against `against` (0 is any gain); `maximum_ms` of `span`;
    `fewer`, counters (`event.field`, or a metric's name; `*` stands for any text) whose total must fall, which counts
    only where one of the counters `exercised_by` is above zero. `outside_spans` says why a time cannot show it.
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
    outside_spans: str = ""


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
    for milestone in programme.milestones:
        named = (*milestone.after, *milestone.alongside)
        problems += [f"milestone {milestone.id} names {one}, which is none" for one in named if one not in ids]
        unknown = [name for name in milestone.validations if name not in programme.validations]
        problems += [f"milestone {milestone.id} names no known validation '{name}'" for name in unknown]
        problems += [
            f"milestone {milestone.id}: criterion '{one.text}' has {_goals(one)} goals, not one"
            for one in milestone.criteria
            if _goals(one) != 1
        ]
    return problems


def _goals(one: Criterion) -> int:
    return sum((one.improvement_percent is not None, one.maximum_ms is not None, bool(one.fewer)))
