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


def test_a_counters_run_is_the_better_evidence_where_both_sides_have_one():
    base = counters({KERNELS: (1, 1, 1), ROWS: (5, 5, 5)}, {KERNELS: 40})
    head = counters({KERNELS: (1, 1, 1), ROWS: (6, 6, 6)}, {KERNELS: 41})

    assert told(base, head) == {
        KERNELS: (Evidence.COUNTERS, Change.CHANGED),
        ROWS: (Evidence.MEASURED, Change.CHANGED),
    }
    assert told(base, counters({KERNELS: (1, 1, 1)})) == {
        KERNELS: (Evidence.MEASURED, Change.SAME),
        ROWS: (Evidence.MEASURED, Change.GONE),
    }


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


def test_so_many_that_nobody_reads_them_are_counted_instead():
    many = {("event", f"field_{i}"): (i, i, i) for i in range(100)}
    shown, left_out = compare_counters(counters(many), counters())

    assert (len(shown), left_out) == (60, 40)
