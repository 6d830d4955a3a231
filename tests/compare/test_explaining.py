"""Sums that add up, and verdicts that name the span that moved and none that merely encloses it."""

from itertools import pairwise
from math import nan
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from harness.compare.explaining import NOT_IN_ALL_RUNS, NOT_POSITIVE, explain
from harness.compare.explanation import Kind
from harness.compare.same_work import RENAMED_BY_PLACE, UNEVEN_REPEATS
from harness.compare.span_verdicts import judge_spans
from harness.compare.verdict import Verdict
from tests.compare.span_trees import Tree, changed, side

quick = settings(max_examples=100, deadline=None)
CALLED = {Verdict.FASTER, Verdict.SLOWER}
RULE = {"error_rate": 0.05, "effect_floor_ratio": 0.03}

leaves = st.builds(Tree, st.sampled_from("abcd"), st.just(()), st.just(()), st.integers(-50, 10_000), st.integers(0, 9))
trees = st.recursive(
    leaves,
    lambda below: st.builds(
        Tree,
        st.sampled_from("abcd"),
        st.lists(below, max_size=3).map(tuple),
        st.just(()),
        st.integers(-50, 10_000),
        st.integers(0, 9),
    ),
    max_leaves=8,
)
runs = st.lists(st.lists(trees, min_size=1, max_size=2), min_size=1, max_size=4)

PROOF = Tree(
    "prove",
    (
        Tree("commit", (Tree("hash", self_ns=30e6), Tree("encode", self_ns=20e6)), self_ns=5e6),
        *(Tree("round", (Tree("eval", self_ns=8e6), Tree("fold", self_ns=4e6)), (("n", str(n)),), 2e6) for n in (0, 1)),
        Tree("open", (Tree("tree", (Tree("hash", self_ns=9e6),), self_ns=3e6),), self_ns=7e6),
    ),
    self_ns=10e6,
)


def explained(base, head):
    return explain("b", side(*base), side(*head)).explanation


def repeated(tree, count, noise, seed):
    """Runs of a program whose spans take a little more or less each time."""
    draw = Random(seed)  # noqa: S311 (a simulation)
    return [
        [changed(tree, lambda span: replace(span, self_ns=round(span.self_ns * draw.gauss(1, noise))))]
        for _ in range(count)
    ]


def slower(path, factor):
    """PROOF with one span's own time changed."""

    def below(tree, names):
        if not names:
            return replace(tree, self_ns=tree.self_ns * factor)
        position = next(i for i, child in enumerate(tree.children) if child.name == names[0])
        children = list(tree.children)
        children[position] = below(children[position], names[1:])
        return replace(tree, children=tuple(children))

    return below(PROOF, path)


def trees_of(found):
    """The rows of each tree: its root's and those below it."""
    starts = [row for row, one in enumerate(found.rows) if one.depth == 0]
    return [found.rows[start:end] for start, end in pairwise([*starts, len(found.rows)])]


@quick
@given(runs, runs)
def test_the_change_of_every_root_is_the_sum_of_its_spans_and_the_residual(base, head):
    found = explained(base, head)

    for root in found.roots:
        assert root.delta_ns == root.explained_ns + root.residual_ns
    for root, below in zip(found.roots, trees_of(found), strict=True):
        assert root.explained_ns == sum(row.delta_self_ns for row in below)
        assert root.explained_ns == sum(found.rows[row].delta_self_ns for row in root.movers)
    assert (found.base_runs, found.head_runs) == (len(base), len(head))


@quick
@given(st.lists(trees, min_size=1, max_size=2), st.lists(trees, min_size=1, max_size=2))
def test_with_one_run_a_side_nothing_is_left_over(base, head):
    for root in explained([base], [head]).roots:
        assert root.residual_ns == 0
        assert root.coverage_ratio == (1 if root.delta_ns else None)


@quick
@given(runs, runs)
def test_swapping_the_sides_negates_every_change(base, head):
    def told(found, sign):
        return sorted((row.delta_ns * sign, row.delta_self_ns * sign) for row in found.rows)

    there, back = explained(base, head), explained(head, base)
    assert told(there, 1) == told(back, -1)
    assert sorted(root.residual_ns for root in there.roots) == sorted(-root.residual_ns for root in back.roots)


@quick
@given(runs)
def test_a_side_against_itself_has_no_change(base):
    found = explained(base, base)

    assert {(row.kind, row.delta_ns, row.delta_self_ns) for row in found.rows} == {(Kind.MATCHED, 0, 0)}
    assert all((root.delta_ns, root.movers, root.coverage_ratio) == (0, (), None) for root in found.roots)


@quick
@given(trees, trees, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_of_a_side_changes_nothing(base, head, draw):
    runs_of = repeated(head, 5, 0.1, seed=3)
    there, again = (explained([[base]], one) for one in (runs_of, draw.sample(runs_of, 5)))

    assert [(row.kind, row.delta_ns, row.delta_self_ns) for row in there.rows] == [
        (row.kind, row.delta_ns, row.delta_self_ns) for row in again.rows
    ]


def test_movers_come_biggest_first_and_a_new_span_counts_whole():
    base = Tree("r", (Tree("a", self_ns=100), Tree("b", self_ns=50)), self_ns=10)
    head = Tree("r", (Tree("a", self_ns=80), Tree("b", self_ns=51), Tree("c", self_ns=40)), self_ns=10)
    found = explained([[base]], [[head]])
    [root] = found.roots

    assert [(found.rows[row].shown.path, found.rows[row].delta_self_ns) for row in root.movers] == [
        (("r", "c"), 40),
        (("r", "a"), -20),
        (("r", "b"), 1),
    ]
    assert (root.delta_ns, root.explained_ns, root.coverage_ratio) == (21, 21, 1)


def test_each_tree_has_its_own_sum_and_a_span_that_changes_trees_counts_whole_in_both():
    base = [Tree("first", (Tree("x", self_ns=70),), self_ns=5), Tree("second", self_ns=5)]
    head = [Tree("first", self_ns=5), Tree("second", (Tree("x", self_ns=80),), self_ns=5)]
    found = explained([base], [head])
    first, second = found.roots

    assert (first.delta_ns, first.explained_ns) == (-70, -70)
    assert (second.delta_ns, second.explained_ns) == (80, 80)
    assert [[found.rows[row].kind for row in root.movers] for root in found.roots] == [[Kind.GONE], [Kind.NEW]]


@pytest.mark.parametrize("unfinished", ["base", "head"])
def test_a_span_that_never_ended_on_a_side_is_no_mover_but_left_to_the_residual(unfinished):
    done = Tree("r", (Tree("a", (Tree("u", self_ns=50),), self_ns=100),), self_ns=10)
    broken = replace(done, children=(replace(done.children[0], children=(Tree("u", self_ns=nan),)),))
    found = explained(*([[broken if unfinished == which else done]] * 3 for which in ("base", "head")))
    [root] = found.roots

    assert [row.delta_self_ns for row in found.rows] == [0, None, None]
    assert (root.explained_ns, root.residual_ns, root.movers) == (0, root.delta_ns, ())


def test_a_new_span_that_never_ended_has_no_change():
    found = explained([[Tree("r")]], [[Tree("r"), Tree("n", self_ns=nan)]])

    assert [(row.kind, row.delta_ns, row.delta_self_ns) for row in found.rows] == [
        (Kind.MATCHED, 0, 0),
        (Kind.NEW, None, None),
    ]


def test_a_root_on_one_side_only_counts_whole():
    roots = explained([[Tree("a", self_ns=3)]], [[Tree("b", (Tree("c"),)), Tree("d", self_ns=4)]]).roots

    assert sorted(root.delta_ns for root in roots) == [-3, 4, 2000]


def test_coverage_is_the_share_that_the_residual_leaves():
    base = [[Tree("r", (Tree("a", self_ns=a), Tree("b", self_ns=b)), self_ns=0)] for a, b in ((1, 9), (5, 5), (9, 1))]
    head = [[Tree("r", (Tree("a", self_ns=a), Tree("b", self_ns=b)), self_ns=0)] for a, b in ((5, 9), (9, 9), (13, 3))]
    [root] = explained(base, head).roots

    assert (root.delta_ns, root.explained_ns, root.residual_ns) == (6, 8, -2)
    assert root.coverage_ratio == pytest.approx(1 - 2 / 6)


def test_siblings_of_one_name_are_numbered_in_their_path():
    found = explained([[Tree("r", (Tree("x"), Tree("y"), Tree("x")))]], [[Tree("r", (Tree("x"),))]])

    assert [row.base.path for row in found.rows] == [("r",), ("r", "x[1]"), ("r", "y"), ("r", "x[2]")]


@pytest.mark.parametrize("path", [("commit", "hash"), ("open", "tree", "hash"), ("open",), ()])
@pytest.mark.parametrize("factor", [1.3, 1 / 1.3])
def test_the_span_that_moved_is_named_and_nothing_that_encloses_it(path, factor):
    base, head = repeated(PROOF, 10, 0.02, seed=1), repeated(slower(path, factor), 10, 0.02, seed=2)
    [found] = judge_spans([explain("b", side(*base), side(*head))], **RULE)
    named = [(row.shown.path, row.verdict) for row in found.rows if row.verdict in CALLED]

    assert named == [(("prove", *path), Verdict.SLOWER if factor > 1 else Verdict.FASTER)]
    assert (found.tests, found.runs_to_name) == (len(found.rows), None)


def test_among_spans_of_an_unchanged_program_one_in_twenty_comparisons_names_any():
    called = 0
    for seed in range(200):
        base, head = (repeated(PROOF, 7, 0.1, seed=2 * seed + which) for which in (0, 1))
        [found] = judge_spans([explain("b", side(*base), side(*head))], **RULE)
        called += any(row.verdict in CALLED for row in found.rows)

    assert called <= 10


def test_where_so_few_runs_can_name_none_it_says_how_many_can():
    base, head = repeated(PROOF, 5, 0.02, seed=1), repeated(slower(("open",), 3), 5, 0.02, seed=2)
    [found] = judge_spans([explain("b", side(*base), side(*head))], **RULE)

    assert {row.verdict for row in found.rows} == {Verdict.UNDECIDED}
    assert (found.tests, found.runs_to_name) == (13, 6)


def test_spans_of_all_benchmarks_are_judged_together_and_looks_share_the_error_rate():
    def judgeable(name):
        return explain(name, side(*repeated(PROOF, 6, 0.02, seed=1)), side(*repeated(slower((), 3), 6, 0.02, seed=2)))

    alone = judge_spans([judgeable("b")], **RULE)
    both = judge_spans([judgeable("b"), judgeable("c")], **RULE)
    looked = judge_spans([judgeable("b")], looks=4, **RULE)

    assert [one.benchmark for one in both] == ["b", "c"]
    assert [one.tests for one in (*alone, *both)] == [13, 26, 26]
    assert alone[0].rows[0].verdict is Verdict.SLOWER
    assert looked[0].rows[0].verdict is Verdict.UNDECIDED
    assert (alone[0].runs_to_name, looked[0].runs_to_name) == (None, 7)


def test_a_change_inside_the_effect_floor_is_the_same():
    base, head = repeated(PROOF, 10, 0.001, seed=1), repeated(PROOF, 10, 0.001, seed=2)
    [found] = judge_spans([explain("b", side(*base), side(*head))], **RULE)

    assert {row.verdict for row in found.rows} == {Verdict.SAME}


def test_a_span_is_not_judged_where_it_has_no_time_of_its_own_or_not_in_every_run():
    parallel = Tree("r", (Tree("p", (Tree("x"), Tree("y")), self_ns=-500), Tree("z")))
    shorter = Tree("r", parallel.children[:1])
    runs_of = [[parallel]] * 9 + [[shorter]]
    [found] = judge_spans([explain("b", side(*runs_of), side(*runs_of))], **RULE)

    assert {row.shown.name: row.reason for row in found.rows if row.verdict is None} == {
        "p": NOT_POSITIVE,
        "z": NOT_IN_ALL_RUNS,
    }
    assert found.tests == 3


def test_a_time_that_the_printed_digits_do_not_resolve_is_not_judged():
    tree = Tree("r", (Tree("x", self_ns=1e6, half_step=500),), self_ns=800, half_step=500)
    [found] = judge_spans([explain("b", side(*[[tree]] * 5), side(*[[tree]] * 5))], **RULE)

    assert [(row.verdict, row.reason) for row in found.rows] == [(None, NOT_POSITIVE), (Verdict.SAME, "")]
    assert found.rows[0].head.self_time.step_ns == 2000
    assert found.rows[0].ratio is None


def test_what_may_be_other_work_is_shown_and_not_judged():
    def run(head):
        spans = [Tree("grind", self_ns=ns) for ns in (5e6, 1e6, 2e6, 3e6)[0 if head else 1 :]]
        return [Tree("r", (*spans, Tree("cache" if head else "fft", self_ns=1e6 if head else 9e6)), self_ns=1e6)]

    base, head = ([run(one)] * 7 for one in (False, True))
    [found] = judge_spans([explain("b", side(*base), side(*head))], **RULE)

    assert [(row.shown.name, row.kind.value, row.verdict, row.reason) for row in found.rows] == [
        ("r", "matched", Verdict.SAME, ""),
        *[("grind", "matched", None, UNEVEN_REPEATS)] * 3,
        ("grind", "new", None, ""),
        ("cache", "renamed", None, RENAMED_BY_PLACE),
    ]
    assert found.tests == 1
    assert [root.residual_ns for root in found.roots] == [0]


def test_nothing_to_judge_is_no_error():
    assert judge_spans([], **RULE) == ()


@pytest.mark.parametrize(("self_ms", "judged"), [(0.9, False), (1.2, True)])
def test_a_span_below_a_thousandth_of_its_root_is_not_judged(self_ms, judged):
    tree = Tree("prove", (Tree("short", (), (), self_ms * 1e6, 0.0), Tree("long", (), (), 998e6, 0.0)), (), 1e6, 0.0)
    base = side(*[[tree]] * 7)
    found = explain("b", base, base)
    [row] = [row for row in found.explanation.rows if row.shown.name == "short"]

    assert (row.reason == "") == judged
    assert ("less than a thousandth" in row.reason) != judged
