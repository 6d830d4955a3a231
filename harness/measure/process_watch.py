"""Watching one running process: draining its pipes, seeing its exit, pushing it to end where it must.

While the process runs, the harness sleeps in one `select` and wakes only for output, for the exit and for Ctrl-C: no
threads, no timers, no sampling. The pipes are read to their end and never closed early, because a tracing-forest
program panics on a broken pipe.
"""

import os
import resource
import selectors
import signal
import subprocess
import time
from enum import Enum, auto
from functools import partial
from typing import IO

import msgspec

from harness.errors import StoreError
from harness.measure.line_log import LineLog, Stream
from harness.measure.process_group import END_GRACE_S, end_group, living_members, signal_group, wait_until_empty
from harness.measure.signal_pipe import STOP_SIGNALS, SignalPipe

LINGER_GRACE_S = 1.0
"""How long processes that the program started may outlive it before they are ended."""

_READ_BYTES = 1 << 18
_LONGEST_SELECT_S = 3600.0  # epoll refuses timeouts beyond 2^31 ms


class ProcessExit(msgspec.Struct, frozen=True, kw_only=True):
    """How the process ended: `code` as in subprocess, `seen_ns` on the clock of `time.perf_counter_ns`."""

    code: int
    seen_ns: int
    usage: resource.struct_rusage


class _Step(Enum):
    """How far the process has been pushed to end."""

    RUNNING = auto()
    TERMINATED = auto()
    KILLED = auto()


class ProcessWatch:
    """One process that leads its own group, and what was seen of it so far.

    `log_error` is set when the log could not be written; the group is ended then, too.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], log: LineLog, signals: SignalPipe, *, timeout_s: float
    ) -> None:
        self.log_error: StoreError | None = None
        self.timed_out = False
        self.unterminated = False
        self.notes: list[str] = []
        self._process = process
        self._log = log
        self._signals = signals
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._step = _Step.RUNNING
        self._exit: ProcessExit | None = None
        self._pipes = _pipes_of(process)

    def until_ended(self) -> ProcessExit:
        """Drain both pipes until they are closed and the process has ended; leaves nothing of its group running."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._signals, selectors.EVENT_READ, self._take_signals)
            for stream, pipe in self._pipes.items():
                selector.register(pipe, selectors.EVENT_READ, partial(self._drain, stream, selector))
            while self._exit is None or self._pipes:
                left_s = self._deadline - time.monotonic()
                for key, _ in selector.select(min(max(left_s, 0.0), _LONGEST_SELECT_S)):
                    key.data()
                if time.monotonic() >= self._deadline:
                    self._push()
        self._end_stragglers()
        return self._exit

    def leave_nothing(self) -> None:
        """After an error anywhere: the process is not left running, nor its pipes open."""
        if self._exit is None:
            signal_group(self._process.pid, signal.SIGKILL)
            self._reap(0)
        for pipe in self._pipes.values():
            pipe.close()

    def _drain(self, stream: Stream, selector: selectors.BaseSelector) -> None:
        data = os.read(self._pipes[stream].fileno(), _READ_BYTES)
        if data:
            self._keep(data, stream)
        else:
            selector.unregister(self._pipes[stream])
            self._end_stream(stream)

    def _end_stream(self, stream: Stream) -> None:
        self._pipes.pop(stream).close()
        self._keep(b"", stream)

    def _keep(self, data: bytes, stream: Stream) -> None:
        """Into the log; no data is the stream's end. After a failed write the rest is drained and dropped."""
        if self.log_error is not None:
            return
        try:
            if data:
                self._log.append(data, stream)
            elif self._log.end_stream(stream):
                self.unterminated = True
        except StoreError as error:
            self.log_error = error
            self._terminate()

    def _take_signals(self) -> None:
        arrived = self._signals.read()
        if signal.SIGCHLD in arrived:
            self._reap(os.WNOHANG)
        if not arrived & STOP_SIGNALS:
            return
        if self._step is _Step.RUNNING:
            self._terminate()
        else:  # asked a second time: no more patience
            self._deadline = time.monotonic()

    def _reap(self, options: int) -> None:
        if self._exit is not None:
            return
        pid, status, usage = os.wait4(self._process.pid, options)
        if not pid:
            return
        code = os.waitstatus_to_exitcode(status)
        self._exit = ProcessExit(code=code, seen_ns=time.perf_counter_ns(), usage=usage)
        self._process.returncode = code  # Popen would wait for it otherwise
        if self._step is _Step.RUNNING:
            self._deadline = time.monotonic() + LINGER_GRACE_S

    def _push(self) -> None:
        """The deadline of this step has passed: take the next one."""
        if self._step is _Step.RUNNING:
            self._push_running()
        elif self._step is _Step.TERMINATED:
            self._step = _Step.KILLED
            signal_group(self._process.pid, signal.SIGKILL)
            self._deadline = time.monotonic() + LINGER_GRACE_S
        elif self._exit is not None:
            self._give_up_pipes()
        else:  # only the kernel can end it now
            self._deadline = float("inf")

    def _push_running(self) -> None:
        if self._exit is None:
            self.timed_out = True
            self.notes.append(f"ended by the harness at its time limit of {self._timeout_s:g} s")
            self._terminate()
        elif living_members(self._process.pid):
            self._note_stragglers()
            self._terminate()
        else:
            self._give_up_pipes()

    def _terminate(self) -> None:
        self._step = _Step.TERMINATED
        signal_group(self._process.pid, signal.SIGTERM)
        self._deadline = time.monotonic() + END_GRACE_S

    def _give_up_pipes(self) -> None:
        """Whoever holds the pipes left the process's group, so it is not ours to end, nor to wait for."""
        self.notes.append(
            f"a process outside its group still held its output {LINGER_GRACE_S:g} s after its exit: "
            "what that prints from then on is not in the log"
        )
        for stream in tuple(self._pipes):
            self._end_stream(stream)

    def _end_stragglers(self) -> None:
        """Processes of the group that live on without its pipes would disturb the next measurement."""
        group = self._process.pid
        if self._step is _Step.RUNNING:
            if wait_until_empty(group, limit_s=LINGER_GRACE_S):
                return
            self._note_stragglers()
        if living_members(group):
            end_group(group)

    def _note_stragglers(self) -> None:
        count = len(living_members(self._process.pid))
        self.notes.append(
            f"{count} process(es) it had started still ran {LINGER_GRACE_S:g} s after its exit and were ended"
        )


def _pipes_of(process: subprocess.Popen[bytes]) -> dict[Stream, IO[bytes]]:
    pipes = {Stream.STDOUT: process.stdout, Stream.STDERR: process.stderr}
    return {stream: pipe for stream, pipe in pipes.items() if pipe is not None}
