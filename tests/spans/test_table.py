"""Spans and events as Arrow rows: whatever goes in comes back."""

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.spans.model import Event, Span
from harness.spans.table import EVENT_SCHEMA, SPAN_SCHEMA, event_batch, event_rows, span_batch, span_rows
from harness.units import Duration, parse_duration

LATER = SPAN_SCHEMA.names[SPAN_SCHEMA.get_field_index("line") + 1 :]
INT32, INT64 = st.integers(0, 2**31 - 1), st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(codec="utf-8"), max_size=10)
FIELDS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
DURATIONS = st.builds(
    parse_duration, st.sampled_from(["1.21", "10.0", "999", "1000"]), st.sampled_from(["ns", "µs", "ms", "s"])
) | st.integers(0, 2**63 - 1).map(Duration.exact)
SPANS = st.builds(
    Span,
    tree=INT32,
    seq=INT32,
    parent=st.none() | INT32,
    depth=st.integers(0, 2**15 - 1),
    name=TEXT,
    path=st.lists(TEXT, max_size=3).map(tuple),
    occurrence=INT32,
    fields=FIELDS,
    duration=st.none() | DURATIONS,
    self_pct=st.none() | st.floats(allow_nan=False),
    root_pct=st.none() | st.floats(allow_nan=False),
    line=INT32,
    level=st.none() | TEXT,
    thread=st.none() | TEXT,
    start_ns=st.none() | INT64,
    end_ns=st.none() | INT64,
    idle=st.none() | st.integers(0, 2**63 - 1).map(Duration.exact),
    note=st.none() | TEXT,
)
EVENTS = st.builds(
    Event,
    seq=INT32,
    span_seq=st.none() | INT32,
    level=TEXT,
    tag=TEXT,
    message=st.none() | TEXT,
    fields=FIELDS,
    line=INT32,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SPANS, max_size=4))
def test_every_value_of_every_span_comes_back(spans) -> None:
    batch = span_batch(spans)
    assert batch.schema == SPAN_SCHEMA
    assert list(span_rows(batch)) == spans


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS, max_size=4))
def test_every_value_of_every_event_comes_back(events) -> None:
    batch = event_batch(events)
    assert batch.schema == EVENT_SCHEMA
    assert list(event_rows(batch)) == events


SPAN = Span(
    tree=0,
    seq=0,
    parent=None,
    depth=0,
    name="a",
    path=("a",),
    occurrence=0,
    fields=(),
    duration=Duration.exact(5),
    self_pct=None,
    root_pct=None,
    line=1,
)


def test_of_a_rounded_idle_time_only_what_was_printed_and_its_nominal_value_are_kept() -> None:
    idle = parse_duration("4.30", "µs")
    [again] = span_rows(span_batch([msgspec.structs.replace(SPAN, idle=idle)]))
    assert again.idle == Duration(ns=4300, low_ns=4300, high_ns=4300, printed="4.30µs")


def test_a_table_that_lacks_the_later_columns_is_read_with_them_unknown() -> None:
    full = msgspec.structs.replace(SPAN, level="INFO", thread="main", start_ns=1, note="x")
    table = pa.Table.from_batches([span_batch([full])]).drop_columns(LATER)
    assert list(span_rows(table)) == [SPAN]


@pytest.mark.parametrize("extra", ["run", "source"])
def test_columns_of_others_are_left_alone(extra) -> None:
    table = pa.Table.from_batches([span_batch([SPAN])]).add_column(0, extra, pa.array([7]))
    assert list(span_rows(table)) == [SPAN]


@pytest.mark.parametrize("changes", [{"depth": 2**15}, {"seq": 2**31}, {"line": 2**31}, {"start_ns": 2**63}])
def test_a_number_that_does_not_fit_is_an_error_and_never_another_number(changes) -> None:
    with pytest.raises((pa.ArrowInvalid, OverflowError)):
        span_batch([msgspec.structs.replace(SPAN, **changes)])


@given(st.lists(SPANS, max_size=6), st.integers(0, 6), st.integers(0, 6))
@settings(max_examples=50)
def test_a_slice_of_a_batch_holds_the_spans_of_that_slice(spans, first, count) -> None:
    batch = span_batch(spans)
    assert list(span_rows(batch.slice(first, count))) == list(span_rows(batch))[first : first + count]
