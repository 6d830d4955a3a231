"""What `harness baseline` ends with: the medians just measured beside the contract's published ones."""

from statistics import median

from harness.documents.escape import MARKDOWN, TERMINAL, Quoting, plain, terminal
from harness.documents.figures import ABSENT, remarks_text, step_of
from harness.documents.recordings import Shown
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.kpis.contract import Contract
from harness.kpis.process import PROCESS_KPIS
from harness.recording.manifest import KpiRecord
from harness.units import format_ms


def to_text(shown: Shown, contract: Contract) -> str:
    """For a terminal."""
    return f"{as_text(_table(shown, contract, TERMINAL))}\n\n{terminal(_closing(shown, contract))}"


def to_markdown(shown: Shown, contract: Contract) -> str:
    """For a document."""
    return f"{as_markdown(_table(shown, contract, MARKDOWN))}\n\n{plain(_closing(shown, contract))}"


def _table(shown: Shown, contract: Contract, quote: Quoting) -> Table:
    columns = (
        Column("benchmark"),
        Column("KPI"),
        Column("median ms", right=True),
        Column("min … max ms", right=True),
        Column("n", right=True),
        Column(f"{contract.name} published ms", right=True),
        Column("remarks"),
    )
    beside = {*PROCESS_KPIS, *contract.controls}
    named = [kpi for kpi in shown.recording.manifest.kpis if kpi.kpi not in beside]
    return Table(columns, tuple(_row(kpi, _published(contract, kpi), quote) for kpi in named))


def _published(contract: Contract, kpi: KpiRecord) -> str:
    """The published figure; N/A where the contract says so, and nothing where it says nothing."""
    cells = [cell for cell in contract.cells if (cell.benchmark, cell.kpi) == (kpi.benchmark, kpi.kpi)]
    if not cells:
        return ABSENT
    return "N/A" if cells[0].published is None else f"{cells[0].published:.2f}"


def _row(kpi: KpiRecord, beside: str, quote: Quoting) -> tuple[str, ...]:
    names = (quote.name(kpi.benchmark), quote.name(kpi.kpi))
    if not kpi.values:
        return (*names, ABSENT, ABSENT, "0", beside, quote.prose(f"missing: {kpi.missing}"))
    middle = median(kpi.values)
    low, high = (format_ms(value, step_of(kpi, value)) for value in (min(kpi.values), max(kpi.values)))
    remarks = quote.prose(remarks_text(kpi))
    return (*names, format_ms(middle, step_of(kpi, middle)), f"{low} … {high}", str(len(kpi.values)), beside, remarks)


def _closing(shown: Shown, contract: Contract) -> str:
    manifest = shown.recording.manifest
    labels = f" as {', '.join(shown.labels)}" if shown.labels else ""
    return (
        f"Published figures: {contract.source}. They are another machine's: shown, never compared. "
        f"Recording {shown.recording.id}{labels} of {manifest.target} is stored in {shown.path}"
    )
