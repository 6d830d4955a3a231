"""Where a milestone's work began and what was changed for it, in real repositories of the programme."""

import os
from pathlib import Path

import pytest

from harness.commands.milestones.history import Begun, begun_at, gather, template_of
from harness.commands.milestones.place import MilestonePlace, open_place
from harness.commands.workspace import Workspace, open_workspace
from harness.errors import RefError
from harness.milestones.changes import ChangeFacts, judge_changes
from harness.milestones.findings import Severity
from tests.commands.milestones.programme_checkout import BOARD, FOLDER, ProgrammeCheckout

FOCUS = "crates/metal-backend/src/metal/logup_zerocheck.rs"


@pytest.fixture(autouse=True)
def own_git_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


def opened(path: Path) -> tuple[Workspace, MilestonePlace]:
    workspace = open_workspace(path, store=None, target=None, host=None)
    return workspace, open_place(workspace)


def begun(programme: ProgrammeCheckout, base: str | None = None) -> Begun:
    return begun_at(opened(programme.path)[1], "9", base=base)


def template(programme: ProgrammeCheckout) -> str | None:
    return template_of(opened(programme.path)[1], "9")


def facts(programme: ProgrammeCheckout, base: str | None = None, milestone_id: str = "9") -> ChangeFacts:
    workspace, place = opened(programme.path)
    milestone = place.programme.milestone(milestone_id)
    return gather(workspace, place, milestone, begun_at(place, milestone_id, base=base))


def found(programme: ProgrammeCheckout, base: str | None = None, milestone_id: str = "9") -> list[tuple[Severity, str]]:
    return [(one.severity, one.what) for one in judge_changes(facts(programme, base, milestone_id))]


def status(programme: ProgrammeCheckout, value: str, message: str = "x") -> str:
    """Commits milestone 9's file with that status, whatever it is now; the commit."""
    path = programme.milestone_path("9")
    lines = programme.read(path).split("\n")
    lines[2] = f"- Status: `{value}`"
    programme.write(path, "\n".join(lines))
    return programme.commit(message)


def merge_main(programme: ProgrammeCheckout) -> None:
    programme.git("merge", "-q", "--no-edit", "main")


def test_work_begins_before_the_commit_that_takes_the_status_from_not_started(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    claim = programme.begin("9")
    programme.state("SYNCS", 0)
    programme.commit("Milestone 9: fuse")
    status(programme, "completed")

    assert begun(programme) == Begun(
        commit=first, how=f"the commit before {claim[:12]}, which took it from not_started"
    )


def test_a_milestone_that_was_given_back_and_claimed_again_on_its_branch_began_with_the_branch(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    programme.begin("9")
    status(programme, "not_started")
    status(programme, "in_progress")
    status(programme, "blocked")

    assert begun(programme) == Begun(commit=first, how="where its branch began")


def test_of_a_milestone_that_was_given_back_on_the_default_branch_the_newest_claim_counts(programme) -> None:
    status(programme, "in_progress")
    given_back = status(programme, "not_started")
    status(programme, "in_progress")

    assert begun(programme).commit == given_back


def test_commits_of_the_branch_before_the_claim_are_part_of_the_work(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    programme.git("switch", "-qc", "perf/z")
    programme.write(BOARD, "edited\n")
    programme.commit("prep")
    status(programme, "in_progress")

    assert begun(programme) == Begun(commit=first, how="where its branch began")


def test_a_milestone_completed_before_on_the_same_branch_is_not_part_of_the_work(programme) -> None:
    programme.git("switch", "-qc", "metal-backend")
    programme.set_values("11", status="in_progress")
    programme.commit("Milestone 11")
    programme.set_values("11", status="completed")
    completed = programme.commit("Milestone 11: complete")
    status(programme, "in_progress")

    assert begun(programme).commit == completed


def test_a_claim_that_is_not_committed_begins_at_head(programme) -> None:
    head = programme.git("rev-parse", "HEAD")
    programme.set_values("9", status="in_progress")

    assert begun(programme) == Begun(commit=head, how="HEAD, where the milestone is not_started")


def test_versions_that_cannot_be_read_do_not_hide_where_the_work_began(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    programme.begin("9")
    status(programme, "wip")
    status(programme, "in_progress")
    (programme.path / programme.milestone_path("9")).unlink()
    programme.commit()

    assert begun(programme).commit == first


def test_a_version_that_cannot_be_read_is_no_claim_where_a_newer_one_is(programme) -> None:
    odd = status(programme, "wip")
    status(programme, "in_progress")

    assert begun(programme).commit == odd


def test_newest_versions_that_cannot_be_read_count_as_begun(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    status(programme, "wip")
    status(programme, "still wip")

    assert begun(programme).commit == first


def test_what_came_in_from_the_default_branch_is_not_the_milestones_work(programme) -> None:
    claim = programme.begin("9")
    programme.state("SYNCS", 0)
    programme.commit("Milestone 9: fuse")
    programme.git("switch", "-q", "main")
    programme.write(BOARD, programme.read(BOARD) + "\n")
    programme.set_values("11", status="in_progress")
    programme.replace("Cargo.lock", 'version = "0.4.1"', 'version = "0.5.0"')
    newest = programme.commit("Milestone 11: begin")
    programme.git("switch", "-q", "perf/m9")
    before = begun(programme).commit
    merge_main(programme)

    assert before == programme.git("rev-parse", f"{claim}^")
    assert begun(programme) == Begun(commit=newest, how="the newest commit that HEAD has of the default branch")
    assert facts(programme).changed == (FOCUS, programme.milestone_path("9"))
    assert found(programme) == []


def test_a_claim_that_is_on_the_default_branch_already_is_where_the_work_began(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    status(programme, "in_progress", "Milestone 9: begin")
    programme.git("switch", "-qc", "perf/m9")
    programme.write("x.txt", "x\n")
    programme.commit()

    assert begun(programme).commit == first


def test_the_claim_is_found_on_the_line_of_work_that_was_merged(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    programme.begin("9")
    programme.git("switch", "-q", "main")
    path = programme.milestone_path("9")
    programme.replace(path, "## Objective\n", "## Objective\n\nReworded while 9 was worked on.\n")
    programme.commit()
    programme.git("merge", "-q", "--no-edit", "perf/m9")

    assert begun(programme).commit == first


def test_a_file_that_was_never_not_started_begins_where_head_left_the_default_branch(programme) -> None:
    programme.git("rm", "-q", programme.milestone_path("9"))
    programme.git("commit", "-q", "--amend", "-m", "no milestone 9")
    main = programme.git("rev-parse", "HEAD")
    programme.git("switch", "-qc", "work")
    programme.write("x.txt", "x\n")
    programme.commit()

    assert begun(programme).commit == main
    assert begun(programme).how.startswith("where HEAD left the default branch: git has no version of ")
    assert template(programme) is None


def test_without_any_of_this_nothing_is_known(programme) -> None:
    programme.git("rm", "-q", programme.milestone_path("9"))
    programme.git("commit", "-q", "--amend", "-m", "no milestone 9")

    assert begun(programme).commit is None
    assert [severity for severity, _what in found(programme)] == [Severity.UNCLEAR]
    assert "HEAD left no default branch" in found(programme)[0][1]


def test_a_repository_without_commits_is_no_crash(programme) -> None:
    programme.git("switch", "-q", "--orphan", "empty")
    programme.git("restore", "--source=main", ".")

    assert begun(programme) == Begun(commit=None, how="there is no commit yet")
    assert template(programme) is None


def test_a_given_base_counts_where_head_left_it(programme) -> None:
    first = programme.git("rev-parse", "HEAD")
    claim = programme.begin("9")
    programme.git("switch", "-q", "main")
    programme.write(BOARD, "moved on\n")
    moved = programme.commit()
    programme.git("switch", "-q", "perf/m9")

    assert begun(programme, claim) == Begun(commit=claim, how="--base")
    assert begun(programme, "main") == Begun(commit=first, how="where HEAD left --base 'main'")
    merge_main(programme)
    assert begun(programme, "main") == Begun(commit=moved, how="--base")


@pytest.mark.parametrize("base", ["nope", "--all", "", "HEAD:docs"])
def test_a_base_that_names_no_commit_is_an_error(programme, base: str) -> None:
    with pytest.raises(RefError, match=f"'{base}' names no commit in "):
        begun(programme, base)


def test_a_base_of_another_history_leaves_it_open(programme) -> None:
    programme.git("switch", "-q", "--orphan", "alone")
    programme.git("commit", "-q", "--allow-empty", "-m", "alone")
    programme.git("switch", "-q", "main")

    assert begun(programme, "alone") == Begun(commit=None, how="HEAD and 'alone' have no commit in common here")


def test_the_template_is_the_oldest_version_with_exit_criteria(programme) -> None:
    path = programme.milestone_path("9")
    given_out = programme.read(path)
    programme.replace(path, "at least 20% below", "below")
    programme.commit()

    assert template(programme) == given_out


def test_older_versions_that_are_no_milestone_or_ask_for_nothing_are_no_template(programme) -> None:
    path = programme.milestone_path("9")
    given_out = programme.read(path)
    programme.git("switch", "-q", "--orphan", "fresh")
    for text in ("planned\n", "\ufffd", given_out.partition("## Exit Criteria")[0] + "## Exit Criteria\n\n", given_out):
        programme.write(path, text)
        programme.commit()

    assert template(programme) == given_out


def test_a_template_cannot_be_left_behind_by_a_merge(programme) -> None:
    path = programme.milestone_path("9")
    given_out = programme.read(path)
    programme.git("switch", "-q", "--orphan", "fresh")
    programme.write(path, given_out.replace("at least 20% below", "below"))
    programme.commit()
    programme.git("merge", "-q", "--allow-unrelated-histories", "-s", "ours", "--no-edit", "main")

    assert template(programme) == given_out


def test_a_shallow_clone_says_that_its_history_is_too_short(programme, tmp_path: Path, monkeypatch) -> None:
    first = programme.git("rev-parse", "HEAD")
    programme.begin("9")
    programme.write(FOCUS, "// changed\n")
    programme.commit("Milestone 9: fuse")
    programme.git("clone", "-q", "--depth=1", programme.path.as_uri(), str(tmp_path / "shallow"))
    shallow = ProgrammeCheckout(path=tmp_path / "shallow", monkeypatch=monkeypatch)

    assert begun(shallow).commit is None
    assert begun(shallow).how.endswith("that is not_started, and not the whole history")
    assert [severity for severity, _what in found(shallow)] == [Severity.UNCLEAR]
    shallow.git("fetch", "-q", "--unshallow")
    assert begun(shallow).commit == first
    assert found(shallow) == []


def test_changes_that_keep_to_the_milestone_hold(programme) -> None:
    programme.begin("9")
    programme.write(f"{FOLDER}/baselines/keccakf.log", "log\n")
    programme.write("baselines/labels/x.json", "{}\n")
    programme.state("SYNCS", 0)

    assert found(programme) == []


def test_everything_that_must_not_change_is_found_committed_or_not(programme) -> None:
    base = programme.git("rev-parse", "--short=12", "HEAD")
    programme.begin("9")
    programme.write(BOARD, "edited\n")
    programme.write(f"{FOLDER}/milestone-16.md", "new\n")
    programme.commit("M9: more")
    programme.set_values("10", owner="me")
    programme.replace("Cargo.lock", 'version = "0.4.1"', 'version = "0.5.0"')
    programme.replace("Cargo.toml", 'version = "=0.4.1"', 'version = "=0.5.0"')
    (programme.path / "crates/metal-backend/src/whir.rs").unlink()
    outside = "Not among milestone 9's focus files, but changed"

    assert found(programme) == [
        (Severity.FAILS, f"{BOARD}, the status board, changed since {base}."),
        (Severity.FAILS, f"{FOLDER}/milestone-10.md, the file of milestone 10, changed since {base}."),
        (Severity.FAILS, f"{FOLDER}/milestone-16.md, the file of milestone 16, changed since {base}."),
        (Severity.FAILS, "p3-field 0.4.1 from a path → 0.5.0 from a path in Cargo.lock."),
        (Severity.FAILS, "p3-field =0.4.1 path crates/p3-field → =0.5.0 path crates/p3-field in Cargo.toml."),
        (Severity.WARNS, f"{outside} since {base}: Cargo.toml, crates/metal-backend/src/whir.rs."),
    ]


def test_commits_that_do_not_name_the_milestone_are_found(programme) -> None:
    status(programme, "in_progress", "begin")
    programme.state("SYNCS", 0)
    programme.commit("Milestone 90: #9")

    assert [severity for severity, what in found(programme) if "names milestone 9" in what] == [Severity.FAILS]


def test_a_milestone_without_focus_files_changes_no_code(programme) -> None:
    programme.write(f"{FOLDER}/milestone-15.md", programme.read(f"{FOLDER}/milestone-15.md") + "\nMore.\n")
    programme.write("crates/metal-backend/src/whir.rs", "// new work\n")
    programme.commit("Milestone 15: figures")

    [(severity, what)] = found(programme, base="HEAD^", milestone_id="15")
    assert severity is Severity.WARNS
    assert what.startswith("Milestone 15 names no focus files, so no new work belongs to it")


def test_a_patch_in_cargos_configuration_is_found_and_what_is_no_toml_leaves_it_open(programme) -> None:
    programme.begin("9")
    programme.write(".cargo/config.toml", '[patch.crates-io]\np3-field = { git = "https://example.org/p3" }\n')
    programme.write("crates/metal-backend/Cargo.toml", "p3-field = [\n")
    programme.write("config.toml", "p3-field = [\n")

    severities = [(severity, what.partition(" (")[0]) for severity, what in found(programme)][:2]
    assert severities == [
        (Severity.FAILS, "p3-field nothing → patched with git https://example.org/p3 in .cargo/config.toml."),
        (
            Severity.UNCLEAR,
            "Whether crates/metal-backend/Cargo.toml changed a pinned version cannot be told: It is no TOML",
        ),
    ]


def test_names_that_are_no_text_are_shown_all_the_same(programme) -> None:
    programme.begin("9")
    (programme.path / os.fsdecode(b"\xff\nx")).write_text("x\n")
    folder = programme.path / os.fsdecode(b"\xfe")
    folder.mkdir()
    (folder / "Cargo.toml").write_text("p3-field = [\n")

    assert facts(programme).changed[-2:] == ("\ufffd/Cargo.toml", "\ufffd\nx")
    for _severity, what in found(programme):
        what.encode()


def test_a_link_to_no_file_is_read_as_none(programme) -> None:
    programme.begin("9")
    (programme.path / "Cargo.lock").unlink()
    (programme.path / "Cargo.lock").symlink_to("/dev/zero")

    assert (Severity.FAILS, "Cargo.lock is gone, which held p3-field at 0.4.1 from a path.") in found(programme)
