"""spans.parquet in columns: the same spans as one by one."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.errors import StoreError
from harness.ingest.span_columns import read_span_columns
from harness.ingest.tables import read_timed_spans

FOLDER = Path(__file__).parent.parent / "data" / "turns" / "recordings" / "50ea4e1e75a02867"
SPANS = FOLDER / "spans.parquet"


@pytest.mark.parametrize("runs", [(1, 2, 3, 4, 5), (2, 4)])
@pytest.mark.parametrize("benchmark", ["keccakf", "logup"])
def test_the_columns_are_those_of_the_spans_one_by_one(benchmark, runs):
    found = read_span_columns(SPANS, {benchmark: runs})[benchmark]
    spans = read_timed_spans(FOLDER, benchmark, runs)
    row_of = {(span.run, span.seq): row for row, span in enumerate(spans)}

    assert list(found.runs) == [span.run for span in spans]
    assert list(found.names) == [span.name for span in spans]
    assert list(found.occurrences) == [span.occurrence for span in spans]
    assert list(found.fields) == [span.fields for span in spans]
    assert list(found.parents) == [-1 if s.parent is None else row_of[s.run, s.parent] for s in spans]
    for column, name in ((found.ns, "ns"), (found.lows, "ns_low"), (found.highs, "ns_high")):
        assert column.tolist() == [getattr(span, name) for span in spans]


def test_a_benchmark_or_run_without_spans_has_empty_columns():
    found = read_span_columns(SPANS, {"nosuch": (1,), "keccakf": ()})

    assert [len(one.runs) for one in found.values()] == [0, 0]


def changed(tmp_path, change):
    path = tmp_path / "spans.parquet"
    pq.write_table(change(pq.read_table(SPANS)), path, row_group_size=7)
    return path


def test_rows_in_any_order_are_put_in_order(tmp_path):
    path = changed(tmp_path, lambda table: table.take(pa.array(np.arange(table.num_rows)[::-1])))
    there, here = (read_span_columns(one, {"keccakf": (1, 2)})["keccakf"] for one in (SPANS, path))

    assert (list(here.names), list(here.parents)) == (list(there.names), list(there.parents))


def test_a_span_that_never_ended_has_no_time(tmp_path):
    def endless(table):
        nothing = pa.array([None] * table.num_rows, pa.int64())
        for name in ("ns", "ns_low", "ns_high"):
            table = table.set_column(table.schema.get_field_index(name), name, nothing)
        return table

    assert np.isnan(read_span_columns(changed(tmp_path, endless), {"keccakf": (1,)})["keccakf"].ns).all()


@pytest.mark.parametrize(
    "damage",
    [
        lambda table: table.drop_columns("fields"),
        lambda table: table.filter(pa.compute.not_equal(table["seq"], 1)),
        lambda table: table.set_column(
            table.schema.get_field_index("parent"), "parent", pa.array([90] * table.num_rows, pa.int32())
        ),
        lambda table: table.set_column(
            table.schema.get_field_index("parent"), "parent", pa.array([0] * table.num_rows, pa.int32())
        ),
    ],
)
def test_a_table_that_does_not_hold_together_is_a_clear_error(tmp_path, damage):
    def measured(table):
        return damage(table.filter(pa.compute.equal(table["kind"], "measured")))

    with pytest.raises(StoreError, match="cannot be read"):
        read_span_columns(changed(tmp_path, measured), {"keccakf": (1, 2)})


def test_a_file_that_is_no_parquet_is_a_clear_error(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"PAR1")

    with pytest.raises(StoreError, match="Restore it"):
        read_span_columns(path, {"b": (1,)})
