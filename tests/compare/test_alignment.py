"""Which span is which: laws over drawn trees, and the cases that people meet."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.compare.alignment import align
from harness.compare.explanation import Kind
from harness.kpis.merged_runs import Shape
from tests.compare.span_trees import Tree, merged

quick = settings(max_examples=150, deadline=None)
SWAPPED = {Kind.NEW: Kind.GONE, Kind.GONE: Kind.NEW}

fields = st.lists(st.tuples(st.sampled_from(["n", "round"]), st.sampled_from("012")), max_size=1).map(tuple)
leaves = st.builds(Tree, st.sampled_from("abcde"), st.just(()), fields)
trees = st.recursive(
    leaves,
    lambda below: st.builds(Tree, st.sampled_from("abcde"), st.lists(below, max_size=4).map(tuple), fields),
    max_leaves=20,
)
forests = st.lists(trees, min_size=1, max_size=3)


def shape(*roots):
    return merged(roots).shape


def aligned(base, head):
    """Kind, depth, and the names on both sides, row by row."""
    before, after = shape(*base), shape(*head)
    return [
        (
            one.kind.value,
            one.depth,
            before.names[one.base] if one.base is not None else None,
            after.names[one.head] if one.head is not None else None,
        )
        for one in align(before, after)
    ]


def kinds(base, head):
    return Counter(kind for kind, *_ in aligned(base, head))


@quick
@given(forests)
def test_a_tree_is_matched_with_itself_span_for_span_in_pre_order(forest):
    rows = align(shape(*forest), shape(*forest))

    assert {one.kind for one in rows} == {Kind.MATCHED}
    assert all(one.base == one.head for one in rows)
    assert [one.head for one in rows] == list(range(len(rows)))


@quick
@given(forests, forests)
def test_every_span_of_both_sides_is_there_once(base, head):
    before, after = shape(*base), shape(*head)
    rows = align(before, after)

    assert sorted(one.base for one in rows if one.base is not None) == list(range(len(before.names)))
    assert [one.head for one in rows if one.head is not None] == list(range(len(after.names)))
    for one in rows:
        assert (one.base is None, one.head is None) == (one.kind is Kind.NEW, one.kind is Kind.GONE)
        if one.kind in {Kind.MATCHED, Kind.MOVED}:
            assert before.names[one.base] == after.names[one.head]


@quick
@given(forests, forests)
def test_swapping_the_sides_swaps_the_answer(base, head):
    before, after = shape(*base), shape(*head)
    there = {(one.kind, one.base, one.head) for one in align(before, after)}
    back = {(SWAPPED.get(one.kind, one.kind), one.head, one.base) for one in align(after, before)}

    assert there == back


@quick
@given(trees, st.data())
def test_one_leaf_under_a_name_of_its_own_is_the_only_one_renamed(tree, data):
    before = shape(tree)
    leaf = data.draw(st.sampled_from([span for span, below in enumerate(before.children) if not below]))
    after = replace(before, names=tuple("fresh" if i == leaf else name for i, name in enumerate(before.names)))
    alone = [one for one in align(before, after) if one.kind is not Kind.MATCHED]
    namesakes = [
        one
        for one in before.children[before.parents[leaf]]
        if before.parents[leaf] >= 0 and one != leaf
        if before.names[one] == before.names[leaf]
    ]

    if not namesakes:
        assert [(one.kind, one.base, one.head) for one in alone] == [(Kind.RENAMED, leaf, leaf)]


@quick
@given(trees, trees)
def test_a_subtree_that_was_put_elsewhere_is_moved_as_a_whole(tree, other):
    moving = Tree("moving", (tree,))
    base = Tree("root", (Tree("x", (moving, Tree("x1"))), Tree("y", (other,))))
    head = Tree("root", (Tree("x", (Tree("x1"),)), Tree("y", (other, moving))))
    rows = align(shape(base), shape(head))

    assert [one.kind for one in rows if one.kind is not Kind.MATCHED] == [Kind.MOVED]


def test_repeats_are_told_apart_by_their_fields():
    def rounds(*numbers):
        return [Tree("prove", tuple(Tree("round", (), (("n", str(n)),)) for n in numbers))]

    assert kinds(rounds(0, 1, 2), rounds(0, 1, 2, 3)) == {"matched": 4, "new": 1}
    assert aligned(rounds(0, 1, 2), rounds(1, 2, 3)) == [
        ("matched", 0, "prove", "prove"),
        ("gone", 1, "round", None),
        ("matched", 1, "round", "round"),
        ("matched", 1, "round", "round"),
        ("new", 1, None, "round"),
    ]


def test_a_field_that_changed_does_not_part_a_span_from_itself():
    base, head = (Tree("prove", (Tree("commit", (), (("rows", rows),)), Tree("open"))) for rows in ("8", "16"))

    assert kinds([base], [head]) == {"matched": 3}


def test_repeats_without_fields_are_matched_in_order():
    base, head = (Tree("prove", (Tree("fold"),) * count) for count in (2, 3))

    assert aligned([base], [head])[1:] == [
        ("matched", 1, "fold", "fold"),
        ("matched", 1, "fold", "fold"),
        ("new", 1, None, "fold"),
    ]


def test_siblings_in_another_order_are_still_the_same():
    a, b = Tree("a"), Tree("b")

    assert kinds([Tree("r", (a, b))], [Tree("r", (b, a))]) == {"matched": 3}


def test_a_span_put_around_others_is_new_and_they_moved():
    inner = (Tree("a", (Tree("deep"),)), Tree("b"))

    assert aligned([Tree("r", inner)], [Tree("r", (Tree("around", inner),))]) == [
        ("matched", 0, "r", "r"),
        ("new", 1, None, "around"),
        ("moved", 2, "a", "a"),
        ("matched", 3, "deep", "deep"),
        ("moved", 2, "b", "b"),
    ]


@pytest.mark.parametrize(
    ("below", "expected"),
    [
        (("x", "y", "z"), {"matched": 4, "renamed": 1}),
        (("x", "y", "w"), {"matched": 3, "renamed": 2}),
        (("x", "v", "w"), {"matched": 1, "gone": 3, "new": 3, "moved": 1}),
    ],
)
def test_a_span_is_renamed_where_most_of_what_is_below_it_stayed(below, expected):
    base = Tree("r", (Tree("old", tuple(Tree(name) for name in ("x", "y", "z"))),))
    head = Tree("r", (Tree("new", tuple(Tree(name) for name in below)),))

    assert kinds([base], [head]) == expected


def test_two_that_changed_side_by_side_are_not_guessed_to_be_renamed():
    base, head = (Tree("r", tuple(Tree(name) for name in names)) for names in ("ab", "xy"))

    assert kinds([base], [head]) == {"matched": 1, "gone": 2, "new": 2}


def test_a_span_that_went_to_another_tree_is_gone_there_and_new_here():
    base = [Tree("a", (Tree("x"), Tree("y"))), Tree("b")]
    head = [Tree("a"), Tree("b", (Tree("z", (Tree("x"),)), Tree("y")))]

    assert aligned(base, head) == [
        ("matched", 0, "a", "a"),
        ("gone", 1, "x", None),
        ("gone", 1, "y", None),
        ("matched", 0, "b", "b"),
        ("new", 1, None, "z"),
        ("new", 2, None, "x"),
        ("new", 1, None, "y"),
    ]


@quick
@given(forests, forests)
def test_both_spans_of_a_row_are_of_the_trees_whose_roots_stand_above_it(base, head):
    before, after = shape(*base), shape(*head)
    for one in align(before, after):
        if one.depth == 0:
            roots = one
            assert {one.base, one.head} <= {None, *before.roots, *after.roots}
        assert one.base is None or root_of(before, one.base) == roots.base
        assert one.head is None or root_of(after, one.head) == roots.head


def root_of(tree, span):
    while tree.parents[span] >= 0:
        span = tree.parents[span]
    return span


def test_a_span_that_has_gone_elsewhere_is_not_renamed_to_what_took_its_place():
    base = Tree("r", (Tree("x", (Tree("a"),)), Tree("y")))
    head = Tree("r", (Tree("x", (Tree("b"),)), Tree("y", (Tree("a"),))))

    assert kinds([base], [head]) == {"matched": 3, "moved": 1, "new": 1}


def test_one_more_of_a_name_is_no_renamed_neighbour():
    base, head = (Tree("r", tuple(Tree(name) for name in names)) for names in (("x", "y"), ("x", "x")))

    assert kinds([base], [head]) == {"matched": 2, "gone": 1, "new": 1}


def test_a_moved_span_beside_it_does_not_hide_a_renamed_one():
    base = Tree("r", (Tree("a"), Tree("x", (Tree("moving"),))))
    head = Tree("r", (Tree("b"), Tree("moving"), Tree("x")))

    assert kinds([base], [head]) == {"matched": 2, "renamed": 1, "moved": 1}


def test_what_is_gone_stands_after_the_sibling_it_followed_with_what_was_below_it():
    base = Tree("r", (Tree("a"), Tree("b", (Tree("c"),)), Tree("d"), Tree("e")))
    head = Tree("r", (Tree("a"), Tree("d"), Tree("e")))

    assert [(kind, depth, one or other) for kind, depth, one, other in aligned([base], [head])] == [
        ("matched", 0, "r"),
        ("matched", 1, "a"),
        ("gone", 1, "b"),
        ("gone", 2, "c"),
        ("matched", 1, "d"),
        ("matched", 1, "e"),
    ]


def test_trees_without_anything_in_common_are_all_gone_and_new():
    assert kinds([Tree("a", (Tree("b"),))], [Tree("c"), Tree("d")]) == {"gone": 2, "new": 2}


def chain(*names):
    """Each span inside the one before it."""
    count = len(names)
    return Shape(
        names=names,
        fields=((),) * count,
        parents=tuple(range(-1, count - 1)),
        children=(*((span,) for span in range(1, count)), ()),
        roots=(0,),
    )


HOSTILE = {
    "ten thousand equal siblings": (Tree("r", (Tree("s"),) * 10_000), Tree("r", (Tree("s"),) * 9_999)),
    "ten thousand siblings renamed": (
        Tree("r", tuple(Tree(f"a{i}") for i in range(10_000))),
        Tree("r", tuple(Tree(f"b{i}") for i in range(10_000))),
    ),
    "every other one gone": (
        Tree("r", tuple(Tree(f"a{i}") for i in range(10_000))),
        Tree("r", tuple(Tree(f"a{i}") for i in range(0, 10_000, 2))),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_ten_thousand_siblings_are_laid_side_by_side(name):
    before, after = (shape(tree) for tree in HOSTILE[name])

    assert len(align(before, after)) >= 10_000


def test_a_thousand_levels_are_walked_without_recursion():
    rows = align(chain("old", *"s" * 1000), chain("new", *"s" * 999))

    assert Counter(one.kind for one in rows) == {Kind.RENAMED: 1, Kind.MATCHED: 999, Kind.GONE: 1}
    assert [one.depth for one in rows] == list(range(1001))


def test_a_thousand_levels_of_which_every_second_is_new_are_found_again():
    rows = align(chain("r", *"s" * 500), chain("r", *"ts" * 500))

    assert Counter(one.kind for one in rows) == {Kind.MATCHED: 1, Kind.NEW: 500, Kind.MOVED: 500}
