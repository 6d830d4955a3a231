"""Comparisons drawn from real runs: who is base and who is head, and a change put into the head's printed times."""

from collections.abc import Sequence
from enum import StrEnum
from random import Random

import msgspec

from harness.compare.rank_interval import Round
from harness.compare.rounds import ROUND_RUNS, Sample, Stratum, rounds_of
from harness.units import NS_PER_MS, parse_duration

UNITS = (("ns", 1), ("µs", 10**3), ("ms", 10**6), ("s", 10**9))


class Arrangement(StrEnum):
    """How runs of one session become base and head."""

    SPLIT = "random split"
    INTERLEAVED = "interleaved"


class Deal(msgspec.Struct, frozen=True):
    """Which runs of a session are base's and head's, in the order in which they fill the rounds."""

    base: tuple[int, ...]
    head: tuple[int, ...]


def deal(random: Random, arrangement: Arrangement, session_runs: int, runs: int) -> Deal:
    """`runs` runs a side. Interleaved: consecutive runs by pairs, which of a pair is base drawn for each."""
    if arrangement is Arrangement.SPLIT:
        chosen = random.sample(range(session_runs), 2 * runs)
        return Deal(tuple(chosen[:runs]), tuple(chosen[runs:]))
    first = random.randrange(session_runs - 2 * runs + 1)
    flips = [random.getrandbits(1) for _ in range(runs)]
    base = tuple(first + 2 * pair + flip for pair, flip in enumerate(flips))
    head = tuple(first + 2 * pair + 1 - flip for pair, flip in enumerate(flips))
    return Deal(base, head)


def taken(series: Sequence[Sample], indices: Sequence[int]) -> list[Sample]:
    """These runs' samples."""
    return [series[index] for index in indices]


def in_rounds(base: Sequence[Sample], head: Sequence[Sample]) -> tuple[Round, ...]:
    """The rounds of 5 + 5 that a comparison makes of them; the last takes what is left over."""
    last = max(1, len(base) // ROUND_RUNS) - 1

    def stratum(number: int) -> Stratum:
        return min(number // ROUND_RUNS, last), 0

    return rounds_of(dict(enumerate(base)), dict(enumerate(head)), stratum, stratum)


def changed(random: Random, samples: Sequence[Sample], factor: float) -> list[Sample]:
    """The times multiplied and printed again.

    A printed time is rounded already; multiplying it and rounding once more would make +5 % of 118 ms +5.1 %. So the
    true time is drawn first, uniformly from the interval of times that print so.
    """
    return [printed(random.uniform(one.low, one.high) * factor) for one in samples]


def printed(time_ms: float) -> Sample:
    """A time as tracing prints it, with what that can mean: three digits, their place decided before rounding."""
    ns = time_ms * NS_PER_MS
    name, worth = next((one for one in reversed(UNITS) if ns >= one[1]), UNITS[0])
    value = ns / worth
    decimals = 0 if worth == 1 else 2 if value < 10 else 1 if value < 100 else 0
    shown = parse_duration(f"{value:.{decimals}f}", name)
    return Sample(shown.ns / NS_PER_MS, shown.low_ns / NS_PER_MS, shown.high_ns / NS_PER_MS)
