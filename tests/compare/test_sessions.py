from math import exp, log, sqrt
from random import Random
from statistics import stdev

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.rank_interval import RatioInterval, power_factor
from harness.compare.sessions import (
    SESSIONS_NEEDED,
    Between,
    Session,
    Spread,
    between_sessions,
    calibrating,
    calibration_sessions,
    doubt,
    spread_of,
    widened,
)
from harness.compare.student import quantile
from harness.recording.manifest import Host, Protocol

KPI = "a"
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


def session(started_s, *values, identity="p"):
    return Session(started_s=started_s, identity=identity, values={KPI: values})


def sessions_at(*times_s):
    return [session(at, 100.0 + number) for number, at in enumerate(times_s)]


def known(sessions, sd_log, span_s=DAY_S):
    return Spread(known=sessions, sessions=sessions, sd_log=sd_log, span_s=span_s)


def interval_of(ratio, low, high, p=0.01, alpha=0.05):
    return RatioInterval(ratio=ratio, low=low, high=high, p=p, alpha=alpha, min_detectable=0.1)


@pytest.fixture(scope="session")
def calibration(kpi_of, manifest_of):
    """A calibration session's manifest: whole, on a known host, of a known program."""

    def make(day=1, times=(100, 101, 102), identity="p", **changes):
        plain = manifest_of(kpi_of(times), started=f"2026-11-{day:02d}T08:00:00.000Z")
        return msgspec.structs.replace(
            plain,
            benchmarks=tuple(msgspec.structs.replace(one, identity=identity) for one in plain.benchmarks),
            **{"protocol": Protocol(warmups=1, measured=3, calibration=True), **changes},
        )

    return make


@pytest.fixture
def turns(calibration):
    """Both sides of a comparison that was measured in turns."""

    def make(day=1, session="s", base=(100, 101, 102), head=(103, 104, 105), identities=("p", "p")):
        protocol = Protocol(warmups=1, measured=3, session=session)
        sides = zip((base, head), identities, strict=True)
        return [calibration(day, times, identity, protocol=protocol) for times, identity in sides]

    return make


def found_in(manifests, like):
    return calibration_sessions(manifests, like, "keccakf")


def test_a_recording_taken_to_calibrate_is_a_session_and_an_ordinary_one_is_none(calibration):
    ordinary = calibration(2, protocol=Protocol(warmups=1, measured=3))
    (found,) = found_in([calibration(1), ordinary], ordinary)

    assert found.identity == "p"
    assert list(found.values.values()) == [(100.0, 101.0, 102.0)]


def test_both_sides_of_a_comparison_of_one_program_are_one_session_run_by_run(calibration, turns):
    (found,) = found_in(turns(), calibration(2))

    assert list(found.values.values()) == [(100.0, 103.0, 101.0, 104.0, 102.0, 105.0)]


def test_a_comparison_of_two_programs_or_one_lost_side_is_no_session(calibration, turns):
    assert found_in([*turns(identities=("p", "q")), turns(session="t")[0]], calibration(2)) == ()


def test_comparisons_of_two_sessions_are_not_put_together(calibration, turns):
    assert len(found_in([*turns(1, "s"), *turns(2, "t")], calibration(3))) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"failure": "interrupted"},
        {"target": "other"},
        {"host": Host(id="other")},
        {"contract": "other"},
        {"protocol": Protocol(warmups=0, measured=3, calibration=True)},
        {"protocol": Protocol(warmups=1, measured=3, calibration=True, proof="first")},
        {"started": "some day"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_only_whole_sessions_under_like_conditions_at_a_known_time_count(calibration, changes):
    assert found_in([calibration(1, **changes)], calibration(2)) == ()


@pytest.mark.parametrize(
    "changes",
    [{"identity": None}, {"environment": {"RUST_LOG": "debug"}}, {"profile": "dev"}, {"features": ("x",)}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_benchmark_run_otherwise_does_not_count(calibration, changes):
    other = calibration(1)
    changed = [msgspec.structs.replace(one, **changes) for one in other.benchmarks]

    assert found_in([msgspec.structs.replace(other, benchmarks=tuple(changed))], calibration(2)) == ()


def test_on_a_host_that_nobody_named_nothing_is_learnt(calibration):
    nameless = calibration(1, host=Host(id=None))

    assert found_in([nameless], nameless) == ()


def test_the_spread_is_the_deviation_of_the_log_medians():
    times = [session(hour * HOUR_S, *values) for hour, values in enumerate([(90, 100, 130), (110,), (95, 97)])]
    spread = spread_of(times, KPI, runs=3)

    assert (spread.known, spread.sessions, spread.span_s) == (3, 3, 2 * HOUR_S)
    assert spread.sd_log == pytest.approx(stdev([log(100), log(110), log(96)]))


def test_programs_are_pooled_each_about_its_own_mean():
    slow = [session(at, value * 7, identity="slow") for at, value in enumerate((100, 120))]
    fast = [session(at, value) for at, value in enumerate((100, 105, 115))]
    squares = sum(stdev(map(log, one)) ** 2 * (len(one) - 1) for one in ((100, 120), (100, 105, 115)))
    spread = spread_of([*slow, *fast], KPI, runs=1)

    assert (spread.known, spread.sessions) == (4, 4)
    assert spread.sd_log == pytest.approx(sqrt(squares / 3))


def test_a_session_counts_with_as_many_runs_as_the_sides_have():
    spread = spread_of([session(0, 100, 100, 200, 200, 200), session(1, 100, 100, 100)], KPI, runs=2)

    assert spread.sd_log == 0


def test_one_session_or_none_has_no_spread():
    assert spread_of([], KPI, runs=5) == Spread(known=0, sessions=0, sd_log=None, span_s=0.0)
    assert spread_of([session(0, 100)], KPI, runs=5) == Spread(known=1, sessions=1, sd_log=None, span_s=0.0)
    assert spread_of([session(0, 100), session(1, 0.0)], KPI, runs=5).known == 1
    assert spread_of([session(0, 100)], "other", runs=5).known == 0


def test_too_few_sessions_are_a_doubt_that_says_how_many_are_missing():
    assert "6 calibration sessions of this host: 6 are missing" in Between().doubt("keccakf", KPI)
    assert "1 is missing ('harness doctor --calibrate'" in doubt(known(5, 0.1), gap_s=0.0)
    assert doubt(known(SESSIONS_NEEDED, 0.1), gap_s=DAY_S) == ""


def test_sessions_in_one_afternoon_do_not_speak_for_days():
    spread = spread_of(sessions_at(*(hour * HOUR_S / 2 for hour in range(7))), KPI, runs=1, gap_s=5 * DAY_S)

    assert doubt(spread, 5 * DAY_S) == (
        "the 7 calibration sessions lie within 3 h 00 min of each other, base and head 5 days apart"
    )


def test_sessions_in_a_row_count_once_however_far_the_last_one_lies():
    spread = spread_of(sessions_at(0, 600, 1200, 1800, 2400, 5 * DAY_S), KPI, runs=1, gap_s=5 * DAY_S)

    assert (spread.known, spread.sessions) == (6, 2)
    assert doubt(spread, 5 * DAY_S).startswith("only 2 of the 6 calibration sessions lie far enough apart")


def test_a_program_whose_sessions_span_too_little_does_not_count():
    long = sessions_at(*(day * DAY_S for day in range(6)))
    short = [session(at, 10.0**at, identity="short") for at in range(3)]
    spread = spread_of([*long, *short], KPI, runs=1, gap_s=2 * DAY_S)

    assert (spread.known, spread.sessions) == (8, 6)
    assert spread == msgspec.structs.replace(spread_of(long, KPI, runs=1), known=8)


def test_what_is_known_between_two_recordings(calibration):
    sessions = [calibration(day, (100 + day, 101 + day, 102 + day)) for day in range(1, 9)]
    ordinary = Protocol(warmups=1, measured=3)
    base, head = (calibration(day, protocol=ordinary, identity=f"i{day}") for day in (1, 6))
    between = between_sessions([*sessions, base, head], base, head)
    (kpi,) = {one.kpi for one in base.kpis}

    assert between.gap_s == 5 * DAY_S
    assert between.doubt("keccakf", kpi) == ""
    assert between.spreads["keccakf", kpi].sd_log == pytest.approx(stdev(log(101 + day) for day in range(1, 9)))
    assert "6 are missing" in between.doubt("keccakf", "other")
    assert between_sessions(sessions[:6], base, calibration(8)).doubt("keccakf", kpi).startswith("the 6 calibration")


def test_the_sessions_that_count_are_named_in_the_order_in_which_they_were_given(calibration, turns):
    ordinary = calibration(2, protocol=Protocol(warmups=1, measured=3))
    alone, pair, half = calibration(3), turns(1, "s"), turns(1, "t")[:1]
    two_programs, elsewhere = turns(1, "u", identities=("p", "q")), calibration(4, host=Host(id="other"))
    everything = [*half, ordinary, pair[1], elsewhere, alone, *two_programs, pair[0]]

    assert calibrating(everything, ordinary) == [pair[1], alone, pair[0]]
    assert calibrating([ordinary, *half], ordinary) == []


def test_of_a_session_taken_up_again_only_the_later_recording_of_a_side_counts(calibration):
    def side(name, times, second=0):
        protocol = Protocol(warmups=1, measured=3, session="s", side=name)
        return calibration(times=times, protocol=protocol, started=f"2026-11-01T08:00:{second:02d}.000Z")

    broken, head, whole = side("base", (100,)), side("head", (103, 104, 105), 1), side("base", (100, 101, 102), 2)

    assert calibrating([broken, head, whole], head) == [head, whole]
    (found,) = found_in([broken, head, whole], head)
    assert list(found.values.values()) == [(100.0, 103.0, 101.0, 104.0, 102.0, 105.0)]
    assert found_in([head, whole], head) == (found,)


TIMES = st.lists(st.integers(100, 999), min_size=1, max_size=5).map(tuple)
OTHERWISE = (*[{}] * 12, {"failure": "interrupted"}, {"host": Host(id="other")})
SIDES = (["base", "head"], ["base", "head", "base"], ["head", "base", "head", "base"], ["base"], [None, None])


@st.composite
def stored_recordings(draw, calibration):
    """Whatever a store may hold: sessions alone, in turns, taken up again, of other programs, broken or elsewhere."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        day, identity = 1 + number, draw(st.sampled_from(["p", "p", "p", "q"]))
        alone = Protocol(warmups=1, measured=3, calibration=True)
        sides = draw(st.sampled_from(SIDES))
        taken = [Protocol(warmups=1, measured=3, session=f"s{number}", side=side) for side in sides]
        for protocol in [alone] if draw(st.booleans()) else taken:
            changes = draw(st.sampled_from(OTHERWISE))
            made.append(calibration(day, draw(TIMES), identity, **{"protocol": protocol, **changes}))
    return made


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_leaving_out_what_does_not_calibrate_changes_nothing(data, calibration):
    stored = data.draw(stored_recordings(calibration))
    ordinary = Protocol(warmups=1, measured=3)
    base, head = (calibration(1, (100, 101, 102), protocol=ordinary) for _ in range(2))
    everything = data.draw(st.permutations([*stored, base, head]))
    counted = calibrating(everything, base)

    assert between_sessions(counted, base, head) == between_sessions(everything, base, head)
    assert calibrating(counted, base) == counted
    assert [one for one in everything if any(one is other for other in counted)] == counted


def test_two_recordings_that_do_not_say_when_they_were_taken_cannot_be_judged(calibration):
    sessions = [calibration(day) for day in range(1, 9)]
    between = between_sessions(sessions, calibration(1), calibration(2, started="once"))
    (kpi,) = {one.kpi for one in sessions[0].kpis}

    assert "does not state" in between.doubt("keccakf", kpi)


def test_a_widened_interval_reaches_as_far_as_sessions_differ():
    found = widened(interval_of(1.1, 1.09, 1.11), known(6, 0.02))
    half_width = quantile(0.05, 5) * 0.02 * sqrt(2)

    assert (found.low, found.high) == pytest.approx((1.1 * exp(-half_width), 1.1 * exp(half_width)))
    assert found.min_detectable == pytest.approx(exp(half_width * power_factor(0.05)) - 1)


def test_sessions_that_never_differ_leave_the_interval_of_the_runs():
    interval = interval_of(1.1, 1.05, 1.16)
    found = widened(interval, known(6, 0.0))

    assert (found.low, found.high, found.p) == pytest.approx((1.05, 1.16, 0.01))
    assert widened(interval_of(1.0, 0.9, 1.1, p=1.0), known(6, 0.0)).p == 1.0


def test_nothing_is_bounded_by_one_session_by_too_few_runs_or_by_sessions_that_differ_beyond_measure():
    interval = interval_of(1.1, 1.05, 1.16)
    unbounded = widened(interval_of(1.1, None, None), known(6, 0.01))

    for found in (widened(interval, known(1, None)), widened(interval, known(2, 1e9)), unbounded):
        assert (found.low, found.high, found.min_detectable) == (None, None, None)
    assert unbounded.p == pytest.approx(0.02, abs=0.02)


ratios = st.floats(0.5, 2.0)
widths = st.floats(0, 0.5)
spreads = st.builds(known, st.integers(3, 30), st.floats(0, 0.5))
error_rates = st.floats(0.001, 0.4)


@st.composite
def intervals(draw):
    ratio = draw(ratios)
    low, high = ratio * exp(-draw(widths)), ratio * exp(draw(widths))
    return interval_of(ratio, low, high, p=draw(st.floats(0, 1)), alpha=draw(error_rates))


@given(intervals(), spreads)
def test_the_widened_interval_holds_the_one_of_the_runs_and_the_ratio(interval, spread):
    found = widened(interval, spread)

    assert found.low <= interval.low <= interval.ratio <= interval.high <= found.high
    assert found.p >= interval.p
    assert found.min_detectable >= exp(log(interval.high / interval.low) / 2 * power_factor(interval.alpha)) - 1 - 1e-9


@given(intervals(), spreads)
def test_more_sessions_or_less_difference_never_widen(interval, spread):
    found = widened(interval, spread)
    more = widened(interval, msgspec.structs.replace(spread, sessions=spread.sessions + 1))
    calmer = widened(interval, msgspec.structs.replace(spread, sd_log=spread.sd_log / 2))

    for narrower in (more, calmer):
        assert found.low <= narrower.low * (1 + 1e-12)
        assert narrower.high <= found.high * (1 + 1e-12)


@given(ratios, spreads, error_rates)
def test_the_widened_interval_excludes_1_where_its_p_is_below_the_error_rate(ratio, spread, alpha):
    """For runs that alone would exclude it at any rate."""
    found = widened(interval_of(ratio, ratio, ratio, p=0.0, alpha=alpha), spread)

    if abs(found.p - alpha) > 1e-6:
        assert (not found.low <= 1 <= found.high) == (found.p < alpha)


@given(intervals(), spreads)
def test_base_and_head_exchanged_turn_the_interval_over(interval, spread):
    turned = msgspec.structs.replace(interval, ratio=1 / interval.ratio, low=1 / interval.high, high=1 / interval.low)
    found, back = widened(interval, spread), widened(turned, spread)

    assert (back.low, back.high, back.p) == pytest.approx((1 / found.high, 1 / found.low, found.p))


@pytest.mark.parametrize("base_is_one_of_them", [False, True])
def test_sessions_of_one_program_are_called_in_one_of_twenty_comparisons(base_is_one_of_them):
    """Log medians that vary by 10 % from session to session, six of them known, the runs themselves exact."""
    draw = Random(20261121)  # noqa: S311 (a simulation)
    trials, calls = 1500, 0
    for _ in range(trials):
        taken = [exp(draw.gauss(0, 0.1)) for _ in range(SESSIONS_NEEDED)]
        spread = spread_of([session(at, value) for at, value in enumerate(taken)], KPI, runs=5)
        base = taken[0] if base_is_one_of_them else exp(draw.gauss(0, 0.1))
        ratio = exp(draw.gauss(0, 0.1)) / base
        found = widened(interval_of(ratio, ratio, ratio, p=0.0), spread)
        calls += not found.low <= 1 <= found.high

    assert calls <= 0.065 * trials
