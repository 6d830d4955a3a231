"""A contract: which benchmarks, protocol, KPIs, floors and limits make a baseline. Read from TOML, used as data."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec

from harness.errors import ConfigError
from harness.kpis.definition import KpiDefinition, Reduce, Selector

SCHEMA_VERSION = 1
"""1: first version (2026-11)."""


class Expected(StrEnum):
    """What a contract says of one cell."""

    PRESENT = "present"
    ABSENT = "absent"


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table whose unknown keys are errors: a misspelt key must not be silently without effect."""


class KpiTable(_Table, frozen=True):
    """How one KPI is read.

    In a target only what differs from the contract; an empty `span` keeps the contract's name.
    """

    span: str | tuple[str, ...] = ()
    under: str | None = None
    under_if_repeated: str | None = None
    fields: dict[str, str] = {}
    tree: int | None = None
    occurrence: int | None = None
    reduce: Reduce = Reduce.ONLY
    not_instrumented: str | None = None

    def definition(self, name: str) -> KpiDefinition:
        """The KPI called `name` as this table reads it; without `span` it is the span of that name."""
        spans = (self.span,) if isinstance(self.span, str) else self.span
        selector = Selector(
            spans=spans or (name,),
            under=self.under,
            under_if_repeated=self.under_if_repeated,
            fields=self.fields,
            tree=self.tree,
            occurrence=self.occurrence,
            reduce=self.reduce,
        )
        return KpiDefinition(name=name, selector=selector, not_instrumented=self.not_instrumented)


class ContractBenchmark(_Table, frozen=True):
    """One benchmark; `gating` names the KPI that decides, if one does."""

    name: str
    title: str
    gating: str | None = None
    requires_interactions: bool = False


class Cell(_Table, frozen=True):
    """One cell of the published table; `published` in the KPI's unit, None where it says N/A."""

    benchmark: str
    kpi: str
    expected: Expected
    published: float | None = None


class Limit(_Table, frozen=True):
    """Upper bound of a median, for one target and one workload (any fact that the log states too must agree)."""

    benchmark: str
    kpi: str
    target: str
    maximum: float
    workload: dict[str, int]
    why: str


class Contract(_Table, frozen=True):
    """A whole contract.

    `beside` are benchmarks that no baseline needs and that are judged all the same where they are recorded. `controls`
    are read like KPIs: spans that no change to the prover should move, shown beside and never used to correct a time.
    """

    schema: int
    name: str
    title: str
    source: str
    warmups: Annotated[int, msgspec.Meta(ge=0)]
    measured: Annotated[int, msgspec.Meta(ge=1)]
    error_rate: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    effect_floor_ratio: Annotated[float, msgspec.Meta(gt=0)]
    gate_ratio: Annotated[float, msgspec.Meta(ge=0)]
    benchmarks: tuple[ContractBenchmark, ...]
    kpis: dict[str, KpiTable]
    cells: tuple[Cell, ...]
    limits: tuple[Limit, ...] = ()
    beside: tuple[ContractBenchmark, ...] = ()
    controls: dict[str, KpiTable] = {}

    def benchmark(self, name: str) -> ContractBenchmark | None:
        """The benchmark of that name, if the contract knows it."""
        return next((one for one in (*self.benchmarks, *self.beside) if one.name == name), None)

    def requires_interactions(self, benchmark: str) -> bool:
        """Whether a run of this benchmark without interactions is a failed one."""
        found = self.benchmark(benchmark)
        return found is not None and found.requires_interactions

    def is_gating(self, benchmark: str, kpi: str) -> bool:
        """Whether this KPI decides the verdict of a comparison."""
        found = self.benchmark(benchmark)
        return found is not None and found.gating == kpi


def contract_from_toml(text: str, *, where: str) -> Contract:
    """The contract in `text`. Raises ConfigError naming `where` and the place in it."""
    try:
        contract = msgspec.toml.decode(text, type=Contract)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} is not a contract: {error}.", hint="See docs/contract.md for its form.") from None
    if contract.schema != SCHEMA_VERSION:
        raise ConfigError(f"{where} has schema version {contract.schema}, this harness reads {SCHEMA_VERSION}.")
    known = {one.name for one in (*contract.benchmarks, *contract.beside)}
    cells: list[Any] = [*contract.cells, *contract.limits]
    named = [(one.benchmark, one.kpi) for one in cells]
    named += [(one.name, one.gating) for one in (*contract.benchmarks, *contract.beside) if one.gating is not None]
    for benchmark, kpi in named:
        if benchmark not in known or kpi not in contract.kpis:
            raise ConfigError(f"{where}: no benchmark '{benchmark}' with KPI '{kpi}'.")
    return contract


def kpi_definitions(contract: Contract, overrides: dict[str, KpiTable]) -> tuple[KpiDefinition, ...]:
    """The contract's KPIs in its order, each as the target reads it; then its controls, then what the target adds."""
    tables = {**contract.kpis, **contract.controls, **overrides}
    return tuple(table.definition(name) for name, table in tables.items())
