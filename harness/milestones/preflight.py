"""May a milestone be worked on now? Judged by the plan, the board and the milestones' files; the files count."""

from enum import StrEnum

import msgspec

from harness.errors import DocumentError
from harness.milestones.board import Board, disagreements
from harness.milestones.document import Key, MilestoneFile, Status
from harness.milestones.plan import (
    Files,
    Unread,
    names_milestone,
    not_alongside,
    open_dependencies,
    open_earlier,
    status_in,
)
from harness.milestones.programme import Milestone, Programme


class State(StrEnum):
    """What a contributor may do with a milestone."""

    READY = "ready"
    CONTINUE = "continue"
    NO_OP = "no-op"
    CONFLICT = "conflict"
    WAITING = "waiting"


class Papers(msgspec.Struct, frozen=True, kw_only=True):
    """The documents of a programme; `plan_where` and `board_where` are the paths that findings name."""

    plan: str
    plan_where: str
    board: Board
    board_where: str
    files: Files


class Dependency(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone that comes first, and where it stands; None where its file cannot be read."""

    milestone: str
    status: Status | None


class Preflight(msgspec.Struct, frozen=True, kw_only=True):
    """The answer for the milestone of `file`: what may be done, why, and what is worth a look all the same."""

    file: MilestoneFile
    state: State
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    dependencies: tuple[Dependency, ...]

    @property
    def forbidden(self) -> bool:
        """Whether nothing may be done although there is something to do."""
        return self.state in {State.CONFLICT, State.WAITING}

    @property
    def may_begin(self) -> bool:
        """Whether it may be started or gone on with."""
        return self.state in {State.READY, State.CONTINUE}


def needs_owner(file: MilestoneFile) -> bool:
    """Whether the answer depends on who asks."""
    return file.status is Status.IN_PROGRESS and file.value(Key.OWNER) != ""


def preflight(programme: Programme, file: MilestoneFile, papers: Papers, *, owner: str) -> Preflight:
    """The answer for `owner`, who matters only where `needs_owner`. Raises DocumentError for a blocked milestone."""
    if file.status is Status.BLOCKED:
        raise DocumentError(
            f"Milestone {file.id} is blocked.",
            hint="Its file should say by what. Once that is gone, set its Status to `not_started` or `in_progress`.",
        )
    milestone = programme.milestone(file.id)
    state, reasons = _judged(milestone, file, papers.files, owner)
    warnings = _about_papers(file, papers)
    if state is not State.NO_OP:
        warnings += _about_order(programme, milestone, file, papers.files)
    return Preflight(
        file=file,
        state=state,
        reasons=reasons,
        warnings=tuple(warnings),
        dependencies=tuple(Dependency(milestone=one, status=status_in(papers.files, one)) for one in milestone.after),
    )


def _judged(milestone: Milestone, file: MilestoneFile, files: Files, owner: str) -> tuple[State, tuple[str, ...]]:
    holder = file.value(Key.OWNER)
    if file.status is Status.COMPLETED:
        return State.NO_OP, ("It is completed: there is nothing to do.",)
    if needs_owner(file) and _compared(holder) != _compared(owner):
        return State.CONFLICT, (f"It is in_progress by '{holder}', not by '{owner}'.",)
    if first := open_dependencies(milestone, files):
        return State.WAITING, tuple(_open(one, files) for one in first)
    if file.status is Status.IN_PROGRESS:
        return State.CONTINUE, (f"It is in_progress by '{holder}'." if holder else "It is in_progress.",)
    return State.READY, ("It is not_started, and all that comes first is completed.",)


def _compared(owner: str) -> str:
    return " ".join(owner.casefold().split())


def _open(milestone_id: str, files: Files) -> str:
    file = files[milestone_id]
    if isinstance(file, Unread):
        return f"Milestone {milestone_id} comes first and counts as not completed: {file.reason}"
    return f"Milestone {milestone_id} comes first and is {file.status.value}."


def _about_papers(file: MilestoneFile, papers: Papers) -> list[str]:
    """What the plan and the board lack or say otherwise."""
    found = []
    if not names_milestone(papers.plan, file.id):
        found.append(f"{papers.plan_where} names no Milestone {file.id} in a heading, a list or a table.")
    if not papers.board.rows_of(file.id):
        found.append(f"{papers.board_where} has no row of milestone {file.id}.")
    found += [
        f"{papers.board_where} says {one.field} {_said(one.board)}, the milestone's file {_said(one.file)}; "
        "the file counts."
        for one in disagreements(papers.board, file)
    ]
    return found


def _said(value: str) -> str:
    return f"'{value}'" if value else "nothing"


def _about_order(programme: Programme, milestone: Milestone, file: MilestoneFile, files: Files) -> list[str]:
    """What the files say against working on the milestone now, though nothing forbids it."""
    found = []
    holder = file.value(Key.OWNER)
    if file.status is Status.IN_PROGRESS and not holder:
        found.append("It is in_progress, but its file names no owner.")
    if file.status is Status.NOT_STARTED and holder:
        found.append(f"It is not_started, but its file names the owner '{holder}'.")
    if earlier := open_earlier(programme, milestone, files):
        found.append(f"The programme has {', '.join(earlier)} in earlier waves, not completed yet.")
    found += [
        f"Milestone {one} is in_progress and not among those that may be worked on at the same time."
        for one in not_alongside(milestone, files)
    ]
    unknown = [one for one, other in files.items() if isinstance(other, Unread) and one not in milestone.after]
    if unknown:
        found.append(f"Whether {', '.join(unknown)} is in progress cannot be told: no file of it can be read.")
    return found
