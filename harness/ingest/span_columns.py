"""spans.parquet → the measured runs of each benchmark in columns, for looking at all their trees at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import StoreError
from harness.kpis.merged_runs import SpanColumns
from harness.recording.manifest import RunKind
from harness.spans.table import column_values

_CHOICE = ["benchmark", "kind", "run"]
_PLACE = ["seq", "parent"]
_SPAN = ["name", "occurrence", "fields"]
_TIMES = ["ns", "ns_low", "ns_high"]
_ROOT = -1


def read_span_columns(path: Path, runs: Mapping[str, Sequence[int]]) -> dict[str, SpanColumns]:
    """The spans of these measured runs, by benchmark. Raises StoreError where the file cannot be read."""
    try:
        table = pq.ParquetFile(path).read(columns=[*_CHOICE, *_PLACE, *_SPAN, *_TIMES])
        table = table.filter(pc.equal(table["kind"], RunKind.MEASURED.value))
        return {name: _columns(path, table, name, numbers) for name, numbers in runs.items()}
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _unreadable(path, error) from None


def _columns(path: Path, table: pa.Table, benchmark: str, runs: Sequence[int]) -> SpanColumns:
    chosen = pc.and_(pc.equal(table["benchmark"], benchmark), pc.is_in(table["run"], pa.array(runs, pa.int32())))
    rows = table.filter(chosen)
    places = _places(rows)
    order = np.argsort(places, kind="stable")
    rows = rows.take(pa.array(order))
    ns, lows, highs = (_nanoseconds(rows[name]) for name in _TIMES)
    return SpanColumns(
        runs=rows["run"].to_pylist(),
        parents=_parent_rows(path, rows, places[order]),
        names=column_values(rows["name"]),
        occurrences=rows["occurrence"].to_pylist(),
        fields=column_values(rows["fields"]),
        ns=ns,
        lows=lows,
        highs=highs,
    )


def _places(rows: pa.Table) -> npt.NDArray[np.int64]:
    """Run and pre-order number as one number."""
    return _whole(rows["run"]) << 32 | _whole(rows["seq"])


def _whole(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = pc.cast(column, pa.int64()).to_numpy()
    return found


def _nanoseconds(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """Whole nanoseconds are exact up to a hundred days."""
    found: npt.NDArray[np.float64] = pc.fill_null(pc.cast(column, pa.float64(), safe=False), np.nan).to_numpy()
    return found


def _parent_rows(path: Path, rows: pa.Table, places: npt.NDArray[np.int64]) -> list[int]:
    """The row of each span's parent, which stands before it."""
    parents = _whole(pc.fill_null(rows["parent"], _ROOT))
    wanted = np.where(parents < 0, -1, _whole(rows["run"]) << 32 | np.maximum(parents, 0))
    found = np.searchsorted(places, wanted)
    inner = parents >= 0
    before = found < np.arange(len(found))
    if not (before[inner].all() and (places[found[inner]] == wanted[inner]).all()):
        raise _unreadable(path, "a span's parent is not in it")
    parent_rows: list[int] = np.where(inner, found, _ROOT).tolist()
    return parent_rows


def _unreadable(path: Path, error: object) -> StoreError:
    return StoreError(f"{path} cannot be read: {error}.", hint="Restore it from a copy.")
