"""hyperfine's exported JSON, as versions 1.20 and 2.0 wrote it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import hyperfine
from harness.formats.protocol import chunk_of

RESULTS = Path(__file__).parents[1] / "data" / "results"
SUMMARY = {"mean": 2.0, "stddev": None, "median": 1.5, "user": 0.1, "system": 0.0, "min": 1.0, "max": 3.0}


def read(data: bytes):
    [batch] = hyperfine.read([chunk_of(data)])
    return batch


def read_results(*results: dict, **more: object):
    return read(json.dumps({"results": results} | more).encode())


def run(seconds: float | None, code: int | None = 0, unit: str = "second") -> dict:
    return {"time_wall_clock": {"value": seconds, "unit": unit}, "exit_code": code, "instructions": {"value": 5}}


def test_version_1_gives_every_run_of_each_command() -> None:
    batch = read((RESULTS / "hyperfine-1-parameters.json").read_bytes())
    assert {timing.name: timing.samples_ms for timing in batch.timings} == {
        "sleep 0.001 (n = 0.001)": pytest.approx((1.654972, 1.610649, 1.62572), rel=1e-15),
        "sleep 0.002 (n = 0.002)": pytest.approx((2.618682, 2.593998, 2.650189), rel=1e-15),
    }
    assert not batch.issues
    assert {(timing.note, timing.low_ms, timing.high_ms, timing.line) for timing in batch.timings} == {
        (None, None, None, 1)
    }


def test_version_2_gives_the_wall_time_of_every_run_under_the_name_given() -> None:
    batch = read((RESULTS / "hyperfine-2-parameters.json").read_bytes())
    assert {timing.name: timing.samples_ms for timing in batch.timings} == {
        "doze 0.001 (n = 0.001)": pytest.approx((1.78941, 1.69882, 1.688761), rel=1e-15),
        "doze 0.002 (n = 0.002)": pytest.approx((2.744288, 2.748094, 2.748648), rel=1e-15),
    }
    assert not batch.issues


@pytest.mark.parametrize(
    ("version", "names"), [("hyperfine-1-failed.json", ["true", "true (2)"]), ("hyperfine-2-failed.json", ["true"])]
)
def test_a_failed_command_gives_an_issue_that_names_it_and_no_time(version, names) -> None:
    batch = read((RESULTS / version).read_bytes())
    assert [timing.name for timing in batch.timings] == names
    [issue] = batch.issues
    assert issue.message == "'false' failed in 3 of 3 runs, first with exit code 1"
    assert issue.damage


@pytest.mark.parametrize(
    ("codes", "said"),
    [([0, 139], "1 of 2 runs, first with exit code 139"), ([0, None, 0], "no code"), ([-1], "code -1")],
)
def test_one_failed_run_spoils_the_command(codes, said) -> None:
    first = read_results(SUMMARY | {"command": "a", "times": [1.0] * len(codes), "exit_codes": codes})
    second = read_results({"command": "a", "measurements": [run(1.0, code) for code in codes]}, schema_version=2)
    assert first.issues == second.issues
    assert said in first.issues[0].message
    assert not first.timings
    assert not second.timings


def test_without_samples_the_median_is_all_there_is_and_says_so() -> None:
    [timing] = read_results(SUMMARY | {"command": "a", "exit_codes": [0]}).timings
    assert (timing.samples_ms, timing.note) == ((1500.0,), "summary only: median, no samples stored")
    assert timing.low_ms is timing.high_ms is None


def test_runs_whose_exit_codes_are_not_stored_count() -> None:
    batch = read_results({"command": "a", "times": [1.0, 2.0]})
    assert (batch.timings[0].samples_ms, batch.issues) == ((1000.0, 2000.0), ())


def test_as_many_exit_codes_as_runs_are_needed() -> None:
    [issue] = read_results({"command": "a", "times": [1.0, 2.0], "exit_codes": [0]}).issues
    assert issue.message == "'a': exit codes of 1 runs, times of 2"


def test_without_a_median_the_mean_is_taken_and_says_so() -> None:
    [timing] = read_results({"command": "a", "mean": 2.0}).timings
    assert (timing.samples_ms, timing.note) == ((2000.0,), "summary only: mean, no samples stored")


@pytest.mark.parametrize(
    "result",
    [
        {"command": "a"},
        {"command": "a", "median": -1.0, "mean": 1.0},
        {"command": "a", "median": 1.0, "times": [1.0, -0.5]},
        {"command": "a", "median": 1.0, "times": [1.0, None]},
        {"command": "a", "median": 1.0, "times": 1.0},
        {"command": "a", "median": 1.0, "times": [1.0, 2.0], "exit_codes": [0]},
        {"command": "a", "median": 1.0, "times": [1.0], "exit_codes": [0, 0]},
        {"command": "a", "median": 1.0, "times": [1.0], "exit_codes": []},
        {"command": "a", "median": 1.0, "times": [], "exit_codes": [0]},
        {"command": "a", "median": 1.0, "times": [1.0], "exit_codes": None},
        {"command": "a", "median": 1.0, "times": [1.0], "exit_codes": 0},
        {"command": "a", "median": 1.0, "times": [1.0], "exit_codes": ["0"]},
        {"command": "a", "median": 1.0, "times": [1.0], "exit_codes": [False]},
        {"command": "a", "median": 1.0, "times": [1.0], "exit_codes": {"0": 0}},
        {"command": "a", "median": "1.0"},
        {"command": "a", "median": True},
        {"command": 1, "median": 1.0},
        {"median": 1.0},
        {"command": "", "median": 1.0},
        {"command": "a", "median": 1.0, "measurements": []},
        {"command": "a", "measurements": [run(None)]},
        {"command": "a", "measurements": [run(1.0), run(-1.0)]},
        {"command": "a", "measurements": [run(1.0), run(1.0, unit="millisecond")]},
        {"command": "a", "measurements": [{"exit_code": 0}]},
        {"command": "a", "measurements": [{"time_wall_clock": {"value": 1.0, "unit": "second"}}]},
        [],
        None,
    ],
)
def test_a_result_without_sound_times_gives_an_issue_and_spoils_no_other(result) -> None:
    batch = read_results({"command": "sound", "mean": 0.0}, result)
    assert [(timing.name, timing.samples_ms) for timing in batch.timings] == [("sound", (0.0,))]
    assert [issue.damage for issue in batch.issues] == [True]


def test_a_schema_of_the_future_is_not_guessed_at() -> None:
    batch = read_results({"command": "a", "mean": 1.0}, schema_version=3)
    assert [issue.message for issue in batch.issues] == ["hyperfine's schema 3 is not known"]
    assert not batch.timings


def test_a_file_without_results_is_no_damage() -> None:
    assert [issue.damage for issue in read_results().issues] == [False]


def test_equal_commands_differ_by_the_parameters_that_only_prepared_them() -> None:
    results = [{"command": "a", "mean": 1.0, "parameters": {"branch": each, "n": "1"}} for each in ("old", "new")]
    assert [timing.name for timing in read_results(*results).timings] == [
        "a (branch = old, n = 1)",
        "a (branch = new, n = 1)",
    ]


SECONDS = st.floats(0, 1e6)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, st.lists(SECONDS, min_size=1, max_size=5), min_size=1, max_size=4), st.booleans())
def test_what_is_printed_reads_back(commands, second_version) -> None:
    results = [
        {"command": name, "measurements": [run(time) for time in times]}
        if second_version
        else SUMMARY | {"command": name, "times": times, "exit_codes": [0] * len(times)}
        for name, times in commands.items()
    ]
    more = {"schema_version": 2} if second_version else {}
    text = json.dumps({"results": results} | more).encode()
    batch = read(text)
    assert hyperfine.sniff(text)
    assert {timing.name: timing.samples_ms for timing in batch.timings} == {
        name: tuple(time * 1e3 for time in times) for name, times in commands.items()
    }
    assert not batch.issues
