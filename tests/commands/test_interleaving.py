import os
import signal
import time

import pytest

PROGRAM = r"""#!/bin/sh
FACTOR=1
n=$(cat "$TALLY/count" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$TALLY/count"
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
    assert kpi_of(compared, "logup")["base"]["n"] == 5  # nothing of it gates, so nothing is left to decide
    assert protocol["looks"] > 1
    assert protocol["measured"] == 5 * protocol["looks"]
    assert f"until decided: {protocol['looks']} at most" in done.err


@pytest.mark.slow
def test_a_budget_for_one_round_is_one_look(twice_as_slow) -> None:
    compared = twice_as_slow.json("compare", "HEAD~1", "HEAD", "--until-decided", "--budget", "1ms")
    assert twice_as_slow.json("show", compared["base"]["recording"])["protocol"]["looks"] == 1
    assert (kpi_of(compared)["base"]["n"], compared["verdict"]) == (5, "slower")


@pytest.mark.slow
def test_what_stays_undecided_gets_every_planned_round_and_no_more(twice_as_slow) -> None:
    twice_as_slow.write("prove.sh", PROGRAM.replace("FACTOR=1", "FACTOR=1 # the same"))
    twice_as_slow.write(
        "harness.toml", CONFIGURATION.replace('NOISE = "1"', 'NOISE = "40"').replace("./prove.sh", "./slowly.sh")
    )
    twice_as_slow.write("slowly.sh", "#!/bin/sh\nsleep 0.1; exec ./prove.sh\n")
    (twice_as_slow.path / "slowly.sh").chmod(0o755)
    twice_as_slow.commit()
    twice_as_slow.write("prove.sh", PROGRAM)
    twice_as_slow.commit()
    compared = twice_as_slow.json(
        "compare", "HEAD~1", "HEAD", "--until-decided", "--budget", "4s", "--benchmark", "keccakf"
    )
    protocol = twice_as_slow.json("show", compared["base"]["recording"])["protocol"]

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


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--budget", "5m"), "--budget is for --until-decided"),
        (("--until-decided", "--budget", "soon"), "'soon' is not a time"),
        (("--until-decided", "--runs", "5"), "give one of them"),
        (("--resume", "--runs", "5"), "leave --runs"),
        (("--stored", "--until-decided"), "--stored measures nothing"),
        (("--stored", "--resume"), "--stored measures nothing"),
    ],
)
def test_contradicting_options_are_usage_errors(checkout, args, words) -> None:
    done = checkout.harness("compare", "HEAD", "HEAD", *args)
    assert done.code == 2
    assert words in done.err
