import pytest

from harness.errors import DocumentError
from harness.milestones.document import MilestoneFile, Status
from harness.milestones.preflight import Preflight, State, preflight
from tests.milestones.papers import board_row, board_text, milestone_file, papers, plan_text, programme

DONE = {"1": milestone_file("1", "completed")}
REST = {one: milestone_file(one) for one in ("2", "3", "4")}


def checked(file: MilestoneFile, others=DONE, *, owner: str = "", **texts: str) -> Preflight:
    files = {**REST, **others, file.id: file}
    return preflight(programme(), file, papers(files, **texts), owner=owner)


def test_a_completed_milestone_is_a_no_op_whatever_comes_first():
    found = checked(milestone_file("2", "completed"), {"1": milestone_file("1")})

    assert (found.state, found.forbidden, found.may_begin) == (State.NO_OP, False, False)
    assert found.state.value == "no-op"


def test_a_milestone_whose_dependencies_are_completed_is_ready():
    found = checked(milestone_file("2"))

    assert (found.state, found.warnings) == (State.READY, ())
    assert [(one.milestone, one.status) for one in found.dependencies] == [("1", Status.COMPLETED)]
    assert found.may_begin


def test_another_owner_is_a_conflict():
    found = checked(milestone_file("2", "in_progress", owner="alice"), owner="bob", board=_agreeing(owner="alice"))

    assert (found.state, found.forbidden) == (State.CONFLICT, True)
    assert found.reasons == ("It is in_progress by 'alice', not by 'bob'.",)


@pytest.mark.parametrize("owner", ["Alice B", "alice b", " ALICE  B "])
def test_the_same_owner_goes_on_however_the_name_is_written(owner):
    found = checked(milestone_file("2", "in_progress", owner="Alice B"), owner=owner, board=_agreeing(owner="Alice B"))

    assert (found.state, found.warnings) == (State.CONTINUE, ())


def test_in_progress_without_an_owner_goes_on_with_a_warning():
    found = checked(milestone_file("2", "in_progress"))

    assert found.state is State.CONTINUE
    assert found.warnings == ("It is in_progress, but its file names no owner.",)


def test_a_name_on_a_milestone_that_is_not_started_is_a_warning():
    found = checked(milestone_file("2", owner="alice"), board=board_text(board_row("2", owner="alice")))

    assert (found.state, found.warnings) == (
        State.READY,
        ("It is not_started, but its file names the owner 'alice'.",),
    )


def test_every_dependency_that_is_not_completed_is_named_with_its_status():
    others = {"1": milestone_file("1", "in_progress"), "2": "docs/milestone-2.md cannot be read: gone."}
    found = checked(milestone_file("4"), others)

    assert (found.state, found.forbidden) == (State.WAITING, True)
    assert found.reasons == (
        "Milestone 1 comes first and is in_progress.",
        "Milestone 2 comes first and counts as not completed: docs/milestone-2.md cannot be read: gone.",
    )
    assert [one.status for one in found.dependencies] == [Status.IN_PROGRESS, None]


def test_a_dependency_counts_as_its_file_says_not_as_the_board_does():
    board = board_text(board_row("1", "completed"), board_row("2"))

    assert checked(milestone_file("2"), {"1": milestone_file("1")}, board=board).state is State.WAITING


def test_work_that_has_begun_waits_too_where_its_dependency_was_opened_again():
    file = milestone_file("2", "in_progress", owner="alice")

    assert checked(file, {"1": milestone_file("1")}, owner="alice").state is State.WAITING


def test_a_blocked_milestone_is_an_error_that_says_what_to_do():
    with pytest.raises(DocumentError, match=r"Milestone 2 is blocked\.") as error:
        checked(milestone_file("2", "blocked"))
    assert "set its Status" in error.value.hint


def test_a_board_that_disagrees_is_a_warning_and_the_file_counts():
    found = checked(milestone_file("2"), board=board_text(board_row("2", "completed", owner="alice")))

    assert found.state is State.READY
    assert found.warnings == (
        "STATUS.md says status 'completed', the milestone's file 'not_started'; the file counts.",
        "STATUS.md says owner 'alice', the milestone's file nothing; the file counts.",
    )


def test_a_board_without_the_row_and_a_plan_without_the_name_are_warnings():
    found = checked(milestone_file("2"), board=board_text(board_row("1")), plan=plan_text("1", "20"))

    assert found.state is State.READY
    assert found.warnings == (
        "docs/plan.md names no Milestone 2 in a heading, a list or a table.",
        "STATUS.md has no row of milestone 2.",
    )


def test_earlier_waves_that_are_not_completed_are_a_warning():
    found = checked(milestone_file("4"), {**DONE, "2": milestone_file("2", "completed")})

    assert (found.state, found.warnings) == (
        State.READY,
        ("The programme has 3 in earlier waves, not completed yet.",),
    )


def test_another_one_in_progress_that_is_not_alongside_is_a_warning():
    beside = {**DONE, "3": milestone_file("3", "in_progress"), "4": milestone_file("4", "in_progress")}

    assert checked(milestone_file("2"), beside).warnings == (
        "Milestone 4 is in_progress and not among those that may be worked on at the same time.",
    )


def test_files_that_cannot_be_read_leave_open_what_is_in_progress():
    found = checked(milestone_file("2"), {**DONE, "3": "lost", "4": "lost"})

    assert (found.state, found.warnings) == (
        State.READY,
        ("Whether 3, 4 is in progress cannot be told: no file of it can be read.",),
    )


def test_a_no_op_says_nothing_of_the_order():
    others = {"1": milestone_file("1"), "4": milestone_file("4", "in_progress")}

    assert checked(milestone_file("2", "completed"), others).warnings == ()


def _agreeing(**values: str) -> str:
    return board_text(board_row("2", "in_progress", **values))
