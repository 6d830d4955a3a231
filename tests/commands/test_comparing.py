import shutil
from pathlib import Path

import pytest

MANIFEST = """\
[package]
name = "tiny-prover"
version = "0.1.0"
edition = "2021"
[workspace]
"""

LOCKFILE = """\
version = 3

[[package]]
name = "tiny-prover"
version = "0.1.0"
"""

PROGRAM = """\
const FACTOR: u64 = 1;

fn main() {
    let seen = std::fs::read_to_string("count").map(|text| text.len() as u64).unwrap_or(0);
    std::fs::write("count", "x".repeat(seen as usize + 1)).unwrap();
    let total = (200 + seen % 5) * FACTOR;
    println!("INFO     stark_prove_excluding_trace [ {total}ms | 40.00% / 100.00% ]");
    println!("INFO     ┕━ prover.main_trace_commit [ {}ms | 60.00% ]", total / 2);
}
"""

CONFIGURATION = """\
default_target = "tiny"
[targets.tiny]
checkout = "."
[targets.tiny.benchmarks.keccakf]
command = "cargo run --release --quiet"
"""


@pytest.fixture
def crate(checkout, cargo: str):  # noqa: ARG001 (it must be there)
    """A cargo project of one program without dependencies, in two committed versions: HEAD is twice as slow."""
    shutil.rmtree(checkout.path / ".git")
    (checkout.path / "prove.sh").unlink()
    checkout.write("Cargo.toml", MANIFEST)
    checkout.write("Cargo.lock", LOCKFILE)
    checkout.write("src/main.rs", PROGRAM)
    checkout.write("harness.toml", CONFIGURATION)
    checkout.write(".gitignore", "/target\ncount\n")
    checkout.git("init", "-q")
    checkout.git("add", "-A")
    checkout.commit()
    checkout.write("src/main.rs", PROGRAM.replace("FACTOR: u64 = 1", "FACTOR: u64 = 2"))
    checkout.commit()
    return checkout


def gating(compared: dict) -> dict:
    return next(kpi for kpi in compared["kpis"] if kpi["gating"])


@pytest.mark.slow
def test_two_revisions_are_built_and_measured_in_turns(crate) -> None:
    compared = crate.json("compare", "HEAD~1", "HEAD", "--gate")
    sides = [crate.json("show", compared[side]["recording"]) for side in ("base", "head")]
    runs = [(run["order"], side, run["kind"]) for side, shown in enumerate(sides) for run in shown["runs"]]

    assert compared["mode"] == "interleaved"
    assert compared["comparable"] is True
    assert (gating(compared)["verdict"], gating(compared)["base"]["n"]) == ("slower", 5)
    assert gating(compared)["ratio_low"] > 1.8
    assert sides[0]["protocol"]["session"] == sides[1]["protocol"]["session"]
    assert sides[0]["protocol"]["seed"] is not None
    measured = [side for _, side, kind in sorted(runs) if kind == "measured"]
    assert all(sorted(measured[i : i + 2]) == [0, 1] for i in range(0, 10, 2))


@pytest.mark.slow
def test_a_regression_is_exit_code_3_and_the_way_back_0(crate) -> None:
    assert crate.harness("compare", "HEAD~1", "HEAD", "--gate").code == 3
    assert crate.harness("compare", "HEAD", "HEAD~1", "--gate").code == 0
    assert crate.harness("compare", "HEAD~1", "HEAD").code == 0


@pytest.mark.slow
def test_the_same_executable_is_decided_before_any_run(crate) -> None:
    crate.write("README.md", "no code\n")
    crate.commit()
    head = crate.harness("run", "--rev", "HEAD~1", "--runs", "2")
    assert head.code == 0
    runs = len(crate.json("ls"))
    compared = crate.json("compare", "HEAD~1", "HEAD")

    assert (compared["verdict"], compared["reason"]) == ("same", "same executable")
    assert gating(compared)["ratio_low"] is None
    assert len(crate.json("ls")) == runs


@pytest.mark.slow
def test_an_unchanged_program_can_be_measured_against_itself_anyway(crate) -> None:
    crate.write("README.md", "no code\n")
    crate.commit()
    compared = crate.json("compare", "HEAD~1", "HEAD", "--measure-anyway")

    assert compared["mode"] == "interleaved"
    assert compared["base"]["recording"] != compared["head"]["recording"]
    assert gating(compared)["verdict"] in {"same", "undecided"}


@pytest.mark.slow
def test_the_files_as_they_lie_compare_with_a_commit(crate) -> None:
    crate.write("src/main.rs", PROGRAM.replace("FACTOR: u64 = 1", "FACTOR: u64 = 4"))
    compared = crate.json("compare", "HEAD", "WORKTREE")

    assert gating(compared)["verdict"] == "slower"
    assert 1.9 < gating(compared)["ratio"] < 2.1
    assert crate.json("show", compared["head"]["recording"])["provenance"]["dirty"] is True


@pytest.mark.slow
def test_a_lockfile_that_the_first_build_writes_belongs_to_what_was_measured(crate) -> None:
    (crate.path / "Cargo.lock").unlink()
    crate.git("rm", "-q", "--cached", "Cargo.lock")
    crate.commit()
    shown = crate.json("show", crate.json("run", "--runs", "1")["recording"])

    assert shown["provenance"]["dirty"] is True
    assert "tiny-prover" in (Path(shown["path"]) / "worktree.patch").read_text()


@pytest.mark.slow
def test_a_dirty_recording_is_rebuilt_from_its_patch(crate) -> None:
    crate.write("src/main.rs", PROGRAM.replace("FACTOR: u64 = 1", "FACTOR: u64 = 8"))
    crate.json("run", "--label", "dirty", "--runs", "1")
    crate.git("checkout", "-q", "--", ".")
    compared = crate.json("compare", "dirty", "HEAD")

    assert compared["mode"] == "interleaved"
    assert gating(compared)["verdict"] == "faster"


@pytest.mark.slow
def test_a_build_already_made_is_reused(crate) -> None:
    first = crate.harness("compare", "HEAD~1", "HEAD")
    second = crate.harness("compare", "HEAD~1", "HEAD")

    assert "building in" in first.err
    assert second.code == 0
    assert "building in" not in second.err
    assert second.err.count("already built") == 2


@pytest.mark.slow
def test_what_was_stored_is_shown_beside_the_new_runs(crate) -> None:
    stored = crate.json("run", "--rev", "HEAD~1", "--label", "before", "--runs", "2")["recording"]
    done = crate.harness("compare", "before", "HEAD")

    assert f"as {stored}: stark_prove_excluding_trace" in done.out
    assert crate.git("worktree", "list").count("\n") == 0


@pytest.mark.slow
def test_a_build_failure_shows_cargos_last_lines(crate) -> None:
    crate.write("src/main.rs", "fn main() { no_such_function(); }\n")
    crate.commit()
    done = crate.harness("compare", "HEAD~1", "HEAD")

    assert done.code == 1
    assert "no_such_function" in done.err
    assert "Traceback" not in done.err


def test_one_recording_against_itself_is_the_same_without_measuring(checkout) -> None:
    checkout.json("baseline", "m8", "--runs", "2")
    count = (checkout.path / "count").read_text()
    compared = checkout.json("compare", "m8", "HEAD")

    assert (compared["verdict"], compared["reason"]) == ("same", "same recording")
    assert (checkout.path / "count").read_text() == count


def test_a_script_of_another_commit_is_never_taken_for_the_same_program(checkout) -> None:
    checkout.json("run", "--label", "before", FACTOR="1")
    checkout.write("prove.sh", (checkout.path / "prove.sh").read_text() + "# another commit\n")
    checkout.commit()
    compared = checkout.json("compare", "before", "HEAD")

    assert compared["mode"] == "interleaved"


def test_stored_runs_of_two_sessions_cannot_tell_and_say_what_is_missing(checkout) -> None:
    checkout.json("run", "--label", "before")
    checkout.write("prove.sh", (checkout.path / "prove.sh").read_text().replace("FACTOR *", "3 * FACTOR *"))
    checkout.commit()
    checkout.json("run", "--label", "after")
    done = checkout.harness("compare", "before", "after", "--stored", "--gate")

    assert done.code == 4
    assert "6 calibration sessions" in done.out
    assert checkout.json("compare", "before", "after", "--stored", "--same-session", "--gate")["verdict"] == "slower"


def test_same_session_without_stored_is_a_usage_error(checkout) -> None:
    assert checkout.harness("compare", "HEAD", "HEAD", "--same-session").code == 2


def test_a_published_baseline_of_another_machine_is_not_comparable(repository, capture: Path) -> None:
    repository.json("import", f"keccakf={capture}", "--target", "openvm-cuda", "--host", "h", "--label", "a")
    compared = repository.json("compare", "label:m8", "a", "--stored")

    assert compared["comparable"] is False
    assert compared["verdict"] == "undecided"
    assert {kpi["verdict"] for kpi in compared["kpis"]} <= {"undecided", "missing", "new"}


def test_a_ref_without_recording_is_an_error_when_only_stored_ones_are_wanted(checkout) -> None:
    done = checkout.harness("compare", "HEAD", "HEAD", "--stored")

    assert done.code == 1
    assert "harness run --rev HEAD" in done.err


def test_an_unknown_benchmark_is_an_error(checkout) -> None:
    checkout.json("run", "--label", "one", "--runs", "1")

    assert "Recorded: keccakf" in checkout.harness("compare", "one", "one", "--benchmark", "nosuch").err


def test_a_recording_that_is_not_whole_gives_no_verdict(checkout) -> None:
    checkout.json("run", "--label", "whole")
    checkout.harness("run", MODE="fail-third")
    failed = next(one["recording"] for one in checkout.json("ls") if one["failure"])
    compared = checkout.json("compare", "whole", failed, "--stored", "--same-session", "--gate")

    assert (compared["comparable"], compared["verdict"], compared["gate"]) == (False, "undecided", "cannot tell")


def test_a_kpi_read_from_other_spans_is_not_comparable(repository, capture, tmp_path) -> None:
    target = '[targets.mine]\ncheckout = "."\n[targets.mine.benchmarks.keccakf]\ncommand = "true"\n'
    other = target + '[targets.mine.kpis."stark_prove_excluding_trace"]\nspan = "prover.openings.whir"\ntree = 2\n'
    for label, text in (("a", target), ("b", other)):
        (tmp_path / "harness.toml").write_text(text)
        repository.monkeypatch.chdir(tmp_path)
        args = ("import", f"keccakf={capture.with_name('cpu_keccakf.log')}", "--host", "h", "--label", label)
        inside = type(repository)(path=tmp_path, monkeypatch=repository.monkeypatch)
        inside.json(*args)
    compared = inside.json("compare", "a", "b", "--stored", "--same-session")

    assert compared["comparable"] is False
    assert any("is read from" in one["what"] for one in compared["differences"])
