"""Cutting a document's objects out of chunks, whole or broken."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import json_elements
from harness.formats.json_elements import Cut, Element, Skipped, Trouble, elements
from harness.formats.protocol import Chunk

DEEP = {"a": [1, {"b": {"c": {"d": [[], {}, {"e": 'x"]}{'}]}}}]}


def pieces(data, *cuts, first_line=1, wanted=("list", "more")):
    """What is found in the data, given in the chunks that the cuts leave."""
    chunks = []
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        line = first_line + data[:start].count(b"\n")
        chunks.append(Chunk(data=data[start:end], numbers=(line,)))
    return list(elements(chunks, lambda key: key in wanted))


def found(data, **how):
    return [(one.key, one.number, one.line, json.loads(one.data)) for one in pieces(data, **how)]


def test_a_list_gives_its_objects_with_their_lines() -> None:
    assert found(b'[{"a":1},\n\n{"b":"x\\"]}"}\n,{}]') == [
        (None, 1, 1, {"a": 1}),
        (None, 2, 3, {"b": 'x"]}'}),
        (None, 3, 4, {}),
    ]


def test_lines_count_from_the_first_chunks_first() -> None:
    assert [one.line for one in pieces(b'\n[{"a":1}\n,{"b":2}]', 5, first_line=40)] == [41, 42]


def test_an_object_gives_the_objects_of_its_wanted_lists_under_their_keys() -> None:
    document = b'{"x": {"list": [{}]}, "list": [{"a": 1}], "n": -1.5e3, "s": "[{", "more": [{"b": 2}], "list2": [{}]}'

    assert pieces(document) == [
        Skipped("x", 1),
        Element("list", 1, 1, b'{"a": 1}'),
        Skipped("n", 1),
        Skipped("s", 1),
        Element("more", 1, 1, b'{"b": 2}'),
        Skipped("list2", 1),
    ]


@pytest.mark.parametrize("document", [b"[]", b" [ ] ", b'{"list":[]}', b"{}", b"\xef\xbb\xbf[]", b"[,]", b"[]\n\n"])
def test_nothing_in_it_is_nothing_wrong(document) -> None:
    assert pieces(document) == []


def test_commas_too_many_or_too_few_change_nothing() -> None:
    assert [element[3] for element in found(b'[,{"a":1}{"b":2},,{"c":3},]')] == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_a_wanted_key_that_holds_no_list_is_skipped_and_one_that_repeats_is_trouble() -> None:
    assert pieces(b'{"list":{"a":1}}') == [Skipped("list", 1)]
    assert pieces(b'{"list":[{}],\n"list":[{"a":1}]}') == [
        Element("list", 1, 1, b"{}"),
        Trouble(2, "the key 'list' occurs twice", lost=False),
    ]


@pytest.mark.parametrize(
    "document", [b'[{"a":1}', b'[{"a":1},', b'[{"a":1},{"b', b'[{"a":1},{"b":[1,2', b'{"list":[{"a":1}]', b'[{"a":1},7']
)
def test_a_document_that_is_not_closed_is_cut(document) -> None:
    *rest, last = pieces(document)

    assert [json.loads(one.data) for one in rest] == [{"a": 1}]
    assert last == Cut(1)


@pytest.mark.parametrize(
    "document", [b"", b" \n", b"[", b"{", b'{"li', b'{"list"', b'{"list":', b"\xef\xbb", b'{"n":7']
)
def test_the_beginning_alone_is_cut_too(document) -> None:
    assert isinstance(pieces(document)[-1], Cut | Trouble)


@pytest.mark.parametrize("value", ["7", '"text"', "null", "[1,[2]]", "true", "\x0b"])
def test_what_is_no_object_is_told_and_the_next_one_read(value) -> None:
    assert pieces(f'[{value},{{"b":2}}]'.encode()) == [
        Trouble(1, "element 1 is no object", lost=False),
        Element(None, 2, 1, b'{"b":2}'),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        b'{"a":1,"text":"cut of\n',  # a line end in a string
        b'{"a":1,\n',  # an object where a key should stand
        b'{"a":{"k":1,\n',
        b'{"a":[1,2}\n',  # brackets that do not go together
        b'{"a":1]\n',
        b'{"a":1}}\n',
    ],
)
def test_after_a_broken_object_reading_goes_on_with_the_next(broken) -> None:
    told = pieces(b'[{"first":1},\n' + broken + b',{"last":2}]')

    assert told[0] == Element(None, 1, 1, b'{"first":1}')
    assert told[-1].data == b'{"last":2}'
    assert told[-1].line == 3
    assert next(one.message for one in told if isinstance(one, Trouble)).endswith("is broken off or garbled")
    assert all(one.lost for one in told if isinstance(one, Trouble))


@pytest.mark.parametrize(
    "document", [b"x", b'"list"', b"7", b"}", b'{"list"}', b"{7:1}", b'{"a":1}}', b"[] x", b'{"a":]}']
)
def test_a_document_that_is_none_is_lost(document) -> None:
    last = pieces(document)[-1]

    assert isinstance(last, Trouble)
    assert last.lost


def test_an_object_that_is_too_long_is_skipped(monkeypatch) -> None:
    monkeypatch.setattr(json_elements, "LONGEST_OBJECT", 40)
    long = b'{"a":"' + b"x" * 40 + b'"}'

    for cuts in ((), (3,), (20, 45)):
        told = pieces(b"[" + long + b',{"b":2}]', *cuts)

        assert [type(one) for one in told] == [Trouble, Element]
        assert "element 1 is longer than" in told[0].message
        assert not told[0].lost


@pytest.mark.parametrize("hostile", ["[", '{"a":', '{"a":[', '[{"a":"\\', '"', "[{", "}", "[1", '[{"a":1}{'])
def test_long_hostile_text_takes_time_in_proportion(hostile) -> None:
    """Quadratic work on so many bytes would take minutes."""
    data = (hostile * (120_000 // len(hostile))).encode()

    assert pieces(data, *range(1000, len(data), 1000)) == pieces(data)


def test_single_bytes_of_a_large_object_take_time_in_proportion() -> None:
    data = b'[{"a":"' + b"x" * 20_000 + b'"}]'

    assert pieces(data, *range(1, len(data))) == pieces(data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.text(), VALUES, max_size=3), max_size=6)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


@settings(max_examples=100, deadline=None)
@given(OBJECTS, VALUES, LAYOUTS, st.data())
def test_every_object_comes_out_as_it_went_in_wherever_it_is_cut(objects, other, layout, data) -> None:
    document = json.dumps({"before": other, "list": objects, "after": other}, **layout).encode("utf-8", "surrogatepass")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(document)), max_size=6)))

    whole = pieces(document)

    assert [json.loads(one.data) for one in whole if isinstance(one, Element)] == objects
    assert [one.key for one in whole if isinstance(one, Skipped)] == ["before", "after"]
    assert pieces(document, *cuts) == whole


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(['{"a":1}', "{", "}", "[", "]", ",", ":", '"', "\\", "\n", "x", " ", "7"]), max_size=25)
)
def test_garbled_brackets_are_read_alike_wherever_they_are_cut(tokens) -> None:
    document = "".join(tokens).encode()

    assert pieces(document, *range(1, len(document))) == pieces(document)


@given(st.binary(max_size=80))
def test_no_bytes_raise(document) -> None:
    pieces(document)
    pieces(b"[" + document)
    pieces(b'{"list":[' + document, 9)


def test_deep_objects_are_whole() -> None:
    assert found(json.dumps([DEEP, {"n": 1}]).encode()) == [(None, 1, 1, DEEP), (None, 2, 1, {"n": 1})]
