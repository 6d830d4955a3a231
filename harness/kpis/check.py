"""Is a contract met by one recording? Cell by cell, with the reason wherever it cannot be said."""

from enum import StrEnum
from statistics import median

import msgspec

from harness.kpis.contract import Cell, Contract, Expected, Limit
from harness.recording.manifest import KpiRecord, Manifest, RunKind


class Standing(StrEnum):
    """How a cell stands. NOT_JUDGED cells do not speak for or against."""

    MET = "met"
    BROKEN = "broken"
    NOT_JUDGED = "not judged"
    CANNOT_TELL = "cannot tell"


class CheckedCell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the contract beside what was recorded; `value` and `published` are medians in `unit`."""

    benchmark: str
    kpi: str
    unit: str
    value: float | None
    expected: str
    published: float | None
    standing: Standing
    reason: str

    @property
    def met(self) -> bool | None:
        """True, False, or None where the contract does not judge or cannot."""
        return {Standing.MET: True, Standing.BROKEN: False}.get(self.standing)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """All cells of a contract for one recording."""

    contract: str
    cells: tuple[CheckedCell, ...]

    @property
    def standing(self) -> Standing:
        """BROKEN if any cell is, else CANNOT_TELL if any cell is, else MET."""
        found = {cell.standing for cell in self.cells}
        return next((one for one in (Standing.BROKEN, Standing.CANNOT_TELL) if one in found), Standing.MET)


def check(contract: Contract, manifest: Manifest) -> Check:
    """The contract's cells and limits against the medians of `manifest`."""
    cells = [_check_cell(contract, cell, manifest) for cell in contract.cells]
    limits = [_check_limit(contract, limit, manifest) for limit in contract.limits]
    return Check(contract=contract.name, cells=(*cells, *limits))


def _check_cell(contract: Contract, cell: Cell, manifest: Manifest) -> CheckedCell:
    record = manifest.kpi(cell.benchmark, cell.kpi)
    standing, reason = _judge_presence(contract, cell, manifest, record)
    return CheckedCell(
        benchmark=cell.benchmark,
        kpi=cell.kpi,
        unit=record.unit if record else "ms",
        value=median(record.values) if record and record.values else None,
        expected=cell.expected.value,
        published=cell.published,
        standing=standing,
        reason=reason,
    )


def _judge_presence(
    contract: Contract, cell: Cell, manifest: Manifest, record: KpiRecord | None
) -> tuple[Standing, str]:
    doubt = doubt_about_runs(contract, manifest, cell.benchmark)
    if record is not None and record.not_instrumented:
        return Standing.NOT_JUDGED, record.missing or ""
    if doubt:
        return Standing.CANNOT_TELL, doubt
    if cell.expected is Expected.ABSENT:
        if record is None or not record.values:
            return Standing.MET, "N/A in the contract and not in the recording"
        return Standing.NOT_JUDGED, "N/A in the contract, present here"
    if record is None or not record.values:
        return Standing.BROKEN, (record.missing if record else None) or "not recorded"
    return Standing.MET, ""


def _check_limit(contract: Contract, limit: Limit, manifest: Manifest) -> CheckedCell:
    record = manifest.kpi(limit.benchmark, limit.kpi)
    value = median(record.values) if record and record.values else None
    if record is not None and record.not_instrumented and manifest.target == limit.target:
        standing, reason = Standing.NOT_JUDGED, record.missing or ""
    else:
        standing, reason = _judge_limit(contract, limit, manifest, value)
    return CheckedCell(
        benchmark=limit.benchmark,
        kpi=limit.kpi,
        unit=record.unit if record else "ms",
        value=value,
        expected=f"<= {limit.maximum:g}",
        published=None,
        standing=standing,
        reason=reason,
    )


def _judge_limit(contract: Contract, limit: Limit, manifest: Manifest, value: float | None) -> tuple[Standing, str]:
    if manifest.target != limit.target:
        return Standing.NOT_JUDGED, f"not applicable: the limit is for {limit.target}"
    doubt = doubt_about_runs(contract, manifest, limit.benchmark)
    if doubt:
        return Standing.CANNOT_TELL, doubt
    recorded = manifest.benchmark(limit.benchmark)
    facts = recorded.workload.cells if recorded else {}
    common = [key for key in limit.workload if key in facts]
    if not common:
        return Standing.CANNOT_TELL, "unknown workload: the log states none of " + ", ".join(limit.workload)
    other = [key for key in common if facts[key] != limit.workload[key]]
    if other:
        return (
            Standing.NOT_JUDGED,
            f"not applicable: {other[0]} is {facts[other[0]]}, the limit is for {limit.workload[other[0]]}",
        )
    if value is None:
        return Standing.BROKEN, "no value"
    missed = value > limit.maximum
    return (Standing.BROKEN if missed else Standing.MET), limit.why


def doubt_about_runs(contract: Contract, manifest: Manifest, benchmark: str) -> str:
    """Why the runs of a benchmark cannot be judged by this contract: a failed run, or too few. Empty where they can."""
    runs = [run for run in manifest.runs if run.benchmark == benchmark]
    if not runs:
        return "benchmark not recorded"
    failed = [run for run in runs if run.failure and not run.kind.is_extra]
    if failed:
        return f"{failed[0].describe()} failed: {failed[0].failure}"
    warmups = sum(run.kind is RunKind.WARMUP for run in runs)
    if warmups < contract.warmups:
        return f"{warmups} warmup runs, the contract asks for {contract.warmups}: the first run may be a cold one"
    measured = sum(run.kind is RunKind.MEASURED for run in runs)
    if measured < contract.measured:
        return f"{measured} measured runs, the contract asks for {contract.measured}"
    return ""


def limit_doubt(contract: Contract, manifest: Manifest, benchmark: str, kpi: str) -> str:
    """Why no upper bound of this KPI can be judged by these runs; empty where one can.

    Where the contract limits the KPI, its limit's target and workload say what a bound is for.
    """
    limited = [one for one in contract.limits if (one.benchmark, one.kpi) == (benchmark, kpi)]
    judged = [_check_limit(contract, one, manifest) for one in limited]
    open_ones = {Standing.NOT_JUDGED, Standing.CANNOT_TELL}
    doubts = [cell.reason for cell in judged if cell.standing in open_ones]
    return doubts[0] if doubts and len(doubts) == len(judged) else doubt_about_runs(contract, manifest, benchmark)
