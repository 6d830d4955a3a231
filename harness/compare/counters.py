"""What a program counted, on both sides: kernels, syncs, fallbacks, allocations. Exact numbers are compared exactly."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from statistics import median

import msgspec

CounterKey = tuple[str, str]
"""What counted, and what it counted: an event's message (else its tag) and the field, or `counter` and its name."""

WORKLOAD = "workload"

_MOST_SHOWN = 60

_MATTERS = re.compile(r"kernel_count|sync_count|fallback|dispatch|alloc|_bytes$|^metal\.buffer_pool\.", re.IGNORECASE)
"""Counts that a change of the program is expected to move; shown also where they stayed."""


class Evidence(StrEnum):
    """Which runs a counter is read from."""

    MEASURED = "measured runs"
    COUNTERS = "counters run"
    WORKLOAD = "workload"


class Change(StrEnum):
    """What is said of a counter that is exact wherever it stands."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"


class SideCounters(msgspec.Struct, frozen=True, kw_only=True):
    """One side's totals by run. `counted` is None without a run of kind counters; `workload` is what the log states."""

    runs: int
    measured: Mapping[CounterKey, tuple[int, ...]]
    counted: Mapping[CounterKey, int] | None
    workload: Mapping[str, int]


class CounterSide(msgspec.Struct, frozen=True, kw_only=True):
    """A counter on one side, over the `n` of `runs` runs that have it."""

    median: float
    low: int
    high: int
    n: int
    runs: int

    @property
    def is_exact(self) -> bool:
        """Whether every run says the same."""
        return self.low == self.high and self.n == self.runs


class CounterComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One counter on both sides, None where it is not counted. `change` is None unless it is exact wherever it is."""

    source: str
    name: str
    evidence: Evidence
    base: CounterSide | None
    head: CounterSide | None
    change: Change | None


def compare_counters(base: SideCounters, head: SideCounters) -> tuple[tuple[CounterComparison, ...], int]:
    """The counters to show, and how many more differ.

    Those that matter for performance and the workload's are shown always, others where they differ.
    """
    found = [one for one in (*_workload(base, head), *_counters(base, head)) if _is_shown(one)]
    found.sort(key=lambda one: (one.evidence is not Evidence.WORKLOAD, one.change is Change.SAME, not _matters(one)))
    return tuple(found[:_MOST_SHOWN]), max(0, len(found) - _MOST_SHOWN)


def _workload(base: SideCounters, head: SideCounters) -> Iterator[CounterComparison]:
    for name in dict.fromkeys([*base.workload, *head.workload]):
        sides = [side.workload.get(name) for side in (base, head)]
        yield _compared((WORKLOAD, name), Evidence.WORKLOAD, *(_once(value) for value in sides))


def _counters(base: SideCounters, head: SideCounters) -> Iterator[CounterComparison]:
    """Each counter from the counters runs where both sides have one and either has it there, else from the measured."""
    counted: set[CounterKey] = set()
    if base.counted is not None and head.counted is not None:
        counted = {*base.counted, *head.counted}
        for key in sorted(counted):
            yield _compared(key, Evidence.COUNTERS, _once(base.counted.get(key)), _once(head.counted.get(key)))
    for key in sorted({*base.measured, *head.measured} - counted):
        yield _compared(key, Evidence.MEASURED, _over_runs(base, key), _over_runs(head, key))


def _compared(
    key: CounterKey, evidence: Evidence, base: CounterSide | None, head: CounterSide | None
) -> CounterComparison:
    return CounterComparison(
        source=key[0], name=key[1], evidence=evidence, base=base, head=head, change=_change(base, head)
    )


def _change(base: CounterSide | None, head: CounterSide | None) -> Change | None:
    if any(side is not None and not side.is_exact for side in (base, head)):
        return None
    if base is None or head is None:
        return Change.NEW if base is None else Change.GONE
    return Change.SAME if base.low == head.low else Change.CHANGED


def _once(value: int | None) -> CounterSide | None:
    return None if value is None else CounterSide(median=value, low=value, high=value, n=1, runs=1)


def _over_runs(side: SideCounters, key: CounterKey) -> CounterSide | None:
    values = side.measured.get(key)
    if not values:
        return None
    return CounterSide(median=median(values), low=min(values), high=max(values), n=len(values), runs=side.runs)


def _is_shown(one: CounterComparison) -> bool:
    return one.evidence is Evidence.WORKLOAD or _matters(one) or _differs(one)


def _matters(one: CounterComparison) -> bool:
    return bool(_MATTERS.search(one.name))


def _differs(one: CounterComparison) -> bool:
    """Of what is not exact, only ranges without a common value: a number that is another one every run says nothing."""
    if one.base is None or one.head is None:
        return True
    return one.base.high < one.head.low or one.head.high < one.base.low
