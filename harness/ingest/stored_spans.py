"""spans.parquet → the spans of each run, a row group in memory at a time, whatever columns its version has."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import StoreError
from harness.recording.manifest import RunKind
from harness.spans.model import Span
from harness.spans.stored import StoredRun
from harness.spans.table import SPAN_SCHEMA, span_rows

_KEY = ("benchmark", "kind", "run")
_SOURCE = "source"
_KEY_TYPES: dict[str, pa.DataType] = {
    "benchmark": pa.string(),
    "kind": pa.string(),
    "run": pa.int32(),
    _SOURCE: pa.string(),
}
_ROWS = 4096
"""How many rows are Python objects at a time."""


class _Stretch(msgspec.Struct, frozen=True):
    """Rows of a row group that belong to one run."""

    group: int
    first: int
    count: int


def stored_runs(path: Path) -> tuple[StoredRun, ...]:
    """The runs that have spans, in stored order. Raises StoreError where the file cannot be read, here or later."""
    groups = _RowGroups(path)
    stretches: dict[tuple[Any, ...], list[_Stretch]] = {}
    sources: dict[tuple[Any, ...], dict[str, None]] = {}
    for group in range(groups.count):
        keys = groups.keys(group)
        for first, count in _stretches_of(keys.select(list(_KEY))):
            rows = keys.slice(first, count)
            key = tuple(rows[name][0].as_py() for name in _KEY)
            stretches.setdefault(key, []).append(_Stretch(group, first, count))
            sources.setdefault(key, {}).update(dict.fromkeys(pc.unique(rows[_SOURCE]).to_pylist()))
    return tuple(
        _run(path, key, " + ".join(filter(None, sources[key])), partial(groups.spans, tuple(found)))
        for key, found in stretches.items()
    )


def _run(path: Path, key: tuple[Any, ...], source: str, spans: "partial[Iterator[Span]]") -> StoredRun:
    benchmark, kind, number = key
    try:
        return StoredRun(benchmark=benchmark, kind=RunKind(kind), number=number, source=source or None, spans=spans)
    except ValueError:
        raise _unreadable(path, f"'{kind}' is no kind of run") from None


def _stretches_of(keys: pa.Table) -> Iterator[tuple[int, int]]:
    """First row and number of rows wherever all columns stay the same."""
    if not keys.num_rows:
        return
    changes = [pc.not_equal(column.slice(1), column.slice(0, keys.num_rows - 1)) for column in keys.columns]
    changed = changes[0]
    for one in changes[1:]:
        changed = pc.or_(changed, one)
    starts = [0, *(1 + int(index) for index in pc.indices_nonzero(changed).to_numpy())]
    for first, after in zip(starts, [*starts[1:], keys.num_rows], strict=True):
        yield first, after - first


class _RowGroups:
    """The row groups of a file; the last one that was read is kept, since runs lie side by side in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(path, error) from None
        names = set(self._file.schema_arrow.names)
        lacking = [name for name in _KEY if name not in names]
        if lacking:
            raise _unreadable(path, f"it has no column {', '.join(lacking)}")
        self._columns = [name for name in SPAN_SCHEMA.names if name in names]
        self._has_source = _SOURCE in names
        self._held: tuple[int, pa.Table] | None = None
        self.count: int = self._file.num_row_groups

    def keys(self, group: int) -> pa.Table:
        """Whose each row is: benchmark, kind, run and source as plain columns without nulls."""
        table = self._read(group, [*_KEY, _SOURCE] if self._has_source else _KEY)
        if not self._has_source:
            table = table.append_column(_SOURCE, pa.array([""] * table.num_rows, type=pa.string()))
        try:
            plain = table.select(list(_KEY_TYPES)).cast(pa.schema(_KEY_TYPES))
        except pa.ArrowException as error:
            raise _unreadable(self._path, error) from None
        source: pa.ChunkedArray[Any] = plain[_SOURCE]
        return plain.set_column(len(_KEY), _SOURCE, source.fill_null(pa.scalar("")))

    def spans(self, stretches: Sequence[_Stretch]) -> Iterator[Span]:
        """The spans of these rows."""
        for stretch in stretches:
            rows = self._group(stretch.group).slice(stretch.first, stretch.count)
            for first in range(0, stretch.count, _ROWS):
                yield from span_rows(rows.slice(first, _ROWS))

    def _group(self, group: int) -> pa.Table:
        if self._held is None or self._held[0] != group:
            self._held = None  # never two in memory
            self._held = (group, self._read(group, self._columns))
        return self._held[1]

    def _read(self, group: int, columns: Sequence[str]) -> pa.Table:
        try:
            return self._file.read_row_group(group, columns=list(columns))
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self._path, error) from None


def _unreadable(path: Path, error: object) -> StoreError:
    return StoreError(f"{path} cannot be read: {error}.", hint="Restore it from a copy.")
