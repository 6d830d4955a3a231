"""Raw logs at rest: exactly what a program printed, zstd-compressed."""

import hashlib
from pathlib import Path

import pyarrow as pa

from harness.errors import StoreError
from harness.store.folder import sync, unwritable

SUFFIX = ".zst"


def write_raw(path: Path, data: bytes) -> None:
    """Writes `data` compressed to `path` + `.zst`, on disk when this returns."""
    target = path.with_name(path.name + SUFFIX)
    try:
        with pa.output_stream(str(target), compression="zstd") as stream:
            stream.write(data)
        sync(target)
    except OSError as error:
        raise unwritable(target, error) from None


def compress_all(folder: Path) -> None:
    """Replaces every plain file of a folder by its compressed form."""
    for path in sorted(folder.iterdir()):
        if path.suffix != SUFFIX:
            _compress_in_place(path)


def _compress_in_place(path: Path) -> None:
    """The plain file goes only after the compressed one was read back and is equal."""
    data = path.read_bytes()
    write_raw(path, data)
    if read_raw(path) != data:
        raise StoreError(
            f"{path}{SUFFIX} does not read back as written.", hint="The plain file is kept; check the disk."
        )
    path.unlink()


def read_raw(path: Path) -> bytes:
    """The bytes of the raw log stored as `path` + `.zst`."""
    with pa.input_stream(str(path.with_name(path.name + SUFFIX)), compression="zstd") as stream:
        return bytes(stream.read())


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
