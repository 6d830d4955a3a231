"""Do the changes made for a milestone keep to it? Judged by what git says of them."""

import posixpath
import re
from collections.abc import Iterator

import msgspec

from harness.milestones.findings import Finding, fails, unclear, warns

_SHOWN = 10
_PUT_BACK = "Put it back as it was: a milestone's work writes no other document."
_FETCH = "Fetch the whole history, as with `git fetch --unshallow`."


class ChangeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What changed for a milestone since `base`; `how` says how that commit was found, or why there is none.

    Paths are relative to the checkout's directory; `focus` and `own` hold files and, ending in `/`, folders: `own` are
    those that any change for this milestone may touch. `folder` holds the programme's documents, among them `board`.
    `pinned` are findings about pinned dependencies, `messages` those of the commits since the base. `shallow` is set
    where the history is not all here.
    """

    milestone: str
    base: str | None
    how: str
    shallow: bool
    changed: tuple[str, ...] = ()
    folder: str
    board: str
    focus: tuple[str, ...]
    own: tuple[str, ...]
    pinned: tuple[Finding, ...] = ()
    messages: tuple[str, ...] = ()


def judge_changes(facts: ChangeFacts) -> tuple[Finding, ...]:
    """What is wrong with the changes, or that it cannot be told where no base is known."""
    if facts.base is None:
        return (
            unclear(
                f"What changed for milestone {facts.milestone} cannot be told: {facts.how}.",
                hint=_FETCH if facts.shallow else "Give --base REVISION, the commit that its work began from.",
            ),
        )
    since = facts.base[:12]
    return (*_foreign(facts, since), *facts.pinned, *_naming(facts, since), *_outside(facts, since))


def message_names(message: str, milestone_id: str) -> bool:
    """Whether a commit's message names the milestone: `Milestone 9`, `M9`, `MILESTONE_ID=9` and the like."""
    word = r"milestone(?:[ _-]?id)?[ \t]*+[:=_-]?+[ \t]*+\n?+[ \t]*+[`'\"]?+"
    pattern = rf"(?<![\w-])(?:{word}|m){re.escape(milestone_id)}(?!\w|[.-]\d|\.\w)"
    return re.search(pattern, message, re.IGNORECASE) is not None


def _foreign(facts: ChangeFacts, since: str) -> Iterator[Finding]:
    for path in facts.changed:
        other = _milestone_of(facts, path)
        if _is_board(facts, path):
            yield fails(f"{path}, the status board, changed since {since}.", hint=_PUT_BACK)
        elif other not in {None, facts.milestone}:
            yield fails(f"{path}, the file of milestone {other}, changed since {since}.", hint=_PUT_BACK)


def _naming(facts: ChangeFacts, since: str) -> Iterator[Finding]:
    if any(message_names(one, facts.milestone) for one in facts.messages):
        return
    if facts.shallow:
        yield unclear(f"No commit after {since} that is here names milestone {facts.milestone}.", hint=_FETCH)
    else:
        hint = f"Begin a message with 'Milestone {facts.milestone}: ', or give --base REVISION if work began earlier."
        yield fails(f"No commit after {since} names milestone {facts.milestone}.", hint=hint)


def _outside(facts: ChangeFacts, since: str) -> Iterator[Finding]:
    """Files that the milestone is not about; the board and milestones' files are judged by themselves."""
    documents = () if facts.focus else (f"{facts.folder}/",)
    inside = (*facts.focus, *facts.own, *documents)
    others = [
        path
        for path in facts.changed
        if not any(_covers(one, path) for one in inside)
        and not _is_board(facts, path)
        and _milestone_of(facts, path) is None
    ]
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        listed = f"{', '.join(others[:_SHOWN])}{more}"
        if facts.focus:
            yield warns(f"Not among milestone {facts.milestone}'s focus files, but changed since {since}: {listed}.")
        else:
            names_none = f"Milestone {facts.milestone} names no focus files, so no new work belongs to it"
            yield warns(f"{names_none}, but changed since {since}: {listed}.")


def _is_board(facts: ChangeFacts, path: str) -> bool:
    return path == posixpath.normpath(facts.board)


def _milestone_of(facts: ChangeFacts, path: str) -> str | None:
    """The id of the milestone whose file this is; None for every other file."""
    folder, name = posixpath.split(path)
    found = re.fullmatch(r"milestone-(.+)\.md", name, re.DOTALL)
    return found[1] if found and (folder or ".") == posixpath.normpath(facts.folder) else None


def _covers(place: str, path: str) -> bool:
    """Whether a path is the file, or lies in the folder, that a place names; a folder ends in `/`."""
    normal = posixpath.normpath(place)
    if normal == ".":
        return not path.startswith("../")
    return path.startswith(f"{normal}/") if place.endswith("/") else path == normal
