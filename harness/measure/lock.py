"""One measurement per host at a time, whoever starts it, and no program of a killed harness beside it.

The lock is `flock` on a file that all users share; the kernel releases it however the holder ends. The file's content
says who holds it and which program it runs. Whoever takes the lock next finds there what a killed harness left running.
"""

import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import msgspec
import psutil

from harness.errors import MeasureError
from harness.measure.process_group import end_group

LOCK_PATH = Path("/tmp/span-harness-measure.lock")  # noqa: S108 one place for all users; TMPDIR differs between them

_EVERYBODY = 0o666
_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a FIFO in its place must not block
_MOST_BYTES = 1 << 20
_SAME_CREATION_S = 2.0
"""A process's creation time is the boot time plus its age, and the boot time moves when the clock is corrected."""


class _Process(msgspec.Struct, frozen=True, kw_only=True):
    """A pid and what tells it from a later process of the same number."""

    pid: Annotated[int, msgspec.Meta(gt=1, lt=2**31)]
    created_s: float


class _Child(msgspec.Struct, frozen=True, kw_only=True):
    process: _Process
    command: str


class _Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What the lock file says: who measures, what, since when (UTC), and the program it runs right now."""

    process: _Process
    what: str
    started: str
    child: _Child | None = None


class MeasuringLock:
    """The lock while it is held; it is told which program runs, so that the program is found if we are killed."""

    def __init__(self, descriptor: int, path: Path, *, what: str) -> None:
        self._descriptor = descriptor
        self._path = path
        self._written_bytes = 0
        process = _Process(pid=os.getpid(), created_s=psutil.Process().create_time())
        self._holder = _Holder(process=process, what=what, started=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        self._write(self._holder)

    def note_child(self, pid: int, command: str) -> None:
        """The program `pid`, which leads its own process group, was started."""
        try:
            created_s = psutil.Process(pid).create_time()
        except psutil.NoSuchProcess:  # over already
            return
        child = _Child(process=_Process(pid=pid, created_s=created_s), command=command)
        self._write(msgspec.structs.replace(self._holder, child=child))

    def clear_child(self) -> None:
        """That program has ended."""
        self._write(self._holder)

    def _write(self, holder: _Holder) -> None:
        # One write, padded with the blanks JSON allows, so that a reader never sees the end of a longer one before.
        data = msgspec.json.encode(holder).ljust(self._written_bytes)
        try:
            os.pwrite(self._descriptor, data, 0)
        except OSError as error:
            raise _unusable(self._path, error.strerror or str(error)) from None
        self._written_bytes = len(data)


@contextmanager
def measuring_lock(
    what: str,
    *,
    on_wait: Callable[[str], None],
    on_leftover: Callable[[str], None],
    path: Path | None = None,
) -> Iterator[MeasuringLock]:
    """Hold this host's measuring lock; `what` says to others what is being measured.

    While another holds it, `on_wait` gets one line that names the holder, then this waits (Ctrl-C works). A program
    that a killed harness left running is ended and named to `on_leftover`.

    Raises:
        MeasureError: the lock file cannot be used.
    """
    place = path or LOCK_PATH
    descriptor = _locked(place, on_wait)
    try:
        _end_leftover(_read(descriptor), on_leftover)
        os.ftruncate(descriptor, 0)
        yield MeasuringLock(descriptor, place, what=what)
        os.ftruncate(descriptor, 0)  # not after an error: the next holder then looks whether our program is gone
    finally:
        os.close(descriptor)


def current_holder(path: Path | None = None) -> str | None:
    """Who is measuring on this host now; None when nobody is."""
    place = path or LOCK_PATH
    if not place.exists():
        return None
    descriptor = _open(place)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _describe(_read(descriptor))
    finally:
        os.close(descriptor)
    return None


def _locked(path: Path, on_wait: Callable[[str], None]) -> int:
    """An open, locked descriptor of the file that is at `path` now, not of one that was removed while we waited."""
    announced = False
    while True:
        descriptor = _open(path)
        try:
            announced = _lock(descriptor, on_wait, announced=announced)
            current = _is_at(path, descriptor)
        except OSError as error:  # a file system without locks
            os.close(descriptor)
            raise _unusable(path, error.strerror or str(error)) from None
        except BaseException:
            os.close(descriptor)
            raise
        if current:
            return descriptor
        os.close(descriptor)


def _lock(descriptor: int, on_wait: Callable[[str], None], *, announced: bool) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if not announced:
            on_wait(f"waiting for another measurement on this host: {_describe(_read(descriptor))}")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return True
    return announced


def _open(path: Path) -> int:
    try:
        descriptor = _open_or_create(path)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _unusable(path, "it is not a regular file")
    return descriptor


def _open_or_create(path: Path) -> int:
    """Open first: in a sticky folder Linux may refuse O_CREAT on a file of another user, even where it exists."""
    while True:
        with suppress(FileNotFoundError):
            return os.open(path, _FLAGS)
        umask = os.umask(0)  # everybody must be able to open it from the moment it exists
        try:
            with suppress(FileExistsError):  # another harness was faster: open that one
                return os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, _EVERYBODY)
        finally:
            os.umask(umask)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _read(descriptor: int) -> _Holder | None:
    """What the file says; None where it says nothing that a harness wrote."""
    try:
        return msgspec.json.decode(os.pread(descriptor, _MOST_BYTES, 0), type=_Holder)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _describe(holder: _Holder | None) -> str:
    if holder is None or _living(holder.process) is None:  # it took the lock, and has not written yet
        return "a harness that has not said yet what it measures"
    return f"pid {holder.process.pid} measures {holder.what} since {holder.started}"


def _living(process: _Process) -> psutil.Process | None:
    """That very process, unless it ended and its number is free or somebody else's."""
    try:
        found = psutil.Process(process.pid)
        same = abs(found.create_time() - process.created_s) <= _SAME_CREATION_S
        return found if same and found.status() != psutil.STATUS_ZOMBIE else None
    except (psutil.NoSuchProcess, ValueError):
        return None


def _end_leftover(holder: _Holder | None, on_leftover: Callable[[str], None]) -> None:
    """End the program of a holder that was killed, if it is that very program and leads the group we gave it."""
    if holder is None or holder.child is None or _living(holder.process) is not None:
        return
    child = holder.child
    pid = child.process.pid
    if _living(child.process) is None or not _leads_its_session(pid):
        return
    if end_group(pid):
        on_leftover(f"ended pid {pid} ({child.command}), left running by a harness that was killed")
    else:
        on_leftover(
            f"pid {pid} ({child.command}), left running by a harness that was killed, cannot be ended from here: "
            "it disturbs what is measured now"
        )


def _leads_its_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except (ProcessLookupError, PermissionError):
        return False


def _unusable(path: Path, why: str) -> MeasureError:
    return MeasureError(
        f"Cannot use the measuring lock {path}: {why}.",
        hint="Remove that file while nothing is being measured, or make it writable for everybody (chmod 666).",
    )
