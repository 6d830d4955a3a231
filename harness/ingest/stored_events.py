"""events.parquet → the events of one message, and what each run counted, as documents of milestones show them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.errors import StoreError
from harness.ingest.stored_counters import COUNTER, MAX_EVENTS, read_counter_totals
from harness.ingest.tables import EVENTS_FILE
from harness.recording.manifest import RunKind
from harness.spans.stored import StoredEvent, StoredTotals, fits

_RUN = ["benchmark", "kind", "run"]


def read_events(folder: Path, pattern: str) -> tuple[StoredEvent, ...] | None:
    """The events of all runs whose message (tag, where there is none) is `pattern`, in stored order.

    `*` in the pattern stands for any text. None where the recording has too many events to hold them at once. Raises
    StoreError where the file cannot be read.
    """
    path = folder / EVENTS_FILE
    if not path.is_file():
        return ()
    try:
        if pq.read_metadata(path).num_rows > MAX_EVENTS:
            return None
        return _events(path, pattern)
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: {error}.", hint="Restore it from a copy.") from None


def _events(path: Path, pattern: str) -> tuple[StoredEvent, ...]:
    table = pq.ParquetFile(path).read(columns=[*_RUN, "message", "tag", "fields"])
    sources = pc.coalesce(table["message"], pc.cast(table["tag"], pa.string()))
    wanted = [one for one in pc.unique(sources).to_pylist() if one is not None and fits(one, pattern)]
    chosen = pc.is_in(sources, value_set=pa.array(wanted, pa.string()))
    rows = table.filter(chosen)
    columns: list[list[Any]] = [rows[name].to_pylist() for name in _RUN]
    messages, fields = sources.filter(chosen).to_pylist(), rows["fields"].to_pylist()
    return tuple(
        StoredEvent(benchmark=benchmark, kind=RunKind(kind), run=run, message=message, fields=tuple(pairs))
        for benchmark, kind, run, message, pairs in zip(*columns, messages, fields, strict=True)
    )


def read_run_totals(folder: Path) -> tuple[StoredTotals, ...] | None:
    """What each run of a recording counted, by the names that programmes use; None where it has too many events.

    Raises StoreError where a file cannot be read.
    """
    try:
        found = read_counter_totals(folder)
        kinds = {kind: RunKind(kind) for kind in {one.kind for one in found or ()}}
    except ValueError as error:
        raise StoreError(f"{folder} cannot be read: {error}.", hint="Restore it from a copy.") from None
    if found is None:
        return None
    totals: dict[tuple[str, str, int], dict[str, int]] = {}
    for one in found:
        name = one.name if one.source == COUNTER else f"{one.source}.{one.name}"
        of_run = totals.setdefault((one.benchmark, one.kind, one.run), {})
        of_run[name] = of_run.get(name, 0) + one.total
    return tuple(
        StoredTotals(benchmark=benchmark, kind=kinds[kind], run=run, totals=of_run)
        for (benchmark, kind, run), of_run in totals.items()
    )
