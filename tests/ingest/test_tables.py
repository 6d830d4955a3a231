"""The Parquet files: schema version 1 exactly, and every value back as it went in."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.ingest.benchmark import ReadBenchmark, ReadRun
from harness.ingest.tables import EVENTS_FILE, SPANS_FILE, read_timed_spans, write_tables
from harness.recording.manifest import RunKind, RunRecord, Workload
from harness.spans import forest
from harness.spans.capture import split_capture

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
MAY_BE_ABSENT = {"parent", "span_seq", "self_pct", "root_pct", "printed", "message"}
TREE = (
    'INFO     prove > "x" [ 2.44s | 1.00% / 100.00% ] phase: "a | b: c" | n: 1 | n: 2',
    "DEBUG    ┝━ 🐛 [debug]: hello | k: v",
    "INFO     ┝━ leaf [ 1.21µs | 0.00% ]",
    "INFO     ┕━ leaf [ 999999999s | NaN% ]",
    "WARN     🚧 [warn]:  | alone: yes",
)


def read_run(kind: RunKind, number: int, lines: tuple[tuple[int, str], ...], failure: str | None = None) -> ReadRun:
    facts = RunRecord(benchmark="b", kind=kind, number=number, first_line=1, last_line=1, failure=failure)
    return ReadRun(facts=facts, parsed=forest.parse(lines))


def benchmark(name: str, *runs: ReadRun) -> ReadBenchmark:
    return ReadBenchmark(name=name, runs=runs, workload=Workload(), log_level=None, kpis=(), warnings=())


def one_run(kind: RunKind = RunKind.MEASURED, number: int = 1) -> ReadRun:
    return read_run(kind, number, tuple(enumerate(TREE, start=7)))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_tables(tmp_path, [benchmark("b", one_run())], "tracing-forest")
    return tmp_path


@pytest.mark.parametrize(("file", "columns"), [(SPANS_FILE, SPANS_V1), (EVENTS_FILE, EVENTS_V1)])
def test_the_files_have_the_columns_and_types_of_schema_version_1(written, file, columns) -> None:
    schema = pq.read_schema(written / file)
    assert schema.names == list(columns)
    assert {column.name: column.type for column in schema} == columns
    assert {column.name for column in schema if column.nullable} == MAY_BE_ABSENT & set(columns)
    assert schema.metadata[b"schema_version"] == b"1"


@pytest.mark.parametrize(("file", "columns"), [(SPANS_FILE, SPANS_V1), (EVENTS_FILE, EVENTS_V1)])
def test_files_without_rows_have_the_same_schema(tmp_path, file, columns) -> None:
    write_tables(tmp_path, [], "tracing-forest")
    assert pq.read_schema(tmp_path / file).names == list(columns)
    assert pq.read_metadata(tmp_path / file).num_rows == 0


def test_every_value_of_a_span_comes_back(written) -> None:
    rows = pq.read_table(written / SPANS_FILE).to_pylist()
    spans = one_run().parsed.spans
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
        assert row["line"] == span.line
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


def test_runs_of_every_kind_and_failed_ones_are_kept(tmp_path) -> None:
    failed = read_run(RunKind.MEASURED, 2, tuple(enumerate(TREE, start=1)), failure="killed")
    runs = (one_run(RunKind.WARMUP, 0), one_run(), failed, one_run(RunKind.COUNTERS, 0))
    write_tables(tmp_path, [benchmark("b", *runs), benchmark("c", one_run())], "tracing-forest")
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
    runs = [one_run(number=number) for number in (3, 1, 2)]
    mixed = benchmark("b", one_run(RunKind.COUNTERS, 1), *runs, one_run(RunKind.WARMUP, 0))
    write_tables(tmp_path, [benchmark("other", one_run()), mixed], "tracing-forest")
    spans = read_timed_spans(tmp_path, "b", [3, 1, 0])
    assert [(span.run, span.seq) for span in spans] == [(1, 0), (1, 1), (1, 2), (3, 0), (3, 1), (3, 2)]


def test_timed_spans_carry_what_was_written(written) -> None:
    timed = read_timed_spans(written, "b", [1])
    for got, span in zip(timed, one_run().parsed.spans, strict=True):
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


def test_a_real_capture_goes_through_the_file_unchanged(tmp_path, captures) -> None:
    parts = split_capture((captures / "h200_keccakf.log").read_text("utf-8")).runs
    runs = [read_run(part.kind, part.number, part.lines) for part in parts]
    write_tables(tmp_path, [benchmark("k", *runs)], "tracing-forest")
    measured = [run for run in runs if run.facts.kind is RunKind.MEASURED]
    spans = read_timed_spans(tmp_path, "k", [run.facts.number for run in measured])
    assert [(s.run, s.seq, s.name, s.fields, s.ns) for s in spans] == [
        (run.facts.number, s.seq, s.name, s.fields, s.duration.ns) for run in measured for s in run.parsed.spans
    ]
    assert pq.read_metadata(tmp_path / EVENTS_FILE).num_rows == sum(len(run.parsed.events) for run in runs)
