"""Blocks to lines, lines to runs: nothing lost, nothing doubled, every number right, wherever a block is cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats.protocol import Chunk
from harness.ingest import lines
from harness.ingest.lines import RunLines, count_lines, line_blocks, pieces_of_runs

BYTES = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r\n", b"\n\n", b"\xff", b""]), max_size=30).map(b"".join)


def blocks_of(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def numbered(chunk: Chunk) -> list[tuple[int, bytes]]:
    """The lines of a chunk, each with its newline."""
    *parts, tail = chunk.data.split(b"\n")
    return list(zip(chunk.numbers, [*(part + b"\n" for part in parts), *([tail] if tail else [])], strict=True))


@settings(max_examples=80, deadline=None)
@given(BYTES, st.integers(1, 12))
def test_blocks_become_whole_lines_and_no_byte_is_lost(data, size) -> None:
    found = list(line_blocks(blocks_of(data, size)))
    assert b"".join(one.data for one in found) == data
    assert all(one.data.endswith(b"\n") for one in found[:-1])
    line = 1
    for one in found:
        assert (one.first_line, one.count, one.issues) == (line, count_lines(one.data), ())
        line += one.count
    assert line - 1 == count_lines(data)


@pytest.mark.parametrize(("data", "count"), [(b"", 0), (b"\n", 1), (b"a", 1), (b"a\n", 1), (b"a\n\n", 2), (b"a\nb", 2)])
def test_an_unfinished_last_line_is_a_line(data, count) -> None:
    assert count_lines(data) == count


@pytest.mark.parametrize("size", [1, 3, 7, 20])
def test_a_line_too_long_is_passed_over_with_its_number_and_the_rest_is_read(monkeypatch, size) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 20)
    found = list(line_blocks(blocks_of(b"a\n" + b"x" * 100 + b"\nb\nc\n", size)))
    assert b"".join(one.data for one in found) == b"a\n\nb\nc\n"
    assert [issue.line for one in found for issue in one.issues] == [2]
    assert [issue.damage for one in found for issue in one.issues] == [True]
    assert sum(one.count for one in found) == 4


def test_a_last_line_too_long_is_passed_over_too(monkeypatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 20)
    found = list(line_blocks(blocks_of(b"a\n" + b"x" * 100, 8)))
    assert b"".join(one.data for one in found) == b"a\n\n"
    assert [issue.line for one in found for issue in one.issues] == [2]


TEXT = b"".join(b"line %d\n" % number for number in range(1, 21))
RUNS = [
    RunLines(first_line=3, last_line=7, stderr_lines=((4, 5), (7, 7))),
    RunLines(first_line=8, last_line=7),
    RunLines(first_line=8, last_line=8),
    RunLines(first_line=11, last_line=20, stderr_lines=((11, 20),)),
]


def streams(size: int, runs: list[RunLines], *, merged: bool) -> dict[int, tuple[list, list]]:
    found: dict[int, tuple[list, list]] = {}
    for piece in pieces_of_runs(line_blocks(blocks_of(TEXT, size)), runs, merged=merged):
        out, err = found.setdefault(piece.run, ([], []))
        out.extend(numbered(piece.stdout))
        err.extend(numbered(piece.stderr))
    return found


def expected(numbers: list[int]) -> list[tuple[int, bytes]]:
    return [(number, b"line %d\n" % number) for number in numbers]


@pytest.mark.parametrize("size", [1, 5, 8, 50, 1000])
def test_stderr_ranges_are_closed_and_lines_keep_their_numbers(size) -> None:
    found = streams(size, RUNS, merged=False)
    assert found == {
        0: (expected([3, 6]), expected([4, 5, 7])),
        2: (expected([8]), []),
        3: ([], expected(list(range(11, 21)))),
    }


@pytest.mark.parametrize("size", [1, 8, 1000])
def test_of_a_merged_log_both_streams_are_all_lines(size) -> None:
    found = streams(size, RUNS, merged=True)
    assert {run: [number for number, _ in out] for run, (out, _) in found.items()} == {
        0: [3, 4, 5, 6, 7],
        2: [8],
        3: list(range(11, 21)),
    }
    assert all(out == err for out, err in found.values())


@pytest.mark.parametrize("size", [3, 1000])
def test_runs_in_any_order_get_their_own_lines(size) -> None:
    backwards = streams(size, RUNS[::-1], merged=False)
    assert {3 - run: both for run, both in backwards.items()} == streams(size, RUNS, merged=False)


def test_a_run_that_ends_behind_the_file_has_the_lines_there_are() -> None:
    found = streams(50, [RunLines(first_line=19, last_line=99)], merged=True)
    assert [number for number, _ in found[0][0]] == [19, 20]


def test_an_issue_goes_to_the_run_its_line_is_of(monkeypatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 20)
    blocks = line_blocks(blocks_of(b"a\n" + b"x" * 100 + b"\nb\nc\n", 7))
    runs = [RunLines(first_line=1, last_line=2), RunLines(first_line=3, last_line=4)]
    found = [(piece.run, issue.line) for piece in pieces_of_runs(blocks, runs, merged=True) for issue in piece.issues]
    assert found == [(0, 2)]


@settings(max_examples=80, deadline=None)
@given(BYTES, st.integers(1, 9), st.data())
def test_every_line_of_every_run_comes_once_on_one_stream(data, size, draw) -> None:
    count = count_lines(data)
    cuts = sorted(draw.draw(st.lists(st.integers(1, count + 1), max_size=4)))
    bounds = list(zip([1, *cuts], [*(cut - 1 for cut in cuts), count], strict=True))
    err = draw.draw(st.sets(st.integers(1, count or 1), max_size=5))
    runs = [
        RunLines(
            first_line=first, last_line=last, stderr_lines=tuple((n, n) for n in sorted(err) if first <= n <= last)
        )
        for first, last in bounds
    ]
    found: list[tuple[int, bytes]] = []
    for piece in pieces_of_runs(line_blocks(blocks_of(data, size)), runs, merged=False):
        assert not err & set(piece.stdout.numbers)
        assert err >= set(piece.stderr.numbers)
        found += [*numbered(piece.stdout), *numbered(piece.stderr)]
    assert [number for number, _ in sorted(found)] == list(range(1, count + 1))
    assert b"".join(line for _, line in sorted(found)) == data
