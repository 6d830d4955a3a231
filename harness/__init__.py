"""Benchmark harness and KPI baselines for Rust provers instrumented with `tracing`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis import Analysis

__version__ = "0.1.0"


def open(store: "Path | str | None" = None) -> "Analysis":  # noqa: A001 (harness.open is the name users type)
    """Recordings, KPIs and spans of a store as pandas DataFrames; without `store`, the store in force here."""
    from harness.analysis import open_analysis  # noqa: PLC0415 (pandas loads only for those who ask for it)

    return open_analysis(store)
