"""Base and head put side by side: comparable or not, each KPI with its interval and verdict, one verdict for all.

One KPI a benchmark may gate; each gating KPI is judged at the contract's error rate divided by their number, so the
chance of any false call among them stays below it. All other KPIs are attribution under Benjamini-Hochberg, with
intervals at the level that selection implies (Benjamini & Yekutieli 2005), so that verdict and interval agree.
"""

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

import msgspec

from harness.compare.comparability import Difference, differences
from harness.compare.rank_interval import RatioInterval, Round, Samples, is_decidable, ratio_interval, runs_to_settle
from harness.compare.verdict import Gate, Verdict, gate, overall, read_verdict
from harness.kpis.contract import Contract
from harness.recording.manifest import KpiRecord, Manifest, Recording

CALIBRATION_SESSIONS_NEEDED = 6
"""Below six sessions of one unchanged program the between-session spread is too little known to judge by."""

_ROUND_RUNS = 5


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


class KpiSide(msgspec.Struct, frozen=True, kw_only=True):
    """One side's samples of a KPI, in its unit, with the display step of its median."""

    median: float
    n: int
    samples: tuple[float, ...]
    step: float


class KpiComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One KPI on both sides. `ratio_low`/`ratio_high` are None where no interval can be given."""

    benchmark: str
    kpi: str
    unit: str
    gating: bool
    base: KpiSide | None
    head: KpiSide | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    verdict: Verdict
    reason: str
    min_detectable: float | None
    runs_to_settle: int | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer."""

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


class _Paired(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI present in at least one of the recordings or named by the contract."""

    benchmark: str
    kpi: str
    gating: bool
    base: KpiRecord | None
    head: KpiRecord | None

    @property
    def on_both(self) -> bool:
        return bool(self.base and self.base.values and self.head and self.head.values)


def compare(  # noqa: PLR0913 (two sides, the rules, and how the sides came about)
    base: Side,
    head: Side,
    contract: Contract,
    *,
    mode: Mode,
    alternated: bool,
    benchmarks: Sequence[str] = (),
    sameness: Sameness | None = None,
) -> Comparison:
    """The comparison of two recordings.

    `alternated` says that the runs of both sides took turns, which alone drops the between-session doubt.
    `benchmarks` limits it to some; empty means all. `sameness` is what is known beyond the two recordings.
    """
    found = differences(base.manifest, head.manifest, benchmarks)
    comparable = not any(difference.decisive for difference in found)
    pairs = [pair for pair in _pairs(base, head, contract) if not benchmarks or pair.benchmark in benchmarks]
    if sameness is None and mode is not Mode.INTERLEAVED:  # equal programs are measured in turns only to be judged
        sameness = known_sameness(base.recording, head.recording)
    if sameness is not None and comparable:
        kpis = tuple(_known_same(pair, sameness) for pair in pairs)
    elif comparable and alternated:
        kpis = tuple(_judged(pairs, contract))
    else:
        kpis = tuple(_unjudged(pair, _why_unjudged(found, comparable=comparable)) for pair in pairs)
    gating = [kpi for kpi in kpis if kpi.gating and (kpi.base or kpi.head)]
    known_same = sameness is not None and comparable and not gating
    verdict = Verdict.SAME if known_same else overall(kpi.verdict for kpi in gating)
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
        kpis=kpis,
    )


def known_sameness(base: Recording, head: Recording) -> Sameness | None:
    """Whether both sides are one recording, or would run byte for byte the same programs."""
    if base.id == head.id:
        return Sameness.RECORDING
    before = {one.name: one.identity for one in base.manifest.benchmarks}
    after = {one.name: one.identity for one in head.manifest.benchmarks}
    known = before and all(before.values())
    return Sameness.EXECUTABLE if known and before == after else None


def _pairs(base: Side, head: Side, contract: Contract) -> list[_Paired]:
    named = [(one.name, kpi) for one in contract.benchmarks for kpi in contract.kpis]
    recorded = [(record.benchmark, record.kpi) for side in (base, head) for record in side.manifest.kpis]
    return [
        _Paired(
            benchmark=benchmark,
            kpi=kpi,
            gating=contract.is_gating(benchmark, kpi),
            base=base.manifest.kpi(benchmark, kpi),
            head=head.manifest.kpi(benchmark, kpi),
        )
        for benchmark, kpi in dict.fromkeys([*named, *recorded])
    ]


def _known_same(pair: _Paired, sameness: Sameness) -> KpiComparison:
    if not pair.on_both:
        return _absent(pair)
    return _compared(pair, None, Verdict.SAME, sameness.value)


def _unjudged(pair: _Paired, reason: str) -> KpiComparison:
    return _compared(pair, None, Verdict.UNDECIDED, reason) if pair.on_both else _absent(pair)


def _why_unjudged(found: Sequence[Difference], *, comparable: bool) -> str:
    if not comparable:
        return "not comparable: " + found[0].describe()
    return (
        "stored runs of different sessions: sessions of one unchanged program differ too, and judging across them "
        f"needs {CALIBRATION_SESSIONS_NEEDED} calibration sessions of this host: all {CALIBRATION_SESSIONS_NEEDED} "
        "are missing"
    )


def _judged(pairs: Sequence[_Paired], contract: Contract) -> list[KpiComparison]:
    """Intervals and verdicts of runs that took turns."""
    rounds = {id(pair): _rounds(pair) for pair in pairs if pair.on_both}
    gating = [pair for pair in pairs if pair.gating and id(pair) in rounds]
    others = [pair for pair in pairs if not pair.gating and rounds.get(id(pair))]
    level = {id(pair): contract.error_rate / len(gating) for pair in gating}
    found = [ratio_interval(rounds[id(pair)], contract.error_rate).p for pair in others]
    selected = _selected_level(found, contract.error_rate)
    level.update({id(pair): selected for pair in others})
    return [
        _judge_one(pair, rounds[id(pair)], level[id(pair)], contract) if rounds.get(id(pair)) else _doubtful(pair)
        for pair in pairs
    ]


def _doubtful(pair: _Paired) -> KpiComparison:
    return _unjudged(pair, "a value of 0, or no round with runs of both sides") if pair.on_both else _absent(pair)


def _selected_level(p_values: Sequence[float], error_rate: float) -> float:
    """The error rate of each attribution interval: Benjamini-Hochberg's cut, or the strictest where nothing passes."""
    m = len(p_values)
    passing = [rank for rank, p in enumerate(sorted(p_values), start=1) if p <= rank * error_rate / m]
    return max(passing, default=1) * error_rate / max(m, 1)


def _judge_one(pair: _Paired, rounds: Sequence[Round], alpha: float, contract: Contract) -> KpiComparison:
    interval = ratio_interval(rounds, alpha)
    verdict = read_verdict(interval, contract.effect_floor_ratio)
    runs = min(sum(len(one.base.values) for one in rounds), sum(len(one.head.values) for one in rounds))
    needed = runs_to_settle(interval, runs, contract.effect_floor_ratio)
    reason = ""
    if interval.low is None and is_decidable(rounds, alpha):
        return _compared(pair, interval, verdict, "the printed digits allow a time of 0, so no ratio can be bounded")
    if verdict is Verdict.UNDECIDED:
        unbounded = "too few runs for any interval; " if interval.low is None else ""
        reason = f"{unbounded}about {needed} + {needed} runs would decide"
    return _compared(pair, interval, verdict, reason, needed if verdict is Verdict.UNDECIDED else None)


def _rounds(pair: _Paired) -> list[Round]:
    """Runs 1-5 of each side are the first round, 6-10 the second; a round that lost all runs of a side is left out.

    A value of 0 has no logarithm; leaving it out would bias its side, so then there are no rounds.
    """
    if pair.base is None or pair.head is None or min(*pair.base.values, *pair.head.values) <= 0:
        return []
    base, head = _by_round(pair.base), _by_round(pair.head)
    return [Round(base=base[number], head=head[number]) for number in sorted(base.keys() & head.keys())]


def _by_round(record: KpiRecord) -> dict[int, Samples]:
    grouped: dict[int, list[int]] = {}
    for index, run in enumerate(record.runs):
        grouped.setdefault((run - 1) // _ROUND_RUNS, []).append(index)
    return {
        number: Samples(
            values=tuple(record.values[i] for i in indices),
            lows=tuple(record.lows[i] for i in indices),
            highs=tuple(record.highs[i] for i in indices),
        )
        for number, indices in grouped.items()
    }


def _absent(pair: _Paired) -> KpiComparison:
    has_head = bool(pair.head and pair.head.values)
    lacking = pair.base if has_head else pair.head
    reason = (lacking.missing if lacking else None) or "benchmark not recorded"
    return _compared(pair, None, Verdict.NEW if has_head else Verdict.MISSING, reason)


def _compared(
    pair: _Paired, interval: RatioInterval | None, verdict: Verdict, reason: str, needed: int | None = None
) -> KpiComparison:
    base, head = _side(pair.base), _side(pair.head)
    ratio = head.median / base.median if base and head and base.median > 0 else None
    return KpiComparison(
        benchmark=pair.benchmark,
        kpi=pair.kpi,
        unit=next((record.unit for record in (pair.base, pair.head) if record), "ms"),
        gating=pair.gating,
        base=base,
        head=head,
        ratio=ratio,
        ratio_low=interval.low if interval else None,
        ratio_high=interval.high if interval else None,
        verdict=verdict,
        reason=reason,
        min_detectable=interval.min_detectable if interval else None,
        runs_to_settle=needed,
    )


def _side(record: KpiRecord | None) -> KpiSide | None:
    if record is None or not record.values:
        return None
    middle = median(record.values)
    nearest = min(range(len(record.values)), key=lambda i: abs(record.values[i] - middle))
    return KpiSide(
        median=middle,
        n=len(record.values),
        samples=record.values,
        step=record.highs[nearest] - record.lows[nearest],
    )


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
