import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pyarrow as pa
import pytest


def raw_log(checkout, recording: str, benchmark: str = "keccakf") -> str:
    path = checkout.path / ".harness" / "recordings" / recording / "raw" / f"{benchmark}.log.zst"
    with pa.input_stream(str(path), compression="zstd") as stream:
        return stream.read().decode()


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie that nobody reaps does not."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_run_takes_one_warmup_and_five_measured_runs_of_the_files_as_they_lie(checkout) -> None:
    recording = checkout.json("run")["recording"]
    shown = checkout.json("show", recording)

    assert (checkout.path / "count").read_text().strip() == "6"
    assert [run["kind"] for run in shown["runs"]] == ["warmup", *["measured"] * 5]
    assert shown["kpis"][0]["samples"] == [102.0, 103.0, 104.0, 105.0, 106.0]
    assert shown["provenance"]["commit"] == checkout.git("rev-parse", "HEAD")
    assert shown["provenance"]["dirty"] is False


def test_the_raw_log_holds_every_run_in_its_section_below_the_three_header_lines(checkout) -> None:
    recording = checkout.json("run")["recording"]
    log = raw_log(checkout, recording)

    assert log.startswith("# capture: keccakf\n# Timestamp: ")
    assert "# Command: ./prove.sh\n\n===== warmup =====\n" in log
    assert [line for line in log.splitlines() if line.startswith("=====")] == [
        "===== warmup =====",
        *(f"===== measured run {n} =====" for n in range(1, 6)),
    ]


def test_every_run_gets_its_own_span_file(checkout) -> None:
    recording = checkout.json("run")["recording"]
    files = checkout.json("show", recording)["path"]
    names = sorted(path.name for path in (Path(files) / "raw").iterdir())

    runs = ["1", "2", "3", "4", "5", "warmup"]
    assert names == [
        *(f"keccakf.{run}.spans.jsonl.zst" for run in runs[:-1]),
        "keccakf.log.zst",
        "keccakf.warmup.spans.jsonl.zst",
    ]


def test_runs_and_warmups_can_be_chosen(checkout) -> None:
    shown = checkout.json("show", checkout.json("run", "--runs", "2", "--warmups", "3")["recording"])

    assert [(run["kind"], run["number"]) for run in shown["runs"]] == [
        ("warmup", -2),
        ("warmup", -1),
        ("warmup", 0),
        ("measured", 1),
        ("measured", 2),
    ]


def test_a_dirty_checkout_keeps_its_patch_with_untracked_files(checkout) -> None:
    checkout.write("new.txt", "untracked\n")
    shown = checkout.json("show", checkout.json("run")["recording"])
    patch = Path(shown["path"]) / "worktree.patch"

    assert shown["provenance"]["dirty"] is True
    assert "+untracked" in patch.read_text()


def test_the_store_never_makes_the_checkout_dirty(checkout) -> None:
    checkout.json("run")

    assert checkout.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("fail", "exit code 7"),
        ("panic", "panicked (line 6)"),
        ("silent", "printed no root span"),
        ("no-tests", "no test was executed"),
        ("hang", "took longer than its timeout of 5 s"),
    ],
)
def test_a_failed_run_is_kept_unlabelled_and_names_its_log(checkout, mode: str, reason: str) -> None:
    done = checkout.harness("run", "--label", "bad", MODE=mode)
    listed = checkout.json("ls")
    failed = [one for one in listed if one["failure"] and one["target"] == "fake"]

    assert done.code == 1
    assert reason in done.err
    assert f"recordings/{failed[0]['recording']}/raw/keccakf.log.zst" in done.err
    assert failed[0]["labels"] == []
    assert checkout.harness("show", "bad").code == 1
    assert not (checkout.path / ".harness" / "labels" / "bad.json").exists()


def test_runs_before_a_failed_one_keep_their_samples(checkout) -> None:
    checkout.harness("run", MODE="fail-third")
    failed = next(one for one in checkout.json("ls") if one["failure"])
    shown = checkout.json("show", failed["recording"])

    assert [run["failure"] for run in shown["runs"]] == [None, None, "exit code 1"]
    assert len(shown["kpis"][0]["samples"]) == 1


def test_a_timed_out_run_leaves_no_child(checkout) -> None:
    checkout.harness("run", MODE="hang")

    assert not lives(int((checkout.path / "pid").read_text()))


def test_a_label_does_not_move_unless_told_to_and_nothing_is_measured_in_vain(checkout) -> None:
    first = checkout.json("run", "--label", "one")["recording"]
    count = (checkout.path / "count").read_text()
    refused = checkout.harness("run", "--label", "one")

    assert refused.code == 1
    assert "--replace" in refused.err
    assert (checkout.path / "count").read_text() == count
    assert checkout.json("run", "--label", "one", "--replace")["labels"] == ["one"]
    assert checkout.json("show", "one")["recording"] != first


def test_baseline_on_the_same_commit_records_again_and_leaves_the_label(checkout) -> None:
    first = checkout.json("baseline", "m8", "--runs", "1")["recording"]
    second = checkout.json("baseline", "m8", "--runs", "1")

    assert second["recording"] != first
    assert second["labels"] == []
    assert any("stays on" in warning for warning in second["warnings"])
    assert checkout.json("show", "m8")["recording"] == first


def test_baseline_on_another_commit_asks_for_replace(checkout) -> None:
    checkout.json("baseline", "m8", "--runs", "1")
    checkout.write("more.txt", "x")
    commit = checkout.commit()
    refused = checkout.harness("baseline", "m8", "--runs", "1")

    assert refused.code == 1
    assert "--replace" in refused.err
    moved = checkout.json("baseline", "m8", "--runs", "1", "--replace")
    assert moved["labels"] == ["m8"]
    assert checkout.json("show", "m8")["provenance"]["commit"] == commit


def test_baseline_prints_the_medians_beside_the_contract_and_where_they_are(checkout) -> None:
    done = checkout.harness("baseline", "m8", "--runs", "3")

    assert "stark_prove_excluding_trace" in done.out
    assert "2440.00" in done.out
    assert str(checkout.path / ".harness" / "recordings") in done.out


def test_a_revision_is_measured_from_a_clean_worktree(checkout) -> None:
    old = checkout.git("rev-parse", "HEAD")
    checkout.write("prove.sh", "#!/bin/sh\nexit 9\n")
    checkout.commit()
    shown = checkout.json("show", checkout.json("run", "--rev", "HEAD~1", "--runs", "1")["recording"])

    assert shown["provenance"]["commit"] == old
    assert not (checkout.path / "count").exists()
    assert checkout.git("worktree", "list").count("\n") == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('command = "./nothing-here"', "nothing-here"),
        ('command = "prover-that-is-not-installed"', "prover-that-is-not-installed"),
        ('command = "./prove.sh"\nbuild = "sh -c \'echo broken >&2; exit 3\'"', "broken"),
        ('command = "./prove.sh"\ncwd = "no/such/folder"', "no/such/folder"),
        ('command = "cargo run --example nothing"', "cargo"),
    ],
)
def test_what_cannot_be_started_or_built_is_one_clear_error(checkout, change: str, words: str) -> None:
    checkout.write(
        "harness.toml", (checkout.path / "harness.toml").read_text().replace('command = "./prove.sh"', change)
    )
    done = checkout.harness("run")

    assert done.code == 1
    assert words in done.err
    assert "Traceback" not in done.err


def test_an_unknown_revision_and_an_unknown_benchmark_are_errors(checkout) -> None:
    assert "no git revision" in checkout.harness("run", "--rev", "nosuch").err
    assert "Known: keccakf" in checkout.harness("run", "nosuch").err


def wait_for_line(process: subprocess.Popen[bytes], words: bytes) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    pytest.fail(f"never said {words!r}")


def ended(process: subprocess.Popen[bytes]) -> int:
    process.communicate(timeout=20)
    return process.returncode


@pytest.mark.slow
def test_ctrl_c_exits_130_and_keeps_the_finished_runs(checkout) -> None:
    checkout.write(
        "prove.sh", (checkout.path / "prove.sh").read_text().replace("total=", "[ $n -lt 3 ] || sleep 60\ntotal=", 1)
    )
    process = checkout.start("run", "--label", "stopped")
    wait_for_line(process, b"[3/6]")
    process.send_signal(signal.SIGINT)

    assert ended(process) == 130
    kept = next(one for one in checkout.json("ls") if one["failure"])
    assert kept["failure"] == "interrupted"
    assert len(checkout.json("show", kept["recording"])["runs"]) == 2


@pytest.mark.slow
def test_after_kill_9_nothing_recorded_changed_and_the_finished_runs_are_recovered(checkout) -> None:
    checkout.json("run", "--label", "one")
    before = checkout.tree()
    (checkout.path / "count").unlink()
    text = (checkout.path / "prove.sh").read_text()
    checkout.write("prove.sh", text.replace("total=", "[ $n -ne 3 ] || { echo $$ > pid; sleep 60; }\ntotal=", 1))
    checkout.commit()
    process = checkout.start("run", "--label", "killed")
    wait_for_line(process, b"[3/6]")
    while not (checkout.path / "pid").exists():
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)

    assert before.items() <= checkout.tree().items()
    again = checkout.harness("run", "--label", "after")
    assert again.code == 0
    assert "left running by a harness that was killed" in again.err
    assert "Recovered 2 finished runs" in again.err
    assert not lives(int((checkout.path / "pid").read_text()))
    recovered = next(one for one in checkout.json("ls") if one["failure"])
    assert recovered["failure"] == "the harness was killed while it recorded"


def test_a_contract_given_by_path_is_found_again_by_its_recordings(checkout) -> None:
    m8 = (Path(__file__).parent.parent.parent / "baselines" / "m8" / "contract.toml").read_text()
    checkout.write("mine.toml", m8.replace('name = "m8"', 'name = "mine"'))
    text = (
        (checkout.path / "harness.toml").read_text().replace('checkout = "."', 'checkout = "."\ncontract = "mine.toml"')
    )
    checkout.write("harness.toml", text)
    checkout.json("run", "--label", "own", "--runs", "2")

    assert checkout.json("show", "own")["kpis"][0]["n"] == 2
    assert checkout.json("check", "own")["contract"] == "mine"
