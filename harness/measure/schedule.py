"""The order in which runs are taken. Pure: the seed is given."""

from collections.abc import Sequence
from random import Random

import msgspec

from harness.recording.manifest import RunKind


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One run to take: of which side (0 is the only one, or base), which benchmark, which number."""

    side: int
    benchmark: str
    kind: RunKind
    number: int


def one_sided(benchmarks: Sequence[str], *, warmups: int, measured: int, counters: Sequence[str]) -> tuple[Step, ...]:
    """Each benchmark's warmups, then its measured runs, then the counters run of those that have one."""
    return tuple(
        step
        for benchmark in benchmarks
        for step in (
            *_warmups(benchmark, (0,), warmups),
            *(_measured(0, benchmark, number) for number in range(1, measured + 1)),
            *(_counters(0, benchmark) for name in counters if name == benchmark),
        )
    )


def two_sided(
    benchmarks: Sequence[str], *, warmups: int, measured: int, counters: Sequence[str], seed: int
) -> tuple[Step, ...]:
    """Base and head in pairs, which of the two comes first drawn at random for every pair."""
    draw = Random(seed)  # noqa: S311 (an order of runs, not a secret)
    steps: list[Step] = []
    for benchmark in benchmarks:
        steps += _warmups(benchmark, (0, 1), warmups)
        for number in range(1, measured + 1):
            first = draw.randrange(2)
            steps += [_measured(side, benchmark, number) for side in (first, 1 - first)]
        steps += [_counters(side, benchmark) for side in (0, 1) if benchmark in counters]
    return tuple(steps)


def _warmups(benchmark: str, sides: Sequence[int], warmups: int) -> list[Step]:
    """Numbers count down to 0, the last warmup."""
    return [
        Step(side=side, benchmark=benchmark, kind=RunKind.WARMUP, number=number)
        for number in range(1 - warmups, 1)
        for side in sides
    ]


def _measured(side: int, benchmark: str, number: int) -> Step:
    return Step(side=side, benchmark=benchmark, kind=RunKind.MEASURED, number=number)


def _counters(side: int, benchmark: str) -> Step:
    return Step(side=side, benchmark=benchmark, kind=RunKind.COUNTERS, number=0)
