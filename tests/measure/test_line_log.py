"""The raw log: exact bytes, line numbers, ranges of stderr, and failures that say where and what to do."""

import time
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.measure.line_log import LineLog, Stream


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keccakf.log"


def test_a_section_line_comes_before_the_run_it_announces(path: Path) -> None:
    with LineLog(path) as log:
        log.section("measured run 1")
        log.begin_run()
        log.append(b"one\ntwo\n", Stream.STDOUT)
        assert (log.first_line, log.last_line) == (2, 3)
    assert path.read_bytes() == b"===== measured run 1 =====\none\ntwo\n"


def test_a_run_without_output_has_no_lines(path: Path) -> None:
    with LineLog(path) as log:
        log.section("warmup")
        log.begin_run()
        assert (log.first_line, log.last_line) == (2, 1)


def test_a_partial_line_waits_while_the_other_stream_goes_on(path: Path) -> None:
    with LineLog(path) as log:
        log.append(b"test NAME ... ", Stream.STDOUT)
        log.append(b"warning\n", Stream.STDERR)
        log.append(b"ok\nnext", Stream.STDOUT)
        assert log.end_stream(Stream.STDOUT)
        assert not log.end_stream(Stream.STDERR)
    assert path.read_bytes() == b"warning\ntest NAME ... ok\nnext\n"


def test_stderr_ranges_are_closed_and_joined_and_begin_anew_with_each_run(path: Path) -> None:
    with LineLog(path) as log:
        log.append(b"a\nb\n", Stream.STDERR)
        log.append(b"c\n", Stream.STDERR)
        log.append(b"out\n", Stream.STDOUT)
        log.append(b"d\n", Stream.STDERR)
        first = log.stderr_lines
        log.begin_run()
        log.append(b"e\n", Stream.STDERR)
        assert (first, log.stderr_lines) == (((1, 3), (5, 5)), ((6, 6),))


def test_lines_end_at_newline_bytes_only(path: Path) -> None:
    data = b"\xff\x00\r\x0b\x0c\xc2\x85\xe2\x80\xa8 still one line\n"
    with LineLog(path) as log:
        log.append(data, Stream.STDOUT)
        assert log.last_line == 1
    assert path.read_bytes() == data


def test_an_unfinished_line_of_an_abandoned_run_does_not_leak_into_the_next(path: Path) -> None:
    with LineLog(path) as log:
        log.append(b"abandoned", Stream.STDOUT)
        log.begin_run()
        log.append(b"fresh\n", Stream.STDOUT)
    assert path.read_bytes() == b"fresh\n"


def test_an_existing_log_is_continued_with_its_line_numbers(path: Path) -> None:
    path.write_bytes(b"1\n2\n")
    with LineLog(path) as log:
        assert log.first_line == 3
        log.append(b"3\n", Stream.STDOUT)
        assert log.last_line == 3
    assert path.read_bytes() == b"1\n2\n3\n"


def test_everything_appended_is_in_the_file_before_it_is_closed(path: Path) -> None:
    with LineLog(path) as log:
        log.append(b"seen\n", Stream.STDOUT)
        assert path.read_bytes() == b"seen\n"
        log.flush_to_disk()


def test_a_huge_line_in_small_pieces_takes_linear_time(path: Path) -> None:
    piece, count = b"x" * 4096, 4096
    with LineLog(path) as log:
        begun = time.perf_counter()
        for _ in range(count):
            log.append(piece, Stream.STDOUT)
        log.append(b"\n", Stream.STDOUT)
        assert time.perf_counter() - begun < 2  # quadratic copying would move 32 GB
        assert log.last_line == 1
    assert path.stat().st_size == len(piece) * count + 1


def test_a_log_that_cannot_be_opened_is_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"Cannot open the log {tmp_path}: Is a directory") as caught:
        LineLog(tmp_path)
    assert "--store" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_named_with_the_way_out() -> None:
    with LineLog(Path("/dev/full")) as log, pytest.raises(StoreError, match="/dev/full: No space left") as caught:
        log.section("warmup")
    assert "Free space" in caught.value.hint
