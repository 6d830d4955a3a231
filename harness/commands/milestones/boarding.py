"""`harness milestone board`: the status board held against the milestones' files. It is read, never written."""

from harness.commands.milestones.place import open_place
from harness.commands.milestones.preflight import board_of, files_of
from harness.commands.workspace import Workspace
from harness.milestones.board import Overview, overview


def read_overview(workspace: Workspace) -> Overview:
    """Board and files of the programme. Raises DocumentError where the board is missing or malformed."""
    place = open_place(workspace)
    return overview(place.programme, board_of(place), files_of(place))
