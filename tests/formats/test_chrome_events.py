"""Times of trace events, to the nanosecond and finer, and what events of one id share."""

from contextlib import suppress
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.chrome_events import EVENT, PS_PER_NS, picoseconds
from harness.formats.json_values import UnreadableError
from harness.spans.model import MAX_NS


@pytest.mark.parametrize(
    ("text", "found_ps"),
    [
        (b"0", 0),
        (b"-0.0", 0),
        (b"86.695", 86_695_000),
        (b"104.49", 104_490_000),
        (b"1700000000123456.789", 1_700_000_000_123_456_789_000),  # a float would be off by 39 ns
        (b"9223372036854775.807", 9_223_372_036_854_775_807_000),
        (b"0.1e1", 1_000_000),
        (b"1.5E+3", 1_500_000_000),
        (b"15e-1", 1_500_000),
        (b"0.0004", 400),
        (b"0.000000001", 1),  # not whole nanoseconds, however little is beyond
        (b"1.0010000000000001", 1_001_001),
        (b"1.0015000000000001", 1_001_500),
        (b"0e99", 0),
        (b"1e-99", 1),
    ],
)
def test_microseconds_become_picoseconds_without_a_float(text, found_ps) -> None:
    assert picoseconds(text, "ts") == found_ps


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "it has no 'ts'"),
        (b'"7"', "'ts' is no time"),
        (b"null", "'ts' is no time"),
        (b"true", "'ts' is no time"),
        (b"[1]", "'ts' is no time"),
        (b"1e100", "'ts' is no time"),
        (b"1" * 41, "'ts' is no time"),
        (b"-0.001", "'ts' is negative"),
        (b"9223372036854775.808", "'ts' is too large"),
        (b"1e99", "'ts' is too large"),
    ],
)
def test_what_is_no_time_says_why(text, said) -> None:
    with pytest.raises(UnreadableError, match=said):
        picoseconds(text, "ts")


@given(st.integers(0, MAX_NS))
def test_whole_nanoseconds_are_exact_however_they_are_printed(ns) -> None:
    microseconds = Decimal(ns) / 1000
    for text in (f"{ns // 1000}.{ns % 1000:03}", f"{microseconds:f}", f"{microseconds:e}", f"{ns}e-3"):
        assert picoseconds(text.encode(), "ts") == ns * PS_PER_NS


@given(st.decimals(0, 10**12, allow_nan=False, places=9))
def test_what_is_finer_lies_between_the_nanoseconds_around_it(microseconds) -> None:
    found = picoseconds(f"{microseconds:f}".encode(), "ts")

    assert found // PS_PER_NS == int(microseconds * 1000)
    assert (found % PS_PER_NS == 0) == (microseconds * 1000 % 1 == 0)


@given(st.binary(max_size=20))
def test_no_text_of_a_time_raises_anything_else(text) -> None:
    with suppress(UnreadableError):
        assert picoseconds(text, "ts") >= 0


@pytest.mark.parametrize(
    ("event", "scope"),
    [
        ({"id": 7}, (None, b"7")),
        ({"id": "7"}, (None, b'"7"')),
        ({"id": 7, "pid": 3}, (None, b"7")),
        ({"id2": {"local": "0x1"}, "pid": 3}, (3, b'"0x1"')),
        ({"id2": {"global": "0x1"}, "pid": 3}, (None, b'"0x1"')),
    ],
)
def test_events_of_one_id_share_it_in_one_process_only_where_it_is_local(event, scope) -> None:
    assert EVENT.decode(msgspec.json.encode(event)).scope == scope


@pytest.mark.parametrize("event", [{}, {"id2": {}}, {"id2": None}])
def test_an_event_without_an_id_says_so(event) -> None:
    with pytest.raises(UnreadableError, match="no id"):
        _ = EVENT.decode(msgspec.json.encode(event)).scope
