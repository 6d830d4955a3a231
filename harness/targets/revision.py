"""Which state of a checkout is meant: a commit, a commit with a patch, or the files as they lie."""

import hashlib
from pathlib import Path

import msgspec

from harness.errors import ConfigError
from harness.targets.config import Target
from harness.targets.git import Checkout, find_checkout, head_commit, is_dirty, worktree_patch


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be built: a commit with or without a patch from a clean worktree, or the files as they lie."""

    commit: str | None
    patch: bytes = b""
    in_place: bool = False

    @property
    def patch_sha256(self) -> str | None:
        """The hash of the patch; None for a clean revision."""
        return hashlib.sha256(self.patch).hexdigest() if self.patch else None


def checkout_for(target_name: str, target: Target) -> Checkout:
    """The target's checkout. Raises ConfigError for a target that is only known by name."""
    if target.checkout is None:
        raise ConfigError(
            f"Target '{target_name}' has no checkout here, so it cannot be built or run.",
            hint=f"Give [targets.{target_name}] a checkout in harness.toml; 'harness init' writes one.",
        )
    return find_checkout(Path(target.checkout), self_contained=target.self_contained)


def files_as_they_lie(checkout: Checkout) -> Revision:
    """The working tree: its commit, and what differs from it."""
    patch = worktree_patch(checkout) if is_dirty(checkout) else b""
    return Revision(commit=head_commit(checkout), patch=patch, in_place=True)


def worktree_changed(checkout: Checkout, revision: Revision) -> bool:
    """Whether the files are no longer those that `revision` names."""
    now = files_as_they_lie(checkout)
    return (now.commit, now.patch) != (revision.commit, revision.patch)
