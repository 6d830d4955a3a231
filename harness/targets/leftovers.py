"""What builds leave in a cache and nobody needs any more.

To be called while the measuring lock is held: nothing is built or measured then, so every worktree and every half-made
folder was left by a harness that was killed. Nothing here follows a symbolic link; one that lies in a cache is an entry
like any other.
"""

import os
from enum import StrEnum
from pathlib import Path

import msgspec

from harness.targets.cache import BuildCache
from harness.targets.git import Checkout
from harness.targets.removal import delete
from harness.targets.worktree import remove_stray_worktree, remove_worktree, worktrees_below

UNUSED_DAYS = 30
_KILLED = "left by a harness that was killed"
_UNUSED = f"not used for {UNUSED_DAYS} days"


class Kind(StrEnum):
    """What is left over."""

    WORKTREE = "worktree"
    HALF_MADE = "half-made programs"
    PROGRAMS = "programs"
    CARGO_TARGET = "cargo target"
    CACHE = "cache"


class Leftover(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a cache that may go, and why."""

    path: Path
    kind: Kind
    reason: str


def leftovers(cache: BuildCache, checkout: Checkout, *, now_s: float) -> list[Leftover]:
    """What may go of the cache of a checkout that is in use; `now_s` is the time since the epoch. Raises BuildError."""
    if cache.root.is_symlink():
        return []
    oldest_s = now_s - UNUSED_DAYS * 24 * 60 * 60
    found = [Leftover(path=path, kind=Kind.WORKTREE, reason=_KILLED) for path in _worktrees(cache, checkout)]
    kept: set[str] = set()
    for of_one_key in _entries(cache.all_programs):
        going = _old_programs(of_one_key, oldest_s)
        found += going
        if len(going) < len(_entries(of_one_key)):
            kept.add(of_one_key.name)
    # A program of a target directory of its own starts others there: that goes with its programs, never before them.
    targets = [one for one in _entries(cache.own_targets) if one.name not in kept]
    if os.path.lexists(cache.cargo_target) and _is_old(cache.cargo_target, oldest_s):
        targets.append(cache.cargo_target)
    return [*found, *(Leftover(path=path, kind=Kind.CARGO_TARGET, reason=_UNUSED) for path in targets)]


def whole_cache(cache: BuildCache, *, reason: str) -> list[Leftover]:
    """All of a cache, if there is one."""
    return [Leftover(path=cache.root, kind=Kind.CACHE, reason=reason)] if os.path.lexists(cache.root) else []


def remove(leftover: Leftover, checkout: Checkout | None) -> None:
    """Remove a leftover of the cache of `checkout`, None where that is gone. Raises BuildError, OSError."""
    if leftover.kind is Kind.WORKTREE and checkout is not None:
        remove_worktree(checkout, leftover.path)
        return
    if leftover.kind is Kind.CACHE and not leftover.path.is_symlink():
        cache = BuildCache(leftover.path)
        for path in _entries(cache.worktrees) if checkout is None else _worktrees(cache, checkout):
            if checkout is None:
                remove_stray_worktree(path)
            else:
                remove_worktree(checkout, path)
    delete(leftover.path)
    if leftover.kind in {Kind.PROGRAMS, Kind.HALF_MADE} and not any(leftover.path.parent.iterdir()):
        leftover.path.parent.rmdir()


def _worktrees(cache: BuildCache, checkout: Checkout) -> list[Path]:
    """Those that are there, and those that only git remembers."""
    if cache.worktrees.is_symlink():
        return []
    return sorted({*_entries(cache.worktrees), *worktrees_below(checkout, cache.worktrees)})


def _old_programs(of_one_key: Path, oldest_s: float) -> list[Leftover]:
    half = [path for path in _entries(of_one_key) if path.name.startswith(".")]
    whole = [path for path in _entries(of_one_key) if path not in half and _is_old(path, oldest_s)]
    return [
        *(Leftover(path=path, kind=Kind.HALF_MADE, reason=_KILLED) for path in half),
        *(Leftover(path=path, kind=Kind.PROGRAMS, reason=_UNUSED) for path in whole),
    ]


def _is_old(path: Path, oldest_s: float) -> bool:
    return path.lstat().st_mtime < oldest_s


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder; nothing in what is a link or no folder."""
    return sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []
