import json

import pytest

from harness.documents.milestones.standing import as_json, to_markdown, to_text
from harness.milestones.document import Status
from harness.milestones.preflight import Dependency, Preflight, State
from tests.milestones.papers import milestone_file

READY = Preflight(
    file=milestone_file("9", title="Fold `a` | b", owner="codex", branch="`perf/m9`", started="2026-02-20"),
    state=State.READY,
    reasons=("It is not_started, and all that comes first is completed.",),
    warnings=("STATUS.md says owner 'x_y', the milestone's file nothing; the file counts.",),
    dependencies=(Dependency(milestone="8", status=Status.COMPLETED), Dependency(milestone="7", status=None)),
)


def test_the_answer_on_a_terminal():
    assert to_text(READY) == (
        "milestone 9: ready\n"
        "Fold `a` | b\n"
        "It is not_started, and all that comes first is completed.\n"
        "Status: not_started\n"
        "Owner: codex\n"
        "After: 8 (completed), 7 (cannot be read)\n"
        "warning: STATUS.md says owner 'x_y', the milestone's file nothing; the file counts."
    )


def test_the_answer_in_a_document():
    assert to_markdown(READY) == (
        "Milestone `9`, Fold \\`a\\` \\| b: **ready**\n"
        "\n"
        "- It is not_started, and all that comes first is completed.\n"
        "- Status: `not_started`\n"
        "- Owner: `codex`\n"
        "- After: 8 (completed), 7 (cannot be read)\n"
        "- Warning: STATUS.md says owner 'x_y', the milestone's file nothing; the file counts."
    )


def test_the_answer_as_json():
    assert json.loads(json.dumps(as_json(READY))) == {
        "milestone": "9",
        "title": "Fold `a` | b",
        "state": "ready",
        "reasons": list(READY.reasons),
        "warnings": list(READY.warnings),
        "owner": "codex",
        "status": "not_started",
        "dependencies": [{"milestone": "8", "status": "completed"}, {"milestone": "7", "status": None}],
    }


@pytest.mark.parametrize(("changed", "word"), [(True, "ready, claimed"), (False, "ready, claimed already")])
def test_a_claim_says_whether_it_was_written_where_and_since_when(changed, word):
    text = to_text(READY, changed=changed)

    assert text.startswith(f"milestone 9: {word}\n")
    assert "\nBranch: perf/m9\nStarted: 2026-02-20\n" in text
    assert f": **{word}**\n" in to_markdown(READY, changed=changed)
    assert as_json(READY, changed=changed)["changed"] is changed


def test_without_anything_to_depend_on_and_an_owner_there_is_a_dash():
    free = Preflight(file=milestone_file("8"), state=State.NO_OP, reasons=(), warnings=(), dependencies=())

    assert to_text(free) == "milestone 8: no-op\nA title\nStatus: not_started\nOwner: –\nAfter: –"
    assert to_text(free, changed=False).startswith("milestone 8: no-op\n")
    assert to_markdown(free).endswith("- Owner: –\n- After: –")


def test_a_hostile_document_cannot_break_out(hostile, outside_code):
    for text in hostile:
        line = " ".join(text.replace("`", "'").split())
        file = milestone_file("9", title=f"x {line} x", owner=line, branch=line)
        made = Preflight(file=file, state=State.CONFLICT, reasons=(text,), warnings=(text,), dependencies=())
        markdown = to_markdown(made, changed=False)
        shown = [outside_code(one) for one in markdown.splitlines()]

        assert len(to_text(made, changed=False).splitlines()) == 9, text
        assert "\x1b" not in to_text(made, changed=False)
        assert len(shown) == 9, text
        assert all(one.startswith("- ") for one in shown[2:]), text
        assert not any(set(one.removesuffix("**").replace(": **", ": ")) & set("[]<>`*") for one in shown), text
