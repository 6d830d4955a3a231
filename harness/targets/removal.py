"""Files and folders of our own measured and deleted; a symbolic link is one entry, and is never followed."""

import os
import shutil
import stat
from pathlib import Path


def size_bytes(path: Path) -> int:
    """What deleting `path` would free on disk; a file that has several names within counts once."""
    seen: set[tuple[int, int]] = set()
    total = _own_bytes(path, seen)
    if path.is_dir() and not path.is_symlink():
        for folder, folders, files in os.walk(path):
            total += sum(_own_bytes(Path(folder, name), seen) for name in (*folders, *files))
    return total


def delete(path: Path) -> None:
    """Delete a file, a link or a whole folder, write-protected folders too; nothing there is fine. Raises OSError."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    _make_writable(path)
    shutil.rmtree(path)


def _own_bytes(path: Path, seen: set[tuple[int, int]]) -> int:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return 0
    if (found.st_dev, found.st_ino) in seen:
        return 0
    seen.add((found.st_dev, found.st_ino))
    return found.st_blocks * 512  # POSIX: blocks of 512 bytes, whatever the file system's are


def _make_writable(folder: Path) -> None:
    """Each folder before it is looked into."""
    _own(folder)
    for below, folders, _files in os.walk(folder):
        for name in folders:
            _own(Path(below, name))


def _own(folder: Path) -> None:
    mode = folder.lstat().st_mode
    if stat.S_ISDIR(mode) and mode & stat.S_IRWXU != stat.S_IRWXU:
        folder.chmod(stat.S_IMODE(mode) | stat.S_IRWXU)
