"""Clean working trees of one commit each, to build from.

They live outside the checkout (the caller gives a path in a cache directory), because cargo merges the
`.cargo/config.toml` of every parent directory: inside, the checkout's settings of today would leak into the build of
another revision. A worktree of a revision should keep its path: programs may hold `env!("CARGO_MANIFEST_DIR")`.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.errors import BuildError, ConfigError
from harness.targets.git import (
    POINTERS_ONLY,
    Checkout,
    apply_patch,
    complaint,
    git_output,
    has_large_file_filter,
    listed_files,
    run_git,
)
from harness.targets.large_files import pointer_files
from harness.targets.removal import delete
from harness.targets.submodules import missing_submodules, trees_of, update_submodules

_TWICE = ("--force", "--force")
"""Twice: also where a killed `git worktree add` left its lock. Once is for a commit that is checked out elsewhere."""


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """What a worktree does not hold of its commit, by path: submodules, and files of Git LFS that are only pointers."""

    submodules: tuple[str, ...] = ()
    pointers: tuple[str, ...] = ()

    def remarks(self) -> tuple[str, ...]:
        """One line each, for the user."""
        told = []
        if self.submodules:
            told.append(f"submodules left out of the worktree, as in your checkout: {_shortened(self.submodules)}")
        if self.pointers:
            told.append(
                "Git LFS does not give these files here, the worktree holds pointers in their place: "
                + _shortened(self.pointers)
            )
        return tuple(told)


def ensure_worktree(checkout: Checkout, *, commit: str, patch: bytes | None, path: Path) -> Path:
    """Make `path` a detached worktree of exactly `commit` (plus `patch`) and return the target's directory in it.

    A worktree of that commit that lies there is put back into its state, its ignored files (build outputs) kept;
    anything else there, such as what a killed call left, is removed first. Where Git LFS is set up but its program
    does not work, its files are pointers; `lacking` tells.

    Raises:
        ConfigError: `path` is inside the checkout, or around it.
        BuildError: git cannot make the worktree, the patch does not fit, a submodule cannot be had, or the commit
            lacks the target's directory.
    """
    _refuse_nested(checkout, path)
    try:
        _make(checkout, commit=commit, patch=patch, path=path, settings={})
    except BuildError:
        if not has_large_file_filter(checkout.root):
            raise
        _make(checkout, commit=commit, patch=patch, path=path, settings=POINTERS_ONLY)
    directory = path / checkout.subdirectory
    if not directory.is_dir():
        raise BuildError(
            f"Commit {commit[:12]} has no directory {checkout.subdirectory}, where the target lies.",
            hint="Compare with a revision that has it.",
        )
    return directory


def lacking(worktree: Path) -> Lacking:
    """What the worktree at `worktree` does not hold of its commit. Raises BuildError."""
    pointers = (file.relative_to(worktree).as_posix() for tree in trees_of(worktree) for file in pointer_files(tree))
    return Lacking(submodules=missing_submodules(worktree), pointers=tuple(sorted(pointers)))


def remove_worktree(checkout: Checkout, path: Path) -> None:
    """Remove the worktree at `path`, however broken, and git's memory of it; nothing there is fine too.

    Git's memory is never pruned: that would also forget worktrees of the user's that are out of reach just now.
    """
    _refuse_nested(checkout, path)
    _remove(checkout.root, path)


def remove_stray_worktree(path: Path) -> None:
    """Remove the worktree at `path` of a checkout that is gone, also from what is left of its repository."""
    pointer = path / ".git"
    if pointer.is_file() and not path.is_symlink() and not pointer.is_symlink():
        done = run_git(path, "rev-parse", "--path-format=absolute", "--git-common-dir")
        if done.returncode == 0:
            _remove(Path(os.fsdecode(done.stdout).removesuffix("\n")), path)
    _delete(path)


def worktrees_below(checkout: Checkout, folder: Path) -> tuple[Path, ...]:
    """The worktrees directly below `folder` that git remembers for the checkout, whether they are there or not."""
    listed = git_output(checkout.root, "worktree", "list", "--porcelain").split(b"\n")
    paths = (Path(os.fsdecode(line.removeprefix(b"worktree "))) for line in listed if line.startswith(b"worktree "))
    resolved = folder.resolve()
    return tuple(folder / path.name for path in paths if path.parent == resolved)


def touch_tracked_files(worktree: Path) -> None:
    """Set the modification time of every tracked and every patched-in file of a worktree to now.

    To be called right before its build. Cargo takes a source for unchanged when it is older than the last build, and
    names its outputs alike for all worktrees of a workspace: of two worktrees made early that share a target
    directory, the one built second would silently get the program of the first.
    """
    root = Path(os.fsdecode(git_output(worktree, "rev-parse", "--show-toplevel")).removesuffix("\n"))
    for file in listed_files(root):
        if file.is_symlink() or file.exists():  # a patch may have removed it
            os.utime(file, follow_symlinks=False)


def _shortened(paths: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def _remove(repository: Path, path: Path) -> None:
    if not path.is_symlink():  # git would follow it, to a worktree that may be the user's
        remove = ("worktree", "remove", *_TWICE, str(path))
        if run_git(repository, *remove).returncode != 0 and os.path.lexists(path):
            _delete(path)
            run_git(repository, *remove)  # what git still remembers of a broken one
    _delete(path)


def _delete(path: Path) -> None:
    try:
        delete(path)
    except OSError as error:
        raise BuildError(
            f"The leftover worktree {path} cannot be removed: {error.strerror}.", hint="Remove it by hand."
        ) from error


def _refuse_nested(checkout: Checkout, path: Path) -> None:
    inner, outer = path.resolve(), checkout.root.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise ConfigError(
            f"The worktree {path} would overlap the checkout {checkout.root}.",
            hint="Choose a cache directory outside it.",
        )


def _make(checkout: Checkout, *, commit: str, patch: bytes | None, path: Path, settings: Mapping[str, str]) -> None:
    if not _restored(checkout, commit=commit, path=path, settings=settings):
        _remove(checkout.root, path)
        _add(checkout, commit=commit, path=path, settings=settings)
        update_submodules(path, checkout.root, settings=settings)
    apply_patch(path, patch or b"", settings=settings)


def _restored(checkout: Checkout, *, commit: str, path: Path, settings: Mapping[str, str]) -> bool:
    """Whether a worktree of `commit` lies at `path` and could be put back into its clean state, submodules too."""
    if path.is_symlink() or not (path / ".git").is_file():
        return False
    top = run_git(path, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir", "HEAD")
    common = git_output(checkout.root, "rev-parse", "--path-format=absolute", "--git-common-dir")
    expected = os.fsencode(path.resolve()) + b"\n" + common + commit.encode() + b"\n"
    if top.returncode != 0 or top.stdout != expected:
        return False
    reset = run_git(path, "reset", "--hard", "--quiet", commit, settings=settings)
    clean = run_git(path, "clean", "-ffdq", settings=settings)
    status = run_git(path, "status", "--porcelain=v1", "-z", "--ignore-submodules=all", settings=settings)
    if not (reset.returncode == clean.returncode == status.returncode == 0) or status.stdout:
        return False
    try:
        update_submodules(path, checkout.root, settings=settings)
    except (
        BuildError
    ):  # such as one that was half fetched when the harness was killed: made anew, it says what is wrong
        return False
    return True


def _add(checkout: Checkout, *, commit: str, path: Path, settings: Mapping[str, str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"The folder {path.parent} for worktrees cannot be made: {error.strerror}.") from error
    done = run_git(checkout.root, "worktree", "add", *_TWICE, "--detach", str(path), commit, settings=settings)
    if done.returncode != 0:
        raise BuildError(
            f"git cannot make a worktree of {commit[:12]} at {path}: {complaint(done)}.",
            hint="Check the disk, and that the commit is there (a shallow clone may lack it).",
        )
