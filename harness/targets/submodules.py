"""The submodules of a worktree, nested ones too, with as little as possible asked of anybody else.

A submodule's commit is taken from the user's checkout where that has it, whatever became of its remote; only else from
where git would fetch it. `git submodule update --init` is not used, because it writes into the configuration that the
worktree shares with the user's checkout. What is said for one call is given to that call alone.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from harness.errors import BuildError
from harness.targets.git import complaint, git_output, run_git

_GITLINK = b"160000"


class _Submodule(msgspec.Struct, frozen=True, kw_only=True):
    """One submodule as a commit has it: `path` in the working tree that holds it, `name` None where none is given."""

    path: str
    name: str | None
    commit: str


class _Own(msgspec.Struct, frozen=True, kw_only=True):
    """Where the user keeps a repository: its working tree (which may lack it), and the folders of its git data.

    `base` are the settings that tell what relative URLs are relative to, where the worktree alone would be wrong.
    """

    tree: Path
    git_directories: tuple[Path, ...]
    base: Mapping[str, str] = {}


def update_submodules(worktree: Path, checkout_root: Path, *, settings: Mapping[str, str]) -> None:
    """Check out every submodule of `worktree` as its commit has it; `settings` are git's for all of it.

    Left out are those that the user's checkout at `checkout_root` says are not active, and those that it lacks too and
    that cannot be fetched. Raises BuildError for one that it has, but not at that commit, where it cannot be fetched.
    """
    base = _base_of_relative_urls(checkout_root)
    own = _Own(tree=checkout_root, git_directories=_git_directories(checkout_root), base=base)
    chosen = run_git(checkout_root, "config", "--get-all", "submodule.active").returncode == 0
    active = {} if chosen else {"submodule.active": "."}
    _update(worktree, own, {**settings, **active})


def missing_submodules(worktree: Path) -> tuple[str, ...]:
    """The paths of all submodules of a worktree, nested ones too, that are not checked out in it."""
    found: list[str] = []
    for root in trees_of(worktree):
        absent = [one.path for one in _submodules(root) if not (root / one.path / ".git").exists()]
        found += [(root / path).relative_to(worktree).as_posix() for path in absent]
    return tuple(sorted(found))


def trees_of(worktree: Path) -> Iterator[Path]:
    """The working trees in a worktree: its own, then those of all submodules that are checked out in it."""
    yield worktree
    for one in _submodules(worktree):
        if (worktree / one.path / ".git").exists():
            yield from trees_of(worktree / one.path)


def _update(worktree: Path, own: _Own, settings: Mapping[str, str]) -> None:
    for one in _submodules(worktree):
        if one.name is None:  # git knows of no such submodule
            continue
        copies = tuple(_copies(one, own))
        path = worktree / one.path
        if not _taken(worktree, one, copies, settings):
            trouble = _fetch(worktree, one, {**settings, **own.base})
            if trouble is not None and copies:
                raise BuildError(
                    f"The submodule {one.path} of the worktree {worktree} cannot be checked out: {trouble}.",
                    hint="Try `git submodule update --init --recursive` in your checkout: the same access is needed.",
                )
        if (path / ".git").exists():
            git_output(path, "clean", "-ffdq", settings=settings)
            _update(path, _Own(tree=own.tree / one.path, git_directories=copies), settings)


def _taken(worktree: Path, one: _Submodule, copies: Sequence[Path], settings: Mapping[str, str]) -> bool:
    """Whether the submodule could be taken from a repository of the user's that has its commit."""
    copy = next((copy for copy in copies if _has_commit(copy, one.commit)), None)
    if copy is None:
        return False
    # Local paths are refused for submodules, because whoever wrote .gitmodules chose them; this one we chose.
    local = {f"submodule.{one.name}.url": str(copy), "protocol.file.allow": "always"}
    if _fetch(worktree, one, {**settings, **local}) is not None:
        return False
    if (worktree / one.path / ".git").exists():
        _remember_remote(worktree / one.path, copy)
    return True


def _fetch(worktree: Path, one: _Submodule, settings: Mapping[str, str]) -> str | None:
    """Git's complaint; None where it has none."""
    done = run_git(worktree, "submodule", "--quiet", "update", "--force", "--", one.path, settings=settings)
    return complaint(done) if done.returncode != 0 else None


def _remember_remote(path: Path, copy: Path) -> None:
    """Tells a submodule the remote of the copy it came from: URLs of nested ones may be relative to it."""
    url = run_git(copy, "config", "--get", "remote.origin.url", environment=_within(copy))
    if url.returncode == 0:
        git_output(path, "config", "remote.origin.url", os.fsdecode(url.stdout).removesuffix("\n"))


def _submodules(worktree: Path) -> list[_Submodule]:
    """The submodules of a working tree, in the order of their paths; those that .gitmodules lacks have no name."""
    staged = git_output(worktree, "ls-files", "-z", "--stage").split(b"\0")
    links = [entry.partition(b"\t") for entry in staged if entry.startswith(_GITLINK)]
    if not links:
        return []
    named = run_git(worktree, "config", "-z", "--blob", "HEAD:.gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    entries = [entry.partition(b"\n") for entry in named.stdout.split(b"\0") if entry]
    names = {path: key.removeprefix(b"submodule.").removesuffix(b".path") for key, _, path in entries}
    return [
        _Submodule(
            path=os.fsdecode(path),
            name=os.fsdecode(names[path]) if path in names else None,
            commit=head.split(b" ")[1].decode(),
        )
        for head, _, path in links
    ]


def _copies(one: _Submodule, own: _Own) -> Iterator[Path]:
    """The git data of a submodule in the user's checkout: of the one that is checked out, and of any of its name."""
    place = own.tree / one.path
    if (place / ".git").exists():
        yield from _git_directories(place)
    if one.name is not None and not PurePosixPath(one.name).is_absolute() and ".." not in one.name.split("/"):
        for directory in own.git_directories:
            if (directory / "modules" / one.name / "HEAD").is_file():
                yield directory / "modules" / one.name


def _git_directories(tree: Path) -> tuple[Path, ...]:
    """The git data of a working tree, and what it shares with others; none where git cannot read it."""
    asked = ("--path-format=absolute", "--git-dir", "--git-common-dir")
    done = run_git(tree, "rev-parse", *asked)
    lines = os.fsdecode(done.stdout).splitlines() if done.returncode == 0 else []
    return tuple(Path(line) for line in dict.fromkeys(lines))


def _has_commit(copy: Path, commit: str) -> bool:
    return run_git(copy, "cat-file", "-e", f"{commit}^{{commit}}", environment=_within(copy)).returncode == 0


def _within(git_directory: Path) -> dict[str, str]:
    """For git inside its own data, also where the working tree that belongs to it is gone."""
    return {"GIT_DIR": str(git_directory), "GIT_WORK_TREE": str(git_directory)}


def _base_of_relative_urls(checkout_root: Path) -> dict[str, str]:
    """What `../library` is relative to: the remote of the user's branch, else the checkout itself.

    In a worktree of no branch git would look for a remote called origin, else take the worktree's own path.
    """
    branch = os.fsdecode(run_git(checkout_root, "symbolic-ref", "--quiet", "--short", "HEAD").stdout).strip()
    remote = run_git(checkout_root, "config", "--get", f"branch.{branch}.remote")
    name = os.fsdecode(remote.stdout).strip() or "origin"
    url = run_git(checkout_root, "config", "--get", f"remote.{name}.url")
    if name == "origin" and url.returncode == 0:
        return {}
    return {"remote.origin.url": os.fsdecode(url.stdout).removesuffix("\n") or str(checkout_root)}
