import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = r"""#!/bin/sh
FACTOR=1
[ -z "$COUNTING" ] || exit 3
n=$(cat "$TALLY/count" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$TALLY/count"
[ "$n" != "${FAIL_AT:-never}" ] || exit 7
if [ "$n" = "${STOP_AT:-never}" ]; then echo $$ > "$TALLY/pid"; sleep 60; fi
total=$((FACTOR * (NOISE * ((n - 1) / 2 * 7 % 11) + 400)))
printf 'INFO     stark_prove_excluding_trace [ %dms | 40.00%% / 100.00%% ]\n' $total
printf 'INFO     \342\224\225\342\224\201 prover.main_trace_commit [ %dms | 60.00%% ]\n' $((total / 2))
"""

CONFIGURATION = """\
default_target = "fake"
[targets.fake]
checkout = "."
env = { NOISE = "1" }
[targets.fake.benchmarks.keccakf]
command = "./prove.sh"
timeout = "20s"
[targets.fake.benchmarks.logup]
command = "./prove.sh"
"""


@pytest.fixture
def twice_as_slow(checkout, tmp_path, monkeypatch):
    """A checkout in two committed versions: HEAD takes twice as long. Counts its runs outside."""
    monkeypatch.setenv("TALLY", str(tmp_path))
    checkout.write("prove.sh", PROGRAM)
    checkout.write("harness.toml", CONFIGURATION)
    checkout.commit()
    checkout.write("prove.sh", PROGRAM.replace("FACTOR=1", "FACTOR=2"))
    checkout.commit()
    return checkout


def kpi_of(compared: dict, benchmark: str = "keccakf") -> dict:
    return next(
        kpi for kpi in compared["kpis"] if (kpi["benchmark"], kpi["kpi"]) == (benchmark, "stark_prove_excluding_trace")
    )


def runs_of(checkout, recording: str) -> list[dict]:
    return checkout.json("show", recording)["runs"]


def break_off(checkout, how: signal.Signals, at_run: int, *args: str) -> None:
    """Starts a comparison and ends it, with all its processes, in the middle of its `at_run`-th run."""
    process = checkout.start("compare", "HEAD~1", "HEAD", *args, STOP_AT=str(at_run))
    pid = checkout.path.parent / "pid"
    while not pid.exists():
        assert process.poll() is None
        time.sleep(0.01)
    if how is signal.SIGKILL:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    process.communicate(timeout=30)
    pid.unlink()


@pytest.mark.slow
def test_rounds_are_added_until_every_gating_kpi_is_decided(twice_as_slow) -> None:
    done = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--until-decided", "--budget", "1m", "--format", "json")
    compared = done.json
    protocol = twice_as_slow.json("show", compared["base"]["recording"])["protocol"]

    assert (compared["verdict"], kpi_of(compared)["verdict"]) == ("slower", "slower")
    assert kpi_of(compared)["base"]["n"] in {5, 10}
    assert kpi_of(compared, "logup")["base"]["n"] == kpi_of(compared)["base"]["n"]  # nothing of it gates: it goes along
    assert protocol["looks"] > 1
    assert protocol["measured"] == 5 * protocol["looks"]
    assert f"until decided: {protocol['looks']} at most" in done.err


@pytest.mark.slow
def test_a_budget_for_one_round_is_one_look(twice_as_slow) -> None:
    compared = twice_as_slow.json("compare", "HEAD~1", "HEAD", "--until-decided", "--budget", "1ms")
    assert twice_as_slow.json("show", compared["base"]["recording"])["protocol"]["looks"] == 1
    assert (kpi_of(compared)["base"]["n"], compared["verdict"]) == (5, "slower")


@pytest.fixture
def as_fast(twice_as_slow):
    """Two commits of equal, noisy times: both runs of a pair take the same. Each run takes a tenth of a second."""
    noisy = CONFIGURATION.replace('NOISE = "1"', 'NOISE = "40"').replace("./prove.sh", "./slowly.sh")
    twice_as_slow.write("harness.toml", noisy)
    twice_as_slow.write("slowly.sh", "#!/bin/sh\nsleep 0.1; exec ./prove.sh\n")
    (twice_as_slow.path / "slowly.sh").chmod(0o755)
    for text in (PROGRAM + "# the same\n", PROGRAM):
        twice_as_slow.write("prove.sh", text)
        twice_as_slow.commit()
    return twice_as_slow


@pytest.mark.slow
def test_what_stays_undecided_gets_every_planned_round_and_no_more(as_fast) -> None:
    compared = as_fast.json("compare", "HEAD~1", "HEAD", "--until-decided", "--budget", "4s", "--benchmark", "keccakf")
    protocol = as_fast.json("show", compared["base"]["recording"])["protocol"]

    assert 1 < protocol["looks"] < 5
    assert compared["verdict"] == "undecided"
    assert kpi_of(compared)["base"]["n"] <= 5 * protocol["looks"]
    assert "runs would decide" in compared["reason"]


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_comparison_that_broke_off_keeps_every_finished_run_and_goes_on(twice_as_slow, how) -> None:
    break_off(twice_as_slow, how, 10)
    done = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--resume", "--format", "json")
    compared = done.json
    base, head = (runs_of(twice_as_slow, compared[side]["recording"]) for side in ("base", "head"))

    assert (compared["verdict"], compared["mode"]) == ("slower", "interleaved")
    for runs in (base, head):
        for benchmark in ("keccakf", "logup"):
            measured = [run["number"] for run in runs if (run["benchmark"], run["kind"]) == (benchmark, "measured")]
            assert sorted(measured) == [1, 2, 3, 4, 5]
    earlier = [run for run in (*base, *head) if run["part"] == 0]
    assert len(earlier) == 9
    again = [run for run in (*base, *head) if run["part"] == 1 and run["kind"] == "warmup"]
    assert {run["number"] for run in again} == {-1}
    assert sorted(run["order"] for run in (*base, *head)) == list(range(len(base) + len(head)))
    kept = [one for one in twice_as_slow.json("ls") if one["failure"]]
    assert len(kept) == 2  # what the first part had recorded stays as it was
    assert "goes on" not in done.err


@pytest.mark.slow
def test_the_runs_before_and_after_a_pause_are_compared_apart(twice_as_slow) -> None:
    break_off(twice_as_slow, signal.SIGINT, 10, "--runs", "10", "--benchmark", "keccakf")
    compared = twice_as_slow.json("compare", "HEAD~1", "HEAD", "--resume")
    parts = {
        run["number"]: run["part"]
        for run in runs_of(twice_as_slow, compared["base"]["recording"])
        if run["kind"] == "measured"
    }
    assert set(parts.values()) == {0, 1}
    assert sorted(parts) == list(range(1, 11))
    assert compared["verdict"] == "slower"


@pytest.mark.slow
def test_a_comparison_can_break_off_twice(twice_as_slow) -> None:
    break_off(twice_as_slow, signal.SIGKILL, 8, "--benchmark", "keccakf")
    break_off(twice_as_slow, signal.SIGKILL, 12, "--resume")
    compared = twice_as_slow.json("compare", "HEAD~1", "HEAD", "--resume")
    runs = runs_of(twice_as_slow, compared["head"]["recording"])
    assert {run["part"] for run in runs} == {0, 1, 2}
    assert sorted(run["number"] for run in runs if run["kind"] == "measured") == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_a_finished_comparison_cannot_be_gone_on_with(twice_as_slow) -> None:
    break_off(twice_as_slow, signal.SIGINT, 6, "--benchmark", "keccakf")
    other = twice_as_slow.harness("compare", "HEAD", "HEAD~1", "--resume")
    assert (other.code, "No comparison of these two" in other.err) == (1, True)
    assert twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--resume").code == 0
    again = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--resume")
    assert (again.code, "No comparison of these two" in again.err) == (1, True)


@pytest.mark.slow
def test_under_other_conditions_a_comparison_does_not_go_on(twice_as_slow) -> None:
    break_off(twice_as_slow, signal.SIGINT, 6)
    twice_as_slow.write("harness.toml", CONFIGURATION.replace('NOISE = "1"', 'NOISE = "2"'))
    done = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--resume")
    assert done.code == 1
    assert "is not what the comparison that broke off had measured" in done.err


@pytest.mark.slow
def test_a_comparison_with_another_revision_does_not_go_on(twice_as_slow) -> None:
    """One matching side is not enough: base would be measured then and head now, as if they had taken turns."""
    break_off(twice_as_slow, signal.SIGINT, 12)
    twice_as_slow.write("prove.sh", PROGRAM.replace("FACTOR=1", "FACTOR=3"))
    twice_as_slow.commit()
    done = twice_as_slow.harness("compare", "HEAD~2", "HEAD", "--resume")
    assert (done.code, "No comparison of these two" in done.err) == (1, True)


@pytest.mark.slow
def test_files_as_they_lie_that_changed_meanwhile_do_not_go_on(twice_as_slow) -> None:
    twice_as_slow.write("prove.sh", PROGRAM.replace("FACTOR=1", "FACTOR=3"))
    process = twice_as_slow.start("compare", "HEAD", "WORKTREE", STOP_AT="12")
    while not (twice_as_slow.path.parent / "pid").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert twice_as_slow.harness("compare", "HEAD", "WORKTREE", "--resume").code == 0
    twice_as_slow.write("prove.sh", PROGRAM.replace("FACTOR=1", "FACTOR=4"))
    done = twice_as_slow.harness("compare", "HEAD", "WORKTREE", "--resume")
    assert (done.code, "No comparison of these two" in done.err) == (1, True)


@pytest.mark.slow
def test_a_comparison_whose_very_first_run_failed_goes_on(twice_as_slow) -> None:
    failed = twice_as_slow.harness("compare", "HEAD~1", "HEAD", FAIL_AT="1")
    assert (failed.code, "--resume goes on" in failed.err) == (1, True)
    compared = twice_as_slow.json("compare", "HEAD~1", "HEAD", "--resume")
    assert (compared["verdict"], kpi_of(compared)["base"]["n"]) == ("slower", 5)


@pytest.mark.slow
def test_a_benchmark_that_left_the_configuration_is_named(twice_as_slow) -> None:
    assert twice_as_slow.harness("compare", "HEAD~1", "HEAD", FAIL_AT="8").code == 1
    twice_as_slow.write("harness.toml", CONFIGURATION.partition("[targets.fake.benchmarks.logup]")[0])
    done = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--resume")
    assert (done.code, "No benchmark 'logup'" in done.err) == (1, True)


@pytest.mark.slow
def test_a_kill_between_the_two_recordings_of_a_measured_comparison_loses_no_run(twice_as_slow) -> None:
    """All runs are done, base is published, head is not yet."""
    killed = (
        "import os, sys\n"
        "from harness.commands import recording\n"
        "from harness.cli import main\n"
        "finish, done = recording.finish_draft, []\n"
        "def once(*args, **kwargs):\n"
        "    if done: os._exit(9)\n"
        "    done.append(finish(*args, **kwargs))\n"
        "    return done[0]\n"
        "recording.finish_draft = once\n"
        "main()\n"
    )
    command = [sys.executable, "-c", killed, "compare", "HEAD~1", "HEAD", "--runs", "5"]
    assert subprocess.run(command, cwd=twice_as_slow.path, capture_output=True, check=False).returncode == 9
    done = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--resume", "--format", "json")

    assert "Recovered 12 finished runs" in done.err
    assert (done.json["verdict"], kpi_of(done.json)["head"]["n"]) == ("slower", 5)
    assert (twice_as_slow.path.parent / "count").read_text().strip() == "24"


@pytest.mark.slow
def test_the_command_that_broke_off_may_be_repeated_with_resume(twice_as_slow) -> None:
    break_off(twice_as_slow, signal.SIGINT, 8, "--runs", "6", "--benchmark", "keccakf")
    other = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--runs", "7", "--resume")
    assert (other.code, "was to take 6 runs a side" in other.err) == (1, True)
    again = twice_as_slow.json("compare", "HEAD~1", "HEAD", "--runs", "6", "--benchmark", "keccakf", "--resume")
    assert kpi_of(again)["base"]["n"] == 6
    finished = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--resume")
    assert "with --stored its verdict is shown" in finished.err


@pytest.mark.slow
def test_until_decided_goes_on_with_its_looks_after_a_break(as_fast) -> None:
    break_off(as_fast, signal.SIGKILL, 17, "--until-decided", "--budget", "4s", "--benchmark", "keccakf")
    compared = as_fast.json("compare", "HEAD~1", "HEAD", "--resume")
    for side in ("base", "head"):
        shown = as_fast.json("show", compared[side]["recording"])
        measured = [run["number"] for run in shown["runs"] if run["kind"] == "measured"]
        assert sorted(measured) == list(range(1, len(measured) + 1))
        assert len(measured) % 5 == 0
        assert 10 <= len(measured) <= shown["protocol"]["measured"]


@pytest.mark.slow
def test_a_counters_run_that_fails_is_said_and_loses_nothing(twice_as_slow) -> None:
    twice_as_slow.write("harness.toml", CONFIGURATION + 'counters_env = { COUNTING = "1" }\n')
    compared = twice_as_slow.json("compare", "HEAD~1", "HEAD")
    shown = twice_as_slow.json("show", compared["base"]["recording"])

    assert compared["verdict"] == "slower"
    assert shown["failure"] is None
    assert "logup counters failed: exit code 3" in shown["warnings"]


@pytest.mark.slow
def test_where_nothing_gates_nothing_can_be_decided(twice_as_slow) -> None:
    done = twice_as_slow.harness("compare", "HEAD~1", "HEAD", "--until-decided", "--benchmark", "logup")
    assert (done.code, "so nothing is ever decided" in done.err) == (1, True)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--budget", "5m"), "--budget is for --until-decided"),
        (("--until-decided", "--budget", "soon"), "'soon' is not a time"),
        (("--until-decided", "--runs", "5"), "give one of them"),
        (("--stored", "--until-decided"), "--stored measures nothing"),
        (("--stored", "--resume"), "--stored measures nothing"),
    ],
)
def test_contradicting_options_are_usage_errors(checkout, args, words) -> None:
    done = checkout.harness("compare", "HEAD", "HEAD", *args)
    assert done.code == 2
    assert words in done.err
