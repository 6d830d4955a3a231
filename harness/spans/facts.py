"""What a run's text says about the run itself: panics, tests executed, the workload that was proven."""

import re
from collections.abc import Iterable

from harness.recording.manifest import Workload
from harness.spans.forest import ANSI
from harness.spans.model import Event

_PANIC = re.compile(r"^ *(?:test \S+ \.\.\. )?thread '.*' (?:\(\d+\) )?panicked at ")
_TEST_RESULT = re.compile(r"^ *test result: (ok|FAILED)\. ([0-9]{1,9}) passed; ([0-9]{1,9}) failed;")
_CELLS = re.compile(r"^(\w+_cells) = ([0-9][0-9_]*)(?: |$)")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
_AIR_DEGREE = " | Constraint Deg = "
_AIR_INTERACTIONS = re.compile(r" *([0-9]{1,9}) Interactions")
_STACKED_MATRIX = "stacked_matrix_dimensions"


def panic_line(lines: Iterable[tuple[int, str]]) -> int | None:
    """The line number of the first panic message.

    A panic inflates the spans around it, even where the process lives.
    """
    return next((number for number, text in lines if _PANIC.match(ANSI.sub("", text))), None)


def tests_executed(lines: Iterable[tuple[int, str]]) -> int | None:
    """Tests that ran, summed over every test binary's `test result:` line; None where there is no such line."""
    counts = [int(match[2]) + int(match[3]) for _, text in lines if (match := _test_result(text))]
    return sum(counts) if counts else None


def failed_test_line(lines: Iterable[tuple[int, str]]) -> int | None:
    """The line number of the first test binary that failed."""
    return next((number for number, text in lines if (match := _test_result(text)) and match[1] == "FAILED"), None)


def _test_result(text: str) -> re.Match[str] | None:
    """One test binary's closing line, coloured or not, indented by nextest or not."""
    return _TEST_RESULT.match(ANSI.sub("", text))


def most_verbose(levels: Iterable[str]) -> str | None:
    """The most verbose of the levels seen: logging inside spans costs time, so it is part of what was timed."""
    found = set(levels)
    return next((level for level in ("TRACE", "DEBUG", "INFO", "WARN", "ERROR") if level in found), None)


def workload_of(events: Iterable[Event]) -> Workload:
    """What was proven, as OpenVM's keygen and commit events state it; times are comparable only where this is equal."""
    cells: dict[str, int] = {}
    airs: list[str] = []
    for event in events:
        message = event.message or ""
        if match := _CELLS.match(message):
            stated = [(match[1], match[2].replace("_", ""))]
        elif message == _STACKED_MATRIX:
            stated = [(f"stacked_matrix_{key}", value) for key, value in event.fields]
        else:
            stated = []
            if _air_interactions(message) is not None:
                airs.append(" ".join(message.split()))
        for name, value in stated:
            if _WHOLE_NUMBER.fullmatch(value):
                cells.setdefault(name, int(value))
    return Workload(cells=cells, airs=tuple(airs))


def interactions(workload: Workload) -> int | None:
    """Interactions of all AIRs together; None where the log names no AIR."""
    counts = [count for line in workload.airs if (count := _air_interactions(line)) is not None]
    return sum(counts) if counts else None


def _air_interactions(line: str) -> int | None:
    """The last column of keygen's line of an AIR; None for any other text."""
    name, found, columns = line.partition(_AIR_DEGREE)
    match = _AIR_INTERACTIONS.fullmatch(columns.rpartition("|")[2]) if found and name.strip() else None
    return int(match[1]) if match else None
