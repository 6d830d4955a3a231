"""Where worktrees and built programs are kept: outside every checkout, one folder a checkout.

Outside, because cargo merges the `.cargo/config.toml` of all parent folders: a worktree inside the checkout would be
built with the checkout's present settings instead of its own revision's.

    NAME-HASH/origin                    the path of the checkout whose cache this is; HASH is that path's
    NAME-HASH/worktrees/TREE[-PATCH]    while a revision is built and measured
    NAME-HASH/programs/KEY/BENCHMARK    built programs; the folder's time says when they were last used
    NAME-HASH/cargo-target              what cargo builds in, for all revisions; its time likewise
    NAME-HASH/cargo-target-of/KEY       for one build that must not share it
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

from harness.errors import StoreError

CACHE_VARIABLE = "HARNESS_CACHE"
_SHORT = 16
_ORIGIN = "origin"
_LONGEST_PATH_BYTES = 1 << 16


class BuildCache(msgspec.Struct, frozen=True):
    """The build cache of one checkout."""

    root: Path

    def worktree(self, tree: str, patch_sha256: str | None) -> Path:
        """The worktree of a revision's files, patched or not: its path is as long either way.

        Programs get it in their environment, and where their stack begins depends on how long that is.
        """
        return self.worktrees / (build_key(tree, patch_sha256) if patch_sha256 else tree[:_SHORT])

    def programs(self, key: str, benchmark: str) -> Path:
        """The built programs of one benchmark of what `key` names."""
        return self.all_programs / key / benchmark

    def own_target(self, key: str) -> Path:
        """The cargo target directory of one build that must not share one."""
        return self.own_targets / key

    @property
    def worktrees(self) -> Path:
        """The folder of all worktrees."""
        return self.root / "worktrees"

    @property
    def all_programs(self) -> Path:
        """The folder of all programs, by key."""
        return self.root / "programs"

    @property
    def own_targets(self) -> Path:
        """The folder of the target directories that builds do not share, by key."""
        return self.root / "cargo-target-of"

    @property
    def cargo_target(self) -> Path:
        """The cargo target directory that all revisions share."""
        return self.root / "cargo-target"

    def note_origin(self, checkout_root: Path) -> None:
        """Write down whose cache this is, so that it can be told when the checkout is gone. Raises StoreError."""
        path = os.fsencode(checkout_root.resolve())
        if _read_origin(self.root) == path:
            return
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            (self.root / _ORIGIN).write_bytes(path)
        except OSError as error:
            raise StoreError(
                f"The build cache {self.root} cannot be written: {error.strerror}.",
                hint=f"Free some space there, or choose another folder with {CACHE_VARIABLE}.",
            ) from None


def build_cache(checkout_root: Path) -> BuildCache:
    """The cache of a checkout, in HARNESS_CACHE or the user's cache folder."""
    return BuildCache(_base() / _folder_name(os.fsencode(checkout_root.resolve())))


def caches_of_gone_checkouts() -> tuple[BuildCache, ...]:
    """The caches of checkouts that are no longer where they were; folders that are no cache of ours are left out."""
    base = _base()
    folders = sorted(base.iterdir()) if base.is_dir() else []
    return tuple(BuildCache(folder) for folder in folders if not folder.is_symlink() and _is_gone(folder))


def mark_used(folder: Path) -> None:
    """Set the time of a folder of programs or of a cargo target directory to now: what is not used for long may go."""
    with suppress(OSError):  # not there, or a cache that only others may write: it is used all the same
        os.utime(folder)


def build_key(*parts: str) -> str:
    """A folder name for everything that decides what a build makes."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:_SHORT]


def _base() -> Path:
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen).absolute() if chosen else user_cache_path("span-harness")


def _folder_name(checkout_root: bytes) -> str:
    name = Path(os.fsdecode(checkout_root)).name
    return f"{name}-{hashlib.sha256(checkout_root).hexdigest()[:_SHORT]}"


def _is_gone(folder: Path) -> bool:
    """Whether it is the cache of a checkout that is not there; one that cannot be looked at may be."""
    origin = _read_origin(folder)
    if not origin or b"\0" in origin or folder.name != _folder_name(origin):
        return False
    try:
        Path(os.fsdecode(origin)).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _read_origin(folder: Path) -> bytes:
    """What a folder says whose cache it is; nothing where it does not say."""
    path = folder / _ORIGIN
    if path.is_symlink() or not path.is_file():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_PATH_BYTES)
    except OSError:
        return b""
