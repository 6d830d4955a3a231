"""How much sessions of one unchanged program differ on a host, and what that leaves of runs of two sessions.

Method: the medians of k sessions are k draws of what a session does to a time, so the logarithm of the ratio of two new
ones lies within t(k-1)·s·sqrt(2) of that of the true times (Student's prediction interval; Hahn & Meeker, Statistical
Intervals). The spread s is pooled over programs, each about its own mean. A session stands in for others only as far as
it lies from them in time: those that were taken in a row say nothing of days.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import exp, inf, log, sqrt
from statistics import fmean, median

import msgspec

from harness.compare.comparability import differences
from harness.compare.rank_interval import RatioInterval, power_factor
from harness.compare.student import quantile, two_sided_p
from harness.recording.manifest import Manifest
from harness.units import format_seconds

SESSIONS_NEEDED = 6
"""With fewer the spread is too little known: intervals are many times as wide as it, and still trust it too much."""

_PARTS = 10
"""Sessions closer together than this part of the time between base and head count as one."""

_BOUNDS_NOTHING_LOG = 300.0
"""Half-widths beyond it stand for no interval; their exponentials need not fit a double."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark in one session: when (seconds since 1970), of which program, its values by KPI as they were taken.

    A comparison of a program with itself is one session, with the runs of both sides.
    """

    started_s: float
    identity: str
    values: dict[str, tuple[float, ...]]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """What calibration sessions say of one KPI.

    `known` are all sessions, `sessions` those that lie far enough apart in time to count. A program's sessions are held
    against each other only, so n sessions of p programs tell as much as n - p + 1 of one, and are counted so. `sd_log`
    is the standard deviation of the log medians of those that count, None below two. `span_s` is the time over which a
    program's sessions are spread, the longest there is.
    """

    known: int
    sessions: int
    sd_log: float | None
    span_s: float


_NOTHING_KNOWN = Spread(known=0, sessions=0, sd_log=None, span_s=0.0)


class KpiSpread(msgspec.Struct, frozen=True, kw_only=True):
    """The spread of one KPI of one benchmark, and how far apart recordings may lie that are judged by it."""

    benchmark: str
    kpi: str
    spread: Spread
    judged_gap_s: float = 0.0


class Between(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the KPIs of two recordings, taken `gap_s` seconds apart; None where a time is not stated."""

    gap_s: float | None = None
    spreads: dict[tuple[str, str], Spread] = {}

    def doubt(self, benchmark: str, kpi: str) -> str:
        """Why this KPI cannot be judged across sessions; empty where it can."""
        return doubt(self._spread(benchmark, kpi), self.gap_s)

    def widened(self, benchmark: str, kpi: str, interval: RatioInterval) -> RatioInterval:
        """The interval of this KPI, which knows its runs only, widened by how much sessions differ."""
        return widened(interval, self._spread(benchmark, kpi))

    def _spread(self, benchmark: str, kpi: str) -> Spread:
        return self.spreads.get((benchmark, kpi), _NOTHING_KNOWN)


def between_sessions(manifests: Iterable[Manifest], base: Manifest, head: Manifest) -> Between:
    """What the recordings in `manifests` say of how far base and head may differ by being of two sessions."""
    known = [one for one in manifests if may_calibrate(one)]
    gap_s = _gap_s(base, head)
    spreads: dict[tuple[str, str], Spread] = {}
    for benchmark in base.benchmark_names:
        sessions = calibration_sessions(known, base, benchmark)
        for before in [one for one in base.kpis if one.benchmark == benchmark]:
            after = head.kpi(benchmark, before.kpi)
            if after is not None:
                runs = min(len(before.values), len(after.values))
                apart_s = inf if gap_s is None else gap_s
                spreads[benchmark, before.kpi] = spread_of(sessions, before.kpi, runs=runs, gap_s=apart_s)
    return Between(gap_s=gap_s, spreads=spreads)


def may_calibrate(manifest: Manifest) -> bool:
    """Whether it was taken to learn how sessions differ, or is a side of a comparison that may be of one program."""
    return manifest.failure is None and (manifest.protocol.calibration or manifest.protocol.session is not None)


def calibration_sessions(manifests: Iterable[Manifest], like: Manifest, benchmark: str) -> tuple[Session, ...]:
    """The sessions of any one program that were taken under the same conditions as `like`, oldest first."""
    found = [_session(sides, benchmark) for sides in _sides_of_sessions(manifests, like, benchmark)]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.started_s))


def calibrating(manifests: Sequence[Manifest], like: Manifest) -> list[Manifest]:
    """Those of the manifests that say how sessions of `like`'s benchmarks differ; without the others all is as with."""
    counted = [
        id(side)
        for benchmark in like.benchmark_names
        for sides in _sides_of_sessions(manifests, like, benchmark)
        for side in sides
    ]
    return [one for one in manifests if id(one) in counted]


def _sides_of_sessions(manifests: Iterable[Manifest], like: Manifest, benchmark: str) -> list[list[Manifest]]:
    """The recordings of each session of one program: one alone, or both sides of a comparison with itself."""
    alone: list[list[Manifest]] = []
    taken_together: defaultdict[tuple[str | None, str], dict[str, Manifest]] = defaultdict(dict)
    for one in sorted(manifests, key=lambda one: one.started):
        record = one.benchmark(benchmark)
        if record is None or record.identity is None or not may_calibrate(one) or not _is_alike(one, like, benchmark):
            continue
        if one.protocol.calibration:
            alone.append([one])
        else:
            sides = taken_together[one.protocol.session, record.identity]
            # of a session taken up again the later holds all its runs
            sides[one.protocol.side or str(len(sides))] = one
    together = [[side for _name, side in sorted(sides.items())] for sides in taken_together.values() if len(sides) > 1]
    return [*alone, *together]


def spread_of(sessions: Sequence[Session], kpi: str, *, runs: int, gap_s: float = 0.0) -> Spread:
    """How the medians of a KPI differ between sessions, for sides of `runs` runs that were taken `gap_s` seconds apart.

    Of each session the first `runs` values count: the median of more runs varies less.
    """
    programs = _by_program(sessions, kpi, runs)
    counted = [_apart(one, gap_s / _PARTS) for one in programs if _span_s(one) >= gap_s]
    number = _number(counted)
    squares = sum(_squares(one) for one in counted)
    return Spread(
        known=_number(programs),
        sessions=number,
        sd_log=sqrt(squares / (number - 1)) if number > 1 else None,
        span_s=max(map(_span_s, programs), default=0.0),
    )


def judged_gap_s(sessions: Sequence[Session], kpi: str, *, runs: int) -> float:
    """Recordings so many seconds apart, and no further, can be judged by these sessions; 0 for none."""
    within, beyond = 0, 1 + int(max(map(_span_s, _by_program(sessions, kpi, runs)), default=0.0))
    while beyond - within > 1:
        middle = (within + beyond) // 2
        enough = spread_of(sessions, kpi, runs=runs, gap_s=middle).sessions >= SESSIONS_NEEDED
        within, beyond = (middle, beyond) if enough else (within, middle)
    return within


def doubt(spread: Spread, gap_s: float | None) -> str:
    """Why runs of two sessions, `gap_s` seconds apart, cannot be judged; empty where they can."""
    if spread.known < SESSIONS_NEEDED:
        missing = SESSIONS_NEEDED - spread.known
        return (
            f"judging across sessions needs {SESSIONS_NEEDED} calibration sessions of this host: {missing} "
            f"{'is' if missing == 1 else 'are'} missing ('harness doctor --calibrate' records one)"
        )
    if gap_s is None:
        return "judging across sessions needs the time between base and head, and one does not state its own"
    if spread.sessions >= SESSIONS_NEEDED:
        return ""
    gap = format_seconds(gap_s)
    if spread.span_s < gap_s:
        span = format_seconds(spread.span_s)
        return f"the {spread.known} calibration sessions lie within {span} of each other, base and head {gap} apart"
    return (
        f"only {spread.sessions} of the {spread.known} calibration sessions lie far enough apart to speak for base and "
        f"head, {gap} apart, and {SESSIONS_NEEDED} are needed"
    )


def widened(interval: RatioInterval, spread: Spread) -> RatioInterval:
    """The interval of runs of two sessions, from the one that takes them for runs of one session.

    At either end the wider of that one and the one that sessions allow, so it excludes 1 where both do: `p` is the
    larger of theirs. Below two sessions nothing is bounded.
    """
    if spread.sd_log is None:
        return msgspec.structs.replace(interval, low=None, high=None, p=1.0, min_detectable=None)
    middle, deviation = log(interval.ratio), spread.sd_log * sqrt(2)
    degrees = spread.sessions - 1
    half_width = quantile(interval.alpha, degrees) * deviation
    p = max(interval.p, _chance(abs(middle), deviation, degrees))
    if interval.low is None or interval.high is None or half_width > _BOUNDS_NOTHING_LOG:
        return msgspec.structs.replace(interval, low=None, high=None, p=p, min_detectable=None)
    low = min(interval.low, exp(middle - half_width))
    high = max(interval.high, exp(middle + half_width))
    detectable = exp(log(high / low) / 2 * power_factor(interval.alpha)) - 1
    return msgspec.structs.replace(interval, low=low, high=high, p=p, min_detectable=detectable)


def _chance(distance: float, deviation: float, degrees: int) -> float:
    """The chance that two sessions of one program lie so far apart."""
    if deviation == 0:
        return 0.0 if distance else 1.0
    return two_sided_p(distance / deviation, degrees)


def _is_alike(one: Manifest, like: Manifest, benchmark: str) -> bool:
    """Whether its times could be held against those of `like`, on a host that is known."""
    return like.host.id is not None and not any(found.decisive for found in differences(one, like, (benchmark,)))


def _session(sides: Sequence[Manifest], benchmark: str) -> Session | None:
    """The sides of one session as one; None where they do not say when they were taken."""
    times = [_seconds(one.started) for one in sides]
    stated = [one for one in times if one is not None]
    record = sides[0].benchmark(benchmark)
    if len(stated) < len(times) or record is None or record.identity is None:
        return None
    taken: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for side in sides:
        for kpi in side.kpis:
            if kpi.benchmark == benchmark:
                taken[kpi.kpi] += zip(kpi.runs, kpi.values, strict=True)
    return Session(
        started_s=min(stated),
        identity=record.identity,
        values={kpi: tuple(value for _, value in sorted(found, key=_run)) for kpi, found in taken.items()},
    )


def _run(taken: tuple[int, float]) -> int:
    return taken[0]


def _by_program(sessions: Sequence[Session], kpi: str, runs: int) -> list[dict[float, float]]:
    """For each program the log medians of its sessions by the time they were taken, oldest first."""
    programs: defaultdict[str, dict[float, float]] = defaultdict(dict)
    for one in sorted(sessions, key=lambda one: one.started_s):
        values = one.values.get(kpi, ())[:runs]
        if values and median(values) > 0:
            programs[one.identity][one.started_s] = log(median(values))
    return list(programs.values())


def _apart(program: dict[float, float], least_s: float) -> dict[float, float]:
    """The sessions that lie at least so far after the one that counted before them."""
    counted: dict[float, float] = {}
    last_s: float | None = None
    for started_s, value in program.items():
        if last_s is None or started_s - last_s >= least_s:
            counted[started_s] = value
            last_s = started_s
    return counted


def _number(programs: Sequence[dict[float, float]]) -> int:
    """How many sessions of one program tell as much."""
    return 1 + sum(len(one) - 1 for one in programs) if programs else 0


def _squares(program: dict[float, float]) -> float:
    mean = fmean(program.values())
    return sum((value - mean) ** 2 for value in program.values())


def _span_s(program: dict[float, float]) -> float:
    return max(program) - min(program)


def _gap_s(base: Manifest, head: Manifest) -> float | None:
    times = _seconds(base.started), _seconds(head.started)
    return None if times[0] is None or times[1] is None else abs(times[1] - times[0])


def _seconds(started: str) -> float | None:
    """Seconds since 1970; of a capture's own header, which may say anything, None for what is no time."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
