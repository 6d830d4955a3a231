"""What one side counted, as a Metrics section shows it: events by message and key, the program's own counters."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import median

import msgspec

from harness.compare.counters import CounterSide, Evidence
from harness.recording.manifest import RunKind, RunRecord
from harness.spans.stored import StoredEvent, StoredTotals, fits

TOO_MANY = "it has too many events to count them"

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
_FEW = 6
"""Distinct values of a field that are still worth listing."""


class FieldCount(msgspec.Struct, frozen=True, kw_only=True):
    """What the calls of a group say in one field, over all runs.

    `values` are the first distinct ones, `distinct` is how many there are. `total` is a run's sum; None where not all
    values are whole numbers.
    """

    name: str
    values: tuple[str, ...]
    distinct: int
    in_every_call: bool
    total: CounterSide | None

    @property
    def is_same(self) -> bool:
        """Whether all calls say the same."""
        return self.distinct == 1 and self.in_every_call


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The events of one message that agree in the keys (None: they lack it), their number a run, and their fields."""

    message: str
    keys: tuple[tuple[str, str | None], ...]
    calls: CounterSide
    fields: tuple[FieldCount, ...]


class MetricTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One of the program's own counters, a run."""

    name: str
    total: CounterSide


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted, and in how many `runs` of which kind; nothing, and why, where `absent` says so."""

    evidence: Evidence | None = None
    runs: int = 0
    groups: tuple[Group, ...] = ()
    metrics: tuple[MetricTotal, ...] = ()
    absent: str = ""


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """The total of one counter a run, and which runs said it."""

    evidence: Evidence
    side: CounterSide

    @property
    def low(self) -> int:
        """The smallest total of a run: a run that never counted it may have had none."""
        return min(self.side.low, 0) if self.side.n != self.side.runs else self.side.low

    @property
    def high(self) -> int:
        """The largest total of a run."""
        return self.side.high


class Tallied(msgspec.Struct, frozen=True, kw_only=True):
    """Counters of one benchmark by name; `absent` says why there are none at all."""

    counters: Mapping[str, Tally] = {}
    absent: str = ""


class _Chosen(msgspec.Struct, frozen=True):
    """The runs that are evidence."""

    evidence: Evidence
    runs: tuple[tuple[RunKind, int], ...]


def count_events(
    events: Sequence[StoredEvent] | None, runs: Iterable[RunRecord], *, benchmark: str, by: tuple[str, ...] = ()
) -> Counted:
    """The events of a benchmark's good runs, by message and the values of `by`, in the order in which they came.

    They are read from the run of kind counters if it has any of them, else from the measured runs. `events` is None
    where there are too many.
    """
    if events is None:
        return Counted(absent=TOO_MANY)
    good = _good(runs, benchmark)
    mine = [one for one in events if one.benchmark == benchmark]
    chosen = _choose(good, {(one.kind, one.run) for one in mine})
    if chosen is None:
        return Counted(absent=_why_none(good))
    groups: dict[tuple[str, tuple[str | None, ...]], list[StoredEvent]] = {}
    for one in mine:
        if (one.kind, one.run) in chosen.runs:
            groups.setdefault((one.message, tuple(_first(one, key) for key in by)), []).append(one)
    return Counted(
        evidence=chosen.evidence,
        runs=len(chosen.runs),
        groups=tuple(
            Group(
                message=message,
                keys=tuple(zip(by, values, strict=True)),
                calls=_over_runs([((one.kind, one.run), 1) for one in found], len(chosen.runs)),
                fields=tuple(_fields(found, by, len(chosen.runs))),
            )
            for (message, values), found in groups.items()
        ),
    )


def count_metrics(
    totals: Sequence[StoredTotals] | None, runs: Iterable[RunRecord], *, benchmark: str, prefixes: tuple[str, ...]
) -> Counted:
    """The counters of a benchmark's good runs whose names begin so, by name; runs are chosen as for events."""
    if totals is None:
        return Counted(absent=TOO_MANY)
    good = _good(runs, benchmark)
    found = {
        (one.kind, one.run): {name: total for name, total in one.totals.items() if name.startswith(prefixes)}
        for one in totals
        if one.benchmark == benchmark
    }
    chosen = _choose(good, {run for run, of_run in found.items() if of_run})
    if chosen is None:
        return Counted(absent=_why_none(good))
    names = sorted({name for run in chosen.runs for name in found.get(run, {})})
    return Counted(
        evidence=chosen.evidence,
        runs=len(chosen.runs),
        metrics=tuple(MetricTotal(name=name, total=_total(name, found, chosen)) for name in names),
    )


def tally(
    totals: Sequence[StoredTotals] | None, runs: Iterable[RunRecord], *, benchmark: str, patterns: Iterable[str]
) -> Tallied:
    """Every counter of a benchmark that one of the patterns means, each from the runs that are evidence for it."""
    if totals is None:
        return Tallied(absent=TOO_MANY)
    good = _good(runs, benchmark)
    if not good:
        return Tallied(absent=_why_none(good))
    found = {(one.kind, one.run): one.totals for one in totals if one.benchmark == benchmark}
    asked = tuple(patterns)
    names = {name for of_run in found.values() for name in of_run}
    counters: dict[str, Tally] = {}
    for name in sorted(one for one in names if any(is_meant(one, pattern) for pattern in asked)):
        chosen = _choose(good, {run for run, of_run in found.items() if name in of_run})
        if chosen is not None:
            counters[name] = Tally(evidence=chosen.evidence, side=_total(name, found, chosen))
    return Tallied(counters=counters, absent="" if counters else _why_none(good))


def is_meant(counter: str, pattern: str) -> bool:
    """Whether a pattern means a counter: all of its name, or its last part where the pattern has no dot."""
    return fits(counter, pattern) or ("." not in pattern and fits(counter.rpartition(".")[2], pattern))


def _good(runs: Iterable[RunRecord], benchmark: str) -> tuple[RunRecord, ...]:
    return tuple(one for one in runs if one.benchmark == benchmark and one.failure is None)


def _choose(good: Sequence[RunRecord], counting: set[tuple[RunKind, int]]) -> _Chosen | None:
    """The runs to read from, of which some counted; None where no good run did."""
    for kind, evidence in ((RunKind.COUNTERS, Evidence.COUNTERS), (RunKind.MEASURED, Evidence.MEASURED)):
        runs = tuple((one.kind, one.number) for one in good if one.kind is kind)
        if counting.intersection(runs):
            return _Chosen(evidence, runs)
    return None


def _why_none(good: Sequence[RunRecord]) -> str:
    if not good:
        return "no run of this benchmark ended well"
    if any(one.kind is RunKind.COUNTERS for one in good):
        return "it came neither in the counters run nor in a measured run"
    return "no counters run is recorded, and it came in no measured run"


def _first(event: StoredEvent, key: str) -> str | None:
    return next((value for name, value in event.fields if name == key), None)


def _fields(events: Sequence[StoredEvent], by: tuple[str, ...], runs: int) -> Iterable[FieldCount]:
    for name in dict.fromkeys(name for one in events for name, _value in one.fields if name not in by):
        said = [((one.kind, one.run), value) for one in events for key, value in one.fields if key == name]
        values = list(dict.fromkeys(value for _run, value in said))
        whole = all(_WHOLE_NUMBER.fullmatch(value) for value in values)
        yield FieldCount(
            name=name,
            values=tuple(values[:_FEW]),
            distinct=len(values),
            in_every_call=all(any(key == name for key, _value in one.fields) for one in events),
            total=_over_runs([(run, int(value)) for run, value in said], runs) if whole else None,
        )


def _total(name: str, found: Mapping[tuple[RunKind, int], Mapping[str, int]], chosen: _Chosen) -> CounterSide:
    return _over_runs([(run, found[run][name]) for run in chosen.runs if name in found.get(run, {})], len(chosen.runs))


def _over_runs(counted: Iterable[tuple[Hashable, int]], runs: int) -> CounterSide:
    """Added up by run; of `runs` runs those that counted anything."""
    totals: dict[Hashable, int] = {}
    for run, value in counted:
        totals[run] = totals.get(run, 0) + value
    found = totals.values()
    return CounterSide(median=median(found), low=min(found), high=max(found), n=len(found), runs=runs)
