"""`harness compare`: both sides built and measured here, taking turns; or their stored recordings as they are."""

from collections.abc import Sequence

import msgspec

from harness.commands.finding import resolve_refs, stored
from harness.commands.stored_sessions import sessions_for
from harness.commands.workspace import Workspace
from harness.compare.comparison import Comparison, Mode, Sameness, Side, compare, known_sameness
from harness.compare.sessions import Between, between_sessions
from harness.errors import ConfigError, RefError
from harness.recording.manifest import Origin, Recording
from harness.store.folder import PATCH
from harness.store.refs import WORKTREE, Resolved
from harness.targets.git import Checkout, has_changed_submodule, resolve_revision
from harness.targets.revision import Revision, files_as_they_lie


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a comparison is to be made: `runs` a side, else the contract's number, or rounds for `budget_s` at most."""

    stored: bool = False
    same_session: bool = False
    benchmarks: tuple[str, ...] = ()
    runs: int | None = None
    budget_s: float | None = None
    resume: bool = False
    measure_anyway: bool = False
    explain: bool = False


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One side as it was asked for: what is stored of it, and the revision it can be built from."""

    ref: str
    resolved: Resolved
    recording: Recording | None
    revision: Revision | None


def compare_refs(workspace: Workspace, base: str, head: str, plan: Plan) -> Comparison:
    """The comparison of two refs under `plan`."""
    compared = _compared(workspace, base, head, plan)
    if not plan.explain:
        return compared
    from harness.commands.explaining import explain_sides  # noqa: PLC0415 (reads spans, which loads pyarrow)

    return msgspec.structs.replace(compared, explanations=explain_sides(workspace, compared))


def _compared(workspace: Workspace, base: str, head: str, plan: Plan) -> Comparison:
    asked = [_ask(workspace, one, plan) for one in resolve_refs(workspace, base, head)]
    if not (plan.measure_anyway or plan.resume) and (known := _known_same(workspace, asked, plan)) is not None:
        return known
    if not plan.stored and asked[0].revision is not None and asked[1].revision is not None:
        return _measure(workspace, asked[0], asked[1], (asked[0].revision, asked[1].revision), plan)
    if not plan.stored:
        for one in asked:
            if one.revision is None and plan.resume:
                raise RefError(f"'{one.ref}' cannot be built here, so no comparison of it was begun.")
            if one.revision is None:
                workspace.say(f"'{one.ref}' cannot be built here, so its stored runs are compared.")
    sides = [Side(ref=one.ref, recording=_stored_side(workspace, one, plan)) for one in asked]
    return compare_stored_sides(workspace, sides[0], sides[1], plan)


def _ask(workspace: Workspace, resolved: Resolved, plan: Plan) -> _Asked:
    recording = stored(workspace, resolved)
    revision = None if plan.stored else _revision(workspace, resolved, recording)
    return _Asked(ref=resolved.ref, resolved=resolved, recording=recording, revision=revision)


def _revision(workspace: Workspace, resolved: Resolved, recording: Recording | None) -> Revision | None:
    """What to build for a side; None where that is not possible here."""
    if recording is not None and recording.manifest.provenance.origin is not Origin.MEASURED:
        return None
    checkout = workspace.checkout
    if checkout is None:
        return None
    if resolved.commit == WORKTREE:
        # From a worktree too, patched: in place, other settings could apply than for the commit it is held against.
        lying = files_as_they_lie(checkout)
        if lying.commit is None or has_changed_submodule(checkout):  # no worktree can be made of these
            return lying
        return msgspec.structs.replace(lying, in_place=False)
    if resolved.commit is not None:
        return Revision(commit=resolved.commit)
    return _recorded_revision(workspace, checkout, recording) if recording is not None else None


def _recorded_revision(workspace: Workspace, checkout: Checkout, recording: Recording) -> Revision | None:
    """The revision a recording was taken of, if this checkout has it and, where it was dirty, its patch is kept."""
    provenance = recording.manifest.provenance
    if (
        recording.manifest.target != workspace.target_name
        or provenance.commit is None
        or resolve_revision(checkout, provenance.commit) is None
    ):
        return None
    if not provenance.dirty:
        return Revision(commit=provenance.commit)
    folder = workspace.store.path_of(recording.id)
    patch = folder / PATCH if folder else None
    return Revision(commit=provenance.commit, patch=patch.read_bytes()) if patch and patch.is_file() else None


def _known_same(workspace: Workspace, asked: list[_Asked], plan: Plan) -> Comparison | None:
    """Decided before measuring: one recording, or two of byte for byte the same programs."""
    base, head = asked[0].recording, asked[1].recording
    if base is None or head is None or known_sameness(base, head) is None:
        return None
    sides = (Side(ref=asked[0].ref, recording=base), Side(ref=asked[1].ref, recording=head))
    known = compare_stored_sides(workspace, *sides, plan)
    return known if known.comparable or plan.stored else None


def _stored_side(workspace: Workspace, asked: _Asked, plan: Plan) -> Recording:
    """A side's recording; a commit that has none is recorded now, unless only stored ones are wanted."""
    if asked.recording is not None:
        return asked.recording
    if plan.stored:
        raise RefError(
            f"'{asked.ref}' has no complete, clean recording of {workspace.target_name} on this host.",
            hint=f"'harness run --rev {asked.ref}' makes one; without --stored it is measured now.",
        )
    from harness.commands.recording import RunPlan, record  # noqa: PLC0415 (not for stored comparisons)

    workspace.say(f"'{asked.ref}' has no recording on this host: recording it now.")
    revision = asked.resolved.commit or WORKTREE
    return record(workspace, RunPlan(benchmarks=plan.benchmarks, revision=revision, runs=plan.runs)).recording


def _measure(
    workspace: Workspace, base: _Asked, head: _Asked, revisions: tuple[Revision, Revision], plan: Plan
) -> Comparison:
    from harness.commands.interleaving import Turns, measure_in_turns  # noqa: PLC0415 (not for stored comparisons)

    turns = Turns(
        base=revisions[0],
        head=revisions[1],
        benchmarks=plan.benchmarks,
        runs=plan.runs,
        even_if_same=plan.measure_anyway,
        budget_s=plan.budget_s,
        resume=plan.resume,
    )
    recordings = measure_in_turns(workspace, turns)
    if recordings is None:
        return _same_by_build(workspace, base, head, plan)
    return compare(
        Side(ref=base.ref, recording=recordings[0], beside=base.recording),
        Side(ref=head.ref, recording=recordings[1], beside=head.recording),
        workspace.contract,
        mode=Mode.INTERLEAVED,
        alternated=True,
        benchmarks=plan.benchmarks,
    )


def _same_by_build(workspace: Workspace, base: _Asked, head: _Asked, plan: Plan) -> Comparison:
    """Both sides build to the same programs: one recording speaks for both, taken now if there is none."""
    committed = head if base.resolved.commit == WORKTREE else base
    recording = base.recording or head.recording or _stored_side(workspace, committed, plan)
    sides = (Side(ref=base.ref, recording=recording), Side(ref=head.ref, recording=recording))
    return compare_stored_sides(workspace, *sides, plan, sameness=Sameness.EXECUTABLE)


def compare_stored_sides(
    workspace: Workspace,
    base: Side,
    head: Side,
    plan: Plan,
    *,
    sameness: Sameness | None = None,
    calibrations: Sequence[Recording] | None = None,
) -> Comparison:
    """Two recordings as they are; runs that took turns when they were recorded still did.

    What sessions differ by is learned from `calibrations` alone where they are given, else from all that is stored.
    """
    session = base.manifest.protocol.session
    taken_together = session is not None and session == head.manifest.protocol.session
    alternated = plan.same_session or taken_together
    return compare(
        base,
        head,
        workspace.load_contract(base.manifest.contract),
        mode=Mode.STORED,
        alternated=alternated,
        benchmarks=_known_benchmarks(plan.benchmarks, base, head),
        sameness=sameness,
        between=None if alternated else _between(workspace, base, head, calibrations),
    )


def _between(workspace: Workspace, base: Side, head: Side, calibrations: Sequence[Recording] | None) -> Between:
    if calibrations is None:
        return sessions_for(workspace, base.manifest, head.manifest)
    return between_sessions((one.manifest for one in calibrations), base.manifest, head.manifest)


def _known_benchmarks(benchmarks: tuple[str, ...], base: Side, head: Side) -> tuple[str, ...]:
    recorded = {*base.manifest.benchmark_names, *head.manifest.benchmark_names}
    unknown = [name for name in benchmarks if name not in recorded]
    if unknown:
        raise ConfigError(
            f"No benchmark '{unknown[0]}' on either side.", hint=f"Recorded: {', '.join(sorted(recorded))}."
        )
    return benchmarks
