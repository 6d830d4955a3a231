"""The rendered documents: contexts of finished texts, put into jinja2 templates.

No figure is computed in a template.
"""

from collections.abc import Mapping
from functools import cache
from statistics import median
from urllib.parse import quote

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.compare.comparison import Comparison, Side
from harness.compare.kpi_comparison import KpiComparison, KpiSide, Role
from harness.documents import checking, comparing, explaining, recordings
from harness.documents.escape import code, plain
from harness.documents.figures import change_text, interval_text, median_text, shown_unit, step_of, value_text
from harness.documents.markers import wrap
from harness.kpis.check import Check
from harness.kpis.contract import Contract, Expected
from harness.recording.manifest import KpiRecord, Manifest, Recording
from harness.units import format_ms

METRICS_HEADING = "Metrics"
PERF_NOTES_HEADING = "PERF_NOTES"
REPORT_HEADING = "Report"

_NOT_AVAILABLE = "N/A"
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


@cache
def _environment() -> Environment:
    """Templates escape nothing by themselves: every text from a log goes through `documents.escape` before."""
    return Environment(
        loader=PackageLoader("harness.documents"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (Markdown, not HTML)
    )


def _render(template: str, context: Mapping[str, object]) -> str:
    return _environment().get_template(template).render(context).strip() + "\n"


def metrics_section(recording: Recording, contract: Contract, milestone: str) -> Section:
    """The Metrics section of milestone 8: the contract's table from one recording."""
    manifest = recording.manifest
    notes: list[str] = []
    rows = [
        {
            "span": code(kpi),
            "cells": [code(_cell(contract, manifest, one.name, kpi, notes)) for one in contract.benchmarks],
        }
        for kpi in contract.kpis
    ]
    context = {
        "benchmarks": [
            {"title": plain(one.title), "n": _runs(contract, manifest, one.name)} for one in contract.benchmarks
        ],
        "rows": rows,
        "recording": code(recording.id),
        "target": code(manifest.target),
        "host": plain(_host(manifest)),
        "commit": code(manifest.provenance.commit) if manifest.provenance.commit else "not stated",
        "dirty": manifest.provenance.dirty,
        "origin": manifest.provenance.origin.value,
        "started": plain(manifest.started),
        "commands": [{"name": plain(one.name), "command": code(one.command)} for one in manifest.benchmarks],
        "logs": [_log(recording, one.name) for one in manifest.benchmarks],
        "warmups": manifest.protocol.warmups,
        "measured": manifest.protocol.measured,
        "notes": [plain(note) for note in dict.fromkeys(notes)],
        "steps": [plain(step) for step in _steps(contract, manifest)],
        "failure": plain(manifest.failure) if manifest.failure else "",
    }
    return Section(
        kind="metrics",
        heading=METRICS_HEADING,
        block=wrap("metrics", f"milestone-{milestone}", _render("m8_metrics.md.j2", context)),
    )


def _cell(contract: Contract, manifest: Manifest, benchmark: str, kpi: str, notes: list[str]) -> str:
    """A median with the table's two decimals; N/A only where the contract says so, and never without the reason."""
    record = manifest.kpi(benchmark, kpi)
    if record is not None and record.values:
        return f"{median(record.values):.2f}"
    cell = next((one for one in contract.cells if (one.benchmark, one.kpi) == (benchmark, kpi)), None)
    if manifest.benchmark(benchmark) is None:
        notes.append(f"missing, {benchmark}: benchmark not recorded")
        return "missing"
    reason = (record.missing if record else None) or "not asked for when this was recorded"
    expected = cell is not None and cell.expected is Expected.ABSENT
    word = _NOT_AVAILABLE if expected and record is not None else "missing"
    notes.append(f"{word}, {benchmark} {kpi}: {reason}")
    return word


def _runs(contract: Contract, manifest: Manifest, benchmark: str) -> int:
    of_contract = [kpi for kpi in manifest.kpis if kpi.benchmark == benchmark and kpi.kpi in contract.kpis]
    return max((len(kpi.values) for kpi in of_contract), default=0)


def _host(manifest: Manifest) -> str:
    known = [text for text in (manifest.host.id, manifest.host.cpu, *manifest.host.gpus) if text]
    return ", ".join(known) or "not stated"


def _log(recording: Recording, benchmark: str) -> str:
    """Where the raw log of a benchmark is, by the id that finds it again; a transcript has none."""
    record = recording.manifest.benchmark(benchmark)
    if record is None or record.log is None:
        return f"{plain(benchmark)}: transcribed, no raw log is kept"
    name = f"raw/{record.log}.zst"
    digest = recording.manifest.files.get(name, "")
    return f"{plain(benchmark)}: {code(f'recordings/{recording.id}/{name}')} (sha256 {code(digest[:16])})"


def _steps(contract: Contract, manifest: Manifest) -> list[str]:
    """What the source resolves, which the fixed two decimals of the table hide."""
    steps: dict[str, list[str]] = {}
    for kpi in manifest.kpis:
        if kpi.values and kpi.kpi in contract.kpis:
            step = step_of(kpi, median(kpi.values))
            steps.setdefault(f"{step:.3g} ms" if step else "exact", []).append(f"{kpi.benchmark} {kpi.kpi}")
    return [f"{step}: {', '.join(names)}" for step, names in steps.items()]


def perf_notes_section(comparison: Comparison, extra: tuple[ExtraSpan, ...], *, milestone: str | None) -> Section:
    """The PERF_NOTES of a pull request: both sides' key spans and what their comparison says."""
    context = {
        "milestone": plain(milestone) if milestone else "not stated",
        "base_log": [_log(comparison.base.recording, one) for one in comparison.base.manifest.benchmark_names],
        "head_log": [_log(comparison.head.recording, one) for one in comparison.head.manifest.benchmark_names],
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
            _render("perf_notes.md.j2", context),
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
    difference = ""
    if kpi.base is not None and kpi.head is not None:
        step = max(kpi.base.step, kpi.head.step)
        sign = "+" if kpi.head.median >= kpi.base.median else "-"
        size = abs(kpi.head.median - kpi.base.median)
        difference = f"{sign}{value_text(size, kpi.unit, step)} {shown_unit(kpi.unit)}"
    return {
        "benchmark": plain(kpi.benchmark),
        "kpi": code(kpi.kpi) + (" (gates)" if kpi.gating else ""),
        "delta": difference if both else "–",
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
        block=wrap("report", shown.recording.id, _render("report.md.j2", context)),
    )
