"""tracing-forest's pretty text (0.1.6, 0.2, 0.3).

A tree is printed in one write when its root closes, so lines of one tree never mix with another's; what stands around
it (cargo, libtest, println!) is counted and left alone. Text is read in blocks that end before a root wherever a tree
is smaller than a block, each block's lines all at once: which lines (forest_lines), what they are drawn below
(forest_drawing, forest_tree), what stands behind them (forest_fields).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
import pyarrow as pa

from harness.formats.byte_slices import Bools, Ints, coded
from harness.formats.forest_fields import event_tails, span_fields
from harness.formats.forest_grammar import SpanLine, whole_line
from harness.formats.forest_lines import Lines, Rows, Tables, read_lines
from harness.formats.forest_notes import NOTES, notes
from harness.formats.forest_tree import Placed, Progress, finish, place
from harness.formats.protocol import Batch, Chunk, Shape, batch_of
from harness.spans.model import LEVELS
from harness.spans.table import EVENT_SCHEMA, SPAN_SCHEMA

NAME = "tracing-forest"
SHAPE = Shape.LINES

BLOCK_BYTES = 2 << 20
"""Enough for the work on whole blocks to pay, little enough for a block's columns to stay in the processor's cache."""

_CANDIDATE = re.compile(rb"^.* \[ [0-9][0-9.]*[^|\n]{1,4}\| .*$", re.MULTILINE)


def sniff(head: bytes) -> bool:
    """Whether there is at least one span as tracing-forest prints it; an event alone may stand in anybody's message."""
    return any(isinstance(whole_line(match[0]), SpanLine) for match in _CANDIDATE.finditer(head))


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """Reads one run."""
    progress, tables = Progress(), Tables()
    waiting, numbers = b"", np.array([], np.int64)
    for chunk in chunks:
        waiting += chunk.data
        numbers = np.append(numbers, _numbers(chunk))
        while (end := _block_end(waiting)) > 0:
            batch, end, lines = _read_block(waiting[:end], numbers, progress, tables)
            yield batch
            waiting, numbers = waiting[end:], numbers[lines:]
    if waiting:
        lines_read = read_lines(waiting, numbers, tables)
        yield _batch(lines_read, place(lines_read.rows, progress, tree_ends=True), progress)
    yield batch_of(issues=finish(progress))


def _numbers(chunk: Chunk) -> Ints:
    if isinstance(chunk.numbers, range):
        return np.arange(chunk.numbers.start, chunk.numbers.stop)
    return np.asarray(chunk.numbers, np.int64)


def _block_end(waiting: bytes) -> int:
    """Where the next block ends: as many whole lines as fit, or the one that does not; 0 where more must come first."""
    if len(waiting) <= BLOCK_BYTES:
        return 0
    return waiting.rfind(b"\n", 0, BLOCK_BYTES) + 1 or waiting.find(b"\n", BLOCK_BYTES) + 1


def _read_block(data: bytes, numbers: Ints, progress: Progress, tables: Tables) -> tuple[Batch, int, int]:
    """The block up to its last root, or all of it where it lies within one tree; how many bytes and lines that was."""
    lines = read_lines(data, numbers, tables)
    roots = np.flatnonzero(lines.rows.depth == 0)
    last_root = int(roots[-1]) if len(roots) else 0
    end, count = len(data), len(lines.line_starts)
    if last_root:
        count = int(lines.index[last_root])
        end = _offset(lines, data, count)
        lines = lines.before(count)
    return _batch(lines, place(lines.rows, progress, tree_ends=last_root > 0), progress), end, count


def _offset(lines: Lines, data: bytes, line: int) -> int:
    """Where a line starts in the data; the text differs where that was no UTF-8, and is then longer."""
    if lines.text.size == len(data):
        return int(lines.line_starts[line])
    return int(np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n"))[line - 1]) + 1 if line else 0


def _batch(lines: Lines, placed: Placed, progress: Progress) -> Batch:
    rows = lines.rows
    is_span = rows.is_span[placed.kept]
    issues = [issue for _line, issue in lines.issues]
    return Batch(
        spans=_spans(lines, placed, is_span),
        events=_events(lines, placed, ~is_span, progress),
        issues=tuple(sorted([*issues, *placed.issues], key=lambda issue: issue.line)),
        unparsed_lines=len(lines.unparsed),
    )


def _spans(lines: Lines, placed: Placed, chosen: Bools) -> pa.RecordBatch:
    rows, own = lines.rows, placed.kept[chosen]
    fields = span_fields(lines.text, rows.starts[own], rows.ends[own], _odd(rows, own))
    times = rows.durations.columns[rows.duration[own]]
    columns = {
        "tree": placed.tree[chosen],
        "seq": placed.seq[chosen],
        "parent": _or_null(placed.parent_seq[chosen]),
        "depth": rows.depth[own],
        "name": coded(rows.names, rows.name[own]),
        "path": _paths(placed.paths, placed.path[chosen]),
        "occurrence": placed.occurrence[chosen],
        "fields": fields,
        "ns": times[:, 0],
        "ns_low": times[:, 1],
        "ns_high": times[:, 2],
        "self_pct": pa.array(rows.self_pct[own], mask=~rows.has_self_pct[own]),
        "root_pct": rows.root_pct[own],
        "printed": coded([one.printed if one else "" for one in rows.durations.values], rows.duration[own]),
        "line": rows.line[own],
        "level": coded(LEVELS, rows.level[own]),
        "note": coded(NOTES, notes(rows, placed)[chosen]),
    }
    return _record_batch(columns, len(own), SPAN_SCHEMA)


def _events(lines: Lines, placed: Placed, chosen: Bools, progress: Progress) -> pa.RecordBatch:
    rows, own = lines.rows, placed.kept[chosen]
    tails = event_tails(lines.text, rows.starts[own], rows.ends[own], _odd(rows, own))
    columns = {
        "span_seq": _or_null(placed.parent_seq[chosen]),
        "seq": np.arange(progress.events - len(own), progress.events),
        "level": coded(LEVELS, rows.level[own]),
        "tag": coded(rows.tags, rows.name[own]),
        "message": tails.messages,
        "fields": tails.fields,
        "line": rows.line[own],
    }
    return _record_batch(columns, len(own), EVENT_SCHEMA)


def _paths(paths: Sequence[tuple[str, ...]], which: Ints) -> pa.ListArray:
    """The paths by number, their names coded."""
    names = {name: code for code, name in enumerate(dict.fromkeys(chain.from_iterable(paths)))}
    codes = pa.array([[names[name] for name in path] for path in paths], pa.list_(pa.int32())).take(pa.array(which))
    return pa.ListArray.from_arrays(
        codes.offsets, pa.DictionaryArray.from_arrays(codes.values, pa.array(list(names), pa.string()))
    )


def _odd(rows: Rows, own: Ints) -> dict[int, str]:
    """The texts that are no cut, by their place among the rows chosen."""
    if not rows.odd:
        return {}
    return {place: rows.odd[row] for place, row in enumerate(own.tolist()) if row in rows.odd}


def _or_null(values: Ints) -> pa.Array:
    return pa.array(values, mask=values < 0)


def _record_batch(columns: dict[str, Ints | pa.Array], count: int, schema: pa.Schema) -> pa.RecordBatch:
    """The columns in the schema's types; what this format does not say is null."""
    arrays = []
    for field in schema:
        column = columns.get(field.name)
        array = pa.nulls(count, field.type) if column is None else pa.array(column)
        arrays.append(array if array.type == field.type else array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
