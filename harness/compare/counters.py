"""What a program counted, on both sides: kernels, syncs, fallbacks, allocations. Exact numbers are compared exactly."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from statistics import median

import msgspec
from msgspec.structs import replace

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
    """What is said of a counter that is exact wherever it stands; or known of one run only, which shows no more."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"
    SAME_ONCE = "same (one run a side)"
    DIFFERS_ONCE = "differs (one run a side)"
    NEW_ONCE = "new (one run a side)"
    GONE_ONCE = "gone (one run a side)"


_ONCE = {
    Change.SAME: Change.SAME_ONCE,
    Change.CHANGED: Change.DIFFERS_ONCE,
    Change.NEW: Change.NEW_ONCE,
    Change.GONE: Change.GONE_ONCE,
}


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
    def varies(self) -> bool:
        """Whether the runs do not all say the same."""
        return self.low != self.high or self.n != self.runs

    @property
    def is_exact(self) -> bool:
        """Whether every run says the same, which one run alone cannot show."""
        return not self.varies and self.n > 1


class CounterComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One counter on both sides, None where it is not counted. `change` is None where it is not the same every run."""

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
    same = {Change.SAME, Change.SAME_ONCE}
    found.sort(key=lambda one: (one.evidence is not Evidence.WORKLOAD, one.change in same, not _matters(one)))
    return tuple(found[:_MOST_SHOWN]), max(0, len(found) - _MOST_SHOWN)


def _workload(base: SideCounters, head: SideCounters) -> Iterator[CounterComparison]:
    """What the log states of the workload: measured runs that do not agree on it state nothing."""
    for name in dict.fromkeys([*base.workload, *head.workload]):
        stated = [_constant(side.workload.get(name), side.runs) for side in (base, head)]
        yield _compared((WORKLOAD, name), Evidence.WORKLOAD, *stated)


def _counters(base: SideCounters, head: SideCounters) -> Iterator[CounterComparison]:
    """Each counter from the runs that say most about it."""
    counted: set[CounterKey] = set()
    if base.counted is not None and head.counted is not None:
        counted = {*base.counted, *head.counted}
        for key in sorted(counted):
            yield _counted(key, (base, head), (base.counted.get(key), head.counted.get(key)))
    for key in sorted({*base.measured, *head.measured} - counted):
        yield _compared(key, Evidence.MEASURED, _over_runs(base, key), _over_runs(head, key))


def _counted(
    key: CounterKey, sides: tuple[SideCounters, SideCounters], totals: tuple[int | None, int | None]
) -> CounterComparison:
    """A counter of the counters runs, of which there is one a side.

    The measured runs are more: they show what varies, and confirm what is always the same. Where each of them counts
    the same and the counters run another number, it counts more (events at DEBUG), and stands alone.
    """
    measured = tuple(_over_runs(side, key) for side in sides)
    once = tuple(_constant(total, 1) for total in totals)
    varies = any(one is not None and one.varies for one in measured)
    agrees = all((one.low if one else None) == total for one, total in zip(measured, totals, strict=True))
    if agrees or (varies and None not in measured):
        return _compared(key, Evidence.MEASURED, *measured)
    found = _compared(key, Evidence.COUNTERS, *once)
    return replace(found, change=None) if varies else found


def _compared(
    key: CounterKey, evidence: Evidence, base: CounterSide | None, head: CounterSide | None
) -> CounterComparison:
    return CounterComparison(
        source=key[0], name=key[1], evidence=evidence, base=base, head=head, change=_change(base, head)
    )


def _change(base: CounterSide | None, head: CounterSide | None) -> Change | None:
    known = [side for side in (base, head) if side is not None]
    if any(side.varies for side in known):
        return None
    if base is None or head is None:
        change = Change.NEW if base is None else Change.GONE
    else:
        change = Change.SAME if base.low == head.low else Change.CHANGED
    return change if all(side.is_exact for side in known) else _ONCE[change]


def _constant(value: int | None, runs: int) -> CounterSide | None:
    return None if value is None else CounterSide(median=value, low=value, high=value, n=runs, runs=runs)


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
