"""Which tracing-forest times are doubtful: those that forest lifted to the sum of children in parallel."""

import pytest

from harness.formats import forest
from harness.spans.model import NOT_WALL_TIME, NOT_WALL_TIME_UNKNOWN
from tests.capture_runs import runs_in
from tests.formats.forest_run import chunks_of, read, run_of


def tree(root: str, *children: str) -> str:
    marks = [*["┝━"] * (len(children) - 1), "┕━"]
    lines = [f"INFO     {root}", *(f"INFO     {mark} {child}" for mark, child in zip(marks, children, strict=False))]
    return "\n".join(lines) + "\n"


def notes(text: str) -> list[str | None]:
    return [span.note for span in read(text).spans]


HALVES = ("a [ 1.00ms | 50.00% ]", "b [ 1.00ms | 50.00% ]")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (tree("p [ 2.00ms | 0.00% / 100.00% ]", *HALVES), NOT_WALL_TIME),
        (tree("p [ 2.00ms | 0.00% / 100.00% ]", HALVES[0], "ｉ [info]: x", HALVES[1]), NOT_WALL_TIME),
        (tree("p [ 2.01ms | 0.00% / 100.00% ]", *HALVES), NOT_WALL_TIME),
        (tree("p [ 2.10ms | 0.00% / 100.00% ]", *HALVES), None),
        (tree("p [ 1.50ms | 0.00% / 100.00% ]", *HALVES), None),
        (tree("p [ 2.00ms | 0.01% / 100.00% ]", *HALVES), None),
        (tree("p [ 1.00ms | 0.00% / 100.00% ]", "a [ 1.00ms | 100.00% ]"), None),
        (tree("p [ 1.00ms | 0.00% / 100.00% ]", "a [ 1.00ms | 100.00% ]", "ｉ [info]: x"), None),
        (tree("p [ 1.00ms | 100.00% ]"), None),
        (tree("p [ 1.00ms | 100.00% ]", "ｉ [info]: x", "ｉ [info]: y"), None),
    ],
    ids=[
        "sum-of-children",
        "events-do-not-count",
        "sum-within-rounding",
        "longer-than-the-sum",
        "shorter-than-the-sum",
        "some-time-of-its-own",
        "single-child",
        "single-child-span",
        "leaf",
        "events-only",
    ],
)
def test_a_parent_with_no_time_of_its_own_and_as_long_as_its_children_together_is_in_doubt(text, note) -> None:
    assert notes(text)[0] == note
    assert notes(text)[1:] == [None] * (len(notes(text)) - 1)


def test_the_doubt_is_of_every_level_of_its_own() -> None:
    text = (
        "INFO     root [ 9.00ms | 10.00% / 100.00% ]\n"
        "INFO     ┕━ p [ 2.00ms | 0.00% / 22.22% ]\n"
        "INFO        ┝━ q [ 1.00ms | 0.00% / 11.11% ]\n"
        "INFO        │  ┝━ x [ 500µs | 5.56% ]\n"
        "INFO        │  ┕━ x [ 500µs | 5.56% ]\n"
        "INFO        ┕━ b [ 1.00ms | 11.11% ]\n"
    )
    assert notes(text) == [None, NOT_WALL_TIME, NOT_WALL_TIME, None, None, None]


def test_a_doubtful_tree_beside_others_does_not_cast_doubt_on_them() -> None:
    good, doubtful = tree("p [ 3.00ms | 33.33% / 100.00% ]", *HALVES), tree("p [ 2.00ms | 0.00% / 100.00% ]", *HALVES)
    assert notes(good + doubtful + good) == [None] * 3 + [NOT_WALL_TIME, None, None] + [None] * 3


def test_children_that_lie_in_another_block_cannot_be_added_up_and_that_is_said(monkeypatch) -> None:
    children = [f"c{number} [ 1.00ms | 5.00% ]" for number in range(20)]
    text = tree("p [ 20.0ms | 0.00% / 100.00% ]", *children)
    assert notes(text)[0] == NOT_WALL_TIME
    monkeypatch.setattr(forest, "BLOCK_BYTES", 200)
    found = run_of(chunks_of(text.encode(), [1])).spans
    assert [span.note for span in found] == [NOT_WALL_TIME_UNKNOWN, *[None] * 20]


@pytest.mark.parametrize("name", ["cpu_keccakf.log", "cpu_logup.log", "h200_keccakf.log"])
def test_in_a_capture_only_parents_that_are_the_sum_of_several_children_are_in_doubt(captures, name) -> None:
    for run in runs_in(captures / name):
        spans = run_of([run.chunk]).spans
        for span in spans:
            children = [one.duration for one in spans if one.parent == span.seq]
            low, high = sum(one.low_ns for one in children), sum(one.high_ns for one in children)
            fits = low <= span.duration.high_ns and span.duration.low_ns <= high
            doubtful = len(children) > 1 and span.self_pct == 0 and fits
            assert span.note == (NOT_WALL_TIME if doubtful else None)
