"""What a run's text says about the run: panics, tests, verbosity, workload."""

import pytest

from harness.recording.manifest import Workload
from harness.spans.facts import Words, interactions, most_verbose
from harness.spans.model import Event, Fields
from tests.capture_runs import runs_in
from tests.formats.forest_run import run_of
from tests.spans.workloads import workload_of

PASSED = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.07s"
FAILED = "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.07s"
NONE_RUN = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.00s"
AIR = "TestAir              | Constraint Deg = 3  | Main Cols = [2633]   | 3182 Constraints |   {} Interactions"


def heard(*lines: str, blocks: int = 1) -> Words:
    """What these lines say, on either stream, given in so many blocks."""
    words = Words()
    size = -(-len(lines) // blocks) or 1
    for first in range(0, len(lines), size):
        part = lines[first : first + size]
        data, numbers = "".join(f"{line}\n" for line in part).encode(), range(first + 1, first + 1 + len(part))
        words.hear_stdout(data, numbers)
        words.hear_stderr(data, numbers)
    return words


def event(message: str | None, fields: Fields = ()) -> Event:
    return Event(seq=0, span_seq=None, level="INFO", tag="info", message=message, fields=fields, line=1)


@pytest.mark.parametrize(
    "line",
    [
        "thread 'main' panicked at src/main.rs:3:5:",
        "thread 'main' (12345) panicked at src/main.rs:3:5:",
        "thread '<unnamed>' panicked at src/lib.rs:1:1:",
        "thread 'tests::it's fine' panicked at 'old style', src/lib.rs:1:1",
        "    thread 'main' panicked at src/main.rs:3:5:",
        "test tests::it ... thread 'tests::it' panicked at src/lib.rs:9:9:",
        "\x1b[31mthread 'main' panicked at src/main.rs:3:5:\x1b[0m\r",
    ],
)
def test_a_panic_is_found_at_its_line(line) -> None:
    assert heard("before", line, line).panic_line == 2
    assert heard("before", line, line, blocks=3).panic_line == 2


@pytest.mark.parametrize(
    "line",
    [
        "INFO     ｉ [info]: thread 'main' panicked at x",
        "note: thread 'main' panicked at x",
        "thread main panicked at x",
        "the thread 'main' has panicked at least once",
        "thread 'main' (abc) panicked at x",
    ],
)
def test_words_about_panics_are_no_panic(line) -> None:
    assert heard(line).panic_line is None


@pytest.mark.parametrize(
    ("lines", "executed"),
    [
        ((), None),
        (("running 1 test", "test x ... ok"), None),
        ((PASSED,), 1),
        ((FAILED,), 3),
        ((NONE_RUN,), 0),
        ((NONE_RUN, PASSED, FAILED, NONE_RUN), 4),
        (("    " + PASSED,), 1),
        ((PASSED + "\r",), 1),
        ((FAILED.replace("FAILED", "\x1b[31mFAILED\x1b[0m"),), 3),
        (("a " + PASSED,), None),
    ],
)
def test_executed_tests_are_summed_over_all_test_binaries(lines, executed) -> None:
    assert heard(*lines).tests_executed == executed
    assert heard(*lines, blocks=max(1, len(lines))).tests_executed == executed


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ((PASSED, NONE_RUN), None),
        ((PASSED, FAILED, FAILED), 2),
        (("    " + FAILED,), 1),
        ((FAILED.replace("FAILED", "\x1b[31mFAILED\x1b[0m"),), 1),
    ],
)
def test_the_first_failed_test_binary_is_found(lines, line) -> None:
    assert heard(*lines).failed_test_line == line


@pytest.mark.parametrize(
    ("levels", "most"),
    [
        ([], None),
        (["ERROR"], "ERROR"),
        (["INFO", "DEBUG", "WARN"], "DEBUG"),
        (["INFO", "TRACE"], "TRACE"),
        (["?"], None),
    ],
)
def test_the_most_verbose_level_is_named(levels, most) -> None:
    assert most_verbose(levels) == most


@pytest.mark.parametrize(
    ("message", "fields", "cells"),
    [
        ("total_trace_cells = 674_048 (excluding preprocessed)", (), {"total_trace_cells": 674_048}),
        ("main_trace_cells = 674048", (), {"main_trace_cells": 674_048}),
        ("preprocessed_trace_cells = 0", (), {"preprocessed_trace_cells": 0}),
        (
            "stacked_matrix_dimensions",
            (("height", "2097152"), ("width", "42"), ("name", '"x"')),
            {"stacked_matrix_height": 2_097_152, "stacked_matrix_width": 42},
        ),
        ("stacked_matrix_dimensions", (("height", "²"), ("width", "9" * 5000)), {}),
        (f"x_cells = {'9' * 5000}", (), {}),
        ("x_cells = ٣", (), {}),
        ("trace cells = 5", (), {}),
        ("main_trace_cells = 5MiB", (), {}),
        (None, (("height", "2"),), {}),
    ],
)
def test_cells_are_read_from_the_events_that_state_them(message, fields, cells) -> None:
    assert workload_of([event(message, fields)]).cells == cells


def test_of_several_proofs_the_first_states_the_cells() -> None:
    events = [event("main_trace_cells = 1"), event("main_trace_cells = 2")]
    assert workload_of(events).cells == {"main_trace_cells": 1}


def test_airs_are_kept_in_order_with_their_padding_taken_out() -> None:
    workload = workload_of([event(AIR.format(0)), event(AIR.format(12)), event("Constraint Deg = 3")])
    assert workload.airs == (
        "TestAir | Constraint Deg = 3 | Main Cols = [2633] | 3182 Constraints | 0 Interactions",
        "TestAir | Constraint Deg = 3 | Main Cols = [2633] | 3182 Constraints | 12 Interactions",
    )


@pytest.mark.parametrize(("counts", "total"), [([], None), ([0], 0), ([0, 0], 0), ([1, 1], 2), ([0, 12], 12)])
def test_interactions_are_those_of_all_airs_together(counts, total) -> None:
    assert interactions(workload_of([event(AIR.format(count)) for count in counts])) == total


@pytest.mark.parametrize(
    "line",
    [" | Constraint Deg = 3 | 1 Interactions", "x | Constraint Deg = 3 | no Interactions", "x | 1 Interactions"],
)
def test_other_lines_with_bars_are_no_air(line) -> None:
    assert workload_of([event(line)]).airs == ()


@pytest.mark.parametrize(
    "hostile", ["x | Constraint Deg = ", "x | Constraint Deg = 1 | ", "_cells", "| 1 Interactions"]
)
def test_a_message_of_a_million_characters_is_read_in_linear_time(hostile) -> None:
    text = hostile * (1_000_000 // len(hostile))
    assert workload_of([event(text + " | x Interactions")]) == Workload()
    assert heard("test x ... thread '" * 50_000 + "' (1" * 50_000 + " panicked at ").panic_line is None


@pytest.mark.parametrize(
    ("name", "cells", "total"),
    [
        (
            "cpu_keccakf.log",
            {"total_trace_cells": 674_048, "preprocessed_trace_cells": 0, "main_trace_cells": 674_048},
            0,
        ),
        ("cpu_logup.log", {}, 2),
        ("h200_keccakf.log", {"stacked_matrix_height": 2_097_152, "stacked_matrix_width": 42}, 0),
    ],
)
def test_every_run_of_a_real_capture_states_one_workload(captures, name, cells, total) -> None:
    runs = runs_in(captures / name)
    workloads = [workload_of(run_of([run.chunk]).events) for run in runs]
    assert [one.cells for one in workloads] == [cells] * len(runs)
    assert [interactions(one) for one in workloads] == [total] * len(runs)
    words = [heard(*(text for _, text in run.lines)) for run in runs]
    assert [one.panic_line for one in words] == [None] * len(runs)
    assert [one.tests_executed for one in words] == [1 if "logup" in name else None] * len(runs)


def test_each_stream_is_heard_for_its_own_words_and_lines_keep_their_numbers() -> None:
    words = Words()
    lines = f"x\nthread 'main' panicked at a.rs:1:1:\n{FAILED}\n".encode()
    words.hear_stdout(lines, [3, 5, 8])
    assert (words.panic_line, words.failed_test_line, words.tests_executed) == (None, 8, 3)
    words = Words()
    words.hear_stderr(lines, [3, 5, 8])
    assert (words.panic_line, words.failed_test_line, words.tests_executed) == (5, None, None)


def test_a_last_line_without_a_newline_is_heard() -> None:
    words = Words()
    words.hear_stdout(f"x\n{PASSED}".encode(), range(1, 3))
    assert words.tests_executed == 1
