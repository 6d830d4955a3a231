"""`harness run` and `harness baseline`: build one revision, take its runs, keep them, label them."""

import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from harness.commands.finishing import finish_draft, recover_abandoned
from harness.commands.preparing import Prepared, clean_up, contract_benchmarks, patched, prepare, refuse_replaced
from harness.commands.results import Recorded
from harness.commands.workspace import Workspace
from harness.errors import Interrupted, MeasureError, RefError
from harness.ingest.judge import early_failure
from harness.machine.host import read_host
from harness.measure import perf_stat
from harness.measure.lock import MeasuringLock, measuring_lock
from harness.measure.printed import Printed
from harness.measure.progress import Progress
from harness.measure.schedule import Step, one_sided
from harness.measure.session import Ended, Judge, SidePlan, begin_log, take_runs
from harness.recording.manifest import Manifest, Protocol, Recording, RunRecord
from harness.store.drafts import discard, journal, new_draft
from harness.store.folder import PATCH, RAW
from harness.store.labels import labelled, require_movable, set_label, validate_label
from harness.store.refs import WORKTREE
from harness.targets.git import Checkout, resolve_revision
from harness.targets.revision import Revision, checkout_for, files_as_they_lie

_AGAIN = " The same command with --resume goes on."


class RunPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to record; None where the contract decides."""

    benchmarks: tuple[str, ...] = ()
    revision: str = WORKTREE
    runs: int | None = None
    warmups: int | None = None
    label: str | None = None
    replace: bool = False
    calibration: bool = False


def record(workspace: Workspace, plan: RunPlan) -> Recorded:
    """Records one revision of the chosen target.

    Raises MeasureError where a run fails: what ran is kept, unlabelled.
    """
    if plan.label is not None:
        place = (workspace.target_name, workspace.host_id)
        require_movable(workspace.store, validate_label(plan.label), place, replace=plan.replace)
    recording = _record(workspace, plan)
    if plan.label is not None:
        set_label(workspace.store, plan.label, recording, replace=plan.replace)
    return Recorded(recording=recording, warnings=recording.manifest.warnings)


def baseline(workspace: Workspace, label: str, plan: RunPlan) -> Recorded:
    """Records under a label that stays where it is on the same commit, and moves to another only when told to."""
    checkout = checkout_for(workspace.target_name, workspace.target)
    place = (workspace.target_name, workspace.host_id)
    taken = labelled(workspace.store, validate_label(label), place)
    stays = False
    if taken is not None and not plan.replace:
        before = workspace.store.load(taken.recording).manifest.provenance.commit
        now = _revision(checkout, plan.revision).commit
        if before != now:
            raise RefError(
                f"Label '{label}' names commit {(before or 'none')[:12]}, this is {(now or 'none')[:12]}.",
                hint=f"'harness compare {label} HEAD' compares them; --replace moves the label and keeps its history.",
            )
        stays = True
    recording = _record(workspace, plan)
    warnings = list(recording.manifest.warnings)
    if recording.manifest.provenance.dirty:
        warnings.append("the checkout has uncommitted changes: they are kept with the recording")
    if stays and taken is not None:
        warnings.append(f"label '{label}' stays on {taken.recording}, recorded before of the same commit")
    else:
        set_label(workspace.store, label, recording, replace=plan.replace)
    return Recorded(recording=recording, warnings=tuple(warnings))


def _revision(checkout: Checkout, name: str) -> Revision:
    if name == WORKTREE:
        return files_as_they_lie(checkout)
    commit = resolve_revision(checkout, name)
    if commit is None:
        raise RefError(f"'{name}' is no git revision in {checkout.directory}.")
    return Revision(commit=commit)


def _record(workspace: Workspace, plan: RunPlan) -> Recording:
    target, contract = workspace.target, workspace.contract
    checkout = checkout_for(workspace.target_name, target)
    names = contract_benchmarks(target, plan.benchmarks, contract)
    workspace.store.prepare()
    what = f"{workspace.target_name} {plan.revision} ({', '.join(names)})"
    with measuring(workspace, what) as lock:
        revision = _revision(checkout, plan.revision)
        try:
            prepared = prepare(target, checkout, revision, names, say=workspace.say)
            protocol = Protocol(
                warmups=contract.warmups if plan.warmups is None else plan.warmups,
                measured=plan.runs or contract.measured,
                proof=target.proof.value,
                calibration=plan.calibration,
                no_instructions=perf_stat.unavailable(),
            )
            steps = one_sided(
                names,
                warmups=protocol.warmups,
                measured=protocol.measured,
                counters=[name for name in names if target.benchmarks[name].counters_env],
                instructions=names if protocol.no_instructions is None else (),
            )
            side = start_side(workspace, prepared, protocol, name="")
            progress = Progress([side.name])
            progress.plan(steps)
            return run_sides(workspace, steps, [side], lock, progress)[0]
        finally:
            clean_up(checkout, revision)


@contextmanager
def measuring(workspace: Workspace, what: str) -> Iterator[MeasuringLock]:
    """Holds this host's measuring lock; abandoned drafts are recovered first."""
    with measuring_lock(what, on_wait=workspace.say, on_leftover=workspace.say) as lock:
        recover_abandoned(workspace)
        yield lock


def start_side(workspace: Workspace, prepared: Prepared, protocol: Protocol, *, name: str) -> SidePlan:
    """A draft for one side of a session, which already says what will be in it."""
    refuse_replaced(prepared)
    session = Manifest(
        target=workspace.target_name,
        started=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        contract=workspace.contract.name,
        host=read_host(workspace.host_choice),
        provenance=prepared.provenance,
        protocol=protocol,
        benchmarks=prepared.records,
        runs=(),
        kpis=(),
        files={},
    )
    draft = new_draft(workspace.store, session)
    patched(prepared, draft, file_name=PATCH)
    for one in session.benchmarks:
        begin_log(draft / RAW / f"{one.name}.log", one.name, started=session.started, command=one.command)
    return SidePlan(name=name, draft=draft, benchmarks=prepared.runnable)


def run_sides(
    workspace: Workspace, steps: Iterable[Step], sides: Sequence[SidePlan], lock: MeasuringLock, progress: Progress
) -> tuple[Recording, ...]:
    """Takes the steps and publishes every side's recording, whatever happens. Raises MeasureError, Interrupted."""
    try:
        judge, status = _judge(workspace), workspace.say.status
        ended = take_runs(steps, sides, lock=lock, judge=judge, progress=progress, status=status)
    except KeyboardInterrupt:
        kept = _keep(workspace, sides, "interrupted")
        raise Interrupted("Interrupted.", hint=_kept_text(sides, kept)) from None
    except BaseException:
        _keep(workspace, sides, "the session broke off")
        raise
    finally:
        workspace.say.status("")
    if ended.failed is None:
        with _uninterrupted():
            return tuple(finish_draft(workspace, side.draft, failure=None) for side in sides)
    return _fail(workspace, sides, ended, ended.failed)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Holds Ctrl-C back for the moment in which finished runs become a recording; it takes effect right after."""
    held = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held)


def _fail(workspace: Workspace, sides: Sequence[SidePlan], ended: Ended, failed: RunRecord) -> tuple[Recording, ...]:
    told = f"{failed.describe()} failed: {failed.failure}"
    kept = _keep(workspace, sides, told)
    recording = kept[ended.side]
    path = workspace.store.path_of(recording.id) if recording else None
    side = f" ({sides[ended.side].name})" if len(sides) > 1 else ""
    raise MeasureError(
        f"{told}{side}.",
        hint=f"Kept, unlabelled; see {path}/{RAW}/{failed.benchmark}.log.zst from line {failed.first_line}."
        + (_AGAIN if len(sides) > 1 else ""),
    )


def _keep(workspace: Workspace, sides: Sequence[SidePlan], failure: str) -> list[Recording | None]:
    """Publishes what ran; a side of which no further run finished leaves nothing: what it carried is kept elsewhere."""
    kept: list[Recording | None] = []
    for side in sides:
        if len(journal(side.draft)[1]) > side.carried:
            kept.append(finish_draft(workspace, side.draft, failure=failure))
        else:
            discard(side.draft)
            kept.append(None)
    return kept


def _kept_text(sides: Sequence[SidePlan], kept: Sequence[Recording | None]) -> str:
    ids = [recording.id for recording in kept if recording is not None]
    again = _AGAIN if len(sides) > 1 else ""
    if not ids:
        return f"No further run had finished.{again}" if any(side.carried for side in sides) else "No run had finished."
    return f"The finished runs are kept, unlabelled: {', '.join(ids)}.{again}"


def _judge(workspace: Workspace) -> Judge:
    contract = workspace.contract

    def judge(step: Step, _run: RunRecord, printed: Printed) -> str | None:
        return early_failure(
            printed.stdout(),
            printed.stderr(),
            spans_elsewhere=printed.wrote_files,
            requires_interactions=contract.requires_interactions(step.benchmark),
        )

    return judge
