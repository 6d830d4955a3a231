"""The promises of docs/calibration.md on the same real runs, with fewer draws and a fixed seed."""

import shutil
from pathlib import Path
from random import Random
from statistics import stdev

import msgspec
import pytest

from harness.commands.importing import import_captures
from harness.commands.workspace import open_workspace
from harness.compare.comparison import Mode, compare
from harness.recording.manifest import KpiRecord
from tests.calibrate import captures
from tests.calibrate.across import across_sessions
from tests.calibrate.attributing import any_named, longest_leaf, named, one_moved
from tests.calibrate.draws import Arrangement, changed, deal, in_rounds, taken
from tests.calibrate.goals import POWER, Standing, end_to_end_goals
from tests.calibrate.pooling import pooled
from tests.calibrate.rates import EFFECT_FLOOR, ERROR_RATE, HARNESS, TOGETHER, Cell, judge, unchanged, with_change
from tests.calibrate.simulating import Tail, simulations, standard
from tests.calibrate.spinning import Spun
from tests.calibrate.stopping import until_decided
from tests.calibrate.tables import spun_table

PAGE = Path(__file__).parent.parent.parent / "docs" / "calibration.md"
DRAWS = 200
MARGIN = 1.0
"""Points of percent by which a goal must be kept."""


@pytest.fixture(scope="module")
def h200():
    return captures.h200()


@pytest.fixture(scope="module")
def cpu():
    return captures.cpu()


@pytest.fixture(params=["h200", "cpu"])
def capture(request):
    return request.getfixturevalue(request.param)


def cells(capture, runs, arrangement=Arrangement.INTERLEAVED):
    return [Cell(session=session, arrangement=arrangement, runs=runs) for session in capture.sessions]


def test_every_session_has_its_forty_runs_and_the_kpis_that_gate(capture):
    for session in capture.sessions:
        assert session.runs == 40
        assert all(len(session.kpis[name]) == 40 for name in capture.gating)
        assert all(one.low <= one.value <= one.high for series in session.own.values() for one in series)
        assert len(session.own) > 30


def test_the_measured_rule_has_the_contract_s_numbers(m8_contract):
    assert (m8_contract.error_rate, m8_contract.effect_floor_ratio) == (ERROR_RATE, EFFECT_FLOOR)


@pytest.mark.parametrize("arrangement", Arrangement)
def test_a_program_compared_with_itself_is_called_in_at_most_one_of_twenty(capture, arrangement):
    found = [unchanged(cell, capture.gating, DRAWS) for cell in cells(capture, 10, arrangement)]

    for together in TOGETHER:
        rate = pooled(found, lambda one, together=together: one.called[HARNESS, together])
        assert rate.percent <= 5 - MARGIN
    assert pooled(found, lambda one: one.covered).percent >= 95 + MARGIN


def test_plain_tests_of_five_kpis_cry_wolf_several_times_as_often(cpu):
    [found, _] = [unchanged(cell, cpu.gating, DRAWS) for cell in cells(cpu, 10)]

    assert found.called["benchstat", 5].percent > 10
    assert found.called["±5 %", 5].percent > 50


@pytest.mark.parametrize(("together", "change", "runs", "percent"), POWER)
def test_changes_are_found_in_runs_of_an_h200(h200, together, change, runs, percent):
    gating = h200.gating[0]
    for arrangement in Arrangement:
        found = [with_change(cell, gating, 1 + change, DRAWS) for cell in cells(h200, runs, arrangement)]
        rate = pooled(found, lambda one: one.right[HARNESS, together])
        assert rate.percent >= percent + MARGIN
        assert pooled(found, lambda one: one.wrong[HARNESS, together]).hits == 0
        assert pooled(found, lambda one: one.covered[1]).percent >= 95 + MARGIN


def test_no_span_of_an_unchanged_program_is_named_in_more_than_one_of_twenty(capture):
    found = [any_named(cell, cell.session.own, DRAWS // 4) for cell in cells(capture, 10)]

    assert pooled(found, lambda rate: rate).percent <= 5


def test_a_lone_span_that_moved_is_named_once_the_runs_allow_it(h200):
    [five, ten] = [cells(h200, runs)[0] for runs in (5, 10)]
    moved = longest_leaf(five.session)

    assert one_moved(five, five.session.own, moved, 1.3, 20).moved.hits == 0
    found = one_moved(ten, ten.session.own, moved, 1.3, 40)
    assert found.moved.percent > 90
    assert found.other.percent <= 10


def test_stopping_when_decided_keeps_the_error_rate_and_saves_runs(h200):
    alike = [until_decided(cell, h200.gating[0], 1.0, 1, DRAWS) for cell in cells(h200, 20)]
    slower = [until_decided(cell, h200.gating[0], 1.05, 1, DRAWS) for cell in cells(h200, 20)]

    assert pooled(alike, lambda one: one.slower).percent + pooled(alike, lambda one: one.faster).percent <= 5 - MARGIN
    assert pooled(slower, lambda one: one.slower).percent >= 99
    assert all(one.mean_runs < 10 for one in slower)


def test_runs_of_two_sessions_would_be_called_often_and_are_not_judged(capture):
    found = across_sessions(capture, 10, DRAWS)

    assert found.as_one.percent > 20
    assert found.by_rule is None


def test_every_place_where_the_runs_fit_is_compared_once(cpu):
    [narrow, wide] = [across_sessions(cpu, runs, 100) for runs in (40, 36)]

    assert narrow.as_one.trials == 1
    assert wide.as_one.trials == 25


@pytest.mark.parametrize(("every_s", "judged"), [(0.0, 0), (1.0, 27)])
def test_the_rule_knows_when_each_session_was_taken(cpu, every_s, judged):
    """Of eight sessions, six are known: they speak for all others but the first and the last, which lie further apart.

    Those that state one and the same time are one session.
    """
    [session, _] = cpu.sessions
    eight = tuple(msgspec.structs.replace(session, started_s=every_s * number) for number in range(8))
    found = across_sessions(msgspec.structs.replace(cpu, sessions=eight), 40, 1)

    assert (found.known, found.as_one.trials) == (6, 28)
    assert (found.by_rule.trials if found.by_rule else 0) == judged


def test_simulated_sessions_are_called_by_the_rule_once_six_are_known_and_seldom_if_alike():
    found = {(one.tail, one.known): one for one in simulations(DRAWS)}

    for tail in Tail:
        five, twenty = found[tail, 5], found[tail, 20]
        assert five.by_rule.hits == sum(rate.hits for rate in five.right.values()) == 0
        assert twenty.as_one.percent > 40
        assert twenty.by_rule.percent < 10
        assert twenty.right[0.1].percent < twenty.right[0.2].percent
        assert twenty.right[0.2].percent > 50


@pytest.mark.parametrize("tail", Tail)
def test_simulated_sessions_differ_by_the_stated_deviation(tail):
    random = Random("deviation")  # noqa: S311 (a simulation)

    assert stdev(standard(random, tail) for _ in range(100_000)) == pytest.approx(1, rel=0.05)


def spun(span, *names, root="same"):
    change = 0.2 if span else None
    return Spun(span=span, share=0.2 if span else 0.0, runs=10, root_verdict=root, named=names, self_change=change)


def test_end_to_end_the_named_span_and_the_share_of_wrong_names_count():
    found = [*[spun("hash", "hash")] * 18, spun("hash", "hash", "other"), spun("hash"), *[spun("")] * 10]
    [right, wrong] = end_to_end_goals(found)

    assert (right.standing, right.where, right.together_percent) == (Standing.MET, "19 of 20 comparisons", 95)
    assert (wrong.standing, wrong.where) == (Standing.MET, "29 of 30 comparisons")
    assert (wrong.together_percent, wrong.worst_percent) == (pytest.approx(50 / 30), 2.5)


def test_end_to_end_a_miss_is_said_to_be_one():
    [right, wrong] = end_to_end_goals([spun("hash"), spun("hash", "hash"), *[spun("", "hash")] * 8])

    assert (right.standing, wrong.standing) == (Standing.MISSED, Standing.MISSED)
    assert wrong.worst_percent == 100


def test_end_to_end_a_rate_that_so_few_comparisons_cannot_tell_from_the_goal_is_said_to_be_one():
    [right, wrong] = end_to_end_goals([*[spun("hash", "hash")] * 10, *[spun("hash", "hash", "other")] * 2])

    assert (right.standing, wrong.standing) == (Standing.MET, Standing.CANNOT_TELL)


def test_end_to_end_comparisons_of_one_kind_are_one_row():
    rows = list(spun_table([spun("", root="undecided"), spun("b", "b", "a"), spun("b", "b"), spun("")]))

    assert rows[2:] == [
        "| `b` | 20 % | 2 | +20.0 % | 2 | 1 (`a`) | 2 same |",
        "| none | – | 2 | – | – | 0 | 1 undecided, 1 same |",
    ]


def test_what_is_measured_is_what_a_comparison_says(h200, manifest_of, side_of, m8_contract):
    random = Random("the same verdicts")  # noqa: S311 (a simulation)
    [session, _] = h200.sessions
    names = list(session.kpis)
    for runs in (5, 10, 15, 20) * 5:
        dealt = deal(random, Arrangement.SPLIT, session.runs, runs)
        factor = random.choice((1.0, 1.03, 1.1))
        bases = [taken(session.kpis[name], dealt.base) for name in names]
        heads = [changed(random, taken(session.kpis[name], dealt.head), factor) for name in names]
        base, head = (side_of(manifest_of(*map(record, names, side))) for side in (bases, heads))
        said = compare(base, head, m8_contract, mode=Mode.INTERLEAVED, alternated=True).kpis

        rounds = [in_rounds(*sides) for sides in zip(bases, heads, strict=True)]
        verdicts = {f"{one.benchmark}: {one.kpi}": one.verdict for one in said if one.base}
        assert judge(rounds[0], 1)[1] is verdicts.pop(captures.TOTAL)
        called = {names[1 + index] for index in named(rounds[1:])}
        assert called == {name for name, verdict in verdicts.items() if verdict in {"slower", "faster"}}


def record(name, samples):
    benchmark, _, kpi = name.partition(": ")
    return KpiRecord(
        benchmark=benchmark,
        kpi=kpi,
        unit="ms",
        selector=kpi,
        runs=tuple(range(1, len(samples) + 1)),
        values=tuple(one.value for one in samples),
        lows=tuple(one.low for one in samples),
        highs=tuple(one.high for one in samples),
    )


def test_calibration_sessions_of_one_program_are_taken_from_a_store_as_one_capture(tmp_path):
    workspace = open_workspace(tmp_path, store=tmp_path / "store", target="openvm-cpu", host="mine")
    imported = import_captures(workspace, [("logup", captures.FOLDER / "cpu_logup_session1.log.gz")]).recording
    for day, marked, program in (("21", True, "one"), ("22", True, "one"), ("23", False, "one"), ("24", True, None)):
        draft = tmp_path / "draft"
        shutil.copytree(workspace.store.path_of(imported.id), draft)
        manifest = msgspec.structs.replace(
            imported.manifest,
            started=f"2026-11-{day}T01:00:00Z",
            protocol=msgspec.structs.replace(imported.manifest.protocol, calibration=marked),
            benchmarks=(msgspec.structs.replace(imported.manifest.benchmarks[0], identity=program),),
        )
        workspace.store.publish_draft(draft, manifest)

    [found] = captures.recorded(workspace.store)

    assert [session.name[:16] for session in found.sessions] == ["logup 2026-11-21", "logup 2026-11-22"]
    assert found.name == "openvm-cpu logup on mine"
    assert found.gating[0] == "logup: rs_code_matrix"
    assert found.sessions[0].runs == 40


def test_the_committed_page_says_of_no_goal_that_it_is_missed():
    goals = PAGE.read_text("utf-8").partition("## Goals")[2].partition("\n## ")[0]

    assert goals.count("| met |") + goals.count("| cannot tell |") == 11 + len(POWER)
    assert goals.count("| met |") >= 10 + len(POWER)
    assert "missed" not in goals
