"""Captures as they lie on a disk: plain or packed, whole or torn, and never expanded without end."""

import gzip

import pyarrow as pa
import pytest

from harness.errors import LogError
from harness.ingest import sources
from harness.ingest.sources import read_blocks

TEXT = b"INFO     a [ 1.00ms | 100.00% ]\n" * 500


def zstd(data: bytes) -> bytes:
    return pa.Codec("zstd").compress(data, asbytes=True)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd], ids=["plain", "gzip", "zstd"])
@pytest.mark.parametrize("data", [TEXT, b"", b"x", TEXT.removesuffix(b"\n"), bytes(range(256)) * 9])
@pytest.mark.parametrize("block_bytes", [100, 1 << 20])
def test_the_bytes_are_the_same_however_they_are_packed(tmp_path, monkeypatch, pack, data, block_bytes) -> None:
    monkeypatch.setattr(sources, "BLOCK_BYTES", block_bytes)
    path = tmp_path / "any name"
    path.write_bytes(pack(data))
    blocks = list(read_blocks(path))
    assert b"".join(blocks) == data
    assert all(0 < len(block) <= block_bytes for block in blocks)


def test_several_gzip_files_one_after_the_other_are_one_text(tmp_path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"a\n") + gzip.compress(b"b\n"))
    assert b"".join(read_blocks(path)) == b"a\nb\n"


def test_a_real_capture_is_read_packed_as_it_is_read_plain(tmp_path, captures) -> None:
    data = (captures / "cpu_keccakf.log").read_bytes()
    for name, pack in (("a.gz", gzip.compress), ("a.zst", zstd)):
        (tmp_path / name).write_bytes(pack(data))
        assert b"".join(read_blocks(tmp_path / name)) == data


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_packed_file_cut_short_is_an_error_with_its_name(tmp_path, captures, pack, share) -> None:
    packed = pack((captures / "cpu_keccakf.log").read_bytes())
    path = tmp_path / "cut"
    path.write_bytes(packed[: int(len(packed) * share)])
    with pytest.raises(LogError, match="cut"):
        list(read_blocks(path))


@pytest.mark.parametrize("spoilt", [30, 1000, -3])
def test_a_damaged_gzip_file_is_an_error_with_its_name(tmp_path, captures, spoilt) -> None:
    packed = bytearray(gzip.compress((captures / "cpu_keccakf.log").read_bytes()))
    packed[spoilt] ^= 0xFF
    path = tmp_path / "spoilt.gz"
    path.write_bytes(packed)
    with pytest.raises(LogError, match=r"spoilt\.gz") as raised:
        list(read_blocks(path))
    assert raised.value.hint == "Copy it again."


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_a_file_that_expands_beyond_reason_is_refused_before_it_fills_the_disk(tmp_path, monkeypatch, pack) -> None:
    monkeypatch.setattr(sources, "_UNCHECKED_BYTES", 10_000)
    monkeypatch.setattr(sources, "BLOCK_BYTES", 1000)
    path = tmp_path / "bomb"
    path.write_bytes(pack(b"\0" * 1_000_000))
    taken: list[int] = []
    with pytest.raises(LogError, match=r"bomb expands to more than 250 times its size") as raised:
        taken.extend(len(block) for block in read_blocks(path))
    assert 0 < sum(taken) <= max(10_000, 250 * path.stat().st_size)
    assert "decompress it" in raised.value.hint


def test_a_log_squeezed_well_is_no_bomb(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sources, "_UNCHECKED_BYTES", 1000)
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(TEXT))
    assert b"".join(read_blocks(path)) == TEXT
    assert len(TEXT) > 100 * path.stat().st_size


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_is_no_file_is_one_clear_error(tmp_path, name) -> None:
    with pytest.raises(LogError, match="cannot be read"):
        list(read_blocks(tmp_path / name))
