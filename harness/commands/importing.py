"""`harness import`: existing captures → one recording."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from harness import __version__
from harness.commands.capture_reader import CaptureReader, Source
from harness.commands.results import Recorded
from harness.commands.workspace import Workspace
from harness.errors import ConfigError, MeasureError
from harness.formats.registry import NAMES
from harness.ingest.benchmark import ReadBenchmark
from harness.ingest.tables import TableWriter
from harness.kpis.contract import Contract
from harness.recording.manifest import (
    Host,
    Manifest,
    Protocol,
    Provenance,
    RunKind,
)
from harness.spans import transcript
from harness.store.drafts import discard, new_draft
from harness.store.labels import set_label
from harness.store.raw import file_hashes
from harness.targets.config import Target

FORMATS = (*NAMES, transcript.NAME)


def import_captures(
    workspace: Workspace,
    captures: Sequence[tuple[str, Path]],
    *,
    label: str | None = None,
    log_format: str | None = None,
    replace: bool = False,
    strict: bool = False,
) -> Recorded:
    """Makes one recording of captures (benchmark name, file) and labels it.

    Several files of one benchmark are one log and what its runs wrote beside it. Raises LogError for a file that holds
    no spans, for files that contradict each other, and with `strict` for any piece that cannot be read; MeasureError
    where a run in it failed: the recording is then kept, unlabelled.
    """
    target, contract = workspace.target, workspace.contract
    _check_names([name for name, _ in captures], target, contract)
    draft = new_draft(workspace.store)
    try:
        with TableWriter(draft) as tables:
            importer = CaptureReader(workspace, draft, tables, log_format, strict=strict)
            ordered = sorted(captures, key=lambda one: [name for name, _ in captures].index(one[0]))
            sources = [
                source
                for name, files in groupby(ordered, key=lambda one: one[0])
                for source in importer.read(name, [path for _, path in files])
            ]
        manifest = msgspec.structs.replace(_manifest(workspace, sources), files=file_hashes(draft))
        recording = workspace.store.publish_draft(draft, manifest)
    except BaseException:
        discard(draft)
        raise
    if manifest.failure:
        raise MeasureError(
            f"Recording {recording.id} is kept but not labelled: {manifest.failure}.",
            hint=f"'harness show {recording.id}' shows what could be read.",
        )
    if label is not None:
        set_label(workspace.store, label, recording, replace=replace)
    return Recorded(recording=recording, warnings=manifest.warnings)


def _check_names(names: Sequence[str], target: Target, contract: Contract) -> None:
    """Raises ConfigError for a benchmark that nobody knows."""
    known = dict.fromkeys([*target.benchmarks, *(one.name for one in (*contract.benchmarks, *contract.beside))])
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise ConfigError(f"No benchmark '{unknown}'.", hint=f"Known: {', '.join(known)}.")


def _manifest(workspace: Workspace, sources: Sequence[Source]) -> Manifest:
    contract = workspace.contract
    runs = tuple(run.facts for source in sources for run in source.benchmark.runs)
    failed = next((run for run in runs if run.failure), None)
    counts = [_measured(source.benchmark) for source in sources]
    cold = tuple(
        f"{source.benchmark.name}: no warmup run"
        for source in sources
        if not _warmups(source.benchmark) and contract.warmups
    )
    few = tuple(
        f"{source.benchmark.name}: {count} measured runs, the contract asks for {contract.measured}"
        for source, count in zip(sources, counts, strict=True)
        if count != contract.measured
    )
    return Manifest(
        target=workspace.target_name,
        started=min(source.started for source in sources),
        contract=contract.name,
        host=Host(id=workspace.host_choice),
        provenance=Provenance(origin=sources[0].origin, harness_version=__version__),
        protocol=Protocol(
            warmups=max(_warmups(source.benchmark) for source in sources),
            measured=max(counts),
            proof=workspace.target.proof.value,
        ),
        benchmarks=tuple(source.record for source in sources),
        runs=runs,
        kpis=tuple(kpi for source in sources for kpi in source.benchmark.kpis),
        files={},
        warnings=(
            *(warning for source in sources for warning in source.benchmark.warnings),
            *(f"{run.describe()}: {note}" for run in runs for note in run.notes),
            *cold,
            *few,
        ),
        failure=f"{failed.describe()} failed: {failed.failure}" if failed else None,
    )


def _measured(benchmark: ReadBenchmark) -> int:
    return sum(run.facts.kind is RunKind.MEASURED for run in benchmark.runs)


def _warmups(benchmark: ReadBenchmark) -> int:
    return sum(run.facts.kind is RunKind.WARMUP for run in benchmark.runs)
