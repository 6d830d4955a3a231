"""A comparison that broke off → where it can go on: its plan, and the runs that had finished."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.commands.apart import apart
from harness.commands.preparing import Prepared
from harness.commands.workspace import Workspace
from harness.errors import BuildError, RefError
from harness.recording.manifest import Protocol, Recording, RunKind, RunRecord
from harness.spans.capture import METRICS_FILE_SUFFIX, SPANS_FILE_SUFFIX, run_file_stem
from harness.targets.revision import Revision

SIDES = ("base", "head")


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A session that broke off. A side of which no run had finished has no recording."""

    protocol: Protocol
    benchmarks: tuple[str, ...]
    sides: tuple[Recording | None, Recording | None]

    def runs(self, side: int) -> tuple[RunRecord, ...]:
        """The good runs of a side; what failed is taken again."""
        recording = self.sides[side]
        return tuple(run for run in recording.manifest.runs if not run.failure) if recording else ()

    @property
    def part(self) -> int:
        """The number of the part that begins now."""
        return 1 + max(run.part for side in (0, 1) for run in self.runs(side))


def find_broken(workspace: Workspace, revisions: Sequence[Revision], names: Sequence[str]) -> Broken:
    """The latest session of these two revisions that broke off and was not brought to its end since.

    Raises RefError where there is none.
    """
    sessions: dict[str, list[Recording]] = {}
    for recording in workspace.store.recordings():
        session = recording.manifest.protocol.session
        if session is not None:
            sessions.setdefault(session, []).append(recording)
    broken = [
        found
        for recordings in sessions.values()
        if all(one.manifest.failure for one in recordings)
        and any(found := [_side(workspace, recordings, number, one) for number, one in enumerate(revisions)])
    ]
    if not broken:
        raise RefError(
            "No comparison of these two revisions was broken off here.", hint="Without --resume a new one begins."
        )
    base, head = max(broken, key=lambda sides: max(one.manifest.started for one in sides if one))
    known = [one.manifest for one in (base, head) if one]
    benchmarks = known[0].benchmark_names
    if names and set(names) != set(benchmarks):
        raise RefError(
            f"The comparison that broke off measured {', '.join(benchmarks)}.", hint="Leave --benchmark away to go on."
        )
    return Broken(protocol=known[0].protocol, benchmarks=benchmarks, sides=(base, head))


def _side(workspace: Workspace, recordings: Sequence[Recording], side: int, revision: Revision) -> Recording | None:
    """A session that broke off twice has two recordings a side: the later one holds the runs of both."""
    matching = [
        one
        for one in recordings
        if one.manifest.protocol.side == SIDES[side]
        and one.manifest.target == workspace.target_name
        and one.manifest.host.id == workspace.host_id
        and one.manifest.contract == workspace.contract.name
        and (one.manifest.provenance.commit, one.manifest.provenance.patch_sha256)
        == (revision.commit, revision.patch_sha256)
    ]
    return max(matching, key=lambda one: len(one.manifest.runs), default=None)


def require_same_programs(broken: Broken, prepared: Sequence[Prepared]) -> None:
    """Raises BuildError where a side is no longer the program, or not under the conditions, that it began with."""
    for name, earlier, now in zip(SIDES, broken.sides, prepared, strict=True):
        before = earlier.manifest.benchmarks if earlier else now.records
        for one, other in zip(before, now.records, strict=True):
            if (one.identity, one.environment) != (other.identity, other.environment):
                raise BuildError(
                    f"{one.name} of the {name} is not what the comparison that broke off had measured.",
                    hint="Another toolchain, setting or variable now applies: without --resume a new one begins.",
                )


def take_up(workspace: Workspace, broken: Broken, drafts: Sequence[Path]) -> None:
    """Puts every side's finished runs into its draft. Raises StoreError."""
    for side, draft in enumerate(drafts):
        recording = broken.sides[side]
        folder = workspace.store.path_of(recording.id) if recording else None
        if folder is not None:
            runs = broken.runs(side)
            apart(_carry_over, folder, draft, _raw_files(broken.benchmarks, runs), runs)


def _carry_over(folder: Path, draft: Path, names: Sequence[str], runs: Sequence[RunRecord]) -> None:
    from harness.store.carrying import carry_over  # noqa: PLC0415 (loads pyarrow: only in the process of its own)

    carry_over(folder, draft, names, runs)


def _raw_files(benchmarks: Sequence[str], runs: Sequence[RunRecord]) -> list[str]:
    stems = [run_file_stem(run.benchmark, run.kind, run.number) for run in runs]
    beside = [f"{stem}.{suffix}" for stem in stems for suffix in (SPANS_FILE_SUFFIX, METRICS_FILE_SUFFIX)]
    return [*(f"{name}.log" for name in benchmarks), *beside]


def measured_numbers(runs: Sequence[RunRecord], benchmark: str) -> frozenset[int]:
    """Numbers of the measured runs of a benchmark that are done."""
    return frozenset(run.number for run in runs if run.benchmark == benchmark and run.kind is RunKind.MEASURED)
