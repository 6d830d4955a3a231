"""Ending a process group: politely, then not. Only ever used while nothing is being measured, as it polls."""

import os
import signal
import time

import psutil

END_GRACE_S = 2.0
"""How long SIGTERM is given to work before SIGKILL."""

_LOOK_EVERY_S = 0.01


def signal_group(group: int, number: int) -> bool:
    """Signal every process of the group; False where there is none that we may signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says "not permitted" of a group of zombies
        return False
    return True


def living_members(group: int) -> tuple[int, ...]:
    """The pids of the group's processes, zombies left out (where nobody reaps orphans they never go away)."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:  # the usual case, without a look at every process of the machine
        return ()
    except PermissionError:
        pass  # another user's, or zombies: look at them one by one
    return tuple(pid for pid in psutil.pids() if _group_of(pid) == group and _is_alive(pid))


def wait_until_empty(group: int, *, limit_s: float) -> bool:
    """Wait for the group's last process to end; False where some still live after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while living_members(group):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


def end_group(group: int, *, grace_s: float = END_GRACE_S) -> bool:
    """SIGTERM, `grace_s` to comply, SIGKILL; whether the group is gone."""
    signal_group(group, signal.SIGTERM)
    if wait_until_empty(group, limit_s=grace_s):
        return True
    signal_group(group, signal.SIGKILL)
    return wait_until_empty(group, limit_s=grace_s)


def _group_of(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
