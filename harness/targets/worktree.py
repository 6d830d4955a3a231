"""Clean working trees of one commit each, to build from.

They live outside the checkout (the caller gives a path in a cache directory), because cargo merges the
`.cargo/config.toml` of every parent directory: inside, the checkout's settings of today would leak into the build of
another revision. A worktree of a revision should keep its path: programs may hold `env!("CARGO_MANIFEST_DIR")`.
"""

import os
import shutil
from pathlib import Path

from harness.errors import BuildError, ConfigError
from harness.targets.git import Checkout, apply_patch, complaint, git_output, listed_files, run_git

_TWICE = ("--force", "--force")
"""Twice: also where a killed `git worktree add` left its lock. Once is for a commit that is checked out elsewhere."""


def ensure_worktree(checkout: Checkout, *, commit: str, patch: bytes | None, path: Path) -> Path:
    """Make `path` a detached worktree of exactly `commit` (plus `patch`) and return the target's directory in it.

    A worktree of that commit that lies there is put back into its state, its ignored files (build outputs) kept;
    anything else there, such as what a killed call left, is removed first.

    Raises:
        ConfigError: `path` is inside the checkout, or around it.
        BuildError: git cannot make the worktree, the patch does not fit, a submodule cannot be had, or the commit
            lacks the target's directory.
    """
    _refuse_nested(checkout, path)
    if not _restored(checkout, commit=commit, path=path):
        remove_worktree(checkout, path)
        _add(checkout, commit=commit, path=path)
    _update_submodules(path)
    apply_patch(path, patch or b"")
    directory = path / checkout.subdirectory
    if not directory.is_dir():
        raise BuildError(
            f"Commit {commit[:12]} has no directory {checkout.subdirectory}, where the target lies.",
            hint="Compare with a revision that has it.",
        )
    return directory


def remove_worktree(checkout: Checkout, path: Path) -> None:
    """Remove the worktree at `path`, however broken; nothing there is fine too.

    Git's memory of a broken one may stay until the next one is added there. It is never pruned: that would also forget
    worktrees of the user's that are out of reach just now.
    """
    _refuse_nested(checkout, path)
    run_git(checkout.root, "worktree", "remove", *_TWICE, str(path))  # fails for what is not one: see below
    try:
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)
    except OSError as error:
        raise BuildError(
            f"The leftover worktree {path} cannot be removed: {error.strerror}.", hint="Remove it by hand."
        ) from error


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


def _refuse_nested(checkout: Checkout, path: Path) -> None:
    inner, outer = path.resolve(), checkout.root.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise ConfigError(
            f"The worktree {path} would overlap the checkout {checkout.root}.",
            hint="Choose a cache directory outside it.",
        )


def _restored(checkout: Checkout, *, commit: str, path: Path) -> bool:
    """Whether a worktree of `commit` lies at `path` and could be put back into its clean state."""
    if not (path / ".git").is_file():
        return False
    top = run_git(path, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir", "HEAD")
    common = git_output(checkout.root, "rev-parse", "--path-format=absolute", "--git-common-dir")
    expected = os.fsencode(path.resolve()) + b"\n" + common + commit.encode() + b"\n"
    if top.returncode != 0 or top.stdout != expected:
        return False
    reset = run_git(path, "reset", "--hard", "--quiet", commit)
    clean = run_git(path, "clean", "-ffdq")
    status = run_git(path, "status", "--porcelain=v1", "-z", "--ignore-submodules=all")
    return reset.returncode == clean.returncode == status.returncode == 0 and not status.stdout


def _add(checkout: Checkout, *, commit: str, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"The folder {path.parent} for worktrees cannot be made: {error.strerror}.") from error
    done = run_git(checkout.root, "worktree", "add", *_TWICE, "--detach", str(path), commit)
    if done.returncode != 0:
        raise BuildError(
            f"git cannot make a worktree of {commit[:12]} at {path}: {complaint(done)}.",
            hint="Check the disk, and that the commit is there (a shallow clone may lack it).",
        )


def _update_submodules(path: Path) -> None:
    if not (path / ".gitmodules").is_file():
        return
    done = run_git(path, "submodule", "--quiet", "update", "--init", "--recursive", "--force")
    if done.returncode != 0:
        raise BuildError(
            f"The submodules of the worktree {path} cannot be checked out: {complaint(done)}.",
            hint="Try `git submodule update --init --recursive` in your checkout: the same access is needed.",
        )
