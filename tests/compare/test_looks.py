from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.looks import MOST_LOOKS, look_boundary, planned_looks
from harness.compare.rank_sums import boundary, u_counts

FIVES = ((5, 5),)
quick = settings(max_examples=80, deadline=None)


@pytest.mark.parametrize(
    ("alpha", "looks", "cuts"),
    [(0.05, 4, [0, 8, 18, 28]), (0.01, 4, [-1, 6, 14, 22]), (0.05, 1, [2]), (0.05, 6, [0])],
)
def test_the_boundaries_are_the_known_ones(alpha, looks, cuts):
    assert [look_boundary((FIVES,) * taken, alpha, looks) for taken in range(1, len(cuts) + 1)] == cuts


def test_all_looks_together_call_no_more_than_the_error_rate():
    """By listing the U of both rounds: rounds of three against three, every order as likely as any other."""
    chances = [count / 20 for count in u_counts(3, 3)]
    alpha, sizes = 0.3, ((3, 3),)
    first, second = (look_boundary((sizes,) * taken, alpha, 2) for taken in (1, 2))
    called = sum(
        chances[one] * chances[other]
        for one, other in product(range(10), repeat=2)
        if one <= first or one >= 9 - first or one + other <= second or one + other >= 18 - second
    )
    assert first >= 0
    assert 0.2 < called <= alpha
    assert sum(chances[one] for one in range(10) if one <= first or one >= 9 - first) <= alpha / 2


def test_an_unchanged_program_is_rarely_called_at_any_of_many_looks():
    draw = Random(1)  # noqa: S311 (a simulation)
    trials, looks, called = 1500, 8, 0
    cuts = [look_boundary((FIVES,) * taken, 0.05, looks) for taken in range(1, looks + 1)]
    for _ in range(trials):
        total = 0
        for taken, cut in enumerate(cuts, start=1):
            base, head = ([draw.random() for _ in range(5)] for _ in range(2))
            total += sum(after < before for before in base for after in head)
            if total <= cut or total >= 25 * taken - cut:
                called += 1
                break
    assert 0.02 * trials < called <= 0.06 * trials


@quick
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4), st.floats(0.01, 0.2))
def test_one_planned_look_is_the_ordinary_judgement(sizes, alpha):
    assert look_boundary(tuple((one,) for one in sizes), alpha, 1) == boundary(tuple(sizes), alpha)


@quick
@given(st.integers(2, 6), st.floats(0.02, 0.2))
def test_looking_more_often_makes_every_look_stricter(looks, alpha):
    for taken in range(1, looks + 1):
        assert look_boundary((FIVES,) * taken, alpha, looks) <= boundary(FIVES * taken, alpha)


@pytest.mark.parametrize(
    ("round_s", "budget_s", "looks"), [(60, 600, 10), (61, 600, 9), (900, 600, 1), (60, -5, 1), (0, 600, MOST_LOOKS)]
)
def test_the_budget_says_how_many_looks_are_planned(round_s, budget_s, looks):
    assert planned_looks(round_s, budget_s) == looks
