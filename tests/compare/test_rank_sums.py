from itertools import combinations
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.rank_sums import boundary, u_counts, u_distribution

quick = settings(max_examples=80, deadline=None)

sizes_of_rounds = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=3).map(tuple)
error_rates = st.floats(0.001, 0.5)


def test_u_counts_are_those_of_listing_every_order():
    for base_runs in range(1, 5):
        for head_runs in range(1, 5):
            places = range(base_runs + head_runs)
            counts = [0] * (base_runs * head_runs + 1)
            for heads in combinations(places, head_runs):
                counts[sum(place not in heads and place > head for head in heads for place in places)] += 1
            assert u_counts(base_runs, head_runs) == tuple(counts)
    assert sum(u_counts(20, 20)) == comb(40, 20)


@quick
@given(sizes_of_rounds)
def test_the_distribution_sums_to_one_and_is_symmetric(sizes):
    chances = u_distribution(sizes)
    assert sum(chances) == pytest.approx(1)
    assert chances == pytest.approx(chances[::-1])
    assert len(chances) == 1 + sum(base * head for base, head in sizes)


def test_rounds_convolve():
    one, other, both = u_distribution(((2, 3),)), u_distribution(((1, 2),)), u_distribution(((2, 3), (1, 2)))
    for total, chance in enumerate(both):
        parts = [one[i] * other[total - i] for i in range(len(one)) if 0 <= total - i < len(other)]
        assert chance == pytest.approx(sum(parts))


@pytest.mark.parametrize(
    ("sizes", "alpha", "c"),
    [
        (((5, 5),), 0.05, 2),
        (((10, 10),), 0.05, 23),
        (((20, 20),), 0.05, 127),
        (((5, 5),) * 4, 0.05, 30),
        (((5, 5),), 0.01, 0),
        (((5, 5),), 0.05 / 7, -1),
        (((4, 4),), 0.05, 0),
        (((3, 3),), 0.05, -1),
        (((5, 5),), 2 / comb(10, 5), 0),
    ],
)
def test_boundary_has_the_known_values(sizes, alpha, c):
    assert boundary(sizes, alpha) == c


@quick
@given(sizes_of_rounds, error_rates)
def test_the_boundary_is_the_largest_that_keeps_the_error_rate(sizes, alpha):
    chances, c = u_distribution(sizes), boundary(sizes, alpha)
    assert 2 * sum(chances[: c + 1]) <= alpha * (1 + 1e-6)
    assert 2 * sum(chances[: c + 2]) > alpha
