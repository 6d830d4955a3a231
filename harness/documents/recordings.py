"""Recordings as JSON, terminal text and Markdown: one in full, many as a list."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec

from harness.documents.escape import MARKDOWN, TERMINAL, Quoting, plain, terminal
from harness.documents.figures import ABSENT, remarks_text, shown_unit, step_of, value_text
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.kpis.tree import TreeRow
from harness.recording.manifest import KpiRecord, Manifest, Provenance, Recording
from harness.units import format_ms


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A recording with the labels that point at it; `trees` (benchmark, rows) only where they were asked for."""

    recording: Recording
    labels: tuple[str, ...]
    path: str
    trees: tuple[tuple[str, tuple[TreeRow, ...]], ...] = ()
    warnings: tuple[str, ...] = ()


def show_json(shown: Shown) -> dict[str, Any]:
    """The pinned JSON form of `harness show`."""
    manifest = shown.recording.manifest
    return {
        "recording": shown.recording.id,
        "target": manifest.target,
        "host": manifest.host.id,
        "labels": list(shown.labels),
        "path": shown.path,
        "started": manifest.started,
        "failure": manifest.failure,
        "warnings": list(manifest.warnings),
        "provenance": msgspec.to_builtins(manifest.provenance),
        "machine": msgspec.to_builtins(manifest.host),
        "protocol": msgspec.to_builtins(manifest.protocol),
        "benchmarks": msgspec.to_builtins(manifest.benchmarks),
        "runs": msgspec.to_builtins(manifest.runs),
        "kpis": [_kpi_json(kpi) for kpi in manifest.kpis],
    }


def _kpi_json(kpi: KpiRecord) -> dict[str, Any]:
    return {
        "benchmark": kpi.benchmark,
        "kpi": kpi.kpi,
        "unit": kpi.unit,
        "median": median(kpi.values) if kpi.values else None,
        "n": len(kpi.values),
        "samples": list(kpi.values),
        "missing": kpi.missing,
        "selector": kpi.selector,
        "notes": list(kpi.notes),
        "warm": kpi.warm_median,
    }


def recorded_json(shown: Shown) -> dict[str, Any]:
    """The pinned JSON form of `run`, `baseline` and `import`."""
    return {"recording": shown.recording.id, "labels": list(shown.labels), "warnings": list(shown.warnings)}


def list_json(listed: Sequence[Shown]) -> list[dict[str, Any]]:
    """The pinned JSON form of `harness ls`."""
    return [
        {
            "recording": one.recording.id,
            "labels": list(one.labels),
            "target": one.recording.manifest.target,
            "host": one.recording.manifest.host.id,
            "commit": one.recording.manifest.provenance.commit,
            "started": one.recording.manifest.started,
            "failure": one.recording.manifest.failure,
        }
        for one in listed
    ]


def list_table(listed: Sequence[Shown], quote: Quoting = TERMINAL) -> Table:
    """One row a recording."""
    columns = ("recording", "labels", "target", "host", "commit", "started", "state")
    return Table(tuple(Column(title) for title in columns), tuple(_list_row(one, quote) for one in listed))


def _list_row(one: Shown, quote: Quoting) -> tuple[str, ...]:
    manifest = one.recording.manifest
    commit = (manifest.provenance.commit or ABSENT)[:12] + ("+" if manifest.provenance.dirty else "")
    return (
        one.recording.id,
        " ".join(one.labels) or ABSENT,
        quote.prose(manifest.target),
        quote.prose(manifest.host.id or ABSENT),
        quote.prose(commit),
        quote.prose(manifest.started),
        "failed" if manifest.failure else manifest.provenance.origin.value,
    )


def kpi_table(manifest: Manifest, quote: Quoting) -> Table:
    """One row a KPI: median and range over the measured runs, or why there is none."""
    columns = (
        Column("benchmark"),
        Column("KPI"),
        Column("median", right=True),
        Column("min … max", right=True),
        Column("unit"),
        Column("n", right=True),
        Column("remarks"),
    )
    return Table(columns, tuple(_kpi_row(kpi, quote) for kpi in manifest.kpis))


def _kpi_row(kpi: KpiRecord, quote: Quoting) -> tuple[str, ...]:
    names = (quote.name(kpi.benchmark), quote.name(kpi.kpi))
    unit = shown_unit(kpi.unit)
    if not kpi.values:
        return (*names, ABSENT, ABSENT, unit, "0", quote.prose(f"missing: {kpi.missing}"))
    middle = median(kpi.values)
    shown = [value_text(value, kpi.unit, step_of(kpi, value)) for value in (middle, min(kpi.values), max(kpi.values))]
    figures = (shown[0], f"{shown[1]} … {shown[2]}", unit, str(len(kpi.values)))
    return (*names, *figures, quote.prose(remarks_text(kpi)))


def _dirty(provenance: Provenance) -> str:
    if not provenance.dirty:
        return ""
    return " (dirty: worktree.patch is kept)" if provenance.patch_sha256 else " (dirty, in a way no patch can hold)"


def facts_of(shown: Shown) -> list[tuple[str, str]]:
    """What a reader must know before the figures."""
    manifest = shown.recording.manifest
    provenance = manifest.provenance
    facts = [
        ("recording", shown.recording.id + (f" ({', '.join(shown.labels)})" if shown.labels else "")),
        ("target", f"{manifest.target}, contract {manifest.contract}, {provenance.origin.value} {manifest.started}"),
        (
            "commit",
            (provenance.commit or "not stated") + _dirty(provenance),
        ),
        ("host", f"{manifest.host.id or 'not stated'} {manifest.host.cpu or ''}".strip()),
    ]
    facts += [(f"{one.name}", one.command) for one in manifest.benchmarks]
    facts += [("warning", warning) for warning in manifest.warnings]
    if manifest.failure:
        facts.append(("FAILED", manifest.failure))
    facts.append(("stored", shown.path))
    return facts


def show_text(shown: Shown) -> str:
    """For a terminal: facts, KPIs, and the span trees that were asked for."""
    facts = [(terminal(name), value) for name, value in facts_of(shown)]
    width = max(len(name) for name, _ in facts)
    lines = [f"{name:<{width}}  {terminal(value)}" for name, value in facts]
    lines += ["", as_text(kpi_table(shown.recording.manifest, TERMINAL))]
    for benchmark, rows in shown.trees:
        lines += ["", f"{terminal(benchmark)}: span tree, medians over the measured runs", as_text(tree_table(rows))]
    return "\n".join(lines)


def tree_table(rows: Sequence[TreeRow]) -> Table:
    """The span tree with medians and spread, indented."""
    columns = (
        Column("span"),
        Column("median ms", right=True),
        Column("min … max ms", right=True),
        Column("n", right=True),
    )
    return Table(columns, tuple(_tree_row(row) for row in rows))


def _tree_row(row: TreeRow) -> tuple[str, ...]:
    fields = "".join(f" {key}={value}" for key, value in row.fields)
    name, time = "  " * row.depth + row.name + fields, row.time
    if time is None:
        return (name, ABSENT, "never ended", str(row.n))
    spread = f"{format_ms(time.low_ms, time.low_step_ms)} … {format_ms(time.high_ms, time.high_step_ms)}"
    return (name, format_ms(time.median_ms, time.step_ms), spread, str(row.n))


def show_markdown(shown: Shown) -> str:
    """For a document."""
    lines = [f"- {plain(name)}: {plain(value)}" for name, value in facts_of(shown) if name != "stored"]
    return "\n".join([*lines, "", as_markdown(kpi_table(shown.recording.manifest, MARKDOWN))])
