"""A recording's spans as CSV: one row a span occurrence, the columns of spans.parquet.

Values are exact and nothing else is done to them (a spreadsheet may take a name that begins with `=` for a formula).
`path` is a JSON array of names, `fields` a JSON array of [key, value]: names may hold any separator. An empty cell is a
value that is not known.
"""

import csv
import io
from collections.abc import Iterable, Iterator

import msgspec

from harness.spans.model import Span
from harness.spans.stored import StoredRun

COLUMNS = (
    "run",
    "kind",
    "benchmark",
    "tree",
    "seq",
    "parent",
    "depth",
    "name",
    "path",
    "occurrence",
    "fields",
    "ns",
    "ns_low",
    "ns_high",
    "self_pct",
    "root_pct",
    "printed",
    "line",
    "source",
    "level",
    "thread",
    "start_ns",
    "end_ns",
    "idle_ns",
    "idle_printed",
    "note",
)

_WRITTEN_END = "\r\n"
"""What csv.writer is told to end rows with, since it quotes only such line breaks as occur in it."""


def span_csv(runs: Iterable[StoredRun]) -> Iterator[str]:
    """A header, then the rows of all runs, each ended by LF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=_WRITTEN_END)
    writer.writerow(COLUMNS)
    yield _taken(buffer)
    for run in runs:
        for span in run.spans():
            writer.writerow(_row(run, span))
            yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    """The row that was written last; the buffer is empty again."""
    row = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return row.removesuffix(_WRITTEN_END) + "\n"


def _row(run: StoredRun, span: Span) -> tuple[object, ...]:
    """The values of COLUMNS; None becomes an empty cell."""
    duration, idle = span.duration, span.idle
    return (
        run.number,
        run.kind.value,
        run.benchmark,
        span.tree,
        span.seq,
        span.parent,
        span.depth,
        span.name,
        _text(span.path),
        span.occurrence,
        _text(span.fields),
        duration and duration.ns,
        duration and duration.low_ns,
        duration and duration.high_ns,
        span.self_pct,
        span.root_pct,
        duration and duration.printed,
        span.line,
        run.source,
        span.level,
        span.thread,
        span.start_ns,
        span.end_ns,
        idle and idle.ns,
        idle and idle.printed,
        span.note,
    )


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
