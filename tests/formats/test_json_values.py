"""JSON that nobody vouches for, read as typed values."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.json_values import (
    UnreadableError,
    read_fields,
    read_json,
    read_number,
    refuse_repeated,
    repeated_key,
)

ANYTHING = msgspec.json.Decoder()
TEXT = msgspec.json.Decoder(str)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b'{"dur":100,"dur":5}', "dur"),
        (b'{"dur":100,"ts":1,"dur":100,"dur":5}', "dur"),
        (b'{"dur":5,"d\\u0075r":100}', "dur"),
        (b' {"dur" : 5 , "dur"\n:"5"}', "dur"),
        (b'{"dur":1,"dur":true}', "dur"),
        (b'{"dur":null,"dur":5}', "dur"),
        (b'{"dur":5,"dur":5.0}', "dur"),
        (b'{"dur":"\xff","dur":1}', "dur"),
        (b'{"dur":{"a":1,"a":2},"dur":{"a":2}}', "dur"),
        (b'{"dur":1,"ts":1,"dur":2,"ts":2}', "ts"),
        (b'{"dur":100,"dur":100}', None),
        (b'{"dur":5,"args":{"dur":100,"dur":7},"name":"dur"}', None),
        (b'{"dur":5,"args":"\\"dur\\":100"}', None),
        (b'{"name":"a","name":"b"}', None),
        (b"{}", None),
        (b'["dur","dur"]', None),
        (b'"dur"', None),
    ],
)
def test_a_key_that_an_object_itself_has_twice_with_other_values_is_told(data, key) -> None:
    assert repeated_key(data, ("ts", "dur")) == key


@pytest.mark.parametrize("key", ["", "a/b", 'say "hi"', "größe", "\ufffd", "a\\", "\n"])
def test_keys_of_any_characters_are_told(key) -> None:
    name = json.dumps(key)
    for text in (f"{{{name}:1,{name}:2}}", f"{{{name}:1,{name.replace('/', chr(92) + '/')}:2}}"):
        assert repeated_key(text.encode(), (key,)) == key
    assert repeated_key(f"{{{name}:1}}".encode(), (key,)) is None


def test_a_repeated_key_is_refused_by_its_name() -> None:
    refuse_repeated(b'{"ts":1}', ("ts",))
    with pytest.raises(UnreadableError, match="the key 'ts' occurs more than once"):
        refuse_repeated(b'{"ts":1,"ts":2}', ("ts",))


@pytest.mark.parametrize("deep", ["[" * 100_000 + "]" * 100_000, '{"a":' * 50_000 + "1" + "}" * 50_000, "", "1" * 5000])
def test_whether_a_key_is_repeated_is_known_or_refused_but_raises_nothing_else(deep) -> None:
    with suppress(UnreadableError):
        assert repeated_key(f'{{"a":{deep},"a":7}}'.encode(), ("a",)) == "a"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), max_size=5))
def test_the_cheap_look_never_misses_a_repeat(members) -> None:
    text = ",".join(f'"{key}":{value}' for key, value in members)
    repeated = [key for key in "abc" if len({value for name, value in members if name == key}) > 1]
    assert repeated_key(f"{{{text}}}".encode(), ("a", "b", "c")) == next(iter(repeated), None)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"NaN", b"1 2", b'"\\ud800"', b"1e999", b"1" * 5000, b"[" * 100_000, b'{"a":' * 50_000, b"\xff"],
    ids=lambda data: repr(data[:12]),
)
def test_whatever_is_wrong_is_one_kind_of_error_with_a_reason(data) -> None:
    with pytest.raises(UnreadableError, match=r"\w+ \w+"):
        read_json(ANYTHING, data)


def test_a_wrong_type_is_told_with_its_place() -> None:
    with pytest.raises(UnreadableError, match=r"Expected `str`, got `int`"):
        read_json(TEXT, b"7")


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert read_json(TEXT, b'"a\xffb"') == "a\ufffdb"


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data) -> None:
    for reader in (read_fields, lambda text: read_json(ANYTHING, text)):
        with suppress(UnreadableError):
            reader(data)


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"", ()),
        (b"{}", ()),
        (b"null", ()),
        (b'{"n": 7, "s": "say \\"hi\\"", "x": 1.50, "yes": true, "no": null}', None),
        (b'{"list": [1, "a"], "object": {"k": 2}}', (("list", '[1, "a"]'), ("object", '{"k": 2}'))),
        (b'{"n":9007199254740993}', (("n", "9007199254740993"),)),
        (b'{"n":1,"n":2}', (("n", "2"),)),
    ],
)
def test_fields_are_texts_as_they_are_and_all_else_as_json(data, fields) -> None:
    expected = (("n", "7"), ("s", 'say "hi"'), ("x", "1.50"), ("yes", "true"), ("no", "null"))
    assert read_fields(data) == (expected if fields is None else fields)


@pytest.mark.parametrize("data", [b"7", b"[]", b'"text"', b'{"a":"\\ud800"}'])
def test_fields_of_no_object_are_unreadable(data) -> None:
    with pytest.raises(UnreadableError):
        read_fields(data)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0.0), ("947", 947.0), ("-1.5", -1.5), ("2.5e3", 2500.0), ("1" * 309, float("1" * 309))],
)
def test_numbers_are_floats(text, number) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "NaN", "inf", "-inf", "1_0", " 1", "1 ", "0x1", "1e999", "9" * 310, "١", "true", "1" * 5000, "1.", ".5"],
)
def test_what_is_no_finite_decimal_number_is_none(text) -> None:
    assert read_number(text) is None
