"""Spans and events as Arrow record batches: the one shape that every format is read into."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from harness.spans.model import Event, Span
from harness.units import Duration

CODED = pa.dictionary(pa.int32(), pa.string())
"""A text of which there are few distinct ones."""

FIELDS = pa.map_(pa.string(), pa.string())

SPAN_SCHEMA = pa.schema(
    [
        pa.field("tree", pa.int32(), nullable=False),
        pa.field("seq", pa.int32(), nullable=False),
        pa.field("parent", pa.int32()),
        pa.field("depth", pa.int16(), nullable=False),
        pa.field("name", CODED, nullable=False),
        pa.field("path", pa.list_(CODED), nullable=False),
        pa.field("occurrence", pa.int32(), nullable=False),
        pa.field("fields", FIELDS, nullable=False),
        pa.field("ns", pa.int64()),
        pa.field("ns_low", pa.int64()),
        pa.field("ns_high", pa.int64()),
        pa.field("self_pct", pa.float64()),
        pa.field("root_pct", pa.float64()),
        pa.field("printed", CODED),
        pa.field("line", pa.int32(), nullable=False),
        pa.field("level", CODED),
        pa.field("thread", CODED),
        pa.field("start_ns", pa.int64()),
        pa.field("end_ns", pa.int64()),
        pa.field("idle_ns", pa.int64()),
        pa.field("idle_printed", pa.string()),
        pa.field("note", CODED),
    ]
)

EVENT_SCHEMA = pa.schema(
    [
        pa.field("span_seq", pa.int32()),
        pa.field("seq", pa.int32(), nullable=False),
        pa.field("level", CODED, nullable=False),
        pa.field("tag", CODED, nullable=False),
        pa.field("message", pa.string()),
        pa.field("fields", FIELDS, nullable=False),
        pa.field("line", pa.int32(), nullable=False),
    ]
)


def span_batch(spans: Iterable[Span]) -> pa.RecordBatch:
    """Spans in pre-order as one batch of SPAN_SCHEMA."""
    return pa.RecordBatch.from_pylist([_span_row(span) for span in spans], schema=SPAN_SCHEMA)


def event_batch(events: Iterable[Event]) -> pa.RecordBatch:
    """Events as one batch of EVENT_SCHEMA."""
    return pa.RecordBatch.from_pylist([_event_row(event) for event in events], schema=EVENT_SCHEMA)


def span_rows(table: pa.RecordBatch | pa.Table) -> Iterator[Span]:
    """The spans of a batch, or of a stored table that may lack the later columns."""
    present = [name for name in SPAN_SCHEMA.names if name in table.schema.names]
    absent = dict.fromkeys(set(SPAN_SCHEMA.names) - set(present))
    for row in table.select(present).to_pylist():
        yield _span(row | absent)


def event_rows(table: pa.RecordBatch | pa.Table) -> Iterator[Event]:
    """The events of a batch or stored table."""
    for row in table.select(EVENT_SCHEMA.names).to_pylist():
        yield Event(**(row | {"fields": tuple(row["fields"])}))


def _span_row(span: Span) -> dict[str, object]:
    duration, idle = span.duration, span.idle
    return {
        "tree": span.tree,
        "seq": span.seq,
        "parent": span.parent,
        "depth": span.depth,
        "name": span.name,
        "path": span.path,
        "occurrence": span.occurrence,
        "fields": span.fields,
        "ns": duration.ns if duration else None,
        "ns_low": duration.low_ns if duration else None,
        "ns_high": duration.high_ns if duration else None,
        "self_pct": span.self_pct,
        "root_pct": span.root_pct,
        "printed": duration.printed if duration else None,
        "line": span.line,
        "level": span.level,
        "thread": span.thread,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "idle_ns": idle.ns if idle else None,
        "idle_printed": idle.printed if idle else None,
        "note": span.note,
    }


def _span(row: dict[str, Any]) -> Span:
    """A stored span; only its nominal idle time is kept with it."""
    duration = idle = None
    if row["ns"] is not None:
        printed = row["printed"] or f"{row['ns']}ns"
        duration = Duration(ns=row["ns"], low_ns=row["ns_low"], high_ns=row["ns_high"], printed=printed)
    if row["idle_ns"] is not None:
        idle_ns = row["idle_ns"]
        idle = Duration(ns=idle_ns, low_ns=idle_ns, high_ns=idle_ns, printed=row["idle_printed"] or f"{idle_ns}ns")
    plain: Sequence[str] = (
        "tree",
        "seq",
        "parent",
        "depth",
        "name",
        "occurrence",
        "self_pct",
        "root_pct",
        "line",
        "level",
        "thread",
        "start_ns",
        "end_ns",
        "note",
    )
    return Span(
        **{key: row[key] for key in plain},
        path=tuple(row["path"]),
        fields=tuple(row["fields"]),
        duration=duration,
        idle=idle,
    )


def _event_row(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in EVENT_SCHEMA.names}
