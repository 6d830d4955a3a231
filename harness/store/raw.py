"""Raw logs at rest: exactly what a program printed, zstd-compressed; read and written block by block."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from harness.errors import StoreError
from harness.store.folder import sync, unwritable

SUFFIX = ".zst"
_BLOCK_BYTES = 1 << 20


def write_raw_blocks(path: Path, blocks: Iterable[bytes]) -> None:
    """Writes the blocks one after the other, compressed, to `path` + `.zst`, on disk when this returns."""
    for _ in archived(path, blocks):
        pass


def archived(path: Path, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same blocks, each written to `path` + `.zst` when it is taken; on disk when all were."""
    target = path.with_name(path.name + SUFFIX)
    stream = _written(target, lambda: pa.output_stream(str(target), compression="zstd"))
    try:
        for block in blocks:
            _written(target, partial(stream.write, block))
            yield block
    finally:
        _written(target, stream.close)
    _written(target, lambda: sync(target))


def _written(target: Path, write: Callable[[], Any]) -> Any:  # noqa: ANN401 (whatever the call gives)
    try:
        return write()
    except OSError as error:
        raise unwritable(target, error) from None


def compress_all(folder: Path) -> None:
    """Replaces every plain file of a folder by its compressed form."""
    for path in sorted(folder.iterdir()):
        if path.suffix != SUFFIX:
            _compress_in_place(path)


def _compress_in_place(path: Path) -> None:
    """The plain file goes only after the compressed one was read back and is equal."""
    with path.open("rb") as file:
        write_raw_blocks(path, iter(partial(file.read, _BLOCK_BYTES), b""))
    with path.open("rb") as file:
        plain = hashlib.file_digest(file, "sha256").digest()
    if _digest(read_raw_blocks(path)) != plain:
        raise StoreError(
            f"{path}{SUFFIX} does not read back as written.", hint="The plain file is kept; check the disk."
        )
    path.unlink()


def _digest(blocks: Iterable[bytes]) -> bytes:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.digest()


def read_raw(path: Path) -> bytes:
    """The bytes of the raw log stored as `path` + `.zst`."""
    return b"".join(read_raw_blocks(path))


def read_raw_blocks(path: Path) -> Iterator[bytes]:
    """The same, block by block."""
    with pa.input_stream(str(path.with_name(path.name + SUFFIX)), compression="zstd") as stream:
        while block := bytes(stream.read(_BLOCK_BYTES)):
            yield block


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below `folder`, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): _file_hash(path) for path in files}


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
