"""Files as they should not be: damaged archives, bombs, endless lines, strange sections; memory stays bounded."""

import gzip
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from itertools import islice, repeat
from pathlib import Path

import pyarrow as pa
import pytest

from harness.errors import LogError
from harness.ingest.lines import MAX_LINE_BYTES, RunLines, line_blocks, pieces_of_runs
from harness.ingest.sources import BLOCK_BYTES, read_blocks
from harness.ingest.survey import survey
from harness.recording.manifest import RunKind

MEGABYTE = 1 << 20
MEMORY_OF_READER = """
import resource, sys
from harness.ingest.lines import line_blocks
from harness.ingest.sources import read_blocks
from pathlib import Path
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count = sum(block.count for block in line_blocks(read_blocks(Path(sys.argv[1]))))
print(count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> (20 if sys.platform == "darwin" else 10))
"""


@pytest.fixture(scope="module")
def log(captures: Path) -> bytes:
    return (captures / "cpu_logup.log").read_bytes()


def whole(path: Path) -> bytes:
    return b"".join(read_blocks(path))


def packed_in(codec: str, data: bytes) -> bytes:
    return gzip.compress(data, mtime=0) if codec == "gzip" else bytes(pa.compress(data, codec="zstd", asbytes=True))


def many_as_gzip(path: Path, megabytes: int, *, begun_with: bytes = b"", filler: bytes = b"\0") -> Path:
    """The same byte over and over, in members of eight megabytes."""
    member = gzip.compress(filler * (8 * MEGABYTE))
    path.write_bytes(gzip.compress(begun_with) + member * (megabytes // 8))
    return path


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_packed_log_is_the_same_as_the_plain_one(tmp_path, log, codec: str) -> None:
    (tmp_path / "a.log").write_bytes(packed_in(codec, log))
    assert whole(tmp_path / "a.log") == log


def test_a_gzip_file_of_several_members_is_all_of_them(tmp_path, log) -> None:
    (tmp_path / "a.gz").write_bytes(b"".join(gzip.compress(log[at : at + 999]) for at in range(0, len(log), 999)))
    assert whole(tmp_path / "a.gz") == log


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_packed_log_that_is_cut_is_an_error_or_as_short_as_its_magic(tmp_path, log, codec: str) -> None:
    packed, path = packed_in(codec, log), tmp_path / "cut"
    for size in [*range(40), *range(40, len(packed), 3), len(packed) - 2, len(packed) - 1]:
        path.write_bytes(packed[:size])
        if size < (2 if codec == "gzip" else 4):
            assert whole(path) == packed[:size]
        else:
            with pytest.raises(LogError, match="cut"):
                whole(path)


@pytest.mark.parametrize("codec", ["gzip", "zstd"])
def test_a_packed_log_with_any_byte_garbled_is_an_error_or_the_same_log(tmp_path, log, codec: str) -> None:
    """Garbled bytes of a header may mean nothing; a zstd frame need not have a checksum to be told."""
    packed, path = packed_in(codec, log), tmp_path / "garbled"
    other = 0
    for place in range(5, len(packed), 7):
        path.write_bytes(packed[:place] + bytes([packed[place] ^ 0x55]) + packed[place + 1 :])
        try:
            other += whole(path) != log
        except LogError:
            continue
    assert codec == "zstd" or not other


@pytest.mark.parametrize("tail", [b"x", b"\x1f", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"garbage" * 99])
def test_text_behind_a_packed_log_is_an_error(tmp_path, log, tail: bytes) -> None:
    path = tmp_path / "more"
    for codec in ("gzip", "zstd"):
        path.write_bytes(packed_in(codec, log) + tail)
        with pytest.raises(LogError, match="more"):
            whole(path)


def test_a_folder_and_a_missing_file_are_errors(tmp_path) -> None:
    for path in (tmp_path, tmp_path / "no" / "such", tmp_path / ("x" * 300)):
        with pytest.raises(LogError, match="cannot be read"):
            whole(path)


def test_a_file_that_shrinks_while_it_is_read_ends_early(tmp_path) -> None:
    path = tmp_path / "shrinking"
    path.write_bytes(b"a line\n" * MEGABYTE)
    blocks = read_blocks(path)
    first = next(blocks)
    os.truncate(path, len(first) + 10)
    rest = b"".join(blocks)
    assert first + rest == (b"a line\n" * MEGABYTE)[: len(first) + 10]


@pytest.mark.slow
def test_a_bomb_of_a_gigabyte_is_an_error_long_before_it_is_unpacked(tmp_path) -> None:
    bomb = many_as_gzip(tmp_path / "bomb.gz", 1024)
    assert bomb.stat().st_size < 2 * MEGABYTE
    sizes: list[int] = []
    with pytest.raises(LogError, match="more than 250 times"):
        sizes.extend(len(block) for block in read_blocks(bomb))
    assert max(sizes) <= BLOCK_BYTES
    assert sum(sizes) <= max(256 * MEGABYTE, 250 * bomb.stat().st_size)


def test_a_bomb_within_a_bomb_is_unpacked_once(tmp_path) -> None:
    inner = many_as_gzip(tmp_path / "inner.gz", 8)
    (tmp_path / "outer.gz").write_bytes(gzip.compress(inner.read_bytes()))
    assert whole(tmp_path / "outer.gz") == inner.read_bytes()


@pytest.mark.slow
def test_a_file_that_is_one_line_of_hundreds_of_megabytes_is_read_in_little_memory(tmp_path) -> None:
    path = many_as_gzip(tmp_path / "line.gz", 240, begun_with=b"first\n", filler=b"x")
    done = subprocess.run(
        [sys.executable, "-c", MEMORY_OF_READER, str(path)], check=True, capture_output=True, text=True
    )
    count, grown_megabytes = map(int, done.stdout.split())
    assert count == 2
    assert grown_megabytes < 4 * (MAX_LINE_BYTES >> 20)


def blocks_of(*pieces: tuple[bytes, int]) -> Iterator[bytes]:
    for piece, times in pieces:
        yield from repeat(piece, times)


def test_a_line_of_a_hundred_megabytes_is_passed_over_with_its_number_in_bounded_memory() -> None:
    filler = b"x" * MEGABYTE
    tracemalloc.start()
    try:
        found = list(line_blocks(blocks_of((b"one\ntwo\n", 1), (filler, 100), (b"end of it\nfour\n", 1))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert b"".join(block.data for block in found) == b"one\ntwo\n\nfour\n"
    assert [issue.line for block in found for issue in block.issues] == [3]
    assert all(issue.damage for block in found for issue in block.issues)
    assert peak < 3 * MAX_LINE_BYTES
    assert [block.first_line for block in found] == [1, 3]


@pytest.mark.parametrize("end", [b"", b"\n", b"x", b"x\n", b"x\ny"])
def test_a_file_that_ends_in_or_behind_a_line_that_is_too_long_keeps_its_numbers(end: bytes) -> None:
    filler = b"x" * MEGABYTE
    found = list(line_blocks(blocks_of((b"a\n", 1), (filler, 34), *(((end, 1),) if end else ()))))
    assert [issue.line for block in found for issue in block.issues] == [2]
    lines = [line for block in found for line in range(block.first_line, block.first_line + block.count)]
    assert lines == list(range(1, 4 if b"\n" in end[:-1] else 3))


def test_two_lines_that_are_too_long_are_two_issues() -> None:
    filler = b"x" * MEGABYTE
    found = list(line_blocks(blocks_of((filler, 33), (b"\na\n", 1), (filler, 33), (b"\nb\n", 1))))
    assert [issue.line for block in found for issue in block.issues] == [1, 3]
    assert b"".join(block.data for block in found) == b"\na\n\nb\n"


def test_lines_are_the_same_however_the_bytes_are_cut(log) -> None:
    data = log[:3000] + b"\r\n\r\n\0\xff\r" + log[3000:4000]
    for size in (1, 2, 3, 7, 100, 4096):
        found = list(line_blocks(data[at : at + size] for at in range(0, len(data), size)))
        assert b"".join(block.data for block in found) == data
        assert [block.first_line for block in found[1:]] == [block.first_line + block.count for block in found[:-1]]


def test_only_whole_lines_that_say_nothing_else_begin_a_section() -> None:
    text = (
        b" ===== measured run 1 =====\n===== measured run 2 ===== \n===== measured run -3 =====\n"
        b"===== measured run 1e3 =====\n===== measured run 1234567 =====\n===== MEASURED RUN 4 =====\n"
        b"===== measured run 5 =====\r\r\n=====  warmup =====\n"
        b"\xff===== warmup =====\n===== measured run \xd9\xa3 =====\n"
    )
    [run] = survey(line_blocks([text]), "b").runs
    assert (run.kind, run.number, run.first_line, run.last_line) == (RunKind.MEASURED, 1, 1, 10)


def test_fifty_thousand_sections_are_as_many_runs_without_overlap() -> None:
    text = b"".join(b"===== measured run %d =====\n" % number for number in range(50_000))
    blocks = [text[at : at + 65_536] for at in range(0, len(text), 65_536)]
    runs = survey(line_blocks(blocks), "b").runs
    assert [run.number for run in runs] == list(range(50_000))
    assert all(run.first_line == run.last_line == place for place, run in enumerate(runs, start=1))
    lines = [RunLines(first_line=run.first_line, last_line=run.last_line) for run in runs]
    pieces = pieces_of_runs(line_blocks(blocks), lines, merged=True)
    assert [piece.run for piece in islice(pieces, 3)] == [0, 1, 2]


def test_a_section_twice_and_a_run_zero_are_told_as_they_are() -> None:
    text = b"===== measured run 999999 =====\n" * 2 + b"===== measured run 0 =====\n===== warmup =====\n" * 2
    runs = survey(line_blocks([text]), "b").runs
    assert [(run.kind, run.number) for run in runs] == [
        (RunKind.MEASURED, 999_999),
        (RunKind.MEASURED, 999_999),
        (RunKind.MEASURED, 0),
        (RunKind.WARMUP, 0),
        (RunKind.MEASURED, 0),
        (RunKind.WARMUP, -1),
    ]


def test_a_header_of_ten_megabytes_is_kept_short_and_hides_no_section() -> None:
    header = b"# Command: " + b"x" * (10 * MEGABYTE) + b"\n# Timestamp: 2026-01-01\n===== measured run 7 =====\n"
    found = survey(line_blocks(header[at : at + MEGABYTE] for at in range(0, len(header), MEGABYTE)), "b")
    assert found.command is not None
    assert len(found.command) < 5000
    assert [(run.number, run.first_line) for run in found.runs] == [(7, 3)]
