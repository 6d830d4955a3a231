"""Where worktrees and built programs are kept: outside every checkout, one folder a checkout.

Outside, because cargo merges the `.cargo/config.toml` of all parent folders: a worktree inside the checkout would be
built with the checkout's present settings instead of its own revision's.
"""

import hashlib
import os
from pathlib import Path

import msgspec
from platformdirs import user_cache_path

CACHE_VARIABLE = "HARNESS_CACHE"
_SHORT = 16


class BuildCache(msgspec.Struct, frozen=True):
    """The build cache of one checkout."""

    root: Path

    def worktree(self, tree: str, patch_sha256: str | None) -> Path:
        """The worktree of a revision's files, patched or not."""
        return self.root / "worktrees" / (tree[:_SHORT] + (f"-{patch_sha256[:_SHORT]}" if patch_sha256 else ""))

    def programs(self, key: str, benchmark: str) -> Path:
        """The built programs of one benchmark of what `key` names."""
        return self.root / "programs" / key / benchmark

    def own_target(self, key: str) -> Path:
        """The cargo target directory of one build that must not share one."""
        return self.root / "cargo-target-of" / key

    @property
    def cargo_target(self) -> Path:
        """The cargo target directory that all revisions share."""
        return self.root / "cargo-target"


def build_cache(checkout_root: Path) -> BuildCache:
    """The cache of a checkout, in HARNESS_CACHE or the user's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    base = Path(chosen).absolute() if chosen else user_cache_path("span-harness")
    name = hashlib.sha256(str(checkout_root.resolve()).encode()).hexdigest()[:_SHORT]
    return BuildCache(base / f"{checkout_root.resolve().name}-{name}")


def build_key(*parts: str) -> str:
    """A folder name for everything that decides what a build makes."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_SHORT]
