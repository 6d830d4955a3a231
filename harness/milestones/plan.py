"""What a programme's plan says: whether its text names a milestone, what its order means for the files as they are."""

import re
from collections.abc import Mapping

import msgspec

from harness.markdown.outline import headings, lines_of
from harness.markdown.tables import shown, tables
from harness.milestones.document import MilestoneFile, Status
from harness.milestones.programme import Milestone, Programme

_LISTED = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])\s")


class Unread(msgspec.Struct, frozen=True):
    """Why a milestone's file could not be read."""

    reason: str


Files = Mapping[str, MilestoneFile | Unread]
"""The file of every milestone of a programme, by id."""


def names_milestone(text: str, milestone_id: str) -> bool:
    """Whether a heading, a list or a table of the plan names the milestone."""
    named = re.compile(rf"(?<!\w)milestone\s+{re.escape(milestone_id)}(?![\w-]|\.\w)", re.IGNORECASE)
    lines = lines_of(text.removeprefix("\ufeff"))
    found = tables(text)
    cells = [cell for table in found for row in table.rows for cell in row]
    ids = [row[table.columns["milestone"]] for table in found if "milestone" in table.columns for row in table.rows]
    lines_and_cells = (*(one.title for one in headings(lines)), *filter(_LISTED.match, lines), *cells)
    return any(named.search(shown(one)) for one in lines_and_cells) or milestone_id in map(shown, ids)


def status_in(files: Files, milestone_id: str) -> Status | None:
    """Where a milestone stands by its own file; None where that cannot be read."""
    file = files[milestone_id]
    return None if isinstance(file, Unread) else file.status


def open_dependencies(milestone: Milestone, files: Files) -> tuple[str, ...]:
    """What the milestone depends on and what is not completed."""
    return tuple(one for one in milestone.after if status_in(files, one) is not Status.COMPLETED)


def open_earlier(programme: Programme, milestone: Milestone, files: Files) -> tuple[str, ...]:
    """What is not completed of the waves before the milestone's, its dependencies left out."""
    at = next((i for i, wave in enumerate(programme.waves) if milestone.id in wave), 0)
    earlier = [one for wave in programme.waves[:at] for one in wave if one not in milestone.after]
    return tuple(one for one in earlier if status_in(files, one) is not Status.COMPLETED)


def not_alongside(milestone: Milestone, files: Files) -> tuple[str, ...]:
    """What is in progress and must not be worked on at the same time; dependencies left out, which come first."""
    apart = [one for one in files if one not in (milestone.id, *milestone.alongside, *milestone.after)]
    return tuple(one for one in apart if status_in(files, one) is Status.IN_PROGRESS)
