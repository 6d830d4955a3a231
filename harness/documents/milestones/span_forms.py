"""Spans on two sides as nested lists: Before / After / Delta, and Reference / Post-change / Delta."""

from collections.abc import Callable, Sequence

import msgspec

from harness.documents.escape import code, plain
from harness.documents.milestones.durations import delta_text, is_one_step, percent_text, trace_text
from harness.milestones.figures import Absent, Figure, SpanRow

ONE_STEP = "one display step"


class SideLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What a side is and where its figures are from; None for what nobody stated. `n` holds for rows that agree."""

    name: str
    n: int | None
    recording: str | None = None
    commit: str | None = None
    dirty: bool = False


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides, and the contract's reference where that is another one than the base."""

    base: SideLabel
    head: SideLabel
    reference: SideLabel | None = None


def before_after(title: str, rows: Sequence[SpanRow], sides: Sides, percent_decimals: int | None = 1) -> str:
    """Groups Before, After, Delta, and against the reference where there is one."""
    return _groups(title, rows, sides, ("Before", "After"), percent_decimals)


def reference_delta(title: str, rows: Sequence[SpanRow], sides: Sides, percent_decimals: int | None = 1) -> str:
    """Groups Reference, Post-change, Delta, and against the contract's reference where that is another one."""
    return _groups(title, rows, sides, ("Reference", "Post-change"), percent_decimals)


def side_text(label: SideLabel) -> str:
    """A side's name and where its figures are from."""
    return f"{plain(label.name)}; {source_text(label)}"


def source_text(label: SideLabel) -> str:
    """Where the figures of a side are from."""
    commit = f"commit {code(label.commit)}" if label.commit else "commit not stated"
    recording = f"recording {code(label.recording)}" if label.recording else "no recording"
    changes = " with uncommitted changes" if label.dirty else ""
    return f"{n_text(label.n)}; {commit}{changes}; {recording}"


def with_title(title: str, body: str) -> str:
    """A part below its own heading, if it has one."""
    return f"### {plain(title)}\n\n{body}" if title else body


def change_item(
    name: str, base: Figure | Absent, head: Figure | Absent, names: tuple[str, str], percent_decimals: int | None
) -> str:
    """The change of one span between two sides of these names, or why there is none."""
    if isinstance(base, Absent) or isinstance(head, Absent):
        sides = zip(names, (base, head), strict=True)
        lacking = [f"{side}: {one.reason}" for side, one in sides if isinstance(one, Absent)]
        return f"{code(name)}: missing: {plain('; '.join(lacking))}"
    percent = "" if percent_decimals is None else f" ({code(percent_text(base, head, percent_decimals))})"
    return f"{code(f'{name}: {delta_text(base, head)}')}{percent}{f' ({ONE_STEP})' if is_one_step(base, head) else ''}"


def reference_of(row: SpanRow) -> Figure | Absent:
    """The figure of the contract's reference; the base's where that is it."""
    return row.base if row.reference is None else row.reference


def against_item(row: SpanRow, sides: Sides, percent_decimals: int | None) -> str:
    """The change of one span from the contract's reference, with the value that it is held against."""
    reference, label = reference_of(row), sides.reference or sides.base
    item = change_item(row.name, reference, row.head, (label.name, sides.head.name), percent_decimals)
    if isinstance(reference, Absent) or isinstance(row.head, Absent):
        return item
    return f"{item} against {code(trace_text(reference))}{_other_n(reference, label)}"


def against_header(label: SideLabel) -> str:
    """What stands above the changes from a reference."""
    return f"vs {plain(label.name)} ({source_text(label)})"


def n_text(n: int | None) -> str:
    """A number of runs."""
    return "n not stated" if n is None else f"n={n}"


def _groups(
    title: str, rows: Sequence[SpanRow], sides: Sides, names: tuple[str, str], percent_decimals: int | None
) -> str:
    before, after = names
    lines = _group(f"{before} ({side_text(sides.base)})", rows, lambda row: _value(row.name, row.base, sides.base))
    lines += _group(f"{after} ({side_text(sides.head)})", rows, lambda row: _value(row.name, row.head, sides.head))
    lines += _group(
        f"Delta ({after} minus {before})",
        rows,
        lambda row: change_item(row.name, row.base, row.head, names, percent_decimals),
    )
    held = [row for row in rows if row.reference is not None]
    if sides.reference is not None and held:
        lines += _group(against_header(sides.reference), held, lambda row: against_item(row, sides, percent_decimals))
    return with_title(title, "\n".join(lines))


def _group(header: str, rows: Sequence[SpanRow], item: Callable[[SpanRow], str]) -> list[str]:
    return [f"- {header}", *(f"  - {item(row)}" for row in rows)]


def _value(name: str, figure: Figure | Absent, label: SideLabel) -> str:
    if isinstance(figure, Absent):
        return f"{code(name)}: missing: {plain(figure.reason)}"
    return f"{code(f'{name} = {trace_text(figure)}')}{_other_n(figure, label)}"


def _other_n(figure: Figure, label: SideLabel) -> str:
    """The number of runs of a row that has others than its side."""
    return "" if figure.n == label.n else f" ({n_text(figure.n)})"
