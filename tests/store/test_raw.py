import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import StoreError
from harness.store import raw
from harness.store.raw import compress_all, file_hashes, read_raw, write_raw_blocks


@given(st.binary(max_size=5000) | st.binary(min_size=1, max_size=20).map(lambda part: part * 5000))
@settings(max_examples=60, deadline=None)
def test_a_raw_log_reads_back_byte_for_byte(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("raw") / "keccakf.log"
    write_raw_blocks(path, [data])

    assert read_raw(path) == data
    assert not path.exists()


def test_a_whole_capture_is_much_smaller_at_rest(tmp_path):
    capture = Path(__file__).parent.parent / "data" / "captures" / "h200_keccakf.log"
    write_raw_blocks(tmp_path / "keccakf.log", [capture.read_bytes()])

    assert read_raw(tmp_path / "keccakf.log") == capture.read_bytes()
    assert (tmp_path / "keccakf.log.zst").stat().st_size < capture.stat().st_size / 5


def test_every_plain_file_is_replaced_by_its_compressed_form(tmp_path):
    files = {"keccakf.log": b"one\n" * 99, "empty.log": b"", "keccakf.1.spans.jsonl": b"{}"}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    write_raw_blocks(tmp_path / "before.log", [b"compressed before"])
    compress_all(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [*(f"{one}.zst" for one in files), "before.log.zst"]
    )
    assert {name: read_raw(tmp_path / name) for name in files} == files
    assert read_raw(tmp_path / "before.log") == b"compressed before"


def test_a_compressed_file_that_a_crash_left_half_written_is_written_anew(tmp_path):
    (tmp_path / "keccakf.log").write_bytes(b"printed")
    (tmp_path / "keccakf.log.zst").write_bytes(b"half")
    compress_all(tmp_path)

    assert read_raw(tmp_path / "keccakf.log") == b"printed"


def test_the_plain_file_stays_where_the_compressed_one_does_not_read_back(tmp_path, monkeypatch):
    (tmp_path / "keccakf.log").write_bytes(b"printed")
    monkeypatch.setattr(raw, "read_raw_blocks", lambda _path: iter([b"something ", b"else"]))

    with pytest.raises(StoreError, match="does not read back") as error:
        compress_all(tmp_path)
    assert "plain file is kept" in error.value.hint
    assert (tmp_path / "keccakf.log").read_bytes() == b"printed"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_keeps_the_plain_file(tmp_path):
    (tmp_path / "keccakf.log").write_bytes(bytes(range(256)) * 400)
    (tmp_path / "keccakf.log.zst").symlink_to("/dev/full")

    with pytest.raises(StoreError, match="No space left"):
        write_raw_blocks(tmp_path / "keccakf.log", [(tmp_path / "keccakf.log").read_bytes()])
    assert (tmp_path / "keccakf.log").exists()


def test_hashes_cover_every_file_below_by_its_relative_path(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.log").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"")

    assert file_hashes(tmp_path) == {
        "b": hashlib.sha256(b"").hexdigest(),
        "raw/a.log": hashlib.sha256(b"a").hexdigest(),
    }
