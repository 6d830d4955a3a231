"""The rendered documents: contexts of finished texts, put into jinja2 templates.

No figure is computed in a template.
"""

from collections.abc import Sequence
from statistics import median
from urllib.parse import quote

import msgspec

from harness.compare.comparison import Comparison, Side
from harness.compare.kpi_comparison import KpiComparison, KpiSide, Role
from harness.documents import checking, comparing, explaining, recordings
from harness.documents.escape import code, plain
from harness.documents.figures import (
    ABSENT,
    change_text,
    delta_text,
    interval_text,
    median_text,
    shown_unit,
    step_of,
)
from harness.documents.markers import wrap
from harness.documents.template import render
from harness.kpis.check import Check
from harness.recording.manifest import KpiRecord, Manifest, Recording
from harness.units import format_ms

PERF_NOTES_HEADING = "PERF_NOTES"
REPORT_HEADING = "Report"

_KEY_SPANS = (
    "stark_prove_excluding_trace",
    "rs_code_matrix",
    "prover.rap_constraints.round0",
    "prover.rap_constraints.mle_rounds",
)

_SPAN_ROLES = {Role.GATE, Role.ATTRIBUTION}


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A rendered part: where it belongs, and its text between markers."""

    kind: str
    heading: str
    block: str

    def standing_alone(self) -> str:
        """The part under its own heading."""
        return f"## {self.heading}\n\n{self.block}"


class ExtraSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A span that a document wants beside the contract's KPIs, on both sides; a reason stands for a missing one."""

    name: str
    base: KpiRecord
    head: KpiRecord


def _logs(side: Side) -> list[str]:
    return [_log(side.recording, one) for one in side.manifest.benchmark_names]


def _log(recording: Recording, benchmark: str) -> str:
    """Where the raw log of a benchmark is, by the id that finds it again; a transcript has none."""
    record = recording.manifest.benchmark(benchmark)
    if record is None or record.log is None:
        return f"{plain(benchmark)}: transcribed, no raw log is kept"
    name = f"raw/{record.log}.zst"
    digest = recording.manifest.files.get(name, "")
    return f"{plain(benchmark)}: {code(f'recordings/{recording.id}/{name}')} (sha256 {code(digest[:16])})"


def perf_notes_section(
    comparison: Comparison,
    extra: tuple[ExtraSpan, ...],
    *,
    milestone: str | None,
    logs: tuple[Sequence[str], Sequence[str]] | None = None,
) -> Section:
    """The PERF_NOTES of a pull request: both sides' key spans and what their comparison says.

    `logs` are finished lines that say where the raw logs of base and head are, where not in their recordings.
    """
    base_logs, head_logs = logs or (_logs(comparison.base), _logs(comparison.head))
    context = {
        "milestone": plain(milestone) if milestone else "not stated",
        "base_log": base_logs,
        "head_log": head_logs,
        "base": plain(comparing.describe_side(comparison.base)),
        "head": plain(comparing.describe_side(comparison.head)),
        "base_spans": _key_spans(comparison, comparison.base, extra),
        "head_spans": _key_spans(comparison, comparison.head, extra),
        "verdict": comparison.verdict.value,
        "reason": plain(comparison.reason) if comparison.comparable else "not comparable",
        "mode": _mode(comparison),
        "differences": [{"decisive": one.decisive, "text": plain(one.describe())} for one in comparison.differences],
        "deltas": [_delta(kpi) for kpi in comparison.kpis if kpi.base or kpi.head],
        "notes": [plain(note) for note in (*comparing.beside_lines(comparison), *comparing.footnotes(comparison))],
        "explanations": [explaining.to_markdown(one) for one in comparison.explanations],
    }
    return Section(
        kind="perf-notes",
        heading=PERF_NOTES_HEADING,
        block=wrap(
            "perf-notes",
            f"{comparison.base.recording.id} {comparison.head.recording.id}",
            render("perf_notes.md.j2", context),
        ),
    )


def _mode(comparison: Comparison) -> str:
    if comparison.alternated:
        return "runs of both sides took turns in one session"
    return "stored runs, not taken in turns"


def _key_spans(comparison: Comparison, side: Side, extra: tuple[ExtraSpan, ...]) -> list[str]:
    """Benchmark by benchmark, the template's key spans first; a missing one with its reason."""
    is_base = side is comparison.base
    texts = []
    for benchmark in dict.fromkeys(kpi.benchmark for kpi in comparison.kpis):
        if side.manifest.benchmark(benchmark) is None:
            texts.append(f"{plain(benchmark)}: benchmark not recorded")
            continue
        of_this = [kpi for kpi in comparison.kpis if kpi.benchmark == benchmark and kpi.role in _SPAN_ROLES]
        named = sorted(of_this, key=lambda kpi: _key_spans_order(kpi.kpi))
        texts += [_key_span(kpi, kpi.base if is_base else kpi.head, side.manifest) for kpi in named]
        records = [(one.name, one.base if is_base else one.head) for one in extra]
        texts += [_extra_span(name, record) for name, record in records if record.benchmark == benchmark]
    return texts


def _extra_span(name: str, record: KpiRecord) -> str:
    if not record.values:
        return f"{plain(record.benchmark)} {code(name)}: " + plain(f"missing: {record.missing}")
    middle = median(record.values)
    value = format_ms(middle, step_of(record, middle))
    return f"{plain(record.benchmark)} {code(name)}: {value} {record.unit} (n={len(record.values)})"


def _key_spans_order(kpi: str) -> int:
    return _KEY_SPANS.index(kpi) if kpi in _KEY_SPANS else len(_KEY_SPANS)


def _key_span(kpi: KpiComparison, samples: KpiSide | None, manifest: Manifest) -> str:
    name = f"{plain(kpi.benchmark)} {code(kpi.kpi)}"
    if samples is not None:
        return f"{name}: {median_text(samples, kpi.unit)} {shown_unit(kpi.unit)} (n={samples.n})"
    record = manifest.kpi(kpi.benchmark, kpi.kpi)
    return f"{name}: " + plain(f"missing: {(record.missing if record else None) or 'benchmark not recorded'}")


def _delta(kpi: KpiComparison) -> dict[str, str]:
    both = kpi.base is not None and kpi.head is not None
    return {
        "benchmark": plain(kpi.benchmark),
        "kpi": code(kpi.kpi) + (" (gates)" if kpi.gating else ""),
        "delta": f"{delta_text(kpi)} {shown_unit(kpi.unit)}" if both else ABSENT,
        "change": change_text(kpi),
        "interval": interval_text(kpi),
        "verdict": kpi.verdict.value,
    }


def report_section(shown: recordings.Shown, check: Check, plot: str | None) -> Section:
    """One recording in full: facts, KPIs, the contract cell by cell, and the picture of its samples if there is one."""
    context = {
        "facts": recordings.show_markdown(shown),
        "check": checking.to_markdown(check),
        "plot": quote(plot) if plot else "",
    }
    return Section(
        kind="report",
        heading=REPORT_HEADING,
        block=wrap("report", shown.recording.id, render("report.md.j2", context)),
    )
