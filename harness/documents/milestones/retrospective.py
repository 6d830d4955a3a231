"""What milestones published, in the forms that recordings get, beside what the contract's reference says of it.

The published figures and the reference's are of different sessions, so nothing here is a verdict.
"""

from collections.abc import Mapping, Sequence

import msgspec

from harness.documents.escape import code, plain
from harness.documents.figures import ABSENT
from harness.documents.markers import wrap
from harness.documents.milestones.contract_table import contract_table
from harness.documents.milestones.durations import delta_text, is_one_step, percent_text, trace_text
from harness.documents.milestones.span_forms import ONE_STEP, SideLabel, Sides, before_after, reference_delta
from harness.documents.milestones.table_forms import (
    HeadlineRow,
    cell_text,
    gap_ms_text,
    headline_table,
    ratio_text,
    reference_table,
    table_delta,
    table_percent,
    target_gate,
)
from harness.documents.sections import Section
from harness.documents.table import Column, Table, as_markdown
from harness.kpis.contract import Contract, Expected
from harness.milestones.figures import Absent, Figure, SpanRow, figure_of
from harness.milestones.programme import Form
from harness.milestones.published import NOT_AVAILABLE, PublishedGroup, PublishedSpan, Stage
from harness.recording.manifest import KpiRecord, Recording

HEADING = "Retrospective"

_NO_VERDICT = (
    "Everything here against {} is a difference of medians of different sessions, most of them with n=1 or an unknown "
    "n on the published side. Sessions of one program differ, too, so none of it is a verdict."
)
_CHECKED = (
    "Of {} published times, deltas, percentages, ratios and gaps {} come out here to the digit. What one document "
    "prints twice is counted once."
)
_NOT_HERE = (
    "Not on this page: {} published counts ({}), of kernels, syncs, command buffers, allocations and the like. "
    "{} published none to hold them against."
)


class Retrospect(msgspec.Struct, frozen=True, kw_only=True):
    """The published groups, and the recording they are held against with its samples by (benchmark, span)."""

    groups: tuple[PublishedGroup, ...]
    recording: Recording
    contract: Contract
    records: Mapping[tuple[str, str], KpiRecord]

    @property
    def reference_groups(self) -> tuple[PublishedGroup, ...]:
        """What the recording itself was published as."""
        return tuple(one for one in self.groups if one.form is Form.CONTRACT_TABLE)

    @property
    def reference_name(self) -> str:
        """What the recording is called."""
        return milestone_name(self.reference_groups[0].milestone) if self.reference_groups else self.recording.id

    def is_later(self, milestone: str) -> bool:
        """Whether a milestone stands after the one whose figures the recording was published as."""
        order = list(dict.fromkeys(group.milestone for group in self.groups))
        own = self.reference_groups[0].milestone if self.reference_groups else None
        return own in order[: order.index(milestone)]

    def recorded(self, benchmark: str, span: str) -> Figure | Absent:
        """The recording's figure of a span."""
        return figure_of(self.records.get((benchmark, span)))

    def reference(self, group: PublishedGroup, span: str) -> Figure | Absent:
        """The recording's figure that a published one may be held against."""
        profile = next((one.profile for one in self.reference_groups if one.benchmark == group.benchmark), None)
        if group.profile != profile:
            return Absent(f"{group.profile or 'unknown'} profile, the reference's is {profile or 'unknown'}")
        return self.recorded(group.benchmark, span)


class Reproduced(msgspec.Struct, frozen=True, kw_only=True):
    """A published text, and what the forms write in its place."""

    milestone: str
    benchmark: str
    span: str
    stage: Stage
    published: str
    rendered: str


def milestone_name(milestone: str) -> str:
    """A milestone as the retrospective calls it."""
    return f"Milestone {milestone}"


def retrospective_section(retrospect: Retrospect) -> Section:
    """The whole retrospective."""
    milestones = list(dict.fromkeys(group.milestone for group in retrospect.groups))
    parts = [_opening(retrospect), *(_milestone(retrospect, one) for one in milestones)]
    block = wrap("retrospective", retrospect.recording.id, "\n\n".join(parts))
    return Section(kind="retrospective", heading=HEADING, block=block)


def reproductions(retrospect: Retrospect) -> list[Reproduced]:
    """Every published time, delta, percentage, ratio and gap beside what is written here."""
    found = []
    for group in retrospect.groups:
        for span in (*group.spans, *group.residuals):
            rendered = _rendered(span)
            if group.form is Form.CONTRACT_TABLE:
                own = retrospect.recorded(group.benchmark, span.span)
                rendered = {Stage.HEAD: NOT_AVAILABLE if isinstance(own, Absent) else cell_text(own.value_ms)}
            found += [
                Reproduced(
                    milestone=group.milestone,
                    benchmark=group.benchmark,
                    span=span.span,
                    stage=stage,
                    published=text,
                    rendered=rendered.get(stage, ABSENT),
                )
                for stage, text in span.texts.items()
                if stage not in {Stage.LEFT_OUT, Stage.TARGET}
            ]
    return found


def against_reference(retrospect: Retrospect, group: PublishedGroup, span: PublishedSpan) -> str:
    """The change of a published figure from the reference's, in percent; a dash where there is none."""
    reference, head = retrospect.reference(group, span.span), span.residual or span.head
    if isinstance(reference, Absent) or isinstance(head, Absent):
        return ABSENT
    return percent_text(reference, head)


def _rendered(span: PublishedSpan) -> dict[Stage, str]:
    base, head = span.base, span.head
    texts = {} if span.residual is None else {Stage.RESIDUAL: f"~{trace_text(span.residual)}"}
    for stage, figure in ((Stage.BASE, base), (Stage.HEAD, head)):
        if isinstance(figure, Figure):
            texts[stage] = cell_text(figure.value_ms) if span.from_table else trace_text(figure)
    if isinstance(head, Figure):
        extent = ((Stage.P95, head.p95_ms), (Stage.LOW, head.low_ms), (Stage.HIGH, head.high_ms))
        texts |= {stage: cell_text(value_ms) for stage, value_ms in extent}
        texts |= {} if span.target_ms is None else {Stage.GAP: gap_ms_text(head, span.target_ms)}
    if isinstance(base, Figure) and isinstance(head, Figure):
        texts |= {Stage.DELTA: _delta(span, base, head), Stage.PERCENT: _percent(span, base, head)}
        texts[Stage.RATIO] = ratio_text(base, head)
    return texts


def _delta(span: PublishedSpan, base: Figure, head: Figure) -> str:
    return table_delta(base, head) if span.from_table else delta_text(base, head)


def _percent(span: PublishedSpan, base: Figure, head: Figure) -> str:
    return table_percent(base, head, 2) if span.from_table else percent_text(base, head)


def _opening(retrospect: Retrospect) -> str:
    name = plain(retrospect.reference_name)
    left_out = [_left_out_item(retrospect, group, span) for group in retrospect.groups for span in group.spans]
    checked = reproductions(retrospect)
    same = sum(one.published == one.rendered for one in checked)
    other = [
        f"- {plain(milestone_name(one.milestone))}, {plain(one.benchmark)} {code(one.span)}, {one.stage.value}: "
        f"{code(one.published)} as published, {code(one.rendered)} here"
        for one in checked
        if one.published != one.rendered
    ]
    lines = [
        f"What the figures say that were published without {name} beside them:",
        "",
        *filter(None, left_out),
        "",
        _NO_VERDICT.format(name),
        "",
        _CHECKED.format(len(checked), same),
        *(["", "The others:", "", *other] if other else []),
        *_counts(retrospect),
    ]
    return "\n".join(lines)


def _counts(retrospect: Retrospect) -> list[str]:
    """How many counts are no part of the page, and why."""
    counts = [(group.milestone, group.counts) for group in retrospect.groups if group.counts]
    if not counts:
        return []
    each = ", ".join(f"{plain(milestone_name(milestone))}: {count}" for milestone, count in counts)
    total = sum(count for _, count in counts)
    return ["", _NOT_HERE.format(total, each, plain(retrospect.reference_name))]


def _left_out_item(retrospect: Retrospect, group: PublishedGroup, span: PublishedSpan) -> str:
    remark = span.texts.get(Stage.LEFT_OUT)
    if remark is None:
        return ""
    delta = code(span.texts[Stage.DELTA]) if Stage.DELTA in span.texts else "no delta"
    change = code(against_reference(retrospect, group, span))
    where = f"{plain(milestone_name(group.milestone))}, {plain(group.benchmark)} {code(span.span)}"
    return f"- {where}: {delta} published ({plain(remark)}), {change} against {plain(retrospect.reference_name)}"


def _milestone(retrospect: Retrospect, milestone: str) -> str:
    groups = [group for group in retrospect.groups if group.milestone == milestone]
    parts = [f"### {plain(milestone_name(milestone))}"]
    if groups[0].form is Form.CONTRACT_TABLE:
        table = contract_table(retrospect.recording, retrospect.contract, [])
        return "\n\n".join([*parts, table.strip(), as_markdown(_contract_rows(retrospect, groups))])
    if groups[0].form is Form.REFERENCE_TABLE:
        parts.append(_headline(retrospect, groups))
    for group in groups:
        parts += [f"{plain(group.benchmark)}:", *_own_form(retrospect, group)]
    parts += _gates(retrospect, groups)
    parts.append(as_markdown(_comparison(retrospect, groups)))
    notes = [*_residuals(retrospect, groups), *_not_published(retrospect, groups)]
    return "\n\n".join([*parts, *(["\n".join(notes)] if notes else [])])


def _residuals(retrospect: Retrospect, groups: Sequence[PublishedGroup]) -> list[str]:
    """What was published as a bottleneck that is left, with its change from the reference."""
    name = plain(retrospect.reference_name)
    items = [
        f"  - {plain(group.benchmark)} {code(span.span)}: {code(span.texts[Stage.RESIDUAL])}, "
        f"{code(against_reference(retrospect, group, span))} against {name}"
        for group in groups
        for span in group.residuals
    ]
    return ["- Published as residual bottlenecks only, as approximate, n not stated:", *items] if items else []


def _own_form(retrospect: Retrospect, group: PublishedGroup) -> list[str]:
    sides, rows = _sides(retrospect, group), [_row(retrospect, group, span) for span in group.spans]
    if group.form is Form.BEFORE_AFTER:
        return [before_after("", rows, sides)]
    if group.form is Form.REFERENCE_DELTA:
        return [reference_delta("", rows, sides)]
    return [reference_table("", [row for row in rows if isinstance(row.base, Figure)], sides)]


def _headline(retrospect: Retrospect, groups: Sequence[PublishedGroup]) -> str:
    rows = [
        HeadlineRow(benchmark=group.benchmark, span=_row(retrospect, group, span))
        for group in groups
        for span in group.spans
        if Stage.P95 in span.texts
    ]
    return headline_table("", rows, _sides(retrospect, groups[0]))


def _gates(retrospect: Retrospect, groups: Sequence[PublishedGroup]) -> list[str]:
    return [
        f"Target gate, {plain(group.benchmark)}:\n\n"
        + target_gate("", _row(retrospect, group, span), _sides(retrospect, group), span.target_ms)
        for group in groups
        for span in group.spans
        if span.target_ms is not None
    ]


def _sides(retrospect: Retrospect, group: PublishedGroup) -> Sides:
    provenance = retrospect.recording.manifest.provenance
    return Sides(
        base=SideLabel(name=group.reference or "no reference published", n=group.base_n),
        head=SideLabel(name=milestone_name(group.milestone), n=group.head_n),
        reference=SideLabel(
            name=retrospect.reference_name,
            n=retrospect.recording.manifest.protocol.measured,
            recording=retrospect.recording.id,
            commit=provenance.commit,
            dirty=provenance.dirty,
        ),
    )


def _row(retrospect: Retrospect, group: PublishedGroup, span: PublishedSpan) -> SpanRow:
    """The reference is left out where it is the published base itself."""
    is_base = group.reference == retrospect.reference_name and Stage.BASE in span.texts
    reference = None if is_base else retrospect.reference(group, span.span)
    return SpanRow(name=span.span, base=span.base, head=span.head, reference=reference)


def _contract_rows(retrospect: Retrospect, groups: Sequence[PublishedGroup]) -> Table:
    titles = ("as published", "from the recording")
    keys = {(group.benchmark, span.span) for group in groups for span in group.spans}
    rows = [
        (plain(one.benchmark), code(one.span), code(one.published), code(one.rendered))
        for one in reproductions(retrospect)
        if one.milestone == groups[0].milestone and (one.benchmark, one.span) in keys
    ]
    columns = (Column("Benchmark"), Column("Span"), *(Column(title, right=True) for title in titles))
    return Table(columns, tuple(rows))


def _comparison(retrospect: Retrospect, groups: Sequence[PublishedGroup]) -> Table:
    figures = ("base as published", "post", "delta published", "delta rendered", "%")
    against = f"vs {plain(retrospect.reference_name)}"
    columns = (
        Column("Benchmark"),
        Column("Span"),
        *(Column(title, right=True) for title in (*figures, against)),
        Column("note"),
    )
    return Table(columns, tuple(_cells(retrospect, group, span) for group in groups for span in group.spans))


def _cells(retrospect: Retrospect, group: PublishedGroup, span: PublishedSpan) -> tuple[str, ...]:
    rendered = _rendered(span)
    texts = [span.texts.get(stage) for stage in (Stage.BASE, Stage.HEAD, Stage.DELTA)]
    texts += [rendered.get(stage) for stage in (Stage.DELTA, Stage.PERCENT)]
    against = against_reference(retrospect, group, span)
    return (
        plain(group.benchmark),
        code(span.span),
        *(ABSENT if text is None else code(text) for text in texts),
        ABSENT if against == ABSENT else code(against),
        plain("; ".join(_notes(retrospect, group, span))),
    )


def _notes(retrospect: Retrospect, group: PublishedGroup, span: PublishedSpan) -> list[str]:
    base, head, reference = span.base, span.head, retrospect.reference(group, span.span)
    notes = []
    if isinstance(base, Absent):
        notes.append("no base published")
    elif group.reference != retrospect.reference_name and retrospect.is_later(group.milestone):
        notes.append(f"base was not {retrospect.reference_name}")
    unstated = [
        side for side, figure in (("base", base), ("post", head)) if isinstance(figure, Figure) and figure.n is None
    ]
    if unstated:
        notes.append(f"n not stated ({', '.join(unstated)})")
    if isinstance(base, Figure) and isinstance(head, Figure) and is_one_step(base, head):
        notes.append(ONE_STEP)
    if isinstance(reference, Absent):
        notes.append(f"not held against {retrospect.reference_name}: {reference.reason}")
    return notes


def _not_published(retrospect: Retrospect, groups: Sequence[PublishedGroup]) -> list[str]:
    """The contract's spans that a milestone after it says nothing of."""
    if not retrospect.is_later(groups[0].milestone):
        return []
    published = {(group.benchmark, span.span) for group in groups for span in (*group.spans, *group.residuals)}
    expected = [cell for cell in retrospect.contract.cells if cell.expected is Expected.PRESENT]
    lacking: dict[str, list[str]] = {}
    for cell in expected:
        if (cell.benchmark, cell.kpi) not in published:
            lacking.setdefault(cell.benchmark, []).append(code(cell.kpi))
    texts = [f"{plain(benchmark)} {', '.join(names)}" for benchmark, names in lacking.items()]
    return [f"- Of the contract's spans not among these figures: {'; '.join(texts)}"] if texts else []
