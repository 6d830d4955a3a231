"""Capture files: header lines, section lines, runs; in blocks cut anywhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.ingest.lines import line_blocks
from harness.ingest.survey import Survey, survey
from harness.recording.manifest import RunKind
from harness.spans.capture import section_title
from tests.capture_runs import runs_in

CAPTURE = """\
# capture: keccakf
# Timestamp: 2026-02-20T20:46:15Z
# Command: cargo run --release --example keccakf

===== warmup =====
a
===== measured run 1 =====
b

===== measured run 2 =====
===== counters =====
c
"""


def surveyed(text: str | bytes, *, block_bytes: int = 1 << 20) -> Survey:
    data = text.encode() if isinstance(text, str) else text
    return survey(line_blocks(data[at : at + block_bytes] for at in range(0, len(data), block_bytes)), "b")


def places(found: Survey) -> list[tuple[RunKind, int, int, int]]:
    return [(run.kind, run.number, run.first_line, run.last_line) for run in found.runs]


def test_a_capture_is_cut_at_its_section_lines() -> None:
    assert places(surveyed(CAPTURE)) == [
        (RunKind.WARMUP, 0, 5, 6),
        (RunKind.MEASURED, 1, 7, 9),
        (RunKind.MEASURED, 2, 10, 10),
        (RunKind.COUNTERS, 0, 11, 12),
    ]
    assert {run.benchmark for run in surveyed(CAPTURE).runs} == {"b"}
    assert runs_in(CAPTURE.encode())[1].lines == ((7, "===== measured run 1 ====="), (8, "b"), (9, ""))


@pytest.mark.parametrize("block_bytes", range(1, 40))
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_it_does_not_matter_where_a_block_is_cut(block_bytes, ending) -> None:
    text = CAPTURE.replace("\n", ending)
    assert surveyed(text, block_bytes=block_bytes) == surveyed(CAPTURE)


def test_the_header_says_when_and_by_which_command() -> None:
    found = surveyed(CAPTURE)
    assert (found.timestamp, found.command) == ("2026-02-20T20:46:15Z", "cargo run --release --example keccakf")


def test_header_words_inside_a_run_are_no_header() -> None:
    found = surveyed("===== warmup =====\n# Command: rm\n# Timestamp: never\n")
    assert (found.timestamp, found.command) == (None, None)


def test_a_header_that_is_no_utf_8_is_read_all_the_same() -> None:
    assert surveyed(b"# Command: caf\xe9\n").command == "caf\ufffd"


def test_a_file_without_sections_is_one_measured_run() -> None:
    found = surveyed("# Timestamp: now\nINFO     a [ 1.00ms | 100.00% ]\n")
    assert places(found) == [(RunKind.MEASURED, 1, 1, 2)]
    assert found.timestamp == "now"


def test_an_empty_file_has_no_run() -> None:
    assert surveyed("") == Survey(timestamp=None, command=None, runs=(), ends_with_newline=True)


@pytest.mark.parametrize(("text", "ends"), [("a\n", True), ("a", False), ("a\nb", False), (CAPTURE, True)])
def test_whether_the_last_line_is_whole_is_said(text, ends) -> None:
    assert surveyed(text).ends_with_newline is ends
    assert surveyed(text, block_bytes=1).ends_with_newline is ends


def test_several_warmups_count_downwards_from_zero() -> None:
    found = surveyed("===== warmup =====\n===== warmup =====\n===== measured run 1 =====\n===== warmup =====\n")
    assert [(run.kind.value, run.number) for run in found.runs] == [
        ("warmup", 0),
        ("warmup", -1),
        ("measured", 1),
        ("warmup", -2),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "==== warmup ====",
        " ===== warmup =====",
        "===== warmup ===== x",
        "===== run 1 =====",
        "===== measured run =====",
        "===== measured run -1 =====",
        f"===== measured run {'1' * 5000} =====",
    ],
)
def test_a_line_that_only_looks_like_a_section_cuts_nothing(line) -> None:
    assert places(surveyed(f"{line}\nx\n")) == [(RunKind.MEASURED, 1, 1, 2)]


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_only_newlines_end_a_line(mark) -> None:
    text = f"a{mark}b\nc\n"
    assert places(surveyed(text)) == [(RunKind.MEASURED, 1, 1, 2)]
    [run] = runs_in(text.encode())
    assert run.lines == ((1, f"a{mark}b"), (2, "c"))


RUNS = st.lists(st.tuples(st.sampled_from(RunKind), st.integers(0, 999_999)), max_size=5)


@settings(max_examples=60, deadline=None)
@given(RUNS, st.integers(1, 50))
def test_what_section_title_writes_is_cut_again(planned, block_bytes) -> None:
    text = "".join(f"===== {section_title(kind, number)} =====\nx\n" for kind, number in planned)
    runs = surveyed(text, block_bytes=block_bytes).runs
    assert [run.kind for run in runs] == [kind for kind, _ in planned]
    assert [run.number for run in runs if run.kind is RunKind.MEASURED] == [
        number for kind, number in planned if kind is RunKind.MEASURED
    ]


def test_no_line_of_a_real_capture_is_lost_or_doubled(captures) -> None:
    for path in captures.glob("*.log"):
        data = path.read_bytes()
        runs = runs_in(path)
        lines = [line for run in runs for line in run.lines]
        first = lines[0][0]
        assert lines == list(enumerate(data.decode().removesuffix("\n").split("\n"), start=1))[first - 1 :]
        assert [(run.kind.value, run.number) for run in runs] == [
            ("warmup", 0),
            *[("measured", number) for number in range(1, len(runs))],
        ]


def test_a_real_capture_cut_at_any_byte_is_surveyed_without_an_error(captures) -> None:
    data = (captures / "cpu_logup.log").read_bytes()
    end = data.index(b"===== measured run 1") + 40
    counts = [len(surveyed(data[:size]).runs) for size in range(end)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 2)
