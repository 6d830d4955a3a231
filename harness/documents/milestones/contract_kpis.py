"""The contract's KPIs of both benchmarks, as every Metrics section ends: medians, deltas, verdicts, missing ones."""

from harness.compare.comparison import Comparison
from harness.compare.kpi_comparison import KpiComparison
from harness.compare.verdict import Verdict
from harness.documents.escape import MARKDOWN, code, plain
from harness.documents.figures import ABSENT, change_text, delta_text, interval_text, median_text, shown_unit
from harness.documents.table import Column, Table, as_markdown
from harness.milestones.evidence import Evidence

_TITLE = "### Contract KPIs"


def contract_kpis(evidence: Evidence) -> str:
    """The KPIs under their heading; nothing where there is no base."""
    table = kpi_table(evidence)
    return f"{_TITLE}\n\n{table}" if table else ""


def kpi_table(evidence: Evidence) -> str:
    """A row for every KPI that the contract names, and for those beside it that gate; a missing one with its reason."""
    comparison = evidence.comparison
    if comparison is None:
        return ""
    kpis = evidence.contract_kpis(comparison)
    other = evidence.against_reference
    columns = [
        Column("Benchmark"),
        Column("KPI"),
        Column("Base (ms)", right=True),
        Column("Head (ms)", right=True),
        Column("n", right=True),
        Column("Delta (ms)", right=True),
        Column("Delta (%)", right=True),
        Column("Interval", right=True),
        Column("Verdict"),
    ]
    if other is not None:
        columns.append(Column(f"vs {plain(evidence.reference_label)}", right=True))
    rows = tuple(_row(kpi, other) for kpi in kpis)
    table = as_markdown(Table(tuple(columns), rows))
    return "\n".join([table, "", *_notes(evidence, kpis)])


def _row(kpi: KpiComparison, other: Comparison | None) -> tuple[str, ...]:
    counts = " + ".join(str(side.n) if side else ABSENT for side in (kpi.base, kpi.head))
    cells = (
        MARKDOWN.name(kpi.benchmark),
        code(kpi.kpi) + (" (gates)" if kpi.gating else ""),
        median_text(kpi.base, kpi.unit),
        median_text(kpi.head, kpi.unit),
        counts,
        delta_text(kpi),
        change_text(kpi),
        interval_text(kpi),
        kpi.verdict.value,
    )
    return cells if other is None else (*cells, _beside(other.kpi(kpi.benchmark, kpi.kpi)))


def _beside(kpi: KpiComparison | None) -> str:
    """The change against the contract's reference, with what may be said of it."""
    if kpi is None or kpi.ratio is None:
        return ABSENT
    return f"{change_text(kpi)}, {kpi.verdict.value}"


def _notes(evidence: Evidence, kpis: tuple[KpiComparison, ...]) -> list[str]:
    """Why a KPI is missing or undecided, said once for all that share the reason; and who decides."""
    reasons: dict[str, list[str]] = {}
    for kpi in kpis:
        if kpi.reason:
            reasons.setdefault(f"{kpi.verdict.value}: {kpi.reason}", []).append(f"{kpi.benchmark} {kpi.kpi}")
    notes = [f"- {plain(', '.join(names))}: {plain(reason)}" for reason, names in reasons.items()]
    other = evidence.against_reference
    if other is not None:
        undecided = [kpi for kpi in evidence.contract_kpis(other) if kpi.verdict is Verdict.UNDECIDED]
        gaps = {kpi.reason for kpi in undecided if kpi.reason}
        notes += [f"- vs {plain(evidence.reference_label)}: {plain(reason)}" for reason in sorted(gaps)]
    unit = {shown_unit(kpi.unit) for kpi in kpis if kpi.unit != "ms"}
    notes += [f"- Units other than ms: {plain(', '.join(sorted(unit)))}"] if unit else []
    notes.append(
        "- (gates) marks the KPI that decides; the verdict is read off the interval of head / base alone. Delta (ms) "
        "is that of the printed medians, Delta (%) and the interval are of the samples. The exit criteria judge the "
        "spans that they name for themselves, corrected for their number alone."
    )
    return notes
