"""Events of one message, and what each run counted, read back from a recording."""

import pytest

from harness.errors import StoreError
from harness.ingest import stored_counters, stored_events
from harness.ingest.stored_events import read_events, read_run_totals
from harness.ingest.tables import RunKey, TableWriter
from harness.recording.manifest import RunKind
from harness.spans.model import Event, Metric
from harness.spans.stored import StoredEvent, StoredTotals
from harness.spans.table import event_batch

FIRST = RunKey(benchmark="b", kind=RunKind.MEASURED, number=1)
COUNTERS = RunKey(benchmark="b", kind=RunKind.COUNTERS, number=0)


def event(message, *fields, tag="debug"):
    return Event(seq=0, span_seq=None, level="DEBUG", tag=tag, message=message, fields=fields, line=1)


def write(folder, *parts, metrics=()):
    with TableWriter(folder) as tables:
        for run, events in parts:
            tables.add_events(run, event_batch(events))
        tables.add_metrics(COUNTERS, metrics, "openvm-metrics")
    return folder


def test_events_of_a_message_come_with_their_run_and_their_fields_as_printed(tmp_path):
    fields = (("stage", '"dispatch_multi_sync"'), ("kernel_count", "2"), ("kernel_count", "3"))
    write(tmp_path, (FIRST, [event("stage", *fields), event("other")]), (COUNTERS, [event("stage", ("n", "0"))]))

    assert read_events(tmp_path, "stage") == (
        StoredEvent(benchmark="b", kind=RunKind.MEASURED, run=1, message="stage", fields=fields),
        StoredEvent(benchmark="b", kind=RunKind.COUNTERS, run=0, message="stage", fields=(("n", "0"),)),
    )


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*transport*", ["h2d_transport_stats", "transport"]),
        ("transport", ["transport"]),
        ("[x]?", ["[x]?"]),
        ("*stats", ["h2d_transport_stats"]),
        ("transport*stats", []),
    ],
)
def test_only_a_star_stands_for_any_text(tmp_path, pattern, found):
    write(tmp_path, (FIRST, [event("h2d_transport_stats"), event("transport"), event("[x]?"), event("xy")]))

    assert [one.message for one in read_events(tmp_path, pattern)] == found


def test_an_event_without_message_is_found_by_its_tag(tmp_path):
    write(tmp_path, (FIRST, [event(None, ("n", "2"), tag="gpu")]))

    assert [one.message for one in read_events(tmp_path, "gpu")] == ["gpu"]


def test_a_recording_without_events_has_none(tmp_path):
    assert read_events(tmp_path, "*") == ()
    assert read_run_totals(tmp_path) == ()


def test_too_many_events_are_not_read(tmp_path, monkeypatch):
    write(tmp_path, (FIRST, [event("a", ("n", "1"))] * 3))
    monkeypatch.setattr(stored_events, "MAX_EVENTS", 2)
    monkeypatch.setattr(stored_counters, "MAX_EVENTS", 2)

    assert read_events(tmp_path, "a") is None
    assert read_run_totals(tmp_path) is None


def test_a_file_that_is_no_parquet_is_a_clear_error(tmp_path):
    (tmp_path / "events.parquet").write_bytes(b"no parquet")

    with pytest.raises(StoreError, match="Restore it"):
        read_events(tmp_path, "a")


def test_totals_have_the_names_that_programmes_use(tmp_path):
    reused = [
        Metric(kind="counter", name="pool.reuse", labels=(("air", air),), value="3", low=None, high=None, line=1)
        for air in "AB"
    ]
    write(tmp_path, (FIRST, [event("stage", ("n", "2"), ("name", "x")), event("stage", ("n", "5"))]), metrics=reused)

    assert read_run_totals(tmp_path) == (
        StoredTotals(benchmark="b", kind=RunKind.MEASURED, run=1, totals={"stage.n": 7}),
        StoredTotals(benchmark="b", kind=RunKind.COUNTERS, run=0, totals={"pool.reuse": 6}),
    )
