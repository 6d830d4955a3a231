"""A draft → a recording: its raw logs are read back from disk, judged, tabulated, compressed. Also after a crash."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.commands.workspace import Workspace
from harness.errors import HarnessError
from harness.kpis.contract import Contract, kpi_definitions
from harness.kpis.process import process_kpis
from harness.recording.manifest import BenchmarkRecord, Manifest, Recording, RunRecord
from harness.store.drafts import JOURNAL, abandoned_drafts, discard, drop_journal, journal
from harness.store.folder import RAW, unwritable
from harness.targets.config import Target

if TYPE_CHECKING:
    from harness.ingest.benchmark import ReadBenchmark, Reading


def reading_of(target: Target, contract: Contract, benchmark: str) -> "Reading":
    """How a target's benchmark is read under a contract."""
    from harness.ingest.benchmark import Reading  # noqa: PLC0415 (as below)

    return Reading(
        definitions=kpi_definitions(contract, target.kpis),
        scope=target.scope,
        requires_interactions=contract.requires_interactions(benchmark),
    )


def finish_draft(workspace: Workspace, draft: Path, *, failure: str | None) -> Recording:
    """Publishes a draft with all its finished runs; `failure` says why it is not complete, if it is not."""
    # Late: with pyarrow in this process, a small program's peak memory could not be told (measure/process.py).
    from harness.ingest.recorded import read_recorded  # noqa: PLC0415
    from harness.store.raw import compress_all, file_hashes  # noqa: PLC0415

    session, runs = journal(draft)
    _name, target = workspace.configuration.target(session.target)
    contract = workspace.load_contract(session.contract)
    readings = {one.name: reading_of(target, contract, one.name) for one in session.benchmarks}
    try:
        read, formats = read_recorded(draft, draft / RAW, readings, runs)
        compress_all(draft / RAW)
        files = {name: digest for name, digest in file_hashes(draft).items() if name not in JOURNAL}
    except OSError as error:
        raise unwritable(draft, error) from None
    session = msgspec.structs.replace(session, benchmarks=tuple(_named(one, formats) for one in session.benchmarks))
    manifest = _manifest(session, read, runs, files, failure)
    recording = workspace.store.publish_draft(draft, manifest)
    drop_journal(workspace.store, recording.id)
    return recording


def recover_abandoned(workspace: Workspace) -> None:
    """Finishes what a killed harness left, as failed recordings: every run that ended is kept."""
    for draft in abandoned_drafts(workspace.store):
        try:
            _session, runs = journal(draft)
            if not runs:
                discard(draft)
                continue
            recording = finish_draft(workspace, draft, failure="the harness was killed while it recorded")
        except HarnessError as error:
            workspace.say(f"An unfinished recording is kept in {draft} but cannot be finished: {error}")
        else:
            workspace.say(f"Recovered {len(runs)} finished runs of a killed harness as recording {recording.id}.")


def _named(record: BenchmarkRecord, formats: Mapping[str, str]) -> BenchmarkRecord:
    return msgspec.structs.replace(record, log_format=formats[record.name] or record.log_format)


def _manifest(
    session: Manifest,
    read: "Sequence[ReadBenchmark]",
    runs: Sequence[RunRecord],
    files: dict[str, str],
    failure: str | None,
) -> Manifest:
    judged = {_place(run.facts): run.facts for one in read for run in one.runs}
    benchmarks = tuple(
        msgspec.structs.replace(record, workload=one.workload, log_level=one.log_level)
        for record, one in zip(session.benchmarks, read, strict=True)
    )
    kept = tuple(judged[_place(run)] for run in runs)
    failed = next((run for run in kept if run.failure and not run.kind.is_extra), None)
    cost = (process_kpis(one.name, kept, no_instructions=session.protocol.no_instructions) for one in read)
    told = f"{failed.describe()} failed: {failed.failure}" if failed else None
    return msgspec.structs.replace(
        session,
        benchmarks=benchmarks,
        runs=kept,
        kpis=(*(kpi for one in read for kpi in one.kpis), *(kpi for one in cost for kpi in one)),
        files=files,
        warnings=(
            *session.warnings,
            *(warning for one in read for warning in one.warnings),
            *(f"{run.describe()}: {note}" for run in kept for note in run.notes),
            *(f"{run.describe()} failed: {run.failure}" for run in kept if run.failure and run.kind.is_extra),
            *(f"{run.describe()}: nothing counted: {run.no_instructions}" for run in kept if run.no_instructions),
        ),
        failure=failure or told,
    )


def _place(run: RunRecord) -> tuple[str, str, int]:
    """What tells a run from all others of its side."""
    return run.benchmark, run.kind.value, run.number
