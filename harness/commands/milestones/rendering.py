"""`harness milestone metrics` and `criteria`: parts of a milestone's file made from recordings, and put into it."""

import msgspec

from harness.commands.milestones.criteria_evidence import criteria_evidence
from harness.commands.milestones.evidence import choose, gather, recall
from harness.commands.milestones.history import template_of
from harness.commands.milestones.place import MilestonePlace, read_file, write_file
from harness.commands.workspace import Workspace
from harness.documents.markers import find, insert, wrap
from harness.documents.milestones.criteria import criteria_block
from harness.documents.milestones.metrics import METRICS_KIND, metrics_section
from harness.documents.milestones.residuals import residuals
from harness.errors import DocumentError
from harness.markdown.outline import section_text
from harness.milestones.criteria import Judged, judge_criteria, wanted
from harness.milestones.document import METRICS, RESIDUAL_BOTTLENECKS, read_milestone
from harness.milestones.evidence import Evidence, Recordings, name_recordings, named_recordings
from harness.milestones.programme import Milestone

RESIDUALS_KIND = "residuals"
CRITERIA_KIND = "criteria"


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone's file with its rendered parts; `changed` says whether the file was another one before."""

    milestone: Milestone
    evidence: Evidence
    judged: tuple[Judged, ...]
    text: str
    changed: bool


def render_metrics(
    workspace: Workspace, place: MilestonePlace, milestone_id: str, *, base: str | None, head: str | None, write: bool
) -> Rendered:
    """The Metrics part, and what depends on it, into the milestone's file.

    Without refs the recordings that the file names already are taken, so that a second time changes nothing.
    """
    milestone, file = read_file(place, milestone_id)
    where = place.relative(milestone_id)
    named = find(file.text, METRICS_KIND, where=where) if base is None and head is None else None
    ids = named_recordings(named.name) if named else None
    recordings = recall(workspace, ids) if ids else choose(workspace, place.programme, milestone, base=base, head=head)
    evidence = gather_for(workspace, place, milestone, recordings, file.text)
    text = put_metrics(file.text, evidence, where=where)
    judged: tuple[Judged, ...] = ()
    if find(text, CRITERIA_KIND, where=where) is not None:
        judged, text = put_criteria(workspace, place, evidence, text)
    changed = write_file(place, milestone_id, text, before=file.text) if write else text != file.text
    return Rendered(milestone=milestone, evidence=evidence, judged=judged, text=text, changed=changed)


def render_criteria(workspace: Workspace, place: MilestonePlace, milestone_id: str, *, write: bool) -> Rendered:
    """The exit criteria, judged by the recordings that the Metrics part names, right after it."""
    milestone, file = read_file(place, milestone_id)
    evidence = named_evidence(workspace, place, milestone, file.text)
    judged, text = put_criteria(workspace, place, evidence, file.text)
    changed = write_file(place, milestone_id, text, before=file.text) if write else text != file.text
    return Rendered(milestone=milestone, evidence=evidence, judged=judged, text=text, changed=changed)


def named_evidence(workspace: Workspace, place: MilestonePlace, milestone: Milestone, text: str) -> Evidence:
    """The evidence of the recordings that a file's Metrics part names. Raises DocumentError where it names none."""
    where = place.relative(milestone.id)
    named = find(text, METRICS_KIND, where=where)
    ids = named_recordings(named.name) if named else None
    if ids is None:
        raise DocumentError(
            f"{where} names no recordings to judge the exit criteria by.",
            hint=f"'harness milestone metrics {milestone.id}' renders its Metrics part first.",
        )
    return gather_for(workspace, place, milestone, recall(workspace, ids), text)


def gather_for(
    workspace: Workspace, place: MilestonePlace, milestone: Milestone, recordings: Recordings, text: str
) -> Evidence:
    """All that the parts of a file say of these recordings, and what its exit criteria ask for."""
    needed = wanted(milestone, template_criteria(place, milestone, text))
    return gather(workspace, place.programme, milestone, recordings, needed.spans)


def put_metrics(text: str, evidence: Evidence, *, where: str) -> str:
    """A file's text with the Metrics part, and with the residual bottlenecks where it has a heading for them."""
    text = insert(text, METRICS_KIND, metrics_section(evidence).block, heading=METRICS, where=where)
    if section_text(text, RESIDUAL_BOTTLENECKS) is None:
        return text
    left = wrap(RESIDUALS_KIND, name_recordings(evidence), residuals(evidence))
    return insert(text, RESIDUALS_KIND, left, heading=RESIDUAL_BOTTLENECKS, where=where)


def put_criteria(
    workspace: Workspace, place: MilestonePlace, evidence: Evidence, text: str
) -> tuple[tuple[Judged, ...], str]:
    """The exit criteria judged by evidence that was gathered for them, and a file's text with them."""
    milestone = evidence.milestone
    bullets = template_criteria(place, milestone, text)
    needed = wanted(milestone, bullets)
    judged = judge_criteria(bullets, milestone, criteria_evidence(workspace, place, evidence, needed))
    block = wrap(CRITERIA_KIND, name_recordings(evidence), criteria_block(judged))
    where = place.relative(milestone.id)
    return judged, insert(text, CRITERIA_KIND, block, heading=METRICS, where=where, after=METRICS_KIND)


def template_criteria(place: MilestonePlace, milestone: Milestone, text: str) -> tuple[str, ...]:
    """The exit criteria as the milestone was given out, in git; as they stand where git has no such version."""
    where = place.relative(milestone.id)
    template = template_of(place, milestone.id) or text
    return read_milestone(template, where=where, milestone_id=milestone.id).exit_criteria
