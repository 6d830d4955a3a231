"""What runs counted, read back: whole numbers among events' fields, and counters, added up by run."""

import pytest

from harness.errors import StoreError
from harness.ingest import stored_counters
from harness.ingest.stored_counters import CounterTotal, read_counter_totals
from harness.ingest.tables import RunKey, TableWriter
from harness.recording.manifest import RunKind
from harness.spans.model import Event, Metric
from harness.spans.table import event_batch

FIRST = RunKey(benchmark="b", kind=RunKind.MEASURED, number=1)
COUNTERS = RunKey(benchmark="b", kind=RunKind.COUNTERS, number=0)


def event(message="stage", tag="info", **fields):
    pairs = tuple((key, str(value)) for key, value in fields.items())
    return Event(seq=0, span_seq=None, level="INFO", tag=tag, message=message, fields=pairs, line=1)


def metric(name, value, kind="counter", **labels):
    return Metric(kind=kind, name=name, labels=tuple(labels.items()), value=str(value), low=None, high=None, line=1)


def write(folder, *parts, metrics=()):
    with TableWriter(folder) as tables:
        for run, events in parts:
            tables.add_events(run, event_batch(events))
        tables.add_metrics(FIRST, metrics, "openvm-metrics")
    return folder


def totals(folder):
    return {(one.kind, one.run, one.source, one.name): one.total for one in read_counter_totals(folder)}


def test_whole_numbers_of_events_of_one_message_are_added_up_by_run(tmp_path):
    events = [event(kernel_count=3, name='"x"'), event(kernel_count=4, share="0.5"), event("other", n=-1)]
    write(tmp_path, (FIRST, events), (COUNTERS, [event(kernel_count=100)]))

    assert totals(tmp_path) == {
        ("measured", 1, "stage", "kernel_count"): 7,
        ("measured", 1, "other", "n"): -1,
        ("counters", 0, "stage", "kernel_count"): 100,
    }
    assert read_counter_totals(tmp_path)[0] == CounterTotal(
        benchmark="b", kind="measured", run=1, source="stage", name="kernel_count", total=7
    )


def test_an_event_without_message_counts_under_its_tag(tmp_path):
    write(tmp_path, (FIRST, [event(None, tag="gpu", n=2)]))

    assert totals(tmp_path) == {("measured", 1, "gpu", "n"): 2}


def test_counters_are_added_up_over_their_labels_and_gauges_are_none(tmp_path):
    metrics = [metric("pool.reuse", 3, air="A"), metric("pool.reuse", 4, air="B"), metric("peak", 9, kind="gauge")]
    write(tmp_path, metrics=metrics)

    assert totals(tmp_path) == {("measured", 1, "counter", "pool.reuse"): 7}


def test_sums_of_the_largest_numbers_do_not_overflow(tmp_path):
    write(tmp_path, (FIRST, [event(n=10**18 - 1)] * 50))

    assert list(totals(tmp_path).values()) == [50 * (10**18 - 1)]


def test_events_of_several_row_groups_keep_their_fields(tmp_path):
    write(tmp_path, *((FIRST, [event(n=1), event()]) for _ in range(3)), (COUNTERS, [event(m=5)]))

    assert totals(tmp_path) == {("measured", 1, "stage", "n"): 3, ("counters", 0, "stage", "m"): 5}


def test_a_recording_without_events_or_metrics_counted_nothing(tmp_path):
    assert read_counter_totals(tmp_path) == ()
    assert read_counter_totals(write(tmp_path)) == ()


def test_too_many_events_are_not_added_up(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_counters, "MAX_EVENTS", 2)

    assert read_counter_totals(write(tmp_path, (FIRST, [event(n=1)] * 3))) is None


def test_a_file_that_is_no_parquet_is_a_clear_error(tmp_path):
    (tmp_path / "events.parquet").write_bytes(b"no parquet")

    with pytest.raises(StoreError, match="Restore it"):
        read_counter_totals(tmp_path)
