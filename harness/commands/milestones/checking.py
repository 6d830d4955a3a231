"""`harness milestone check`: a milestone's file held against everything that it was made of, and against git."""

from collections.abc import Iterator

import msgspec

from harness.commands.milestones import validating
from harness.commands.milestones.history import begun_at, gather, landed_at, rules_changed, template_of
from harness.commands.milestones.measured_code import base_code, measured_code
from harness.commands.milestones.place import MilestonePlace, read_file
from harness.commands.milestones.rendering import template_criteria
from harness.commands.milestones.rerendering import rerender
from harness.commands.milestones.stored_evidence import evidence_findings
from harness.commands.workspace import Workspace
from harness.documents.markers import find
from harness.documents.milestones.validation import KIND as VALIDATION_KIND
from harness.markdown.outline import section_text
from harness.milestones.changes import judge_changes
from harness.milestones.document import METRICS, RESIDUAL_BOTTLENECKS, VALIDATION_LOG, MilestoneFile, Status
from harness.milestones.drift import drift
from harness.milestones.evidence import Evidence
from harness.milestones.findings import Finding, Severity, fails, worst
from harness.milestones.programme import Milestone
from harness.milestones.required_runs import required_runs
from harness.milestones.thresholds import threshold_findings


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found; `counted_from` is the commit that changes are counted from, and how that was found."""

    milestone: Milestone
    status: Status
    counted_from: str
    findings: tuple[Finding, ...]
    evidence: Evidence | None

    @property
    def standing(self) -> Severity | None:
        """The gravest finding; None where there is nothing to say, WARNS where the document holds all the same."""
        return worst(self.findings)


def check_milestone(workspace: Workspace, place: MilestonePlace, milestone_id: str, *, base: str | None) -> Checked:
    """The check of a milestone's file as it lies; `base` is a revision that changes are counted from.

    Raises DocumentError for a file that is missing or malformed.
    """
    milestone, file = read_file(place, milestone_id)
    return check_file(workspace, place, milestone, file, base=base)


def check_file(
    workspace: Workspace, place: MilestonePlace, milestone: Milestone, file: MilestoneFile, *, base: str | None
) -> Checked:
    """The check of a file's text, wherever it is from. What is completed must be in the repository, all of it."""
    published = file.status is Status.COMPLETED
    evidence, drifted = rerender(workspace, place, milestone, file.text)
    begun = begun_at(place, milestone.id, base=base)
    until = landed_at(place, milestone.id) if published else None
    findings = [
        *drifted,
        *(evidence_findings(workspace, place, evidence, published=published) if evidence else ()),
        *(required_runs(evidence) if evidence else ()),
        *_validation(workspace, place, milestone, file, until),
        *_thresholds(place, milestone, file),
        *_rules(workspace, place, begun.commit, until),
        *judge_changes(gather(workspace, place, milestone, begun, until=until)),
        *(measured_code(workspace, place, milestone.id, evidence.recordings.head, until) if evidence else ()),
        *(base_code(workspace, place, evidence, begun.commit) if evidence else ()),
    ]
    return Checked(
        milestone=milestone,
        status=file.status,
        counted_from=begun.describe(),
        findings=tuple(dict.fromkeys(findings)),
        evidence=evidence,
    )


def _validation(
    workspace: Workspace, place: MilestonePlace, milestone: Milestone, file: MilestoneFile, until: str | None
) -> Iterator[Finding]:
    published = file.status is Status.COMPLETED
    made, findings = validating.rerender(workspace, place, milestone, file.text, published_only=published, until=until)
    yield from findings
    stands = find(file.text, VALIDATION_KIND, where=place.relative(milestone.id))
    again = find(made, VALIDATION_KIND, where="") if made else None
    if stands is not None and again is not None:
        if stands.name != again.name:
            yield fails(f"Validation Log, line {stands.first + 1}: its marker is not the one that was written.")
        yield from drift("Validation Log", stands.body, again.body, first_line=stands.first + 2)


def _rules(workspace: Workspace, place: MilestonePlace, begun: str | None, until: str | None) -> Iterator[Finding]:
    """The programme itself, and where harness.toml looks for it, are not the milestone's to change."""
    for path in rules_changed(workspace, place, begun, until) if begun else ():
        yield fails(f"{path} changed what the programme asks for.", hint="Leave the rules to a change of their own.")


def _thresholds(place: MilestonePlace, milestone: Milestone, file: MilestoneFile) -> Iterator[Finding]:
    where, template = place.relative(milestone.id), template_criteria(place, milestone, file.text)
    yield from threshold_findings(template, file.exit_criteria, where=where)
    given_out = template_of(place, milestone.id) or file.text
    for title in (METRICS, VALIDATION_LOG, RESIDUAL_BOTTLENECKS):
        if section_text(given_out, title) is not None and file.section(title) is None:
            yield fails(f"{where} has lost its heading '{title}'.", hint=f"Put '## {title}' back.")
