"""What a capture is, before it is read: its header, its sections, whether its last line is whole."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from harness.ingest.lines import LineBlock
from harness.recording.manifest import RunKind, RunRecord
from harness.spans.capture import SECTION

_HEADER = re.compile(rb"^# (Timestamp|Command): ([^\r\n]*)", re.MULTILINE)
_HEADER_BYTES = 4096
_SECTION_MARK = b"===== "


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A capture's header values, where it has them, and its runs in file order: of text without sections one."""

    timestamp: str | None
    command: str | None
    runs: tuple[RunRecord, ...]
    ends_with_newline: bool


def survey(blocks: Iterable[LineBlock], benchmark: str) -> Survey:
    """Looks through a capture's lines once."""
    sections: list[tuple[int, RunKind, int]] = []
    head = b""
    last_line, ends_with_newline, warmups = 0, True, 0
    for block in blocks:
        head += block.data[: _HEADER_BYTES - len(head)]
        for line, kind, number in _sections(block):
            sections.append((line, kind, -warmups if kind is RunKind.WARMUP else number))
            warmups += kind is RunKind.WARMUP
        last_line = block.first_line + block.count - 1
        ends_with_newline = block.data.endswith(b"\n")
    header = _header(head)
    return Survey(
        timestamp=header.get("Timestamp"),
        command=header.get("Command"),
        runs=tuple(_runs(benchmark, sections, last_line)),
        ends_with_newline=ends_with_newline,
    )


def _header(head: bytes) -> dict[str, str]:
    """The values above the first section."""
    above = head.partition(_SECTION_MARK)[0]
    return {match[1].decode(): match[2].decode("utf-8", "replace") for match in _HEADER.finditer(above)}


def _sections(block: LineBlock) -> Iterator[tuple[int, RunKind, int]]:
    if _SECTION_MARK not in block.data:
        return
    line, start = block.first_line, 0
    for match in SECTION.finditer(block.data):
        line += block.data.count(b"\n", start, match.start())
        start = match.start()
        if match["measured"]:
            yield line, RunKind.MEASURED, int(match["measured"])
        else:
            yield line, RunKind(match["other"].decode()), 0


def _runs(benchmark: str, sections: list[tuple[int, RunKind, int]], last_line: int) -> Iterator[RunRecord]:
    if not sections and last_line:
        yield RunRecord(benchmark=benchmark, kind=RunKind.MEASURED, number=1, first_line=1, last_line=last_line)
    ends = [line - 1 for line, _, _ in sections[1:]]
    for (line, kind, number), end in zip(sections, [*ends, last_line], strict=False):
        yield RunRecord(benchmark=benchmark, kind=kind, number=number, first_line=line, last_line=end)
