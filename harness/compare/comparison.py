"""Base and head put side by side: comparable or not, each KPI with its interval and verdict, one verdict for all."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial

import msgspec

from harness.compare.attribution import runs_to_name
from harness.compare.comparability import Difference, differences
from harness.compare.explanation import Explanation
from harness.compare.judging import Conditions, gating_pairs, judged
from harness.compare.kpi_comparison import KpiComparison, Paired, known_same, pairs_of, unjudged
from harness.compare.rounds import Stratum, one_stratum, strata_of
from harness.compare.sessions import Between
from harness.compare.verdict import Gate, Verdict, gate, overall
from harness.kpis.contract import Contract
from harness.recording.manifest import Manifest, Recording


class Mode(StrEnum):
    """How the two sides were measured."""

    INTERLEAVED = "interleaved"
    STORED = "stored"


class Sameness(StrEnum):
    """Why two sides are known to be equal before any time is looked at."""

    RECORDING = "same recording"
    EXECUTABLE = "same executable"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison under the ref the user gave; `beside` is what was stored under it before."""

    ref: str
    recording: Recording
    beside: Recording | None = None

    @property
    def manifest(self) -> Manifest:
        """The recording's manifest."""
        return self.recording.manifest


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer. `alternated` says that the runs of both sides took turns, else sessions are compared.

    `runs_to_name` is the number of runs a side from which one lone moved KPI among the attribution could be named; None
    where it can be already. `explanations` are one a benchmark, where they were asked for.
    """

    base: Side
    head: Side
    mode: Mode
    alternated: bool
    comparable: bool
    differences: tuple[Difference, ...]
    verdict: Verdict
    reason: str
    gate: Gate
    kpis: tuple[KpiComparison, ...]
    runs_to_name: int | None = None
    explanations: tuple[Explanation, ...] = ()

    def kpi(self, benchmark: str, kpi: str) -> KpiComparison | None:
        """The KPI of that name, if either side has it or the contract names it."""
        return next((one for one in self.kpis if (one.benchmark, one.kpi) == (benchmark, kpi)), None)


def compare(  # noqa: PLR0913 (two sides, the rules, and how the sides came about)
    base: Side,
    head: Side,
    contract: Contract,
    *,
    mode: Mode,
    alternated: bool,
    benchmarks: Sequence[str] = (),
    sameness: Sameness | None = None,
    between: Between | None = None,
) -> Comparison:
    """The comparison of two recordings.

    `alternated` says that the runs of both sides took turns, which alone drops the between-session doubt; `between` is
    what is known of how much sessions differ. `benchmarks` limits it to some; empty means all. `sameness` is what is
    known beyond the two recordings.
    """
    found = differences(base.manifest, head.manifest, benchmarks)
    comparable = not any(difference.decisive for difference in found)
    everything = pairs_of(base.manifest, head.manifest, contract)
    pairs = [pair for pair in everything if not benchmarks or pair.benchmark in benchmarks]
    if sameness is None and mode is not Mode.INTERLEAVED:  # equal programs are measured in turns only to be judged
        sameness = known_sameness(base.recording, head.recording)
    if not comparable:
        kpis = [unjudged(pair, "not comparable: " + found[0].describe()) for pair in pairs]
    elif sameness is not None:
        kpis = [known_same(pair, sameness.value) for pair in pairs]
    else:
        conditions = _conditions(base, head, None if alternated else between or Between(), everything)
        kpis = judged(pairs, contract, conditions)
    gating = [kpi for kpi in kpis if kpi.gating and (kpi.base or kpi.head)]
    same_without_gate = sameness is not None and comparable and not gating
    verdict = Verdict.SAME if same_without_gate else overall(kpi.verdict for kpi in gating)
    return Comparison(
        base=base,
        head=head,
        mode=mode,
        alternated=alternated,
        comparable=comparable,
        differences=found,
        verdict=verdict if comparable else Verdict.UNDECIDED,
        reason=_reason(gating, found, sameness, comparable=comparable),
        gate=gate([(kpi.verdict, kpi.ratio_high) for kpi in gating], contract.gate_ratio),
        kpis=tuple(kpis),
        runs_to_name=_runs_to_name(kpis, contract) if comparable and alternated else None,
    )


def _runs_to_name(kpis: Sequence[KpiComparison], contract: Contract) -> int | None:
    judged_ones = [one for one in kpis if one.runs_to_settle is not None and not one.gating]
    sizes = [min(one.base.n, one.head.n) for one in judged_ones if one.base and one.head]
    needed = runs_to_name(len(sizes), contract.error_rate)
    return needed if sizes and needed > max(sizes) else None


def _all_in_one(_benchmark: str) -> Callable[[int], Stratum]:
    return one_stratum


def _conditions(base: Side, head: Side, between: Between | None, everything: Sequence[Paired]) -> Conditions:
    """Runs that were looked at until decided were judged with all their KPIs, whichever are asked for afterwards."""
    if between is not None:
        return Conditions(base_stratum=_all_in_one, head_stratum=_all_in_one, between=between)
    looks = max(1, base.manifest.protocol.looks, head.manifest.protocol.looks)
    return Conditions(
        base_stratum=partial(strata_of, base.manifest),
        head_stratum=partial(strata_of, head.manifest),
        looks=looks,
        gating=gating_pairs(everything) if looks > 1 else None,
    )


def known_sameness(base: Recording, head: Recording) -> Sameness | None:
    """Whether both sides are one recording, or would run byte for byte the same programs."""
    if base.id == head.id:
        return Sameness.RECORDING
    before = {one.name: one.identity for one in base.manifest.benchmarks}
    after = {one.name: one.identity for one in head.manifest.benchmarks}
    known = before and all(before.values())
    return Sameness.EXECUTABLE if known and before == after else None


def _reason(
    gating: Sequence[KpiComparison], found: Sequence[Difference], sameness: Sameness | None, *, comparable: bool
) -> str:
    if not comparable:
        return "not comparable: " + "; ".join(one.describe() for one in found if one.decisive)
    worst = overall(kpi.verdict for kpi in gating)
    if sameness is not None and (worst is Verdict.SAME or not gating):
        return sameness.value
    if not gating:
        return "no gating KPI is recorded on either side"
    return next((kpi.reason for kpi in gating if kpi.verdict is worst and kpi.reason), "")
