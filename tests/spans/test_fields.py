"""The `key: value` tails of spans and the texts of events, as tracing-forest prints them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.spans.fields import parse_fields, split_event_text

AIR = "TestAir | Constraint Deg = 3  | Prep Cols = 0  | Main Cols = [2633]   | 3182 Constraints |   0 Interactions"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", ()),
        ('phase: "prover"', (("phase", '"prover"'),)),
        ('phase: "prover" | n: 7', (("phase", '"prover"'), ("n", "7"))),
        ('a: "x | k: v" | n: 7', (("a", '"x | k: v"'), ("n", "7"))),
        (r'a: "say \"hi | k: v\"" | n: 7', (("a", r'"say \"hi | k: v\""'), ("n", "7"))),
        (r'a: "back\\" | n: 7', (("a", r'"back\\"'), ("n", "7"))),
        ('a: "" | n: 7', (("a", '""'), ("n", "7"))),
        ("shown: left | right | n: 7", (("shown", "left | right"), ("n", "7"))),
        ("shown: a | b | c | d", (("shown", "a | b | c | d"),)),
        ('a: 5" x | b: 7"y | n: 7', (("a", '5" x'), ("b", '7"y'), ("n", "7"))),
        ("n: 1 | n: 2", (("n", "1"), ("n", "2"))),
        ("http.status: 200 | r#type: 1", (("http.status", "200"), ("r#type", "1"))),
        ("text: a: b", (("text", "a: b"),)),
        ("n: ", (("n", ""),)),
        ('list: ["a", "b | c"] | n: 7', (("list", '["a", "b | c"]'), ("n", "7"))),
        ('open: "never closed | n: 7', (("open", '"never closed'), ("n", "7"))),
    ],
)
def test_span_fields_are_read_as_they_were_printed(text, fields) -> None:
    assert parse_fields(text) == fields


@pytest.mark.parametrize(
    ("text", "message", "fields"),
    [
        ("hello", "hello", ()),
        ("", None, ()),
        (" | num_airs: 1", None, (("num_airs", "1"),)),
        (' | return: "x | y: z"', None, (("return", '"x | y: z"'),)),
        ("low memory | free: 12", "low memory", (("free", "12"),)),
        ("left | right | n: 7", "left | right", (("n", "7"),)),
        ("a: b | n: 7", "a: b", (("n", "7"),)),
        ("dims | height: 2 | width: 4", "dims", (("height", "2"), ("width", "4"))),
        ('m | a: "x | k: v" | n: 7', "m", (("a", '"x | k: v"'), ("n", "7"))),
        ("note: x | plain words", "note: x | plain words", ()),
        ('the 5" pipe | n: 7', 'the 5" pipe', (("n", "7"),)),
        (AIR, AIR, ()),
        (f"{AIR} | n: 7", AIR, (("n", "7"),)),
    ],
)
def test_an_events_fields_are_split_off_its_message_from_the_right(text, message, fields) -> None:
    assert split_event_text(text) == (message, fields)


KEYS = st.from_regex(r"[a-z_][a-z0-9_.]{0,8}", fullmatch=True)
QUOTED = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20).map(
    lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
)
PLAIN = st.from_regex(r"[A-Za-z0-9_.+-]{1,8}", fullmatch=True)
FIELDS = st.lists(st.tuples(KEYS, QUOTED | PLAIN), max_size=6).map(tuple)


@settings(max_examples=150, deadline=None)
@given(FIELDS)
def test_printed_fields_read_back_as_they_were_whatever_a_string_holds(fields) -> None:
    assert parse_fields(" | ".join(f"{key}: {value}" for key, value in fields)) == fields


@settings(max_examples=150, deadline=None)
@given(st.lists(PLAIN, max_size=3).map(" | ".join), FIELDS)
def test_printed_events_read_back_as_they_were_with_bars_in_the_message(message, fields) -> None:
    text = message + "".join(f" | {key}: {value}" for key, value in fields)
    assert split_event_text(text) == (message or None, fields)


@pytest.mark.parametrize("hostile", ['\\"', '"', '"a', "a | ", "k: a | ", ' | k: "\\"', '\\\\"', ' | "'])
def test_reading_a_long_hostile_tail_stays_linear(hostile) -> None:
    """A million characters: quadratic work would take minutes to hours, not fail by a margin of time."""
    text = "k: " + hostile * (1_000_000 // len(hostile))
    assert parse_fields(text)
    message, fields = split_event_text(text)
    assert message or fields
