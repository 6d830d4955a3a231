"""Where blocks and chunks end is nobody's business: what is read stays the same, down to the numbers of spans."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import forest
from harness.formats.protocol import Chunk
from harness.spans.ansi import ANSI
from tests.capture_runs import runs_in
from tests.formats.forest_run import Run, chunks_of, read, run_of

WIDE = """\
INFO     prove [ 2.00ms | 0.00% / 100.00% ] n: 1
INFO     ┝━ a [ 1.00ms | 50.00% ] text: "x | y"
DEBUG    ┝━ ｉ [info]: one | n: 2
INFO     ┝━ a [ 1.00ms | 0.00% / 50.00% ]
INFO     │  ┝━ b [ 0.50ms | 25.00% ]
WARN     │  ┝━ 🚧 [warn]: two
INFO     │  ┕━ b [ 0.50ms | 25.00% ]
INFO     ┕━ c [ 83.0ns | 0.00% ]
noise
INFO     prove [ 9.00ns | 100.00% ]
"""
BLOCKS = (1, 64, 300, 5000, 4 << 20)


@pytest.fixture
def in_blocks(monkeypatch):
    """Reads chunks in blocks of so many bytes. Notes are left out: across blocks one says that it cannot tell."""

    def run(chunks: list[Chunk], block_bytes: int) -> Run:
        monkeypatch.setattr(forest, "BLOCK_BYTES", block_bytes)
        return without_notes(run_of(chunks))

    return run


def without_notes(run: Run) -> Run:
    return Run(
        spans=tuple(msgspec.structs.replace(span, note=None) for span in run.spans),
        events=run.events,
        issues=run.issues,
        unparsed_lines=run.unparsed_lines,
    )


def test_a_tree_larger_than_a_block_is_one_tree(in_blocks) -> None:
    chunks = chunks_of(WIDE.encode(), [1])
    run = in_blocks(chunks, 64)
    assert [(s.tree, s.seq, s.parent, s.name, s.occurrence, s.line) for s in run.spans] == [
        (0, 0, None, "prove", 0, 1),
        (0, 1, 0, "a", 0, 2),
        (0, 2, 0, "a", 1, 4),
        (0, 3, 2, "b", 0, 5),
        (0, 4, 2, "b", 1, 7),
        (0, 5, 0, "c", 0, 8),
        (1, 6, None, "prove", 1, 10),
    ]
    assert [(e.seq, e.span_seq, e.line) for e in run.events] == [(0, 0, 3), (1, 2, 6)]
    assert (run.issues, run.unparsed_lines) == ((), 1)


@pytest.mark.parametrize("block_bytes", BLOCKS)
@pytest.mark.parametrize("sizes", [[1], [3, 1], [2, 5, 1], [1000]], ids=str)
@pytest.mark.parametrize(
    "text",
    [
        WIDE,
        WIDE.removesuffix("\n"),
        WIDE.replace("\n", "\r\n"),
        WIDE * 3,
        WIDE.replace("┕━ c", "┝━ c"),
        WIDE.replace("INFO     prove [ 2.00ms", "INFO     prove [ ms"),
        WIDE.replace("x | y", "\ufffd"),
        "\n\n" + WIDE,
    ],
    ids=["whole", "no-newline", "crlf", "thrice", "cut", "no-root", "replaced", "blank-first"],
)
def test_neither_blocks_nor_chunks_change_what_is_read(in_blocks, text, sizes, block_bytes) -> None:
    data = text.encode()
    assert in_blocks(chunks_of(data, sizes), block_bytes) == without_notes(read(data))


@pytest.mark.parametrize("block_bytes", BLOCKS)
def test_bytes_that_are_no_utf_8_do_not_move_where_a_block_ends(in_blocks, block_bytes) -> None:
    data = WIDE.encode().replace(b"noise", b"\xff" * 50).replace(b"n: 1", b"n: \xe2\x94").replace(b"two", b"\xc3")
    assert in_blocks(chunks_of(data, [2, 1]), block_bytes) == without_notes(read(data))


@pytest.mark.parametrize("name", ["cpu_keccakf.log", "cpu_logup.log", "h200_keccakf.log"])
def test_a_capture_is_read_the_same_in_blocks_and_chunks_of_any_size(captures, in_blocks, name) -> None:
    data = (captures / name).read_bytes()
    rng = Random(name)  # noqa: S311 (repeatable, not secret)
    whole = without_notes(read(data))
    assert len(whole.spans) > 50
    for block_bytes in (700, 5000, 40_000):
        assert in_blocks(chunks_of(data, [rng.randrange(1, 40) for _ in range(5)]), block_bytes) == whole


def test_chunks_without_a_line_change_nothing() -> None:
    nothing = Chunk(data=b"", numbers=range(0))
    chunks = [nothing, *chunks_of(WIDE.encode(), [2]), nothing]
    assert run_of(chunks) == read(WIDE)
    assert run_of([nothing]) == run_of([]) == Run()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_lines_numbers_are_kept_whatever_was_left_out_between(data) -> None:
    lines = WIDE.encode().splitlines(keepends=True)
    numbers = sorted(data.draw(st.lists(st.integers(1, 2**31 - 1), unique=True, min_size=10, max_size=10)))
    cut = data.draw(st.integers(0, 10))
    chunks = [
        Chunk(data=b"".join(lines[:cut]), numbers=numbers[:cut]),
        Chunk(data=b"".join(lines[cut:]), numbers=numbers[cut:]),
    ]
    assert [span.line for span in run_of(chunks).spans] == [numbers[span.line - 1] for span in read(WIDE).spans]


def test_two_logs_one_after_the_other_continue_tree_number_and_occurrence(captures) -> None:
    first, second = (run.chunk.data for run in runs_in(captures / "h200_keccakf.log")[:2])
    one, two, both = read(first), read(second), read(first + second)
    lines = first.count(b"\n")
    roots: dict[str, int] = {}
    for span in one.spans:
        if span.parent is None:
            roots[span.name] = span.occurrence + 1
    moved = [
        msgspec.structs.replace(
            span,
            tree=span.tree + one.roots,
            seq=span.seq + len(one.spans),
            parent=None if span.parent is None else span.parent + len(one.spans),
            occurrence=span.occurrence + (roots.get(span.name, 0) if span.parent is None else 0),
            line=span.line + lines,
        )
        for span in two.spans
    ]
    assert both.spans == (*one.spans, *moved)
    assert [event.seq for event in both.events] == list(range(len(one.events) + len(two.events)))
    assert both.unparsed_lines == one.unparsed_lines + two.unparsed_lines


@pytest.mark.parametrize("block_bytes", [300, 4 << 20])
def test_stripping_colours_changes_nothing_in_any_block(captures, in_blocks, block_bytes) -> None:
    data = runs_in(captures / "cpu_keccakf.log")[1].chunk.data
    plain = ANSI.sub("", data.decode()).encode()
    assert plain != data
    assert in_blocks(chunks_of(plain, [7]), block_bytes) == in_blocks(chunks_of(data, [7]), block_bytes)


@pytest.mark.parametrize("block_bytes", [64, 300, 4 << 20])
def test_a_tree_cut_at_a_blocks_end_is_an_issue_once(in_blocks, block_bytes) -> None:
    cut = "\n".join(WIDE.splitlines()[:5])
    issues = in_blocks(chunks_of(cut.encode(), [1]), block_bytes).issues
    assert [(one.line, one.damage) for one in issues] == [(1, True), (4, True)]


def test_a_run_is_read_while_it_comes(monkeypatch) -> None:
    """Batches are handed out before the last chunk is asked for, so no run must fit in memory."""
    monkeypatch.setattr(forest, "BLOCK_BYTES", 300)
    asked = 0

    def chunks():
        nonlocal asked
        for chunk in chunks_of((WIDE * 50).encode(), [5]):
            asked += 1
            yield chunk

    next(forest.read(chunks()))
    assert asked < 10
