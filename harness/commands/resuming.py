"""A comparison that broke off → where it can go on: its plan, and the runs that had finished."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from harness.commands.preparing import Prepared
from harness.commands.workspace import Workspace
from harness.errors import BuildError, RefError
from harness.measure.apart import apart
from harness.measure.session import SidePlan
from harness.recording.manifest import Protocol, Recording, RunKind, RunRecord
from harness.spans.capture import METRICS_FILE_SUFFIX, SPANS_FILE_SUFFIX, run_file_stem
from harness.targets.revision import Revision

SIDES = ("base", "head")


class Broken(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A session that broke off. A side of which no run had finished has no recording."""

    protocol: Protocol
    benchmarks: tuple[str, ...]
    sides: tuple[Recording | None, Recording | None]

    def runs(self, side: int) -> tuple[RunRecord, ...]:
        """The good runs of a side; what failed is taken again."""
        recording = self.sides[side]
        return good_runs(recording) if recording else ()

    @cached_property
    def all_runs(self) -> tuple[RunRecord, ...]:
        """The good runs of both sides."""
        return self.runs(0) + self.runs(1)

    @cached_property
    def done(self) -> frozenset[tuple[int, str, RunKind, int]]:
        """Side, benchmark, kind and number of every good run."""
        return frozenset((side, run.benchmark, run.kind, run.number) for side in (0, 1) for run in self.runs(side))

    @property
    def part(self) -> int:
        """The number of the part that begins now."""
        return 1 + max((run.part for run in self.all_runs), default=-1)


def good_runs(recording: Recording) -> tuple[RunRecord, ...]:
    """The runs of a recording that did not fail."""
    return tuple(run for run in recording.manifest.runs if not run.failure)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which session is meant, and the plan that it must have had; None and empty where the command says nothing."""

    revisions: tuple[Revision, Revision]
    benchmarks: tuple[str, ...] = ()
    runs: int | None = None
    budget_s: float | None = None


def find_broken(workspace: Workspace, asked: Asked) -> Broken:
    """The latest session of these two revisions that broke off and was not brought to its end since.

    Raises RefError where there is none, or where it had another plan.
    """
    sessions: dict[str, list[Recording]] = {}
    for recording in workspace.store.recordings():
        session = recording.manifest.protocol.session
        if session is not None and _is_here(workspace, recording):
            sessions.setdefault(session, []).append(recording)
    matching = [sides for one in sessions.values() if (sides := _sides(one, asked.revisions)) is not None]
    broken = [sides for sides in matching if any(one is None or one.manifest.failure for one in sides)]
    if not broken:
        finished = "It was finished: with --stored its verdict is shown." if matching else ""
        raise RefError(
            "No comparison of these two revisions was broken off here.",
            hint=finished or "Without --resume a new one begins.",
        )
    base, head = max(broken, key=lambda sides: max(one.manifest.started for one in sides if one))
    known = next(one.manifest for one in (base, head) if one)
    found = Broken(protocol=known.protocol, benchmarks=known.benchmark_names, sides=(base, head))
    _require_same_plan(found, asked)
    return found


def _is_here(workspace: Workspace, recording: Recording) -> bool:
    manifest = recording.manifest
    place = (manifest.target, manifest.host.id, manifest.contract)
    return place == (workspace.target_name, workspace.host_id, workspace.contract.name)


def _sides(
    recordings: Sequence[Recording], revisions: tuple[Revision, Revision]
) -> tuple[Recording | None, Recording | None] | None:
    """The recordings of each side of one session; None where a side is of another revision than asked for.

    A session that broke off twice has several recordings a side: a whole one, else the one with most good runs, counts.
    """
    found: list[Recording | None] = []
    for side, revision in zip(SIDES, revisions, strict=True):
        taken = [one for one in recordings if one.manifest.protocol.side == side]
        wanted = (revision.commit, revision.patch_sha256)
        if any((one.manifest.provenance.commit, one.manifest.provenance.patch_sha256) != wanted for one in taken):
            return None
        found.append(max(taken, key=_completeness, default=None))
    return (found[0], found[1]) if any(found) else None


def _completeness(recording: Recording) -> tuple[bool, int, str]:
    return not recording.manifest.failure, len(good_runs(recording)), recording.manifest.started


def _require_same_plan(found: Broken, asked: Asked) -> None:
    """What the command repeats of its plan must be what the session began with."""
    protocol = found.protocol
    planned = None if protocol.budget_s is not None else protocol.measured
    differing = [
        (
            asked.benchmarks and set(asked.benchmarks) != set(found.benchmarks),
            f"measured {', '.join(found.benchmarks)}",
        ),
        (
            asked.runs is not None and asked.runs != planned,
            f"was to take {planned or 'no fixed number of'} runs a side",
        ),
        (asked.budget_s is not None and asked.budget_s != protocol.budget_s, "had another budget, or none"),
    ]
    for differs, what in differing:
        if differs:
            raise RefError(
                f"The comparison that broke off {what}.", hint="Leave that option away: --resume goes on with its plan."
            )


def require_same_programs(broken: Broken, prepared: Sequence[Prepared]) -> None:
    """Raises BuildError where a side is no longer the program, or not under the conditions, that it began with."""
    for name, earlier, now in zip(SIDES, broken.sides, prepared, strict=True):
        before = earlier.manifest.benchmarks if earlier else now.records
        for one, other in zip(before, now.records, strict=True):
            if other.identity is None or (one.identity, one.environment) != (other.identity, other.environment):
                raise BuildError(
                    f"{one.name} of the {name} is not what the comparison that broke off had measured.",
                    hint="Other files or settings now apply, or nothing can tell: without --resume a new one begins.",
                )


def take_up(workspace: Workspace, broken: Broken, plans: Sequence[SidePlan]) -> list[SidePlan]:
    """The plans of both sides with every finished run in their drafts. Raises StoreError."""
    taken_up = []
    for side, plan in enumerate(plans):
        recording, runs = broken.sides[side], broken.runs(side)
        folder = workspace.store.path_of(recording.id) if recording else None
        if folder is not None:
            apart(_carry_over, folder, plan.draft, _raw_files(broken.benchmarks, runs), runs)
        taken_up.append(msgspec.structs.replace(plan, carried=len(runs)))
    return taken_up


def _carry_over(folder: Path, draft: Path, names: Sequence[str], runs: Sequence[RunRecord]) -> None:
    from harness.store.carrying import carry_over  # noqa: PLC0415 (loads pyarrow: only in the process of its own)

    carry_over(folder, draft, names, runs)


def _raw_files(benchmarks: Sequence[str], runs: Sequence[RunRecord]) -> list[str]:
    stems = [run_file_stem(run.benchmark, run.kind, run.number) for run in runs]
    beside = [f"{stem}.{suffix}" for stem in stems for suffix in (SPANS_FILE_SUFFIX, METRICS_FILE_SUFFIX)]
    return [*(f"{name}.log" for name in benchmarks), *beside]
