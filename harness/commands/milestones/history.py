"""What git says of a milestone: where its work began, what its file was at first, what has changed since."""

import os
import tomllib
from pathlib import PurePosixPath

import msgspec

from harness.commands.milestones.place import MilestonePlace
from harness.commands.workspace import Workspace
from harness.errors import DocumentError, RefError
from harness.milestones.changes import ChangeFacts
from harness.milestones.document import EXIT_CRITERIA, MilestoneFile, Status, read_milestone
from harness.milestones.findings import Finding
from harness.milestones.pinned import pinned_changes
from harness.milestones.programme import Milestone
from harness.store.folder import BASELINES
from harness.targets.git import Checkout, head_commit, resolve_revision
from harness.targets.history import (
    Version,
    changed_between,
    changed_files,
    default_branch,
    file_at,
    is_ancestor,
    is_shallow,
    merge_base,
    merge_base_with_default,
    messages_between,
    versions_of,
)

_LOCK, _MANIFEST = "Cargo.lock", "Cargo.toml"
_CARGO_FILES = {_LOCK, _MANIFEST}
_CARGO_SETTINGS = {("config.toml", ".cargo"), ("config", ".cargo")}


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """The commit that a milestone's changes are counted from, and how it was found; None with the reason in `how`."""

    commit: str | None
    how: str

    def describe(self) -> str:
        """The commit, shortened, and how it was found; or that nothing is known, and why."""
        return f"{self.commit[:12]}, {self.how}" if self.commit else f"nothing known ({self.how})"


def begun_at(place: MilestonePlace, milestone_id: str, *, base: str | None) -> Begun:
    """Where the work on a milestone began.

    That is `base` where it is given (of another line of work: where HEAD left it), else the commit before the one that
    took the milestone's status from `not_started`, or what was taken over from the default branch since. Raises
    RefError for a `base` that names no commit.
    """
    head = head_commit(place.checkout)
    if head is None:
        return Begun(commit=None, how="there is no commit yet")
    if base is not None:
        return _given(place.checkout, head, base)
    claim, was_open = _claim(place, milestone_id)
    if not was_open:
        return _without_claim(place, milestone_id)
    if claim is None:
        return Begun(commit=head, how="HEAD, where the milestone is not_started")
    return _with_claim(place, milestone_id, claim)


def template_of(place: MilestonePlace, milestone_id: str) -> str | None:
    """The oldest version that is a milestone's file with exit criteria, of those that the work began from.

    Where none of these is one, the oldest of all; None where there is none. In a shallow clone older ones may be
    missing.
    """
    begun = begun_at(place, milestone_id, base=None).commit
    commits = [one.commit for one in reversed(versions_of(place.checkout, place.relative(milestone_id)))]
    given_out = [one for one in commits if begun is not None and is_ancestor(place.checkout, one, begun)]
    read = (file_as_of(place, milestone_id, one) for one in (*given_out, *commits))
    return next((file.text for file in read if file and (file.section(EXIT_CRITERIA) or "").strip()), None)


def landed_at(place: MilestonePlace, milestone_id: str) -> str | None:
    """The commit that completed a milestone whose work is on the default branch; None while it can still go on.

    What changes there later is the work of others.
    """
    versions = {one.commit: one for one in versions_of(place.checkout, place.relative(milestone_id))}
    commit, completing = next(iter(versions), None), None
    while commit is not None:
        file = file_as_of(place, milestone_id, commit)
        if file is None or file.status is not Status.COMPLETED:
            break
        completing, commit = commit, next(iter(versions[commit].earlier), None)
    default = default_branch(place.checkout)
    if completing is None or default is None or not is_ancestor(place.checkout, completing, default):
        return None
    return completing


def gather(
    workspace: Workspace, place: MilestonePlace, milestone: Milestone, begun: Begun, *, until: str | None = None
) -> ChangeFacts:
    """What git says of the changes for a milestone since it began: up to a commit, else committed or not."""
    facts = ChangeFacts(
        milestone=milestone.id,
        base=begun.commit,
        how=begun.how,
        shallow=is_shallow(place.checkout),
        folder=place.folder,
        board=place.board,
        focus=milestone.focus,
        own=(f"{place.logs}/", f"{_baselines(workspace, place)}/", _LOCK),
    )
    if begun.commit is None:
        return facts
    checkout, base = place.checkout, begun.commit
    changed = changed_between(checkout, base, until) if until else changed_files(checkout, base)
    return msgspec.structs.replace(
        facts,
        changed=tuple(_as_text(one) for one in changed),
        pinned=_pinned(place, base, changed, until),
        messages=tuple(one.text for one in messages_between(checkout, base, until or "HEAD")),
    )


def rules_changed(workspace: Workspace, place: MilestonePlace, begun: str, until: str | None) -> tuple[str, ...]:
    """Files that say what the programme asks for and say something else than where the work began."""
    configuration, found = workspace.configuration, list[str]()
    if configuration.path is None:
        return ()
    named = [configuration.root / one.milestones.programme for one in configuration.targets.values()]
    for path in dict.fromkeys([configuration.path, *named]):
        name = PurePosixPath(os.path.relpath(path.resolve(), place.directory.resolve())).as_posix()
        before = file_at(place.checkout, begun, name) if path.is_file() else None
        after = file_at(place.checkout, until, name) if until else path.read_bytes() if path.is_file() else None
        if before is not None and _rules(before, path == configuration.path) != _rules(
            after, path == configuration.path
        ):
            found.append(name)
    return tuple(found)


def _rules(data: bytes | None, is_configuration: bool) -> object:
    """Of harness.toml its tables of milestones alone; a programme as a whole, as data."""
    try:
        table = tomllib.loads((data or b"").decode("utf-8", "replace"))
    except tomllib.TOMLDecodeError:
        return data
    targets = table.get("targets", {})
    if not is_configuration or not isinstance(targets, dict):
        return table
    return {name: one.get("milestones") for name, one in targets.items() if isinstance(one, dict)}


def _given(checkout: Checkout, head: str, base: str) -> Begun:
    commit = resolve_revision(checkout, base)
    if commit is None:
        raise RefError(f"'{base}' names no commit in {checkout.root}.", hint="Give --base a branch, tag or commit.")
    common = merge_base(checkout, head, commit)
    if common is None:
        return Begun(commit=None, how=f"HEAD and '{_as_text(base)}' have no commit in common here")
    how = "--base" if common == commit else f"where HEAD left --base '{_as_text(base)}'"
    return Begun(commit=common, how=how)


def _claim(place: MilestonePlace, milestone_id: str) -> tuple[Version | None, bool]:
    """The version that took the milestone from not_started, and whether one before it, or the newest, is not_started.

    Of lines of work that were merged the one is followed on which it was begun. A version that cannot be read is
    passed over; only where the newest ones cannot be read they are taken for begun, so that more is judged, not less.
    """
    versions = {one.commit: one for one in versions_of(place.checkout, place.relative(milestone_id))}
    read: dict[str, Status | None] = {}

    def status_of(commit: str) -> Status | None:
        if commit not in read:
            file = file_as_of(place, milestone_id, commit)
            read[commit] = file.status if file else None
        return read[commit]

    def unlikelihood(commit: str) -> int:
        return {None: 1, Status.NOT_STARTED: 2}.get(status_of(commit), 0)

    claim: Version | None = None
    commit = next(iter(versions), None)
    while commit is not None:
        status = status_of(commit)
        if status is Status.NOT_STARTED:
            return claim, True
        if status is not None or claim is None or read[claim.commit] is None:
            claim = versions[commit]
        commit = min(versions[commit].earlier, key=unlikelihood, default=None)
    return claim, False


def _with_claim(place: MilestonePlace, milestone_id: str, claim: Version) -> Begun:
    """Where the branch of the claim left the default one: what lies before the claim there is part of the work.

    But not what completed another milestone on the same branch, nor what came in from the default branch since. On the
    default branch itself it is the commit before the claim.
    """
    checkout = place.checkout
    own = Begun(commit=claim.parent, how=f"the commit before {claim.commit[:12]}, which took it from not_started")
    merged = merge_base_with_default(checkout)
    if own.commit is None or merged is None or merged == own.commit or is_ancestor(checkout, claim.commit, merged):
        return own
    if is_ancestor(checkout, own.commit, merged):
        return Begun(commit=merged, how="the newest commit that HEAD has of the default branch")
    if not is_ancestor(checkout, merged, own.commit):
        return own
    before = _completed_last(place, milestone_id, merged, own.commit)
    how = "the commit that completed the milestone before it on its branch" if before else "where its branch began"
    return Begun(commit=before or merged, how=how)


def _completed_last(place: MilestonePlace, milestone_id: str, since: str, until: str) -> str | None:
    """The newest commit between two that completed another milestone."""
    found: str | None = None
    changed = set(changed_between(place.checkout, since, until))
    for other in place.programme.ids:
        path = place.relative(other)
        if other != milestone_id and path in changed:
            inside = [one for one in versions_of(place.checkout, path) if _is_between(place, one.commit, since, until)]
            files = [(one.commit, file_as_of(place, other, one.commit)) for one in inside]
            newest = next((commit for commit, file in files if file and file.status is Status.COMPLETED), None)
            if newest and (found is None or is_ancestor(place.checkout, found, newest)):
                found = newest
    return found


def _is_between(place: MilestonePlace, commit: str, since: str, until: str) -> bool:
    return bool(is_ancestor(place.checkout, commit, until)) and not is_ancestor(place.checkout, commit, since)


def _without_claim(place: MilestonePlace, milestone_id: str) -> Begun:
    lacking = f"git has no version of {place.relative(milestone_id)} that is not_started"
    if is_shallow(place.checkout):
        return Begun(commit=None, how=f"{lacking}, and not the whole history")
    merged = merge_base_with_default(place.checkout)
    if merged is None:
        return Begun(commit=None, how=f"{lacking}, and HEAD left no default branch")
    return Begun(commit=merged, how=f"where HEAD left the default branch: {lacking}")


def file_as_of(place: MilestonePlace, milestone_id: str, commit: str) -> MilestoneFile | None:
    """A milestone's file as of a commit; None where there was none that can be read."""
    where = place.relative(milestone_id)
    data = file_at(place.checkout, commit, where)
    try:
        return None if data is None else read_milestone(data.decode("utf-8"), where=where, milestone_id=milestone_id)
    except (DocumentError, UnicodeDecodeError):
        return None


def _pinned(place: MilestonePlace, base: str, changed: tuple[str, ...], until: str | None) -> tuple[Finding, ...]:
    """What changed in cargo's files of the dependencies that the programme pins."""
    paths = [one for one in changed if _is_cargos(PurePosixPath(one))]
    if not paths:
        return ()
    before = {_as_text(one): _text(file_at(place.checkout, base, one)) for one in {*paths, *_CARGO_FILES}}
    now = {one: file_at(place.checkout, until, one) if until else _as_it_lies(place, one) for one in paths}
    after = {_as_text(one): _text(data) for one, data in now.items()}
    return pinned_changes(before, after, place.programme.pinned)


def _is_cargos(path: PurePosixPath) -> bool:
    return path.name in _CARGO_FILES or (path.name, path.parent.name) in _CARGO_SETTINGS


def _as_it_lies(place: MilestonePlace, path: str) -> bytes | None:
    file = place.directory / path
    return file.read_bytes() if file.is_file() else None


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "replace")


def _baselines(workspace: Workspace, place: MilestonePlace) -> str:
    """The folder of published recordings, seen from the checkout's directory."""
    folder = workspace.configuration.root.resolve() / BASELINES
    return PurePosixPath(os.path.relpath(folder, place.directory)).as_posix()


def _as_text(name: str) -> str:
    """A name as any document can hold it, whatever bytes it is of."""
    return os.fsencode(name).decode("utf-8", "replace")
