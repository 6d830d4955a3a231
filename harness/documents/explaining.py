"""Where the time went, as JSON, terminal text and Markdown."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from harness.compare.explanation import Explanation, Kind, RootExplanation, SpanRow, SpanSide, SpanTime
from harness.compare.verdict import Verdict
from harness.documents.counters import counter_json, counters_table
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
_MOST_TREE_ROWS_ON_A_TERMINAL = 200

_LEVELS_IN_TEXT = 2
"""The tree right below says where in it they are."""

_LONGEST_LABEL = 60
"""Of a span's name and fields in text; one longer name would push all figures out of sight."""


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
        "counters": [counter_json(one) for one in explanation.counters],
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


def _ms(ns: float | None) -> float | None:
    return None if ns is None else ns / NS_PER_MS


def to_text(explanation: Explanation) -> str:
    """For a terminal: the sums, the biggest movers, the tree, the counters."""
    if explanation.absent:
        return terminal(f"{explanation.benchmark}: not explained: {explanation.absent}")
    lines = [terminal(_title(explanation)), *(terminal(one) for one in _sum_lines(explanation, in_text=True))]
    movers = movers_table(explanation, TERMINAL, in_text=True)
    lines += ["", as_text(movers)] if movers.rows else []
    tree, left_out = _main_rows(explanation.rows, _MOST_TREE_ROWS_ON_A_TERMINAL)
    lines += ["", as_text(tree_table(explanation, tree))]
    lines += ["", f"{_left_out(left_out)}; '--format json' has all."] if left_out else []
    if explanation.counters:
        lines += ["", as_text(counters_table(explanation.counters, TERMINAL))]
    return "\n".join([*lines, "", *(terminal(note) for note in notes_of(explanation))])


def to_markdown(explanation: Explanation) -> str:
    """For a pull request: the sums, the biggest movers, the tree, the counters."""
    if explanation.absent:
        return f"**{plain(explanation.benchmark)}**: not explained: {plain(explanation.absent)}"
    lines = [
        f"**{plain(_title(explanation))}**",
        "",
        *(f"- {plain(one)}" for one in _sum_lines(explanation, in_text=False)),
    ]
    movers = movers_table(explanation, MARKDOWN, in_text=False)
    lines += ["", as_markdown(movers)] if movers.rows else []
    tree, left_out = _main_rows(explanation.rows, _MOST_TREE_ROWS)
    lines += ["", fenced(as_text(tree_table(explanation, tree)))]
    lines += ["", f"{_left_out(left_out)}."] if left_out else []
    if explanation.counters:
        lines += ["", as_markdown(counters_table(explanation.counters, MARKDOWN))]
    return "\n".join([*lines, "", *(f"- {plain(note)}" for note in notes_of(explanation))])


def _title(explanation: Explanation) -> str:
    return f"{explanation.benchmark}: where the time went, {explanation.base_runs} + {explanation.head_runs} runs"


def _left_out(count: int) -> str:
    return f"{count} {'span that moved less is' if count == 1 else 'spans that moved less are'} left out of the tree"


def _sum_lines(explanation: Explanation, *, in_text: bool) -> list[str]:
    """One sum a tree; they are numbered where they share a name."""
    return [f"{_label(explanation.rows[one.row], in_text=in_text)}: {sum_text(one)}" for one in explanation.roots]


def sum_text(root: RootExplanation) -> str:
    """Δroot = Σ Δself + residual, in steps of the root's digits; what is written adds up, too.

    Of a change below one such step there is nothing to cover.
    """
    if root.delta_ns is None or root.residual_ns is None:
        return "never ended on a side, so there is nothing to add up"
    step = _written_step_ns(root.base, root.head)
    delta, explained = (_in_steps(ns, step) for ns in (root.delta_ns, root.explained_ns))
    figures = [_signed(ns, step) for ns in (delta, explained, delta - explained)]
    coverage = root.coverage_ratio if abs(root.delta_ns) >= step else None
    covered = "" if coverage is None else f", coverage {math.floor(coverage * 100)} %"
    return f"Δroot {figures[0]} ms = Σ Δself {figures[1]} ms + residual {figures[2]} ms{covered}"


def movers_table(explanation: Explanation, quote: Quoting, *, in_text: bool) -> Table:
    """The spans whose own time changed most, over all trees of the benchmark; those called faster or slower first.

    `in_text` shortens their paths and labels.
    """
    rows = explanation.rows
    moved = dict.fromkeys(row for root in explanation.roots for row in root.movers if _is_written(rows[row]))
    order = sorted(moved, key=lambda row: (rows[row].verdict not in _NAMED, -abs(rows[row].delta_self_ns or 0)))
    columns = (
        Column("biggest movers"),
        Column("Δself ms", right=True),
        Column("base self ms", right=True),
        Column("head self ms", right=True),
        Column("change", right=True),
        Column("interval", right=True),
        Column("verdict"),
    )
    return Table(columns, tuple(_mover(rows[row], quote, in_text=in_text) for row in order[:_MOST_MOVERS]))


def _is_written(row: SpanRow) -> bool:
    """Whether the change is more than nothing in the digits that are written."""
    return row.delta_self_ns is not None and float(_delta_self(row)) != 0


def _mover(row: SpanRow, quote: Quoting, *, in_text: bool) -> tuple[str, ...]:
    interval = ABSENT
    if row.ratio_low is not None and row.ratio_high is not None:
        interval = f"{format_ratio_change(row.ratio_low)} … {format_ratio_change(row.ratio_high)}"
    return (
        quote.name(_label(row, in_text=in_text)),
        _delta_self(row),
        *(_self_text(side) for side in (row.base, row.head)),
        format_ratio_change(row.ratio) if row.ratio is not None else ABSENT,
        interval,
        quote.prose(_verdict_text(row, in_text=in_text)),
    )


def _verdict_text(row: SpanRow, *, in_text: bool) -> str:
    """What it is called, and what it was."""
    words = [row.verdict.value] if row.verdict else []
    return "; ".join([*words, *_origin(row, in_text=in_text)]) or ABSENT


def _origin(row: SpanRow, *, in_text: bool) -> Iterator[str]:
    """What the span was in base, where it was not the same."""
    cut = _cut if in_text else str
    if row.kind in {Kind.NEW, Kind.GONE}:
        yield row.kind.value
    if row.kind is Kind.RENAMED and row.base:
        yield f"renamed from {cut(row.base.name)}"
    if row.kind is Kind.MOVED and row.base:
        yield f"moved from {_path(row.base.path[:-1], in_text=in_text)}"
    if row.base and row.head and row.base.fields != row.head.fields:
        yield cut(f"was{_fields(row.base) or ' without fields'}")


def _label(row: SpanRow, *, in_text: bool) -> str:
    """The path with the span's fields; in text the end of it."""
    return _path((*row.shown.path[:-1], row.shown.path[-1] + _fields(row.shown)), in_text=in_text)


def _path(names: Sequence[str], *, in_text: bool) -> str:
    if not in_text:
        return " > ".join(names)
    last = [_cut(name) for name in names[-_LEVELS_IN_TEXT:]]
    return " > ".join(last if len(names) <= _LEVELS_IN_TEXT else ["…", *last])


def _cut(text: str) -> str:
    """At most so many characters as they stand in text, the middle left out."""
    shown = terminal(text)
    half = (_LONGEST_LABEL - 1) // 2
    return shown if len(shown) <= _LONGEST_LABEL else f"{shown[: _LONGEST_LABEL - 1 - half]}…{shown[-half:]}"


def _fields(side: SpanSide) -> str:
    return "".join(f" {key}={value}" for key, value in side.fields)


def _main_rows(rows: Sequence[SpanRow], most: int) -> tuple[list[SpanRow], int]:
    """The spans that moved most with all that enclose them, in order, and how many are left out."""
    above: list[int] = []
    parents: list[int | None] = []
    for index, row in enumerate(rows):
        del above[row.depth :]
        parents.append(above[-1] if above else None)
        above.append(index)
    kept: set[int] = set()
    for mover in sorted(range(len(rows)), key=lambda index: -abs(rows[index].delta_self_ns or 0)):
        if len(kept) >= most:
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
        "  " * row.depth + _cut(side.path[-1] + _fields(side)),
        *(_time_text(one.time) if one else "" for one in (row.base, row.head)),
        ABSENT if row.delta_ns is None else _signed(row.delta_ns, step),
        _delta_self(row),
        "; ".join(_remarks(row, explanation)),
    )


def _remarks(row: SpanRow, explanation: Explanation) -> Iterator[str]:
    if row.verdict in _NAMED and row.verdict is not None and row.ratio is not None:
        yield f"{row.verdict.value} {format_ratio_change(row.ratio)}"
    yield from _origin(row, in_text=True)
    for which, side, runs in (
        ("base", row.base, explanation.base_runs),
        ("head", row.head, explanation.head_runs),
    ):
        if side and side.time is None:
            yield f"never ended in {which}"
        elif side and side.time and side.time.n < runs:
            yield f"in {side.time.n} of {runs} {which} runs"
        if side and side.time and side.self_time is None:
            yield f"what is in it never ended in {which}"


def _time_text(time: SpanTime | None) -> str:
    return ABSENT if time is None else format_ms(time.median_ns / NS_PER_MS, time.step_ns / NS_PER_MS)


def _self_text(side: SpanSide | None) -> str:
    if side is None or side.self_time is None:
        return ABSENT
    ns, step = side.self_time.median_ns, _written_step_ns(side.self_time)
    return ("-" if ns < 0 else "") + format_ms(abs(ns) / NS_PER_MS, step / NS_PER_MS)


def _delta_self(row: SpanRow) -> str:
    if row.delta_self_ns is None:
        return ABSENT
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


def notes_of(explanation: Explanation) -> list[str]:
    """What must be known to read the tables."""
    notes = [_HOW_TO_READ]
    if explanation.unjudged:
        notes.append(f"No span is judged: {explanation.unjudged}.")
    elif explanation.tests:
        notes.append(
            "Verdicts are of self times, corrected for the "
            f"{_spans(explanation.tests)} that could be judged (Benjamini-Hochberg)."
        )
    if explanation.runs_to_name is not None:
        runs = explanation.runs_to_name
        notes.append(
            f"At {explanation.base_runs} + {explanation.head_runs} runs one lone moved span among {explanation.tests} "
            f"cannot be named; {runs} + {runs} can."
        )
    unknown = sum(row.delta_self_ns is None for row in explanation.rows)
    if unknown:
        notes.append(
            f"{_spans(unknown)} in the residual, not in the sum: on a side the span, or what is in it, never ended."
        )
    unjudged: dict[str, int] = {}
    for row in explanation.rows:
        if row.reason and not explanation.unjudged:
            unjudged[row.reason] = unjudged.get(row.reason, 0) + 1
    notes += [f"{count} of {_spans(len(explanation.rows))} not judged: {why}." for why, count in unjudged.items()]
    return [*notes, *explanation.notes]


def _spans(count: int) -> str:
    return "1 span" if count == 1 else f"{count} spans"
