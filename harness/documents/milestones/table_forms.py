"""Spans as tables with two decimals in ms: the headline, against the reference, and the target gate.

Two decimals are the tables' fixed form; what the sources resolve stands below each.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from harness.compare.verdict import Verdict
from harness.documents.escape import code, plain
from harness.documents.figures import ABSENT
from harness.documents.milestones.durations import is_one_step, signed_percent
from harness.documents.milestones.span_forms import (
    ONE_STEP,
    SideLabel,
    Sides,
    against_header,
    against_item,
    n_text,
    reference_of,
    side_text,
    with_title,
)
from harness.documents.table import Column, Table, as_markdown
from harness.milestones.figures import Absent, Figure, SpanRow

_MISSING = "missing"
_WORDS = {Verdict.FASTER: " (speedup)", Verdict.SLOWER: " (regression)", Verdict.SAME: ""}


class HeadlineRow(msgspec.Struct, frozen=True, kw_only=True):
    """The span that speaks for a benchmark."""

    benchmark: str
    span: SpanRow


def headline_table(title: str, rows: Sequence[HeadlineRow], sides: Sides, percent_decimals: int | None = 1) -> str:
    """Each benchmark's headline span after the change, with p95 and range; against the reference below."""
    heads = [(row.span.name, row.span.head) for row in rows]
    columns = (
        Column("Benchmark"),
        Column("Headline span"),
        Column(_median_title(sides.head, heads), right=True),
        Column("p95-style (ms)", right=True),
        Column("min..max (ms)", right=True),
    )
    against = [f"  - {plain(row.benchmark)} {against_item(row.span, sides, percent_decimals)}" for row in rows]
    notes = [
        f"Post-change: {side_text(sides.head)}",
        *(_missing_item(name, head) for name, head in heads if isinstance(head, Absent)),
        "p95-style is the nearest rank: of fewer than 20 runs the largest.",
        "\n".join([against_header(sides.reference or sides.base), *against]),
        *_other_n(heads),
        *_resolution([(name, head.step_ms) for name, head in heads if isinstance(head, Figure)]),
    ]
    return _with_notes(title, Table(columns, tuple(_headline_cells(row) for row in rows)), notes)


def reference_table(title: str, rows: Sequence[SpanRow], sides: Sides, percent_decimals: int | None = 2) -> str:
    """Spans beside the contract's reference, or beside the base where that is it.

    A span that the reference lacks has no row, and its reason stands below.
    """
    reference = sides.reference or sides.base
    pairs = [(row.name, reference_of(row), row.head) for row in rows]
    shown = [(name, base, head) for name, base, head in pairs if isinstance(base, Figure)]
    heads = [(name, head) for name, _, head in shown]
    columns = [
        Column("Span"),
        Column(f"{plain(reference.name)} median (ms)", right=True),
        Column(_median_title(sides.head, heads), right=True),
        Column("Delta (ms)", right=True),
        *([] if percent_decimals is None else [Column("Delta (%)", right=True)]),
    ]
    both = [(name, base, head) for name, base, head in shown if isinstance(head, Figure)]
    one_step = [code(name) for name, base, head in both if is_one_step(base, head)]
    notes = [
        f"Reference: {side_text(reference)}",
        f"Post-change: {side_text(sides.head)}",
        *(
            f"Left out, {plain(reference.name)} has no figure: {_missing_item(name, base)}"
            for name, base, _ in pairs
            if isinstance(base, Absent)
        ),
        *(_missing_item(name, head) for name, head in heads if isinstance(head, Absent)),
        *([f"No more than {ONE_STEP}: {', '.join(one_step)}"] if one_step else []),
        *_other_n(heads),
        *_resolution([(name, max(base.step_ms, head.step_ms)) for name, base, head in both]),
    ]
    table = Table(tuple(columns), tuple(_delta_cells(*one, percent_decimals) for one in shown))
    return _with_notes(title, table, notes)


def target_gate(
    title: str, row: SpanRow, sides: Sides, maximum_ms: float, *, doubt: str = "", verdict: Verdict | None = None
) -> str:
    """How many times as fast as the reference, whether the target is met, and how far away it is.

    `doubt` says why these runs cannot be held against it, if they cannot. `verdict` is what was said of both sides;
    without one, of published figures, the medians speak.
    """
    reference, head, label = reference_of(row), row.head, sides.reference or sides.base
    lines = [
        f"{code(row.name)}, {plain(label.name)} / {plain(sides.head.name)}: {_ratio_item(reference, head, verdict)}",
        f"Target check ({code(f'<= {maximum_ms:.10g}ms')}): {_target_item(head, maximum_ms, doubt)}",
        *([f"Gap: {_gap_item(head, maximum_ms)}"] if isinstance(head, Figure) and not doubt else []),
        *([f"The target: {_share_item(reference, maximum_ms)}"] if isinstance(reference, Figure) else []),
        f"Reference: {side_text(label)}",
        f"Post-change: {side_text(sides.head)}",
        *_resolution(
            [
                (side.name, one.step_ms)
                for side, one in ((label, reference), (sides.head, head))
                if isinstance(one, Figure)
            ]
        ),
    ]
    return with_title(title, _bullets(lines))


def cell_text(value_ms: float) -> str:
    """A time in ms with a table's two decimals."""
    return f"{value_ms:.2f}"


def table_delta(base: Figure, head: Figure) -> str:
    """Head minus base in ms as the table's own figures give it: `+20.00`."""
    delta = _cell(head) - _cell(base)
    return f"{delta:+.2f}" if delta else f"{abs(delta):.2f}"


def table_percent(base: Figure, head: Figure, decimals: int) -> str:
    """The change in percent of base as the table's own figures give it: `-6.51%`."""
    return signed_percent(_cell(base), _cell(head), decimals)


def ratio_text(reference: Figure, head: Figure) -> str:
    """How many times as fast as the reference: `0.992x`."""
    return f"{_cell(reference) / _cell(head):.3f}x" if _cell(head) else ABSENT


def gap_ms_text(head: Figure, maximum_ms: float) -> str:
    """How far a median and its target lie apart, in ms."""
    return f"{abs(_cell(head) - Decimal(cell_text(maximum_ms))):.2f}"


def _ratio_item(reference: Figure | Absent, head: Figure | Absent, verdict: Verdict | None) -> str:
    if isinstance(reference, Absent) or isinstance(head, Absent):
        return "; ".join(f"missing: {plain(one.reason)}" for one in (reference, head) if isinstance(one, Absent))
    change = _cell(head) - _cell(reference)
    by_medians = Verdict.FASTER if change < 0 else Verdict.SLOWER if change else Verdict.SAME
    said = verdict or by_medians
    word = _WORDS.get(said, f" ({said.value})")
    text = f"{cell_text(reference.value_ms)} / {cell_text(head.value_ms)} = {ratio_text(reference, head)}{word}"
    return f"{code(text)}{f' ({ONE_STEP})' if is_one_step(reference, head) else ''}"


def _target_item(head: Figure | Absent, maximum_ms: float, doubt: str) -> str:
    if isinstance(head, Absent):
        return f"**not measurable**: {plain(head.reason)}"
    if doubt:
        return f"**not judged**: {plain(doubt)}"
    return "**met**" if head.value_ms <= maximum_ms else "**not met**"


def _gap_item(head: Figure, maximum_ms: float) -> str:
    above = head.value_ms > maximum_ms
    larger, smaller = (head.value_ms, maximum_ms) if above else (maximum_ms, head.value_ms)
    text = f"{cell_text(larger)} - {cell_text(smaller)} = {gap_ms_text(head, maximum_ms)}ms"
    return f"{code(text)} {'above' if above else 'below'} the target"


def _share_item(reference: Figure, maximum_ms: float) -> str:
    share = f"{maximum_ms / reference.value_ms:.3f}" if reference.value_ms else ABSENT
    return f"{code(f'{cell_text(maximum_ms)} / {cell_text(reference.value_ms)} = {share}')} of the reference"


def _cell(figure: Figure) -> Decimal:
    return Decimal(cell_text(figure.value_ms))


def _headline_cells(row: HeadlineRow) -> tuple[str, ...]:
    head = row.span.head
    if isinstance(head, Absent):
        return plain(row.benchmark), code(row.span.name), code(_MISSING), ABSENT, ABSENT
    extent = f"{cell_text(head.low_ms)}..{cell_text(head.high_ms)}"
    texts = (cell_text(head.value_ms), cell_text(head.p95_ms), extent)
    return plain(row.benchmark), code(row.span.name), *(code(text) for text in texts)


def _delta_cells(name: str, base: Figure, head: Figure | Absent, percent_decimals: int | None) -> tuple[str, ...]:
    if isinstance(head, Absent):
        cells = (code(name), code(cell_text(base.value_ms)), code(_MISSING), ABSENT)
        return cells if percent_decimals is None else (*cells, ABSENT)
    texts = [cell_text(base.value_ms), cell_text(head.value_ms), table_delta(base, head)]
    texts += [] if percent_decimals is None else [table_percent(base, head, percent_decimals)]
    return code(name), *(code(text) for text in texts)


def _median_title(label: SideLabel, heads: Sequence[tuple[str, Figure | Absent]]) -> str:
    """The number of runs stands in the title where all rows have it."""
    found = {one.n for _, one in heads if isinstance(one, Figure)}
    n = f", n={found.pop()}" if len(found) == 1 and None not in found else ""
    return f"{plain(label.name)} median (ms{n})"


def _other_n(heads: Sequence[tuple[str, Figure | Absent]]) -> list[str]:
    """The rows' numbers of runs where they are not all the same, or not stated."""
    figures = [(name, one.n) for name, one in heads if isinstance(one, Figure)]
    if len({n for _, n in figures}) == 1 and figures[0][1] is not None:
        return []
    return [f"{code(name)}: {n_text(n)}" for name, n in figures]


def _missing_item(name: str, figure: Absent) -> str:
    return f"{code(name)}: {_MISSING}: {plain(figure.reason)}"


def _resolution(steps_ms: Iterable[tuple[str, float]]) -> list[str]:
    """What the sources resolve, which the fixed two decimals hide; of a difference the coarser side."""
    names: dict[str, dict[str, None]] = {}
    for name, step_ms in steps_ms:
        names.setdefault(f"{step_ms:.3g} ms" if step_ms else "exact", {})[code(name)] = None
    lines = [f"  - {step}: {', '.join(found)}" for step, found in names.items()]
    return ["\n".join(["Two decimals are the form. What the sources resolve:", *lines])] if lines else []


def _with_notes(title: str, table: Table, notes: Sequence[str]) -> str:
    return with_title(title, f"{as_markdown(table)}\n\n{_bullets(notes)}")


def _bullets(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
