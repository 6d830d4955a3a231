"""A comparison as JSON, terminal text and Markdown."""

from statistics import median
from typing import Any

from harness.compare.comparison import Comparison, Side
from harness.compare.kpi_comparison import KpiComparison, KpiSide, Role
from harness.compare.verdict import Verdict
from harness.documents import explaining
from harness.documents.escape import MARKDOWN, TERMINAL, Quoting, plain, terminal
from harness.documents.figures import (
    ABSENT,
    change_text,
    detectable_text,
    interval_text,
    median_text,
    shown_unit,
    step_of,
)
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.recording.manifest import KpiRecord
from harness.units import format_ms

JSON_SCHEMA = 1


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The pinned JSON form of `harness compare`."""
    return {
        "schema": JSON_SCHEMA,
        "base": _side_json(comparison.base),
        "head": _side_json(comparison.head),
        "mode": comparison.mode.value,
        "comparable": comparison.comparable,
        "differences": [
            {"what": one.what, "base": one.base, "head": one.head, "decisive": one.decisive}
            for one in comparison.differences
        ],
        "verdict": comparison.verdict.value,
        "reason": comparison.reason,
        "gate": comparison.gate.value,
        "kpis": [_kpi_json(kpi) for kpi in comparison.kpis],
        "runs_to_name": comparison.runs_to_name,
        "explanations": [explaining.as_json(one) for one in comparison.explanations],
    }


def _side_json(side: Side) -> dict[str, Any]:
    return {
        "ref": side.ref,
        "recording": side.recording.id,
        "commit": side.manifest.provenance.commit,
        "stored": side.beside.id if side.beside else None,
    }


def _kpi_json(kpi: KpiComparison) -> dict[str, Any]:
    return {
        "benchmark": kpi.benchmark,
        "kpi": kpi.kpi,
        "unit": kpi.unit,
        "gating": kpi.gating,
        "role": kpi.role.value,
        "base": _samples_json(kpi.base),
        "head": _samples_json(kpi.head),
        "ratio": kpi.ratio,
        "ratio_low": kpi.ratio_low,
        "ratio_high": kpi.ratio_high,
        "verdict": kpi.verdict.value,
        "reason": kpi.reason,
        "min_detectable": kpi.min_detectable,
        "runs_to_settle": kpi.runs_to_settle,
    }


def _samples_json(side: KpiSide | None) -> dict[str, Any] | None:
    return None if side is None else {"median": side.median, "n": side.n, "samples": list(side.samples)}


def describe_side(side: Side) -> str:
    """Which recording stands behind a ref, in one line."""
    manifest = side.manifest
    commit = manifest.provenance.commit[:12] if manifest.provenance.commit else "commit not stated"
    commit += " (dirty)" if manifest.provenance.dirty else ""
    host = manifest.host.id or "host not stated"
    return f"{side.ref} = recording {side.recording.id}, {commit}, {manifest.target} on {host}, {manifest.started}"


def headline(comparison: Comparison) -> str:
    """The overall verdict with its reason."""
    reason = f": {comparison.reason}" if comparison.reason else ""
    return f"{comparison.verdict.value}{reason}"


def beside_lines(comparison: Comparison) -> list[str]:
    """What was stored under a ref before it was measured again here: shown, never compared."""
    lines = []
    for side in (comparison.base, comparison.head):
        if side.beside is not None:
            medians = [
                f"{kpi.kpi} {format_ms(median(kpi.values), step_of(kpi, median(kpi.values)))} ms (n={len(kpi.values)})"
                for kpi in side.beside.manifest.kpis
                if kpi.values and _gates(comparison, kpi)
            ]
            recorded = f"{side.ref} was recorded on {side.beside.manifest.started} as {side.beside.id}"
            lines.append(f"{recorded}: {', '.join(medians)}" if medians else f"{recorded}.")
    return lines


def _gates(comparison: Comparison, record: KpiRecord) -> bool:
    return any(kpi.gating and (kpi.benchmark, kpi.kpi) == (record.benchmark, record.kpi) for kpi in comparison.kpis)


def table_of(comparison: Comparison, quote: Quoting) -> Table:
    """One row a KPI that stands on either side."""
    columns = (
        Column("benchmark"),
        Column("KPI"),
        Column("unit"),
        Column("base", right=True),
        Column("head", right=True),
        Column("change", right=True),
        Column("interval", right=True),
        Column("n", right=True),
        Column("verdict"),
        Column("detects", right=True),
        Column("needs n", right=True),
    )
    return Table(columns, tuple(_row(kpi, quote) for kpi in comparison.kpis if kpi.base or kpi.head))


_ROLES = {Role.GATE: " (gates)", Role.CONTROL: " (control)"}


def _row(kpi: KpiComparison, quote: Quoting) -> tuple[str, ...]:
    counts = [str(side.n) if side else ABSENT for side in (kpi.base, kpi.head)]
    return (
        quote.name(kpi.benchmark),
        quote.name(kpi.kpi) + _ROLES.get(kpi.role, ""),
        shown_unit(kpi.unit),
        median_text(kpi.base, kpi.unit),
        median_text(kpi.head, kpi.unit),
        change_text(kpi),
        interval_text(kpi),
        " + ".join(counts),
        kpi.verdict.value,
        detectable_text(kpi),
        str(kpi.runs_to_settle) if kpi.runs_to_settle else ABSENT,
    )


def unrecorded_notes(comparison: Comparison) -> dict[str, str]:
    """For each benchmark of the contract that a side lacks, one remark that speaks for all its KPIs."""
    base, head = comparison.base.manifest, comparison.head.manifest
    notes = {}
    for name in dict.fromkeys(kpi.benchmark for kpi in comparison.kpis):
        recorded = (base.benchmark(name) is not None, head.benchmark(name) is not None)
        if recorded != (True, True):
            where = {(True, False): "on the base side only", (False, True): "on the head side only"}
            notes[name] = f"{name} is recorded {where.get(recorded, 'on neither side')}."
    return notes


def footnotes(comparison: Comparison) -> list[str]:
    """Reasons by KPI, grouped where several KPIs share one, and which KPI decides.

    What makes all of them incomparable is not said again of each.
    """
    unrecorded = unrecorded_notes(comparison)
    grouped: dict[str, list[str]] = {}
    for kpi in comparison.kpis:
        told = kpi.reason == comparison.reason or kpi.benchmark in unrecorded or _is_idle_control(kpi)
        known = not comparison.comparable and kpi.verdict is Verdict.UNDECIDED
        if kpi.reason and not told and not known:
            grouped.setdefault(f"{kpi.verdict.value}: {kpi.reason}", []).append(f"{kpi.benchmark} {kpi.kpi}")
    notes = [f"{', '.join(names)} {reason}." for reason, names in grouped.items()]
    notes += unrecorded.values()
    return [*notes, *_roles(comparison), *_naming(comparison)]


def _is_idle_control(kpi: KpiComparison) -> bool:
    """A control that a side lacks: not every benchmark has one, and none is missed."""
    return kpi.role is Role.CONTROL and (kpi.base is None or kpi.head is None)


def _roles(comparison: Comparison) -> list[str]:
    """Which KPI decides, and what the others are for."""
    if not comparison.comparable:
        return []
    turns = "The runs of both sides took turns. " if comparison.alternated else ""
    gates = (
        "(gates) marks the KPI that decides; the others" if any(one.gating for one in comparison.kpis) else "All KPIs"
    )
    notes = [f"{turns}{gates} are attribution, corrected for their number."]
    if any(kpi.role is Role.CONTROL and (kpi.base or kpi.head) for kpi in comparison.kpis):
        notes.append(
            "(control) marks what no change should move: it shows drift, and no other figure is divided by it."
        )
    return notes


def _naming(comparison: Comparison) -> list[str]:
    if comparison.runs_to_name is None:
        return []
    judged = [kpi for kpi in comparison.kpis if kpi.runs_to_settle is not None and not kpi.gating]
    shown = [(kpi.base.n, kpi.head.n) for kpi in judged if kpi.base and kpi.head]
    base, head = max(shown)
    more = comparison.runs_to_name
    lone = f"At {base} + {head} runs one lone moved KPI among {len(shown)} cannot be named"
    return [f"{lone}; {more} + {more} can ('--runs {more}')."]


def _notes(comparison: Comparison) -> list[str]:
    """All that stands below the table of a comparison."""
    notes = [*beside_lines(comparison), *footnotes(comparison)]
    if any(kpi.min_detectable is not None for kpi in comparison.kpis):
        notes.append(
            "'detects' is the change this comparison would call in about 8 of 10 repeats, 'needs n' the runs a side "
            "that would settle a change of the effect floor."
        )
    return notes


def to_text(comparison: Comparison) -> str:
    """For a terminal: what differs first, then the figures, the verdict last where the eye is."""
    lines = [f"base  {terminal(describe_side(comparison.base))}", f"head  {terminal(describe_side(comparison.head))}"]
    lines.append(f"mode  {comparison.mode.value}")
    lines += [
        f"{'NOT COMPARABLE' if one.decisive else 'differs'}  {terminal(one.describe())}"
        for one in comparison.differences
    ]
    lines += ["", as_text(table_of(comparison, TERMINAL)), ""]
    lines += [terminal(note) for note in _notes(comparison)]
    lines += [text for one in comparison.explanations for text in ("", explaining.to_text(one), "")]
    lines.append(f"verdict: {terminal(headline(comparison))}")
    return "\n".join(lines)


def to_markdown(comparison: Comparison) -> str:
    """For a pull request."""
    lines = [
        f"**{comparison.verdict.value}**" + (f": {plain(comparison.reason)}" if comparison.reason else ""),
        "",
        f"- base: {plain(describe_side(comparison.base))}",
        f"- head: {plain(describe_side(comparison.head))}",
        f"- mode: {comparison.mode.value}",
    ]
    lines += [
        f"- {'**not comparable**' if one.decisive else 'differs'}: {plain(one.describe())}"
        for one in comparison.differences
    ]
    lines += ["", as_markdown(table_of(comparison, MARKDOWN)), ""]
    lines += [f"- {plain(note)}" for note in _notes(comparison)]
    lines += [text for one in comparison.explanations for text in ("", explaining.to_markdown(one))]
    return "\n".join(lines).rstrip()
