"""What a run's text says about the run itself: panics, tests executed, the workload that was proven."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.recording.manifest import Workload
from harness.spans.ansi import ANSI
from harness.spans.model import LEVELS, Fields

_PANIC = re.compile(r"^ *(?:test \S+ \.\.\. )?thread '.*' (?:\(\d+\) )?panicked at ")
_TEST_RESULT = re.compile(r"^ *test result: (ok|FAILED)\. ([0-9]{1,9}) passed; ([0-9]{1,9}) failed;")
_CELLS = re.compile(r"^(\w+_cells) = ([0-9][0-9_]*)(?: |$)")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
_AIR_DEGREE = " | Constraint Deg = "
_AIR_INTERACTIONS = re.compile(r" *([0-9]{1,9}) Interactions")
_STACKED_MATRIX = "stacked_matrix_dimensions"
_MAX_AIRS = 10_000
"""No program has so many; a log of endless proofs repeats its few."""


@dataclass(slots=True)
class Words:
    """What a run's text said so far: the first panic, the first failed test binary, the tests executed by all.

    `tests_executed` is None while no test binary has reported. A panic inflates the spans around it, even where the
    process lives.
    """

    panic_line: int | None = None
    failed_test_line: int | None = None
    tests_executed: int | None = None

    def hear_stderr(self, data: bytes, numbers: Sequence[int]) -> None:
        """Whole lines of stderr, and their numbers."""
        if self.panic_line is None:
            found = (number for number, text in _lines_with(data, numbers, b"panicked at ") if _PANIC.match(text))
            self.panic_line = next(found, None)

    def hear_stdout(self, data: bytes, numbers: Sequence[int]) -> None:
        """Whole lines of stdout, and their numbers."""
        for number, text in _lines_with(data, numbers, b"test result: "):
            if match := _TEST_RESULT.match(text):
                self.tests_executed = (self.tests_executed or 0) + int(match[2]) + int(match[3])
                if match[1] == "FAILED" and self.failed_test_line is None:
                    self.failed_test_line = number


def _lines_with(data: bytes, numbers: Sequence[int], words: bytes) -> Iterator[tuple[int, str]]:
    """The lines that hold some words, without colours, with their numbers."""
    index, counted = 0, 0
    at = data.find(words)
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        end = end if end >= 0 else len(data)
        index += data.count(b"\n", counted, start)
        counted = start
        yield numbers[index], ANSI.sub("", data[start:end].decode("utf-8", "replace"))
        at = data.find(words, end)


def most_verbose(levels: Iterable[str]) -> str | None:
    """The most verbose of the levels seen: logging inside spans costs time, so it is part of what was timed."""
    found = set(levels)
    return next((level for level in LEVELS if level in found), None)


CELLS_WORDS, MATRIX_WORDS, AIR_WORDS = "_cells = ", _STACKED_MATRIX, _AIR_DEGREE
WORKLOAD_WORDS = (CELLS_WORDS, MATRIX_WORDS, AIR_WORDS)
"""One of these is in the message of every event that states something of the workload."""


class StatedWorkload:
    """What was proven, as OpenVM's keygen and commit events state it; times are comparable only where this is equal."""

    def __init__(self) -> None:
        self._cells: dict[str, int] = {}
        self._airs: list[str] = []

    def add(self, message: str, fields: Fields) -> None:
        """Takes up what an event states; what was stated before stays."""
        if match := _CELLS.match(message):
            stated = [(match[1], match[2].replace("_", ""))]
        elif message == _STACKED_MATRIX:
            stated = [(f"stacked_matrix_{key}", value) for key, value in fields]
        else:
            stated = []
            if len(self._airs) < _MAX_AIRS and _air_interactions(message) is not None:
                self._airs.append(" ".join(message.split()))
        for name, value in stated:
            if _WHOLE_NUMBER.fullmatch(value):
                self._cells.setdefault(name, int(value))

    @property
    def workload(self) -> Workload:
        """All that was stated so far."""
        return Workload(cells=dict(self._cells), airs=tuple(self._airs))


def interactions(workload: Workload) -> int | None:
    """Interactions of all AIRs together; None where the log names no AIR."""
    counts = [count for line in workload.airs if (count := _air_interactions(line)) is not None]
    return sum(counts) if counts else None


def _air_interactions(line: str) -> int | None:
    """The last column of keygen's line of an AIR; None for any other text."""
    name, found, columns = line.partition(_AIR_DEGREE)
    match = _AIR_INTERACTIONS.fullmatch(columns.rpartition("|")[2]) if found and name.strip() else None
    return int(match[1]) if match else None
