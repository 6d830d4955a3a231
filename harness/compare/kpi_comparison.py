"""One KPI on both sides: what role it plays, and the forms in which it can be answered without judging."""

from enum import StrEnum
from statistics import median

import msgspec

from harness.compare.rank_interval import RatioInterval
from harness.compare.verdict import Verdict
from harness.kpis.contract import Contract
from harness.kpis.process import PROCESS_KPIS
from harness.recording.manifest import KpiRecord, Manifest


class Role(StrEnum):
    """What a KPI is there for. Only GATE decides; no change should move CONTROL, and nothing is ever divided by it."""

    GATE = "gate"
    ATTRIBUTION = "attribution"
    PROCESS = "process"
    CONTROL = "control"


class KpiSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side's samples of a KPI, in its unit, with the display step of its median."""

    median: float
    n: int
    samples: tuple[float, ...]
    step: float


class KpiComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One KPI on both sides. `ratio_low`/`ratio_high` are None where no interval can be given.

    `min_detectable` is the change that this comparison would call in about 8 of 10 repeats, `runs_to_settle` the runs a
    side that would settle a change of the effect floor; None where nothing was judged.
    """

    benchmark: str
    kpi: str
    unit: str
    role: Role
    base: KpiSide | None
    head: KpiSide | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: Verdict
    reason: str
    min_detectable: float | None
    runs_to_settle: int | None

    @property
    def gating(self) -> bool:
        """Whether this KPI decides."""
        return self.role is Role.GATE


class Paired(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI present in at least one of the recordings or named by the contract."""

    benchmark: str
    kpi: str
    role: Role
    base: KpiRecord | None
    head: KpiRecord | None
    benchmark_recorded: tuple[bool, bool] = (True, True)

    @property
    def on_both(self) -> bool:
        """Whether both sides have samples."""
        return bool(self.base and self.base.values and self.head and self.head.values)


def pairs_of(base: Manifest, head: Manifest, contract: Contract) -> list[Paired]:
    """The contract's KPIs in its order, then what else was recorded."""
    named = [(one.name, kpi) for one in contract.benchmarks for kpi in contract.kpis]
    recorded = [(record.benchmark, record.kpi) for side in (base, head) for record in side.kpis]
    return [
        Paired(
            benchmark=benchmark,
            kpi=kpi,
            role=role_of(contract, benchmark, kpi),
            base=base.kpi(benchmark, kpi),
            head=head.kpi(benchmark, kpi),
            benchmark_recorded=(base.benchmark(benchmark) is not None, head.benchmark(benchmark) is not None),
        )
        for benchmark, kpi in dict.fromkeys([*named, *recorded])
    ]


def role_of(contract: Contract, benchmark: str, kpi: str) -> Role:
    """What a KPI of a benchmark is there for."""
    if contract.is_gating(benchmark, kpi):
        return Role.GATE
    if kpi in PROCESS_KPIS:
        return Role.PROCESS
    return Role.CONTROL if kpi in contract.controls else Role.ATTRIBUTION


def known_same(pair: Paired, reason: str) -> KpiComparison:
    """`same` without looking at any time, where both sides have the KPI."""
    return compared(pair, None, Verdict.SAME, reason) if pair.on_both else absent(pair)


def unjudged(pair: Paired, reason: str) -> KpiComparison:
    """`undecided` for a reason that lies outside the samples, where both sides have the KPI."""
    return compared(pair, None, Verdict.UNDECIDED, reason) if pair.on_both else absent(pair)


def absent(pair: Paired) -> KpiComparison:
    """`missing` or `new`, with why the side that lacks the KPI does."""
    has_head = bool(pair.head and pair.head.values)
    lacking = pair.base if has_head else pair.head
    unknown = "not read when this was recorded" if pair.benchmark_recorded[not has_head] else "benchmark not recorded"
    reason = (lacking.missing if lacking else None) or unknown
    return compared(pair, None, Verdict.NEW if has_head else Verdict.MISSING, reason)


def compared(
    pair: Paired, interval: RatioInterval | None, verdict: Verdict, reason: str, runs_to_settle: int | None = None
) -> KpiComparison:
    """The KPI with its samples and what was found."""
    base, head = _side(pair.base), _side(pair.head)
    ratio = head.median / base.median if base and head and base.median > 0 else None
    return KpiComparison(
        benchmark=pair.benchmark,
        kpi=pair.kpi,
        unit=next((record.unit for record in (pair.base, pair.head) if record), "ms"),
        role=pair.role,
        base=base,
        head=head,
        ratio=ratio,
        ratio_low=interval.low if interval else None,
        ratio_high=interval.high if interval else None,
        verdict=verdict,
        reason=reason,
        min_detectable=interval.min_detectable if interval else None,
        runs_to_settle=runs_to_settle,
    )


def _side(record: KpiRecord | None) -> KpiSide | None:
    if record is None or not record.values:
        return None
    middle = median(record.values)
    nearest = min(range(len(record.values)), key=lambda i: abs(record.values[i] - middle))
    return KpiSide(
        median=middle,
        n=len(record.values),
        samples=record.values,
        step=record.highs[nearest] - record.lows[nearest],
    )
