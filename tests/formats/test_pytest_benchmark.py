"""pytest-benchmark's JSON, as version 5.3 wrote it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import pytest_benchmark
from harness.formats.protocol import chunk_of

RESULTS = Path(__file__).parents[1] / "data" / "results"
NAMES = ["test_sum.py::test_sum[10]", "test_sum.py::test_sum[1000]", "test_sum.py::test_exact"]


def read(data: bytes):
    [batch] = pytest_benchmark.read([chunk_of(data)])
    return batch


def read_benchmarks(*benchmarks: object):
    return read(json.dumps({"machine_info": {}, "commit_info": {}, "benchmarks": benchmarks}).encode())


def benchmark(name: str = "a", **stats: object) -> dict:
    return {"group": None, "name": "short", "fullname": name, "stats": {"median": 9.0, "iterations": 2} | stats}


def test_stored_rounds_are_the_samples() -> None:
    batch = read((RESULTS / "pytest-benchmark.json").read_bytes())
    assert [timing.name for timing in batch.timings] == NAMES
    assert [len(timing.samples_ms) for timing in batch.timings] == [5, 5, 3]
    assert batch.timings[2].samples_ms == (
        1.763000909704715e-06 * 1e3,
        6.579994078492746e-07 * 1e3,
        5.399997462518513e-07 * 1e3,
    )
    assert {timing.note for timing in batch.timings} == {None}
    assert not batch.issues


def test_without_stored_rounds_the_median_is_all_there_is_and_says_so() -> None:
    batch = read((RESULTS / "pytest-benchmark-saved.json").read_bytes())
    assert [timing.name for timing in batch.timings] == NAMES
    assert [timing.samples_ms for timing in batch.timings][2] == (7.500002539018169e-07 * 1e3,)
    assert {timing.note for timing in batch.timings} == {"summary only: median, no samples stored"}
    assert not batch.issues


@pytest.mark.parametrize("data", [[], None])
def test_rounds_taken_out_of_the_file_leave_the_median(data) -> None:
    [timing] = read_benchmarks(benchmark(data=data)).timings
    assert (timing.samples_ms, timing.note) == ((9000.0,), "summary only: median, no samples stored")


@pytest.mark.parametrize(
    "bad",
    [
        benchmark(median=None),
        benchmark(""),
        benchmark(median=-1.0),
        benchmark(median="1"),
        benchmark(median=float("nan")),
        benchmark(data=[1.0, -1.0]),
        benchmark(data=[1.0, None]),
        benchmark(data=[1.0, float("inf")]),
        benchmark(data=[1.0, 1e11]),
        benchmark(data=1.0),
        {"fullname": "a", "stats": None},
        {"fullname": "a"},
        {"stats": {"median": 1.0}},
        {"fullname": 1, "stats": {"median": 1.0}},
        None,
    ],
)
def test_a_benchmark_without_sound_times_gives_an_issue_and_spoils_no_other(bad) -> None:
    batch = read_benchmarks(benchmark("sound", data=[0.0]), bad)
    assert [(timing.name, timing.samples_ms) for timing in batch.timings] == [("sound", (0.0,))]
    assert [issue.damage for issue in batch.issues] == [True]


def test_bare_tokens_in_what_a_test_adds_do_no_harm() -> None:
    assert read_benchmarks(benchmark() | {"extra_info": {"ratio": float("nan")}}).timings


def test_a_file_in_which_every_test_failed_is_no_damage() -> None:
    batch = read_benchmarks()
    assert [issue.damage for issue in batch.issues] == [False]
    assert not batch.timings


def test_tests_of_the_same_full_name_stay_apart() -> None:
    batch = read_benchmarks(benchmark(data=[1.0]), benchmark(data=[2.0]))
    assert [(timing.name, timing.samples_ms) for timing in batch.timings] == [("a", (1000.0,)), ("a (2)", (2000.0,))]


def test_a_head_without_the_files_end_is_enough_to_know_it() -> None:
    data = (RESULTS / "pytest-benchmark.json").read_bytes()
    assert pytest_benchmark.sniff(data[: data.index(b'"fullname"')])


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        st.tuples(st.lists(st.floats(0, 1e6), max_size=5), st.floats(0, 1e6)),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_printed_reads_back(benchmarks) -> None:
    batch = read_benchmarks(*(benchmark(name, data=data, median=mid) for name, (data, mid) in benchmarks.items()))
    assert {timing.name: timing.samples_ms for timing in batch.timings} == {
        name: tuple(second * 1e3 for second in data or [mid]) for name, (data, mid) in benchmarks.items()
    }
    assert not batch.issues
