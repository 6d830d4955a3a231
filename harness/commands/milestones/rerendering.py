"""A milestone's rendered parts made again from the recordings that they name, and held against the file."""

from collections.abc import Iterator

from harness.commands.milestones.evidence import labelled_ids, recall
from harness.commands.milestones.place import MilestonePlace
from harness.commands.milestones.rendering import (
    CRITERIA_KIND,
    RESIDUALS_KIND,
    gather_for,
    put_criteria,
    put_metrics,
    template_criteria,
)
from harness.commands.milestones.stored_evidence import recording_findings
from harness.commands.workspace import Workspace
from harness.documents.markers import find
from harness.documents.milestones.metrics import METRICS_KIND
from harness.documents.milestones.validation import KIND as VALIDATION_KIND
from harness.errors import DocumentError, StoreError
from harness.markdown.outline import stands_under
from harness.milestones.document import METRICS, RESIDUAL_BOTTLENECKS, VALIDATION_LOG
from harness.milestones.drift import drift
from harness.milestones.evidence import Evidence, named_recordings
from harness.milestones.findings import Finding, fails, unclear
from harness.milestones.programme import Milestone
from harness.milestones.stated import read_criterion
from harness.targets.history import is_shallow

_FETCH = "Fetch the whole history, as with `git fetch --unshallow`."
_HEADINGS = {
    METRICS_KIND: METRICS,
    CRITERIA_KIND: METRICS,
    RESIDUALS_KIND: RESIDUAL_BOTTLENECKS,
    VALIDATION_KIND: VALIDATION_LOG,
}
_TITLES = {METRICS_KIND: "Metrics", RESIDUALS_KIND: "Residual Bottlenecks", CRITERIA_KIND: "Exit criteria"}


def rerender(
    workspace: Workspace, place: MilestonePlace, milestone: Milestone, text: str
) -> tuple[Evidence | None, tuple[Finding, ...]]:
    """The evidence behind a file's rendered parts, None where it cannot be had, and every place that differs."""
    where = place.relative(milestone.id)
    block = find(text, METRICS_KIND, where=where)
    hint = f"'harness milestone metrics {milestone.id}' renders it."
    if block is None:
        return None, (fails(f"{where} has no rendered Metrics.", hint),)
    ids = named_recordings(block.name)
    if ids is None:
        return None, (fails(f"{where}: the marker of its Metrics names no recordings.", hint),)
    cut_off: list[Finding] = []
    try:
        recordings = recall(workspace, ids)
        if altered := tuple(recording_findings(workspace, recordings, published=False)):
            return None, altered  # nothing is read of what somebody may have put there
        evidence = gather_for(workspace, place, milestone, recordings, text)
        made = put_metrics(text, evidence, where=where)
        if is_shallow(place.checkout):
            cut_off.append(
                unclear("The exit criteria are not made again: their template may lie before this clone.", _FETCH)
            )
        elif _has_criteria(place, milestone, text):
            _judged, made = put_criteria(workspace, place, evidence, made)
    except (StoreError, DocumentError) as error:
        return None, (fails(error.message, error.hint),)
    findings = [
        *cut_off,
        *_differences(text, made, milestone, where),
        *_places(text, where),
        *_reference(workspace, place, evidence),
    ]
    return evidence, tuple(findings)


def _places(text: str, where: str) -> Iterator[Finding]:
    """Every part must stand where a reader looks for it."""
    for kind, heading in _HEADINGS.items():
        block = find(text, kind, where=where)
        if block is not None and not stands_under(text, block.first, heading):
            yield fails(f"{where}, line {block.first + 1}: the part '{kind}' does not stand below '## {heading}'.")


def _reference(workspace: Workspace, place: MilestonePlace, evidence: Evidence) -> Iterator[Finding]:
    """The recording that the document calls the contract's reference must be one that its label means, or meant."""
    recordings, label = evidence.recordings, place.programme.reference
    if recordings.base is None:
        return
    known = labelled_ids(workspace, label, recordings.head.manifest.target)
    said = recordings.base if evidence.base_is_reference else recordings.reference
    if said is not None and said.id not in known:
        yield fails(
            f"The Metrics take recording {said.id} for {label}, which that label never named for this target.",
            hint=f"'harness milestone metrics {evidence.milestone.id}' with --base and --head chooses anew.",
        )
    elif said is None and known:
        yield fails(
            f"The Metrics say that no recording was labelled {label} for this target, but there is one.",
            hint=f"'harness milestone metrics {evidence.milestone.id}' with --base and --head shows it.",
        )


def _has_criteria(place: MilestonePlace, milestone: Milestone, text: str) -> bool:
    """Whether there is a part with judged criteria, or anything to judge."""
    if find(text, CRITERIA_KIND, where=place.relative(milestone.id)) is not None or milestone.criteria:
        return True
    return any(read_criterion(one).names_measure for one in template_criteria(place, milestone, text))


def _differences(text: str, made: str, milestone: Milestone, where: str) -> Iterator[Finding]:
    for kind, title in _TITLES.items():
        stands, again = find(text, kind, where=where), find(made, kind, where=where)
        if again is None:
            continue
        if stands is None:
            verb = "criteria" if kind == CRITERIA_KIND else "metrics"
            yield fails(f"{where} has no rendered {title}.", f"'harness milestone {verb} {milestone.id}' renders it.")
            continue
        if stands.name != again.name:
            yield fails(f"{title}, line {stands.first + 1}: the marker names other recordings than the Metrics.")
        yield from drift(title, stands.body, again.body, first_line=stands.first + 2)
