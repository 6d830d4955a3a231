"""What one run printed, read back from its log block by block."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

_BLOCK_BYTES = 1 << 20
_LINE_BYTES = 16 << 20

Lines = tuple[bytes, Sequence[int]]
"""Whole lines, and their numbers."""


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """A run's part of a log, from byte `offset` and line `first_line` to the log's end, by stream.

    `wrote_files`: the program also wrote files of its own.
    """

    path: Path
    offset: int
    first_line: int
    stderr_lines: tuple[tuple[int, int], ...]
    wrote_files: bool

    def stdout(self) -> Iterator[Lines]:
        """The lines of stdout. Raises OSError."""
        return self._stream(from_stderr=False)

    def stderr(self) -> Iterator[Lines]:
        """The lines of stderr. Raises OSError."""
        return self._stream(from_stderr=True)

    def _stream(self, *, from_stderr: bool) -> Iterator[Lines]:
        if from_stderr and not self.stderr_lines:
            return
        for data, first in self._blocks():
            last = first + data.count(b"\n") - 1
            ranges = [one for one in self.stderr_lines if one[0] <= last and one[1] >= first]
            if not ranges:
                if not from_stderr:
                    yield data, range(first, last + 1)
                continue
            chosen = {number for low, high in ranges for number in range(max(low, first), min(high, last) + 1)}
            lines = enumerate(_lines(data), start=first)
            kept = [(number, line) for number, line in lines if (number in chosen) is from_stderr]
            yield b"".join(line for _, line in kept), [number for number, _ in kept]

    def _blocks(self) -> Iterator[tuple[bytes, int]]:
        """Whole lines with the number of the first; every line of a log ends with a newline."""
        line = self.first_line
        with self.path.open("rb") as file:
            file.seek(self.offset)
            while data := file.read(_BLOCK_BYTES):
                data += file.readline(_LINE_BYTES)
                yield data, line
                line += data.count(b"\n")


def _lines(data: bytes) -> list[bytes]:
    """Each line with its newline; only one that is longer than a block may lack it."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])
