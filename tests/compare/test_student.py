from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.compare.student import quantile, two_sided_p

degrees_of_freedom = st.integers(1, 120)


@given(degrees_of_freedom, st.floats(1e-6, 0.999))
def test_quantiles_are_those_of_scipy(degrees, alpha):
    assert quantile(alpha, degrees) == pytest.approx(stats.t.isf(alpha / 2, degrees), rel=1e-8)


@given(degrees_of_freedom, st.floats(0, 1e6))
def test_chances_are_those_of_scipy(degrees, t):
    # With one degree it is Cauchy's distribution, of which scipy is exact also next to 0; its t is off by up to 3e-9.
    exceeds = stats.cauchy.sf(t) if degrees == 1 else stats.t.sf(t, degrees)

    assert two_sided_p(t, degrees) == pytest.approx(2 * exceeds, abs=1e-13)


@pytest.mark.parametrize("t", [0.0, 1e-12, 1e-9, 1e-8, 1e-6, 1e-3, 1.0])
def test_the_chance_with_one_degree_is_exact_next_to_nought(t):
    assert two_sided_p(t, 1) == pytest.approx(2 * stats.cauchy.sf(t), abs=1e-13)


@given(degrees_of_freedom, st.floats(1e-6, 0.999))
def test_a_quantile_is_exceeded_with_its_chance(degrees, alpha):
    assert two_sided_p(quantile(alpha, degrees), degrees) == pytest.approx(alpha, rel=1e-6)


@given(degrees_of_freedom, st.floats(1e-6, 0.4), st.floats(1.01, 2))
def test_a_rarer_exceedance_or_fewer_degrees_lie_further_out(degrees, alpha, factor):
    assert quantile(alpha, degrees) > quantile(alpha * factor, degrees)
    assert quantile(alpha, degrees) > quantile(alpha, degrees + 1) or alpha > 0.99


@pytest.mark.parametrize(("sessions", "multiplier"), [(2, 18.0), (3, 6.1), (6, 3.6), (10, 3.2), (20, 3.0)])
def test_sessions_widen_by_the_known_multiples_of_their_deviation(sessions, multiplier):
    assert quantile(0.05, sessions - 1) * sqrt(2) == pytest.approx(multiplier, abs=0.05)
