"""Is the base of a milestone the state that its work began from? A gain over anything else is no gain of the work."""

from harness.commands.milestones.history import file_as_of
from harness.commands.milestones.place import MilestonePlace
from harness.milestones.document import Status
from harness.milestones.programme import Milestone
from harness.recording.manifest import Recording
from harness.targets.git import resolve_revision

_SHOWN_DIGITS = 12


def base_doubt(place: MilestonePlace, milestone: Milestone, base: Recording | None) -> str:
    """Why a base is not what the milestone's own gain is counted from; empty where it is.

    Its commit must hold the combined state of the milestones that come first, as their files of that commit say.
    """
    if base is None:
        return "there is no base"
    provenance = base.manifest.provenance
    if provenance.commit is None:
        return f"recording {base.id}, the base, does not state its commit"
    where = f"commit {provenance.commit[:_SHOWN_DIGITS]} of the base"
    if provenance.dirty:
        return f"the base was measured with uncommitted changes on top of {provenance.commit[:_SHOWN_DIGITS]}"
    if resolve_revision(place.checkout, provenance.commit) is None:
        return f"{where} is not in this repository"
    for other in milestone.after:
        file = file_as_of(place, other, provenance.commit)
        if file is None or file.status is not Status.COMPLETED:
            status = file.status.value if file else "not there"
            return f"{where} is not the combined state that comes first: milestone {other} is {status} in it"
    return ""
