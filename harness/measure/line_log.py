"""The raw log of one benchmark: every line its processes printed, byte for byte, in order of arrival.

Two pipes become one file, so each stream's unfinished line waits for its newline before it is written, and the lines
that came from stderr are remembered by number. Nothing is decoded, dropped or reordered here; what the lines mean is
not this module's business.
"""

import errno
import os
from enum import StrEnum
from functools import partial
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.errors import StoreError

_READ_BYTES = 1 << 20
_WAYS_OUT = {
    errno.ENOSPC: "Free space on that disk, or choose another store with --store.",
    errno.EDQUOT: "Your quota there is used up: free space, or choose another store with --store.",
    errno.EROFS: "That disk is read-only: choose another store with --store.",
    errno.EACCES: "Make it writable for you, or choose another store with --store.",
}
_OTHER_WAY_OUT = "Check that disk, or choose another store with --store."


class Stream(StrEnum):
    """Where a line came from."""

    STDOUT = "stdout"
    STDERR = "stderr"


class LineLog:
    """A log file opened for append, which counts its lines; a line ends at a newline byte and nowhere else.

    Every append is written through to the operating system at once: a killed harness loses nothing that arrived.
    A write that fails raises StoreError naming the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = FileIO(path, "a+")
            self._lines = _lines_in(self._file)
        except OSError as error:
            raise _cannot("open", path, error) from None
        self.begin_run()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what the disk has not yet is not waited for (see `flush_to_disk`)."""
        self._file.close()

    def begin_run(self) -> None:
        """What is appended from here on is the present run."""
        self._before = self._lines
        self._waiting = {stream: bytearray() for stream in Stream}
        self._stderr_lines: list[tuple[int, int]] = []

    @property
    def first_line(self) -> int:
        """Number of the present run's first line, counted from 1; above `last_line` while it has none."""
        return self._before + 1

    @property
    def last_line(self) -> int:
        """Number of the last line in the file."""
        return self._lines

    @property
    def stderr_lines(self) -> tuple[tuple[int, int], ...]:
        """The present run's lines that came from stderr, as closed ranges of line numbers."""
        return tuple(self._stderr_lines)

    def section(self, title: str) -> None:
        """Write the line `===== title =====`."""
        self._write(f"===== {title} =====\n".encode())
        self._lines += 1

    def append(self, data: bytes, stream: Stream) -> None:
        """Write the lines that `data` completes; an unfinished one waits for the rest of it."""
        waiting = self._waiting[stream]
        end = data.rfind(b"\n") + 1
        if not end:
            waiting += data  # grows in place: a line of 100 MB costs what it weighs
            return
        waiting += data[:end]
        self._waiting[stream] = bytearray(data[end:])
        self._write_lines(waiting, stream)

    def end_stream(self, stream: Stream) -> bool:
        """Write the unfinished last line of a stream, with a newline added so that the next line starts afresh.

        Returns whether there was one.
        """
        rest = self._waiting[stream]
        if not rest:
            return False
        self._waiting[stream] = bytearray()
        rest += b"\n"
        self._write_lines(rest, stream)
        return True

    def flush_to_disk(self) -> None:
        """Return when the disk has everything written so far."""
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _cannot("write", self.path, error) from None

    def _write_lines(self, lines: bytearray, stream: Stream) -> None:
        self._write(lines)
        first = self._lines + 1
        self._lines += lines.count(b"\n")
        if stream is Stream.STDERR:
            self._note_stderr(first)

    def _note_stderr(self, first: int) -> None:
        ranges = self._stderr_lines
        if ranges and ranges[-1][1] == first - 1:
            first = ranges.pop()[0]
        ranges.append((first, self._lines))

    def _write(self, data: bytes | bytearray) -> None:
        rest = memoryview(data)
        try:
            while rest:  # a nearly full disk takes less than it is given
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise _cannot("write", self.path, error) from None


def _lines_in(file: FileIO) -> int:
    if not os.fstat(file.fileno()).st_size:  # devices say 0, and some have no end
        return 0
    file.seek(0)
    return sum(chunk.count(b"\n") for chunk in iter(partial(file.read, _READ_BYTES), b""))


def _cannot(verb: str, path: Path, error: OSError) -> StoreError:
    hint = _WAYS_OUT.get(error.errno or 0, _OTHER_WAY_OUT)
    return StoreError(f"Cannot {verb} the log {path}: {error.strerror}.", hint=hint)
