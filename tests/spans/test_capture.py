"""Capture files: header lines, section lines, runs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.recording.manifest import RunKind
from harness.spans.capture import Capture, section_title, split_capture

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


def test_a_capture_is_cut_at_its_section_lines() -> None:
    capture = split_capture(CAPTURE)
    assert [(run.kind, run.number, run.first_line, run.last_line) for run in capture.runs] == [
        (RunKind.WARMUP, 0, 5, 6),
        (RunKind.MEASURED, 1, 7, 9),
        (RunKind.MEASURED, 2, 10, 10),
        (RunKind.COUNTERS, 0, 11, 12),
    ]
    assert capture.runs[1].lines == ((7, "===== measured run 1 ====="), (8, "b"), (9, ""))


def test_the_header_says_when_and_by_which_command() -> None:
    capture = split_capture(CAPTURE)
    assert (capture.timestamp, capture.command) == ("2026-02-20T20:46:15Z", "cargo run --release --example keccakf")


def test_header_words_inside_a_run_are_no_header() -> None:
    capture = split_capture("===== warmup =====\n# Command: rm\n# Timestamp: never\n")
    assert (capture.timestamp, capture.command) == (None, None)


def test_a_file_without_sections_is_one_measured_run() -> None:
    capture = split_capture("# Timestamp: now\nINFO     a [ 1.00ms | 100.00% ]\n")
    [run] = capture.runs
    assert (run.kind, run.number, run.first_line, run.last_line) == (RunKind.MEASURED, 1, 1, 2)
    assert capture.timestamp == "now"


def test_an_empty_file_has_no_run() -> None:
    assert split_capture("") == Capture(timestamp=None, command=None, runs=())


def test_several_warmups_count_downwards_from_zero() -> None:
    capture = split_capture("===== warmup =====\n===== warmup =====\n===== measured run 1 =====\n===== warmup =====\n")
    assert [(run.kind.value, run.number) for run in capture.runs] == [
        ("warmup", 0),
        ("warmup", -1),
        ("measured", 1),
        ("warmup", -2),
    ]


def test_windows_line_ends_are_read_the_same() -> None:
    unix, windows = split_capture(CAPTURE), split_capture(CAPTURE.replace("\n", "\r\n"))
    assert (windows.timestamp, windows.command) == (unix.timestamp, unix.command)
    assert [(r.kind, r.number, r.first_line, r.last_line) for r in windows.runs] == [
        (r.kind, r.number, r.first_line, r.last_line) for r in unix.runs
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
    [run] = split_capture(f"{line}\nx\n").runs
    assert (run.kind, run.last_line) == (RunKind.MEASURED, 2)


@pytest.mark.parametrize("mark", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_only_newlines_end_a_line(mark) -> None:
    [run] = split_capture(f"a{mark}b\nc\n").runs
    assert [number for number, _ in run.lines] == [1, 2]


RUNS = st.lists(st.tuples(st.sampled_from(RunKind), st.integers(0, 999_999)), max_size=5)


@settings(max_examples=60, deadline=None)
@given(RUNS)
def test_what_section_title_writes_is_cut_again(planned) -> None:
    text = "".join(f"===== {section_title(kind, number)} =====\nx\n" for kind, number in planned)
    runs = split_capture(text).runs
    assert [run.kind for run in runs] == [kind for kind, _ in planned]
    assert [run.number for run in runs if run.kind is RunKind.MEASURED] == [
        number for kind, number in planned if kind is RunKind.MEASURED
    ]


def test_no_line_of_a_real_capture_is_lost_or_doubled(captures) -> None:
    for path in captures.glob("*.log"):
        text = path.read_text("utf-8")
        runs = split_capture(text).runs
        numbers = [number for run in runs for number, _ in run.lines]
        assert numbers == list(range(runs[0].first_line, text.count("\n") + 1))
        assert [(run.kind.value, run.number) for run in runs] == [
            ("warmup", 0),
            *[("measured", number) for number in range(1, len(runs))],
        ]
