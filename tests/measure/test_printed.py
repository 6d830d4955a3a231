"""A run's part of a log, by stream, in blocks of any size."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.measure import printed
from harness.measure.printed import Printed


def lines_of(stream) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    for data, numbers in stream:
        assert not data or data.endswith(b"\n")
        found += zip(numbers, data.removesuffix(b"\n").split(b"\n") if data else [], strict=True)
    return found


def log(path: Path, before: bytes, lines: list[bytes], stderr: tuple[tuple[int, int], ...] = ()) -> Printed:
    path.write_bytes(before + b"".join(line + b"\n" for line in lines))
    first = before.count(b"\n") + 1
    return Printed(path=path, offset=len(before), first_line=first, stderr_lines=stderr, wrote_files=False)


@pytest.mark.parametrize("block_bytes", [1, 5, 17, 1 << 20])
def test_each_line_comes_on_its_own_stream_with_its_number(tmp_path, monkeypatch, block_bytes) -> None:
    monkeypatch.setattr(printed, "_BLOCK_BYTES", block_bytes)
    lines = [b"one", b"", b"three\r", b"four\x0bx", b"five", b"\xff", b"seven"]
    run = log(tmp_path / "a.log", b"# header\nearlier run\n", lines, ((4, 5), (8, 8)))
    assert lines_of(run.stdout()) == [(3, b"one"), (6, b"four\x0bx"), (7, b"five"), (9, b"seven")]
    assert lines_of(run.stderr()) == [(4, b""), (5, b"three\r"), (8, b"\xff")]


def test_a_run_that_wrote_only_to_one_stream_has_nothing_on_the_other(tmp_path) -> None:
    assert lines_of(log(tmp_path / "a", b"x\n", [b"a", b"b"]).stderr()) == []
    assert lines_of(log(tmp_path / "b", b"x\n", [b"a", b"b"], ((2, 3),)).stdout()) == []


def test_a_run_that_printed_nothing_has_no_line(tmp_path) -> None:
    run = log(tmp_path / "a", b"===== warmup =====\n", [])
    assert (lines_of(run.stdout()), lines_of(run.stderr())) == ([], [])


def test_a_log_that_is_gone_is_an_error_of_the_system(tmp_path) -> None:
    run = log(tmp_path / "a", b"", [b"x"])
    (tmp_path / "a").unlink()
    with pytest.raises(FileNotFoundError):
        list(run.stdout())


def test_a_log_is_not_read_for_stderr_where_no_line_is_on_it(tmp_path) -> None:
    run = log(tmp_path / "a", b"", [b"x"])
    (tmp_path / "a").unlink()
    assert lines_of(run.stderr()) == []


def test_a_line_longer_than_a_block_is_not_cut_into_several(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(printed, "_BLOCK_BYTES", 5)
    monkeypatch.setattr(printed, "_LINE_BYTES", 4)
    run = log(tmp_path / "a", b"", [b"err", b"x" * 20], ((1, 1),))
    assert b"".join(data for data, _ in run.stdout()) == b"x" * 20 + b"\n"


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"")), max_size=12),
    st.sets(st.integers(1, 12)),
    st.integers(1, 20),
)
def test_together_the_streams_are_the_log(tmp_path_factory, lines, err, block_bytes) -> None:
    path = tmp_path_factory.mktemp("log") / "a.log"
    run = log(path, b"", lines, tuple((number, number) for number in sorted(err) if number <= len(lines)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printed, "_BLOCK_BYTES", block_bytes)
        both = [*lines_of(run.stdout()), *lines_of(run.stderr())]
        assert {number for number, _ in lines_of(run.stderr())} == {one for one in err if one <= len(lines)}
    assert sorted(both) == list(enumerate(lines, start=1))
