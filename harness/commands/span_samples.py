"""The samples of spans that no contract names: read off a recording's stored spans by their qualified names."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from harness.commands.workspace import Workspace
from harness.kpis.definition import KpiDefinition, Proof, ProofScope
from harness.kpis.qualified import Unclear, definition_of, may_be_meant, split_name
from harness.kpis.samples import MAX_SPANS, MeasuredRun, collect
from harness.kpis.selector import wanted_spans
from harness.recording.manifest import KpiRecord, Recording, RunKind
from harness.spans.model import Span
from harness.targets.config import Target

Place = tuple[str, str]
"""A benchmark, and the name of a KPI or span in it."""


def samples_of(workspace: Workspace, recording: Recording, names: Iterable[Place]) -> dict[Place, KpiRecord]:
    """One sample a measured run of each name: a recorded KPI of that name as it was read, else the span.

    A name is a KPI's, or a span's qualified by path (`a > b`). What cannot be read is missing, with the reason. Raises
    StoreError where the recording's spans cannot be read.
    """
    manifest = recording.manifest
    asked = tuple(dict.fromkeys(names))
    found = {one: known for one in asked if (known := manifest.kpi(*one)) is not None}
    others = [one for one in asked if one not in found]
    scope = _scope(workspace, recording)
    lasts = {one: split_name(one[1]).name for one in others}
    runs = _runs(workspace, recording, lasts, scope)
    for benchmark, written in others:
        of_it = runs.get(benchmark, [])
        meant = (span for run in of_it for span in run.spans if may_be_meant(span.name, lasts[benchmark, written]))
        printed = {name for span in meant for name in span.path}
        definition = definition_of(written, printed)
        if manifest.benchmark(benchmark) is None:
            definition = Unclear("benchmark not recorded")
        found[benchmark, written] = _record(benchmark, written, definition, of_it, scope)
    return found


def samples_as_defined(
    workspace: Workspace, recording: Recording, definitions: Mapping[Place, KpiDefinition]
) -> dict[Place, KpiRecord]:
    """One sample a measured run of each KPI as it is defined here, whatever it was when this was recorded."""
    scope = _scope(workspace, recording)
    names = {(place[0], span): span for place, one in definitions.items() for span in one.selector.spans}
    parents = wanted_spans([one.selector for one in definitions.values()], scope).parents
    runs = _runs(workspace, recording, names, scope, parents=parents)
    return {
        (benchmark, name): _record(benchmark, name, definition, runs.get(benchmark, []), scope)
        for (benchmark, name), definition in definitions.items()
    }


def _record(
    benchmark: str, name: str, definition: KpiDefinition | Unclear, runs: Sequence[MeasuredRun], scope: ProofScope
) -> KpiRecord:
    if isinstance(definition, Unclear):
        return KpiRecord(benchmark=benchmark, kpi=name, unit="ms", selector=name, missing=definition.reason)
    return collect(benchmark, definition, runs, scope)


def _scope(workspace: Workspace, recording: Recording) -> ProofScope:
    target = workspace.configuration.targets.get(recording.manifest.target, Target())
    return ProofScope(proof=Proof(recording.manifest.protocol.proof), root=target.proof_root)


def _runs(
    workspace: Workspace,
    recording: Recording,
    names: Mapping[Place, str],
    scope: ProofScope,
    *,
    parents: frozenset[str] = frozenset(),
) -> dict[str, list[MeasuredRun]]:
    """By benchmark, of every good measured run the spans that may be meant, and the proofs' roots.

    A recording without stored spans (results of a benchmark runner) has none.
    """
    path = workspace.store.path_of(recording.id)
    if not names or path is None:
        return {}
    from harness.ingest.tables import SPANS_FILE  # noqa: PLC0415 (pyarrow loads only where spans are read)

    file = path / SPANS_FILE
    return _read(file, recording, names, scope, parents) if file.is_file() else {}


def _read(
    file: Path, recording: Recording, names: Mapping[Place, str], scope: ProofScope, parents: frozenset[str]
) -> dict[str, list[MeasuredRun]]:
    from harness.ingest.stored_spans import stored_runs  # noqa: PLC0415 (as above)

    runs = recording.manifest.runs
    good = {(run.benchmark, run.number) for run in runs if run.kind is RunKind.MEASURED and run.failure is None}
    found: dict[str, list[MeasuredRun]] = {}
    for run in stored_runs(file):
        wanted = tuple(last for (benchmark, _name), last in names.items() if benchmark == run.benchmark)
        if run.kind is RunKind.MEASURED and (run.benchmark, run.number) in good and wanted:
            spans = _chosen(run.spans(), wanted, scope.root, parents)
            found.setdefault(run.benchmark, []).append(
                MeasuredRun(number=run.number, spans=tuple(spans), too_many=len(spans) > MAX_SPANS)
            )
    return found


def _chosen(spans: Iterable[Span], wanted: Sequence[str], root: str, parents: frozenset[str]) -> list[Span]:
    """The spans that may be meant, the proofs' roots, and the children of `parents`."""
    chosen: list[Span] = []
    above: set[int] = set()
    for span in spans:
        if span.name in parents:
            above.add(span.seq)
        is_root = span.parent is None and span.name == root
        if is_root or span.parent in above or any(may_be_meant(span.name, one) for one in wanted):
            chosen.append(span)
            if len(chosen) > MAX_SPANS:
                break
    return chosen
