"""What a run's text says about the run itself: panics, tests executed, the workload that was proven."""

import re
from collections.abc import Iterable

from harness.recording.manifest import Workload
from harness.spans.model import Event

_PANIC = re.compile(r"^thread '.*' (?:\(\d+\) )?panicked at ")
_TEST_RESULT = re.compile(r"^test result: (ok|FAILED)\. (\d+) passed; (\d+) failed;")
_CELLS = re.compile(r"^(\w+_cells) = (\d[\d_]*)(?: |$)")
_AIR = re.compile(r"^(.*\S)\s+\| Constraint Deg = .*\|\s*(\d+) Interactions$")
_STACKED_MATRIX = "stacked_matrix_dimensions"


def panic_line(lines: Iterable[tuple[int, str]]) -> int | None:
    """The line number of the first panic message.

    A panic inflates the spans around it, even where the process lives.
    """
    return next((number for number, text in lines if _PANIC.match(text)), None)


def tests_executed(lines: Iterable[tuple[int, str]]) -> int | None:
    """Tests that ran, summed over every test binary's `test result:` line; None where there is no such line."""
    counts = [int(match[2]) + int(match[3]) for _, text in lines if (match := _TEST_RESULT.match(text))]
    return sum(counts) if counts else None


def failed_test_line(lines: Iterable[tuple[int, str]]) -> int | None:
    """The line number of the first test binary that failed."""
    return next((n for n, text in lines if (match := _TEST_RESULT.match(text)) and match[1] == "FAILED"), None)


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
            cells.setdefault(match[1], int(match[2].replace("_", "")))
        elif message == _STACKED_MATRIX:
            for key, value in event.fields:
                if value.isdigit():
                    cells.setdefault(f"stacked_matrix_{key}", int(value))
        elif _AIR.match(message):
            airs.append(" ".join(message.split()))
    return Workload(cells=cells, airs=tuple(airs))


def interactions(workload: Workload) -> int | None:
    """Interactions of all AIRs together; None where the log names no AIR."""
    counts = [int(match[2]) for line in workload.airs if (match := _AIR.match(line))]
    return sum(counts) if counts else None
