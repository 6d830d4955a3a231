"""The Parquet files: schema version 1 exactly, and every value back as it went in."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.formats import forest
from harness.formats.protocol import Chunk
from harness.ingest.tables import EVENTS_FILE, METRICS_FILE, SPANS_FILE, RunKey, TableWriter, read_timed_spans
from harness.recording.manifest import RunKind
from harness.spans.model import Metric, Span
from harness.spans.table import span_batch
from harness.units import Duration
from tests.capture_runs import runs_in
from tests.formats.forest_run import numbered, run_of

DICT = pa.dictionary(pa.int32(), pa.string())
FIELDS = pa.map_(pa.string(), pa.string())
SPANS_V1 = {
    "run": pa.int32(),
    "kind": DICT,
    "benchmark": DICT,
    "tree": pa.int32(),
    "seq": pa.int32(),
    "parent": pa.int32(),
    "depth": pa.int16(),
    "name": DICT,
    "path": pa.list_(pa.string()),
    "occurrence": pa.int32(),
    "fields": FIELDS,
    "ns": pa.int64(),
    "ns_low": pa.int64(),
    "ns_high": pa.int64(),
    "self_pct": pa.float64(),
    "root_pct": pa.float64(),
    "printed": pa.string(),
    "line": pa.int32(),
    "source": DICT,
    "level": DICT,
    "thread": DICT,
    "start_ns": pa.int64(),
    "end_ns": pa.int64(),
    "idle_ns": pa.int64(),
    "idle_printed": pa.string(),
    "note": DICT,
}
EVENTS_V1 = {
    "run": pa.int32(),
    "kind": DICT,
    "benchmark": DICT,
    "span_seq": pa.int32(),
    "seq": pa.int32(),
    "level": DICT,
    "tag": DICT,
    "message": pa.string(),
    "fields": FIELDS,
    "line": pa.int32(),
}
METRICS_V1 = {
    "run": pa.int32(),
    "kind": DICT,
    "benchmark": DICT,
    "metric": DICT,
    "name": DICT,
    "labels": FIELDS,
    "value": pa.string(),
    "low": pa.float64(),
    "high": pa.float64(),
    "line": pa.int32(),
    "note": DICT,
    "source": DICT,
}
LATER = set(list(SPANS_V1)[-7:])
MAY_BE_ABSENT = {
    SPANS_FILE: {"parent", "ns", "ns_low", "ns_high", "self_pct", "root_pct", "printed", *LATER},
    EVENTS_FILE: {"span_seq", "message"},
    METRICS_FILE: {"low", "high", "note"},
}
TREE = (
    'INFO     prove > "x" [ 2.44s | 1.00% / 100.00% ] phase: "a | b: c" | n: 1 | n: 2',
    "DEBUG    ┝━ 🐛 [debug]: hello | k: v",
    "INFO     ┝━ leaf [ 1.21µs | 0.00% ]",
    "INFO     ┕━ leaf [ 999999999s | NaN% ]",
    "WARN     🚧 [warn]:  | alone: yes",
)


CHUNK = numbered(enumerate(TREE, start=7))
GAUGE = Metric(kind="gauge", name="cells_used", labels=(("group", "app"),), value="5", low=5.0, high=6.0, line=3)


def add(
    tables: TableWriter, name: str = "b", kind: RunKind = RunKind.MEASURED, number: int = 1, chunk: Chunk = CHUNK
) -> None:
    """Writes one run's rows as they come, batch by batch."""
    run = RunKey(benchmark=name, kind=kind, number=number)
    for batch in forest.read([chunk]):
        tables.add_spans(run, batch.spans, forest.NAME)
        tables.add_events(run, batch.events)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    with TableWriter(tmp_path) as tables:
        add(tables)
        tables.add_metrics(RunKey(benchmark="b", kind=RunKind.MEASURED, number=1), [GAUGE], "openvm-metrics")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "columns"), [(SPANS_FILE, SPANS_V1), (EVENTS_FILE, EVENTS_V1), (METRICS_FILE, METRICS_V1)]
)
def test_the_files_have_the_columns_and_types_of_schema_version_1(written, file, columns) -> None:
    schema = pq.read_schema(written / file)
    assert schema.names == list(columns)
    assert {column.name: column.type for column in schema} == columns
    assert {column.name for column in schema if column.nullable} == MAY_BE_ABSENT[file]
    assert schema.metadata[b"schema_version"] == b"1"


@pytest.mark.parametrize(("file", "columns"), [(SPANS_FILE, SPANS_V1), (EVENTS_FILE, EVENTS_V1)])
def test_files_without_rows_have_the_same_schema(tmp_path, file, columns) -> None:
    with TableWriter(tmp_path):
        pass
    assert pq.read_schema(tmp_path / file).names == list(columns)
    assert pq.read_metadata(tmp_path / file).num_rows == 0


def test_every_value_of_a_span_comes_back(written) -> None:
    rows = pq.read_table(written / SPANS_FILE).to_pylist()
    spans = run_of([CHUNK]).spans
    assert len(rows) == len(spans) == 3
    for row, span in zip(rows, spans, strict=True):
        assert (row["run"], row["kind"], row["benchmark"], row["source"]) == (1, "measured", "b", "tracing-forest")
        assert (row["tree"], row["seq"], row["parent"], row["depth"]) == (span.tree, span.seq, span.parent, span.depth)
        assert (row["name"], tuple(row["path"]), row["occurrence"]) == (span.name, span.path, span.occurrence)
        assert tuple(row["fields"]) == span.fields
        assert (row["ns"], row["ns_low"], row["ns_high"], row["printed"]) == (
            span.duration.ns,
            span.duration.low_ns,
            span.duration.high_ns,
            span.duration.printed,
        )
        assert (repr(row["self_pct"]), repr(row["root_pct"])) == (repr(span.self_pct), repr(span.root_pct))
        assert (row["line"], row["level"]) == (span.line, span.level)
        assert {row[name] for name in LATER - {"level"}} == {None}
    assert rows[0]["fields"] == [("phase", '"a | b: c"'), ("n", "1"), ("n", "2")]
    assert rows[2]["ns"] == 999_999_999_000_000_000


def test_every_value_of_an_event_comes_back(written) -> None:
    rows = pq.read_table(written / EVENTS_FILE).to_pylist()
    common = {"run": 1, "kind": "measured", "benchmark": "b"}
    assert rows == [
        common
        | {"span_seq": 0, "seq": 0, "level": "DEBUG", "tag": "debug", "message": "hello", "line": 8}
        | {"fields": [("k", "v")]},
        common
        | {"span_seq": None, "seq": 1, "level": "WARN", "tag": "warn", "message": None, "line": 11}
        | {"fields": [("alone", "yes")]},
    ]


def test_runs_of_every_kind_are_kept_in_the_order_they_were_written(tmp_path) -> None:
    with TableWriter(tmp_path) as tables:
        add(tables, kind=RunKind.WARMUP, number=0)
        add(tables)
        add(tables, number=2)
        add(tables, kind=RunKind.COUNTERS, number=0)
        add(tables, "c")
    table = pq.read_table(tmp_path / SPANS_FILE, columns=["benchmark", "kind", "run"]).to_pylist()
    kept = list(dict.fromkeys((row["benchmark"], row["kind"], row["run"]) for row in table))
    assert kept == [
        ("b", "warmup", 0),
        ("b", "measured", 1),
        ("b", "measured", 2),
        ("b", "counters", 0),
        ("c", "measured", 1),
    ]
    assert pq.read_metadata(tmp_path / EVENTS_FILE).num_rows == 10


def test_timed_spans_are_the_chosen_measured_runs_in_pre_order(tmp_path) -> None:
    with TableWriter(tmp_path) as tables:
        add(tables, "other")
        add(tables, kind=RunKind.COUNTERS, number=1)
        for number in (3, 1, 2):
            add(tables, number=number)
        add(tables, kind=RunKind.WARMUP, number=0)
    spans = read_timed_spans(tmp_path, "b", [3, 1, 0])
    assert [(span.run, span.seq) for span in spans] == [(1, 0), (1, 1), (1, 2), (3, 0), (3, 1), (3, 2)]


def test_timed_spans_carry_what_was_written(written) -> None:
    timed = read_timed_spans(written, "b", [1])
    for got, span in zip(timed, run_of([CHUNK]).spans, strict=True):
        assert (got.parent, got.depth, got.name, got.occurrence) == (
            span.parent,
            span.depth,
            span.name,
            span.occurrence,
        )
        assert got.fields == span.fields
        assert (got.ns, got.ns_low, got.ns_high) == (span.duration.ns, span.duration.low_ns, span.duration.high_ns)


def test_no_run_of_that_number_or_benchmark_gives_no_span(written) -> None:
    assert read_timed_spans(written, "b", [2]) == []
    assert read_timed_spans(written, "c", [1]) == []


def test_a_span_without_a_duration_comes_back_without_one(tmp_path) -> None:
    span = Span(
        tree=0,
        seq=0,
        parent=None,
        depth=0,
        name="open",
        path=("open",),
        occurrence=0,
        fields=(),
        duration=None,
        self_pct=None,
        root_pct=None,
        line=1,
        idle=Duration.exact(5),
        note="never ended",
    )
    with TableWriter(tmp_path) as tables:
        run = RunKey(benchmark="b", kind=RunKind.MEASURED, number=1)
        tables.add_spans(run, span_batch([span, span]), ["one", "other"])
    [timed, _] = read_timed_spans(tmp_path, "b", [1])
    assert (timed.ns, timed.ns_low, timed.ns_high) == (None, None, None)
    assert [row["source"] for row in pq.read_table(tmp_path / SPANS_FILE).to_pylist()] == ["one", "other"]


def test_metrics_come_back_and_without_any_there_is_no_file(written, tmp_path_factory) -> None:
    [row] = pq.read_table(written / METRICS_FILE).to_pylist()
    assert row == {
        "run": 1,
        "kind": "measured",
        "benchmark": "b",
        "metric": "gauge",
        "name": "cells_used",
        "labels": [("group", "app")],
        "value": "5",
        "low": 5.0,
        "high": 6.0,
        "line": 3,
        "note": None,
        "source": "openvm-metrics",
    }
    empty = tmp_path_factory.mktemp("none")
    with TableWriter(empty) as tables:
        add(tables)
    assert not (empty / METRICS_FILE).exists()


def test_many_small_batches_become_one_row_group_and_a_large_run_several(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("harness.ingest.tables._ROWS_A_GROUP", 10)
    with TableWriter(tmp_path) as tables:
        for number in range(1, 10):
            add(tables, number=number)
    found = pq.ParquetFile(tmp_path / SPANS_FILE).metadata
    assert (found.num_rows, found.num_row_groups) == (27, 3)
    assert {span.run for span in read_timed_spans(tmp_path, "b", range(1, 10))} == set(range(1, 10))


def test_a_real_capture_goes_through_the_file_unchanged(tmp_path, captures) -> None:
    runs = runs_in(captures / "h200_keccakf.log")
    with TableWriter(tmp_path) as tables:
        for one in runs:
            add(tables, "k", one.kind, one.number, one.chunk)
    measured = [(one.number, run_of([one.chunk])) for one in runs if one.kind is RunKind.MEASURED]
    spans = read_timed_spans(tmp_path, "k", [number for number, _ in measured])
    assert [(s.run, s.seq, s.name, s.fields, s.ns) for s in spans] == [
        (number, s.seq, s.name, s.fields, s.duration.ns) for number, run in measured for s in run.spans
    ]
    events = sum(len(run_of([one.chunk]).events) for one in runs)
    assert pq.read_metadata(tmp_path / EVENTS_FILE).num_rows == events
