"""events.parquet and metrics.parquet → what each run counted: whole numbers, added up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import StoreError
from harness.ingest.tables import EVENTS_FILE, METRICS_FILE

MAX_EVENTS = 500_000
"""Events of a recording that are held at once to add up what they count."""

COUNTER = "counter"
_WHOLE_NUMBER = "^-?[0-9]{1,18}$"
_RUN = ["benchmark", "kind", "run"]
_KEYS = [*_RUN, "source", "name", "value"]


class CounterTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What one run counted under one name.

    `source` is the event's message, its tag where it has none, or `counter` for what the program reported as such; the
    total is over all events of the run, or over all labels of the counter.
    """

    benchmark: str
    kind: str
    run: int
    source: str
    name: str
    total: int


def read_counter_totals(folder: Path) -> tuple[CounterTotal, ...] | None:
    """The totals of all runs of a recording; None where it has too many events to add them up at once.

    Raises StoreError where a file cannot be read.
    """
    totals: dict[tuple[str, str, int, str, str], int] = {}
    for path in (folder / EVENTS_FILE, folder / METRICS_FILE):
        if not path.is_file():
            continue
        try:
            if pq.read_metadata(path).num_rows > MAX_EVENTS:
                return None
            rows = _event_counts(path) if path.name == EVENTS_FILE else _metric_counts(path)
            for *key, value, times in rows:
                place: Any = tuple(key)
                totals[place] = totals.get(place, 0) + int(value) * times
        except (pa.ArrowException, OSError, KeyError) as error:
            raise StoreError(f"{path} cannot be read: {error}.", hint="Restore it from a copy.") from None
    return tuple(
        CounterTotal(benchmark=benchmark, kind=kind, run=run, source=source, name=name, total=total)
        for (benchmark, kind, run, source, name), total in totals.items()
    )


def _event_counts(path: Path) -> Iterator[tuple[Any, ...]]:
    """Each whole number among the fields of the events, and how many times it stands there."""
    table = pq.ParquetFile(path).read(columns=[*_RUN, "message", "tag", "fields"]).combine_chunks()
    events, names, values = _flattened(table["fields"])
    whole = pc.match_substring_regex(values, _WHOLE_NUMBER)
    events = events.filter(whole)
    sources = pc.coalesce(table["message"], pc.cast(table["tag"], pa.string()))
    columns = {name: pc.cast(table[name], _plain(name)).take(events) for name in _RUN}
    columns |= {"source": sources.take(events), "name": names.filter(whole), "value": values.filter(whole)}
    yield from _counted(pa.table(columns))


def _flattened(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array, pa.Array]:
    """All fields of all events: which event, key, value."""
    maps = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    offsets = maps.offsets.to_numpy()
    events = np.repeat(np.arange(len(maps)), np.diff(offsets))
    first, count = offsets[0], offsets[-1] - offsets[0]
    return pa.array(events), maps.keys.slice(first, count), maps.items.slice(first, count)


def _metric_counts(path: Path) -> Iterator[tuple[Any, ...]]:
    table = pq.ParquetFile(path).read(columns=[*_RUN, "metric", "name", "value"])
    table = table.filter(
        pc.and_(pc.equal(table["metric"], COUNTER), pc.match_substring_regex(table["value"], _WHOLE_NUMBER))
    )
    columns = {name: pc.cast(table[name], _plain(name)) for name in [*_RUN, "name", "value"]}
    columns["source"] = pa.array([COUNTER] * table.num_rows, pa.string())
    yield from _counted(pa.table(columns))


def _plain(name: str) -> pa.DataType:
    return pa.int32() if name == "run" else pa.string()


def _counted(rows: pa.Table) -> Iterator[tuple[Any, ...]]:
    """Equal rows as one, with their number: additions of Python's numbers, which do not overflow, are then few."""
    found = rows.group_by(_KEYS).aggregate([([], "count_all")])
    yield from zip(*(found[name].to_pylist() for name in [*_KEYS, "count_all"]), strict=True)
