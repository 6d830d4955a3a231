import json

from harness.documents.milestones.board import as_json, to_markdown, to_text
from harness.milestones.board import Disagreement, Overview, Ready, Stand
from harness.milestones.document import Status

FOUND = Overview(
    milestones=(
        Stand(milestone="8", status=Status.COMPLETED, board_status="in_progress"),
        Stand(milestone="9", status=Status.NOT_STARTED, board_status=""),
        Stand(milestone="10", status=None, board_status=None),
    ),
    disagreements=(
        Disagreement(milestone="8", field="status", board="in_progress", file="completed"),
        Disagreement(milestone="8", field="branch", board="", file="perf/m8"),
    ),
    unreadable={"10": "docs/milestone-10.md is not UTF-8 text."},
    ready=(
        Ready(milestone="9", title="Dispatch_fusion", alongside=("11", "12"), not_alongside=(), earlier=()),
        Ready(milestone="13", title="Openings", alongside=(), not_alongside=("12",), earlier=("8", "9")),
    ),
)
AGREED = Overview(
    milestones=(Stand(milestone="8", status=Status.COMPLETED, board_status="completed"),),
    disagreements=(),
    unreadable={},
    ready=(),
)


def test_the_board_on_a_terminal(golden):
    golden("milestone-board.txt", to_text(FOUND))


def test_the_board_in_a_document(golden):
    golden("milestone-board.md", to_markdown(FOUND))


def test_the_board_as_json(golden):
    golden("milestone-board.json", json.dumps(as_json(FOUND), indent=1))


def test_a_board_that_agrees_says_so_in_a_sentence():
    assert to_text(AGREED) == (
        "milestone  file       board\n"
        "8          completed  completed\n\n"
        "Board and files agree.\n\n"
        "None is ready to be started."
    )
    assert to_markdown(AGREED).endswith(
        "| `8` | completed | `completed` |\n\nBoard and files agree.\n\nNone is ready to be started."
    )


def test_a_hostile_board_cannot_break_out(hostile, pipes, outside_code):
    for text in hostile:
        found = Overview(
            milestones=(Stand(milestone="8", status=None, board_status=text),),
            disagreements=(Disagreement(milestone="8", field="owner", board=text, file=text),),
            unreadable={"8": text},
            ready=(Ready(milestone="8", title=text, alongside=("9",), not_alongside=("9",), earlier=("9",)),),
        )
        tables = [line for line in to_markdown(found).splitlines() if line.startswith("|")]

        assert [pipes(line) for line in tables] == [4] * 3 + [5] * 3 + [3] * 3 + [5] * 3, text
        assert not any(set(outside_code(line)) & set("[]<>`*") for line in tables), text
        assert len(to_text(found).splitlines()) == 2 + 1 + 3 + 1 + 3 + 1 + 3, text
        assert "\x1b" not in to_text(found)
        json.dumps(as_json(found))
