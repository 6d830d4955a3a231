"""The tables of docs/calibration.md."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harness.compare.rounds import ROUND_RUNS
from tests.calibrate.captures import STEP
from tests.calibrate.draws import Arrangement
from tests.calibrate.goals import Goal
from tests.calibrate.measuring import CHANGES, LONE_RUNS, RUNS, CellResult, Measured, StoppedResult
from tests.calibrate.peers import PEERS
from tests.calibrate.pooling import Group, extreme, groups, pooled
from tests.calibrate.rates import HARNESS, TOGETHER, Rate
from tests.calibrate.simulating import Simulated
from tests.calibrate.spinning import Spun
from tests.calibrate.spun_kinds import Kind, kinds

SHOWN_CHANGES = " / ".join(f"+{100 * change:.0f}" for change in CHANGES)
LOOKS = max(RUNS) // ROUND_RUNS
_ENDS = (min(TOGETHER), max(TOGETHER))


def _table(left: Sequence[str], right: Sequence[str]) -> Iterator[str]:
    """The head: columns of text, then columns of figures."""
    yield f"| {' | '.join((*left, *right))} |"
    yield f"| {' | '.join(('---',) * len(left) + ('---:',) * len(right))} |"


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def goal_table(goals: Iterable[Goal]) -> Iterator[str]:
    yield from _table(("goal", "", "in"), ("worst %", "worst session %"))
    for goal in goals:
        yield _row(
            goal.text, goal.standing.value, goal.where, f"{goal.together_percent:.1f}", f"{goal.worst_percent:.1f}"
        )


def false_alarm_table(measured: Sequence[Measured]) -> Iterator[str]:
    yield from _table(("runs", "dealt"), ("n", "harness", *PEERS))
    for group in groups(measured):
        most = max(together for rule, together in group.cells[0].unchanged.called if rule == HARNESS)
        highest = extreme(group.cells, lambda cell, m=most: cell.unchanged.called[HARNESS, m], highest=True)
        own = f"{_alarms(group, HARNESS)} ({highest.percent:.1f})"
        yield _row(*_place(group), own, *(_alarms(group, rule) for rule in PEERS))


def _place(group: Group) -> tuple[str, str, int]:
    return group.capture.name, group.arrangement.value, group.runs


def _alarms(group: Group, rule: str) -> str:
    keys = [key for key in group.cells[0].unchanged.called if key[0] == rule]
    rates = (pooled(group.cells, lambda cell, key=key: cell.unchanged.called[key]) for key in keys)
    return " / ".join(f"{rate.percent:.1f}" for rate in rates)


def power_table(measured: Sequence[Measured]) -> Iterator[str]:
    yield from _table(("runs", "dealt"), ("n", *(f"harness, m = {together}" for together in TOGETHER), *PEERS))
    keys = [*((HARNESS, together) for together in TOGETHER), *((rule, 1) for rule in PEERS)]
    for group in groups(measured):
        yield _row(*_place(group), *(_found(group, key) for key in keys))


def _found(group: Group, key: tuple[str, int]) -> str:
    rates = (pooled(group.cells, lambda cell, change=change: cell.changed[change].right[key]) for change in CHANGES)
    return " / ".join(f"{rate.percent:.0f}" for rate in rates)


def most_wrong(measured: Sequence[Measured]) -> Rate:
    """The harness' calls with the wrong sign in the worst cell."""
    rates = (
        pooled(group.cells, lambda cell, change=change: cell.changed[change].wrong[HARNESS, 1])
        for group in groups(measured)
        for change in CHANGES
    )
    return max(rates, key=lambda rate: rate.percent)


def interval_table(measured: Sequence[Measured]) -> Iterator[str]:
    columns = ("n", "holds", "half-width", "`same`", "detects", "called", "settles", "called")
    yield from _table(("session",), columns)
    for one in measured:
        yield from (_interval_row(cell) for cell in one.cells if cell.arrangement is Arrangement.INTERLEAVED)


def _interval_row(cell: CellResult) -> str:
    found = cell.unchanged
    holds = min([found.covered, *(one.covered[1] for one in cell.changed.values())], key=lambda rate: rate.percent)
    widths = f"{100 * found.half_width:.1f}", f"{found.same.percent:.0f}", f"{100 * found.detectable:.1f}"
    settled = _whole(cell.settled)
    return _row(
        cell.session, cell.runs, f"{holds.percent:.1f}", *widths, _whole(cell.promised), found.to_settle, settled
    )


def _whole(rate: Rate | None) -> str:
    return "–" if rate is None else f"{rate.percent:.0f}"


def stopping_table(measured: Sequence[Measured]) -> Iterator[str]:
    yield from _table(("runs", "dealt"), ("m", "A/A", SHOWN_CHANGES, "mean runs a side"))
    for one in measured:
        for arrangement in Arrangement:
            for together in _ENDS:
                found = [stop for stop in one.stopped if (stop.arrangement, stop.together) == (arrangement, together)]
                if found:
                    yield _row(one.capture.name, arrangement.value, together, *_stopped(found))


def _stopped(found: Sequence[StoppedResult]) -> tuple[str, str, str]:
    unchanged = [one.stopped[0.0] for one in found]
    alarms = pooled(unchanged, lambda one: Rate(one.slower.hits + one.faster.hits, one.slower.trials))
    right = [pooled(found, lambda one, change=change: one.stopped[change].slower) for change in CHANGES]
    runs = [sum(one.stopped[change].mean_runs for one in found) / len(found) for change in (0.0, *CHANGES)]
    shown = (" / ".join(f"{rate.percent:.0f}" for rate in right), " / ".join(f"{mean:.1f}" for mean in runs))
    return f"{alarms.percent:.1f}", *shown


def span_table(measured: Sequence[Measured]) -> Iterator[str]:
    yield from _table(("runs", "dealt"), ("n", "spans", "with children", "own spans", "own time"))
    for group in groups(measured):
        found = [cell.spans for cell in group.cells if cell.spans]
        if found:
            counts = f"{found[0].inclusive_count}", f"{found[0].own_count}"
            shown = [_with_worst([one.inclusive for one in found]), _with_worst([one.own for one in found])]
            yield _row(*_place(group), counts[0], shown[0], counts[1], shown[1])


def _with_worst(rates: Sequence[Rate]) -> str:
    return f"{pooled(rates, lambda rate: rate).percent:.1f} ({max(rate.percent for rate in rates):.1f})"


def lone_table(measured: Sequence[Measured]) -> Iterator[str]:
    yield from _table(("session", "span"), tuple(f"n = {runs}" for runs in LONE_RUNS))
    for one in measured:
        for session in one.capture.sessions:
            found = {lone.runs: lone for lone in one.lone if lone.session == session.name}
            if found:
                name = next(iter(found.values())).span.rpartition(STEP)[2].partition("#")[0]
                rates = [found[runs].named if runs in found else None for runs in LONE_RUNS]
                shown = [f"{rate.moved.percent:.0f} / {rate.other.percent:.1f}" if rate else "–" for rate in rates]
                yield _row(session.name, f"`{name}`", *shown)


def across_table(measured: Sequence[Measured]) -> Iterator[str]:
    columns = ("n", "comparisons", "other sessions known", "called as one session", "judged by the rule", "called")
    yield from _table(("runs",), columns)
    for one in measured:
        if one.across:
            found = one.across
            rule = (found.by_rule.trials, f"{found.by_rule.percent:.1f}") if found.by_rule else ("none", "–")
            yield _row(
                one.capture.name, found.runs, found.as_one.trials, found.known, f"{found.as_one.percent:.1f}", *rule
            )


def simulated_table(simulated: Sequence[Simulated]) -> Iterator[str]:
    changes = tuple(f"+{100 * change:.0f} %" for change in simulated[0].right)
    yield from _table(("sessions",), ("known", "A/A as one session", "A/A", *changes))
    for one in simulated:
        alarms = (f"{rate.percent:.1f}" for rate in (one.as_one, one.by_rule))
        yield _row(one.tail.value, one.known, *alarms, *(f"{rate.percent:.0f}" for rate in one.right.values()))


def spun_table(spun: Sequence[Spun]) -> Iterator[str]:
    columns = ("made longer by", "comparisons", "measured (median)", "named", "another named beside it")
    yield from _table(("span",), (*columns, "root"))
    for kind in kinds(spun):
        roots = Counter(one.root_verdict for one in kind.comparisons)
        yield _row(
            f"`{kind.span}`" if kind.span else "none",
            f"{100 * kind.share:.0f} %" if kind.span else "–",
            len(kind.comparisons),
            "–" if kind.self_change is None else f"{100 * kind.self_change:+.1f} %",
            kind.named.hits if kind.span else "–",
            _others(kind),
            ", ".join(f"{count} {verdict}" for verdict, count in roots.most_common()),
        )


def _others(kind: Kind) -> str:
    names = sorted({f"`{name}`" for one in kind.comparisons for name in one.others})
    return f"{kind.with_others.hits} ({', '.join(names)})" if names else "0"
