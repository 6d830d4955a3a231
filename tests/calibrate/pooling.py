"""Sessions of a capture together, and the worst of them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from tests.calibrate.captures import Capture
from tests.calibrate.draws import Arrangement
from tests.calibrate.measuring import RUNS, CellResult, Measured
from tests.calibrate.rates import Rate

Result = TypeVar("Result")


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The sessions of a capture, dealt in one way into so many runs a side."""

    capture: Capture
    arrangement: Arrangement
    runs: int
    cells: tuple[CellResult, ...]

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.capture.name}, {self.arrangement}, n = {self.runs}"


def groups(measured: Sequence[Measured]) -> Iterator[Group]:
    """In the order of the page."""
    for one in measured:
        for arrangement in Arrangement:
            for runs in RUNS:
                cells = tuple(cell for cell in one.cells if (cell.arrangement, cell.runs) == (arrangement, runs))
                if cells:
                    yield Group(capture=one.capture, arrangement=arrangement, runs=runs, cells=cells)


def pooled(results: Sequence[Result], rate_of: Callable[[Result], Rate]) -> Rate:
    """All sessions' comparisons together."""
    rates = [rate_of(one) for one in results]
    return Rate(sum(rate.hits for rate in rates), sum(rate.trials for rate in rates))


def extreme(results: Sequence[Result], rate_of: Callable[[Result], Rate], *, highest: bool) -> Rate:
    """The session with the highest rate, or the lowest."""
    rates = sorted((rate_of(one) for one in results), key=lambda rate: rate.percent)
    return rates[-1 if highest else 0]
