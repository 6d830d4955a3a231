"""Spans, events and metrics → Parquet, schema version 1 (docs/schema.md). The only module that writes the files."""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import StoreError
from harness.kpis.tree import TimedSpan
from harness.recording.manifest import RunKind
from harness.spans.model import Metric
from harness.spans.table import CODED, EVENT_SCHEMA, FIELDS, SPAN_SCHEMA

SPANS_FILE = "spans.parquet"
EVENTS_FILE = "events.parquet"
METRICS_FILE = "metrics.parquet"

_VERSION = {"schema_version": "1"}
_RUN = [
    pa.field("run", pa.int32(), nullable=False),
    pa.field("kind", CODED, nullable=False),
    pa.field("benchmark", CODED, nullable=False),
]
_SOURCE = pa.field("source", CODED, nullable=False)
_FIRST_COLUMNS = SPAN_SCHEMA.get_field_index("line") + 1

SPANS_SCHEMA = pa.schema(
    [*_RUN, *list(SPAN_SCHEMA)[:_FIRST_COLUMNS], _SOURCE, *list(SPAN_SCHEMA)[_FIRST_COLUMNS:]], metadata=_VERSION
)
EVENTS_SCHEMA = pa.schema([*_RUN, *EVENT_SCHEMA], metadata=_VERSION)
METRICS_SCHEMA = pa.schema(
    [
        *_RUN,
        pa.field("metric", CODED, nullable=False),
        pa.field("name", CODED, nullable=False),
        pa.field("labels", FIELDS, nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("low", pa.float64()),
        pa.field("high", pa.float64()),
        pa.field("line", pa.int32(), nullable=False),
        pa.field("note", CODED),
        _SOURCE,
    ],
    metadata=_VERSION,
)

_STORED_TYPES = {"path": pa.list_(pa.string()), "printed": pa.string()}
"""What readers are told where the writer is given something quicker: few distinct texts as a dictionary."""

_ROWS_A_GROUP = 1 << 16
_COUNTING_COLUMNS = ("tree", "seq", "parent", "line", "span_seq", "start_ns", "end_ns")
"""Nearly every value differs, and from the one before by little: stored as differences."""

_LEAVES = {"path": ("path.list.element",), "fields": ("fields.key_value.key", "fields.key_value.value")}
"""What Parquet calls the columns of values that hold several."""


class RunKey(msgspec.Struct, frozen=True, kw_only=True):
    """Which run of which benchmark rows belong to."""

    benchmark: str
    kind: RunKind
    number: int


class TableWriter:
    """Writes a draft's tables row group by row group, so that no recording is too large. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._spans = _GroupedWriter(folder / SPANS_FILE, SPANS_SCHEMA)
        self._events = _GroupedWriter(folder / EVENTS_FILE, EVENTS_SCHEMA)
        self._metrics_path, self._metrics = folder / METRICS_FILE, list[dict[str, object]]()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._spans.close()
        self._events.close()
        if self._metrics and error is None:
            table = pa.Table.from_pylist(self._metrics, schema=METRICS_SCHEMA)
            pq.write_table(table, self._metrics_path, compression="zstd")

    def add_spans(self, run: RunKey, spans: pa.RecordBatch, source: str | Sequence[str]) -> None:
        """Spans of a run, which continue those before; `source` is all rows' format, or each one's."""
        self._spans.add(_with_run(run, spans, source, SPANS_SCHEMA))

    def add_events(self, run: RunKey, events: pa.RecordBatch) -> None:
        """Events of a run, which continue those before."""
        self._events.add(_with_run(run, events, "", EVENTS_SCHEMA))

    def add_metrics(self, run: RunKey, metrics: Iterable[Metric], source: str) -> None:
        """Counters and gauges of a run."""
        fixed = {"run": run.number, "kind": run.kind.value, "benchmark": run.benchmark, "source": source}
        for one in metrics:
            row = {name: getattr(one, name) for name in ("name", "labels", "value", "low", "high", "line", "note")}
            self._metrics.append({**fixed, "metric": one.kind, **row})


class _GroupedWriter:
    """One Parquet file; small batches wait until they make a row group."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        counting = {name: "DELTA_BINARY_PACKED" for name in _COUNTING_COLUMNS if name in schema.names}
        coded = [leaf for name in schema.names if name not in counting for leaf in _LEAVES.get(name, (name,))]
        self._schema, self._waiting, self._rows = schema, list[pa.RecordBatch](), 0
        self._writer = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            use_dictionary=coded,
            column_encoding=counting,
            write_statistics=["run", "kind", "benchmark"],
            store_schema=False,
        )
        self._writer.add_key_value_metadata({"ARROW:schema": _declared(schema)})

    def add(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._rows += len(batch)
        if self._rows >= _ROWS_A_GROUP:
            self._write()

    def _write(self) -> None:
        table = pa.Table.from_batches(self._waiting, schema=self._schema)
        if len(self._waiting) > 1:
            table = table.unify_dictionaries().combine_chunks()
        if self._rows:
            self._writer.write_table(table, row_group_size=max(self._rows, 1))
        self._waiting, self._rows = [], 0

    def close(self) -> None:
        self._write()
        self._writer.close()


def _declared(schema: pa.Schema) -> str:
    """The schema that Arrow reads the file by, as Arrow keeps it in the file."""
    fields = [one.with_type(_STORED_TYPES.get(one.name, one.type)) for one in schema]
    return base64.b64encode(pa.schema(fields, metadata=schema.metadata).serialize().to_pybytes()).decode()


def _with_run(run: RunKey, batch: pa.RecordBatch, source: str | Sequence[str], schema: pa.Schema) -> pa.RecordBatch:
    count = len(batch)
    sources = _constant(source, count) if isinstance(source, str) else pa.array(source, pa.string()).dictionary_encode()
    fixed = {
        "run": pa.repeat(pa.scalar(run.number, pa.int32()), count),
        "kind": _constant(run.kind.value, count),
        "benchmark": _constant(run.benchmark, count),
        "source": sources,
    }
    columns = [fixed[name] if name in fixed else batch.column(name) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _constant(text: str, count: int) -> pa.DictionaryArray:
    codes = pa.repeat(pa.scalar(0, pa.int32()), count)
    return pa.DictionaryArray.from_arrays(codes, pa.array([text], pa.string()))


MAX_TREE_SPANS = 500_000
"""Spans of a recording that are held at once to draw or search their trees; a thousand times an ordinary recording."""


def has_trees(path: Path) -> bool:
    """Whether a recording's spans are few enough for their trees to be drawn or searched."""
    return bool(pq.read_metadata(path / SPANS_FILE).num_rows <= MAX_TREE_SPANS)


def read_timed_spans(path: Path, benchmark: str, runs: Sequence[int]) -> list[TimedSpan]:
    """The stored spans of some runs of one benchmark, in pre-order within each run.

    Raises StoreError where the recording holds too many spans for that.
    """
    if not has_trees(path):
        raise StoreError(
            f"{path / SPANS_FILE} holds over {MAX_TREE_SPANS} spans: too many to search their trees.",
            hint="'harness show REF --format csv' writes them all.",
        )
    columns = ["run", "seq", "parent", "depth", "name", "occurrence", "fields", "ns", "ns_low", "ns_high"]
    chosen = (pc.field("benchmark") == benchmark) & (pc.field("kind") == RunKind.MEASURED.value)
    table = pq.read_table(path / SPANS_FILE, columns=[*columns, "kind", "benchmark"]).filter(chosen).select(columns)
    wanted = [row for row in table.to_pylist() if row["run"] in set(runs)]
    return [
        TimedSpan(**(row | {"fields": tuple(row["fields"])}))
        for row in sorted(wanted, key=lambda row: (row["run"], row["seq"]))
    ]
