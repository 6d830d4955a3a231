"""Talk on stderr: remarks that stay, and a status line that a terminal redraws."""

from typing import TextIO

_CLEAR_LINE = "\r\x1b[2K"


class Talk:
    """Where progress and remarks go: nowhere, unless the command line says otherwise."""

    def __call__(self, line: str) -> None:
        """One remark, which stays."""

    def status(self, line: str) -> None:
        """Where things stand; the next one may take its place, and an empty one clears it."""


class TerminalTalk(Talk):
    """Talk on a stream. It writes only when told to: nothing of it runs while a program is measured."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._redraws = stream.isatty()

    def __call__(self, line: str) -> None:
        """One remark, above the status line."""
        self._write((_CLEAR_LINE if self._redraws else "") + line + "\n")

    def status(self, line: str) -> None:
        """Redraws the status line; without a terminal every status is a line of its own."""
        if self._redraws:
            self._write(_CLEAR_LINE + line)
        elif line:
            self._write(line + "\n")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
