"""What `harness milestone complete` prints."""

from typing import Any

from harness.documents.escape import code, plain, terminal
from harness.documents.milestones.check import findings_json, findings_markdown, findings_text
from harness.documents.milestones.criteria import criteria_json, criteria_list, criteria_text
from harness.milestones.completion import Completion

_NO_OP = "no-op: it is completed already"
_OPEN = "of these exit criteria it is not shown that they are met:"
_REFUSED = "not completed: this must hold first"


def as_json(done: Completion) -> dict[str, Any]:
    """The pinned JSON form."""
    return {
        "milestone": done.milestone.id,
        "completed": done.completed or done.was_completed,
        "changed": done.completed,
        "published": list(done.published),
        "findings": findings_json(done.findings),
        "open_criteria": criteria_json(done.open_criteria),
    }


def to_text(done: Completion) -> str:
    """For a terminal; what was published is to be committed."""
    lines = [f"milestone {terminal(done.milestone.id)}: {_said(done)}", *findings_text(done.findings)]
    lines += [f"published  {terminal(path)}" for path in done.published]
    if done.open_criteria:
        lines += [f"warning  {_OPEN}", *_indented(criteria_text(done.open_criteria), "    ")]
    return "\n".join(lines)


def to_markdown(done: Completion) -> str:
    """For a pull request."""
    lines = [f"**Milestone {plain(done.milestone.id)}**: {_said(done)}", "", *findings_markdown(done.findings)]
    lines += [f"- published {code(path)}" for path in done.published]
    if done.open_criteria:
        lines += [f"- warning: {_OPEN}", *_indented(criteria_list(done.open_criteria), "  ")]
    return "\n".join(lines).rstrip()


def _indented(text: str, by: str) -> list[str]:
    return [f"{by}{line}" for line in text.split("\n")]


def _said(done: Completion) -> str:
    if done.was_completed:
        return _NO_OP
    return "completed; commit what was published with it" if done.completed else _REFUSED
