"""Which runs of base and head are compared with which: those of one round, taken in turns without a pause."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import msgspec

from harness.compare.rank_interval import Round, Samples
from harness.recording.manifest import KpiRecord, Manifest, RunKind

ROUND_RUNS = 5
"""Runs a side in a round. Where the number of runs is no multiple of it, the last round takes the rest too."""

Stratum = tuple[int, int]
"""Round, and how often the session had been taken up again: a pause parts a round in two."""


class Sample(msgspec.Struct, frozen=True):
    """One run's value with the bounds of what its printed text can mean, in any unit."""

    value: float
    low: float
    high: float


def samples_of(record: KpiRecord) -> dict[int, Sample]:
    """A KPI's samples by run number."""
    rows = zip(record.runs, record.values, record.lows, record.highs, strict=True)
    return {run: Sample(value, low, high) for run, value, low, high in rows}


def strata_of(manifest: Manifest, benchmark: str) -> Callable[[int], Stratum]:
    """Says of a measured run's number which stratum it is in."""
    taken = [run for run in manifest.runs if run.kind is RunKind.MEASURED and run.benchmark == benchmark]
    part_of = {run.number: run.part for run in taken}
    last_round = max(1, max(part_of, default=0) // ROUND_RUNS) - 1

    def stratum(number: int) -> Stratum:
        return min((number - 1) // ROUND_RUNS, last_round), part_of.get(number, 0)

    return stratum


def one_stratum(_number: int) -> Stratum:
    """For runs that did not take turns: which of one side came beside which of the other says nothing."""
    return 0, 0


def rounds_of(
    base: Mapping[int, Sample],
    head: Mapping[int, Sample],
    base_stratum: Callable[[int], Stratum],
    head_stratum: Callable[[int], Stratum],
) -> tuple[Round, ...]:
    """The samples of both sides, by run number, side by side, round by round; none is left out.

    A value of 0 or below has no logarithm; leaving it out would bias its side, so then there are no rounds.
    """
    if any(sample.value <= 0 for side in (base, head) for sample in side.values()):
        return ()
    found = runs_by_stratum(tuple(base), tuple(head), base_stratum, head_stratum)
    return tuple(
        Round(
            base=_together(base[run] for run in base_runs),
            head=_together(head[run] for run in head_runs),
            number=number,
        )
        for (number, _part), base_runs, head_runs in found
    )


def runs_by_stratum(
    base: Sequence[int],
    head: Sequence[int],
    base_stratum: Callable[[int], Stratum],
    head_stratum: Callable[[int], Stratum],
) -> tuple[tuple[Stratum, tuple[int, ...], tuple[int, ...]], ...]:
    """Each stratum with the numbers of its base and head runs. Runs of one that a side lacks go with the one before."""
    common = {base_stratum(run) for run in base} & {head_stratum(run) for run in head}
    sides: list[dict[Stratum, list[int]]] = []
    for runs, stratum in ((base, base_stratum), (head, head_stratum)):
        grouped: dict[Stratum, list[int]] = {}
        for run in runs:
            grouped.setdefault(_nearest(stratum(run), common), []).append(run)
        sides.append(grouped)
    before, after = sides
    return tuple((one, tuple(before[one]), tuple(after[one])) for one in sorted(before.keys() & after.keys()))


def _nearest(stratum: Stratum, common: Collection[Stratum]) -> Stratum:
    """The latest of the common strata up to this one, else the first; without any, all runs are one stratum."""
    return max((one for one in common if one <= stratum), default=min(common, default=(0, 0)))


def _together(samples: Iterable[Sample]) -> Samples:
    found = tuple(samples)
    return Samples(
        values=tuple(one.value for one in found),
        lows=tuple(one.low for one in found),
        highs=tuple(one.high for one in found),
    )
