"""What one side counted: events grouped by message and keys, counters, tallies by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.counters import Evidence
from harness.milestones.counting import TOO_MANY, count_events, count_metrics, is_meant, tally
from harness.recording.manifest import RunKind, RunRecord
from harness.spans.stored import StoredEvent, StoredTotals

LOGUP = "logup"


def run(number, kind=RunKind.MEASURED, benchmark=LOGUP, failure=None):
    return RunRecord(benchmark=benchmark, kind=kind, number=number, first_line=1, last_line=2, failure=failure)


def event(number, kind=RunKind.MEASURED, message="stage", benchmark=LOGUP, **fields):
    pairs = tuple((key, str(value)) for key, value in fields.items())
    return StoredEvent(benchmark=benchmark, kind=kind, run=number, message=message, fields=pairs)


def totals(number, kind=RunKind.MEASURED, **named):
    found = {name.replace("__", "."): total for name, total in named.items()}
    return StoredTotals(benchmark=LOGUP, kind=kind, run=number, totals=found)


MEASURED = [run(1), run(2)]
WITH_COUNTERS = [*MEASURED, run(0, RunKind.COUNTERS)]


def field(group, name):
    return next(one for one in group.fields if one.name == name)


def test_events_are_read_from_the_counters_run_where_it_has_any():
    events = [event(1, n=1), event(2, n=1), event(0, RunKind.COUNTERS, n=4), event(0, RunKind.COUNTERS, n=4)]

    found = count_events(events, WITH_COUNTERS, benchmark=LOGUP)

    assert (found.evidence, found.runs) == (Evidence.COUNTERS, 1)
    [group] = found.groups
    assert (group.calls.low, field(group, "n").total.low) == (2, 8)


def test_events_are_read_from_the_measured_runs_where_the_counters_run_has_none():
    found = count_events([event(1, n=3), event(2, n=3)], WITH_COUNTERS, benchmark=LOGUP)

    assert (found.evidence, found.runs) == (Evidence.MEASURED, 2)
    assert (found.groups[0].calls.low, field(found.groups[0], "n").total.high) == (1, 3)


def test_failed_runs_and_other_benchmarks_are_no_evidence():
    runs = [run(1), run(2, failure="panicked"), run(0, RunKind.COUNTERS, failure="timeout"), run(1, benchmark="k")]
    events = [event(1, n=1), event(2, n=9), event(0, RunKind.COUNTERS, n=9), event(1, benchmark="k", n=9)]

    found = count_events(events, runs, benchmark=LOGUP)

    assert (found.evidence, found.runs, field(found.groups[0], "n").total.high) == (Evidence.MEASURED, 1, 1)


def test_groups_are_by_message_and_keys_and_an_event_without_the_key_stands_apart():
    events = [event(1, stage="a", n=1), event(1, stage="b", n=2), event(1, n=3), event(1, message="other", stage="a")]

    found = count_events(events, [run(1)], benchmark=LOGUP, by=("stage",))

    assert [(one.message, one.keys) for one in found.groups] == [
        ("stage", (("stage", "a"),)),
        ("stage", (("stage", "b"),)),
        ("stage", (("stage", None),)),
        ("other", (("stage", "a"),)),
    ]
    assert all(one.name != "stage" for group in found.groups for one in group.fields)


def test_a_field_is_the_same_only_where_every_call_has_it_and_agrees():
    events = [event(1, kernels=4, num_x=1, mode="x", late=0), event(1, kernels=4, num_x=3, mode="x")]

    [group] = count_events(events, [run(1)], benchmark=LOGUP).groups

    assert [one.name for one in group.fields] == ["kernels", "num_x", "mode", "late"]
    assert [one.is_same for one in group.fields] == [True, False, True, False]
    assert field(group, "num_x").values == ("1", "3")
    assert (field(group, "kernels").total.low, field(group, "late").total.low) == (8, 0)
    assert field(group, "mode").total is None


def test_many_distinct_values_are_counted_not_kept():
    events = [event(1, len=value) for value in range(50)]

    [group] = count_events(events, [run(1)], benchmark=LOGUP).groups

    assert (field(group, "len").distinct, len(field(group, "len").values)) == (50, 6)


def test_a_run_without_the_event_leaves_its_count_open():
    [group] = count_events([event(1, n=1), event(1, n=1)], MEASURED, benchmark=LOGUP).groups

    assert (group.calls.n, group.calls.runs, group.calls.varies) == (1, 2, True)


@pytest.mark.parametrize(
    ("events", "runs", "reason"),
    [
        (None, MEASURED, TOO_MANY),
        ([], [], "no run of this benchmark ended well"),
        ([], MEASURED, "no counters run is recorded, and it came in no measured run"),
        ([], WITH_COUNTERS, "it came neither in the counters run nor in a measured run"),
    ],
)
def test_what_was_not_counted_says_why(events, runs, reason):
    found = count_events(events, runs, benchmark=LOGUP)

    assert (found.absent, found.groups, found.evidence) == (reason, (), None)


def test_metrics_are_those_whose_names_begin_so():
    counted = [
        totals(0, RunKind.COUNTERS, metal__buffer_pool__reuse=7, metal__buffer_pool__miss=0, other=1),
        totals(1, metal__buffer_pool__reuse=1),
    ]

    found = count_metrics(counted, WITH_COUNTERS, benchmark=LOGUP, prefixes=("metal.buffer_pool.",))

    assert [(one.name, one.total.low) for one in found.metrics] == [
        ("metal.buffer_pool.miss", 0),
        ("metal.buffer_pool.reuse", 7),
    ]
    assert count_metrics(counted, WITH_COUNTERS, benchmark=LOGUP, prefixes=("none.",)).absent
    assert count_metrics(None, WITH_COUNTERS, benchmark=LOGUP, prefixes=("none.",)).absent == TOO_MANY


def test_each_counter_is_tallied_from_the_runs_that_are_evidence_for_it():
    counted = [totals(0, RunKind.COUNTERS, e__deep=5), totals(1, e__n=2, e__deep=1), totals(2, e__n=3, f__n=1)]

    found = tally(counted, WITH_COUNTERS, benchmark=LOGUP, patterns=("e.*",))

    assert {name: (one.evidence, one.low, one.high) for name, one in found.counters.items()} == {
        "e.deep": (Evidence.COUNTERS, 5, 5),
        "e.n": (Evidence.MEASURED, 2, 3),
    }


def test_a_run_that_never_counted_may_have_had_none():
    found = tally([totals(1, e__n=4)], MEASURED, benchmark=LOGUP, patterns=("e.n",)).counters["e.n"]

    assert (found.low, found.high) == (0, 4)


def test_a_tally_of_nothing_says_why():
    assert tally(None, MEASURED, benchmark=LOGUP, patterns=("*",)).absent == TOO_MANY
    assert tally([], [], benchmark=LOGUP, patterns=("*",)).absent == "no run of this benchmark ended well"
    assert tally([totals(1, a=1)], MEASURED, benchmark=LOGUP, patterns=("b",)).absent


@pytest.mark.parametrize(
    ("counter", "pattern", "meant"),
    [
        ("logup_batch_metrics.fallback_count", "fallback_count", True),
        ("logup_batch_metrics.fallback_count", "logup_batch_metrics.fallback_count", True),
        ("logup_batch_metrics.fallback_count", "other.fallback_count", False),
        ("h2d_transport.dispatch_count", "*transport*.*dispatch*", True),
        ("fallback_count_max", "fallback_count", False),
    ],
)
def test_a_counter_is_meant_by_its_name_or_its_last_part(counter, pattern, meant):
    assert is_meant(counter, pattern) is meant


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ab"), st.integers(-9, 99)), min_size=1, max_size=30))
def test_sums_over_the_groups_are_the_sum_over_all_events(calls):
    events = [event(number, stage=stage, n=value) for number, stage, value in calls]
    runs = [run(1), run(2), run(3)]

    whole = count_events(events, runs, benchmark=LOGUP).groups[0]
    parts = count_events(events, runs, benchmark=LOGUP, by=("stage",)).groups

    by_run = [sum(value for number, _stage, value in calls if number == one) for one in {call[0] for call in calls}]
    assert (field(whole, "n").total.low, field(whole, "n").total.high) == (min(by_run), max(by_run))
    if len({number for number, _stage, _value in calls}) == 1:
        assert sum(field(one, "n").total.low for one in parts) == field(whole, "n").total.low
        assert sum(one.calls.low for one in parts) == len(calls)
