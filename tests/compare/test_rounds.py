from msgspec.structs import replace

from harness.compare.rounds import Sample, one_stratum, rounds_of, samples_of, strata_of

EXACT = [Sample(float(value), value, value) for value in range(100, 120)]


def strata(manifest, numbers):
    return [strata_of(manifest, "keccakf")(number) for number in numbers]


def test_five_runs_are_a_round_and_the_last_takes_what_is_left_over(manifest_of, kpi_of):
    assert strata(manifest_of(kpi_of([1] * 10)), (1, 5, 6, 10)) == [(0, 0), (0, 0), (1, 0), (1, 0)]
    assert strata(manifest_of(kpi_of([1] * 7)), (1, 5, 6, 7)) == [(0, 0)] * 4
    assert strata(manifest_of(kpi_of([1] * 13)), (5, 6, 10, 11, 13)) == [(0, 0), (1, 0), (1, 0), (1, 0), (1, 0)]
    assert strata(manifest_of(kpi_of([1] * 3)), (1, 3)) == [(0, 0), (0, 0)]


def test_a_pause_parts_a_round_in_two(manifest_of, kpi_of):
    whole = manifest_of(kpi_of([1] * 5))
    paused = replace(whole, runs=tuple(replace(run, part=int(run.number > 3)) for run in whole.runs))
    assert strata(paused, (1, 3, 4, 5)) == [(0, 0), (0, 0), (0, 1), (0, 1)]


def test_runs_are_compared_inside_their_stratum_only():
    base = dict(enumerate(EXACT[:6], start=1))
    head = dict(enumerate(EXACT[6:12], start=1))
    found = rounds_of(base, head, lambda run: (run // 4, 0), lambda run: (run // 4, 0))
    assert [(len(one.base.values), len(one.head.values), one.number) for one in found] == [(3, 3, 0), (3, 3, 1)]
    assert found[1].head.values == (109, 110, 111)
    [one] = rounds_of(base, head, one_stratum, one_stratum)
    assert len(one.base.values) == 6


def test_runs_of_a_round_that_the_other_side_lost_go_with_the_round_before():
    base, head = dict(enumerate(EXACT[:10], start=1)), {1: EXACT[12], 6: EXACT[13], 11: EXACT[14]}
    found = rounds_of(base, head, lambda run: (run // 6, 0), lambda run: (run // 6, 0))
    assert [(len(one.base.values), len(one.head.values)) for one in found] == [(5, 1), (5, 2)]
    assert [one.number for one in found] == [0, 1]


def test_where_no_round_is_common_all_runs_are_one():
    [one] = rounds_of({1: EXACT[0]}, {1: EXACT[1], 2: EXACT[2]}, lambda _: (0, 0), lambda _: (0, 1))
    assert (one.base.values, one.head.values) == ((100,), (101, 102))


def test_a_value_that_has_no_logarithm_leaves_no_rounds():
    nothing = Sample(0.0, 0.0, 0.0)
    assert rounds_of({1: EXACT[0], 2: nothing}, {1: EXACT[1]}, one_stratum, one_stratum) == ()


def test_samples_go_by_the_number_of_their_run(kpi_of):
    found = samples_of(kpi_of([118, 119], runs=(2, 5)))
    assert list(found) == [2, 5]
    assert (found[5].low, found[5].high) == (118.5, 119.5)
