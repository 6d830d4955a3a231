"""Refs: what a user may call a recording. Kinds are tried in order; the first with a match wins."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

import msgspec

from harness.errors import RefError, StoreError
from harness.recording.manifest import Recording
from harness.store.folder import Store
from harness.store.labels import LabelEntry, label_entries

WORKTREE = "WORKTREE"
_SHORTEST_PREFIX = 8


class RefKind(StrEnum):
    """In the order they are tried; the value is the prefix that forces one."""

    LABEL = "label"
    ID = "id"
    FILE = "file"
    GIT = "git"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Which of several recordings under one label is meant. `target` and `host` are None unless the user chose."""

    target: str | None
    host: str | None
    default_target: str | None
    this_host: Callable[[], str | None]


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """What a ref names: exactly one of a stored recording, a capture file, or a commit (or WORKTREE)."""

    ref: str
    kind: RefKind
    recording: Recording | None = None
    file: Path | None = None
    commit: str | None = None
    notes: tuple[str, ...] = ()


def resolve(ref: str, *, store: Store, place: Place, find_commit: Callable[[str], str | None]) -> Resolved:
    """What `ref` names. Raises RefError where nothing or several things of one kind match.

    `find_commit` gives the full commit id of a git revision in the target's checkout, or None.
    """
    kinds, name = _forced(ref)
    first: Resolved | None = None
    others: list[RefKind] = []
    for kind in kinds or RefKind:
        try:
            match = _match(kind, ref, name, store, place, find_commit)
        except (RefError, StoreError):
            if first is None:
                raise
            others.append(kind)  # several, or a damaged one: that does not matter to a ref that is taken otherwise
            continue
        if match is not None and first is not None:
            others.append(kind)
        first = first or match
    if first is None:
        raise _nothing(ref, store, label_entries(store, name) if not kinds or RefKind.LABEL in kinds else ())
    if not others:
        return first
    note = f"'{ref}' is taken as a {first.kind.value}; it also names a " + ", ".join(kind.value for kind in others)
    return msgspec.structs.replace(first, notes=(note,))


def name_of(ref: str) -> str:
    """A ref without the prefix that forces its kind."""
    return _forced(ref)[1]


def _forced(ref: str) -> tuple[list[RefKind], str]:
    prefix, _, rest = ref.partition(":")
    kinds = [kind for kind in RefKind if kind.value == prefix] if rest else []
    return kinds, rest if kinds else ref


def _match(
    kind: RefKind, ref: str, name: str, store: Store, place: Place, find_commit: Callable[[str], str | None]
) -> Resolved | None:
    if kind is RefKind.LABEL:
        entry = _choose(name, label_entries(store, name), place)
        return Resolved(ref=ref, kind=kind, recording=store.load(entry.recording)) if entry else None
    if kind is RefKind.ID:
        recording_id = _id_of(name, store)
        return Resolved(ref=ref, kind=kind, recording=store.load(recording_id)) if recording_id else None
    if kind is RefKind.FILE:
        return Resolved(ref=ref, kind=kind, file=Path(name)) if _is_file(name) else None
    commit = WORKTREE if name == WORKTREE else find_commit(name)
    return Resolved(ref=ref, kind=kind, commit=commit) if commit else None


def _is_file(name: str) -> bool:
    """Whether a file of that name can be seen; a name that no file can have is none."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def _choose(name: str, entries: tuple[LabelEntry, ...], place: Place) -> LabelEntry | None:
    """The chosen or default target on this host, else the only one there is."""
    asked = [one for one in entries if place.target in (None, one.target) and place.host in (None, one.host)]
    if len(asked) < 2:  # noqa: PLR2004 (nothing to choose between)
        return asked[0] if asked else None
    preferred = [one for one in asked if one.target == (place.target or place.default_target)]
    here = [one for one in preferred if one.host == place.this_host()]
    for narrowed in (here, preferred):
        if len(narrowed) == 1:
            return narrowed[0]
    raise RefError(
        f"'{name}' names several recordings: {_listed(asked)}.", hint="Choose with --target and --host, or by id."
    )


def _listed(entries: Sequence[LabelEntry]) -> str:
    return ", ".join(f"{one.recording} ({one.target} on {one.host or 'an unstated host'})" for one in entries)


def _id_of(name: str, store: Store) -> str | None:
    if len(name) < _SHORTEST_PREFIX:
        return None
    matches = [one for one in store.ids() if one.startswith(name)]
    if len(matches) > 1:
        raise RefError(f"'{name}' is the beginning of several ids: {', '.join(matches)}.", hint="Give more digits.")
    return matches[0] if matches else None


def _nothing(ref: str, store: Store, elsewhere: Sequence[LabelEntry]) -> RefError:
    if elsewhere:
        return RefError(
            f"'{ref}' names nothing for the chosen target and host, only {_listed(elsewhere)}.",
            hint="Choose one of these with --target and --host.",
        )
    return RefError(
        f"'{ref}' names no label, recording, capture file or git revision (store {store.root}).",
        hint="'harness ls' lists what is stored; 'harness run --label NAME' records.",
    )
