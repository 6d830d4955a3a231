"""Where the time went, as JSON, terminal text and Markdown."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from harness.compare.counters import CounterComparison, CounterSide, Evidence
from harness.compare.explanation import Explanation, Kind, RootExplanation, SpanRow, SpanSide, SpanTime
from harness.compare.verdict import Verdict
from harness.documents.escape import MARKDOWN, TERMINAL, Quoting, fenced, plain, terminal
from harness.documents.figures import ABSENT
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.units import NS_PER_MS, format_ms, format_ratio_change, written_step_ms

_MOST_MOVERS = 15
_NAMED = (Verdict.FASTER, Verdict.SLOWER)
_HOW_TO_READ = (
    "Δself is the change of a span's own time, without its children. All of them add up to Δroot but for the residual, "
    "since medians do not add."
)

_MOST_TREE_ROWS = 100
"""In a document; a terminal shows all."""

_LEVELS_ON_A_TERMINAL = 2
"""The tree right below says where in it they are."""


def as_json(explanation: Explanation) -> dict[str, Any]:
    """One benchmark's part of the pinned JSON form of `harness compare --explain`; `row` and `movers` count from 0."""
    return {
        "benchmark": explanation.benchmark,
        "absent": explanation.absent or None,
        "unjudged": explanation.unjudged or None,
        "base_runs": explanation.base_runs,
        "head_runs": explanation.head_runs,
        "tests": explanation.tests,
        "runs_to_name": explanation.runs_to_name,
        "roots": [_root_json(explanation, root) for root in explanation.roots],
        "rows": [_row_json(row) for row in explanation.rows],
        "counters": [_counter_json(one) for one in explanation.counters],
        "notes": list(explanation.notes),
    }


def _root_json(explanation: Explanation, root: RootExplanation) -> dict[str, Any]:
    return {
        "row": root.row,
        "name": explanation.rows[root.row].shown.name,
        "base_ms": _ms(root.base.median_ns) if root.base else None,
        "head_ms": _ms(root.head.median_ns) if root.head else None,
        "delta_ms": _ms(root.delta_ns),
        "explained_ms": _ms(root.explained_ns),
        "residual_ms": _ms(root.residual_ns),
        "coverage_ratio": root.coverage_ratio,
        "movers": list(root.movers),
    }


def _row_json(row: SpanRow) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "depth": row.depth,
        "base": _side_json(row.base),
        "head": _side_json(row.head),
        "delta_ms": _ms(row.delta_ns),
        "delta_self_ms": _ms(row.delta_self_ns),
        "ratio": row.ratio,
        "ratio_low": row.ratio_low,
        "ratio_high": row.ratio_high,
        "verdict": row.verdict.value if row.verdict else None,
        "reason": row.reason,
    }


def _side_json(side: SpanSide | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "name": side.name,
        "path": list(side.path),
        "fields": [list(pair) for pair in side.fields],
        "time": _time_json(side.time),
        "self_time": _time_json(side.self_time),
    }


def _time_json(time: SpanTime | None) -> dict[str, Any] | None:
    return None if time is None else {"ms": _ms(time.median_ns), "n": time.n, "step_ms": _ms(time.step_ns)}


def _counter_json(one: CounterComparison) -> dict[str, Any]:
    return {
        "source": one.source,
        "name": one.name,
        "evidence": one.evidence.value,
        "base": _counted_json(one.base),
        "head": _counted_json(one.head),
        "change": one.change.value if one.change else None,
    }


def _counted_json(side: CounterSide | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"median": side.median, "low": side.low, "high": side.high, "n": side.n, "exact": side.is_exact}


def _ms(ns: float | None) -> float | None:
    return None if ns is None else ns / NS_PER_MS


def to_text(explanation: Explanation) -> str:
    """For a terminal: the sums, the biggest movers, the tree, the counters."""
    if explanation.absent:
        return terminal(f"{explanation.benchmark}: not explained: {explanation.absent}")
    lines = [terminal(_title(explanation)), *(terminal(one) for one in _sum_lines(explanation))]
    movers = movers_table(explanation, TERMINAL, levels=_LEVELS_ON_A_TERMINAL)
    lines += ["", as_text(movers)] if movers.rows else []
    lines += ["", as_text(tree_table(explanation, explanation.rows))]
    if explanation.counters:
        lines += ["", as_text(counters_table(explanation.counters, TERMINAL))]
    return "\n".join([*lines, "", *(terminal(note) for note in notes_of(explanation))])


def to_markdown(explanation: Explanation) -> str:
    """For a pull request: the sums, the biggest movers, the tree, the counters."""
    if explanation.absent:
        return f"**{plain(explanation.benchmark)}**: not explained: {plain(explanation.absent)}"
    lines = [f"**{plain(_title(explanation))}**", "", *(f"- {plain(one)}" for one in _sum_lines(explanation))]
    movers = movers_table(explanation, MARKDOWN)
    lines += ["", as_markdown(movers)] if movers.rows else []
    tree, left_out = _main_rows(explanation.rows)
    lines += ["", fenced(as_text(tree_table(explanation, tree)))]
    lines += ["", f"{left_out} spans that moved less are left out of the tree."] if left_out else []
    if explanation.counters:
        lines += ["", as_markdown(counters_table(explanation.counters, MARKDOWN))]
    return "\n".join([*lines, "", *(f"- {plain(note)}" for note in notes_of(explanation))])


def _title(explanation: Explanation) -> str:
    return f"{explanation.benchmark}: where the time went, {explanation.base_runs} + {explanation.head_runs} runs"


def _sum_lines(explanation: Explanation) -> list[str]:
    """One sum a tree; they are numbered where they share a name."""
    return [f"{_label(explanation.rows[one.row])}: {sum_text(one)}" for one in explanation.roots]


def sum_text(root: RootExplanation) -> str:
    """Δroot = Σ Δself + residual, in steps of the root's digits; what is written adds up, too."""
    if root.delta_ns is None or root.residual_ns is None:
        return "never ended on a side, so there is nothing to add up"
    step = _written_step_ns(root.base, root.head)
    delta, explained = (_in_steps(ns, step) for ns in (root.delta_ns, root.explained_ns))
    figures = [_signed(ns, step) for ns in (delta, explained, delta - explained)]
    covered = "" if root.coverage_ratio is None else f", coverage {math.floor(root.coverage_ratio * 100)} %"
    return f"Δroot {figures[0]} ms = Σ Δself {figures[1]} ms + residual {figures[2]} ms{covered}"


def movers_table(explanation: Explanation, quote: Quoting, *, levels: int | None = None) -> Table:
    """The spans whose own time changed most, over all trees of the benchmark; those called faster or slower first.

    Only the last `levels` names of their paths are written, where that is given.
    """
    rows = explanation.rows
    moved = dict.fromkeys(row for root in explanation.roots for row in root.movers if _is_written(rows[row]))
    order = sorted(moved, key=lambda row: (rows[row].verdict not in _NAMED, -abs(rows[row].delta_self_ns)))
    columns = (
        Column("biggest movers"),
        Column("Δself ms", right=True),
        Column("base self ms", right=True),
        Column("head self ms", right=True),
        Column("change", right=True),
        Column("interval", right=True),
        Column("verdict"),
    )
    return Table(columns, tuple(_mover(rows[row], quote, levels) for row in order[:_MOST_MOVERS]))


def _is_written(row: SpanRow) -> bool:
    """Whether the change is more than nothing in the digits that are written."""
    return float(_delta_self(row)) != 0


def _mover(row: SpanRow, quote: Quoting, levels: int | None) -> tuple[str, ...]:
    interval = ABSENT
    if row.ratio_low is not None and row.ratio_high is not None:
        interval = f"{format_ratio_change(row.ratio_low)} … {format_ratio_change(row.ratio_high)}"
    return (
        quote.name(_label(row, levels)),
        _delta_self(row),
        *(_self_text(side) for side in (row.base, row.head)),
        format_ratio_change(row.ratio) if row.ratio is not None else ABSENT,
        interval,
        quote.prose(_verdict_text(row)),
    )


def _verdict_text(row: SpanRow) -> str:
    words = [row.kind.value] if row.kind in {Kind.NEW, Kind.GONE} else []
    words += [row.verdict.value] if row.verdict else []
    return " ".join(words) or ABSENT


def _label(row: SpanRow, levels: int | None = None) -> str:
    """The path, or the end of it, with the span's fields."""
    path = row.shown.path
    shown = path if levels is None or len(path) <= levels else ("…", *path[-levels:])
    return " > ".join(shown) + _fields(row.shown)


def _fields(side: SpanSide) -> str:
    return "".join(f" {key}={value}" for key, value in side.fields)


def _main_rows(rows: Sequence[SpanRow]) -> tuple[list[SpanRow], int]:
    """The spans that moved most with all that enclose them, in order, and how many are left out."""
    above: list[int] = []
    parents: list[int | None] = []
    for index, row in enumerate(rows):
        del above[row.depth :]
        parents.append(above[-1] if above else None)
        above.append(index)
    kept: set[int] = set()
    for mover in sorted(range(len(rows)), key=lambda index: -abs(rows[index].delta_self_ns)):
        if len(kept) >= _MOST_TREE_ROWS:
            break
        span: int | None = mover
        while span is not None and span not in kept:
            kept.add(span)
            span = parents[span]
    return [rows[index] for index in sorted(kept)], len(rows) - len(kept)


def tree_table(explanation: Explanation, rows: Sequence[SpanRow]) -> Table:
    """Rows of the aligned trees, indented."""
    columns = (
        Column("span"),
        Column("base ms", right=True),
        Column("head ms", right=True),
        Column("Δ ms", right=True),
        Column("Δself ms", right=True),
        Column("remarks"),
    )
    return Table(columns, tuple(_tree_row(row, explanation) for row in rows))


def _tree_row(row: SpanRow, explanation: Explanation) -> tuple[str, ...]:
    side = row.shown
    step = _written_step_ns(*(one.time for one in (row.base, row.head) if one))
    return (
        "  " * row.depth + side.path[-1] + _fields(side),
        *(_time_text(one.time) if one else "" for one in (row.base, row.head)),
        ABSENT if row.delta_ns is None else _signed(row.delta_ns, step),
        _delta_self(row),
        "; ".join(_remarks(row, explanation)),
    )


def _remarks(row: SpanRow, explanation: Explanation) -> Iterator[str]:
    if row.verdict in _NAMED and row.verdict is not None and row.ratio is not None:
        yield f"{row.verdict.value} {format_ratio_change(row.ratio)}"
    if row.kind in {Kind.NEW, Kind.GONE}:
        yield row.kind.value
    if row.kind is Kind.RENAMED and row.base:
        yield f"renamed, was {row.base.name}"
    if row.kind is Kind.MOVED and row.base:
        yield f"moved, was {' > '.join(row.base.path)}"
    if row.base and row.head and row.base.fields != row.head.fields:
        yield f"was{_fields(row.base) or ' without fields'}"
    for which, side, runs in (
        ("base", row.base, explanation.base_runs),
        ("head", row.head, explanation.head_runs),
    ):
        known = side.time.n if side and side.time else 0
        if side and known < runs:
            yield f"in {known} of {runs} {which} runs"


def _time_text(time: SpanTime | None) -> str:
    return ABSENT if time is None else format_ms(time.median_ns / NS_PER_MS, time.step_ns / NS_PER_MS)


def _self_text(side: SpanSide | None) -> str:
    if side is None or side.self_time is None:
        return ABSENT
    ns, step = side.self_time.median_ns, _written_step_ns(side.self_time)
    return ("-" if ns < 0 else "") + format_ms(abs(ns) / NS_PER_MS, step / NS_PER_MS)


def _delta_self(row: SpanRow) -> str:
    times = (side.self_time for side in (row.base, row.head) if side)
    return _signed(row.delta_self_ns, _written_step_ns(*times))


def _written_step_ns(*times: SpanTime | None) -> float:
    """The coarser of the steps in which these times are written; what is taken from them has no more digits."""
    steps = [
        written_step_ms(abs(one.median_ns) / NS_PER_MS, one.step_ns / NS_PER_MS) for one in times if one is not None
    ]
    return max(steps, default=0.0) * NS_PER_MS


def _in_steps(ns: float, step_ns: float) -> float:
    """Rounded to the digits that are written."""
    if step_ns <= 0:
        return ns
    digit_ns = 10.0 ** round(math.log10(step_ns))
    return round(ns / digit_ns) * digit_ns


def _signed(ns: float, step_ns: float) -> str:
    figure = format_ms(abs(ns) / NS_PER_MS, step_ns / NS_PER_MS)
    return ("-" if ns < 0 and float(figure) else "+") + figure


def counters_table(counters: Sequence[CounterComparison], quote: Quoting) -> Table:
    """What was counted on both sides."""
    columns = (
        Column("counter"),
        Column("base", right=True),
        Column("head", right=True),
        Column("Δ", right=True),
        Column("change"),
        Column("read from"),
    )
    return Table(columns, tuple(_counter_row(one, quote) for one in counters))


def _counter_row(one: CounterComparison, quote: Quoting) -> tuple[str, ...]:
    name = one.name if one.evidence is Evidence.WORKLOAD else f"{one.source} {one.name}"
    both = one.base is not None and one.head is not None and one.change is not None
    return (
        quote.name(name),
        _counted(one.base),
        _counted(one.head),
        f"{one.head.low - one.base.low:+d}" if both and one.head and one.base else ABSENT,
        one.change.value if one.change else "not the same every run",
        one.evidence.value,
    )


def _counted(side: CounterSide | None) -> str:
    if side is None:
        return ABSENT
    if side.low == side.high:
        value = str(side.low)
    else:
        value = f"{side.median:g} ({side.low} … {side.high})" if side.median % 1 else _ranged(side)
    return value if side.n == side.runs else f"{value} in {side.n} of {side.runs} runs"


def _ranged(side: CounterSide) -> str:
    return f"{int(side.median)} ({side.low} … {side.high})"


def notes_of(explanation: Explanation) -> list[str]:
    """What must be known to read the tables."""
    notes = [_HOW_TO_READ]
    if explanation.unjudged:
        notes.append(f"No span is judged: {explanation.unjudged}.")
    elif explanation.tests:
        notes.append(
            f"Verdicts are of self times, corrected for the {explanation.tests} spans that could be judged "
            "(Benjamini-Hochberg)."
        )
    if explanation.runs_to_name is not None:
        runs = explanation.runs_to_name
        notes.append(
            f"At {explanation.base_runs} + {explanation.head_runs} runs one lone moved span among {explanation.tests} "
            f"cannot be named; {runs} + {runs} can."
        )
    unjudged: dict[str, int] = {}
    for row in explanation.rows:
        if row.reason and not explanation.unjudged:
            unjudged[row.reason] = unjudged.get(row.reason, 0) + 1
    notes += [f"{count} of {len(explanation.rows)} spans not judged: {why}." for why, count in unjudged.items()]
    return [*notes, *explanation.notes]
