"""`harness milestone complete`: a milestone that holds gets its evidence published and its dates written down."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.commands.milestones.checking import check_file
from harness.commands.milestones.evidence import tag_of
from harness.commands.milestones.place import MilestonePlace, read_file, write_file
from harness.commands.milestones.preflight import owner_of
from harness.commands.milestones.rendering import put_criteria
from harness.commands.milestones.validation_logs import publish_logs
from harness.commands.publishing import copy_to_baselines, label_in_baselines, write_logs
from harness.commands.workspace import Workspace
from harness.documents.milestones.validation import entries_of, with_acceptance
from harness.errors import DocumentError
from harness.milestones.answers import Outcome
from harness.milestones.completion import Completion
from harness.milestones.document import Key, MilestoneFile, Status, read_milestone, with_values
from harness.milestones.evidence import Evidence
from harness.milestones.findings import Finding, Severity, fails, worst
from harness.milestones.programme import Milestone
from harness.targets.git import listed_files

_REFUSES = {Severity.FAILS, Severity.UNCLEAR}


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """Commands whose vacuous result somebody takes, and why."""

    commands: tuple[str, ...] = ()
    reason: str = ""


def complete(  # noqa: PLR0913 (the milestone, when and by whom, and what is taken as it is)
    workspace: Workspace,
    place: MilestonePlace,
    milestone_id: str,
    *,
    today: str,
    base: str | None,
    owner: str | None,
    acceptance: Acceptance,
) -> Completion:
    """Checks, publishes, checks what was published, and only then sets status and dates.

    Where the first check does not hold nothing is written at all, where the second does not the file stays as it is.

    Raises DocumentError for a milestone that nobody began, and for an acceptance without a reason.
    """
    milestone, file = read_file(place, milestone_id)
    if file.status is Status.COMPLETED:
        return Completion(milestone=milestone, was_completed=True)
    if file.status is not Status.IN_PROGRESS:
        raise DocumentError(
            f"Milestone {milestone_id} is {file.status.value}, so it cannot be completed.",
            hint=f"'harness milestone start {milestone_id}' claims it.",
        )
    text, where = _accepted(place, milestone, file, owner, acceptance), place.relative(milestone_id)
    accepted = read_milestone(text, where=where, milestone_id=milestone_id)
    checked = check_file(workspace, place, milestone, accepted, base=base)
    if checked.standing in _REFUSES or checked.evidence is None:
        return Completion(milestone=milestone, findings=checked.findings)
    judged, _text = put_criteria(workspace, place, checked.evidence, text)
    published = _publish(workspace, place, milestone, checked.evidence, text)
    values = {Key.STATUS: Status.COMPLETED.value, Key.COMPLETED: today, Key.LAST_UPDATED: today}
    finished = read_milestone(with_values(accepted, values, where=where), where=where, milestone_id=milestone_id)
    again = check_file(workspace, place, milestone, finished, base=base)  # now of what lies in the repository alone
    findings = (*again.findings, *_ignored(place, published))
    holds = worst(findings) not in _REFUSES
    if holds:
        write_file(place, milestone_id, finished.text, before=file.text)
    shown = tuple(str(path) for path in published)
    unmet = tuple(one for one in judged if one.outcome is not Outcome.MET)
    return Completion(
        milestone=milestone, completed=holds, findings=findings, published=shown, open_criteria=unmet if holds else ()
    )


def _accepted(
    place: MilestonePlace, milestone: Milestone, file: MilestoneFile, owner: str | None, acceptance: Acceptance
) -> str:
    """The file's text with the vacuous results that are taken as they are."""
    text, where = file.text, place.relative(milestone.id)
    if not acceptance.commands:
        return text
    if not acceptance.reason.strip():
        raise DocumentError("A vacuous result is taken only with a reason.", hint="Say it with --reason TEXT.")
    who = owner_of(place, owner or file.value(Key.OWNER) or None)
    for command in acceptance.commands:
        text = with_acceptance(text, command, owner=who, reason=acceptance.reason, where=where)
    return text


def _ignored(place: MilestonePlace, published: tuple[Path, ...]) -> Iterator[Finding]:
    """What git would leave out of a commit although the milestone's file names it."""
    root = place.checkout.root.resolve()
    kept = {path.resolve() for path in listed_files(root)}
    files = [file for path in published for file in ((path, *path.rglob("*")) if path.is_dir() else (path,))]
    inside = [file.resolve() for file in files if file.is_file() and file.resolve().is_relative_to(root)]
    for file in [one for one in inside if one not in kept]:
        yield fails(
            f"git ignores {file.relative_to(root)}, which the milestone's file names.",
            hint="Add an exception to .gitignore: what a document names must be in the repository.",
        )


def _publish(
    workspace: Workspace, place: MilestonePlace, milestone: Milestone, evidence: Evidence, text: str
) -> tuple[Path, ...]:
    """Everything that the file names, into the repository."""
    recordings = evidence.recordings
    written = [copy_to_baselines(workspace, one) for one in recordings.everything]
    reference = recordings.base if evidence.base_is_reference else recordings.reference
    if reference is not None:
        written.append(label_in_baselines(workspace, place.programme.reference, reference))
    folder = place.directory / place.logs
    for which, recording in recordings.sides:
        written += write_logs(workspace, recording, folder, tag_of(place.programme, milestone, recordings, which))
    entries = entries_of(text, where=place.relative(milestone.id)) or ()
    written += publish_logs(workspace, place, [one.path for one in entries])
    return tuple(dict.fromkeys(written))
