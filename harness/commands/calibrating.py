"""`harness doctor --calibrate`: one more session of an unchanged program, and what all of them say of this host."""

from collections.abc import Iterator

from harness.commands.stored_sessions import stored_recordings
from harness.commands.workspace import Workspace
from harness.compare.sessions import KpiSpread, calibration_sessions, judged_gap_s, spread_of
from harness.documents.calibrating import Calibrated
from harness.recording.manifest import Manifest
from harness.targets.git import resolve_revision


def calibrate(workspace: Workspace, *, revision: str | None = None, runs: int | None = None) -> Calibrated:
    """Records one calibration session: of `revision`, else of the program that was recorded for the last one.

    Raises what `record` raises.
    """
    from harness.commands.recording import RunPlan, record  # noqa: PLC0415 (not for stored comparisons)

    revision = revision or _usual_revision(workspace)
    made = record(workspace, RunPlan(revision=revision, runs=runs, calibration=True))
    spreads = _spreads(tuple(one.manifest for one in stored_recordings(workspace)), made.recording.manifest)
    warnings = (*made.warnings, *_why_it_does_not_count(made.recording.manifest))
    return Calibrated(recording=made.recording, kpis=spreads, warnings=warnings)


def _why_it_does_not_count(made: Manifest) -> Iterator[str]:
    if made.host.id is None:
        yield "this machine could not be told from others, so the session does not count: name it with --host"
    for one in made.benchmarks:
        if one.identity is None:
            yield f"{one.name} could not be told from other programs, so the session does not count for it"


def _usual_revision(workspace: Workspace) -> str:
    """The commit of the latest calibration session of this target and host, if it is here; else what is checked out."""
    before = [
        one
        for one in (recording.manifest for recording in stored_recordings(workspace))
        if one.protocol.calibration
        and one.failure is None
        and not one.provenance.dirty
        and one.target == workspace.target_name
        and one.host.id == workspace.host_id
    ]
    latest = max(before, key=lambda one: one.started, default=None)
    commit = latest.provenance.commit if latest else None
    if commit is None or workspace.checkout is None or resolve_revision(workspace.checkout, commit) is None:
        return "HEAD"
    workspace.say(f"Recording commit {commit[:12]} as in the last calibration session; --rev takes another.")
    return commit


def _spreads(manifests: tuple[Manifest, ...], made: Manifest) -> tuple[KpiSpread, ...]:
    """What is known of every KPI that was recorded now, under the conditions of now."""
    spreads = []
    for name in made.benchmark_names:
        sessions = calibration_sessions(manifests, made, name)
        for record in made.kpis:
            if record.benchmark == name and record.values:
                runs = len(record.values)
                spread = spread_of(sessions, record.kpi, runs=runs)
                gap_s = judged_gap_s(sessions, record.kpi, runs=runs)
                spreads.append(KpiSpread(benchmark=name, kpi=record.kpi, spread=spread, judged_gap_s=gap_s))
    return tuple(spreads)
