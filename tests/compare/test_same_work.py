"""Which pairs of spans may be different work, read off names and fields."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.alignment import align
from harness.compare.same_work import INSIDE_OTHER_WORK, OTHER_FIELDS, RENAMED_BY_PLACE, UNEVEN_REPEATS, doubts_of
from tests.compare.span_trees import Tree, merged

trees = st.recursive(
    st.builds(Tree, st.sampled_from("abc"), st.just(())),
    lambda below: st.builds(Tree, st.sampled_from("abc"), st.lists(below, max_size=3).map(tuple)),
    max_leaves=8,
)


def doubts(base, head):
    """The names of the pairs in doubt, and why."""
    before, after = (merged([Tree("r", tuple(one))]).shape for one in (base, head))
    rows = align(before, after)
    found = zip(rows, doubts_of(rows, before, after), strict=True)
    return [(after.names[row.head], doubt) for row, doubt in found if doubt]


def rounds(*numbers):
    return [Tree("round", (Tree("fold"),), (("n", str(number)),)) for number in numbers]


@settings(max_examples=50, deadline=None)
@given(st.lists(trees, max_size=4))
def test_a_tree_beside_itself_is_the_same_work(forest):
    assert doubts(forest, forest) == []


def test_repeats_are_in_doubt_with_all_inside_them_where_one_side_has_more():
    base, head = ([Tree("grind", (Tree("fft"),))] * count for count in (1, 2))

    assert doubts(base, head) == [("grind", UNEVEN_REPEATS), ("fft", INSIDE_OTHER_WORK)]
    assert doubts([*base, Tree("after")], [*head, Tree("after")]) == doubts(base, head)


def test_repeats_that_their_fields_tell_apart_are_the_same_work():
    assert doubts(rounds(0, 1, 2), rounds(1, 2, 3, 4)) == []


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [
        ((("size", "1"),), (("size", "2"),), [("fft", OTHER_FIELDS), ("pass", INSIDE_OTHER_WORK)]),
        ((), (("size", "2"),), [("fft", OTHER_FIELDS)]),
        ((("size", "2"), ("at", "0")), (("at", "0"), ("size", "2")), []),
    ],
)
def test_other_fields_are_in_doubt_and_what_is_inside_where_they_contradict(base, head, expected):
    def side(fields):
        return [Tree("fft", (Tree("pass"),), fields), Tree("open")]

    assert doubts(side(base), side(head)) == expected


def test_fields_that_were_added_to_repeats_leave_them_and_their_insides_in_doubt():
    base = [Tree("round", (Tree("fold"),))] * 2

    assert doubts(base, rounds(0, 1)) == [("round", OTHER_FIELDS), ("fold", INSIDE_OTHER_WORK)] * 2


@pytest.mark.parametrize(
    ("below_base", "below_head", "in_doubt"),
    [((), (), True), (("x", "y", "z"), ("x", "y"), True), (("x", "y"), ("y", "x"), False)],
)
def test_a_renamed_span_is_in_doubt_but_where_the_same_spans_are_in_it(below_base, below_head, in_doubt):
    base, head = ([Tree(name, tuple(map(Tree, below)))] for name, below in (("a", below_base), ("b", below_head)))

    assert doubts(base, head) == ([("b", RENAMED_BY_PLACE)] if in_doubt else [])
