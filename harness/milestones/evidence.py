"""What a milestone's figures are made of: which recordings, how they compare, what was read beyond the contract."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from harness.compare.comparability import stands_for
from harness.compare.comparison import Comparison
from harness.compare.kpi_comparison import KpiComparison
from harness.kpis.contract import Contract
from harness.milestones.counting import Counted
from harness.milestones.figures import Absent, Figure, SpanRow, figure_of
from harness.milestones.programme import Milestone
from harness.recording.manifest import KpiRecord, Recording


class Which(StrEnum):
    """The part that a recording plays. The reference is the contract's baseline, where the base is another one."""

    BASE = "base"
    HEAD = "head"
    REFERENCE = "reference"


class Recordings(msgspec.Struct, frozen=True, kw_only=True):
    """The recordings behind a Metrics section.

    A milestone that only sets a baseline has no base. `no_reference` says why there is no reference beside the base;
    empty where the base is the reference itself. `sessions` are those that say how sessions differ.
    """

    head: Recording
    base: Recording | None = None
    reference: Recording | None = None
    no_reference: str = ""
    sessions: tuple[Recording, ...] = ()

    def of(self, which: Which) -> Recording | None:
        """The recording that plays a part."""
        return {Which.BASE: self.base, Which.HEAD: self.head, Which.REFERENCE: self.reference}[which]

    @property
    def base_is_reference(self) -> bool:
        """Whether what the milestone is held against is the contract's reference itself."""
        return self.base is not None and self.reference is None and not self.no_reference

    @property
    def sides(self) -> tuple[tuple[Which, Recording], ...]:
        """Every part that is played, base first."""
        played = ((which, self.of(which)) for which in Which)
        return tuple((which, recording) for which, recording in played if recording is not None)

    @property
    def everything(self) -> tuple[Recording, ...]:
        """Every recording that the section cannot be made again without, each once."""
        found = {one.id: one for _which, one in self.sides} | {one.id: one for one in self.sessions}
        return tuple(found.values())


class LogFile(msgspec.Struct, frozen=True, kw_only=True):
    """A raw log as it is published: its path in the checkout and the SHA-256 of its bytes."""

    which: Which
    benchmark: str
    path: str
    sha256: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a Metrics section says, before it is written.

    `comparison` is of base and head, `against_reference` of reference and head; None where there is no such side.
    `samples` hold what the section shows by side, benchmark and written name, `counted` what was counted by side and
    place of the part among the milestone's. `reference_label` is the programme's.
    """

    milestone: Milestone
    contract: Contract
    recordings: Recordings
    reference_label: str
    comparison: Comparison | None
    against_reference: Comparison | None
    samples: Mapping[tuple[Which, str, str], KpiRecord]
    self_times: Mapping[tuple[str, str], KpiRecord]
    counted: Mapping[tuple[Which, int], Counted]
    logs: tuple[LogFile, ...]

    def figure(self, which: Which, benchmark: str, name: str) -> Figure | Absent:
        """The figure of a name on one side."""
        if self.recordings.of(which) is None:
            return Absent(f"there is no {which.value}")
        return figure_of(self.samples.get((which, benchmark, name)))

    def row(self, benchmark: str, name: str) -> SpanRow:
        """A name on every side."""
        has_own_reference = self.recordings.reference is not None
        return SpanRow(
            name=name,
            base=self.figure(Which.BASE, benchmark, name),
            head=self.figure(Which.HEAD, benchmark, name),
            reference=self.figure(Which.REFERENCE, benchmark, name) if has_own_reference else None,
        )

    @property
    def to_reference(self) -> Comparison | None:
        """The comparison with the contract's reference, which the base may be, or may be the program of."""
        return self.comparison if self.base_stands_for_reference else self.against_reference

    @property
    def base_is_reference(self) -> bool:
        """Whether what the milestone is held against is the contract's reference itself."""
        return self.recordings.base_is_reference

    @property
    def base_stands_for_reference(self) -> bool:
        """Whether the base is the contract's reference, or its program measured again: in turns, better evidence."""
        base, reference = self.recordings.base, self.recordings.reference
        if base is None or reference is None:
            return self.base_is_reference
        return stands_for(base.manifest, reference.manifest)

    @property
    def base_name(self) -> str:
        """What the base is called."""
        return self.reference_label if self.base_is_reference else Which.BASE.value

    def contract_kpis(self, comparison: Comparison) -> tuple[KpiComparison, ...]:
        """The comparison's KPIs that the contract names for its benchmarks, then those that gate beside it."""
        named = [(one.name, kpi) for one in self.contract.benchmarks for kpi in self.contract.kpis]
        found = [kpi for place in named if (kpi := comparison.kpi(*place)) is not None]
        gating = [one for one in comparison.kpis if one.gating and (one.base or one.head)]
        return (*found, *(one for one in gating if (one.benchmark, one.kpi) not in named))


class RecordedIds(msgspec.Struct, frozen=True, kw_only=True):
    """The recordings that a rendered section names. `reference` is None where there was none beside the base."""

    head: str
    base: str | None
    reference: str | None
    base_is_reference: bool
    sessions: tuple[str, ...]


_REFERENCE_IS_BASE, _NO_REFERENCE = "base", "none"


def name_recordings(evidence: Evidence) -> str:
    """What the marker of a Metrics section says: the milestone and each recording that it was made of."""
    recordings = evidence.recordings
    words = [f"milestone-{evidence.milestone.id}", "head", recordings.head.id]
    if recordings.base is not None:
        own = recordings.reference.id if recordings.reference else _NO_REFERENCE
        words += ["base", recordings.base.id, "reference", _REFERENCE_IS_BASE if evidence.base_is_reference else own]
    words += [word for one in recordings.sessions for word in ("session", one.id)]
    return " ".join(words)


def named_recordings(marker: str) -> RecordedIds | None:
    """The recordings that a marker names; None where it names none."""
    words = marker.split()[1:]
    pairs = list(zip(words[::2], words[1::2], strict=False))
    by_part = dict(pairs)
    if "head" not in by_part:
        return None
    reference = by_part.get("reference")
    return RecordedIds(
        head=by_part["head"],
        base=by_part.get("base"),
        reference=reference if reference not in {_REFERENCE_IS_BASE, _NO_REFERENCE} else None,
        base_is_reference=reference == _REFERENCE_IS_BASE,
        sessions=tuple(value for part, value in pairs if part == "session"),
    )
