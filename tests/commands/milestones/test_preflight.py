import os
from pathlib import Path

import pytest

from tests.milestones.papers import FOLDER, PLAN, board_row, board_text, milestone_text, plan_text

IDS = ("8", "9", "10", "11", "12", "13", "14", "15")


@pytest.fixture
def papers(checkout, monkeypatch: pytest.MonkeyPatch):
    """A programme's documents in a checkout: 8 is completed, the rest not started. Nothing says who works here."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("HARNESS_OWNER", raising=False)
    statuses = {one: "completed" if one == "8" else "not_started" for one in IDS}
    for one, status in statuses.items():
        checkout.write(f"{FOLDER}/milestone-{one}.md", milestone_text(one, status))
    checkout.write(f"{FOLDER}/STATUS.md", board_text(*(board_row(one, status) for one, status in statuses.items())))
    checkout.write(PLAN, plan_text(*IDS))
    return checkout


def put(papers, milestone_id: str, status: str, **values: str) -> None:
    papers.write(f"{FOLDER}/milestone-{milestone_id}.md", milestone_text(milestone_id, status, **values))


def path(papers, milestone_id: str) -> Path:
    return papers.path / FOLDER / f"milestone-{milestone_id}.md"


def test_a_milestone_that_may_begin_is_ready_without_anyone_asking(papers):
    done = papers.harness("milestone", "preflight", "9")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("milestone 9: ready\n")
    assert "After: 8 (completed)" in done.out


def test_a_completed_one_is_a_no_op_and_says_that_word(papers):
    for form in ("text", "json", "markdown"):
        done = papers.harness("milestone", "preflight", "8", "--format", form)

        assert done.code == 0
        assert "no-op" in done.out


def test_the_answer_as_json_has_its_keys(papers):
    assert papers.json("milestone", "preflight", "10") == {
        "milestone": "10",
        "title": "A title",
        "state": "waiting",
        "reasons": ["Milestone 9 comes first and is not_started."],
        "warnings": ["The programme has 11, 12, 13 in earlier waves, not completed yet."],
        "owner": "",
        "status": "not_started",
        "dependencies": [
            {"milestone": "8", "status": "completed"},
            {"milestone": "9", "status": "not_started"},
        ],
    }
    assert papers.harness("milestone", "preflight", "10").code == 3


def test_a_dependency_whose_file_is_missing_or_malformed_is_not_completed(papers):
    path(papers, "8").unlink()
    missing = papers.harness("milestone", "preflight", "9")
    path(papers, "8").write_text("# Something else\n")
    malformed = papers.harness("milestone", "preflight", "9")

    assert (missing.code, malformed.code) == (3, 3)
    assert "milestone-8.md cannot be read: No such file or directory." in missing.out
    assert "milestone-8.md, line 1 is not" in malformed.out
    assert papers.json("milestone", "preflight", "9")["dependencies"] == [{"milestone": "8", "status": None}]


def test_another_owner_is_a_conflict_and_the_same_one_goes_on(papers):
    put(papers, "9", "in_progress", owner="ada")

    conflict = papers.harness("milestone", "preflight", "9", "--owner", "grace")
    assert (conflict.code, conflict.out.splitlines()[0]) == (3, "milestone 9: conflict")
    assert "It is in_progress by 'ada', not by 'grace'." in conflict.out
    assert papers.harness("milestone", "preflight", "9", "--owner", "ada").code == 0


def test_who_asks_is_the_option_else_the_variable_else_git(papers):
    put(papers, "9", "in_progress", owner="ada")
    asked = ("milestone", "preflight", "9")

    nobody = papers.harness(*asked)
    assert (nobody.code, nobody.out) == (1, "")
    assert "--owner NAME" in nobody.err
    assert "HARNESS_OWNER" in nobody.err
    papers.git("config", "user.name", "ada")
    assert papers.json(*asked)["state"] == "continue"
    assert papers.json(*asked, HARNESS_OWNER="grace")["state"] == "conflict"
    assert papers.json(*asked, "--owner", "ada", HARNESS_OWNER="grace")["state"] == "continue"


def test_a_blocked_milestone_and_an_unknown_one_are_errors(papers):
    put(papers, "9", "blocked")
    blocked = papers.harness("milestone", "preflight", "9")
    unknown = papers.harness("milestone", "preflight", "../9")

    assert (blocked.code, unknown.code) == (1, 1)
    assert "Milestone 9 is blocked." in blocked.err
    assert "Known: 8, 9, 10, 11, 12, 13, 14, 15." in unknown.err


def test_without_a_plan_the_error_says_where_it_was_looked_for(papers):
    (papers.path / PLAN).unlink()
    done = papers.harness("milestone", "preflight", "9")

    assert done.code == 1
    assert f"looked for {PLAN}, {FOLDER}/PLAN.md" in done.err
    papers.write(f"{FOLDER}/PLAN.md", plan_text(*IDS))
    assert papers.harness("milestone", "preflight", "9").code == 0


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("STATUS.md", None, "STATUS.md cannot be read: No such file"),
        ("STATUS.md", b"# Board\n\nno table\n", "STATUS.md has no table with the columns Milestone and Status"),
        ("STATUS.md", b"\xff\xfe", "STATUS.md is not UTF-8 text"),
        ("milestone-9.md", None, "milestone-9.md cannot be read: No such file"),
        ("milestone-9.md", b"", "milestone-9.md, line 1 is not"),
        ("milestone-9.md", b"\xe9", "milestone-9.md is not UTF-8 text"),
    ],
)
def test_a_document_that_is_missing_or_malformed_is_a_clear_error(papers, name: str, data: bytes | None, words: str):
    where = papers.path / FOLDER / name
    if data is None:
        where.unlink()
    else:
        where.write_bytes(data)
    done = papers.harness("milestone", "preflight", "9")

    assert (done.code, done.out) == (1, "")
    assert words in done.err


def test_the_milestones_file_wins_over_the_board_with_a_warning(papers):
    put(papers, "9", "completed")
    done = papers.json("milestone", "preflight", "9")

    assert done["state"] == "no-op"
    assert done["warnings"] == [
        f"{FOLDER}/STATUS.md says status 'not_started', the milestone's file 'completed'; the file counts."
    ]


def test_documents_elsewhere_are_found_by_the_configuration(papers):
    (papers.path / "docs").rename(papers.path / "papers")
    configured = '\n[targets.fake.milestones]\nfolder = "papers/metal-backend-optimization-tracking/"\nplan = "p.md"\n'
    with (papers.path / "harness.toml").open("a") as file:
        file.write(configured)
    papers.write("p.md", plan_text(*IDS))

    assert papers.harness("milestone", "preflight", "9", "--target", "fake").code == 0


def test_windows_line_ends_and_a_mark_at_the_beginning_are_read(papers):
    for name in (PLAN, f"{FOLDER}/STATUS.md", f"{FOLDER}/milestone-9.md"):
        text = (papers.path / name).read_text()
        (papers.path / name).write_bytes(("\ufeff" + text).replace("\n", "\r\n").encode())

    assert papers.json("milestone", "preflight", "9")["warnings"] == []


def test_hostile_documents_end_in_an_answer_that_is_safe_to_print(papers):
    evil = "\x1b[31m](http://evil.example) <img src=x>"
    put(papers, "9", "in_progress", title=f"Fold {evil}", owner=evil)
    text = papers.harness("milestone", "preflight", "9", "--owner", "ada")
    markdown = papers.harness("milestone", "preflight", "9", "--owner", "ada", "--format", "markdown")

    assert (text.code, markdown.code) == (3, 3)
    assert "\x1b" not in text.out + markdown.out
