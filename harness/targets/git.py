"""Everything the harness asks of git, and the only module that runs it.

Nothing here changes the user's checkout: not its index, its files or its refs. Hooks are never run, optional locks
never taken, and the variables by which a surrounding git (a hook, a rebase) would redirect us are dropped.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from harness.errors import BuildError, ConfigError, RefError

_BASE = (
    "git",
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "advice.detachedHead=false"),
    *("-c", "submodule.recurse=false"),  # a worktree's submodules are seen to in submodules.py
    "--no-optional-locks",
    "--literal-pathspecs",  # a directory may be called `a[1]`
    "--no-pager",
)
_OBJECT = re.compile(rb"[0-9a-f]{40,64}")
_AMBIGUOUS = re.compile(rb"short object ID ([0-9a-f]+) is ambiguous")
_CANDIDATE = re.compile(rb"hint:   ([0-9a-f]+) commit")
_REDIRECTING = (  # `git rev-parse --local-env-vars` less GIT_CONFIG*, which containers use to say safe.directory
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
POINTERS_ONLY = {
    "filter.lfs.process": "",
    "filter.lfs.smudge": "",
    "filter.lfs.clean": "",
    "filter.lfs.required": "false",
}
"""Settings under which files of Git LFS are taken byte for byte as they lie, for where its program does not work."""

_DIFF = (  # whatever the user's configuration says, the patch is one that `git apply` takes
    *("diff", "--cached", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv"),
    *("--no-renames", "--src-prefix=a/", "--dst-prefix=b/"),
)


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """A directory inside a git working tree: `root` is the working tree's, `subdirectory` is `.` when they are one.

    `self_contained`: nothing outside the directory goes into what is built there, so changes elsewhere do not matter.
    """

    root: Path
    subdirectory: PurePosixPath
    self_contained: bool = False

    @property
    def scope(self) -> PurePosixPath:
        """The part of the working tree that decides what is built."""
        return self.subdirectory if self.self_contained else PurePosixPath()

    @property
    def directory(self) -> Path:
        """The directory itself."""
        return self.root / self.subdirectory


def run_git(
    directory: Path,
    *arguments: str,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run git in `directory` and return what it said, whatever its exit code. Raises ConfigError without git.

    `settings` are in force for this call and every git that it starts, and are written nowhere.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in _REDIRECTING}
    # A large file that its server does not hand out stays a pointer; it must not keep a worktree from being made.
    own = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_DOWNLOAD_ERRORS": "1"}
    try:
        return subprocess.run(
            (*_BASE, *arguments),
            cwd=directory,
            env={**inherited, **own, **_as_variables(settings or {}), **(environment or {})},
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        if directory.is_dir():
            raise ConfigError(
                "git was not found on PATH.", hint="Install git: revisions are read and built through it."
            ) from None
        raise ConfigError(f"{directory} does not exist.", hint="Correct the path.") from None


def _as_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """As variables and not as `-c`, because a setting's name may hold a `=`; after those that are there already."""
    if not settings:
        return {}
    text = os.environ.get("GIT_CONFIG_COUNT", "")
    before = int(text) if text.isdecimal() else 0
    variables = {"GIT_CONFIG_COUNT": str(before + len(settings))}
    for number, (name, value) in enumerate(settings.items(), start=before):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def git_output(
    directory: Path,
    *arguments: str,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> bytes:
    """What git printed. Raises BuildError with git's own last line when it fails."""
    done = run_git(directory, *arguments, stdin=stdin, environment=environment, settings=settings)
    if done.returncode != 0:
        raise BuildError(f"`git {' '.join(arguments[:2])}` failed in {directory}: {complaint(done)}.")
    return done.stdout


def complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    """Git's own last words, as part of a sentence."""
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    last = lines[-1].strip() if lines else f"exit code {done.returncode}"
    return last.removeprefix("fatal: ").removeprefix("error: ").rstrip(".")


def find_checkout(directory: Path, *, self_contained: bool = False) -> Checkout:
    """The checkout that `directory` is, or lies in. Raises ConfigError when it is missing or not under git."""
    if not directory.is_dir():
        raise ConfigError(f"The checkout {directory} does not exist.", hint="Correct `checkout` in harness.toml.")
    done = run_git(directory, "rev-parse", "--show-toplevel", "--show-prefix")
    if done.returncode != 0:
        raise ConfigError(
            f"{directory} is not a git checkout: {complaint(done)}.",
            hint="Point `checkout` at a directory inside a git working tree.",
        )
    root, _, prefix = os.fsdecode(done.stdout).removesuffix("\n").rpartition("\n")
    return Checkout(root=Path(root), subdirectory=PurePosixPath(prefix or "."), self_contained=self_contained)


def resolve_revision(checkout: Checkout, revision: str) -> str | None:
    """The full hash of the commit that `revision` means, or None when it means none."""
    found = resolve_revisions(checkout.root, (revision,))[revision]
    if isinstance(found, RefError):
        raise found
    return found


def resolve_revisions(directory: Path, revisions: Sequence[str]) -> dict[str, str | RefError | None]:
    """The commits that several revisions mean in the checkout of `directory`, asked in one go.

    They go to git as input, so none can be taken for an option. An ambiguous one has the error that lists what it may
    mean, to be raised by whoever needs it. Raises ConfigError where there is no checkout.
    """
    askable = [one for one in dict.fromkeys(revisions) if one and not set(one) & {"\0", "\n"}]
    asked = "".join(f"{one}^{{commit}}\n" for one in askable).encode(errors="surrogateescape")
    done = run_git(directory, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked)
    if done.returncode != 0:
        raise ConfigError(
            f"git cannot read the checkout {directory}: {complaint(done)}.",
            hint="Point `checkout` at a directory inside a git working tree.",
        )
    answers = [line.removesuffix(b" commit") for line in done.stdout.splitlines() if line]
    found = {one: line.decode() for one, line in zip(askable, answers, strict=True) if _OBJECT.fullmatch(line)}
    unclear = {match[1].decode() for match in _AMBIGUOUS.finditer(done.stderr)}
    candidates = ", ".join(dict.fromkeys(match[1].decode() for match in _CANDIDATE.finditer(done.stderr)))
    return {one: _several(one, candidates) if one in unclear else found.get(one) for one in revisions}


def _several(revision: str, candidates: str) -> RefError:
    return RefError(f"'{revision}' is the beginning of several commits: {candidates}.", hint="Give more digits.")


def head_commit(checkout: Checkout) -> str | None:
    """The full hash of the checked-out commit; None in a repository without commits."""
    return resolve_revision(checkout, "HEAD")


def tree_id(checkout: Checkout, commit: str) -> str | None:
    """The hash of what decides a build of the checkout as of `commit`; None when that commit lacks it.

    Equal hashes mean equal files, so two commits that differ only elsewhere can share a build.
    """
    if checkout.scope == PurePosixPath():
        return _verify(checkout, f"{commit}^{{tree}}")
    return _verify(checkout, f"{commit}:{checkout.scope}")


def is_dirty(checkout: Checkout) -> bool:
    """Whether tracked files differ from HEAD, or untracked ones that are not ignored lie there.

    Only the checkout's scope counts. A changed submodule counts too, although no patch can carry it.
    """
    where = str(checkout.scope)
    status = ("status", "--porcelain=v1", "-z", "--untracked-files=normal", "--ignore-submodules=none")
    return bool(_seen(checkout, *status, "--", where))


def has_changed_submodule(checkout: Checkout) -> bool:
    """Whether a submodule below the checkout's scope differs from what HEAD records, which no patch can carry."""
    status = ("status", "--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=none")
    entries = _seen(checkout, *status, "--", str(checkout.scope)).split(b"\0")
    return any(entry[:2] in {b"1 ", b"2 "} and entry.split(b" ")[2].startswith(b"S") for entry in entries)


def worktree_patch(checkout: Checkout) -> bytes:
    """The checkout's scope as it lies, as a binary diff against HEAD; untracked files included, ignored ones not.

    Made in a copy of the index, and with a throw-away object directory, so that nothing of the user's is written.
    Changes inside submodules are not in it.
    """
    from tempfile import TemporaryDirectory  # noqa: PLC0415 (loads shutil and random, and few questions need it)

    with TemporaryDirectory(prefix="harness-index-") as scratch:
        environment = _scratch_environment(checkout, Path(scratch))
        where = ("--", str(checkout.scope))
        if (checkout.root / checkout.scope).is_dir():
            _seen(checkout, "add", "-A", *where, environment=environment)
        base = head_commit(checkout) or _empty_tree(checkout, environment)
        return git_output(checkout.root, *_DIFF, base, *where, environment=environment)


def apply_patch(root: Path, patch: bytes, *, settings: Mapping[str, str] | None = None) -> None:
    """Apply a patch made by `worktree_patch` to the files of the working tree at `root`.

    Raises BuildError when it does not fit; nothing is applied then.
    """
    if patch:
        git_output(root, "apply", "--binary", "--whitespace=nowarn", "-", stdin=patch, settings=settings)


def listed_files(root: Path) -> tuple[Path, ...]:
    """Every file of the working tree at `root` that is tracked (also in submodules), or untracked and not ignored."""
    every = {"submodule.active": "."}  # those that `submodules.py` checked out are not in the user's settings
    tracked = git_output(root, "ls-files", "-z", "--cached", "--recurse-submodules", settings=every)
    untracked = git_output(root, "ls-files", "-z", "--others", "--exclude-standard")
    names = {name for name in (tracked + untracked).split(b"\0") if name}
    return tuple(root / os.fsdecode(name) for name in sorted(names))


def has_large_file_filter(directory: Path) -> bool:
    """Whether git is told there to put files of Git LFS through a program, which may be missing or fail."""
    return run_git(directory, "config", "--get-regexp", r"^filter\.lfs\.").returncode == 0


def _seen(checkout: Checkout, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
    """What git says of the files as they lie.

    Where the program of Git LFS does not work, as when it is not installed, they are taken byte for byte: a pointer is
    then equal to itself, and content that lies in a pointer's place is a change, which a patch carries.
    """
    done = run_git(checkout.root, *arguments, environment=environment)
    if done.returncode == 0:
        return done.stdout
    settings = POINTERS_ONLY if has_large_file_filter(checkout.root) else {}
    return git_output(checkout.root, *arguments, environment=environment, settings=settings)


def _verify(checkout: Checkout, expression: str) -> str | None:
    """The object that `expression` names; `--end-of-options` keeps a revision called `-x` from being an option."""
    done = run_git(checkout.root, "rev-parse", "--verify", "--quiet", "--end-of-options", expression)
    if done.returncode == 0:
        found = done.stdout.decode().strip()
        return None if found.startswith("^") else found  # `^main` is a valid argument to git, but means a range
    if done.returncode == 1 or b"ambiguous" in done.stderr or b"Needed a single revision" in done.stderr:
        return None
    raise ConfigError(f"git cannot read the checkout {checkout.root}: {complaint(done)}.")


def _scratch_environment(checkout: Checkout, scratch: Path) -> dict[str, str]:
    from shutil import copy2  # noqa: PLC0415 (as above)

    index = _git_path(checkout, "index")
    if index.is_file():
        # With its mtime: git looks into a file as young as its index, because its size and time may hide a change. A
        # younger copy would have it trust them, and a change of the last milliseconds would be left out.
        copy2(index, scratch / "index")
    objects = scratch / "objects"
    objects.mkdir()
    return {
        "GIT_INDEX_FILE": str(scratch / "index"),
        "GIT_OBJECT_DIRECTORY": str(objects),
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(_git_path(checkout, "objects")),
    }


def _git_path(checkout: Checkout, name: str) -> Path:
    return checkout.root / _one_path(git_output(checkout.root, "rev-parse", "--git-path", name))


def _quoted(path: Path) -> str:
    """As one entry of a list that `:` separates: git reads a quoted entry like a C string."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _empty_tree(checkout: Checkout, environment: Mapping[str, str]) -> str:
    return git_output(checkout.root, "mktree", environment=environment).decode().strip()


def _one_path(output: bytes) -> Path:
    return Path(os.fsdecode(output).removesuffix("\n"))
