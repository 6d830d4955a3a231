"""Does a document say what its evidence says, line by line?"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.milestones.drift import drift
from harness.milestones.findings import Severity

MADE = "| a |\n| --- |\n| 2440.00 |\n\n- a note\n- another"
LINES = st.text(alphabet=st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=12)
LINE_NUMBERS = st.integers(1, 500)


def said(stands, made=MADE, first_line=10):
    return [one.what for one in drift("Metrics", stands, made, first_line=first_line)]


def line_of(what: str) -> int:
    return int(re.match(r"Metrics, line (\d+):", what)[1])


@given(lines=st.lists(LINES, max_size=12), first_line=LINE_NUMBERS, end=st.sampled_from(["\n", "\r\n"]))
def test_what_is_the_same_has_no_finding_however_its_lines_end(lines, first_line, end):
    assert drift("Metrics", end.join(lines), "\n".join(lines), first_line=first_line) == ()


@given(data=st.data(), lines=st.lists(LINES, min_size=1, max_size=12, unique=True), first_line=LINE_NUMBERS)
def test_a_changed_line_is_found_by_its_number(data, lines, first_line):
    at = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(LINES.filter(lambda line: line not in lines))
    stands = [*lines[:at], other, *lines[at + 1 :]]
    found = drift("Metrics", "\n".join(stands), "\n".join(lines), first_line=first_line)

    assert [line_of(one.what) for one in found] == [first_line + at]
    assert {one.severity for one in found} == {Severity.FAILS}


@given(made=st.lists(LINES, max_size=10), stands=st.lists(LINES, max_size=10), first_line=LINE_NUMBERS)
def test_whatever_is_not_the_same_has_a_finding_no_later_than_where_it_begins(made, stands, first_line):
    found = drift("Metrics", "\n".join(stands), "\n".join(made), first_line=first_line)
    known = [stands or [""], made or [""]]
    if known[0] == known[1]:
        assert found == ()
        return
    same = next((i for i, pair in enumerate(zip(*known, strict=False)) if pair[0] != pair[1]), min(map(len, known)))
    assert first_line <= line_of(found[0].what) <= first_line + same


@given(lines=st.lists(LINES, min_size=1, max_size=10, unique=True), data=st.data())
def test_a_line_that_is_gone_or_added_is_found_where_it_was(lines, data):
    at = data.draw(st.integers(0, len(lines) - 1))
    without = "\n".join(lines[:at] + lines[at + 1 :])
    whole = "\n".join(lines)
    if len(lines) > 1:
        assert line_of(said(without, whole)[0]) == line_of(said(whole, without)[0]) == 10 + at


def test_both_texts_are_quoted():
    assert said(MADE.replace("2440.00", "1180.00")) == [
        "Metrics, line 12: the file says '| 1180.00 |', the stored evidence gives '| 2440.00 |'."
    ]
    assert said(MADE.replace("\n- another", "")) == [
        "Metrics, line 15: the file says nothing, the stored evidence gives '- another'."
    ]
    assert said(f"{MADE}\n- mine") == ["Metrics, line 16: the file says '- mine', the stored evidence gives nothing."]


def test_lines_are_numbered_as_they_stand_in_the_file():
    found = said("added\nadded too\n" + MADE.replace("- another", "- changed"))

    assert [line_of(one) for one in found] == [10, 17]
    assert [line_of(one) for one in said(MADE.split("\n", 2)[2].replace("- another", "- changed"))] == [10, 13]


def test_neighbouring_lines_are_one_place():
    assert said(MADE.replace("| --- |\n| 2440.00 |", "| x |\n| y |")) == [
        "Metrics, line 11: the file says '| x | / | y |', the stored evidence gives '| --- | / | 2440.00 |'."
    ]


def test_long_lines_that_begin_alike_are_quoted_from_where_they_differ():
    long = "a" * 500
    (what,) = said(f"{long}1180{long}", f"{long}2440{long}")

    assert "1180aaa" in what
    assert "2440aaa" in what
    assert what.count("'…aaa") == 2
    assert len(what) < 600


def test_a_long_line_is_cut():
    (what,) = said("b" * 1000, "c")

    assert f"'{'b' * 160}…'" in what


@pytest.mark.parametrize(
    ("stands", "made", "around"),
    [
        ("a\n- b", "a\n  - b", " around '- b'"),
        ("a b ", "a b", " around 'a b'"),
        ("a\n\n\nb", "a\n\nb", ""),
        ("a\n \nb", "a\n\nb", ""),
    ],
)
def test_other_blanks_are_a_difference_that_is_called_so(stands, made, around):
    (what,) = said(stands, made)

    assert what.split(": ", 1)[1] == f"the file has other blanks than the stored evidence gives{around}."


def test_only_the_first_places_are_shown_and_the_others_counted():
    stands = "\n".join(f"{i}\nsame{i}" for i in range(9))
    made = "\n".join(f"x{i}\nsame{i}" for i in range(9))
    found = said(stands, made)

    assert [line_of(one) for one in found[:-1]] == [10, 12, 14, 16, 18]
    assert found[-1] == "Metrics: 4 more places differ from the stored evidence."
    assert len(said("\n".join(stands.split("\n")[:10]), "\n".join(made.split("\n")[:10]))) == 5


def test_every_place_has_a_way_out():
    assert {one.hint for one in drift("Metrics", "a\nb\nc", "x\nb\ny", first_line=1)} == {
        "Render the part again, or restore the evidence it was made of."
    }
