"""One program, run once and measured: its output kept, its resources counted, nothing of it left behind.

What the output means, and whether the run was a good one, is not this module's business.
"""

import errno
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import MeasureError
from harness.measure.line_log import LineLog
from harness.measure.process_watch import ProcessWatch
from harness.measure.signal_pipe import SignalPipe

_KIB = 1024


class ProcessOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one process did and cost. `exit_code` is minus the signal number for a process that a signal ended.

    `started` is UTC (ISO 8601). `wall_ns` is from just before the start until the exit was seen; `user_ns`, `sys_ns`
    and `peak_memory_bytes` are the kernel's count for the process and the descendants it waited for; the peak is None
    where the kernel's figure need not be the program's (`program_peak_bytes`). Lines count from 1 in the log, ranges
    are closed, and a process that printed nothing has its `last_line` below its `first_line`. `unterminated`: the last
    line of one of its streams had no newline, so the log's one was added.
    """

    exit_code: int
    timed_out: bool
    started: str
    wall_ns: int
    user_ns: int
    sys_ns: int
    peak_memory_bytes: int | None
    first_line: int
    last_line: int
    stderr_lines: tuple[tuple[int, int], ...]
    unterminated: bool
    notes: tuple[str, ...]


def run_process(
    argv: Sequence[str],
    *,
    directory: Path,
    env: Mapping[str, str],
    log: LineLog,
    timeout_s: float,
    on_start: Callable[[int], None] | None = None,
) -> ProcessOutcome:
    """Run one program to its end; its output is in `log`, and on disk, when this returns.

    `on_start` is given the pid, which is also the number of the process's own group, right after the start. Main
    thread only. No process of that group survives this call, however it ends.

    Raises:
        MeasureError: the program cannot be started.
        StoreError: the log cannot be written; the program was ended.
        KeyboardInterrupt: SIGINT, SIGTERM or SIGHUP came; the program was ended, and what it printed is on disk.
    """
    log.begin_run()
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with SignalPipe() as signals:
        begun_ns = time.perf_counter_ns()
        process = _start(argv, directory, env)
        watch = ProcessWatch(process, log, signals, timeout_s=timeout_s)
        try:
            harness_maxrss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if on_start is not None:
                on_start(process.pid)
            ended = watch.until_ended()
        finally:
            watch.leave_nothing()
        if watch.log_error is not None:
            raise watch.log_error
        log.flush_to_disk()
    if signals.stop_requested:
        raise KeyboardInterrupt
    return ProcessOutcome(
        exit_code=ended.code,
        timed_out=watch.timed_out,
        started=started,
        wall_ns=ended.seen_ns - begun_ns,
        user_ns=round(ended.usage.ru_utime * 1e9),
        sys_ns=round(ended.usage.ru_stime * 1e9),
        peak_memory_bytes=program_peak_bytes(ended.usage.ru_maxrss, harness_maxrss, sys.platform),
        first_line=log.first_line,
        last_line=log.last_line,
        stderr_lines=log.stderr_lines,
        unterminated=watch.unterminated,
        notes=tuple(watch.notes),
    )


def peak_memory_bytes(ru_maxrss: int, platform: str) -> int:
    """The kernel's `ru_maxrss` in bytes: macOS (`platform` "darwin") counts bytes, Linux KiB."""
    return ru_maxrss if platform == "darwin" else ru_maxrss * _KIB


def program_peak_bytes(ru_maxrss: int, harness_maxrss: int, platform: str) -> int | None:
    """The program's peak memory in bytes, or None where the figure may be the harness's own.

    On Linux a program starts with the peak of the process that started it (exec carries over the high-water mark of
    the memory it replaces), so a figure up to the harness's own says only that the program stayed below that.
    """
    if platform != "darwin" and ru_maxrss <= harness_maxrss:
        return None
    return peak_memory_bytes(ru_maxrss, platform)


def _start(argv: Sequence[str], directory: Path, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            argv,
            cwd=directory,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise _cannot_start(argv[0], directory, error) from None
    except ValueError as error:  # a NUL byte in an argument or a variable
        raise MeasureError(
            f"Cannot start {argv[0]!r} in {directory}: {error}.", hint="Correct the benchmark's command and env."
        ) from None


def _cannot_start(program: str, directory: Path, error: OSError) -> MeasureError:
    if not directory.is_dir():
        return MeasureError(
            f"Cannot start {program} in {directory}: there is no such directory.",
            hint="Correct the target's checkout, or the benchmark's cwd.",
        )
    hints = {
        errno.ENOENT: "Install it, or correct the benchmark's command; a path counts from that directory.",
        errno.EACCES: "Make it executable (chmod +x), or correct the benchmark's command.",
        errno.ENOEXEC: "It is no program for this machine; a script needs a first line like #!/bin/sh.",
    }
    hint = hints.get(error.errno or 0, "Correct the benchmark's command and env.")
    return MeasureError(f"Cannot start {program} in {directory}: {error.strerror}.", hint=hint)
