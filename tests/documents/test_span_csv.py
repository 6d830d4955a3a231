"""Spans as CSV: every column, and every value back as it was."""

import csv
import io
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.span_csv import COLUMNS, span_csv
from harness.ingest.stored_spans import stored_runs
from harness.recording.manifest import RunKind
from harness.spans.model import Span
from harness.spans.stored import StoredRun
from harness.spans.table import SPAN_SCHEMA
from harness.units import Duration, parse_duration

BASE = Path(__file__).parent.parent / "data" / "turns" / "recordings" / "50ea4e1e75a02867"


def span(**changes):
    plain = {
        "tree": 0,
        "seq": 0,
        "parent": None,
        "depth": 0,
        "name": "prove",
        "path": ("prove",),
        "occurrence": 0,
        "fields": (),
        "duration": parse_duration("2.44", "s"),
        "self_pct": None,
        "root_pct": None,
        "line": 7,
    }
    return Span(**(plain | changes))


def run_of(*spans, source="tracing-forest", kind=RunKind.MEASURED, number=1):
    return StoredRun(benchmark="keccakf", kind=kind, number=number, source=source, spans=lambda: iter(spans))


def rows(*runs):
    text = "".join(span_csv(runs))
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_a_small_recording_looks_like_this(golden) -> None:
    child = span(
        seq=1,
        parent=0,
        depth=1,
        name="a > b",
        path=("prove", "a > b"),
        fields=(("n", "1"), ("n", "2"), ("phase", '"x, y"')),
        self_pct=1.5,
        root_pct=float("nan"),
        level="INFO",
        thread="main",
        start_ns=-5,
        end_ns=2**63 - 1,
        idle=Duration.exact(3),
        note="=1+1",
    )
    golden("spans.csv", "".join(span_csv([run_of(span(), child), run_of(span(duration=None), source=None, number=2)])))


def test_the_columns_are_those_of_the_stored_table() -> None:
    assert set(COLUMNS) == {"run", "kind", "benchmark", "source", *SPAN_SCHEMA.names}
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert "".join(span_csv([])) == ",".join(COLUMNS) + "\n"


def test_a_value_that_is_not_known_is_an_empty_cell() -> None:
    (row,) = rows(run_of(span(duration=None), source=None))

    empty = {column for column, value in row.items() if not value}
    assert empty == {
        "parent", "ns", "ns_low", "ns_high", "self_pct", "root_pct", "printed", "source", "level", "thread",
        "start_ns", "end_ns", "idle_ns", "idle_printed", "note",
    }  # fmt: skip


def test_zero_is_not_empty() -> None:
    (row,) = rows(run_of(span(duration=Duration.exact(0), parent=0, start_ns=0, self_pct=0.0)))

    assert (row["ns"], row["parent"], row["start_ns"], row["self_pct"]) == ("0", "0", "0", "0.0")


def test_a_real_recording_comes_back_row_by_row() -> None:
    runs = stored_runs(BASE / "spans.parquet")
    spans = [(run, one) for run in runs for one in run.spans()]

    for row, (run, one) in zip(rows(*runs), spans, strict=True):
        assert (row["benchmark"], row["kind"], row["run"]) == (run.benchmark, run.kind.value, str(run.number))
        assert (row["name"], tuple(json.loads(row["path"]))) == (one.name, one.path)
        assert tuple(tuple(pair) for pair in json.loads(row["fields"])) == one.fields
        assert (int(row["ns"]), row["printed"]) == (one.duration.ns, one.duration.printed)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["\r", "\n", "a\rb", '"', ",", "=1+1", "\x00", "\r\n"]
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=3), st.lists(st.tuples(TEXTS, TEXTS), max_size=3)), max_size=4)
)
def test_any_text_comes_back_exactly(found) -> None:
    spans = [span(name=name, path=tuple(path), fields=tuple(fields), note=name) for name, path, fields in found]
    back = rows(run_of(*spans))

    assert len(back) == len(spans)
    for row, one in zip(back, spans, strict=True):
        assert (row["name"], row["note"]) == (one.name, one.note)
        assert tuple(json.loads(row["path"])) == one.path
        assert tuple(tuple(pair) for pair in json.loads(row["fields"])) == one.fields


def test_rows_end_with_lf_alone() -> None:
    assert "\r" not in "".join(span_csv([run_of(span(), span(seq=1))]))
