"""Spans and events as Arrow record batches: the one shape that every format is read into."""

from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from typing import Any

import pyarrow as pa

from harness.spans.model import Event, Fields, Span
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
    stored = set(table.schema.names)
    nothing = [None] * len(table)
    columns = [column_values(table.column(name)) if name in stored else nothing for name in SPAN_SCHEMA.names]
    for row in zip(*columns, strict=True):
        yield _span(*row)


def column_values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """A column's values, lists as tuples; each distinct text of a coded column is made once."""
    if isinstance(column, pa.ChunkedArray):
        return list(chain.from_iterable(column_values(chunk) for chunk in column.chunks))
    if isinstance(column, pa.DictionaryArray):
        texts = column.dictionary.to_pylist()
        return [None if code is None else texts[code] for code in column.indices.to_pylist()]
    if isinstance(column, pa.MapArray):
        pairs = zip(_items(column, column.keys), _items(column, column.items), strict=True)
        return _by_row(column, list(pairs))
    if isinstance(column, pa.ListArray):
        return _by_row(column, _items(column, column.values))
    values: list[Any] = column.to_pylist()
    return values


def _items(column: pa.ListArray | pa.MapArray, child: pa.Array) -> list[Any]:
    """What the lists of a column hold, end to end; the child of a slice is that of the whole."""
    first, last = column.offsets[0].as_py(), column.offsets[-1].as_py()
    return column_values(child.slice(first, last - first))


def _by_row(column: pa.ListArray | pa.MapArray, items: list[Any]) -> list[tuple[Any, ...]]:
    offsets = column.offsets.to_pylist()
    return [tuple(items[start - offsets[0] : end - offsets[0]]) for start, end in pairwise(offsets)]


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


def _span(  # noqa: PLR0913, PLR0917 (one parameter a column of SPAN_SCHEMA, in its order)
    tree: int,
    seq: int,
    parent: int | None,
    depth: int,
    name: str,
    path: tuple[str, ...],
    occurrence: int,
    fields: Fields,
    ns: int | None,
    ns_low: int,
    ns_high: int,
    self_pct: float | None,
    root_pct: float | None,
    printed: str | None,
    line: int,
    level: str | None,
    thread: str | None,
    start_ns: int | None,
    end_ns: int | None,
    idle_ns: int | None,
    idle_printed: str | None,
    note: str | None,
) -> Span:
    """A stored span; only its nominal idle time is kept with it."""
    duration = idle = None
    if ns is not None:
        duration = Duration(ns=ns, low_ns=ns_low, high_ns=ns_high, printed=printed or f"{ns}ns")
    if idle_ns is not None:
        idle = Duration(ns=idle_ns, low_ns=idle_ns, high_ns=idle_ns, printed=idle_printed or f"{idle_ns}ns")
    return Span(
        tree=tree,
        seq=seq,
        parent=parent,
        depth=depth,
        name=name,
        path=path,
        occurrence=occurrence,
        fields=fields,
        duration=duration,
        self_pct=self_pct,
        root_pct=root_pct,
        line=line,
        level=level,
        thread=thread,
        start_ns=start_ns,
        end_ns=end_ns,
        idle=idle,
        note=note,
    )


def _event_row(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in EVENT_SCHEMA.names}
