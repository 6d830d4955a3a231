"""`harness milestone preflight`: may a milestone be worked on now, and by whom."""

import os

from harness.commands.milestones.place import MilestonePlace, open_place, read_file, read_text
from harness.commands.workspace import Workspace
from harness.errors import ConfigError, DocumentError
from harness.milestones.board import Board, read_board
from harness.milestones.document import MilestoneFile
from harness.milestones.plan import Files, Unread
from harness.milestones.preflight import Papers, Preflight, needs_owner
from harness.milestones.preflight import preflight as judged
from harness.targets.identity import user_name

OWNER_VARIABLE = "HARNESS_OWNER"


def preflight(workspace: Workspace, milestone_id: str, *, owner: str | None) -> Preflight:
    """The answer for a milestone.

    Raises DocumentError for an unknown or blocked one, and for documents that are missing or malformed; ConfigError
    where it matters who asks and nothing says it.
    """
    return examine(open_place(workspace), milestone_id, owner=owner)


def examine(place: MilestonePlace, milestone_id: str, *, owner: str | None) -> Preflight:
    """`preflight` in a place: reads the plan, the board and the milestone's file, in this order. Raises as it does."""
    place.programme.milestone(milestone_id)
    plan_where = _plan(place)
    plan = read_text(place, plan_where)
    board = board_of(place)
    _milestone, file = read_file(place, milestone_id)
    papers = Papers(plan=plan, plan_where=plan_where, board=board, board_where=place.board, files=files_of(place))
    asking = owner_of(place, owner) if needs_owner(file) else ""
    return judged(place.programme, file, papers, owner=asking)


def board_of(place: MilestonePlace) -> Board:
    """The status board. Raises DocumentError where it is missing or malformed."""
    return read_board(read_text(place, place.board), where=place.board)


def files_of(place: MilestonePlace) -> Files:
    """The file of every milestone of the programme, or why it cannot be read."""
    return {one: _file(place, one) for one in place.programme.ids}


def owner_of(place: MilestonePlace, owner: str | None) -> str:
    """Who asks: the given name, else HARNESS_OWNER's, else git's. Raises ConfigError where there is none of them."""
    name = " ".join((owner or os.environ.get(OWNER_VARIABLE) or user_name(place.checkout) or "").split())
    if not name:
        raise ConfigError(
            "Who works on the milestone is not known.",
            hint=f"Give --owner NAME, or set {OWNER_VARIABLE} or git's user.name.",
        )
    return name


def _plan(place: MilestonePlace) -> str:
    found = next((one for one in place.plan if (place.directory / one).is_file()), None)
    if found is None:
        raise DocumentError(
            f"There is no plan of the programme {place.programme.name} in {place.directory}: "
            f"looked for {', '.join(place.plan)}.",
            hint="Set [targets.NAME.milestones] plan in harness.toml if it lies elsewhere.",
        )
    return found


def _file(place: MilestonePlace, milestone_id: str) -> MilestoneFile | Unread:
    try:
        return read_file(place, milestone_id)[1]
    except DocumentError as error:
        return Unread(error.message)
