"""The contract's table of one recording, both benchmarks side by side: how a milestone that sets the baseline looks."""

from collections.abc import Sequence
from statistics import median

from harness.documents.escape import code, plain
from harness.documents.figures import step_of
from harness.documents.template import render
from harness.kpis.contract import Contract, Expected
from harness.recording.manifest import Manifest, Recording

_NOT_AVAILABLE = "N/A"


def contract_table(recording: Recording, contract: Contract, logs: Sequence[str]) -> str:
    """The table, then what the figures are of; `logs` are finished lines that say where the raw logs are."""
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
        "logs": logs,
        "warmups": manifest.protocol.warmups,
        "measured": manifest.protocol.measured,
        "notes": [plain(note) for note in dict.fromkeys(notes)],
        "steps": [plain(step) for step in _steps(contract, manifest)],
        "failure": plain(manifest.failure) if manifest.failure else "",
    }
    return render("contract_table.md.j2", context)


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


def _steps(contract: Contract, manifest: Manifest) -> list[str]:
    """What the source resolves, which the fixed two decimals of the table hide."""
    steps: dict[str, list[str]] = {}
    for kpi in manifest.kpis:
        if kpi.values and kpi.kpi in contract.kpis:
            step = step_of(kpi, median(kpi.values))
            steps.setdefault(f"{step:.3g} ms" if step else "exact", []).append(f"{kpi.benchmark} {kpi.kpi}")
    return [f"{step}: {', '.join(names)}" for step, names in steps.items()]
