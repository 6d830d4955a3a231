import pytest

from harness.compare.counters import Change, Evidence, SideCounters, compare_counters

KERNELS = ("metal_dispatch_stage", "kernel_count")
ROWS = ("trace", "rows")


def counters(measured=None, counted=None, workload=None, runs=3):
    return SideCounters(runs=runs, measured=measured or {}, counted=counted, workload=workload or {})


def told(base, head):
    return {(one.source, one.name): (one.evidence, one.change) for one in compare_counters(base, head)[0]}


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        ((7, 7, 7), (7, 7, 7), Change.SAME),
        ((7, 7, 7), (6, 6, 6), Change.CHANGED),
        ((7, 7, 8), (6, 6, 6), None),
        ((7, 7), (7, 7, 7), None),
        (None, (7, 7, 7), Change.NEW),
        ((7, 7, 7), None, Change.GONE),
        (None, (7, 8, 9), None),
    ],
)
def test_only_what_every_run_agrees_on_is_compared(base, head, change):
    sides = [counters({KERNELS: values} if values else {}) for values in (base, head)]

    assert told(*sides) == {KERNELS: (Evidence.MEASURED, change)}


def test_what_is_not_exact_is_shown_with_median_and_range():
    [one] = compare_counters(counters({KERNELS: (7, 9, 8)}), counters({KERNELS: (1, 2)}))[0]

    assert (one.base.median, one.base.low, one.base.high, one.base.n, one.base.runs) == (8, 7, 9, 3, 3)
    assert (one.head.median, one.head.n, one.head.is_exact) == (1.5, 2, False)


def test_a_counters_run_stands_alone_where_it_counts_more_than_the_measured_runs():
    base = counters({KERNELS: (1, 1, 1), ROWS: (5, 5, 5)}, {KERNELS: 40})
    head = counters({KERNELS: (1, 1, 1), ROWS: (6, 6, 6)}, {KERNELS: 41})

    assert told(base, head) == {
        KERNELS: (Evidence.COUNTERS, Change.DIFFERS_ONCE),
        ROWS: (Evidence.MEASURED, Change.CHANGED),
    }
    assert told(base, counters({KERNELS: (1, 1, 1)})) == {
        KERNELS: (Evidence.MEASURED, Change.SAME),
        ROWS: (Evidence.MEASURED, Change.GONE),
    }


@pytest.mark.parametrize(
    ("base", "head", "change"),
    [
        (40, 40, Change.SAME_ONCE),
        (40, 41, Change.DIFFERS_ONCE),
        (40, None, Change.GONE_ONCE),
        (None, 40, Change.NEW_ONCE),
    ],
)
def test_one_run_a_side_shows_both_values_and_is_never_called_exact(base, head, change):
    totals = [{} if one is None else {KERNELS: one} for one in (base, head)]
    [found] = compare_counters(*(counters(counted=one) for one in totals))[0]
    sides = [one for one in (found.base, found.head) if one]

    assert (found.evidence, found.change) == (Evidence.COUNTERS, change)
    assert [(one.median, one.is_exact) for one in sides] == [(one, False) for one in (base, head) if one is not None]
    alone = counters({KERNELS: (40,)}, runs=1)
    assert told(alone, alone) == {KERNELS: (Evidence.MEASURED, Change.SAME_ONCE)}


@pytest.mark.parametrize(
    ("measured", "counted", "expected"),
    [
        (((3, 4, 5), (4, 3, 5)), (3, 5), (Evidence.MEASURED, None)),
        (((4, 4, 4), (4, 3, 5)), (4, 5), (Evidence.MEASURED, None)),
        (((7, 7, 7), (6, 6, 6)), (7, 6), (Evidence.MEASURED, Change.CHANGED)),
        (((7, 7, 7), (7, 7, 7)), (7, 7), (Evidence.MEASURED, Change.SAME)),
        (((7, 7, 7), ()), (7, None), (Evidence.MEASURED, Change.GONE)),
        (((7, 7, 7), (7, 7, 7)), (7, 9), (Evidence.COUNTERS, Change.DIFFERS_ONCE)),
        (((3, 4, 5), ()), (9, 11), (Evidence.COUNTERS, None)),
    ],
)
def test_measured_runs_say_what_varies_and_confirm_what_does_not(measured, counted, expected):
    base, head = (
        counters({KERNELS: values} if values else {}, {} if total is None else {KERNELS: total})
        for values, total in zip(measured, counted, strict=True)
    )

    assert told(base, head) == {KERNELS: expected}


@pytest.mark.parametrize(
    "name",
    [
        "kernel_count",
        "blit_sync_count",
        "fallback_count",
        "alloc_calls",
        "scratch_bytes",
        "metal.buffer_pool.miss",
        "batch_expand_dispatch_count",
    ],
)
def test_what_a_change_is_expected_to_move_is_shown_where_it_stayed(name):
    same = counters({("event", name): (3, 3, 3)})

    assert told(same, same) == {("event", name): (Evidence.MEASURED, Change.SAME)}


@pytest.mark.parametrize(
    ("base", "head", "shown"),
    [((5, 5, 5), (5, 5, 5), False), ((5, 5, 5), (6, 6, 6), True), ((1, 9, 4), (8, 2, 7), False)],
)
def test_others_are_shown_where_they_differ_beyond_their_own_spread(base, head, shown):
    found = told(counters({ROWS: base}), counters({ROWS: head}))

    assert bool(found) is shown


def test_the_workload_stands_first_even_where_it_is_the_same():
    base = counters({KERNELS: (1, 1, 1)}, workload={"total_trace_cells": 10})
    found = compare_counters(base, base)[0]

    assert [one.evidence for one in found] == [Evidence.WORKLOAD, Evidence.MEASURED]
    assert found[0].base.is_exact
    assert found[0].change is Change.SAME


def test_so_many_that_nobody_reads_them_are_counted_instead():
    many = {("event", f"field_{i}"): (i, i, i) for i in range(100)}
    shown, left_out = compare_counters(counters(many), counters())

    assert (len(shown), left_out) == (60, 40)
