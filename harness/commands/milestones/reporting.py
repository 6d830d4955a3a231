"""`harness milestone report`: the final report of a milestone, its commit message, its pull request."""

from harness.commands.milestones import validating
from harness.commands.milestones.checking import check_file
from harness.commands.milestones.history import begun_at
from harness.commands.milestones.history import gather as gather_changes
from harness.commands.milestones.place import MilestonePlace, read_file
from harness.commands.milestones.rendering import named_evidence, put_criteria
from harness.commands.rendering import perf_notes_of
from harness.commands.workspace import Workspace
from harness.documents.milestones.check import verdict_of
from harness.documents.milestones.report import baseline_notes, pull_request
from harness.documents.milestones.sources import log_places
from harness.documents.milestones.validation import entries_of
from harness.milestones.evidence import Which
from harness.milestones.report import Report
from harness.targets.git import head_commit

PULL_REQUEST_TEMPLATES = tuple(
    f"{folder}{name}"
    for folder in (".github/", "", "docs/")
    for name in ("PULL_REQUEST_TEMPLATE.md", "pull_request_template.md")
)
"""Where hosts of git look for a template, in their order."""


def make_report(workspace: Workspace, place: MilestonePlace, milestone_id: str, *, base: str | None) -> Report:
    """The report of what the milestone's file names. Raises DocumentError where it names no recordings yet."""
    milestone, file = read_file(place, milestone_id)
    evidence = named_evidence(workspace, place, milestone, file.text)
    judged, _text = put_criteria(workspace, place, evidence, file.text)
    begun = begun_at(place, milestone_id, base=base)
    made, _findings = validating.rerender(workspace, place, milestone, file.text, published_only=False)
    entries = entries_of(made or file.text, where=place.relative(milestone_id)) or ()  # as the logs say it
    return Report(
        milestone=milestone,
        file=file,
        commit=head_commit(place.checkout),
        begun=begun.describe(),
        changed=gather_changes(workspace, place, milestone, begun).changed,
        evidence=evidence,
        judged=judged,
        validations=tuple((one.command, one.result) for one in entries),
        check=verdict_of(check_file(workspace, place, milestone, file, base=base).standing),
    )


def make_pull_request(workspace: Workspace, place: MilestonePlace, report: Report) -> str:
    """The pull request's text by the repository's template, its PERF_NOTES filled in from the same recordings."""
    comparison = report.evidence.comparison
    if comparison is None:
        return pull_request(report, _template(place), baseline_notes(report.evidence))
    logs = log_places(report.evidence, Which.BASE), log_places(report.evidence, Which.HEAD)
    notes = perf_notes_of(workspace, comparison, milestone=report.milestone.id, logs=logs)
    return pull_request(report, _template(place), notes.block)


def _template(place: MilestonePlace) -> str | None:
    """The repository's template for pull requests, of the checkout first."""
    roots = dict.fromkeys((place.directory, place.checkout.root))
    paths = [root / name for root in roots for name in PULL_REQUEST_TEMPLATES]
    found = next((path for path in paths if path.is_file()), None)
    return found.read_bytes().decode("utf-8", errors="replace") if found else None
