"""Figures of another program say nothing of this one."""

import pytest

from tests.commands.milestones.programme_checkout import FOLDER, HOLDS, ProgrammeCheckout

pytestmark = pytest.mark.slow

CODE = "crates/metal-backend/src/metal/logup_zerocheck.rs"


def changed(checkout: ProgrammeCheckout, *names: str) -> None:
    for name in names:
        checkout.write(name, f"{checkout.read(name)}// more\n")


def figures(checkout: ProgrammeCheckout) -> list[str]:
    """What is found about the code that was measured."""
    found = checkout.check("9")
    said = (*found.fails, *found.unclear, *found.warns)
    return [one for one in said if one.startswith(("The figures", "Recording", "Whether recording"))]


@pytest.mark.parametrize("committed", [False, True], ids=["as it lies", "committed"])
def test_code_that_changed_after_it_was_measured_fails(completed, committed: bool) -> None:
    measured = completed.git("rev-parse", "HEAD~1")[:12]
    changed(completed, CODE)
    if committed:
        completed.commit("Milestone 9: one thing more")

    assert f"The figures are of commit {measured}; since then changed: {CODE}." in completed.check("9").fails


def test_code_that_is_put_back_is_what_was_measured(completed) -> None:
    changed(completed, CODE)
    completed.commit("Milestone 9: one thing more")
    completed.git("revert", "--no-edit", "HEAD")

    assert completed.check("9") == HOLDS


def test_of_many_files_some_are_named(completed) -> None:
    changed(completed, *(f"crates/metal-backend/src/{one}.rs" for one in ("base", "clock", "lib", "proof", "trace")))
    (said,) = figures(completed)

    assert said.endswith("src/base.rs, crates/metal-backend/src/clock.rs, crates/metal-backend/src/lib.rs and 2 more.")


def test_a_new_file_is_code_and_a_document_is_not(completed) -> None:
    completed.write(f"{FOLDER}/notes.md", "Mine.\n")
    assert figures(completed) == []
    completed.write("crates/metal-backend/build.rs", "fn main() {}\n")

    assert len(figures(completed)) == 1


def test_of_a_recording_with_uncommitted_changes_it_cannot_be_told(measured) -> None:
    measured.state("COSETS", 4)
    recording = measured.json("run")["recording"]
    measured.json("milestone", "metrics", "9", "--base", "main", "--head", recording)
    commit = measured.git("rev-parse", "HEAD")[:12]
    (said,) = measured.check("9").unclear

    assert said.startswith(f"Recording {recording} was measured with uncommitted changes on top of {commit}")
    assert figures(measured) == [said]


def test_a_commit_that_is_not_here_cannot_be_told(documented) -> None:
    commit = documented.git("rev-parse", "HEAD")
    documented.git("commit", "-q", "--amend", "--message", "Milestone 9: worded otherwise")
    documented.git("reflog", "expire", "--expire=now", "--all")
    documented.git("gc", "-q", "--prune=now")
    (said,) = documented.check("9").unclear

    assert f"is of commit {commit[:12]}, which is not in this repository" in said


def test_an_import_that_states_no_commit_is_a_warning(documented) -> None:
    published = documented.json("milestone", "metrics", "9")["recordings"]["head"]
    logs = documented.path / "logs"
    documented.harness("publish", published, "--logs", str(logs))
    captures = [f"{one.name.partition('-')[0]}={one}" for one in sorted(logs.iterdir())]
    recording = documented.json("import", *captures, "--target", "openvm-metal")["recording"]
    documented.json("milestone", "metrics", "9", "--base", "main", "--head", recording)

    assert figures(documented) == [f"Recording {recording} does not say which commit was measured."]
