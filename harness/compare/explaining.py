"""Two sides' span trees → where the time went. Spans are judged later, those of all benchmarks (`span_verdicts.py`)."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from harness.compare.alignment import Aligned, align
from harness.compare.explanation import Explanation, RootExplanation, SpanRow, SpanSide, SpanTime
from harness.compare.rounds import Stratum
from harness.compare.same_work import doubts_of
from harness.compare.span_intervals import SpanSamples, rounds_between
from harness.kpis.merged_runs import Medians, MergedRuns, Shape, medians_of

NOT_IN_ALL_RUNS = "only some runs have it, or it never ended"
LEAST_PART_OF_ROOT = 0.001
"""Shorter spans are not judged: they cannot have moved the whole, and what goes on around them moves them.

Fewer tests leave more power for the others. It is the time of all runs of both sides together that decides, so no order
of the runs is favoured (independent filtering: Bourgon, Gentleman & Huber, PNAS 107:9546, 2010).
"""

TOO_SHORT = "its own time is less than a thousandth of its root's"
NOT_POSITIVE = "its children take all of its time: they ran in parallel, or the printed digits hide the rest"


class SideSpans(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a benchmark: its measured runs as one tree, and which round each of them was taken in."""

    merged: MergedRuns
    stratum: Callable[[int], Stratum]


class Judgeable(msgspec.Struct, frozen=True, kw_only=True):
    """An explanation whose spans can be judged: the rows that are, and their self times run by run."""

    explanation: Explanation
    rows: tuple[int, ...]
    samples: SpanSamples


def explain(benchmark: str, base: SideSpans, head: SideSpans) -> Judgeable:
    """The trees aligned and the sums; no span is judged yet."""
    aligned = align(base.merged.shape, head.merged.shape)
    before, after = _Described(base.merged), _Described(head.merged)
    rounds = rounds_between(base.merged.runs, head.merged.runs, base.stratum, head.stratum)
    reasons, judged = _reasons(aligned, base.merged, head.merged)
    pairs = [(aligned[row].base, aligned[row].head) for row in judged] if rounds else []
    samples = SpanSamples(
        base=base.merged.self_times.of(_numbers(b for b, _ in pairs), range(len(base.merged.runs))),
        head=head.merged.self_times.of(_numbers(h for _, h in pairs), range(len(head.merged.runs))),
        rounds=rounds,
    )
    rows = tuple(
        SpanRow(
            kind=one.kind,
            depth=one.depth,
            base=before.side(one.base),
            head=after.side(one.head),
            reason=reason,
        )
        for one, reason in zip(aligned, reasons, strict=True)
    )
    explanation = Explanation(
        benchmark=benchmark,
        base_runs=len(base.merged.runs),
        head_runs=len(head.merged.runs),
        rows=rows,
        roots=_roots(rows),
    )
    return Judgeable(explanation=explanation, rows=tuple(judged) if rounds else (), samples=samples)


class _Described:
    """One side's spans as rows show them."""

    def __init__(self, merged: MergedRuns) -> None:
        self._shape = merged.shape
        self._paths = _paths(merged.shape)
        self._times = _span_times(medians_of(merged.times))
        self._self_times = _span_times(medians_of(merged.self_times))

    def side(self, span: int | None) -> SpanSide | None:
        if span is None:
            return None
        return SpanSide(
            path=self._paths[span],
            name=self._shape.names[span],
            fields=self._shape.fields[span],
            time=self._times[span],
            self_time=self._self_times[span],
        )


def _span_times(medians: Medians) -> list[SpanTime | None]:
    rows = zip(medians.ns.tolist(), medians.counts.tolist(), medians.steps_ns.tolist(), strict=True)
    return [SpanTime(median_ns=ns, n=n, step_ns=step) if n else None for ns, n, step in rows]


def _paths(shape: Shape) -> list[tuple[str, ...]]:
    """Names from the root down, numbered where siblings share one."""
    labels = list(shape.names)
    for siblings in (shape.roots, *shape.children):
        found: dict[str, list[int]] = {}
        for span in siblings:
            found.setdefault(shape.names[span], []).append(span)
        for name, namesakes in found.items():
            if len(namesakes) > 1:
                labels_of = ((span, f"{name}[{number}]") for number, span in enumerate(namesakes, start=1))
                for span, label in labels_of:
                    labels[span] = label
    paths: list[tuple[str, ...]] = []
    for label, parent in zip(labels, shape.parents, strict=True):
        paths.append((*paths[parent], label) if parent >= 0 else (label,))
    return paths


def _reasons(aligned: Sequence[Aligned], base: MergedRuns, head: MergedRuns) -> tuple[list[str], list[int]]:
    """For each row why it cannot be judged, "" where it can be or stands on one side only; and the rows that can be.

    Whether a span can be judged is read off names, fields and all its runs together, whichever side they are of, so
    leaving the others out favours no order of the runs and does not touch the error rate.
    """
    whole, positive = (_both(_complete(base), _complete(head)), _both(_positive(base), _positive(head)))
    totals = _totals(base), _totals(head)
    doubts = doubts_of(aligned, base.shape, head.shape)
    reasons, judged = [], []
    for row, one in enumerate(aligned):
        if one.base is None or one.head is None:
            reasons.append("")
        elif doubts[row]:
            reasons.append(doubts[row])
        elif not whole(one.base, one.head):
            reasons.append(NOT_IN_ALL_RUNS)
        elif not positive(one.base, one.head):
            reasons.append(NOT_POSITIVE)
        elif _part_of_root(totals[0][one.base], totals[1][one.head]) < LEAST_PART_OF_ROOT:
            reasons.append(TOO_SHORT)
        else:
            reasons.append("")
            judged.append(row)
    return reasons, judged


def _totals(merged: MergedRuns) -> list[tuple[float, float]]:
    """Of each span its own time and its root's, in ns, over all runs."""
    roots: list[int] = []
    for span, parent in enumerate(merged.shape.parents):
        roots.append(roots[parent] if parent >= 0 else span)
    own = np.nansum(merged.self_times.values, axis=1)
    whole = np.nansum(merged.times.values, axis=1)[np.asarray(roots, dtype=np.intp)]
    return list(zip(own.tolist(), whole.tolist(), strict=True))


def _part_of_root(base: tuple[float, float], head: tuple[float, float]) -> float:
    whole = base[1] + head[1]
    return (base[0] + head[0]) / whole if whole > 0 else 0.0


def _both(base: Sequence[bool], head: Sequence[bool]) -> Callable[[int, int], bool]:
    return lambda b, h: base[b] and head[h]


def _complete(merged: MergedRuns) -> list[bool]:
    return [bool(one) for one in np.all(~np.isnan(merged.self_times.values), axis=1)]


def _positive(merged: MergedRuns) -> list[bool]:
    return [bool(one) for one in np.all(merged.self_times.lows > 0, axis=1)]


def _numbers(spans: Iterable[int | None]) -> npt.NDArray[np.intp]:
    return np.asarray(list(spans), dtype=np.intp)


def _roots(rows: Sequence[SpanRow]) -> tuple[RootExplanation, ...]:
    """Every tree of either side once. Its rows are those from its root's to the next root's."""
    starts = [row for row, one in enumerate(rows) if one.depth == 0]
    return tuple(_root(rows, range(*ends)) for ends in pairwise([*starts, len(rows)]))


def _root(rows: Sequence[SpanRow], tree: range) -> RootExplanation:
    top = rows[tree.start]
    changes = {row: change for row in tree if (change := rows[row].delta_self_ns)}
    explained = sum(changes.values(), start=0.0)
    delta = top.delta_ns
    residual = delta - explained if delta is not None else None
    return RootExplanation(
        row=tree.start,
        base=top.base.time if top.base else None,
        head=top.head.time if top.head else None,
        delta_ns=delta,
        explained_ns=explained,
        residual_ns=residual,
        coverage_ratio=max(0.0, 1 - abs(residual) / abs(delta)) if delta and residual is not None else None,
        movers=tuple(sorted(changes, key=lambda row: -abs(changes[row]))),
    )
