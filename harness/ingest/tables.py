"""Spans and events ↔ Parquet, schema version 1 (docs/schema.md). The only module that knows the files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.ingest.benchmark import ReadBenchmark, ReadRun
from harness.kpis.tree import TimedSpan
from harness.recording.manifest import RunKind
from harness.spans.model import Event, Span

SPANS_FILE = "spans.parquet"
EVENTS_FILE = "events.parquet"

_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_FIELDS = pa.map_(pa.string(), pa.string())

SPANS_SCHEMA = pa.schema(
    [
        pa.field("run", pa.int32(), nullable=False),
        pa.field("kind", _DICTIONARY, nullable=False),
        pa.field("benchmark", _DICTIONARY, nullable=False),
        pa.field("tree", pa.int32(), nullable=False),
        pa.field("seq", pa.int32(), nullable=False),
        pa.field("parent", pa.int32()),
        pa.field("depth", pa.int16(), nullable=False),
        pa.field("name", _DICTIONARY, nullable=False),
        pa.field("path", pa.list_(pa.string()), nullable=False),
        pa.field("occurrence", pa.int32(), nullable=False),
        pa.field("fields", _FIELDS, nullable=False),
        pa.field("ns", pa.int64(), nullable=False),
        pa.field("ns_low", pa.int64(), nullable=False),
        pa.field("ns_high", pa.int64(), nullable=False),
        pa.field("self_pct", pa.float64()),
        pa.field("root_pct", pa.float64()),
        pa.field("printed", pa.string()),
        pa.field("line", pa.int32(), nullable=False),
        pa.field("source", _DICTIONARY, nullable=False),
    ],
    metadata={"schema_version": "1"},
)

EVENTS_SCHEMA = pa.schema(
    [
        pa.field("run", pa.int32(), nullable=False),
        pa.field("kind", _DICTIONARY, nullable=False),
        pa.field("benchmark", _DICTIONARY, nullable=False),
        pa.field("span_seq", pa.int32()),
        pa.field("seq", pa.int32(), nullable=False),
        pa.field("level", _DICTIONARY, nullable=False),
        pa.field("tag", _DICTIONARY, nullable=False),
        pa.field("message", pa.string()),
        pa.field("fields", _FIELDS, nullable=False),
        pa.field("line", pa.int32(), nullable=False),
    ],
    metadata={"schema_version": "1"},
)


def write_tables(folder: Path, benchmarks: Sequence[ReadBenchmark], source: str) -> None:
    """Writes spans.parquet and events.parquet of all runs, failed ones included. Raises OSError."""
    runs = [(one.name, run) for one in benchmarks for run in one.runs]
    spans = [_span_row(name, run, span, source) for name, run in runs for span in run.parsed.spans]
    events = [_event_row(name, run, event) for name, run in runs for event in run.parsed.events]
    _write(folder / SPANS_FILE, spans, SPANS_SCHEMA)
    _write(folder / EVENTS_FILE, events, EVENTS_SCHEMA)


def _write(path: Path, rows: Iterable[dict[str, object]], schema: pa.Schema) -> None:
    table = pa.Table.from_pylist(list(rows), schema=schema)
    pq.write_table(table, path, compression="zstd")


def _span_row(benchmark: str, run: ReadRun, span: Span, source: str) -> dict[str, object]:
    return {
        "run": run.facts.number,
        "kind": run.facts.kind.value,
        "benchmark": benchmark,
        "tree": span.tree,
        "seq": span.seq,
        "parent": span.parent,
        "depth": span.depth,
        "name": span.name,
        "path": list(span.path),
        "occurrence": span.occurrence,
        "fields": list(span.fields),
        "ns": span.duration.ns,
        "ns_low": span.duration.low_ns,
        "ns_high": span.duration.high_ns,
        "self_pct": span.self_pct,
        "root_pct": span.root_pct,
        "printed": span.duration.printed,
        "line": span.line,
        "source": source,
    }


def _event_row(benchmark: str, run: ReadRun, event: Event) -> dict[str, object]:
    return {
        "run": run.facts.number,
        "kind": run.facts.kind.value,
        "benchmark": benchmark,
        "span_seq": event.span_seq,
        "seq": event.seq,
        "level": event.level,
        "tag": event.tag,
        "message": event.message,
        "fields": list(event.fields),
        "line": event.line,
    }


def read_timed_spans(path: Path, benchmark: str, runs: Sequence[int]) -> list[TimedSpan]:
    """The stored spans of some runs of one benchmark, in pre-order within each run."""
    columns = [
        "run",
        "kind",
        "benchmark",
        "seq",
        "parent",
        "depth",
        "name",
        "occurrence",
        "fields",
        "ns",
        "ns_low",
        "ns_high",
    ]
    chosen = (pc.field("benchmark") == benchmark) & (pc.field("kind") == RunKind.MEASURED.value)
    rows = pq.read_table(path / SPANS_FILE, columns=columns).filter(chosen).to_pylist()
    wanted = [row for row in rows if row["run"] in set(runs)]
    return [
        TimedSpan(
            run=row["run"],
            seq=row["seq"],
            parent=row["parent"],
            depth=row["depth"],
            name=row["name"],
            occurrence=row["occurrence"],
            fields=tuple(row["fields"]),
            ns=row["ns"],
            ns_low=row["ns_low"],
            ns_high=row["ns_high"],
        )
        for row in sorted(wanted, key=lambda row: (row["run"], row["seq"]))
    ]
