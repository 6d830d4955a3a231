"""A capture file → its runs.

Hand-made and our own raw logs share one form: `===== warmup =====`, `===== measured run N =====`.
"""

import re
from collections.abc import Iterator

import msgspec

from harness.recording.manifest import RunKind

_SECTION = re.compile(r"^===== (?:(warmup)|measured run (\d{1,6})|(counters)) =====$")
_HEADER = re.compile(r"^# (Timestamp|Command): (.*)$")


class RunText(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of one run in a capture; line numbers count from 1 in the file and include the section line."""

    kind: RunKind
    number: int
    first_line: int
    last_line: int
    lines: tuple[tuple[int, str], ...]


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """A capture's header values, where it has them, and its runs in file order."""

    timestamp: str | None
    command: str | None
    runs: tuple[RunText, ...]


def section_title(kind: RunKind, number: int) -> str:
    """The words between the `=====` marks of a run's section."""
    return f"measured run {number}" if kind is RunKind.MEASURED else kind.value


def split_capture(text: str) -> Capture:
    """Cuts a capture at its section lines. Text without any is one measured run."""
    lines = list(enumerate(text.removesuffix("\n").split("\n"), start=1)) if text else []
    starts = [index for index, (_, line) in enumerate(lines) if _SECTION.match(line.rstrip("\r"))]
    header = dict(_header(lines[: starts[0]] if starts else lines[:10]))
    if not starts:
        runs: tuple[RunText, ...] = (_run_text(RunKind.MEASURED, 1, lines),) if lines else ()
    else:
        runs = tuple(_sections(lines, starts))
    return Capture(timestamp=header.get("Timestamp"), command=header.get("Command"), runs=runs)


def _header(lines: list[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    for _, line in lines:
        if match := _HEADER.match(line.rstrip("\r")):
            yield match[1], match[2]


def _sections(lines: list[tuple[int, str]], starts: list[int]) -> Iterator[RunText]:
    warmups = 0
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = _SECTION.match(lines[start][1].rstrip("\r"))
        if match is None:  # `starts` holds section lines only
            continue
        if match[1]:
            kind, number, warmups = RunKind.WARMUP, -warmups, warmups + 1
        elif match[2]:
            kind, number = RunKind.MEASURED, int(match[2])
        else:
            kind, number = RunKind.COUNTERS, 0
        yield _run_text(kind, number, lines[start:end])


def _run_text(kind: RunKind, number: int, lines: list[tuple[int, str]]) -> RunText:
    return RunText(kind=kind, number=number, first_line=lines[0][0], last_line=lines[-1][0], lines=tuple(lines))
