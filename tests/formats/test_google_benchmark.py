"""Google Benchmark's JSON, as version 1.9 wrote it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import google_benchmark
from harness.formats.protocol import chunk_of

RESULTS = Path(__file__).parents[1] / "data" / "results"
UNITS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1e3}


def read(data: bytes):
    [batch] = google_benchmark.read([chunk_of(data)])
    return batch


def read_rows(*rows: object):
    return read(json.dumps({"context": {"num_cpus": 2}, "benchmarks": rows}).encode())


def row(name: str = "a", index: int | None = 0, time: float | None = 2.0, unit: str = "ms", **more: object) -> dict:
    return {
        "name": name,
        "run_name": name,
        "run_type": "iteration",
        "repetition_index": index,
        "iterations": 10,
        "real_time": time,
        "cpu_time": 99.0,
        "time_unit": unit,
    } | more


def aggregate(statistic: str, unit: str = "time", **more: object) -> dict:
    return row(run_type="aggregate", aggregate_name=statistic, aggregate_unit=unit) | more


def samples(batch) -> list[tuple[str, tuple[float, ...]]]:
    return [(timing.name, timing.samples_ms) for timing in batch.timings]


def test_the_repetitions_of_a_benchmark_are_its_samples() -> None:
    batch = read((RESULTS / "google-benchmark.json").read_bytes())
    assert samples(batch) == [
        (
            "sum_rep/min_time:0.010/repeats:3",
            (9.6314389940718534 / 1e3, 9.6902041368081537 / 1e3, 9.5548764081068445 / 1e3),
        ),
        ("sum_arg/8/min_time:0.010", (2.3431997384703109e02 / 1e6,)),
    ]
    assert {timing.note for timing in batch.timings} == {None}


def test_a_benchmark_that_failed_gives_an_issue_with_its_name() -> None:
    [issue] = read((RESULTS / "google-benchmark.json").read_bytes()).issues
    assert issue.message == "'failing' failed: 'no \"file\" here'"
    assert issue.damage


def test_a_file_of_nothing_but_sums_gives_their_median_and_says_so() -> None:
    batch = read((RESULTS / "google-benchmark-aggregates.json").read_bytes())
    [timing] = batch.timings
    assert (timing.name, timing.note) == (
        "sum_rep/min_time:0.010/repeats:3",
        "summary only: median, no samples stored",
    )
    assert timing.samples_ms == (0.00958317981780355,)
    assert not batch.issues


def test_each_row_has_its_own_unit() -> None:
    batch = read_rows(row("a", time=5.0, unit="ns"), row("b", time=5.0, unit="s"), row("b", 1, time=5.0, unit="us"))
    assert samples(batch) == [("a", (5e-6,)), ("b", (5000.0, 0.005))]


def test_one_failed_repetition_spoils_the_benchmark_and_no_other() -> None:
    failed = row(index=1, time=0.0, error_occurred=True, error_message="no file")
    batch = read_rows(row(), failed, row(index=2), row("b"))
    assert samples(batch) == [("b", (2.0,))]
    assert [(issue.message, issue.damage) for issue in batch.issues] == [("'a' failed: 'no file'", True)]


def test_a_skipped_benchmark_is_told_and_harms_nothing() -> None:
    batch = read_rows(row(time=0.0, skipped=True, skip_message="not here"), row("b"))
    assert samples(batch) == [("b", (2.0,))]
    assert [(issue.message, issue.damage) for issue in batch.issues] == [("'a' was skipped: 'not here'", False)]


@pytest.mark.parametrize("time", ["NaN", "Infinity", "-Infinity", "-1.0", "null", '"1"', "1e400", "1" * 5000])
def test_a_time_that_is_none_spoils_the_benchmark(time) -> None:
    text = json.dumps({"benchmarks": [row(), row(index=1, time=123.456), row("b")]}).replace("123.456", time)
    batch = read(text.encode())
    assert ("b", (2.0,)) in samples(batch)
    assert [issue.damage for issue in batch.issues] == [True]


def test_bare_tokens_of_counters_leave_texts_alone() -> None:
    text = json.dumps({"benchmarks": [row('NaN, Infinity" -NaN: \\', nan=123.456)]}).replace("123.456", "NaN")
    assert samples(read(text.encode())) == [('NaN, Infinity" -NaN: \\', (2.0,))]


@pytest.mark.parametrize(
    "bad",
    [
        row(unit="min"),
        row(unit=""),
        row(run_type="other"),
        row(run_type=None),
        row(run_name=None),
        row(""),
        row(iterations=0),
        row(iterations="10"),
        row(error_occurred=1),
        row(time=None),
        aggregate("median", real_time=None),
        [],
        "a",
    ],
)
def test_a_row_that_is_not_understood_gives_an_issue_and_no_time(bad) -> None:
    batch = read_rows(bad, row("b"))
    assert samples(batch) == [("b", (2.0,))]
    assert [issue.damage for issue in batch.issues] == [True]


def test_a_counter_named_like_the_time_makes_the_row_unusable() -> None:
    """The library writes the counter after the time, with the same key."""
    text = json.dumps({"benchmarks": [row(counter=7.0)]}).replace('"counter"', '"real_time"')
    batch = read(text.encode())
    assert "real_time" in batch.issues[0].message
    assert not batch.timings


def test_rows_that_sum_up_are_left_out_where_there_are_repetitions() -> None:
    sums = [aggregate("mean"), aggregate("median", real_time=77.0), aggregate("cv", "percentage")]
    batch = read_rows(row(), row(index=1), *sums)
    assert samples(batch) == [("a", (2.0, 2.0))]
    assert not batch.issues


def test_complexity_is_no_time() -> None:
    fit = {"run_name": "a", "run_type": "aggregate", "aggregate_name": "BigO", "real_coefficient": 1.0, "big_o": "N"}
    error = {"run_name": "a", "run_type": "aggregate", "aggregate_name": "RMS", "rms": 0.1}
    assert samples(read_rows(row("a/8"), fit, error)) == [("a/8", (2.0,))]


@pytest.mark.parametrize(
    "other", [{"family_index": 1}, {"per_family_instance_index": 1}, {"threads": 2}, {"repetition_index": 0}]
)
def test_another_benchmark_of_the_same_name_stays_apart(other) -> None:
    first = row(family_index=0, per_family_instance_index=0, threads=1)
    second = first | {"repetition_index": 1, "real_time": 3.0} | other
    assert samples(read_rows(first, second)) == [("a", (2.0,)), ("a (2)", (3.0,))]


def test_rows_that_do_not_say_which_repetition_they_are_stay_apart() -> None:
    assert samples(read_rows(row(index=None), row(index=None))) == [("a", (2.0,)), ("a (2)", (2.0,))]


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
REPETITIONS = st.lists(st.tuples(st.floats(0, 1e6), st.sampled_from(sorted(UNITS))), min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, REPETITIONS, min_size=1, max_size=4), st.floats())
def test_what_is_printed_reads_back(benchmarks, counter) -> None:
    rows = [
        row(name, index, time, unit, family_index=family, counter=counter)
        for family, (name, repetitions) in enumerate(benchmarks.items())
        for index, (time, unit) in enumerate(repetitions)
    ]
    text = json.dumps({"context": {"num_cpus": 2}, "benchmarks": rows}).encode()
    assert google_benchmark.sniff(text)
    batch = read(text)
    assert {timing.name: timing.samples_ms for timing in batch.timings} == {
        name: pytest.approx([time * UNITS[unit] for time, unit in repetitions], rel=1e-15)
        for name, repetitions in benchmarks.items()
    }
    assert not batch.issues
