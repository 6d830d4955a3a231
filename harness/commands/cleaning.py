"""`harness gc`: what comparisons left in the build cache is removed, also what a killed one left."""

import time
from pathlib import Path

import msgspec

from harness.commands.recording import measuring
from harness.commands.workspace import Workspace
from harness.documents.cleaning import Cleaned, Removed
from harness.errors import BuildError, ConfigError
from harness.measure.lock import current_holder
from harness.targets.cache import build_cache, caches_of_gone_checkouts
from harness.targets.git import Checkout, find_checkout
from harness.targets.leftovers import Leftover, leftovers, remove, whole_cache
from harness.targets.removal import size_bytes


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """A leftover and the checkout whose cache it lies in; None for one that is gone."""

    leftover: Leftover
    checkout: Checkout | None


def clean(workspace: Workspace, *, everything: bool, dry_run: bool) -> Cleaned:
    """Removes leftovers of the caches of all targets' checkouts, and the caches of checkouts that are gone.

    With `everything` their whole caches. Nothing is built or measured on this host meanwhile; who does is waited for.
    Recordings that a killed harness left are finished first. A dry run changes nothing and waits for nobody.
    """
    if dry_run:
        if holder := current_holder():
            workspace.say(f"{holder}: what it uses is listed too; without --dry-run its end is waited for.")
        found = _find(workspace, everything=everything)
        return Cleaned(removed=tuple(_described(one) for one in found), dry_run=True)
    with measuring(workspace, "nothing, it clears the build cache"):
        found = _find(workspace, everything=everything)
        removed = [_removed(workspace, one) for one in found]
    return Cleaned(removed=tuple(one for one in removed if one is not None), dry_run=False)


def _find(workspace: Workspace, *, everything: bool) -> list[_Found]:
    now_s = time.time()  # noqa: TID251 (how old a folder is)
    found = []
    for checkout in _checkouts(workspace):
        cache = build_cache(checkout.root)
        mine = whole_cache(cache, reason="--all") if everything else leftovers(cache, checkout, now_s=now_s)
        found += [_Found(leftover=one, checkout=checkout) for one in mine]
    for cache in caches_of_gone_checkouts():
        found += [_Found(leftover=one, checkout=None) for one in whole_cache(cache, reason="its checkout is gone")]
    return found


def _checkouts(workspace: Workspace) -> list[Checkout]:
    """The checkouts of the chosen target, else of all targets; one git cannot read is told and passed over."""
    chosen = workspace.target_choice
    targets = [workspace.target] if chosen is not None else list(workspace.configuration.targets.values())
    found: dict[Path, Checkout] = {}
    for directory in dict.fromkeys(target.checkout for target in targets if target.checkout is not None):
        try:
            checkout = find_checkout(Path(directory))
        except ConfigError as error:
            workspace.say(f"passed over: {error.message}")
        else:
            found.setdefault(checkout.root, checkout)
    return list(found.values())


def _described(one: _Found) -> Removed:
    entry = one.leftover
    return Removed(path=str(entry.path), kind=entry.kind.value, reason=entry.reason, size_bytes=size_bytes(entry.path))


def _removed(workspace: Workspace, one: _Found) -> Removed | None:
    """What was removed; None for what could not be, which is told and left."""
    described = _described(one)
    try:
        remove(one.leftover, one.checkout)
    except BuildError as error:
        workspace.say(f"kept: {error}")
    except OSError as error:
        workspace.say(f"kept: {described.path} cannot be removed: {error.strerror} ({error.filename}).")
    else:
        return described
    return None
