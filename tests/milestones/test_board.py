import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import DocumentError
from harness.milestones.board import Disagreement, Ready, Stand, disagreements, overview, read_board
from harness.milestones.document import Status
from harness.milestones.plan import Unread
from tests.milestones.papers import board_row, board_text, milestone_file, programme


def board(*rows: str):
    return read_board(board_text(*rows), where="STATUS.md")


def differing(row: str, **values: str) -> list[tuple[str, str, str]]:
    file = milestone_file("2", values.pop("status", "not_started"), values.pop("title", "A title"), **values)
    return [(one.field, one.board, one.file) for one in disagreements(board(row), file)]


def test_a_row_is_found_by_the_text_of_its_link():
    made = board(board_row("8", "completed", owner="codex", branch="`metal-backend`", notes="a \\| b"))
    (row,) = made.rows_of("8")

    assert row.values == {
        "milestone": "8",
        "title": "A title",
        "status": "completed",
        "owner": "codex",
        "branch": "metal-backend",
        "pr": "",
        "last updated": "",
        "notes": "a | b",
    }
    assert made.rows_of("9") == ()


def test_columns_are_found_by_name_in_any_order_and_case():
    text = "|STATUS|Last Updated|milestone|\n|-|-|-|\n|`blocked`|2026-02-20|8|\n"
    (row,) = read_board(text, where="STATUS.md").rows

    assert row.values == {"status": "blocked", "last updated": "2026-02-20", "milestone": "8"}


def test_tables_without_the_columns_are_passed_over_and_several_boards_are_one():
    text = (
        "| Status | Meaning |\n| - | - |\n| blocked | x |\n\n" + board_text(board_row("1")) + board_text(board_row("2"))
    )

    assert [row.milestone for row in read_board(text, where="STATUS.md").rows] == ["1", "2"]


@pytest.mark.parametrize(
    "text", ["", "# Board\n", "| Milestone | Title |\n| - | - |\n| 1 | x |\n", "| Milestone | Status |"]
)
def test_a_text_without_a_board_is_a_clear_error(text):
    with pytest.raises(DocumentError, match=r"STATUS\.md has no table with the columns Milestone and Status"):
        read_board(text, where="STATUS.md")


def test_a_board_that_agrees_has_nothing_to_say():
    values = {"owner": "codex", "branch": "`b`", "pr": "#7"}
    row = board_row("2", "in_progress", "Fold `a`", last_update="2026-02-20", **values)

    assert differing(
        row, status="in_progress", title="Fold `a`", last_updated="2026-02-20", owner="codex", branch="`b`"
    ) == [("pr", "#7", "")]


def test_every_field_that_differs_is_said():
    row = board_row("2", "completed", "Old title", owner="a", branch="`x`", last_update="2026-02-19")

    assert differing(row, owner="b", branch="`y`", last_updated="2026-02-20") == [
        ("title", "Old title", "A title"),
        ("status", "completed", "not_started"),
        ("owner", "a", "b"),
        ("branch", "x", "y"),
        ("last updated", "2026-02-19", "2026-02-20"),
    ]


@pytest.mark.parametrize("empty", ["", "-", "–", "—", "``"])
def test_a_dash_on_the_board_is_nothing(empty):
    assert differing(board_row("2", owner=empty)) == []


def test_a_column_that_the_board_lacks_is_not_compared():
    made = read_board("| Milestone | Status |\n| - | - |\n| 2 | not_started |\n", where="STATUS.md")

    assert disagreements(made, milestone_file("2", owner="a")) == ()


def test_each_of_several_rows_is_held_against_the_file():
    made = board(board_row("2"), board_row("2", "blocked"), board_row("2", "completed"))

    assert [one.board for one in disagreements(made, milestone_file("2"))] == ["blocked", "completed"]


def test_the_overview_says_what_is_wrong_and_what_is_ready():
    files = {
        "1": milestone_file("1", "completed"),
        "2": milestone_file("2", "in_progress"),
        "3": milestone_file("3"),
        "4": Unread("It is lost."),
    }
    found = overview(programme(), board(board_row("1", "in_progress"), board_row("3")), files)

    assert found.milestones == (
        Stand(milestone="1", status=Status.COMPLETED, board_status="in_progress"),
        Stand(milestone="2", status=Status.IN_PROGRESS, board_status=None),
        Stand(milestone="3", status=Status.NOT_STARTED, board_status="not_started"),
        Stand(milestone="4", status=None, board_status=None),
    )
    assert found.disagreements == (Disagreement(milestone="1", field="status", board="in_progress", file="completed"),)
    assert found.unreadable == {"4": "It is lost."}
    assert found.ready == (Ready(milestone="3", title="Third", alongside=("2",), not_alongside=(), earlier=()),)


def test_the_files_decide_what_is_ready_whatever_the_board_says():
    rows = [board_row(one, "completed") for one in ("1", "2", "3")]
    files = {one: milestone_file(one) for one in ("1", "2", "3", "4")}

    assert [one.milestone for one in overview(programme(), board(*rows), files).ready] == ["1"]


def test_ready_ones_are_told_what_is_open_before_them_and_what_must_not_go_beside():
    files = {
        "1": milestone_file("1", "completed"),
        "2": milestone_file("2", "completed"),
        "3": milestone_file("3", "in_progress"),
        "4": milestone_file("4"),
    }
    (ready,) = overview(programme(), board(), files).ready

    assert (ready.milestone, ready.alongside, ready.not_alongside, ready.earlier) == ("4", (), ("3",), ("3",))


@settings(deadline=None)
@given(st.text(alphabet="|-:12 \\`[]()*\n\rx", max_size=80))
def test_whatever_stands_below_the_header_is_survived(text):
    made = read_board(board_text(text), where="STATUS.md")

    assert overview(programme(), made, {one: milestone_file(one) for one in programme().ids}).ready
