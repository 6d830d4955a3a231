"""From refs, or from the marker of a rendered section, to everything that a Metrics section says."""

import hashlib
from collections.abc import Iterable, Iterator

import msgspec

from harness.commands.comparing import Plan, compare_stored_sides
from harness.commands.finding import find_recording
from harness.commands.publishing import benchmarks_with_logs, log_name, published_log
from harness.commands.same_session import in_turns
from harness.commands.span_samples import samples_as_defined, samples_of
from harness.commands.stored_sessions import recordings_that_calibrate
from harness.commands.workspace import Workspace
from harness.compare.comparison import Comparison, Side
from harness.errors import DocumentError, RefError, StoreError
from harness.kpis.contract import Contract, kpi_definitions
from harness.kpis.definition import KpiDefinition, Reduce
from harness.milestones.counting import Counted, count_events, count_metrics
from harness.milestones.evidence import Evidence, LogFile, RecordedIds, Recordings, Which
from harness.milestones.programme import Form, Milestone, Part, Programme
from harness.recording.manifest import KpiRecord, Recording
from harness.store.folder import RAW, unreadable
from harness.store.labels import label_entries
from harness.targets.config import Target

_NOT_LABELLED = "no recording of this target was labelled so when this was rendered"


def choose(
    workspace: Workspace, programme: Programme, milestone: Milestone, *, base: str | None, head: str | None
) -> Recordings:
    """The recordings that a milestone's figures are taken from.

    The base is the programme's reference unless another is asked for, the head what is checked out; where runs of both
    took turns, those runs. A milestone that shows nothing but the contract's table makes the reference itself.
    """
    label = programme.reference
    if base is None and all(part.form is Form.CONTRACT_TABLE for part in milestone.metrics):
        return Recordings(head=find_recording(workspace, head or label))
    asked = find_recording(workspace, base or label), find_recording(workspace, head or "HEAD")
    refs = (base or label, head or "HEAD")
    named = any(one.id.startswith(ref.removeprefix("id:")) for one, ref in zip(asked, refs, strict=True))
    before, after = asked if named else in_turns(workspace, *asked)  # an id means that very recording
    reference = _labelled(workspace, label, after.manifest.target)
    chosen = Recordings(
        head=after,
        base=before,
        reference=None if reference is None or reference.id == before.id else reference,
        no_reference=_NOT_LABELLED if reference is None else "",
    )
    return msgspec.structs.replace(chosen, sessions=_sessions(workspace, chosen))


def labelled_ids(workspace: Workspace, label: str, target: str) -> frozenset[str]:
    """Every recording of a target that a label names, or named before it was moved."""
    entries = [one for one in label_entries(workspace.store, label) if one.target == target]
    return frozenset(known for one in entries for known in (one.recording, *one.history))


def _labelled(workspace: Workspace, label: str, target: str) -> Recording | None:
    """The recording that a label means for a target, on whichever host: figures of another target say nothing here."""
    anywhere = msgspec.structs.replace(workspace, target_choice=target, host_choice=None)
    try:
        found = find_recording(anywhere, f"label:{label}")
    except RefError:
        return None
    return found if found.manifest.target == target else None


def _sessions(workspace: Workspace, chosen: Recordings) -> tuple[Recording, ...]:
    """The calibration sessions that speak for the sides that were not measured in turns with the head."""
    session = chosen.head.manifest.protocol.session
    found: dict[str, Recording] = {}
    for which, one in chosen.sides:
        in_turns_with_head = session is not None and one.manifest.protocol.session == session
        if which is not Which.HEAD and not in_turns_with_head:
            found |= {known.id: known for known in recordings_that_calibrate(workspace, one.manifest)}
    return tuple(found.values())


def recall(workspace: Workspace, ids: RecordedIds) -> Recordings:
    """The recordings that a rendered section names. Raises StoreError for one that is not stored, or was altered."""
    load = workspace.store.load
    alone = ids.base is None or ids.base_is_reference or ids.reference is not None
    return Recordings(
        head=load(ids.head),
        base=load(ids.base) if ids.base else None,
        reference=load(ids.reference) if ids.reference else None,
        no_reference="" if alone else _NOT_LABELLED,
        sessions=tuple(load(one) for one in ids.sessions),
    )


def gather(
    workspace: Workspace,
    programme: Programme,
    milestone: Milestone,
    recordings: Recordings,
    more: Iterable[tuple[str, str]] = (),
) -> Evidence:
    """All that a Metrics section says of these recordings; `more` are (benchmark, span) beyond what it shows."""
    for one in recordings.everything:
        _require_whole(workspace, one)
    head = recordings.head
    contract = workspace.load_contract(head.manifest.contract)
    names = [*_shown(milestone, contract), *more]
    samples: dict[tuple[Which, str, str], KpiRecord] = {}
    for which, recording in recordings.sides:
        found = samples_of(workspace, recording, names)
        samples |= {(which, *one): record for one, record in found.items()}
    return Evidence(
        milestone=milestone,
        contract=contract,
        recordings=recordings,
        reference_label=programme.reference,
        comparison=_comparison(workspace, recordings, recordings.base, "base"),
        against_reference=_comparison(workspace, recordings, recordings.reference, programme.reference),
        samples=samples,
        self_times=_self_times(workspace, head, contract),
        counted=_counted(workspace, milestone, recordings),
        logs=tuple(_logs(workspace, programme, milestone, recordings)),
    )


def _require_whole(workspace: Workspace, recording: Recording) -> None:
    """Raises StoreError for a recording that lost a file: what it said would read as if it had never been there."""
    folder = workspace.store.path_of(recording.id)
    lost = [name for name in recording.manifest.files if folder is None or not (folder / name).is_file()]
    if lost:
        raise StoreError(f"Recording {recording.id} has lost its {lost[0]}.", hint="Restore it from git or a copy.")


def _comparison(workspace: Workspace, recordings: Recordings, base: Recording | None, name: str) -> Comparison | None:
    if base is None:
        return None
    sides = Side(ref=name, recording=base), Side(ref="head", recording=recordings.head)
    return compare_stored_sides(workspace, *sides, Plan(stored=True), calibrations=recordings.sessions)


def _shown(milestone: Milestone, contract: Contract) -> list[tuple[str, str]]:
    """Every benchmark and name that the parts of a Metrics section show."""
    return [one for part in milestone.metrics for one in _shown_in(part, contract)]


def _shown_in(part: Part, contract: Contract) -> list[tuple[str, str]]:
    if part.form is Form.REFERENCE_TABLE:
        return [(part.benchmark, name) for name in part.spans or contract.kpis]
    gate = [(part.benchmark, part.kpi)] if part.form is Form.TARGET_GATE else []
    return [*((part.benchmark, name) for name in part.spans), *part.headline.items(), *gate]


def _self_times(workspace: Workspace, head: Recording, contract: Contract) -> dict[tuple[str, str], KpiRecord]:
    """The time of each of the contract's spans outside any span below it; a sum of several spans has none."""
    target = workspace.configuration.targets.get(head.manifest.target, Target())
    definitions: dict[tuple[str, str], KpiDefinition] = {}
    for one in kpi_definitions(contract, target.kpis):
        if one.name in contract.kpis and one.selector.reduce is Reduce.ONLY and one.not_instrumented is None:
            inside = msgspec.structs.replace(one.selector, reduce=Reduce.SELF)
            own = msgspec.structs.replace(one, selector=inside)
            definitions |= {(name, one.name): own for name in head.manifest.benchmark_names}
    return samples_as_defined(workspace, head, definitions)


def _counted(workspace: Workspace, milestone: Milestone, recordings: Recordings) -> dict[tuple[Which, int], Counted]:
    """What base and head counted, for each part that shows counters."""
    parts = [(index, part) for index, part in enumerate(milestone.metrics) if part.form is Form.COUNTERS]
    sides = [(which, recordings.of(which)) for which in (Which.BASE, Which.HEAD)]
    return {
        (which, index): _counted_in(workspace, recording, part)
        for which, recording in sides
        if recording is not None
        for index, part in parts
    }


def _counted_in(workspace: Workspace, recording: Recording, part: Part) -> Counted:
    from harness.ingest.stored_events import read_events, read_run_totals  # noqa: PLC0415 (loads pyarrow)

    folder, runs = workspace.store.path_of(recording.id), recording.manifest.runs
    if folder is None:
        return Counted(absent="the recording is no longer stored")
    if part.metrics:
        totals = read_run_totals(folder)
        return count_metrics(totals, runs, benchmark=part.benchmark, prefixes=part.metrics)
    return count_events(read_events(folder, part.event), runs, benchmark=part.benchmark, by=part.by)


def tag_of(programme: Programme, milestone: Milestone, recordings: Recordings, which: Which) -> str:
    """What the published logs of a side end with: `m9`, `m9-base`, or the reference's label."""
    own = f"m{milestone.id}"
    if which is Which.HEAD:
        return own
    return programme.reference if which is Which.REFERENCE or recordings.base_is_reference else f"{own}-base"


def _logs(
    workspace: Workspace, programme: Programme, milestone: Milestone, recordings: Recordings
) -> Iterator[LogFile]:
    """Every raw log of the sides as it is published, or is going to be."""
    for which, recording in recordings.sides:
        source = workspace.store.path_of(recording.id)
        if source is None:
            raise DocumentError(f"Recording {recording.id} is no longer stored.", hint="Restore it from a copy.")
        tag = tag_of(programme, milestone, recordings, which)
        for one in benchmarks_with_logs(recording):
            try:
                data = published_log(recording, one, source)
            except OSError as error:
                raise unreadable(source / RAW / f"{one.log}", error) from None
            yield LogFile(
                which=which,
                benchmark=one.name,
                path=f"{programme.logs_folder}/{log_name(recording, one, tag)}",
                sha256=hashlib.sha256(data).hexdigest(),
            )
