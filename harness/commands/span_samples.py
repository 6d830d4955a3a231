"""The samples of spans that no contract names: read off a recording's stored spans by their qualified names."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.commands.workspace import Workspace
from harness.kpis.definition import Proof, ProofScope
from harness.kpis.qualified import Unclear, definition_of, may_be_meant, split_name
from harness.kpis.samples import MAX_SPANS, MeasuredRun, collect
from harness.recording.manifest import KpiRecord, Manifest, Recording, RunKind
from harness.spans.model import Span
from harness.targets.config import Target


def samples_of(
    workspace: Workspace, recording: Recording, names: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], KpiRecord]:
    """One sample a measured run of each (benchmark, name): a recorded KPI of that name as it was read, else the span.

    A name is a KPI's, or a span's qualified by path (`a > b`). What cannot be read is missing, with the reason. Raises
    StoreError where the recording's spans cannot be read.
    """
    manifest = recording.manifest
    asked = tuple(dict.fromkeys(names))
    found = {one: known for one in asked if (known := manifest.kpi(*one)) is not None}
    others = [one for one in asked if one not in found]
    spans = _spans_of(workspace, recording, others)
    scope = _scope(workspace, manifest)
    for benchmark, written in others:
        found[benchmark, written] = _record(manifest, benchmark, written, spans.get(benchmark, []), scope)
    return found


def _record(
    manifest: Manifest, benchmark: str, written: str, runs: Sequence[MeasuredRun], scope: ProofScope
) -> KpiRecord:
    definition = definition_of(written, {name for run in runs for span in run.spans for name in span.path})
    if manifest.benchmark(benchmark) is None:
        definition = Unclear("benchmark not recorded")
    if isinstance(definition, Unclear):
        return KpiRecord(benchmark=benchmark, kpi=written, unit="ms", selector=written, missing=definition.reason)
    return collect(benchmark, definition, runs, scope)


def _scope(workspace: Workspace, manifest: Manifest) -> ProofScope:
    target = workspace.configuration.targets.get(manifest.target, Target())
    return ProofScope(proof=Proof(manifest.protocol.proof), root=target.proof_root)


def _spans_of(
    workspace: Workspace, recording: Recording, names: Sequence[tuple[str, str]]
) -> dict[str, list[MeasuredRun]]:
    """By benchmark, of every good measured run the spans that may be meant by one of its names, and the proofs' roots.

    A recording without stored spans (results of a benchmark runner) has none.
    """
    path = workspace.store.path_of(recording.id)
    if not names or path is None:
        return {}
    from harness.ingest.tables import SPANS_FILE  # noqa: PLC0415 (pyarrow loads only where spans are read)

    file = path / SPANS_FILE
    return _read(file, recording.manifest, names, _scope(workspace, recording.manifest).root) if file.is_file() else {}


def _read(file: Path, manifest: Manifest, names: Sequence[tuple[str, str]], root: str) -> dict[str, list[MeasuredRun]]:
    from harness.ingest.stored_spans import stored_runs  # noqa: PLC0415 (as above)

    good = {(run.benchmark, run.number) for run in manifest.runs if _counts(run.kind, run.failure)}
    found: dict[str, list[MeasuredRun]] = {}
    for run in stored_runs(file):
        wanted = [split_name(name).name for benchmark, name in names if benchmark == run.benchmark]
        if run.kind is RunKind.MEASURED and (run.benchmark, run.number) in good and wanted:
            spans = _chosen(run.spans(), wanted, root)
            found.setdefault(run.benchmark, []).append(
                MeasuredRun(number=run.number, spans=tuple(spans), too_many=len(spans) > MAX_SPANS)
            )
    return found


def _counts(kind: RunKind, failure: str | None) -> bool:
    return kind is RunKind.MEASURED and failure is None


def _chosen(spans: Iterable[Span], wanted: Sequence[str], root: str) -> list[Span]:
    chosen: list[Span] = []
    for span in spans:
        is_root = span.parent is None and span.name == root
        if is_root or any(may_be_meant(span.name, one) for one in wanted):
            chosen.append(span)
            if len(chosen) > MAX_SPANS:
                break
    return chosen
