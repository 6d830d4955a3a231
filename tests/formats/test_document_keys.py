"""Telling documents apart by the keys that they begin with."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats.document_keys import ITEM, has_keys

DOCUMENT = {"context": {"num": 1, "note": 'a "results": [{'}, "results": [[1, 2], {"x": 1}, {"runs": [{"ms": 1.5}]}]}
PRESENT = [("context", "num"), ("results",), ("results", ITEM, "x"), ("results", ITEM, "runs", ITEM, "ms")]


@pytest.mark.parametrize("path", PRESENT)
@pytest.mark.parametrize("indent", [None, 2])
def test_keys_are_found_where_they_stand(path, indent) -> None:
    assert has_keys(json.dumps(DOCUMENT, indent=indent).encode(), [path])


@pytest.mark.parametrize(
    "path", [("num",), ("x",), ("context", "results"), ("results", "x"), ("results", ITEM, "ms"), (ITEM, "context")]
)
def test_keys_elsewhere_do_not_count(path) -> None:
    assert not has_keys(json.dumps(DOCUMENT).encode(), [path])


@pytest.mark.parametrize(
    "text",
    [
        '["results"]',
        '"results"',
        '{"a": "results"}',
        '{"a": ["results"]}',
        '{"a": {"results": 1}}',
        '{"a": "{\\"results\\": 1}"}',
        '{"a": 1}\n{"results": 1}',
        '{"a": 1}}{"results": 1}',
        "results",
        "",
    ],
)
def test_a_key_is_neither_a_value_nor_of_another_object(text) -> None:
    assert not has_keys(text.encode(), [("results",)])


def test_what_follows_a_nested_value_belongs_to_the_object_around_it() -> None:
    head = b'{"a": {"b": [1, {"c": {}}]}, "results": [{"b": [3]}, {"x": 1'
    assert has_keys(head, [("results", ITEM, "x")])
    assert not has_keys(head, [("a", "results")])


def test_a_head_cut_inside_the_sought_key_holds_it_not() -> None:
    whole = b'{"results": [{"x"'
    assert has_keys(whole, [("results", ITEM, "x")])
    assert not any(has_keys(whole[:length], [("results", ITEM, "x")]) for length in range(len(whole)))


KEYS = st.sampled_from("ab")
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        st.integers(0, 9) | st.text(' "{}[],:\\ab', max_size=5), lambda s: st.lists(s) | st.dictionaries(KEYS, s)
    ),
)


def _paths(value, above=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*above, key)
            yield from _paths(inner, (*above, key))
    if isinstance(value, list):
        for inner in value:
            yield from _paths(inner, (*above, ITEM))


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS, st.lists(KEYS | st.just(ITEM), min_size=1, max_size=4).map(tuple))
def test_exactly_the_keys_of_a_document_are_found(document, path) -> None:
    present = set(_paths(document))
    text = json.dumps(document).encode()
    assert all(has_keys(text, [each]) for each in present)
    if path[-1] != ITEM:
        assert has_keys(text, [path]) == (path in present)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60) | st.text('{}[],:"\\ xresult', max_size=60).map(str.encode))
def test_no_text_makes_it_raise(text) -> None:
    assert not has_keys(text, [("results", ITEM, "x")]) or b'"results"' in text


@pytest.mark.parametrize(
    "hostile", ["[", "{", '"', '\\"', '{"a":', '{"results":', '{"results":[{"results":[', "]", '"a",']
)
def test_a_long_hostile_head_stays_linear(hostile) -> None:
    """A quarter of a million characters: quadratic work would take minutes, not fail by a margin of time."""
    text = '{"x": 0, "results": ' + hostile * (250_000 // len(hostile))
    assert not has_keys(text.encode(), [("results", ITEM, "x", "x")])
