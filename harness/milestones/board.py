"""The status board: its rows as data, and where they and the milestones' own files disagree. The files count."""

from collections.abc import Mapping

import msgspec

from harness.errors import DocumentError
from harness.markdown.tables import MarkdownTable, shown, tables
from harness.milestones.document import Key, MilestoneFile, Status
from harness.milestones.plan import Files, Unread, not_alongside, open_dependencies, open_earlier, status_in
from harness.milestones.programme import Milestone, Programme

_MILESTONE, _TITLE, _STATUS = "milestone", "title", "status"
_KEYS = {key.value.lower(): key for key in (Key.STATUS, Key.OWNER, Key.BRANCH, Key.PR, Key.LAST_UPDATED)}
_OTHER_NAMES = {"last update": Key.LAST_UPDATED.value.lower()}
_NOTHING = {"-", "–", "—"}


class BoardRow(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone's row: what a reader sees in the columns that the board has, by lower-case name."""

    milestone: str
    values: Mapping[str, str]


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a board in order; a milestone may have none or several."""

    rows: tuple[BoardRow, ...]

    def rows_of(self, milestone_id: str) -> tuple[BoardRow, ...]:
        """The rows of a milestone."""
        return tuple(row for row in self.rows if row.milestone == milestone_id)


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """A field for which board and file have different texts; empty where nothing stands there."""

    milestone: str
    field: str
    board: str
    file: str


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone that may be started.

    `alongside` are those in progress or ready that it may be worked on with, `not_alongside` those in progress that it
    may not; `earlier` are those of earlier waves that are not completed although it does not depend on them.
    """

    milestone: str
    title: str
    alongside: tuple[str, ...]
    not_alongside: tuple[str, ...]
    earlier: tuple[str, ...]


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """Where a milestone stands by its file (None: cannot be read) and by the board (None: has no row)."""

    milestone: str
    status: Status | None
    board_status: str | None


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Board and files of a whole programme held against each other; `unreadable` has the reason of each by id."""

    milestones: tuple[Stand, ...]
    disagreements: tuple[Disagreement, ...]
    unreadable: Mapping[str, str]
    ready: tuple[Ready, ...]


def read_board(text: str, *, where: str) -> Board:
    """The board in `text`. Raises DocumentError naming `where` if no table has the columns Milestone and Status."""
    found = [(table, _columns(table)) for table in tables(text)]
    boards = [(table, columns) for table, columns in found if {_MILESTONE, _STATUS} <= columns.keys()]
    if not boards:
        raise DocumentError(
            f"{where} has no table with the columns Milestone and Status.",
            hint="Its header: | Milestone | Title | Status | Owner | Branch | PR | Last Update | Notes |.",
        )
    return Board(rows=tuple(_row(cells, columns) for table, columns in boards for cells in table.rows))


def disagreements(board: Board, file: MilestoneFile) -> tuple[Disagreement, ...]:
    """Every field in which a row of the board differs from the milestone's file."""
    said = {_TITLE: shown(file.title)} | {name: _seen(file.value(key)) for name, key in _KEYS.items()}
    return tuple(
        Disagreement(milestone=file.id, field=field, board=row.values[field], file=value)
        for row in board.rows_of(file.id)
        for field, value in said.items()
        if row.values.get(field, value) != value
    )


def overview(programme: Programme, board: Board, files: Files) -> Overview:
    """What a reader of the board has to know: where it is wrong, and what may be started now."""
    read = [file for file in files.values() if isinstance(file, MilestoneFile)]
    startable = [one for one in programme.milestones if _may_start(one, files)]
    now = {one.id for one in startable} | {file.id for file in read if file.status is Status.IN_PROGRESS}
    return Overview(
        milestones=tuple(
            Stand(milestone=one, status=status_in(files, one), board_status=_board_status(board, one))
            for one in programme.ids
        ),
        disagreements=tuple(one for file in read for one in disagreements(board, file)),
        unreadable={one: file.reason for one, file in files.items() if isinstance(file, Unread)},
        ready=tuple(
            Ready(
                milestone=one.id,
                title=one.title,
                alongside=tuple(other for other in one.alongside if other in now),
                not_alongside=not_alongside(one, files),
                earlier=open_earlier(programme, one, files),
            )
            for one in startable
        ),
    )


def _may_start(milestone: Milestone, files: Files) -> bool:
    return status_in(files, milestone.id) is Status.NOT_STARTED and not open_dependencies(milestone, files)


def _board_status(board: Board, milestone_id: str) -> str | None:
    return next((row.values[_STATUS] for row in board.rows_of(milestone_id)), None)


def _columns(table: MarkdownTable) -> dict[str, int]:
    return {_OTHER_NAMES.get(name, name): i for name, i in table.columns.items()}


def _row(cells: tuple[str, ...], columns: Mapping[str, int]) -> BoardRow:
    values = {name: _seen(cells[i]) for name, i in columns.items()}
    return BoardRow(milestone=values[_MILESTONE], values=values)


def _seen(text: str) -> str:
    seen = shown(text)
    return "" if seen in _NOTHING else seen
