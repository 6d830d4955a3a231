"""The real thing: the bundled prover is built, run at its smallest size, and read."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = [pytest.mark.prover, pytest.mark.usefixtures("cargo")]

ROOT = Path(__file__).parent.parent.parent
SMALLEST = {
    "PROVER_KECCAKF_PERMUTATIONS": "1",
    "PROVER_KECCAKF_LOG_STACKED_HEIGHT": "13",
    "PROVER_LOGUP_LARGE_LOG_ROWS": "8",
}
CLOCK_READS_APART_NS = 50_000
ROOT_SPAN = "stark_prove_excluding_trace"
SPUN = "fractional_sumcheck"
SHARE = 20


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


def harness(store: Path, *args: str, **variables: str) -> subprocess.CompletedProcess[str]:
    own = {key: value for key, value in os.environ.items() if key not in {"RUST_LOG", "HARNESS_HOST", "PROVER_SPIN"}}
    return subprocess.run(
        [sys.executable, "-m", "harness", "--store", str(store), *args],
        cwd=ROOT,
        env={**own, **SMALLEST, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="session")
def shown(store: Path, cargo: str) -> dict[str, Any]:  # noqa: ARG001 (it must be there)
    """A recording of all benchmarks, one warmup and two measured runs each."""
    made = harness(store, "baseline", "m8", "--runs", "2", "--format", "json")
    assert made.returncode == 0, made.stderr
    return show(store, "label:m8", "--target", "openvm-cpu")


def show(store: Path, *args: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(harness(store, "show", *args, "--format", "json").stdout)
    return found


def kpi(shown: dict[str, Any], benchmark: str, name: str) -> dict[str, Any]:
    return next(one for one in shown["kpis"] if (one["benchmark"], one["kpi"]) == (benchmark, name))


def raw(shown: dict[str, Any], name: str) -> str:
    with pa.input_stream(f"{shown['path']}/raw/{name}.zst", compression="zstd") as stream:
        return stream.read().decode()


def logup_large(store: Path, **variables: str) -> dict[str, Any]:
    """A recording of one run of `logup-large`."""
    args = ("run", "logup-large", "--runs", "1", "--warmups", "0", "--format", "json")
    made = harness(store, *args, **variables)
    assert made.returncode == 0, made.stderr
    return show(store, json.loads(made.stdout)["recording"])


def printed_ns(shown: dict[str, Any], name: str) -> list[float]:
    """The times of all spans of this name in the printed tree, in nanoseconds."""
    rows = pq.read_table(f"{shown['path']}/spans.parquet").to_pylist()
    return [(row["ns_low"] + row["ns_high"]) / 2 for row in rows if row["name"] == name]


def logged_ns(shown: dict[str, Any], name: str) -> list[float]:
    """The times of all spans of this name in the span file, in nanoseconds."""
    lines = [json.loads(line) for line in raw(shown, "logup-large.1.spans.jsonl").splitlines()]
    return [line["busy_ns"] for line in lines if line.get("name") == name]


@pytest.fixture(scope="session")
def small(store: Path, cargo: str) -> dict[str, Any]:  # noqa: ARG001 (it must be there)
    return logup_large(store)


@pytest.fixture(scope="session")
def spun(store: Path, cargo: str) -> dict[str, Any]:  # noqa: ARG001 (it must be there)
    return logup_large(store, PROVER_SPIN=f"{SPUN}={SHARE}")


def test_the_m8_benchmarks_give_the_contracts_kpis(shown) -> None:
    for name in ("stark_prove_excluding_trace", "prover.main_trace_commit", "rs_code_matrix", "prover.openings.whir"):
        assert kpi(shown, "keccakf", name)["n"] == 2
        assert kpi(shown, "keccakf", name)["median"] > 0
    for name in ("rs_code_matrix", "prover.rap_constraints.mle_rounds", "prover.rap_constraints.logup_gkr"):
        assert kpi(shown, "logup", name)["n"] == 2
    assert "not instrumented" in kpi(shown, "keccakf", "prover.rap_constraints.round0")["missing"]


def test_the_runs_say_what_was_proven_and_that_the_test_ran(shown) -> None:
    keccakf, logup, large = shown["benchmarks"]

    taken = [run for run in shown["runs"] if run["kind"] != "instructions"]  # whether there are any, the machine says
    assert [run["failure"] for run in taken] == [None] * 9
    assert {run["tests_executed"] for run in shown["runs"] if run["benchmark"] == "logup"} == {1}
    assert keccakf["workload"]["cells"]["main_trace_cells"] > 0
    assert "3182 Constraints" in keccakf["workload"]["airs"][0]
    assert all(air.endswith("1 Interactions") for air in logup["workload"]["airs"])
    assert [air.rpartition("| ")[2] for air in large["workload"]["airs"]] == [
        "84 Interactions",
        "42 Interactions",
        "1 Interactions",
    ]
    assert large["workload"]["cells"]["main_trace_cells"] == (42 + 42) * 2**8 + 2 * 2**10
    assert keccakf["environment"]["PROVER_KECCAKF_PERMUTATIONS"] == "1"


def test_the_recording_says_which_program_was_run_in_place_of_which_command(shown) -> None:
    keccakf, logup, large = shown["benchmarks"]

    assert keccakf["command"] == "cargo run --release --example keccakf"
    assert keccakf["profile"] == "release"
    assert [Path(one["path"]).name for one in keccakf["executables"]] == ["keccakf"]
    assert logup["executables"][-1]["arguments"] == ["test_batch_constraints_with_interactions", "--nocapture"]
    assert all(len(one["sha256"]) == 64 for one in (*keccakf["executables"], *logup["executables"]))
    assert [Path(one["path"]).name for one in large["executables"]] == ["logup_large"]
    assert len(shown["provenance"]["lockfile_sha256"]) == 64
    assert shown["provenance"]["toolchain"]["rustc"].startswith("rustc ")


def test_every_run_counts_its_resources(shown) -> None:
    for run in shown["runs"]:
        assert 0 < run["wall_ns"] < 60e9
        assert run["user_ns"] > 0
        assert run["peak_memory_bytes"] is None or run["peak_memory_bytes"] > 1_000_000


def test_the_span_log_of_a_run_holds_the_same_spans_as_its_text(shown) -> None:
    lines = [json.loads(line) for line in raw(shown, "keccakf.1.spans.jsonl").splitlines()]
    spans = [line for line in lines if line["t"] == "span"]
    table = pq.read_table(f"{shown['path']}/spans.parquet").to_pylist()
    printed = [row for row in table if (row["benchmark"], row["run"]) == ("keccakf", 1)]
    logged = {(span["seq"]): span for span in spans}

    assert (lines[0]["t"], lines[-1]["t"]) == ("header", "end")
    assert Counter(span["name"] for span in spans) == Counter(row["name"] for row in printed)
    by_name = {span["name"]: span for span in logged.values()}
    once = [row for row in printed if Counter(one["name"] for one in printed)[row["name"]] == 1]
    apart = [
        max(row["ns_low"] - by_name[row["name"]]["busy_ns"], by_name[row["name"]]["busy_ns"] - row["ns_high"], 0)
        for row in once
    ]
    assert len(once) > 5
    assert median(apart) < CLOCK_READS_APART_NS


def test_right_after_a_baseline_head_is_the_same(store, shown) -> None:
    if shown["provenance"]["dirty"]:
        pytest.fail("prover/ has uncommitted changes: commit them, so that HEAD is what was measured")
    compared = harness(store, "compare", "m8", "HEAD", "--format", "json")

    assert compared.returncode == 0, compared.stderr
    assert json.loads(compared.stdout)["verdict"] == "same"


def test_nothing_is_built_twice(store, shown) -> None:
    assert shown["failure"] is None
    again = harness(store, "run", "keccakf", "--runs", "1", "--warmups", "0")

    assert again.returncode == 0, again.stderr
    assert "Compiling" not in again.stderr


def test_by_default_the_large_logup_proof_takes_about_a_second(store) -> None:
    default = logup_large(store, PROVER_LOGUP_LARGE_LOG_ROWS="")

    [root] = printed_ns(default, ROOT_SPAN)
    [interactions] = printed_ns(default, SPUN)
    assert 0.1e9 < root < 10e9
    assert interactions > root / 4
    assert len(printed_ns(default, "generate_trace")) == 1


@pytest.mark.parametrize("times_of", [printed_ns, logged_ns])
def test_a_spin_makes_the_named_span_longer_and_those_around_it(small, spun, times_of) -> None:
    [before], [after] = times_of(small, SPUN), times_of(spun, SPUN)
    [root] = times_of(spun, ROOT_SPAN)
    [elsewhere], [elsewhere_spun] = times_of(small, "row_hash"), times_of(spun, "row_hash")

    assert after > before * (1 + SHARE) / 4
    assert root > after
    assert elsewhere_spun < elsewhere * SHARE / 2


def test_a_spin_is_recorded_as_part_of_the_environment(small, spun) -> None:
    assert "PROVER_SPIN" not in small["benchmarks"][0]["environment"]
    assert spun["benchmarks"][0]["environment"]["PROVER_SPIN"] == f"{SPUN}={SHARE}"


@pytest.mark.parametrize(
    ("example", "variable"),
    [
        ("keccakf", "PROVER_KECCAKF_PERMUTATIONS"),
        ("logup_large", "PROVER_LOGUP_LARGE_LOG_ROWS"),
        ("keccakf", "PROVER_SPIN"),
        ("logup_large", "PROVER_SPIN"),
    ],
)
def test_a_value_that_is_not_accepted_is_the_provers_own_clear_error(cargo: str, example: str, variable: str) -> None:
    done = subprocess.run(
        [cargo, "run", "--quiet", "--release", "--example", example],
        cwd=ROOT / "prover",
        env={**os.environ, variable: "many"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert f"error: {variable} is `many`; accepted is " in done.stderr


def test_the_provers_own_tests_pass(cargo: str) -> None:
    done = subprocess.run(
        [cargo, "test", "--release", "--locked"], cwd=ROOT / "prover", capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
