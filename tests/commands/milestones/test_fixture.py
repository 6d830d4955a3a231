"""The programme that a milestone's whole life is run on is whole itself."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

import harness
from harness.commands.milestones.place import load_programme
from harness.milestones.document import Key, Status
from tests.commands.milestones.programme_checkout import BOARD, DATA, PLAN

METAL = load_programme(Path(), "metal-backend")
CONSTANTS = sorted(
    name
    for path in DATA.glob("crates/metal-*/**/*.rs")
    for name in re.findall(r"pub const (\w+): u64", path.read_text())
)


@pytest.mark.parametrize("one", METAL.milestones, ids=lambda one: one.id)
def test_every_milestone_has_its_file_its_row_on_the_board_and_its_place_in_the_plan(programme, one) -> None:
    file = programme.milestone(one.id)
    done = one.id == "8"
    row = f"| [{one.id}](./milestone-{one.id}.md) | {file.title} | {'completed' if done else 'not_started'} |"

    assert file.status is (Status.COMPLETED if done else Status.NOT_STARTED)
    assert file.value(Key.LAST_UPDATED) == "2026-02-20"
    assert row in programme.read(BOARD)
    assert f"### Milestone {one.id}: {file.title}\n" in programme.read(PLAN)
    assert all(f"  - {bullet}\n" in programme.read(PLAN) for bullet in file.exit_criteria)
    assert all((programme.path / path).is_file() for path in one.focus)


def test_templates_hold_nothing_yet_where_the_harness_will_write(programme) -> None:
    begun = [programme.milestone(one.id) for one in METAL.milestones if one.id != "8"]

    assert {one.section(title) for one in begun for title in ("Validation Log", "Metrics")} == {"- Pending."}
    assert [one.id for one in begun if one.section("Residual Bottlenecks")] == ["12"]
    assert {key for one in begun for key in Key if one.value(key)} == {Key.STATUS, Key.LAST_UPDATED}


def test_every_constant_of_the_prover_can_be_stated_by_name(programme) -> None:
    for constant in CONSTANTS:
        programme.state(constant, 12345)

    assert programme.git("diff").count("= 12345;") == len(CONSTANTS) > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", METAL.validations)
def test_every_validation_runs_and_only_the_round_trip_executes_no_test(programme, cargo: str, name: str) -> None:
    validation = METAL.validations[name]
    argv = [cargo, *shlex.split(validation.command)[1:]]
    done = subprocess.run(argv, cwd=programme.path, capture_output=True, text=True, check=False)
    executed = sum(map(int, re.findall(r"^test result: ok\. (\d+) passed; 0 failed;", done.stdout, re.MULTILINE)))

    assert done.returncode == 0
    assert len(re.findall(r"^warning: .* generated 1 warning$", done.stderr, re.MULTILINE)) == 1
    assert (executed > 0) is (validation.tests and name != "ntt-roundtrip")
    assert programme.git("status", "--short") == ""


@pytest.mark.slow
def test_a_recording_has_every_kpi_that_the_contract_expects(measured) -> None:
    *cells, total = measured.json("check", "main")["cells"]

    assert [one["expected"] for one in cells].count("present") == 11
    assert {one["met"] for one in cells} == {True}
    assert (total["expected"], total["met"]) == ("<= 1180", False)


@pytest.mark.slow
def test_what_the_commit_makes_faster_is_found_and_nothing_else(measured) -> None:
    compared = measured.json("compare", "main", "HEAD", "--stored", "--same-session")
    ratios = {
        (one["benchmark"], one["kpi"].rpartition(".")[2]): one["ratio"]
        for one in compared["kpis"]
        if one["ratio"] is not None and not one["kpi"].startswith("process.")
    }
    moved = {kpi: round(ratio, 1) for kpi, ratio in ratios.items() if not 0.97 < ratio < 1.03}

    assert compared["verdict"] == "faster"
    assert moved == {
        ("keccakf", "stark_prove_excluding_trace"): 0.9,
        ("keccakf", "round0"): 0.7,
        ("logup", "round0"): 0.7,
    }


@pytest.mark.slow
def test_counters_are_events_of_the_counters_run_and_pool_counts_of_every_run(measured) -> None:
    store = harness.open(measured.path / ".harness")
    recordings = store.recordings().set_index("commit")["recording"]
    syncs = {}
    for revision in ("main", "HEAD"):
        events = store.events(recordings[measured.git("rev-parse", revision)])
        stages = events[events["message"] == "metal_dispatch_stage"]
        syncs[revision] = sum(int(dict(fields)["sync_count"]) for fields in stages["fields"])
        pool = store.metrics(recordings[measured.git("rev-parse", revision)])

        assert set(stages["kind"]) == {"counters"}
        assert set(stages["benchmark"]) == {"keccakf", "logup"}
        assert {f"metal.buffer_pool.{one}" for one in ("reuse", "miss", "return", "drop")} == set(pool["name"])
        assert pool["kind"].value_counts().loc["measured"] == 4 * 5

    assert syncs == {"main": 10, "HEAD": 6}
