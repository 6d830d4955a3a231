"""Medians with what their source resolves, read off samples or off a published text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.milestones.figures import Absent, Figure, figure_of, nearest_rank, published_figure
from harness.recording.manifest import KpiRecord
from harness.units import parse_duration


def record_of(*samples: tuple[float, float], missing: str | None = None) -> KpiRecord:
    """Samples and their steps, in ms."""
    return KpiRecord(
        benchmark="keccakf",
        kpi="root",
        unit="ms",
        selector="root",
        runs=tuple(range(1, len(samples) + 1)),
        values=tuple(value for value, _ in samples),
        lows=tuple(value - step / 2 for value, step in samples),
        highs=tuple(value + step / 2 for value, step in samples),
        missing=missing,
    )


def test_a_figure_is_the_median_with_the_step_of_the_sample_next_to_it():
    figure = figure_of(record_of((990.0, 1.0), (1010.0, 10.0), (950.0, 1.0), (1030.0, 10.0), (1020.0, 10.0)))

    assert isinstance(figure, Figure)
    assert (figure.value_ms, figure.step_ms, figure.n) == (1010.0, 10.0, 5)
    assert (figure.low_ms, figure.high_ms, figure.p95_ms) == (950.0, 1030.0, 1030.0)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (None, "not read when this was recorded"),
        (record_of(), "not read when this was recorded"),
        (record_of(missing="no span root"), "no span root"),
    ],
)
def test_what_has_no_samples_has_a_reason_and_no_figure(record, reason):
    assert figure_of(record) == Absent(reason)


def test_a_published_figure_knows_its_step_and_not_its_runs():
    figure = published_figure(parse_duration("2.42", "s"))

    assert (figure.value_ms, figure.step_ms, figure.n) == (2420.0, 10.0, None)
    assert figure.low_ms == figure.high_ms == figure.p95_ms == 2420.0


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40), st.floats(0.01, 1.0))
def test_the_nearest_rank_is_the_smallest_sample_that_the_share_does_not_exceed(values, share):
    found = nearest_rank(tuple(values), share)

    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values)


def test_the_p95_of_five_samples_is_the_largest():
    assert nearest_rank((3.0, 1.0, 5.0, 2.0, 4.0), 0.95) == 5.0
