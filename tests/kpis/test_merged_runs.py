"""Runs merged in columns: the same tree and medians as span by span, and self times run by run."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.kpis.merged_runs import Times, medians_of, merge_runs
from harness.kpis.tree import TimedSpan, span_tree
from tests.compare.span_trees import Tree, columns_of, merged

quick = settings(max_examples=100, deadline=None)
names = st.sampled_from("abc")
half_steps = st.just(3)  # a tie between two runs is broken by the last bit where times are in ms
leaves = st.builds(Tree, names, st.just(()), st.just(()), st.integers(0, 900), half_steps)
trees = st.recursive(
    leaves,
    lambda below: st.builds(
        Tree, names, st.lists(below, max_size=3).map(tuple), st.just(()), st.integers(0, 900), half_steps
    ),
    max_leaves=8,
)
runs = st.lists(st.lists(trees, max_size=2), min_size=1, max_size=4)


def timed(columns):
    """The same rows as the tree that is drawn span by span takes them."""
    found, depths = [], []
    for row, (run, parent) in enumerate(zip(columns.runs, columns.parents, strict=True)):
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
        found.append(
            TimedSpan(
                run=run,
                seq=row,
                parent=parent if parent >= 0 else None,
                depth=depths[row],
                name=columns.names[row],
                occurrence=columns.occurrences[row],
                fields=columns.fields[row],
                ns=int(columns.ns[row]),
                ns_low=int(columns.lows[row]),
                ns_high=int(columns.highs[row]),
            )
        )
    return found


def in_pre_order(shape):
    waiting, found = list(shape.roots[::-1]), []
    while waiting:
        found.append(waiting.pop())
        waiting += shape.children[found[-1]][::-1]
    return found


@quick
@given(runs)
def test_the_tree_and_its_medians_are_those_of_span_tree(drawn):
    columns = columns_of(drawn)
    tree = merge_runs(columns, range(1, len(drawn) + 1))
    medians = medians_of(tree.times)
    order, rows = in_pre_order(tree.shape), span_tree(timed(columns))

    assert [(tree.shape.names[span], medians.counts[span]) for span in order] == [(row.name, row.n) for row in rows]
    for ns, name in ((medians.ns, "median_ms"), (medians.steps_ns, "step_ms")):
        there = [getattr(row.time, name) for row in rows]
        np.testing.assert_allclose(ns[np.array(order, dtype=int)] / 1e6, there, rtol=1e-12)


@quick
@given(runs)
def test_self_times_are_what_the_children_leave_in_each_run_and_widen_by_their_steps(drawn):
    tree = merged(*drawn)
    times, own = tree.times, tree.self_times
    for span, children in enumerate(tree.shape.children):
        below = [times.values[child] for child in children]
        left = times.values[span] - np.nansum(np.array([np.zeros(len(drawn)), *below]), axis=0)
        np.testing.assert_array_equal(own.values[span], left)
    wide = [side.highs - side.lows for side in (times, own)]
    assert (np.nan_to_num(wide[1]) >= np.nan_to_num(wide[0])).all()


def test_a_child_that_never_ended_leaves_its_parents_own_time_unknown_in_that_run():
    columns = columns_of([[Tree("r", (Tree("x"),))], [Tree("r", (Tree("x"),))]])
    columns.ns[1] = np.nan
    tree = merge_runs(columns, (1, 2))

    assert np.isnan(tree.self_times.values).tolist() == [[True, False], [True, False]]


def test_fields_are_those_that_all_runs_have_in_common():
    one, other = (Tree("r", (), (("round", "3"), ("id", number))) for number in "12")

    assert merged([one], [one]).shape.fields == ((("round", "3"), ("id", "1")),)
    assert merged([one], [other]).shape.fields == ((("round", "3"),),)


def test_a_run_without_spans_has_a_column_without_times():
    tree = merged([Tree("r")], [])

    assert tree.runs == (1, 2)
    assert np.isnan(tree.times.values).tolist() == [[False, True]]


def test_no_runs_at_all_have_no_tree():
    tree = merged()
    empty = medians_of(tree.times)

    assert (tree.shape.names, empty.ns.tolist(), empty.steps_ns.tolist()) == ((), [], [])


def test_a_span_that_is_known_in_no_run_has_no_median():
    nothing = np.full((1, 2), np.nan)
    medians = medians_of(Times(values=nothing, lows=nothing, highs=nothing))

    assert np.isnan(medians.ns[0])
    assert (medians.counts[0], medians.steps_ns[0]) == (0, 0)
