"""Blocks of bytes → whole lines with their numbers, and which run each belongs to. Pure; holds one block at a time."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec
import numpy as np

from harness.formats.protocol import Chunk
from harness.spans.model import Issue

MAX_LINE_BYTES = 32 << 20
"""No program prints such a line of text; without a limit one file without line ends would fill the memory."""


class LineBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Whole lines (the file's last one may lack its newline), the first of which has the number `first_line`.

    A line that was too long stands as an empty one, and as an issue.
    """

    data: bytes
    first_line: int
    count: int
    issues: tuple[Issue, ...] = ()

    def chunk(self) -> Chunk:
        """The lines as a format takes them."""
        return Chunk(data=self.data, numbers=range(self.first_line, self.first_line + self.count))


def line_blocks(blocks: Iterable[bytes]) -> Iterator[LineBlock]:
    """The blocks cut at line ends."""
    waiting, first_line, too_long = bytearray(), 1, False
    for block in chain(blocks, [None]):
        waiting += block or (b"\n" if block is None and too_long and not waiting else b"")
        end = waiting.rfind(b"\n") + 1 if block is not None else len(waiting)
        if not end:
            if len(waiting) > MAX_LINE_BYTES:
                waiting, too_long = bytearray(), True
            continue
        data = bytes(memoryview(waiting)[:end])
        del waiting[:end]
        issues: tuple[Issue, ...] = ()
        if too_long:  # what has come since is the end of that line
            data, too_long = data[data.find(b"\n") :] if b"\n" in data else b"\n", False
            issues = (Issue(line=first_line, message=f"a line of over {MAX_LINE_BYTES >> 20} MiB was passed over"),)
        count = count_lines(data)
        yield LineBlock(data=data, first_line=first_line, count=count, issues=issues)
        first_line += count


def count_lines(data: bytes) -> int:
    """Lines in some text; an unfinished last one counts."""
    breaks = int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))
    return breaks + (bool(data) and not data.endswith(b"\n"))


class RunLines(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines of a file are a run's, and which of those came from stderr (closed ranges)."""

    first_line: int
    last_line: int
    stderr_lines: tuple[tuple[int, int], ...] = ()


class RunPiece(msgspec.Struct, frozen=True, kw_only=True):
    """Some lines of one run, by stream. Of a capture both streams are the same lines, for nobody can tell."""

    run: int
    stdout: Chunk
    stderr: Chunk
    issues: tuple[Issue, ...] = ()


def pieces_of_runs(blocks: Iterable[LineBlock], runs: Sequence[RunLines], *, merged: bool) -> Iterator[RunPiece]:
    """The lines of each run, in order; lines of no run are left out. `merged`: the file does not tell the streams."""
    waiting = deque(sorted(range(len(runs)), key=lambda index: runs[index].first_line))
    for block in blocks:
        last_line = block.first_line + block.count - 1
        while waiting and runs[waiting[0]].first_line <= last_line:
            run = runs[waiting[0]]
            first, last = max(run.first_line, block.first_line), min(run.last_line, last_line)
            if first <= last:
                whole = _lines(block, first, last)
                stdout, stderr = (whole, whole) if merged else _by_stream(whole, run.stderr_lines)
                issues = tuple(issue for issue in block.issues if first <= issue.line <= last)
                yield RunPiece(run=waiting[0], stdout=stdout, stderr=stderr, issues=issues)
            if run.last_line > last_line:
                break
            waiting.popleft()


def _lines(block: LineBlock, first: int, last: int) -> Chunk:
    numbers = range(first, last + 1)
    if len(numbers) == block.count:
        return block.chunk()
    ends = _line_ends(block.data)
    skipped = first - block.first_line
    start = int(ends[skipped - 1]) if skipped else 0
    return Chunk(data=block.data[start : int(ends[skipped + len(numbers) - 1])], numbers=numbers)


def _by_stream(whole: Chunk, stderr_lines: Sequence[tuple[int, int]]) -> tuple[Chunk, Chunk]:
    first, last = whole.numbers[0], whole.numbers[-1]
    inside = [(max(low, first), min(high, last)) for low, high in stderr_lines if low <= last and high >= first]
    if not inside:
        return whole, Chunk(data=b"", numbers=range(0))
    from_stderr = np.zeros(len(whole.numbers), np.bool_)
    for low, high in inside:
        from_stderr[low - first : high - first + 1] = True
    return _chosen(whole, ~from_stderr), _chosen(whole, from_stderr)


def _chosen(whole: Chunk, mask: np.ndarray) -> Chunk:
    ends = _line_ends(whole.data)
    starts = np.append(0, ends[:-1])
    view = memoryview(whole.data)
    data = b"".join(view[start:end] for start, end in zip(starts[mask].tolist(), ends[mask].tolist(), strict=True))
    return Chunk(data=data, numbers=np.asarray(whole.numbers)[mask].tolist())


def _line_ends(data: bytes) -> np.ndarray:
    """Where each line ends, its newline included."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1
    return ends if data.endswith(b"\n") else np.append(ends, len(data))
