from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.compare.attribution import runs_to_name, selected_level

p_values = st.lists(st.floats(0.0001, 1), min_size=1, max_size=40)


@given(p_values, st.floats(0.01, 0.2))
def test_what_lies_within_the_level_is_what_benjamini_and_hochberg_choose(found, rate):
    level = selected_level(found, rate)
    chosen = [p <= level for p in found]
    adjusted = stats.false_discovery_control(found)
    assert chosen == [p <= rate for p in adjusted] or min(abs(adjusted - rate)) < 1e-9


def test_where_nothing_passes_the_level_is_that_of_a_lone_one():
    assert selected_level([0.5, 0.6, 0.7, 0.8], 0.05) == pytest.approx(0.0125)
    assert selected_level([], 0.05) == pytest.approx(0.05)


@pytest.mark.parametrize(("tests", "runs"), [(1, 4), (6, 5), (7, 6), (23, 6), (24, 7), (40, 7), (85, 7), (86, 8)])
def test_the_runs_from_which_a_lone_moved_one_can_be_named(tests, runs):
    assert runs_to_name(tests, 0.05) == runs
    assert 2 / comb(2 * runs, runs) <= 0.05 / tests
