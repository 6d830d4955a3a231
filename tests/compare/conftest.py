"""Manifests and sides for comparisons; session-scoped functions, so that laws may use them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.compare.comparison import Side
from harness.kpis.contract import Contract, contract_from_toml
from harness.recording.manifest import (
    BenchmarkRecord,
    Host,
    KpiRecord,
    Manifest,
    Origin,
    Protocol,
    Provenance,
    Recording,
    RunKind,
    RunRecord,
    Workload,
    content_id,
    from_json,
    to_json,
)
from harness.units import NS_PER_MS, parse_duration

BASELINES = Path(__file__).parent.parent.parent / "baselines"
TOTAL = "stark_prove_excluding_trace"


@pytest.fixture(scope="session")
def m8_contract() -> Contract:
    path = BASELINES / "m8" / "contract.toml"
    return contract_from_toml(path.read_text("utf-8"), where=str(path))


@pytest.fixture(scope="session")
def m8_manifest() -> Manifest:
    """The one committed recording: the published figures."""
    [path] = (BASELINES / "recordings").glob("*/recording.json")
    return from_json(path.read_bytes(), where=str(path))


def _print(value_ms: float) -> tuple[float, float, float]:
    """A time as tracing prints it, three digits, with what that can mean."""
    ns, unit = value_ms * NS_PER_MS, "ns"
    for unit in ("ns", "µs", "ms", "s"):
        if ns < 1000 or unit == "s":
            break
        ns /= 1000
    duration = parse_duration(f"{ns:.{2 if ns < 10 else 1 if ns < 100 else 0}f}", unit)
    return duration.ns / NS_PER_MS, duration.low_ns / NS_PER_MS, duration.high_ns / NS_PER_MS


@pytest.fixture(scope="session")
def printed() -> Callable[[float], tuple[float, float, float]]:
    return _print


def _kpi(times: Sequence[float], kpi: str = TOTAL, benchmark: str = "keccakf", **changes: object) -> KpiRecord:
    shown = [_print(value) for value in times]
    facts: dict[str, object] = {
        "unit": "ms",
        "selector": kpi,
        "runs": tuple(range(1, len(shown) + 1)),
        "values": tuple(value for value, _, _ in shown),
        "lows": tuple(low for _, low, _ in shown),
        "highs": tuple(high for _, _, high in shown),
    }
    return KpiRecord(benchmark=benchmark, kpi=kpi, **{**facts, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def kpi_of() -> Callable[..., KpiRecord]:
    """A KPI whose samples are printed with three digits, one a run from run 1."""
    return _kpi


def _manifest(*kpis: KpiRecord, **changes: object) -> Manifest:
    names = dict.fromkeys(one.benchmark for one in kpis) or {"keccakf": None}
    runs = max((len(one.values) for one in kpis), default=5)
    benchmarks = tuple(
        BenchmarkRecord(
            name=name,
            command="prove",
            profile="release",
            environment={"RUST_LOG": "info"},
            workload=Workload(cells={"total_trace_cells": 674048}, airs=("A | 1",)),
            log_level="INFO",
        )
        for name in names
    )
    facts: dict[str, object] = {
        "target": "mine",
        "started": "2026-11-21T01:33:00Z",
        "contract": "m8",
        "host": Host(id="h"),
        "provenance": Provenance(origin=Origin.MEASURED, commit="c"),
        "protocol": Protocol(warmups=1, measured=runs),
        "benchmarks": benchmarks,
        "runs": tuple(
            RunRecord(benchmark=name, kind=RunKind.MEASURED, number=number, first_line=1, last_line=1)
            for name in names
            for number in range(1, runs + 1)
        ),
        "kpis": kpis,
        "files": {},
    }
    return Manifest(**{**facts, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def manifest_of() -> Callable[..., Manifest]:
    """A manifest of these KPIs, everything else alike unless changed by name."""
    return _manifest


def _side(manifest: Manifest, ref: str = "ref") -> Side:
    return Side(ref=ref, recording=Recording(id=content_id(to_json(manifest)), manifest=manifest))


@pytest.fixture(scope="session")
def side_of() -> Callable[..., Side]:
    """A side whose id is its manifest's."""
    return _side
