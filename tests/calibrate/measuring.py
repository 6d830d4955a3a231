"""Everything that the page shows, measured on one capture after another."""

from collections.abc import Iterator

import msgspec

from tests.calibrate.across import Across, across_sessions
from tests.calibrate.attributing import Named, any_named, longest_leaf, one_moved
from tests.calibrate.captures import Capture, Session
from tests.calibrate.draws import Arrangement
from tests.calibrate.rates import EFFECT_FLOOR, TOGETHER, Cell, Changed, Rate, Unchanged, unchanged, with_change
from tests.calibrate.stopping import Stopped, until_decided

RUNS = (5, 10, 20)
CHANGES = (0.02, 0.05, 0.10)
DRAWS = 2000
"""Comparisons a cell and session."""

SPAN_DRAWS = 500
"""The same where all spans are judged."""

ACROSS_RUNS = 10
LONE_RUNS = (5, 7, 10, 20)
LONE_CHANGE = 0.30


class Spans(msgspec.Struct, frozen=True, kw_only=True):
    """How many spans there are, and how often any is named though none moved: with their children, without."""

    inclusive_count: int
    own_count: int
    inclusive: Rate
    own: Rate


class CellResult(msgspec.Struct, frozen=True, kw_only=True):
    """One session dealt in one way into so many runs a side.

    `promised`: a change as large as the interval says it would have found. `settled`: a change of the effect floor with
    the runs a side that were said to settle it; None where a session has too few.
    """

    session: str
    arrangement: Arrangement
    runs: int
    unchanged: Unchanged
    changed: dict[float, Changed]
    spans: Spans | None
    promised: Rate | None
    settled: Rate | None


class StoppedResult(msgspec.Struct, frozen=True, kw_only=True):
    """Comparisons of one session that ended when they were decided, by change (0 for none)."""

    session: str
    arrangement: Arrangement
    together: int
    stopped: dict[float, Stopped]


class LoneResult(msgspec.Struct, frozen=True, kw_only=True):
    """One span of one session moved."""

    session: str
    runs: int
    span: str
    named: Named


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """All of one capture."""

    capture: Capture
    cells: tuple[CellResult, ...]
    stopped: tuple[StoppedResult, ...]
    lone: tuple[LoneResult, ...]
    across: Across | None


def measure(capture: Capture) -> Measured:
    """One capture; what its sessions have too few runs for is left out."""
    shortest = min(session.runs for session in capture.sessions)
    return Measured(
        capture=capture,
        cells=tuple(_cells(capture)),
        stopped=tuple(_stopped(capture)),
        lone=tuple(one for session in capture.sessions for one in _lone(session)),
        across=_across(capture, min(ACROSS_RUNS, shortest)),
    )


def _cells(capture: Capture) -> Iterator[CellResult]:
    for arrangement in Arrangement:
        for session in capture.sessions:
            for runs in RUNS:
                if 2 * runs <= session.runs:
                    yield _cell(capture, Cell(session=session, arrangement=arrangement, runs=runs))


def _cell(capture: Capture, cell: Cell) -> CellResult:
    same = unchanged(cell, capture.gating[: max(TOGETHER)], DRAWS)
    total = capture.gating[0]
    promised = cell.arrangement is Arrangement.INTERLEAVED and same.detectable < 1
    return CellResult(
        session=cell.session.name,
        arrangement=cell.arrangement,
        runs=cell.runs,
        unchanged=same,
        changed={change: with_change(cell, total, 1 + change, DRAWS) for change in CHANGES},
        spans=_spans(cell) if cell.session.own else None,
        promised=_right(cell, total, same.detectable) if promised else None,
        settled=_settled(cell, total, same.to_settle) if promised else None,
    )


def _right(cell: Cell, total: str, change: float) -> Rate:
    return with_change(cell, total, 1 + change, DRAWS).right["harness", 1]


def _settled(cell: Cell, total: str, runs: int) -> Rate | None:
    if 2 * runs > cell.session.runs:
        return None
    return _right(msgspec.structs.replace(cell, runs=runs), total, EFFECT_FLOOR)


def _spans(cell: Cell) -> Spans:
    session = cell.session
    return Spans(
        inclusive_count=len(session.inclusive),
        own_count=len(session.own),
        inclusive=any_named(cell, session.inclusive, SPAN_DRAWS),
        own=any_named(cell, session.own, SPAN_DRAWS),
    )


def _stopped(capture: Capture) -> Iterator[StoppedResult]:
    most = max(RUNS)
    for arrangement in Arrangement:
        for session in [one for one in capture.sessions if 2 * most <= one.runs]:
            cell = Cell(session=session, arrangement=arrangement, runs=most)
            for together in (min(TOGETHER), max(TOGETHER)):
                yield StoppedResult(
                    session=session.name,
                    arrangement=arrangement,
                    together=together,
                    stopped={
                        change: until_decided(cell, capture.gating[0], 1 + change, together, DRAWS)
                        for change in (0.0, *CHANGES)
                    },
                )


def _lone(session: Session) -> Iterator[LoneResult]:
    for runs in LONE_RUNS:
        if session.own and 2 * runs <= session.runs:
            cell = Cell(session=session, arrangement=Arrangement.INTERLEAVED, runs=runs)
            span = longest_leaf(session)
            moved = one_moved(cell, session.own, span, 1 + LONE_CHANGE, SPAN_DRAWS)
            yield LoneResult(session=session.name, runs=runs, span=span, named=moved)


def _across(capture: Capture, runs: int) -> Across | None:
    return across_sessions(capture, runs, DRAWS) if len(capture.sessions) > 1 and runs else None
