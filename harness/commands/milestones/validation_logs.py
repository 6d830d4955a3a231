"""Where the logs of validations lie: in the store when they are made, in the repository when they are published.

A milestone's file names a log by the path that it has in the repository, before and after it is published.
"""

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from harness.commands.milestones.place import MilestonePlace
from harness.commands.workspace import Workspace
from harness.errors import StoreError
from harness.store.folder import sync, unreadable, unwritable, write_durably

_FOLDER = "milestones"
_LOG_NAME = re.compile(r"validate-[A-Za-z0-9._-]+\.log")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def new_log(
    workspace: Workspace, place: MilestonePlace, milestone_id: str, name: str, *, timestamp: str, header: bytes
) -> tuple[str, Path]:
    """A log that holds its header: the path that documents give it, and its file in the store. Raises StoreError."""
    folder = workspace.store.root / _FOLDER / milestone_id
    stem = f"validate-{_NOT_IN_A_NAME.sub('-', name)}-{timestamp.replace(':', '')}-m{milestone_id}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            relative = f"{place.logs}/{stem if number == 1 else f'{stem}-{number}'}.log"
            path = folder / PurePosixPath(relative).name
            if path.exists() or (place.directory / relative).exists():
                continue
            with path.open("xb") as file:
                file.write(header)
            sync(folder)
            return relative, path
    except OSError as error:
        raise unwritable(folder, error) from None
    raise StoreError(f"There are too many logs {folder}/{stem}.", hint="Wait a second.")


def end_log(path: Path, footer: bytes) -> bytes:
    """Writes a log's last lines; the whole log, which is on disk. Raises StoreError."""
    try:
        with path.open("ab") as file:
            file.write(footer)
        sync(path)
        return path.read_bytes()
    except OSError as error:
        raise unwritable(path, error) from None


def find_log(workspace: Workspace, place: MilestonePlace, relative_path: str, *, published_only: bool) -> bytes | None:
    """A log by the path that a document gives it: the repository's, else the store's; None where there is none.

    A path outside the folder of published logs is nobody's log. Raises StoreError for one that cannot be read.
    """
    name = _name(place, relative_path)
    if name is None:
        return None
    published = place.directory / relative_path
    path = published if published.is_file() or published_only else _stored(workspace, name)
    try:
        return path.read_bytes() if path is not None and path.is_file() else None
    except OSError as error:
        raise unreadable(published, error) from None


def publish_logs(workspace: Workspace, place: MilestonePlace, paths: Iterable[str]) -> tuple[Path, ...]:
    """Copies the logs of these paths from the store to where documents say they are; the files, new or there already.

    Raises StoreError where a log is gone, or another file has its place.
    """
    return tuple(_published(workspace, place, one) for one in dict.fromkeys(paths))


def _published(workspace: Workspace, place: MilestonePlace, relative: str) -> Path:
    path = place.directory / relative
    name = _name(place, relative)
    stored = None if name is None else _stored(workspace, name)
    there = find_log(workspace, place, relative, published_only=True)
    try:
        data = there if stored is None else stored.read_bytes()
        if data is None:
            raise StoreError(f"The log {relative} is neither in the checkout nor in the store.", hint="Validate again.")
        if there not in {None, data}:
            raise StoreError(f"{path} is another file than the log in the store.", hint="Move it away, publish again.")
        if there is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, data)
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def _name(place: MilestonePlace, relative: str) -> str | None:
    """The file name of a log's path; None for a path that no log of ours has."""
    name = relative.removeprefix(f"{place.logs}/")
    return name if name != relative and _LOG_NAME.fullmatch(name) else None


def _stored(workspace: Workspace, name: str) -> Path | None:
    """The log of that name in the store; no two milestones have one of the same name."""
    return next(iter((workspace.store.root / _FOLDER).glob(f"*/{name}")), None)
