"""Files of logs → blocks of bytes, decompressed on the way; the only reader of captures."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

from harness.errors import LogError

BLOCK_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_UNCHECKED_BYTES = 256 << 20
_MAX_EXPANSION = 250
"""Real logs are squeezed to a twentieth; deflate itself reaches a thousandth, and only with nothing but one byte."""


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a capture, plain, gzip or zstd, in blocks.

    Raises LogError where it cannot be read, is cut short in its compressed form, or expands beyond reason.
    """
    try:
        with path.open("rb") as file:
            yield from _bounded(path, file)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(f"{path} is damaged as a gzip file: {error}.", hint="Copy it again.") from None
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}.") from None


def _bounded(path: Path, file: BinaryIO) -> Iterator[bytes]:
    packed_bytes = file.seek(0, 2)
    file.seek(0)
    magic = file.read(len(_ZSTD))
    file.seek(0)
    total_bytes = 0
    with _decompressed(file, magic) as reader:
        while block := reader.read(BLOCK_BYTES):
            total_bytes += len(block)
            if total_bytes > max(_UNCHECKED_BYTES, _MAX_EXPANSION * packed_bytes):
                raise LogError(
                    f"{path} expands to more than {_MAX_EXPANSION} times its size.",
                    hint="That is no log; if you know it is, decompress it and import the result.",
                )
            yield block


@contextmanager
def _decompressed(file: BinaryIO, magic: bytes) -> Iterator[_Reader]:
    if magic.startswith(_GZIP):
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast("_Reader", unpacked)
    elif magic == _ZSTD:
        with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as unpacked:
            yield cast("_Reader", unpacked)
    else:
        yield cast("_Reader", file)
