"""`harness compare --explain`: the spans and counters of both recordings, read and handed to what explains them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from harness.commands.showing import measured_runs
from harness.commands.workspace import Workspace
from harness.compare.comparison import Comparison, Mode, Side, known_sameness
from harness.compare.counters import SideCounters, compare_counters
from harness.compare.explaining import Judgeable, SideSpans, explain
from harness.compare.explanation import Explanation
from harness.compare.rounds import strata_of
from harness.compare.span_verdicts import judge_spans
from harness.ingest.span_columns import read_span_columns
from harness.ingest.stored_counters import CounterTotal, read_counter_totals
from harness.ingest.tables import MAX_TREE_SPANS, SPANS_FILE, has_trees
from harness.kpis.merged_runs import MergedRuns, merge_runs
from harness.recording.manifest import Manifest, RunKind


class _ReadSide(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording keeps of its runs; `absent` says why it has no spans, `totals` is None for too many events."""

    side: Side
    spans: dict[str, MergedRuns]
    absent: str
    totals: tuple[CounterTotal, ...] | None


def explain_sides(workspace: Workspace, comparison: Comparison) -> tuple[Explanation, ...]:
    """One explanation for each compared benchmark that both sides recorded. Raises StoreError for damaged files."""
    names = _benchmarks(comparison)
    base, head = (_read(workspace, side, names) for side in (comparison.base, comparison.head))
    why_not = _why_unjudged(comparison)
    found = [_explained(name, base, head) for name in names]
    judgeable = [one for one in found if isinstance(one, Judgeable)]
    if why_not:
        finished: Iterable[Explanation] = (replace(one.explanation, unjudged=why_not) for one in judgeable)
    else:
        contract = workspace.load_contract(comparison.base.manifest.contract)
        finished = judge_spans(
            judgeable,
            error_rate=contract.error_rate,
            effect_floor_ratio=contract.effect_floor_ratio,
            looks=max(side.manifest.protocol.looks for side in (comparison.base, comparison.head)),
        )
    by_name = {one.benchmark: one for one in (*finished, *(one for one in found if isinstance(one, Explanation)))}
    return tuple(_with_counters(by_name[name], base, head) for name in names)


def _benchmarks(comparison: Comparison) -> list[str]:
    recorded = [set(side.manifest.benchmark_names) for side in (comparison.base, comparison.head)]
    compared = dict.fromkeys(kpi.benchmark for kpi in comparison.kpis)
    return [name for name in compared if name in recorded[0] & recorded[1]]


def _why_unjudged(comparison: Comparison) -> str:
    if not comparison.comparable:
        return f"not comparable: {comparison.differences[0].describe()}"
    same = known_sameness(comparison.base.recording, comparison.head.recording)
    if same is not None and comparison.mode is not Mode.INTERLEAVED:
        return f"{same.value} on both sides"
    return "" if comparison.alternated else "the runs did not take turns, and sessions of one unchanged program differ"


def _read(workspace: Workspace, side: Side, names: Sequence[str]) -> _ReadSide:
    folder = workspace.store.path_of(side.recording.id)
    absent = _why_absent(side, folder)
    runs = {name: measured_runs(side.manifest, name) for name in names}
    columns = read_span_columns(folder / SPANS_FILE, runs) if folder is not None and not absent else {}
    return _ReadSide(
        side=side,
        spans={name: merge_runs(columns[name], runs[name]) for name in columns},
        absent=absent,
        totals=read_counter_totals(folder) if folder is not None else (),
    )


def _why_absent(side: Side, folder: Path | None) -> str:
    which = f"recording {side.recording.id} ({side.ref})"
    if folder is None or not (folder / SPANS_FILE).is_file():
        return f"{which} keeps no spans"
    return "" if has_trees(folder) else f"{which} holds over {MAX_TREE_SPANS} spans, too many to lay side by side"


def _explained(name: str, base: _ReadSide, head: _ReadSide) -> Judgeable | Explanation:
    for one in (base, head):
        spans = one.spans.get(name)
        if spans is None or not spans.shape.names:
            why = one.absent or f"recording {one.side.recording.id} ({one.side.ref}) has no spans of its good runs"
            return Explanation(benchmark=name, absent=why)
    return explain(name, *(_side_spans(one, name) for one in (base, head)))


def _side_spans(one: _ReadSide, name: str) -> SideSpans:
    return SideSpans(merged=one.spans[name], stratum=strata_of(one.side.manifest, name))


def _with_counters(explanation: Explanation, base: _ReadSide, head: _ReadSide) -> Explanation:
    if base.totals is None or head.totals is None:
        return replace(explanation, notes=("Counters are not compared: a side has too many events to add them up.",))
    sides = [_side_counters(one.side.manifest, one.totals or (), explanation.benchmark) for one in (base, head)]
    counters, left_out = compare_counters(*sides)
    notes = [f"{left_out} more {'counter is' if left_out == 1 else 'counters are'} not shown."] if left_out else []
    if (sides[0].counted is None) != (sides[1].counted is None):
        notes.append("Only one side has a run of its own for counters, so that is not looked at.")
    return replace(explanation, counters=counters, notes=tuple(notes))


def _side_counters(manifest: Manifest, totals: Sequence[CounterTotal], benchmark: str) -> SideCounters:
    good = {(run.kind.value, run.number) for run in manifest.runs if run.benchmark == benchmark and run.failure is None}
    measured: dict[tuple[str, str], tuple[int, ...]] = {}
    counted: dict[tuple[str, str], int] = {}
    for one in totals:
        if one.benchmark != benchmark or (one.kind, one.run) not in good:
            continue
        key = (one.source, one.name)
        if one.kind == RunKind.COUNTERS:
            counted[key] = one.total
        elif one.kind == RunKind.MEASURED:
            measured[key] = (*measured.get(key, ()), one.total)
    return SideCounters(
        runs=sum(kind == RunKind.MEASURED for kind, _ in good),
        measured=measured,
        counted=counted if any(kind == RunKind.COUNTERS for kind, _ in good) else None,
        workload=_workload(manifest, benchmark),
    )


def _workload(manifest: Manifest, benchmark: str) -> dict[str, int]:
    record = manifest.benchmark(benchmark)
    if record is None:
        return {}
    airs = {"AIRs": len(record.workload.airs)} if record.workload.airs else {}
    return {**record.workload.cells, **airs}
