import os
import re

import pytest

from harness.commands.milestones.claiming import start
from harness.commands.workspace import open_workspace
from harness.errors import ConfigError
from harness.milestones.preflight import State
from tests.milestones.papers import FOLDER, PLAN, board_row, board_text, milestone_text, plan_text

IDS = ("8", "9", "10", "11", "12", "13", "14", "15")
TODAY = "2026-02-20"


@pytest.fixture
def papers(checkout, monkeypatch: pytest.MonkeyPatch):
    """A programme's documents, committed on branch perf/m9: 8 is completed, the rest not started."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("HARNESS_OWNER", raising=False)
    for one in IDS:
        checkout.write(
            f"{FOLDER}/milestone-{one}.md", milestone_text(one, "completed" if one == "8" else "not_started")
        )
    checkout.write(f"{FOLDER}/STATUS.md", board_text(*(board_row(one) for one in IDS)))
    checkout.write(PLAN, plan_text(*IDS))
    checkout.git("checkout", "-qb", "perf/m9")
    checkout.commit()
    return checkout


def claim(papers, milestone_id: str = "9", *, owner: str | None = "ada", branch: str | None = None, today: str = TODAY):
    workspace = open_workspace(papers.path, store=None, target=None, host=None)
    return start(workspace, milestone_id, owner=owner, branch=branch, today=today)


def text_of(papers, milestone_id: str = "9") -> str:
    return (papers.path / FOLDER / f"milestone-{milestone_id}.md").read_bytes().decode()


def put(papers, text: str, milestone_id: str = "9") -> None:
    (papers.path / FOLDER / f"milestone-{milestone_id}.md").write_bytes(text.encode())


def changed_files(papers) -> list[str]:
    return papers.git("status", "--porcelain").splitlines()


CLAIMED = milestone_text("9", "in_progress", owner="ada", branch="`perf/m9`", started=TODAY, last_updated=TODAY)


def test_a_claim_writes_its_values_into_the_milestones_file_and_nothing_else(papers):
    done = claim(papers)

    assert (done.checked.state, done.changed) == (State.READY, True)
    assert text_of(papers) == CLAIMED
    assert changed_files(papers) == [f"M {FOLDER}/milestone-9.md"]


def test_claiming_again_changes_nothing_also_on_another_day(papers):
    claim(papers)
    again = claim(papers, owner=" ADA ", today="2026-03-01")

    assert (again.checked.state, again.changed) == (State.CONTINUE, False)
    assert text_of(papers) == CLAIMED


def test_prose_line_ends_and_the_files_mode_stay_as_they_are(papers):
    put(papers, (milestone_text("9") + "\n\tmine | <!-- \n\n").replace("\n", "\r\n"))
    (papers.path / FOLDER / "milestone-9.md").chmod(0o640)
    claim(papers)

    assert text_of(papers) == (CLAIMED + "\n\tmine | <!-- \n\n").replace("\n", "\r\n")
    assert (papers.path / FOLDER / "milestone-9.md").stat().st_mode & 0o777 == 0o640


def test_a_date_that_stands_there_already_stays(papers):
    put(papers, milestone_text("9", started="2026-01-01", last_updated="2026-01-01"))
    claim(papers)

    assert f"- Started: 2026-01-01\n- Completed:\n- Last Updated: {TODAY}\n" in text_of(papers)


def test_the_branch_is_the_one_that_is_checked_out_unless_another_is_given(papers):
    claim(papers, branch="other/work")
    assert "- Branch: `other/work`\n" in text_of(papers)
    assert not claim(papers).changed
    assert claim(papers, branch="perf/m9", today="2026-03-01").changed
    assert "- Branch: `perf/m9`\n" in text_of(papers)
    assert "- Last Updated: 2026-03-01\n" in text_of(papers)
    assert f"- Started: {TODAY}\n" in text_of(papers)


def test_what_an_unfinished_claim_lacks_is_filled_in(papers):
    put(papers, milestone_text("9", "in_progress"))

    assert claim(papers).changed
    assert text_of(papers) == CLAIMED


def test_without_a_branch_the_error_asks_for_one(papers):
    papers.git("checkout", "-q", "--detach")
    with pytest.raises(ConfigError, match="No branch is checked out") as error:
        claim(papers)
    assert "--branch" in error.value.hint
    assert changed_files(papers) == []
    assert claim(papers, branch="perf/m9").changed
    assert not claim(papers).changed


def test_without_a_name_the_error_asks_for_one(papers):
    with pytest.raises(ConfigError, match="Who works on the milestone is not known") as error:
        claim(papers, owner=None)
    assert "--owner NAME" in error.value.hint
    papers.git("config", "user.name", "ada")
    claim(papers, owner=None)
    assert text_of(papers) == CLAIMED


@pytest.mark.parametrize("value", ["a`b", "a\x1b[2J", "<!--", "[x](y)", "\udce9"])
def test_what_a_line_of_a_document_cannot_hold_as_it_is_is_refused(papers, value: str):
    with pytest.raises(ConfigError, match="cannot be written") as error:
        claim(papers, owner=value)
    assert "--owner" in error.value.hint
    with pytest.raises(ConfigError, match="cannot be written") as error:
        claim(papers, branch=value)
    assert "--branch" in error.value.hint
    assert changed_files(papers) == []


def test_blanks_in_a_name_are_single_ones(papers):
    claim(papers, owner=" Ada \n Lovelace\t")

    assert "- Owner: Ada Lovelace\n" in text_of(papers)
    assert not claim(papers, owner="Ada Lovelace").changed


def test_nothing_is_written_where_it_is_a_no_op_a_conflict_or_waits(papers):
    put(papers, milestone_text("11", "in_progress", owner="grace"), "11")
    papers.commit()
    states = [claim(papers, one).checked.state for one in ("8", "11", "10")]

    assert states == [State.NO_OP, State.CONFLICT, State.WAITING]
    assert changed_files(papers) == []


def test_the_verb_has_the_exit_codes_of_the_preflight_and_the_date_of_today(papers):
    ready = papers.harness("milestone", "start", "9", "--owner", "ada")
    assert (ready.code, ready.out.splitlines()[0]) == (0, "milestone 9: ready, claimed")
    assert re.search(r"\nBranch: perf/m9\nStarted: \d{4}-\d\d-\d\d\n", ready.out)

    again = papers.json("milestone", "start", "9", "--owner", "ada")
    assert (again["state"], again["changed"], again["owner"], again["status"]) == (
        "continue",
        False,
        "ada",
        "in_progress",
    )
    no_op = papers.harness("milestone", "start", "8")
    assert (no_op.code, no_op.out.splitlines()[0]) == (0, "milestone 8: no-op")
    assert papers.harness("milestone", "start", "9", "--owner", "grace").code == 3
    assert papers.harness("milestone", "start", "14").code == 3
    assert papers.harness("milestone", "start", "16").code == 1


def test_a_file_that_cannot_be_written_is_a_clear_error(papers):
    folder = papers.path / FOLDER
    blocker = folder / f".milestone-9.md.{os.getpid()}"
    blocker.mkdir()
    done = papers.harness("milestone", "start", "9", "--owner", "ada")

    assert done.code == 1
    assert "milestone-9.md cannot be written" in done.err
    assert text_of(papers) == milestone_text("9")
