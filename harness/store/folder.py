"""A store: one writable folder of recordings and labels, and read-only ones (committed baselines) behind it."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.errors import StoreError
from harness.recording.manifest import ID_DIGITS, Manifest, Recording, content_id, from_json, to_json

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding a file of the store raises for bytes that are no JSON, no UTF-8, or nested beyond any such file."""

RECORDINGS = "recordings"
LABELS = "labels"
MANIFEST = "recording.json"
PATCH = "worktree.patch"
RAW = "raw"
BASELINES = "baselines"
_IGNORE_ALL = "# Made by harness: recordings stay out of the checkout they are taken of.\n*\n"


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """`root` is written to; `behind` are read-only stores searched after it."""

    root: Path
    behind: tuple[Path, ...] = ()

    def folders(self) -> tuple[Path, ...]:
        """All folders, the writable one first."""
        return (self.root, *self.behind)

    def ids(self) -> Iterator[str]:
        """Ids of all finished recordings."""
        seen: set[str] = set()
        for folder in self.folders():
            for path in sorted(_entries(folder / RECORDINGS)):
                if _is_id(path.name) and path.name not in seen:
                    seen.add(path.name)
                    yield path.name

    def path_of(self, recording_id: str) -> Path | None:
        """Where a recording lies; None for an id that is not stored."""
        if not _is_id(recording_id):
            return None
        places = (folder / RECORDINGS / recording_id for folder in self.folders())
        return next((path for path in places if (path / MANIFEST).is_file()), None)

    def load(self, recording_id: str) -> Recording:
        """The recording of that id. Raises StoreError where it is absent, altered, or of another schema version."""
        path = self.path_of(recording_id)
        if path is None:
            raise self._absent(recording_id)
        try:
            data = (path / MANIFEST).read_bytes()
        except OSError as error:
            raise unreadable(path / MANIFEST, error) from None
        manifest = from_json(data, where=str(path / MANIFEST))
        if content_id(data) != recording_id:
            raise StoreError(
                f"{path / MANIFEST} was altered: its content is that of {content_id(data)}.",
                hint="Restore it, or remove the folder and record again.",
            )
        return Recording(id=recording_id, manifest=manifest)

    def _absent(self, recording_id: str) -> StoreError:
        places = (folder / RECORDINGS / recording_id for folder in self.folders() if _is_id(recording_id))
        damaged = next((place for place in places if place.is_dir()), None)
        if damaged is not None:
            hint = "Restore it from a copy, or remove the folder and record again."
            return StoreError(f"{damaged} has lost its {MANIFEST}.", hint=hint)
        return StoreError(f"There is no recording {recording_id} in {self.root}.", hint="'harness ls' lists them.")

    def recordings(self) -> Iterator[Recording]:
        """All finished recordings, in no order that means anything."""
        for recording_id in self.ids():
            yield self.load(recording_id)

    def prepare(self) -> None:
        """Makes the writable folder; a new one ignores itself so that a checkout stays clean around it."""
        is_new = not self.root.exists()
        try:
            (self.root / RECORDINGS).mkdir(parents=True, exist_ok=True)
            (self.root / LABELS).mkdir(exist_ok=True)
            if is_new and self.root.name != BASELINES:
                (self.root / ".gitignore").write_text(_IGNORE_ALL, encoding="utf-8")
        except OSError as error:
            raise unwritable(self.root, error) from None

    def publish_draft(self, draft: Path, manifest: Manifest) -> Recording:
        """Turns a finished draft folder into the recording of its content: manifest last, then one rename.

        Where that recording is stored already, it is kept; a stored one that lost a file is replaced by the draft.
        """
        from shutil import rmtree  # noqa: PLC0415 (loads compressors; whoever only reads needs none)

        data = to_json(manifest)
        recording = Recording(id=content_id(data), manifest=manifest)
        place = self.root / RECORDINGS / recording.id
        try:
            for path in draft.rglob("*"):
                sync(path)
            write_durably(draft / MANIFEST, data)
            if _is_whole(place, manifest, data):
                rmtree(draft)
            else:
                _rename_over(draft, place)
        except OSError as error:
            raise unwritable(place, error) from None
        return recording


def committed_baselines(beside: Path) -> tuple[Path, ...]:
    """Read-only stores: `baselines/` beside harness.toml, then the one that comes with the package."""
    package = Path(__file__).parent.parent
    shipped = [package / BASELINES, package.parent / BASELINES]
    places = [beside / BASELINES, next((place for place in shipped if place.is_dir()), shipped[0])]
    return tuple(dict.fromkeys(place.resolve() for place in places if place.is_dir()))


def write_durably(path: Path, data: bytes) -> None:
    """Writes a file so that it is there whole after a power cut, or not at all. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def unwritable(path: Path, error: OSError) -> StoreError:
    """The error for a store that does not take what is written to it."""
    return StoreError(
        f"{path} cannot be written: {error.strerror or error}.",
        hint="Nothing recorded before was touched. Free space or choose another place with --store or HARNESS_STORE.",
    )


def unreadable(path: Path, error: OSError) -> StoreError:
    """The error for a part of a store that cannot be read."""
    return StoreError(
        f"{path} cannot be read: {error.strerror or error}.",
        hint="Check its permissions, or choose another place with --store or HARNESS_STORE.",
    )


def sync(path: Path) -> None:
    """Returns when a file or folder is on disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(folder, error) from None


def _is_whole(place: Path, manifest: Manifest, data: bytes) -> bool:
    """Whether `place` holds a manifest of these bytes and every file it names."""
    stored = place / MANIFEST
    return stored.is_file() and stored.read_bytes() == data and all((place / one).is_file() for one in manifest.files)


def _rename_over(draft: Path, place: Path) -> None:
    """Moves a draft to its place; a damaged recording there goes only after the whole one stands in its stead."""
    from shutil import rmtree  # noqa: PLC0415 (as above)

    damaged = place.with_name(f".damaged-{place.name}-{os.getpid()}")
    if place.exists():
        place.rename(damaged)
    try:
        draft.rename(place)
    except OSError:
        if damaged.exists():
            damaged.rename(place)
        raise
    sync(place.parent)
    rmtree(damaged, ignore_errors=True)


def _is_id(name: str) -> bool:
    return len(name) == ID_DIGITS and all(digit in "0123456789abcdef" for digit in name)
