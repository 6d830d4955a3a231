"""What the wording of an exit criterion names, however authors put it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.milestones.stated import Measure, Number, read_criterion


def numbers(bullet):
    return [(one.measure, round(one.value, 6)) for one in read_criterion(bullet).numbers]


@pytest.mark.parametrize(
    "wording",
    [
        "improves by at least 20%",
        ">=20 % better than M8",
        "≥ 20% lower than its Milestone 8 median",
        "is reduced by 20 percent",
        "falls by `20%`",
        "at least 20% below the median",
        "drops 20%",
        "improves by 20-30 %",
        "20\u202f% faster",
        "improves by 20% of the median",
    ],
)
def test_an_improvement_in_percent_is_read_however_it_is_written(wording):
    assert numbers(f"keccakf `a.round0` {wording}") == [(Measure.IMPROVEMENT, 20)]


@pytest.mark.parametrize(
    ("written", "percent"), [("20,5%", 20.5), ("20.5%", 20.5), ("0,5 %", 0.5), ("1,234%", 1234), ("1,234.5%", 1234.5)]
)
def test_a_decimal_comma_is_told_from_one_between_thousands(written, percent):
    assert numbers(f"`a.round0` improves by at least {written}") == [(Measure.IMPROVEMENT, percent)]


@pytest.mark.parametrize(
    "wording",
    [
        "<= 1.18s",
        "≤ 1180 ms",
        "under 1,180 ms",
        "below 1.18 seconds",
        "at most `1180ms`",
        "1180 ms or less",
        "< 1.18 s",
    ],
)
def test_an_absolute_limit_is_read_in_ms(wording):
    assert numbers(f"median {wording}.") == [(Measure.MAXIMUM, 1180)]


@pytest.mark.parametrize("wording", ["2x target", "a 2× speedup", "2-fold gain", "twice as fast", "halves the total"])
def test_a_factor_is_read(wording):
    assert numbers(wording) == [(Measure.FACTOR, 2)]


@pytest.mark.parametrize(
    "wording",
    [
        "no regression above 5%",
        "regresses by at most 5 %",
        "not more than 5% slower",
        "within 5% of the baseline",
        "5% overhead",
        "slower by 5%",
    ],
)
def test_a_bound_on_a_loss_is_no_improvement(wording):
    assert numbers(f"`a.b` {wording}") == [(Measure.LOSS, 5)]


@pytest.mark.parametrize(
    "wording",
    [
        "referenced by Milestone 8 and M9, in Phase-2",
        "over 5 runs, n=5",
        "2 x 5 runs of round0, p3 stays at =0.4.1",
        "round0 takes 36% of the total",
        "an M2 Max with 64 GB",
        "the total was 2.44s on 2026-02-20",
        "0 tests failed",
    ],
)
def test_numbers_that_are_no_thresholds_do_not_count(wording):
    assert numbers(wording) == []
    assert not read_criterion(wording).names_measure


@pytest.mark.parametrize(
    ("wording", "spans", "counters"),
    [
        ("`prover.rap_constraints.round0` improves", ["prover.rap_constraints.round0"], []),
        ("bare prover.openings.whir, and rs_code_matrix.", ["prover.openings.whir", "rs_code_matrix"], []),
        (
            "`prover.main_trace_commit > stacked_commit > merkle_tree` falls",
            ["prover.main_trace_commit > stacked_commit > merkle_tree"],
            [],
        ),
        ("`fallback_count=0`", [], ["fallback_count"]),
        ("logup_batch_metrics.fallback_count and sync_count", [], ["logup_batch_metrics.fallback_count", "sync_count"]),
        ("`metal.buffer_pool.reuse`", [], ["metal.buffer_pool.reuse"]),
    ],
)
def test_spans_and_counters_are_told_apart(wording, spans, counters):
    stated = read_criterion(wording)

    assert (list(stated.spans), list(stated.counters)) == (spans, counters)


@pytest.mark.parametrize(
    "wording",
    ["`metal/mod.rs` and round0.rs", "STATUS.md, e.g. or i.e.", "`RUST_LOG`", "run_it() is called", "end.Next"],
)
def test_files_constants_calls_and_prose_are_no_names(wording):
    assert read_criterion(wording).names == ()


@pytest.mark.parametrize(
    ("wording", "nouns"),
    [
        ("Dispatch count and allocation count drop", ["dispatch", "alloc"]),
        ("Reduced fallback frequency", ["fallback"]),
        ("fewer syncs", ["sync"]),
        ("Kernel and sync counts are recorded", ["kernel", "sync"]),
        ("nothing falls back any more", ["fallback"]),
        ("less dispatch and sync overhead", []),
        ("`test_sync_counts` holds", []),
        ("fallback time and allocation counts fall", ["alloc"]),
    ],
)
def test_counters_in_words_are_read_where_something_is_counted(wording, nouns):
    assert sorted(read_criterion(wording).nouns) == sorted(nouns)


@pytest.mark.parametrize(
    ("wording", "most"),
    [
        ("`sync_count` at most 3.", 3),
        ("`sync_count` < 3", 2),
        ("`fallback_count=0`", 0),
        ("eliminate fallbacks", 0),
        ("`fallback_count` is 0.", 0),
        ("`fallback_count` at most 3%", None),
        ("total at most 3 ms", None),
        ("`fallback_count` drops", None),
    ],
)
def test_a_bound_on_a_count_is_read(wording, most):
    assert read_criterion(wording).most == most


@pytest.mark.parametrize(
    ("wording", "falls"),
    [
        ("improves", True),
        ("is lower than before", True),
        ("A positive end-to-end gain", True),
        ("`fallback_count` drops", True),
        ("how often it falls back is recorded", False),
        ("the fallback is documented", False),
        ("throughput increases", False),
    ],
)
def test_the_direction_is_read(wording, falls):
    assert read_criterion(wording).falls is falls


def test_what_it_is_held_against_and_a_way_out_are_read():
    assert read_criterion("relative to Milestones 9-13, or M8").milestones == ("9", "13", "8")
    assert read_criterion("faster than its base").says_base
    assert not read_criterion("faster than the baseline").says_base
    assert read_criterion(">= 20% better, or the rationale is written down").has_way_out
    assert not read_criterion(">= 20% better in keccakf or logup").has_way_out


@pytest.mark.parametrize(
    ("wording", "runs"),
    [
        ("1 warmup and 5 measured runs, n=5", (1, 5)),
        ("`1` warm-up run, `10` timed runs", (1, 10)),
        ("two discarded warmups", (2, None)),
        ("all five measured runs", (None, 5)),
    ],
)
def test_runs_that_are_asked_for_are_a_measure_and_no_threshold(wording, runs):
    stated = read_criterion(wording)

    assert (stated.warmup_runs, stated.measured_runs) == runs
    assert stated.says_baseline
    assert stated.names_measure
    assert not stated.numbers


@pytest.mark.parametrize(
    ("wording", "recorded"),
    [
        ("Kernel and sync counts are recorded", True),
        ("`pool.reuse` is published", True),
        ("Counters per stage are written down", True),
        ("Log how many syncs there are", True),
        ("the fallback is documented", False),
        ("the rationale is written down", False),
        ("The log holds the counts", False),
    ],
)
def test_counts_that_are_to_be_recorded_are_a_measure(wording, recorded):
    stated = read_criterion(wording)

    assert stated.says_recorded is recorded
    assert not recorded or stated.names_measure
    assert not stated.falls


def test_the_measures_of_two_wordings_of_one_threshold_are_equal():
    first = read_criterion("`fallback_count` drops by at least 20%, total <= 1.18s")
    second = read_criterion("total at most 1180 ms and `fallback_count` is reduced by ≥ 20 percent")

    assert first.measures == second.measures
    assert first.measures != read_criterion("total at most 1180 ms").measures


def test_times_are_kept_where_they_bound_nothing():
    assert read_criterion("2x target: 1180 ms, planned from 2.37s").times_ms == (1180, 2370)


@given(st.text(max_size=300))
def test_any_text_can_be_read(text):
    stated = read_criterion(text)

    assert stated.names_measure == bool(stated.measures)


@given(st.floats(0.1, 99.9).map(lambda value: round(value, 1)), st.sampled_from(["%", " %", " percent"]))
def test_every_percentage_is_read_back(value, unit):
    assert read_criterion(f"`a.b` improves by at least {value}{unit}").numbers == (Number(Measure.IMPROVEMENT, value),)


@pytest.mark.parametrize("piece", ["a.", "a_", "1,", "1", "> a ", "regression above ", "`", "or ", "20% "])
def test_a_long_hostile_wording_is_read_in_no_time(piece):
    assert read_criterion(piece * 20_000) is not None
