"""Is the code that was measured the code that lies here? Figures of another program say nothing of this one."""

from collections.abc import Iterator

from harness.commands.milestones.code_state import CodeState
from harness.commands.milestones.place import MilestonePlace
from harness.commands.workspace import Workspace
from harness.milestones.evidence import Evidence
from harness.milestones.findings import Finding, fails, unclear, warns
from harness.recording.manifest import Recording
from harness.targets.git import resolve_revision

_NAMED = 3


def measured_code(
    workspace: Workspace, place: MilestonePlace, milestone_id: str, head: Recording, until: str | None
) -> Iterator[Finding]:
    """What differs between what the head's recording is of and the files as they lie, documents left out.

    Of a milestone that landed (`until`) its own commit counts.
    """
    code = CodeState(workspace, place, until)
    commit = head.manifest.provenance.commit
    hint = (
        f"Measure it ('harness compare', 'harness run'), then 'harness milestone metrics {milestone_id} --head HEAD'."
    )
    if commit is None:
        yield warns(f"Recording {head.id} does not say which commit was measured.")
        return
    if code.is_lost(commit, dirty=head.manifest.provenance.dirty):
        yield warns(f"Whether recording {head.id} is of the code that landed can no longer be told.")
        return
    if resolve_revision(place.checkout, commit) is None:
        said = f"Recording {head.id} is of commit {commit[:12]}, which is not in this repository"
        yield unclear(f"{said}: whether the figures are of this code cannot be told.", hint=hint)
        return
    changed = code.changed_since(commit)
    if head.manifest.provenance.dirty:
        said = f"Recording {head.id} was measured with uncommitted changes on top of {commit[:12]}"
        yield unclear(f"{said}: whether they are what is committed now cannot be told.", hint=f"Commit them. {hint}")
    elif changed:
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        listed = ", ".join(changed[:_NAMED]) + more
        yield fails(f"The figures are of commit {commit[:12]}; since then changed: {listed}.", hint=hint)


def base_code(workspace: Workspace, place: MilestonePlace, evidence: Evidence, begun: str | None) -> Iterator[Finding]:
    """Whether the base is the code that the milestone's work began from, where it is not the contract's reference."""
    base = evidence.recordings.base
    if base is None or begun is None or evidence.base_stands_for_reference:
        return
    commit = base.manifest.provenance.commit
    if commit is None or resolve_revision(place.checkout, commit) is None:
        yield warns(f"Whether the base, recording {base.id}, is the code that the work began from cannot be told.")
    elif changed := CodeState(workspace, place, begun).changed_since(commit):
        said = f"The base is of commit {commit[:12]}; the work began at {begun[:12]}, which differs in"
        yield warns(f"{said} {changed[0]}{f' and {len(changed) - 1} more' if len(changed) > 1 else ''}.")
