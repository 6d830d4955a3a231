from itertools import pairwise
from math import comb, exp, log
from statistics import NormalDist, median

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.compare.rank_interval import (
    Round,
    Samples,
    is_decidable,
    ratio_interval,
    runs_to_settle,
)
from harness.units import parse_duration

quick = settings(max_examples=80, deadline=None)

error_rates = st.floats(0.001, 0.5)


def exact(*values):
    return Samples(values=values, lows=values, highs=values)


def shown(*texts):
    """Samples as printed, e.g. `118ms`."""
    durations = [parse_duration(text.rstrip("nµms"), text.lstrip("0123456789.")) for text in texts]
    return Samples(
        values=tuple(one.ns / 1e6 for one in durations),
        lows=tuple(one.low_ns / 1e6 for one in durations),
        highs=tuple(one.high_ns / 1e6 for one in durations),
    )


@st.composite
def printed_samples(draw, runs):
    """Times of three digits around one place, with half a step either way."""
    middle, spread = draw(st.integers(120, 900)), draw(st.integers(0, 20))
    values = [middle + draw(st.integers(-spread, spread)) for _ in range(runs)]
    return Samples(
        values=tuple(map(float, values)), lows=tuple(v - 0.5 for v in values), highs=tuple(v + 0.5 for v in values)
    )


@st.composite
def rounds_of_runs(draw, most=3):
    sizes = draw(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=most))
    return [Round(base=draw(printed_samples(b)), head=draw(printed_samples(h))) for b, h in sizes]


def scaled(samples, factor):
    return Samples(
        values=tuple(v * factor for v in samples.values),
        lows=tuple(v * factor for v in samples.lows),
        highs=tuple(v * factor for v in samples.highs),
    )


def pooled_ratio(rounds):
    base = median(v for one in rounds for v in one.base.values)
    return median(v for one in rounds for v in one.head.values) / base


@pytest.mark.parametrize(("runs", "p"), [(4, 0.0286), (5, 0.0079), (6, 0.0022), (7, 0.0006)])
def test_completely_separated_runs_have_the_smallest_p_of_their_number(runs, p):
    rounds = [Round(base=exact(*range(100, 100 + runs)), head=exact(*range(200, 200 + runs)))]
    found = ratio_interval(rounds, 0.05)
    assert found.p == pytest.approx(2 / comb(2 * runs, runs)) == pytest.approx(p, abs=5e-5)


distinct = st.lists(st.integers(100, 999), min_size=8, max_size=14, unique=True)


@quick
@given(distinct, st.integers(3, 7))
def test_p_without_printed_steps_is_the_exact_rank_sum_test(values, base_runs):
    base, head = values[:base_runs], values[base_runs:]
    found = ratio_interval([Round(base=exact(*base), head=exact(*head))], 0.05)
    oracle = stats.mannwhitneyu(head, base, alternative="two-sided", method="exact")
    slower_by_rank = oracle.statistic * 2 > len(base) * len(head)
    slower_by_median = median(head) > median(base)
    if slower_by_rank == slower_by_median and median(head) != median(base):
        assert found.p == pytest.approx(oracle.pvalue)
    else:  # the interval always holds the ratio of medians, so it cannot exclude 1 on the other side of it
        assert found.p == 1


@quick
@given(distinct, st.integers(4, 7), st.sampled_from([0.05, 0.1, 0.3]))
def test_the_interval_is_made_of_the_ratios_that_the_exact_test_does_not_reject(values, base_runs, alpha):
    base, head = values[:base_runs], values[base_runs:]
    found = ratio_interval([Round(base=exact(*base), head=exact(*head))], alpha)
    assume(found.low is not None)
    ratios = sorted(h / b for b in base for h in head)
    kept = []
    for left, right in pairwise(ratios):
        if right - left > 1e-9:
            shifted = [h / ((left + right) / 2) for h in head]
            if stats.mannwhitneyu(shifted, base, alternative="two-sided", method="exact").pvalue > alpha:
                kept += [left, right]
    ratio = median(head) / median(base)
    assert (found.low, found.high) == pytest.approx((min(*kept, ratio), max(*kept, ratio)))


@quick
@given(rounds_of_runs(), error_rates)
def test_the_interval_excludes_one_exactly_when_p_is_within_the_error_rate(rounds, alpha):
    found = ratio_interval(rounds, alpha)
    excludes = found.low is not None and (found.low > 1 or found.high < 1)
    assert excludes == (found.p <= alpha)
    assert 0 < found.p <= 1


@quick
@given(rounds_of_runs(), error_rates)
def test_the_interval_holds_the_ratio_of_medians(rounds, alpha):
    found = ratio_interval(rounds, alpha)
    assert found.ratio == pytest.approx(pooled_ratio(rounds))
    if found.low is not None:
        assert found.low <= found.ratio * (1 + 1e-12)
        assert found.high >= found.ratio * (1 - 1e-12)
        assert found.min_detectable > 0


@quick
@given(rounds_of_runs(), error_rates)
def test_swapping_the_sides_mirrors_everything(rounds, alpha):
    found = ratio_interval(rounds, alpha)
    swapped = ratio_interval([Round(base=one.head, head=one.base) for one in rounds], alpha)
    assert swapped.ratio == pytest.approx(1 / found.ratio)
    assert swapped.p == pytest.approx(found.p)
    if found.low is None:
        assert swapped.low is None
    else:
        assert (swapped.low, swapped.high) == pytest.approx((1 / found.high, 1 / found.low))
        assert swapped.min_detectable == pytest.approx(found.min_detectable)


@quick
@given(rounds_of_runs(), error_rates, st.sampled_from([0.25, 0.5, 2.0, 8.0]))
def test_scaling_the_head_scales_the_interval(rounds, alpha, factor):
    found = ratio_interval(rounds, alpha)
    more = ratio_interval([Round(base=one.base, head=scaled(one.head, factor)) for one in rounds], alpha)
    assert more.ratio == pytest.approx(found.ratio * factor)
    if found.low is not None:
        assert (more.low, more.high) == pytest.approx((found.low * factor, found.high * factor))


@quick
@given(rounds_of_runs(most=2), error_rates, st.data())
def test_the_order_of_runs_within_a_round_does_not_matter(rounds, alpha, data):
    """Where printed values are equal so are their bounds, so only the multiset counts."""
    one = rounds[0]
    order = data.draw(st.permutations(range(len(one.head.values))))
    head = Samples(
        values=tuple(one.head.values[i] for i in order),
        lows=tuple(one.head.lows[i] for i in order),
        highs=tuple(one.head.highs[i] for i in order),
    )
    before, after = ratio_interval(rounds, alpha), ratio_interval([Round(base=one.base, head=head), *rounds[1:]], alpha)
    assert (after.p, after.ratio) == pytest.approx((before.p, before.ratio))


@quick
@given(rounds_of_runs(), st.floats(0.001, 0.2), st.floats(1.1, 2.5))
def test_a_stricter_error_rate_never_gives_a_shorter_interval(rounds, alpha, factor):
    strict, mild = ratio_interval(rounds, alpha), ratio_interval(rounds, alpha * factor)
    if strict.low is not None:
        assert mild.low is not None
        assert strict.low <= mild.low
        assert strict.high >= mild.high


@quick
@given(
    st.integers(100, 998),
    st.integers(0, 2),
    st.sampled_from(["µs", "ms", "s"]),
    st.sampled_from([5, 7, 10, 20]),
    st.booleans(),
)
def test_one_display_step_is_never_a_change(digits, decimals, unit, runs, head_is_slower):
    texts = [f"{number / 10**decimals:.{decimals}f}{unit}" for number in (digits, digits + 1)]
    sides = [shown(*[text] * runs) for text in (texts if head_is_slower else texts[::-1])]
    found = ratio_interval([Round(base=sides[0], head=sides[1])], 0.05)
    assert found.low <= 1 <= found.high
    assert found.p == 1


@quick
@given(st.integers(100, 400), st.integers(2, 30), st.data())
def test_medians_one_step_apart_are_never_a_change_whatever_their_spread(middle, spread, data):
    def side(centre):
        below = [centre - data.draw(st.integers(0, spread)) for _ in range(2)]
        above = [centre + data.draw(st.integers(0, spread)) for _ in range(2)]
        values = [*below, centre, *above]
        return Samples(
            values=tuple(map(float, values)), lows=tuple(v - 0.5 for v in values), highs=tuple(v + 0.5 for v in values)
        )

    found = ratio_interval([Round(base=side(middle), head=side(middle + 1))] * 4, 0.05)
    assert found.low <= 1 <= found.high


def test_two_display_steps_of_repeated_values_are_a_change():
    found = ratio_interval([Round(base=shown(*["118ms"] * 5), head=shown(*["120ms"] * 5))], 0.05)
    assert found.low > 1


def test_equal_values_give_the_range_that_their_digits_allow():
    found = ratio_interval([Round(base=shown(*["118ms"] * 5), head=shown(*["118ms"] * 5))], 0.05)
    assert (found.ratio, found.p) == (1, 1)
    assert (found.low, found.high) == pytest.approx((117.5 / 118.5, 118.5 / 117.5))


def test_each_side_is_widened_by_its_own_display_step():
    """96.7 → 102 crosses a decade: the step is 0.1 before and 1 after."""
    found = ratio_interval([Round(base=shown(*["96.7ms"] * 5), head=shown(*["102ms"] * 5))], 0.05)
    assert (found.low, found.high) == pytest.approx((101.5 / 96.75, 102.5 / 96.65))


def test_drift_between_rounds_is_no_difference_within_them():
    calm = Round(base=exact(100, 101, 102, 103, 104), head=exact(110.1, 111.1, 112.1, 113.1, 114.1))
    later = Round(base=scaled(calm.base, 3), head=scaled(calm.head, 3))
    stratified = ratio_interval([calm, later], 0.05)
    together = ratio_interval(
        [Round(base=exact(*calm.base.values, *later.base.values), head=exact(*calm.head.values, *later.head.values))],
        0.05,
    )
    assert stratified.low > 1
    assert together.low < 1


def test_three_runs_a_side_give_no_interval():
    found = ratio_interval([Round(base=exact(1, 2, 3), head=exact(7, 8, 9))], 0.05)
    assert (found.low, found.high, found.min_detectable) == (None, None, None)
    assert found.ratio == 4
    assert found.p == pytest.approx(0.1)
    assert runs_to_settle(found, 3, 0.03) == 5


def test_a_time_that_its_digits_allow_to_be_zero_bounds_no_ratio():
    maybe_nothing = Samples(values=(0.3,) * 5, lows=(0.0,) * 5, highs=(0.9,) * 5)
    rounds = [Round(base=maybe_nothing, head=exact(*[1e-6] * 5))]
    found = ratio_interval(rounds, 0.05)
    assert (found.low, found.high, found.p) == (None, None, 1)
    assert is_decidable(rounds, 0.05)
    assert not is_decidable(rounds, 0.001)


def test_the_detectable_change_grows_from_the_half_width_by_the_power_factor():
    base, head = exact(100, 101, 102, 103, 104), exact(100.5, 101.5, 102.5, 103.5, 104.5)
    found = ratio_interval([Round(base=base, head=head)], 0.05)
    half_width = log(found.high / found.low) / 2
    assert found.min_detectable == pytest.approx(exp(half_width * (1 + 0.84 / 1.959964)) - 1)


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_runs_to_settle_are_planned_for_the_floor_in_fives(alpha):
    base, head = exact(*range(100, 150, 5)), exact(*range(102, 152, 5))
    found = ratio_interval([Round(base=base, head=head)], alpha)
    factor = 1 + 0.84 / NormalDist().inv_cdf(1 - alpha / 2)
    needed = 10 * (log(found.high / found.low) / 2 * factor / log(1.03)) ** 2
    planned = runs_to_settle(found, 10, 0.03)
    assert planned % 5 == 0
    assert planned - 5 < needed <= planned
    assert runs_to_settle(found, 10, 10.0) == 5


def test_without_an_interval_the_plan_is_the_first_number_that_can_have_one_beyond_the_present():
    five = [Round(base=exact(*range(1, 6)), head=exact(*range(7, 12)))]
    assert runs_to_settle(ratio_interval(five, 0.05 / 12), 5, 0.03) == 10
    assert runs_to_settle(ratio_interval(five, 1e-6), 5, 0.03) == 15


def test_runs_that_fell_into_small_rounds_are_not_told_that_their_own_number_would_do():
    split = [Round(base=exact(1), head=exact(5, 6, 7, 8)), Round(base=exact(1, 2, 3, 4), head=exact(5))]
    found = ratio_interval(split, 0.05)
    assert found.low is None
    assert runs_to_settle(found, 5, 0.03) == 10


def test_of_planned_looks_each_uses_its_own_boundary():
    """Of four planned looks the first may cut off 0 pairs a side, the fourth 28 of 100 (one look alone: 2 and 30)."""
    first = Round(base=exact(100, 101, 102, 103, 104), head=exact(106, 107, 108, 109, 103.5))
    once, early = ratio_interval([first], 0.05), ratio_interval([first], 0.05, looks=4)
    assert once.low > 1 > early.low
    assert (early.low, early.high) == pytest.approx((103.5 / 104, 109 / 100))
    assert early.p == once.p


def test_the_parts_of_a_round_that_a_pause_cut_are_one_look():
    parts = [
        Round(base=exact(100, 101, 102), head=exact(110, 111), number=0),
        Round(base=exact(103, 104), head=exact(112, 113, 114), number=0),
    ]
    rounds = [*parts, Round(base=exact(100, 101, 102, 103, 104), head=exact(110, 111, 112, 113, 114), number=1)]
    assert ratio_interval(rounds, 0.05, looks=4).low is not None
    assert not is_decidable(parts, 0.05, looks=4)
    assert is_decidable(rounds, 0.05, looks=4)
