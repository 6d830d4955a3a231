"""Spans read back from spans.parquet: of any run, in any layout of row groups, with the columns of any version."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import StoreError
from harness.ingest.stored_spans import stored_runs
from harness.recording.manifest import RunKind
from harness.spans.model import Span
from harness.spans.table import span_batch
from harness.units import Duration, parse_duration

BASE = Path(__file__).parent.parent / "data" / "turns" / "recordings" / "50ea4e1e75a02867" / "spans.parquet"
LATER = ("level", "thread", "start_ns", "end_ns", "idle_ns", "idle_printed", "note")


def span(seq, **changes):
    plain = {
        "tree": 0,
        "seq": seq,
        "parent": None,
        "depth": 0,
        "name": f"s{seq % 3}",
        "path": (f"s{seq % 3}",),
        "occurrence": seq,
        "fields": (("n", "1"), ("n", "2")),
        "duration": parse_duration("2.44", "s"),
        "self_pct": None,
        "root_pct": 1.5,
        "line": seq + 1,
    }
    return Span(**(plain | changes))


FULL = span(
    0,
    level="INFO",
    thread="main",
    start_ns=5,
    end_ns=9,
    idle=Duration.exact(3),
    note="why",
    duration=None,
)


def coded(text, count):
    return pa.array([text] * count, type=pa.string()).dictionary_encode()


def table_of(run, kind, benchmark, spans, source="tracing-forest"):
    table = pa.Table.from_batches([span_batch(spans)])
    for name, column in (
        ("source", coded(source, len(spans))),
        ("benchmark", coded(benchmark, len(spans))),
        ("kind", coded(kind, len(spans))),
        ("run", pa.array([run] * len(spans), type=pa.int32())),
    ):
        table = table.append_column(name, column)
    return table


def write(path, *tables, **options):
    pq.write_table(pa.concat_tables(tables).unify_dictionaries(), path, **options)
    return path


def keys(runs):
    return [(one.benchmark, one.kind, one.number, one.source) for one in runs]


def test_a_recording_of_the_first_version_is_read_with_later_values_unknown() -> None:
    runs = stored_runs(BASE)
    first = next(runs[0].spans())

    assert not set(LATER) & set(pq.read_schema(BASE).names)
    assert keys(runs)[:2] == [
        ("keccakf", RunKind.WARMUP, 0, "tracing-forest"),
        ("keccakf", RunKind.MEASURED, 1, "tracing-forest"),
    ]
    assert [len(list(one.spans())) for one in runs] == [47] * 6 + [12] * 6
    assert (first.name, first.duration) == ("generate_trace", parse_duration("730", "µs"))
    assert (first.thread, first.start_ns, first.note) == (None, None, None)


def test_every_column_comes_back(tmp_path) -> None:
    (run,) = stored_runs(write(tmp_path / "x", table_of(1, "measured", "b", [FULL, span(1)])))

    assert list(run.spans()) == [FULL, span(1)]


@pytest.mark.parametrize("row_group_size", [1, 2, 3, 7, 100])
def test_runs_are_found_wherever_row_groups_end_and_read_as_often_as_asked(tmp_path, row_group_size) -> None:
    stored = [(1, "measured", "b", 4), (0, "counters", "b", 1), (0, "warmup", "b", 3), (1, "measured", "c", 5)]
    tables = [table_of(run, kind, name, [span(seq) for seq in range(count)]) for run, kind, name, count in stored]
    runs = stored_runs(write(tmp_path / "x", *tables, row_group_size=row_group_size))

    assert [(one.number, one.kind.value, one.benchmark) for one in runs] == [one[:3] for one in stored]
    for one, (*_, count) in [*zip(runs, stored, strict=True)] * 2:
        assert list(one.spans()) == [span(seq) for seq in range(count)]


def test_two_runs_can_be_read_in_turns(tmp_path) -> None:
    tables = [table_of(number, "measured", "b", [span(seq) for seq in range(6)]) for number in (1, 2)]
    first, second = stored_runs(write(tmp_path / "x", *tables, row_group_size=2))

    assert [(one.seq, other.seq) for one, other in zip(first.spans(), second.spans(), strict=True)] == [
        (seq, seq) for seq in range(6)
    ]


def test_a_run_whose_rows_are_apart_is_one_run(tmp_path) -> None:
    tables = [table_of(number, "measured", "b", [span(seq)]) for number, seq in ((1, 0), (2, 0), (1, 1))]
    runs = stored_runs(write(tmp_path / "x", *tables))

    assert [[one.seq for one in run.spans()] for run in runs] == [[0, 1], [0]]


def test_more_rows_than_are_python_objects_at_a_time_come_in_order(tmp_path) -> None:
    (run,) = stored_runs(write(tmp_path / "x", table_of(1, "measured", "b", [span(seq) for seq in range(5000)])))

    assert [one.seq for one in run.spans()] == list(range(5000))


def test_without_a_source_column_the_source_is_not_known(tmp_path) -> None:
    (run,) = stored_runs(write(tmp_path / "x", table_of(1, "measured", "b", [span(0)]).drop_columns("source")))

    assert run.source is None
    assert list(run.spans()) == [span(0)]


def test_a_file_without_rows_has_no_runs(tmp_path) -> None:
    assert stored_runs(write(tmp_path / "x", table_of(1, "measured", "b", []))) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop_columns("kind"),
        lambda table: table.drop_columns("kind").append_column("kind", coded("odd", 1)),
        lambda table: table.drop_columns("run").append_column("run", pa.array(["x"])),
    ],
)
def test_a_table_that_is_none_of_ours_is_a_clear_error(tmp_path, change) -> None:
    path = write(tmp_path / "x", change(table_of(1, "measured", "b", [span(0)])))

    with pytest.raises(StoreError, match="cannot be read"):
        stored_runs(path)


@pytest.mark.parametrize("data", [b"", b"PAR1", b"no parquet at all"])
def test_a_file_that_is_no_parquet_is_a_clear_error(tmp_path, data) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)

    with pytest.raises(StoreError, match="Restore it"):
        stored_runs(path)


def test_damage_met_while_reading_is_a_clear_error(tmp_path) -> None:
    path = write(tmp_path / "x", table_of(1, "measured", "b", [span(seq) for seq in range(50)]), compression="zstd")
    (run,) = stored_runs(path)
    with path.open("r+b") as file:
        file.truncate(100)

    with pytest.raises(StoreError, match="cannot be read"):
        list(run.spans())
