from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.turns import extras_of_both, pairs, rounds_of_pairs, warmups_of_both
from harness.recording.manifest import RunKind


@pytest.mark.parametrize(
    ("runs", "rounds"),
    [(5, [(1, 5)]), (3, [(1, 3)]), (7, [(1, 7)]), (10, [(1, 5), (6, 10)]), (13, [(1, 5), (6, 13)])],
)
def test_runs_fall_into_rounds_of_which_the_last_takes_the_rest(runs, rounds):
    assert [(one[0], one[-1]) for one in rounds_of_pairs(runs, 5)] == rounds


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_every_number_has_one_run_of_each_side_side_by_side(seed, runs):
    steps = pairs("b", range(1, runs + 1), seed=seed)
    assert [step.number for step in steps] == [number for number in range(1, runs + 1) for _ in range(2)]
    assert all({one.side, other.side} == {0, 1} for one, other in zip(steps[::2], steps[1::2], strict=True))


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_the_order_of_a_pair_does_not_depend_on_what_else_is_planned(seed, first):
    whole = pairs("b", range(1, 13), seed=seed)
    assert pairs("b", range(first, 13), seed=seed) == whole[2 * (first - 1) :]


def test_which_side_comes_first_is_a_fair_draw_that_differs_by_seed_and_benchmark():
    first = {
        (seed, name): tuple(step.side for step in pairs(name, range(1, 201), seed=seed)[::2])
        for seed in (1, 2)
        for name in ("keccakf", "logup")
    }
    assert len(set(first.values())) == 4
    for sides in first.values():
        assert 70 < Counter(sides)[0] < 130


def test_warmups_of_a_session_taken_up_again_have_numbers_of_their_own():
    assert [step.number for step in warmups_of_both("b", 2)] == [-1, -1, 0, 0]
    again = warmups_of_both("b", 1, after=2, part=1)
    assert [(step.side, step.number, step.part) for step in again] == [(0, -2, 1), (1, -2, 1)]


def test_extras_are_one_run_a_side_of_each_kind():
    steps = extras_of_both("b", [RunKind.COUNTERS])
    assert [(step.side, step.kind) for step in steps] == [(0, RunKind.COUNTERS), (1, RunKind.COUNTERS)]
