"""The order in which the runs of one revision are taken; `measure.turns` has that of two."""

from collections.abc import Sequence

import msgspec

from harness.recording.manifest import RunKind


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One run to take: of which side (0 is the only one, or base), which benchmark, which number.

    `part` is how often the session was taken up again before it.
    """

    side: int
    benchmark: str
    kind: RunKind
    number: int
    part: int = 0


def one_sided(
    benchmarks: Sequence[str], *, warmups: int, measured: int, counters: Sequence[str], instructions: Sequence[str]
) -> tuple[Step, ...]:
    """Each benchmark's warmups, its measured runs, then the counters and instructions runs of those that have them."""
    return tuple(
        step
        for benchmark in benchmarks
        for step in (
            *(_step(benchmark, RunKind.WARMUP, number) for number in range(1 - warmups, 1)),
            *(_step(benchmark, RunKind.MEASURED, number) for number in range(1, measured + 1)),
            *(_step(benchmark, RunKind.COUNTERS, 0) for name in counters if name == benchmark),
            *(_step(benchmark, RunKind.INSTRUCTIONS, 0) for name in instructions if name == benchmark),
        )
    )


def _step(benchmark: str, kind: RunKind, number: int) -> Step:
    """Numbers of warmups count down to 0, the last one."""
    return Step(side=0, benchmark=benchmark, kind=kind, number=number)
