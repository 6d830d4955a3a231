"""Pieces of a buffer, many at a time: the same as one at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats.byte_slices import Text, WordTable, coded, first_at_or_after, first_in_each, valid_utf8

DATA = st.lists(st.sampled_from([b"a", b"%", b" ", b"|", b"\n", "┝".encode(), b"\x80"]), max_size=60).map(b"".join)
SETTINGS = settings(max_examples=80, deadline=None)


def cuts(draw, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of pieces that do not overlap, in order."""
    places = sorted(draw.draw(st.lists(st.integers(0, size), max_size=12)))
    pairs = places[: len(places) // 2 * 2]
    return np.array(pairs[0::2], np.int64), np.array(pairs[1::2], np.int64)


@SETTINGS
@given(DATA, st.data())
def test_pieces_are_cut_out_as_by_slicing(data, draw) -> None:
    text = Text(data)
    starts, ends = cuts(draw, len(data))
    expected = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    assert text.slices(starts, ends).to_pylist() == expected
    alone, first, last = text.extract(starts, ends)
    assert alone.data[: alone.size] == b"".join(expected)
    assert [alone.data[a:b] for a, b in zip(first, last, strict=True)] == expected
    which, parsed = text.distinct(starts, ends, bytes.upper)
    assert [parsed[index] for index in which] == [piece.upper() for piece in expected]
    assert len(set(parsed)) == len(parsed) == len(set(expected))


@SETTINGS
@given(DATA, st.sampled_from([b"%", b" ", b"\n"]), st.data())
def test_a_byte_is_found_where_it_is(data, byte, draw) -> None:
    text = Text(data)
    assert text.positions(byte).tolist() == [at for at in range(len(data)) if data[at : at + 1] == byte]
    assert text.pairs(byte, b"a").tolist() == [at for at in range(len(data)) if data[at : at + 2] == byte + b"a"]
    starts = draw.draw(st.lists(st.integers(0, len(data)), max_size=8))
    found = text.find_in_word(np.array(starts, np.int64), byte)
    padded = data + bytes(8)
    assert found.tolist() == [at if (at := padded[start : start + 8].find(byte)) >= 0 else 8 for start in starts]


@SETTINGS
@given(DATA, st.data())
def test_short_pieces_are_told_apart_as_numbers(data, draw) -> None:
    text = Text(data)
    starts = np.array(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)), np.int64)
    lengths = np.array([min(draw.draw(st.integers(0, 8)), len(data) - start) for start in starts], np.int64)
    table = WordTable(lambda word: word if word.isdigit() else None, lambda word: (int(word),), (-1,))
    for half in (slice(0, 4), slice(4, 8)):  # what one block taught, the next one knows
        codes = table.codes(text.words(starts[half], lengths[half]))
        pieces = [data[start : start + length] for start, length in zip(starts[half], lengths[half], strict=True)]
        numbers = [piece if piece.isdigit() else None for piece in pieces]
        assert [table.values[code] for code in codes] == numbers
        assert table.columns[codes, 0].tolist() == [-1 if one is None else int(one) for one in numbers]


def test_a_value_of_its_own_and_a_fresh_start_are_kept_apart_from_words() -> None:
    table = WordTable(bytes, lambda word: (len(word),), (0,))
    text = Text(b"ab")
    words = text.words(np.array([0]), np.array([2]))
    assert table.values[table.codes(words)[0]] == b"ab"
    assert table.values[table.add(b"longer than a word")] == b"longer than a word"
    table.forget()
    assert len(table) == 1
    assert table.values[table.codes(words)[0]] == b"ab"


@pytest.mark.parametrize("data", [b"", b"a", b"\n"])
def test_a_text_may_be_looked_at_behind_its_end(data) -> None:
    text = Text(data)
    assert (text.size, text.data[: text.size]) == (len(data), data)
    assert text.find_in_word(np.array([len(data)]), b"x").tolist() == [8]
    assert text.strings(np.array([0]), np.array([len(data)])).to_pylist() == [data.decode()]


@SETTINGS
@given(st.lists(st.integers(0, 50)), st.lists(st.integers(0, 60)))
def test_the_first_place_at_or_after_is_found(positions, starts) -> None:
    ascending = sorted(set(positions))
    found = first_at_or_after(np.array(ascending, np.int64), np.array(starts, np.int64), none=99)
    assert found.tolist() == [next((at for at in ascending if at >= start), 99) for start in starts]


@SETTINGS
@given(st.lists(st.integers(0, 3)))
def test_the_first_of_each_run_of_equal_numbers_is_marked(groups) -> None:
    expected = [place == 0 or groups[place - 1] != one for place, one in enumerate(groups)]
    assert first_in_each(np.array(groups, np.int64)).tolist() == expected


def test_a_negative_code_is_null() -> None:
    assert coded(["a", "b"], np.array([1, -1, 0])).to_pylist() == ["b", None, "a"]
    assert coded([], np.array([], np.int64)).to_pylist() == []


@SETTINGS
@given(st.binary(max_size=40))
def test_what_is_no_utf_8_and_nul_become_replacement_characters_as_python_has_it(data) -> None:
    got = valid_utf8(data)
    assert got.decode() == data.decode("utf-8", errors="replace").replace("\0", "\ufffd")
    assert valid_utf8(got) == got
