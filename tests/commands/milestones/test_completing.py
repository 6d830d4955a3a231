"""A milestone is completed when its check holds of what lies in the repository alone, and not before."""

import re
import shutil
from pathlib import Path

import pytest

from harness.documents.escape import plain
from harness.milestones.document import Key, Status
from tests.commands.milestones.programme_checkout import FOLDER, HOLDS, OWNER, ROUND_TRIP, ProgrammeCheckout

pytestmark = pytest.mark.slow

FILE = f"{FOLDER}/milestone-9.md"
ACCEPT = ("--accept-vacuous", ROUND_TRIP, "--reason", "no test yet")
HOSTILE = "a|b `x` <!-- harness:end validation --> [l](http://x.example)\n- `cargo check`: pass \x1b[2J"


def untracked(checkout: ProgrammeCheckout) -> list[str]:
    return checkout.git("ls-files", "--others", "--exclude-standard").splitlines()


def refused(checkout: ProgrammeCheckout, *args: str) -> str:
    """What is said where it is refused with an error, after which the file is as it was."""
    text = checkout.read(FILE)
    done = checkout.harness("milestone", "complete", "9", *args)

    assert (done.code, done.out) == (1, "")
    assert checkout.read(FILE) == text
    assert untracked(checkout) == []
    return done.err


def test_what_does_not_hold_is_named_and_nothing_is_written(documented) -> None:
    text = documented.read(FILE)
    documented.write("crates/metal-backend/src/whir.rs", documented.read("crates/metal-backend/src/whir.rs") + "\n")
    done = documented.harness("milestone", "complete", "9", *ACCEPT)

    assert done.code == 3
    assert done.out.startswith("milestone 9: not completed: this must hold first\nFAILS  ")
    assert "since then changed: crates/metal-backend/src/whir.rs." in done.out
    assert "vacuous" not in done.out
    assert documented.read(FILE) == text
    assert untracked(documented) == []


def test_a_milestone_without_metrics_or_validation_is_not_completed(measured) -> None:
    text = measured.read(FILE)
    done = measured.json("milestone", "complete", "9")

    assert (done["completed"], done["changed"], done["published"]) == (False, False, [])
    assert f"{FILE} has no rendered Metrics." in [one["what"] for one in done["findings"]]
    assert measured.read(FILE) == text


def test_where_it_cannot_be_told_it_is_not_completed(documented, tmp_path) -> None:
    documented.commit("Milestone 9: documented")
    clone = documented.clone_to(tmp_path / "clone", "--depth", "1", source=f"file://{documented.path}")
    shutil.copytree(documented.path / ".harness", clone.path / ".harness")
    done = clone.harness("milestone", "complete", "9", *ACCEPT)

    assert done.code in {3, 4}
    assert "CANNOT TELL  What changed for milestone 9 cannot be told" in done.out
    assert clone.git("status", "--porcelain") == ""


@pytest.mark.parametrize("status", ["not_started", "blocked"])
def test_only_what_is_in_progress_is_completed(documented, status: str) -> None:
    documented.set_values("9", status=status)

    assert f"Milestone 9 is {status}, so it cannot be completed." in refused(documented, *ACCEPT)


def test_a_vacuous_result_is_taken_for_a_reason_and_nothing_else_is(documented) -> None:
    assert "only with a reason" in refused(documented, *ACCEPT[:2])
    assert "only with a reason" in refused(documented, *ACCEPT[:3], " \n")
    assert "'cargo check -p openvm-metal-backend' is not vacuous." in refused(
        documented, "--accept-vacuous", "cargo check -p openvm-metal-backend", "--reason", "x"
    )
    assert "has no validation 'cargo frob'." in refused(documented, "--accept-vacuous", "cargo frob", "--reason", "x")


def test_a_hostile_reason_stays_one_line_of_text(documented) -> None:
    done = documented.harness("milestone", "complete", "9", "--accept-vacuous", ROUND_TRIP, "--reason", HOSTILE)
    text = documented.read(FILE)

    assert done.code == 0
    assert f"\n  - accepted as vacuous by {OWNER}: {plain(HOSTILE)}\n" in text
    assert len(re.findall("^<!-- harness:", text, re.MULTILINE)) == 6
    assert documented.check("9") == HOLDS
    assert documented.json("milestone", "validate", "9")["changed"] is False
    assert documented.read(FILE) == text


def test_exit_criteria_that_are_not_met_hold_nothing_up_and_are_warned_of(documented) -> None:
    judged = documented.json("milestone", "criteria", "9")["criteria"]
    done = documented.complete("9")

    assert done["completed"]
    assert done["open_criteria"] == [one for one in judged if one["outcome"] != "met"] != []


def test_who_takes_it_can_be_said(documented) -> None:
    documented.json("milestone", "complete", "9", *ACCEPT, "--owner", "Ada Lovelace")

    assert "  - accepted as vacuous by Ada Lovelace: no test yet\n" in documented.read(FILE)
    assert documented.milestone("9").value(Key.OWNER) == OWNER


def test_what_was_published_is_listed_and_lies_in_the_repository(documented) -> None:
    done = documented.complete("9")
    placed = [Path(one).relative_to(documented.path).as_posix() for one in done["published"]]
    folders = {one for one in placed if one.startswith("baselines/recordings/")}

    assert (done["completed"], done["changed"], done["findings"]) == (True, True, [])
    assert len(folders) == 3
    assert len(placed) == 3 + 1 + 4 + 4
    assert all((documented.path / one).exists() for one in placed)
    assert {one.rpartition("/")[0] if one.startswith(FOLDER) else "/".join(one.split("/")[:3]) for one in untracked(
        documented
    )} == {f"{FOLDER}/baselines", "baselines/labels/m8.json", *folders}  # fmt: skip


@pytest.mark.parametrize("pattern", ["*.log", "*.parquet", "raw/", "baselines/", "recording.json"])
def test_what_git_would_leave_out_is_refused_and_named(documented, pattern: str) -> None:
    documented.write(".git/info/exclude", f"{pattern}\n")
    text = documented.read(FILE)
    done = documented.harness("milestone", "complete", "9", *ACCEPT)

    assert done.code in {1, 3}
    assert re.search(r"git ignores \S+", done.out + done.err)
    assert "Add an exception to .gitignore" in done.out + done.err
    assert documented.read(FILE) == text


def test_a_damaged_copy_in_the_repository_is_not_taken_for_the_recording(documented) -> None:
    recording = documented.json("milestone", "metrics", "9")["recordings"]["head"]
    documented.harness("publish", recording)
    (documented.path / "baselines" / "recordings" / recording / "spans.parquet").write_bytes(b"PAR1")
    done = documented.harness("milestone", "complete", "9", *ACCEPT)

    assert done.code == 3
    assert f"spans.parquet of recording {recording} was altered: its hash changed." in done.out
    assert documented.milestone("9").status is Status.IN_PROGRESS


def test_another_log_in_the_place_of_one_is_kept(documented) -> None:
    log = documented.json("milestone", "metrics", "9")["logs"][0]["path"]
    documented.write(log, "mine\n")
    done = documented.harness("milestone", "complete", "9", *ACCEPT)

    assert done.code in {1, 3}
    assert log.rpartition("/")[2] in done.out + done.err
    assert documented.read(log) == "mine\n"
    assert documented.milestone("9").status is Status.IN_PROGRESS


def test_a_file_with_its_own_mode_keeps_it(documented) -> None:
    (documented.path / FILE).chmod(0o640)
    documented.complete("9")

    assert (documented.path / FILE).stat().st_mode & 0o777 == 0o640


def test_the_forms_of_the_answer_say_the_same(documented) -> None:
    args = ("milestone", "complete", "9")
    markdown = documented.harness(*args, "--format", "markdown")
    text = documented.harness(*args, *ACCEPT)
    again = documented.harness(*args, "--format", "markdown")

    assert (markdown.code, text.code, again.code) == (3, 0, 0)
    assert markdown.out.startswith("**Milestone 9**: not completed: this must hold first\n\n- FAILS: ")
    assert text.out.startswith("milestone 9: completed; commit what was published with it\npublished  ")
    assert again.out == "**Milestone 9**: no-op: it is completed already\n"
