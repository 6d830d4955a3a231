"""`harness.open(store)`: everything recorded, as pandas DataFrames."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from harness.commands.workspace import open_workspace
from harness.ingest.tables import EVENTS_FILE, METRICS_FILE, METRICS_SCHEMA, SPANS_FILE
from harness.recording.manifest import Recording
from harness.store.folder import Store
from harness.store.labels import labels_of


@dataclass(frozen=True, slots=True)
class Analysis:
    """A store to look into. Nothing here writes."""

    store: Store

    def recordings(self) -> pd.DataFrame:
        """One row a recording: recording, labels, target, host, commit, dirty, started, failure."""
        rows = [
            {
                "recording": one.id,
                "labels": list(labels_of(self.store, one.id)),
                "target": one.manifest.target,
                "host": one.manifest.host.id,
                "commit": one.manifest.provenance.commit,
                "dirty": one.manifest.provenance.dirty,
                "started": pd.Timestamp(one.manifest.started),
                "failure": one.manifest.failure,
            }
            for one in self.store.recordings()
        ]
        columns = ["recording", "labels", "target", "host", "commit", "dirty", "started", "failure"]
        return pd.DataFrame(rows, columns=columns)

    def kpis(self) -> pd.DataFrame:
        """One row a sample: recording, target, benchmark, kpi, unit, run, value, low, high."""
        columns = ["recording", "target", "benchmark", "kpi", "unit", "run", "value", "low", "high"]
        return pd.DataFrame([row for one in self.store.recordings() for row in _samples(one)], columns=columns)

    def spans(self, recording: str) -> pd.DataFrame:
        """The spans of one recording (id), one row an occurrence; times in ns (docs/schema.md)."""
        return self._table(recording, SPANS_FILE)

    def events(self, recording: str) -> pd.DataFrame:
        """The events of one recording (id)."""
        return self._table(recording, EVENTS_FILE)

    def metrics(self, recording: str) -> pd.DataFrame:
        """The counters and gauges of one recording (id); no row where its programs reported none."""
        if Path(f"{self._path(recording)}/{METRICS_FILE}").exists():
            return self._table(recording, METRICS_FILE)
        empty: pd.DataFrame = METRICS_SCHEMA.empty_table().to_pandas()
        return empty

    def _path(self, recording: str) -> Path | None:
        self.store.load(recording)
        return self.store.path_of(recording)

    def _table(self, recording: str, name: str) -> pd.DataFrame:
        path = self._path(recording)
        frame: pd.DataFrame = pq.read_table(f"{path}/{name}").to_pandas()
        return frame


def _samples(recording: Recording) -> Iterator[dict[str, Any]]:
    for kpi in recording.manifest.kpis:
        for run, value, low, high in zip(kpi.runs, kpi.values, kpi.lows, kpi.highs, strict=True):
            yield {
                "recording": recording.id,
                "target": recording.manifest.target,
                "benchmark": kpi.benchmark,
                "kpi": kpi.kpi,
                "unit": kpi.unit,
                "run": run,
                "value": value,
                "low": low,
                "high": high,
            }


def open_analysis(store: Path | str | None) -> Analysis:
    """The analysis of a store folder, or of the store in force in the working directory."""
    place = Path(store) if store is not None else None
    return Analysis(open_workspace(Path.cwd(), store=place, target=None, host=None).store)
