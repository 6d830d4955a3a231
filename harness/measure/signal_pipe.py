"""Signals as something to wait for beside a process's pipes: its exit (SIGCHLD), and requests to stop.

Signals only become readable here; nothing is raised in the middle of other work, so there is no moment in which Ctrl-C
could leave a process behind. Main thread only, as Python's signal handling is.
"""

import os
import signal
from types import FrameType, TracebackType
from typing import Self

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_READ_BYTES = 4096


class SignalPipe:
    """While entered, SIGCHLD and the stop signals arrive through `fileno()`; earlier handlers come back afterwards.

    A stop signal that was ignored before (nohup) stays ignored. `stop_requested` holds after leaving, too.
    """

    def __init__(self) -> None:
        self.stop_requested = False

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        kept = {number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN}
        self._handlers = {number: signal.signal(number, _arrives_by_pipe) for number in (signal.SIGCHLD, *kept)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._wakeup)
        self.read()  # what arrived since the last look must not be lost
        os.close(self._reader)
        os.close(self._writer)

    def fileno(self) -> int:
        """The descriptor that is readable when a signal has arrived."""
        return self._reader

    def read(self) -> frozenset[int]:
        """The signals that arrived since the last call, without waiting."""
        try:
            arrived = frozenset(os.read(self._reader, _READ_BYTES))
        except BlockingIOError:
            return frozenset()
        self.stop_requested = self.stop_requested or bool(arrived & STOP_SIGNALS)
        return arrived


def _arrives_by_pipe(_number: int, _frame: FrameType | None) -> None:
    """Being set is all it does: Python writes a signal to the wake-up descriptor only where a handler is set."""
