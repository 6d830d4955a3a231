"""What git knows of a checkout's past: which files changed since when, what they were, what commits say of it.

Paths go in and come out relative to the checkout's directory, with `/`; those elsewhere in the repository begin with
`../`. A revision that names no commit raises RefError, an object that is not here BuildError.
"""

import os
import posixpath
from collections.abc import Iterator

import msgspec

from harness.errors import RefError
from harness.targets.git import POINTERS_ONLY, Checkout, git_output, resolve_revision, resolve_revisions, run_git

_NAMES_ONLY = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-relative")
_SETTINGS = {"diff.autoRefreshIndex": "true", "diff.orderFile": os.devnull}
_DEFAULT_BRANCHES = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
)


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A commit that changed a file, or joined lines of work in which it differs.

    `parent` is the commit's first parent, None for one without any or where a shallow clone ends. `earlier` are the
    versions that this one follows.
    """

    commit: str
    parent: str | None
    earlier: tuple[str, ...]


class CommitMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A commit and what it says, first line and all."""

    commit: str
    text: str


def changed_files(checkout: Checkout, since: str) -> tuple[str, ...]:
    """Every file that differs between the commit `since` and what lies there, committed or not, sorted.

    Deleted ones, both names of a renamed one, untracked ones that are not ignored, and changed submodules are among
    them.
    """
    changed = _as_they_lie(checkout, _commit(checkout, since))
    untracked = git_output(checkout.root, "ls-files", "-z", "--others", "--exclude-standard")
    return _paths(checkout, changed + untracked)


def changed_between(checkout: Checkout, base: str, head: str) -> tuple[str, ...]:
    """Every file that differs between two commits, as for `changed_files`."""
    both = (_commit(checkout, base), _commit(checkout, head))
    return _paths(
        checkout, git_output(checkout.root, "diff-tree", "-r", *_NAMES_ONLY, "--ignore-submodules=none", *both)
    )


def file_at(checkout: Checkout, commit: str, path: str) -> bytes | None:
    """A file's content as of a commit; None where there was none, or something else of that name."""
    name = _in_repository(checkout, path)
    if name is None:
        return None
    entry = git_output(checkout.root, "ls-tree", "-z", "--full-tree", _commit(checkout, commit), "--", name)
    kind, _, identity = entry.partition(b"\t")[0].partition(b" ")[2].partition(b" ")
    return git_output(checkout.root, "cat-file", "blob", identity.decode()) if kind == b"blob" else None


def versions_of(checkout: Checkout, path: str) -> tuple[Version, ...]:
    """Every version of a file in the history of what is checked out, on all lines that were merged; newest first.

    One that was deleted has a version without a file. Renames are not followed.
    """
    name = _in_repository(checkout, path)
    head = resolve_revision(checkout, "HEAD")
    if name is None or head is None:
        return ()
    order = ("--simplify-merges", "--date-order", "--parents")
    earlier = _with_parents(git_output(checkout.root, "rev-list", *order, head, "--", name))
    asked = "".join(f"{commit}\n" for commit in earlier).encode()
    parents = _with_parents(
        git_output(checkout.root, "rev-list", "--no-walk=unsorted", "--parents", "--stdin", stdin=asked)
    )
    return tuple(
        Version(commit=commit, parent=next(iter(parents[commit]), None), earlier=before)
        for commit, before in earlier.items()
    )


def messages_between(checkout: Checkout, base: str, head: str) -> tuple[CommitMessage, ...]:
    """What the commits of `base..head` say, newest first; merges, whose words are git's own, are left out."""
    commits = f"{_commit(checkout, base)}..{_commit(checkout, head)}"
    form = ("-z", "--format=%H%x00%B", "--encoding=UTF-8", "--no-merges", "--no-show-signature", "--no-color")
    fields = git_output(checkout.root, "log", *form, commits, "--").decode("utf-8", "replace").split("\0")
    return tuple(
        CommitMessage(commit=commit, text=text.strip())
        for commit, text in zip(fields[:-1:2], fields[1::2], strict=True)
    )


def merge_base(checkout: Checkout, one: str, other: str) -> str | None:
    """The newest commit that both come from; None where there is none, or not in a shallow clone."""
    done = run_git(checkout.root, "merge-base", _commit(checkout, one), _commit(checkout, other))
    return done.stdout.decode().split()[0] if done.returncode == 0 else None


def default_branch(checkout: Checkout) -> str | None:
    """The commit of origin's default branch, else of its main or master, else of the local one; None without any."""
    found = resolve_revisions(checkout.root, _DEFAULT_BRANCHES)
    return next((one for one in map(found.get, _DEFAULT_BRANCHES) if isinstance(one, str)), None)


def merge_base_with_default(checkout: Checkout) -> str | None:
    """The newest commit of the default branch that HEAD comes from; None where there is none, or HEAD is on it."""
    head, default = resolve_revision(checkout, "HEAD"), default_branch(checkout)
    if head is None or default is None:
        return None
    base = merge_base(checkout, head, default)
    return None if base == head else base


def is_ancestor(checkout: Checkout, ancestor: str, commit: str) -> bool | None:
    """Whether `commit` comes from `ancestor` or is it; None where the history here is too short to tell."""
    ids = [resolve_revision(checkout, one) for one in (ancestor, commit)]
    if None in ids:
        return None
    if run_git(checkout.root, "merge-base", "--is-ancestor", *map(str, ids)).returncode == 0:
        return True
    return None if is_shallow(checkout) else False


def is_shallow(checkout: Checkout) -> bool:
    """Whether the repository has only the end of its history."""
    return git_output(checkout.root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def _commit(checkout: Checkout, revision: str) -> str:
    """The full hash, which nothing can take for an option."""
    found = resolve_revision(checkout, revision)
    if found is None:
        raise RefError(f"'{revision}' names no commit in {checkout.root}.", hint="Fetch it, or name another.")
    return found


def _as_they_lie(checkout: Checkout, commit: str) -> bytes:
    """Names of tracked files that differ from a commit.

    Where that cannot be told because the program of Git LFS does not work, files are taken byte for byte; where it is
    because of a submodule whose repository is gone, submodules are by their commits.
    """
    for submodules, settings in (("none", _SETTINGS), ("none", {**_SETTINGS, **POINTERS_ONLY})):
        asked = ("diff", *_NAMES_ONLY, f"--ignore-submodules={submodules}", commit, "--")
        done = run_git(checkout.root, *asked, settings=settings)
        if done.returncode == 0:
            return done.stdout
    asked = ("diff", *_NAMES_ONLY, "--ignore-submodules=dirty", commit, "--")
    return git_output(checkout.root, *asked, settings={**_SETTINGS, **POINTERS_ONLY})


def _paths(checkout: Checkout, output: bytes) -> tuple[str, ...]:
    names = {os.fsdecode(name) for name in output.split(b"\0") if name}
    start = posixpath.join("/", str(checkout.subdirectory))
    return tuple(sorted(posixpath.relpath(f"/{name}", start) for name in names))


def _in_repository(checkout: Checkout, path: str) -> str | None:
    """The path from the repository's root on; None for one outside of it."""
    name = posixpath.normpath(posixpath.join(str(checkout.subdirectory), path))
    return None if name.startswith(("/", "../")) or name in {".", ".."} or "\0" in name else name


def _with_parents(output: bytes) -> dict[str, tuple[str, ...]]:
    return {commit: tuple(parents) for commit, *parents in _words(output)}


def _words(output: bytes) -> Iterator[list[str]]:
    return (line.split() for line in output.decode().splitlines())
