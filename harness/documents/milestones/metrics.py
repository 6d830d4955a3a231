"""The Metrics section of any milestone: its recordings, its own shapes, the contract's KPIs, the logs."""

from harness.compare.verdict import Verdict
from harness.documents.markers import wrap
from harness.documents.milestones.contract_kpis import contract_kpis
from harness.documents.milestones.contract_table import contract_table
from harness.documents.milestones.counters import counters_part
from harness.documents.milestones.sources import log_lines, source_lines
from harness.documents.milestones.span_forms import SideLabel, Sides, before_after, reference_delta
from harness.documents.milestones.table_forms import HeadlineRow, headline_table, reference_table, target_gate
from harness.documents.sections import Section
from harness.documents.template import render
from harness.kpis.check import limit_doubt
from harness.milestones.document import METRICS
from harness.milestones.evidence import Evidence, Which, name_recordings
from harness.milestones.programme import Form, Part
from harness.recording.manifest import Recording

METRICS_KIND = "metrics"


def metrics_section(evidence: Evidence) -> Section:
    """The section between its markers, which name every recording that it was made of."""
    name = name_recordings(evidence)
    return Section(kind=METRICS_KIND, heading=METRICS, block=wrap(METRICS_KIND, name, metrics_block(evidence)))


def metrics_block(evidence: Evidence) -> str:
    """The section's text, without markers; it says what is not comparable before any figure."""
    parts = [_part(evidence, index, part) for index, part in enumerate(evidence.milestone.metrics)]
    if evidence.comparison is None:
        return "\n\n".join(parts)
    context = {
        "sources": source_lines(evidence),
        "parts": [*parts, contract_kpis(evidence)],
        "logs": log_lines(evidence),
    }
    return render("milestone_metrics.md.j2", context)


def _part(evidence: Evidence, index: int, part: Part) -> str:
    sides = _sides(evidence)
    if part.form is Form.CONTRACT_TABLE:
        logs = log_lines(evidence) if evidence.comparison is None else ()  # else they end the section
        return contract_table(evidence.recordings.head, evidence.contract, logs).strip()
    if part.form is Form.COUNTERS:
        return counters_part(part, evidence.counted.get((Which.BASE, index)), evidence.counted.get((Which.HEAD, index)))
    if part.form is Form.HEADLINE:
        rows = [HeadlineRow(benchmark=one, span=evidence.row(one, name)) for one, name in part.headline.items()]
        return headline_table(part.title, rows, sides)
    if part.form is Form.TARGET_GATE:
        head = evidence.recordings.head.manifest
        doubt = limit_doubt(evidence.contract, head, part.benchmark, part.kpi)
        row = evidence.row(part.benchmark, part.kpi)
        verdict = _verdict(evidence, part.benchmark, part.kpi)
        return target_gate(part.title, row, sides, part.maximum_ms or 0.0, doubt=doubt, verdict=verdict)
    rows_of_spans = [evidence.row(part.benchmark, name) for name in part.spans or evidence.contract.kpis]
    form = {Form.BEFORE_AFTER: before_after, Form.REFERENCE_TABLE: reference_table}.get(part.form, reference_delta)
    return form(part.title, rows_of_spans, sides, part.percent_decimals)


def _verdict(evidence: Evidence, benchmark: str, kpi: str) -> Verdict:
    """What may be said of a KPI against the contract's reference, else against the base."""
    comparison = evidence.to_reference or evidence.comparison
    found = comparison.kpi(benchmark, kpi) if comparison else None
    return found.verdict if found else Verdict.UNDECIDED


def _sides(evidence: Evidence) -> Sides:
    recordings = evidence.recordings
    return Sides(
        base=_label(evidence.base_name, recordings.base or recordings.head),
        head=_label(f"M{evidence.milestone.id}", recordings.head),
        reference=_label(evidence.reference_label, recordings.reference) if recordings.reference else None,
    )


def _label(name: str, recording: Recording) -> SideLabel:
    provenance = recording.manifest.provenance
    return SideLabel(
        name=name,
        n=recording.manifest.protocol.measured,
        recording=recording.id,
        commit=provenance.commit[:12] if provenance.commit else None,
        dirty=provenance.dirty,
    )
