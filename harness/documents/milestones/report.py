"""The final report of a milestone, its commit message, and its pull request by the repository's own template."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from harness.compare.comparison import Comparison, Side
from harness.documents.comparing import describe_side, headline
from harness.documents.escape import code, plain, terminal
from harness.documents.figures import change_text, median_text, shown_unit
from harness.documents.milestones.contract_kpis import kpi_table
from harness.documents.milestones.criteria import criteria_block, criteria_json
from harness.documents.milestones.durations import delta_text, percent_text, trace_text
from harness.documents.milestones.residuals import residuals
from harness.documents.milestones.sources import log_places, source_lines
from harness.markdown.outline import lines_of, newline_of, outside_fences, section
from harness.milestones.document import SCOPE
from harness.milestones.evidence import Evidence, Which
from harness.milestones.figures import Figure, figure_of
from harness.milestones.report import Report
from harness.spans.stored import fits
from harness.units import format_ms

SUMMARY_SLOT = "- Summary: (the author's: what was changed, and why it should be faster)"
PERF_NOTES = "PERF_NOTES"
_MOST_FILES = 200

Validations = Sequence[tuple[str, str]]
"""Commands with their results."""

_RECORDING = re.compile(r"((?:^|/)recordings/[0-9a-f]{16})/.*")
_PLACEHOLDER = re.compile(r"<[^<>]+>")
_UNTICKED = re.compile(r"^(\s*[-*+] )\[ \](?= .*`)")


def to_markdown(report: Report) -> str:
    """The report; the summary is a slot that nobody but the author can fill."""
    evidence = report.evidence
    parts = [
        f"## Milestone {plain(report.milestone.id)}: {plain(report.milestone.title)}",
        "\n".join(_facts(report)),
        f"### Scope\n\n{(report.file.section(SCOPE) or '- (the file has no scope)').strip()}",
        f"### Changed files\n\n{_changed(report)}",
        f"### Optimisation summary\n\n{SUMMARY_SLOT}",
        "\n".join(["### Measured deltas", "", *source_lines(evidence), "", _deltas(evidence)]),
        criteria_block(report.judged),
        f"### Validation\n\n{_validation(report)}",
        f"### Residual bottlenecks\n\n{residuals(evidence)}",
    ]
    return "\n\n".join(parts)


def _facts(report: Report) -> list[str]:
    commit = code(report.commit) if report.commit else "nothing is committed"
    return [
        f"- MILESTONE_ID: {plain(report.milestone.id)}",
        f"- Goal: {plain(report.milestone.goal)}",
        f"- Status: {code(report.file.status.value)}",
        f"- Commit: {commit}",
        f"- Counted from: {plain(report.begun)}",
        *([f"- Check of the milestone's file: **{report.check}**"] if report.check else []),
    ]


def _changed(report: Report) -> str:
    """The changed files; a published recording is one entry."""
    paths = dict.fromkeys(_RECORDING.sub(r"\1/", path) for path in report.changed)
    shown = [f"- {code(path)}" for path in list(paths)[:_MOST_FILES]]
    more = len(paths) - len(shown)
    return "\n".join([*(shown or ["- none"]), *([f"- and {more} more"] if more > 0 else [])])


def _deltas(evidence: Evidence) -> str:
    """Every span that the milestone tracks: the contract's with their verdicts, then what else its Metrics show."""
    if evidence.comparison is None:
        return "This milestone has no base: its Metrics set one."
    return "\n".join([kpi_table(evidence), *(f"- {line}" for line in _other_spans(evidence))])


def _other_spans(evidence: Evidence) -> Iterator[str]:
    """Spans beyond the contract that the milestone's own parts show; nothing is judged of them."""
    places = [(part.benchmark, name) for part in evidence.milestone.metrics for name in part.spans]
    places += [one for part in evidence.milestone.metrics for one in part.headline.items()]
    for benchmark, name in dict.fromkeys(places):
        row = evidence.row(benchmark, name)
        if name not in evidence.contract.kpis and isinstance(row.base, Figure) and isinstance(row.head, Figure):
            change = f"{trace_text(row.base)} -> {trace_text(row.head)}"
            delta = f"{delta_text(row.base, row.head)}, {percent_text(row.base, row.head)}"
            yield f"{plain(benchmark)} {code(name)}: {code(change)} ({code(delta)}), not judged"


def _validation(report: Report) -> str:
    lines = [f"- {code(command)}: {plain(result)}" for command, result in report.validations]
    return "\n".join(lines or ["- nothing was validated"])


def to_json(report: Report) -> dict[str, Any]:
    """The report as data; `markdown` is what the other forms print."""
    comparison = report.evidence.comparison
    recordings = report.evidence.recordings
    return {
        "milestone": report.milestone.id,
        "title": report.milestone.title,
        "commit": report.commit,
        "recordings": {which.value: recording.id for which, recording in recordings.sides},
        "changed": list(report.changed),
        "verdict": comparison.verdict.value if comparison else None,
        "criteria": criteria_json(report.judged),
        "validations": [{"command": command, "result": result} for command, result in report.validations],
        "markdown": to_markdown(report),
    }


def commit_message(report: Report) -> str:
    """A commit message that names the milestone; plain text, so nothing in it is Markdown.

    The reference goes by no label in it: `m8` would name another milestone.
    """
    evidence, milestone = report.evidence, report.milestone
    lines = [f"Milestone {milestone.id}: {milestone.title}", "", milestone.goal, ""]
    if evidence.comparison is not None:
        lines += [describe_side(evidence.comparison.base), describe_side(evidence.comparison.head)]
        if evidence.recordings.reference is not None:
            lines.append(describe_side(Side(ref=Which.REFERENCE.value, recording=evidence.recordings.reference)))
        lines.append(f"verdict: {headline(evidence.comparison)}")
        lines += _message_lines(evidence, evidence.comparison)
    return "\n".join(terminal(line) for line in (*lines, "", f"MILESTONE_ID: {milestone.id}"))


def _message_lines(evidence: Evidence, comparison: Comparison) -> Iterator[str]:
    """Two short lines a KPI that both sides have: its medians, then what may be said of them."""
    other = evidence.against_reference
    for kpi in evidence.contract_kpis(comparison):
        if kpi.base is None or kpi.head is None:
            continue
        medians = f"{median_text(kpi.base, kpi.unit)} -> {median_text(kpi.head, kpi.unit)} {shown_unit(kpi.unit)}"
        said = f"{change_text(kpi)}, {kpi.verdict.value}, n={kpi.base.n}+{kpi.head.n}"
        reference = other.kpi(kpi.benchmark, kpi.kpi) if other else None
        if reference is not None and reference.ratio is not None:
            said += f"; vs {Which.REFERENCE.value} {change_text(reference)}, {reference.verdict.value}"
        yield f"{kpi.benchmark} {kpi.kpi}: {medians}"
        yield f"  {said}"


def baseline_notes(evidence: Evidence) -> str:
    """The PERF_NOTES of a milestone that sets the baseline: the template's bullets, of the one recording there is."""
    head = evidence.recordings.head
    spans = [text for one in evidence.contract.benchmarks for text in _baseline_spans(evidence, one.name)]
    lines = [
        f"- Milestone ID: {plain(evidence.milestone.id)}",
        f"- Baseline trace file: {plain(describe_side(Side(ref=evidence.reference_label, recording=head)))}",
        *(f"  - {line}" for line in log_places(evidence, Which.HEAD)),
        "- Baseline key spans (medians):",
        *(f"  - {line}" for line in spans),
        "- Post-change key spans: this milestone sets the baseline",
        "- Delta summary: nothing to compare",
    ]
    return "\n".join(lines)


def _baseline_spans(evidence: Evidence, benchmark: str) -> Iterator[str]:
    """The contract's KPIs of a benchmark; a missing one with its reason."""
    manifest = evidence.recordings.head.manifest
    if manifest.benchmark(benchmark) is None:
        yield f"{plain(benchmark)}: benchmark not recorded"
        return
    for name in evidence.contract.kpis:
        figure = figure_of(manifest.kpi(benchmark, name))
        if isinstance(figure, Figure):
            said = f"{format_ms(figure.value_ms, figure.step_ms)} ms (n={figure.n})"
        else:
            said = f"missing: {plain(figure.reason)}"
        yield f"{plain(benchmark)} {code(name)}: {said}"


def pull_request(report: Report, template: str | None, perf_notes: str) -> str:
    """The pull request's text: the repository's template with PERF_NOTES filled in and what passed ticked.

    Without a template the report takes its place. A template has no place for the exit criteria, so that their outcomes
    follow PERF_NOTES. `perf_notes` is the rendered part, without its heading.
    """
    if template is None:
        return f"{to_markdown(report)}\n\n## {PERF_NOTES}\n\n{perf_notes}"
    notes = [*perf_notes.split("\n"), "", *criteria_block(report.judged).split("\n")]
    newline = newline_of(template)
    lines = _ticked(lines_of(template), report.validations)
    found = section(lines, PERF_NOTES)
    if found is None:
        return newline.join([*lines, "", f"## {PERF_NOTES}", "", *notes])
    after = lines[found.end :]
    return newline.join([*lines[: found.first], "", *notes, *(["", *after] if after else [])])


def _ticked(lines: list[str], validations: Validations) -> list[str]:
    """A box is ticked where every command that its line names passed, whole or in the template's own placeholders."""
    open_lines = dict(outside_fences(lines))
    return [
        _UNTICKED.sub(r"\1[x]", line) if i in open_lines and _all_passed(line, validations) else line
        for i, line in enumerate(lines)
    ]


def _all_passed(line: str, validations: Validations) -> bool:
    """Several words in a code span are a command, one word only where it is one that was validated."""
    found = [(written, _results(written, validations)) for written in re.findall(r"`([^`]+)`", line)]
    named = [results for written, results in found if results or len(written.split()) > 1]
    return bool(named) and all(results == {"pass"} for results in named)


def _results(written: str, validations: Validations) -> set[str]:
    """What came of the commands that a template means: of `cargo test -p <crate>` those with any words there."""
    words = ["*" if _PLACEHOLDER.fullmatch(word) else word for word in written.split()]
    if set(words) <= {"*"}:
        return set()
    return {result for command, result in validations if fits(" ".join(command.split()), " ".join(words))}
