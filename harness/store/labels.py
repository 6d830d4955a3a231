"""Labels: names that point at recordings, one per target and host, each with its history."""

import re
from pathlib import Path

import msgspec

from harness.errors import RefError, StoreError
from harness.recording.manifest import Recording
from harness.store.folder import LABELS, UNREADABLE, Store, unreadable, unwritable, write_durably

SCHEMA_VERSION = 1
"""1: first version (2026-11)."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = frozenset({"HEAD", "WORKTREE"})


class LabelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a label means for one target and host; `history` are the recordings it named before, oldest first."""

    target: str
    host: str | None
    recording: str
    history: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, str | None]:
        """The target and host this entry is for."""
        return self.target, self.host


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A label's file."""

    name: str
    entries: tuple[LabelEntry, ...]
    schema: int = SCHEMA_VERSION


def validate_label(name: str) -> str:
    """`name`, if it can be a label. Raises RefError otherwise."""
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise RefError(
            f"'{name}' cannot be a label.",
            hint="Use up to 64 letters, digits, '.', '_', '-', the first a letter or digit; not HEAD or WORKTREE.",
        )
    return name


def label_entries(store: Store, name: str) -> tuple[LabelEntry, ...]:
    """Everything `name` stands for; the writable store's entry comes before a committed one of the same place."""
    if not _NAME.fullmatch(name):
        return ()
    found: dict[tuple[str, str | None], LabelEntry] = {}
    for folder in store.folders():
        for entry in _read(folder / LABELS / f"{name}.json").entries:
            found.setdefault(entry.place, entry)
    return tuple(found.values())


def label_names(store: Store) -> tuple[str, ...]:
    """All labels of the store and of the baselines behind it."""
    files = [path for folder in store.folders() for path in (folder / LABELS).glob("*.json")]
    return tuple(sorted({path.stem for path in files if _NAME.fullmatch(path.stem)}))


def labels_of(store: Store, recording_id: str) -> tuple[str, ...]:
    """The labels that point at a recording now."""
    return tuple(
        name for name in label_names(store) if any(e.recording == recording_id for e in label_entries(store, name))
    )


def labelled(store: Store, name: str, place: tuple[str, str | None]) -> LabelEntry | None:
    """What a label names for a target and host, in the writable store or in a committed one behind it."""
    return next((entry for entry in label_entries(store, name) if entry.place == place), None)


def require_movable(store: Store, name: str, place: tuple[str, str | None], *, replace: bool) -> None:
    """Raises RefError where the label is taken for that target and host and may not be moved."""
    taken = labelled(store, validate_label(name), place)
    if taken is not None and not replace:
        raise RefError(
            f"Label '{name}' already names {taken.recording} for {place[0]} on host {place[1] or 'not stated'}.",
            hint="--replace moves it and keeps its history; another label leaves it alone.",
        )


def set_label(store: Store, name: str, recording: Recording, *, replace: bool) -> None:
    """Points `name` at `recording`, last of all, in one durable write.

    Naming the same recording again changes nothing.
    """
    place = (recording.manifest.target, recording.manifest.host.id)
    taken = labelled(store, validate_label(name), place)
    if taken is not None and taken.recording == recording.id:
        return
    require_movable(store, name, place, replace=replace)
    path = store.root / LABELS / f"{name}.json"
    history = (*taken.history, taken.recording) if taken else ()
    entry = LabelEntry(target=place[0], host=place[1], recording=recording.id, history=history)
    others = tuple(one for one in _read(path).entries if one.place != place)
    data = msgspec.json.format(msgspec.json.encode(Label(name=name, entries=(*others, entry))), indent=1) + b"\n"
    try:
        write_durably(path, data)
    except OSError as error:
        raise unwritable(path, error) from None


def _read(path: Path) -> Label:
    try:
        label = msgspec.json.decode(path.read_bytes(), type=Label)
    except FileNotFoundError:
        return Label(name=path.stem, entries=())
    except UNREADABLE as error:
        raise StoreError(f"{path} is not a label: {error}.", hint="Remove it and label the recording again.") from None
    except OSError as error:
        raise unreadable(path, error) from None
    if label.schema != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema version {label.schema}, this harness reads {SCHEMA_VERSION}.",
            hint="Use the harness version that wrote it, or a newer one.",
        )
    return label
