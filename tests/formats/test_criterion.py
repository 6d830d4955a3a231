"""criterion.rs' `sample.json` and `estimates.json`, as version 0.8 wrote them."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import criterion
from harness.formats.protocol import chunk_of

RESULTS = Path(__file__).parents[1] / "data" / "results"


def read(data: bytes):
    [batch] = criterion.read([chunk_of(data)])
    return batch


def read_sample(times: list, iterations: list, mode: str = "Linear"):
    return read(json.dumps({"sampling_mode": mode, "iters": iterations, "times": times}).encode())


def read_estimates(point: object, low: object, high: object):
    estimate = {"confidence_interval": {"lower_bound": low, "upper_bound": high}, "point_estimate": point}
    return read(json.dumps({"mean": estimate, "median": estimate, "std_dev": estimate, "slope": None}).encode())


def test_a_sample_gives_the_time_of_one_iteration_each() -> None:
    batch = read((RESULTS / "criterion-sample.json").read_bytes())
    [timing] = batch.timings
    assert len(timing.samples_ms) == 12
    assert timing.samples_ms[:2] == (6378534 / 28664 / 1e6, 12758658 / 57328 / 1e6)
    assert (timing.name, timing.note, timing.low_ms, timing.high_ms) == ("", None, None, None)
    assert not batch.issues


def test_estimates_give_the_median_and_its_interval() -> None:
    batch = read((RESULTS / "criterion-estimates.json").read_bytes())
    [timing] = batch.timings
    assert timing.samples_ms == (224.16634493131144 / 1e6,)
    assert (timing.low_ms, timing.high_ms) == (222.9993790120011 / 1e6, 225.11297351127803 / 1e6)
    assert (timing.name, timing.note) == ("", "summary only: median, no samples stored")
    assert not batch.issues


def test_estimates_without_a_slope_have_a_median_all_the_same() -> None:
    [timing] = read((RESULTS / "criterion-estimates-flat.json").read_bytes()).timings
    assert timing.samples_ms == (10318.56211051101 / 1e6,)


def test_the_estimates_of_a_change_are_no_times() -> None:
    data = (RESULTS / "criterion-change.json").read_bytes()
    assert not criterion.sniff(data)
    batch = read(data)
    assert [issue.message for issue in batch.issues] == ["estimates of a relative change, not of times"]
    assert not batch.timings


@pytest.mark.parametrize("iterations", [0.0, -1.0, 0.5, 1.5, None, "2", float("nan"), float("inf"), 2.0**63, 1e30])
def test_without_a_number_of_iterations_there_is_no_time(iterations) -> None:
    batch = read_sample([10.0, 20.0], [1.0, iterations])
    assert [issue.damage for issue in batch.issues] == [True]
    assert not batch.timings


@pytest.mark.parametrize("time", [-1.0, None, "2", True, float("nan"), float("inf"), 1e30])
def test_a_time_that_is_none_spoils_the_sample(time) -> None:
    batch = read_sample([10.0, time], [1.0, 1.0])
    assert [issue.damage for issue in batch.issues] == [True]
    assert not batch.timings


@pytest.mark.parametrize(
    ("times", "iterations"), [([1.0], []), ([], [1.0]), ([1.0, 2.0], [1.0]), ([1.0], [1.0, 2.0]), ([], [])]
)
def test_as_many_times_as_numbers_of_iterations_are_needed_and_at_least_one(times, iterations) -> None:
    batch = read_sample(times, iterations)
    assert batch.issues
    assert not batch.timings


@pytest.mark.parametrize(
    ("point", "low", "high"),
    [(None, 1.0, 2.0), (-1.0, 1.0, 2.0), (1.0, None, 2.0), (1.0, 2.0, 1.0), (1.0, -1.0, 1.0), ("1", 1.0, 1.0)],
)
def test_estimates_that_are_no_times_give_an_issue(point, low, high) -> None:
    batch = read_estimates(point, low, high)
    assert [issue.damage for issue in batch.issues] == [True]
    assert not batch.timings


@pytest.mark.parametrize(
    "text", ["[]", "{}", "null", "1", '{"median": 1, "std_dev": {}}', '{"iters": [1], "times": 1}']
)
def test_other_shapes_give_an_issue(text) -> None:
    batch = read(text.encode())
    assert [issue.damage for issue in batch.issues] == [True]
    assert not batch.timings


NANOSECONDS = st.floats(0, 1e15)
COUNTS = st.integers(1, 10**12).map(float)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NANOSECONDS, COUNTS), min_size=1, max_size=8), st.sampled_from(["Linear", "Flat"]))
def test_what_is_printed_reads_back(samples, mode) -> None:
    batch = read_sample([time for time, _ in samples], [count for _, count in samples], mode)
    assert batch.timings[0].samples_ms == tuple(time / count / 1e6 for time, count in samples)
    assert not batch.issues


@settings(max_examples=100, deadline=None)
@given(NANOSECONDS, st.lists(NANOSECONDS, min_size=2, max_size=2).map(sorted))
def test_what_is_estimated_reads_back(median, interval) -> None:
    [timing] = read_estimates(median, *interval).timings
    assert (timing.samples_ms, timing.low_ms, timing.high_ms) == ((median / 1e6,), *(each / 1e6 for each in interval))
