"""How comparisons are drawn from real runs, and what other tools' rules say of them, held against those tools."""

from itertools import combinations, pairwise
from math import comb, inf
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyperf._utils import is_significant
from scipy.integrate import quad
from scipy.stats import mannwhitneyu

from harness.compare.rounds import Sample
from harness.units import parse_duration
from tests.calibrate.draws import Arrangement, changed, deal, in_rounds, printed
from tests.calibrate.peers import asv, benchstat, cautious_p, laplace_quantile, midrank_p, pyperf, threshold

SIZES = st.sampled_from((5, 10, 20))


def drawn(seed, runs, change):
    """Printed times of two sides, with many ties."""
    random = Random(seed)  # noqa: S311 (a simulation)
    base = [float(round(random.gauss(118, 3))) for _ in range(runs)]
    return base, [float(round(random.gauss(118, 3) * change)) for _ in range(runs)]


@given(st.integers(), SIZES, st.sampled_from(Arrangement))
def test_no_run_is_dealt_twice_and_interleaved_ones_lie_side_by_side(seed, runs, arrangement):
    dealt = deal(Random(seed), arrangement, 40, runs)  # noqa: S311 (a simulation)

    assert len({*dealt.base, *dealt.head}) == 2 * runs
    assert {*dealt.base, *dealt.head} <= set(range(40))
    if arrangement is Arrangement.INTERLEAVED:
        assert {abs(base - head) for base, head in zip(dealt.base, dealt.head, strict=True)} == {1}


@pytest.mark.parametrize(("runs", "sizes"), [(5, [5]), (7, [7]), (10, [5, 5]), (13, [5, 8]), (20, [5] * 4)])
def test_five_pairs_are_a_round_and_the_last_takes_the_rest(runs, sizes):
    samples = [Sample(1.0, 0.9, 1.1)] * runs

    assert [len(one.base.values) for one in in_rounds(samples, samples)] == sizes


@pytest.mark.parametrize(
    ("time_ms", "digits", "unit"),
    [(118.4, "118", "ms"), (9.996, "10.00", "ms"), (99.96, "100.0", "ms"), (0.0453, "45.3", "µs"), (2345, "2.35", "s")],
)
def test_times_are_printed_as_tracing_prints_them(time_ms, digits, unit):
    shown = parse_duration(digits, unit)

    assert printed(time_ms) == Sample(shown.ns / 1e6, shown.low_ns / 1e6, shown.high_ns / 1e6)


@given(st.floats(0.001, 5000), st.floats(1, 1.2))
def test_a_printed_time_holds_the_true_one_also_after_a_change(time_ms, factor):
    shown = printed(time_ms)
    [after] = changed(Random(1), [shown], factor)  # noqa: S311 (a simulation)

    nanosecond = 1.001e-6
    assert shown.low - nanosecond <= time_ms <= shown.high + nanosecond
    assert shown.low * factor - nanosecond <= after.high
    assert after.low <= shown.high * factor + nanosecond


@given(st.integers(), SIZES, st.floats(0.95, 1.05))
def test_pyperf_s_rule_says_what_pyperf_says(seed, runs, change):
    base, head = drawn(seed, runs, change)

    if len({*base, *head}) > 1 and max(len(set(base)), len(set(head))) > 1:
        assert (pyperf(base, head) != 0) == is_significant(base, head)[0]


@given(st.integers(), st.floats(0.9, 1.1))
def test_the_exact_u_test_counts_every_way_to_deal_the_times(seed, change):
    base, head = drawn(seed, 4, change)
    times = [*base, *head]

    def u(chosen):
        rest = [times[index] for index in range(8) if index not in chosen]
        return sum((times[one] > other) + (times[one] == other) / 2 for one in chosen for other in rest)

    ways = [u(chosen) for chosen in combinations(range(8), 4)]
    seen = u((4, 5, 6, 7))
    tail = sum(one <= min(seen, 16 - seen) for one in ways)
    assert midrank_p(base, head) == pytest.approx(min(1.0, 2 * tail / comb(8, 4)))


@given(st.integers(), SIZES, st.floats(0.95, 1.05))
def test_benchstat_s_rule_needs_the_exact_test_only_near_its_level(seed, runs, change):
    base, head = drawn(seed, runs, change)

    assert (benchstat(base, head) != 0) == (midrank_p(base, head) < 0.05)


@given(st.integers(), SIZES)
def test_without_ties_both_u_tests_are_scipy_s(seed, runs):
    random = Random(seed)  # noqa: S311 (a simulation)
    base, head = ([random.random() for _ in range(runs)] for _ in range(2))

    expected = mannwhitneyu(base, head, method="exact").pvalue
    assert midrank_p(base, head) == pytest.approx(expected)
    assert cautious_p(base, head) == pytest.approx(expected)


@given(st.integers(), SIZES)
def test_asv_s_u_test_takes_ties_the_least_significant_way(seed, runs):
    base, head = drawn(seed, runs, 1.02)
    random = Random(seed)  # noqa: S311 (a simulation)
    untied = [[one + random.random() / 2 for one in side] for side in (base, head)]

    assert cautious_p(base, head) >= cautious_p(*untied)


def test_asv_asks_for_a_factor_beyond_any_significance():
    base = [100.0 + one / 10 for one in range(10)]

    assert asv(base, [one * 1.09 for one in base]) == 0
    assert asv(base, [one * 1.11 for one in base]) == 1
    assert asv([one * 1.11 for one in base], base) == -1


def test_at_five_runs_asv_s_intervals_must_lie_apart():
    calm, restless = [100.0, 100.1, 100.2, 100.3, 100.4], [90.0, 95, 120, 125, 130]

    assert asv(calm, [one * 1.2 for one in calm]) == 1
    assert asv(calm, restless) == 0


@given(st.lists(st.integers(100, 130), min_size=5, max_size=5), st.sampled_from((0.005, 0.3, 0.5, 0.9)))
def test_the_posterior_s_quantile_leaves_that_much_below_it(times, chance):
    ordered = sorted(map(float, times))
    if len(set(ordered)) < 3:
        return
    place = laplace_quantile(ordered, chance)

    def density(location):
        return (sum(abs(one - location) for one in ordered) / 10) ** -5

    def mass(left, right):
        ends = [left, *(one for one in ordered if left < one < right), right]
        return sum(quad(density, *between)[0] for between in pairwise(ends))

    assert mass(-inf, place) / mass(-inf, inf) == pytest.approx(chance, abs=1e-4)


@pytest.mark.parametrize(("factor", "said"), [(1.049, 0), (1.051, 1), (0.951, 0), (0.949, -1)])
def test_the_threshold_looks_at_medians_only(factor, said):
    base = [90.0, 100.0, 110.0]

    assert threshold(base, [one * factor for one in base]) == said
