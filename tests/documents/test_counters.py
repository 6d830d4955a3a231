"""What was counted, as it is written."""

from harness.compare.counters import SideCounters, compare_counters
from harness.documents.counters import counter_json, counters_table
from harness.documents.escape import TERMINAL

KERNELS = ("dispatch", "kernel_count")


def compared(base, head):
    """One counter of sides of three measured runs and a counters run each."""
    sides = (
        SideCounters(runs=3, measured={KERNELS: measured} if measured else {}, counted={KERNELS: counted}, workload={})
        for measured, counted in (base, head)
    )
    [found] = compare_counters(*sides)[0]
    return found


def written(one):
    return counters_table([one], TERMINAL).rows[0][1:]


def test_both_values_stand_plainly_however_little_is_known():
    once = compared(((), 120), ((), 96))
    varying = compared(((4, 3, 5), 3), ((7, 9, 8), 9))

    assert written(once) == ("120", "96", "-24", "differs (one run a side)", "counters run")
    assert written(varying) == ("4 (3 … 5)", "8 (7 … 9)", "–", "not the same every run", "measured runs")


def test_json_calls_exact_only_what_several_runs_agree_on():
    exact = counter_json(compared(((7, 7, 7), 7), ((8, 8, 8), 8)))
    once = counter_json(compared(((), 7), ((), 8)))

    assert (exact["change"], exact["base"]["exact"], exact["base"]["n"]) == ("changed", True, 3)
    assert (once["change"], once["base"]["exact"], once["base"]["n"]) == ("differs (one run a side)", False, 1)
