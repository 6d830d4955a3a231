"""What the exit criteria are judged by: comparisons of the named spans, and what both sides counted."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from harness.commands.comparing import Plan, compare_stored_sides
from harness.commands.milestones.base_state import base_doubt
from harness.commands.milestones.place import MilestonePlace
from harness.commands.span_samples import samples_of
from harness.commands.workspace import Workspace
from harness.compare.comparison import Comparison, Side
from harness.compare.kpi_comparison import KpiComparison
from harness.kpis.check import doubt_about_runs, limit_doubt
from harness.milestones.counting import Tallied, tally
from harness.milestones.criteria import CriteriaEvidence, Wanted
from harness.milestones.evidence import Evidence, Which
from harness.milestones.figures import Absent
from harness.milestones.programme import Against
from harness.recording.manifest import Recording, RunKind

_BESIDE_THE_WORK = frozenset({"host", "contract", "whole", "warmup"})
"""Differences that change times, or what is asked of them, and not what a program counts."""


def criteria_evidence(
    workspace: Workspace, place: MilestonePlace, evidence: Evidence, needed: Wanted
) -> CriteriaEvidence:
    """All that the criteria ask for, read off the recordings of the Metrics part.

    What a template names before anything is measured is judged for itself: corrected for the number of its own spans,
    not for that of all the others, among which one lone span can hardly be named.
    """
    spans = needed.spans
    compared = {against: _compared(workspace, evidence, against, spans) for against in Against}
    benchmarks = tuple(dict.fromkeys(benchmark for benchmark, _pattern in needed.counters))
    return CriteriaEvidence(
        reference=evidence.reference_label,
        kpis={(against, *one): _kpi(compared[against], *one) for against in Against for one in spans},
        base={one: evidence.figure(Which.BASE, *one) for one in spans},
        head={one: evidence.figure(Which.HEAD, *one) for one in spans},
        base_counters=_counters(workspace, evidence.recordings.base, benchmarks, needed),
        head_counters=_counters(workspace, evidence.recordings.head, benchmarks, needed),
        limit_doubt=_limit_doubt(evidence),
        base_doubt=base_doubt(place, evidence.milestone, evidence.recordings.base),
        base_name=_named("the base", evidence.recordings.base),
        reference_name=_named(_reference_title(evidence), evidence.recordings.of(_reference_side(evidence))),
        reference_figures={one: evidence.figure(_reference_side(evidence), *one) for one in spans},
        baseline_doubts=tuple(_baseline_doubts(evidence)),
        runs=_runs(evidence.recordings.head),
        count_doubt=_count_doubt(evidence.comparison),
    )


def _reference_side(evidence: Evidence) -> Which:
    """The side that speaks for the contract's reference: the base where it is its program, measured with the head."""
    return Which.BASE if evidence.base_stands_for_reference else Which.REFERENCE


def _reference_title(evidence: Evidence) -> str:
    again = evidence.base_stands_for_reference and not evidence.base_is_reference
    return f"{evidence.reference_label} measured again" if again else evidence.reference_label


def _named(title: str, recording: Recording | None) -> str:
    """A side as a sentence names it."""
    if recording is None:
        return title
    commit = recording.manifest.provenance.commit
    return f"{title}, recording {recording.id}, {f'commit {commit[:12]}' if commit else 'commit not stated'}"


def _baseline_doubts(evidence: Evidence) -> Iterator[str]:
    """What keeps the head's recording from being a baseline: runs that are lacking, logs that are not kept."""
    manifest = evidence.recordings.head.manifest
    for benchmark in evidence.milestone.benchmarks:
        if doubt := doubt_about_runs(evidence.contract, manifest, benchmark):
            yield f"{benchmark}: {doubt}"
        record = manifest.benchmark(benchmark)
        if record is not None and record.log is None:
            yield f"{benchmark}: no raw log is kept"


def _runs(recording: Recording) -> dict[str, tuple[int, int]]:
    """Good warmup and measured runs by benchmark."""
    good = [(run.benchmark, run.kind) for run in recording.manifest.runs if run.failure is None]
    return {
        name: (good.count((name, RunKind.WARMUP)), good.count((name, RunKind.MEASURED)))
        for name in recording.manifest.benchmark_names
    }


def _compared(
    workspace: Workspace, evidence: Evidence, against: Against, places: Sequence[tuple[str, str]]
) -> Comparison | Absent:
    """The comparison of the head with one side, of the named spans and of what gates."""
    which = Which.BASE if against is Against.BASE else _reference_side(evidence)
    base = evidence.recordings.of(which)
    if base is None:
        none = "there is no base" if which is Which.BASE else evidence.recordings.no_reference or "no reference"
        return Absent(f"there is nothing to hold it against: {none}")
    sides = [
        Side(ref=part.value, recording=_narrowed(evidence, part, recording, places))
        for part, recording in ((which, base), (Which.HEAD, evidence.recordings.head))
    ]
    sessions = [_with_spans(workspace, one, places) for one in evidence.recordings.sessions]
    comparison = compare_stored_sides(workspace, sides[0], sides[1], Plan(stored=True), calibrations=sessions)
    return comparison if comparison.comparable else Absent(comparison.reason)


def _narrowed(evidence: Evidence, which: Which, recording: Recording, places: Sequence[tuple[str, str]]) -> Recording:
    """A recording with the KPIs that gate and the named spans alone."""
    manifest, contract = recording.manifest, evidence.contract
    gating = [one for one in manifest.kpis if contract.is_gating(one.benchmark, one.kpi)]
    named = [evidence.samples[which, *place] for place in places if (which, *place) in evidence.samples]
    kept = {(one.benchmark, one.kpi): one for one in (*gating, *named)}
    return msgspec.structs.replace(recording, manifest=msgspec.structs.replace(manifest, kpis=tuple(kept.values())))


def _with_spans(workspace: Workspace, session: Recording, places: Sequence[tuple[str, str]]) -> Recording:
    """A calibration session with the named spans among its KPIs, so that it speaks for them too."""
    manifest = session.manifest
    others = [place for place in places if manifest.kpi(*place) is None and manifest.benchmark(place[0]) is not None]
    found = samples_of(workspace, session, others)
    return msgspec.structs.replace(
        session, manifest=msgspec.structs.replace(manifest, kpis=(*manifest.kpis, *found.values()))
    )


def _kpi(comparison: Comparison | Absent, benchmark: str, span: str) -> KpiComparison | Absent:
    if isinstance(comparison, Absent):
        return comparison
    return comparison.kpi(benchmark, span) or Absent("not read")


def _counters(
    workspace: Workspace, recording: Recording | None, benchmarks: Iterable[str], needed: Wanted
) -> dict[str, Tallied]:
    path = workspace.store.path_of(recording.id) if recording else None
    if recording is None or path is None:
        return {}
    from harness.ingest.stored_events import read_run_totals  # noqa: PLC0415 (pyarrow loads only where it reads)

    totals = read_run_totals(path)
    runs = recording.manifest.runs
    return {one: tally(totals, runs, benchmark=one, patterns=needed.patterns(one)) for one in benchmarks}


def _limit_doubt(evidence: Evidence) -> str:
    """Whether bounds are for the head's target and workload at all, as the contract's own limit says."""
    contract, head = evidence.contract, evidence.recordings.head.manifest
    limited = [(one.benchmark, one.kpi) for one in contract.limits]
    gating = [(one.name, one.gating) for one in contract.benchmarks if one.gating]
    return limit_doubt(contract, head, *(limited or gating)[0]) if limited or gating else ""


def _count_doubt(comparison: Comparison | None) -> str:
    if comparison is None:
        return "there is no base"
    others = [one for one in comparison.differences if one.decisive and one.what not in _BESIDE_THE_WORK]
    return f"not comparable: {others[0].describe()}" if others else ""
