"""The order of runs in which base and head take turns. Pure: the seed is given."""

from collections.abc import Sequence
from random import Random

from harness.measure.schedule import Step
from harness.recording.manifest import RunKind

SIDES = (0, 1)
"""Base and head."""


def rounds_of_pairs(runs: int, round_runs: int) -> tuple[range, ...]:
    """Numbers of the measured runs, round by round; what is left over belongs to the last round."""
    count = max(1, runs // round_runs)
    ends = [*(round_runs * number for number in range(1, count)), runs]
    return tuple(range(first + 1, end + 1) for first, end in zip([0, *ends], ends, strict=False))


def pairs(benchmark: str, numbers: Sequence[int], *, seed: int, part: int = 0) -> tuple[Step, ...]:
    """One run of each side for every number, which of the two comes first drawn at random for every pair.

    The draw depends on the seed, the benchmark and the number alone, so a session that is taken up again goes on with
    the order that it would have had (Abedi & Brecht, ICPE 2017, on why the order is random).
    """
    steps: list[Step] = []
    for number in numbers:
        first = Random(f"{seed} {benchmark} {number}").randrange(2)  # noqa: S311 (an order of runs, not a secret)
        steps += [
            Step(side=side, benchmark=benchmark, kind=RunKind.MEASURED, number=number, part=part)
            for side in (first, 1 - first)
        ]
    return tuple(steps)


def warmups_of_both(benchmark: str, warmups: int, *, after: int = 0, part: int = 0) -> tuple[Step, ...]:
    """Numbers count down to 0, the last warmup; below those of the `after` warmups that a session had before."""
    return tuple(
        Step(side=side, benchmark=benchmark, kind=RunKind.WARMUP, number=number - after, part=part)
        for number in range(1 - warmups, 1)
        for side in SIDES
    )


def extras_of_both(benchmark: str, kinds: Sequence[RunKind], *, part: int = 0) -> tuple[Step, ...]:
    """One run a side of each of these kinds, whose times are never used."""
    return tuple(
        Step(side=side, benchmark=benchmark, kind=kind, number=0, part=part) for kind in kinds for side in SIDES
    )
