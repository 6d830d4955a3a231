"""A programme's documents made for a test: three milestones, the middle one after the first."""

from collections.abc import Mapping

from harness.milestones.board import read_board
from harness.milestones.document import MilestoneFile, read_milestone
from harness.milestones.plan import Unread
from harness.milestones.preflight import Papers
from harness.milestones.programme import Programme, programme_from_toml

FOLDER = "docs/metal-backend-optimization-tracking"
PLAN = "docs/metal-backend-optimization-milestones.md"
COLUMNS = ("Milestone", "Title", "Status", "Owner", "Branch", "PR", "Last Update", "Notes")
HEADER = f"| {' | '.join(COLUMNS)} |\n{'| --- ' * len(COLUMNS)}|"

PROGRAMME = """
schema = 1
name = "small"
title = "A small programme"
contract = "m8"
reference = "m8"
folder = "docs"
plan = ["docs/plan.md", "docs/PLAN.md"]
waves = [["1"], ["2", "3"], ["4"]]
[[milestones]]
id = "1"
title = "First"
goal = "one"
[[milestones]]
id = "2"
title = "Second"
goal = "two"
after = ["1"]
alongside = ["3"]
[[milestones]]
id = "3"
title = "Third"
goal = "three"
after = ["1"]
alongside = ["2"]
[[milestones]]
id = "4"
title = "Fourth"
goal = "four"
after = ["1", "2"]
"""


def programme() -> Programme:
    return programme_from_toml(PROGRAMME, where="small.toml")


def milestone_text(milestone_id: str, status: str = "not_started", title: str = "A title", **values: str) -> str:
    """A milestone's file; values by their key's name in snake case."""
    named = {name.replace("_", " ").title(): value for name, value in values.items()}
    keys = ("Owner", "Branch", "PR", "Started", "Completed", "Last Updated")
    bullets = [f"- Status: `{status}`", *(f"- {key}: {named.get(key, '')}".rstrip() for key in keys)]
    return "\n".join(
        [
            f"# Milestone {milestone_id}: {title}",
            "",
            *bullets,
            "",
            "## Objective",
            "",
            "Do it.",
            "",
            "## Exit Criteria",
            "",
            "- It is done.",
            "",
            "## Validation Log",
            "",
            "- Pending.",
            "",
            "## Metrics",
            "",
            "- Pending.",
            "",
            "## Notes",
            "",
        ]
    )


def milestone_file(
    milestone_id: str, status: str = "not_started", title: str = "A title", **values: str
) -> MilestoneFile:
    text = milestone_text(milestone_id, status, title, **values)
    return read_milestone(text, where=f"milestone-{milestone_id}.md", milestone_id=milestone_id)


def board_row(milestone_id: str, status: str = "not_started", title: str = "A title", **values: str) -> str:
    cells = (values.get(name, "") for name in ("owner", "branch", "pr", "last_update", "notes"))
    return f"| [{milestone_id}](./milestone-{milestone_id}.md) | {title} | {status} | {' | '.join(cells)} |"


def board_text(*rows: str) -> str:
    return "\n".join(["# Milestone Status Board", "", HEADER, *rows, ""])


def plan_text(*ids: str) -> str:
    return "# The plan\n\n" + "\n".join(f"## Milestone {one}: A title\n\nText.\n" for one in ids)


def papers(
    files: Mapping[str, MilestoneFile | str], board: str | None = None, plan: str = plan_text("1", "2", "3", "4")
) -> Papers:
    """Documents of `programme()`; a file that is a text is the reason why it cannot be read."""
    agreed = [board_row(one, file.status) for one, file in files.items() if isinstance(file, MilestoneFile)]
    return Papers(
        plan=plan,
        plan_where="docs/plan.md",
        board=read_board(board_text(*agreed) if board is None else board, where="STATUS.md"),
        board_where="STATUS.md",
        files={one: Unread(file) if isinstance(file, str) else file for one, file in files.items()},
    )
