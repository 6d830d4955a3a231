"""From the wording of a template and the programme's declarations to what has to be judged."""

import pytest

from harness.milestones.asked import asked_of
from harness.milestones.goals import BaselineGoal, CountGoal, Open, RecordGoal, TimeGoal
from harness.milestones.programme import Against, Criterion, Form, Milestone, Part

ROUND0 = "prover.rap_constraints.round0"
WHIR = "prover.openings.whir"
TWENTY = Criterion(text="round 0 at least 20 % better", span=ROUND0, improvement_percent=20)
TOTAL = Criterion(text="total at most 1180 ms", span="stark_prove_excluding_trace", maximum_ms=1180)
FEWER = Criterion(text="fallbacks fall", words=("fallback",), benchmark="logup", fewer=("batch.fallback_count",))
GAIN = Criterion(
    text="mle rounds get faster",
    words=("mle",),
    benchmark="logup",
    span="prover.mle_rounds",
    improvement_percent=0,
    against=Against.BASE,
)
EVENT = Part(form=Form.COUNTERS, benchmark="logup", event="stage")


def asked(*template, criteria=(), benchmarks=("keccakf", "logup"), metrics=()):
    milestone = Milestone(
        id="9", title="t", goal="g", benchmarks=benchmarks, criteria=tuple(criteria), metrics=tuple(metrics)
    )
    return asked_of(template, milestone)


def only_goal(*template, **given):
    [one] = [goal for found in asked(*template, **given) for goal in found.goals]
    return one


def reasons(*template, **given):
    return [goal.reason for found in asked(*template, **given) for goal in found.goals if isinstance(goal, Open)]


@pytest.mark.parametrize(
    "bullet",
    [
        f"`{ROUND0}` improves by at least 20% vs Milestone 8",
        "round0 is ≥ 20 % faster",
        "keccakf gets 20 percent better",
        "`rap_constraints.round0` is lower",
    ],
)
def test_a_bullet_has_the_criterion_of_its_name_or_number(bullet):
    [found] = asked(bullet, criteria=[TWENTY])

    assert (found.wording, found.of_plan) == (bullet, False)
    [goal] = found.goals
    assert (goal.benchmark, goal.span, goal.improvement_percent) == ("keccakf", ROUND0, 20)


def test_a_criterion_that_no_bullet_says_is_of_the_plan():
    nothing, plan = asked("Proofs stay the same.", criteria=[TWENTY])

    assert (nothing.goals, nothing.of_plan) == ((), False)
    assert (plan.wording, plan.of_plan, plan.goals[0].improvement_percent) == (TWENTY.text, True, 20)


def test_a_criterion_belongs_to_the_bullet_that_says_it_most_plainly():
    said, other = asked(f"`{ROUND0}` improves by 20%", f"`{ROUND0}` gets faster in debug builds", criteria=[TWENTY])

    assert said.goals
    assert other.goals == ()


def test_the_number_of_the_wording_counts_and_the_difference_is_said():
    goal = only_goal(f"`{ROUND0}` improves by at least 25%", criteria=[TWENTY])

    assert goal.improvement_percent == 25
    assert goal.remark == "the plan asks for 20 %, the wording's 25 % counts"


def test_a_wording_without_number_has_the_plans_and_that_is_said():
    goal = only_goal(f"`{ROUND0}` gets faster", criteria=[TWENTY])

    assert (goal.improvement_percent, goal.remark) == (20, "the wording has no threshold, the plan's is 20 %")


def test_a_number_for_what_the_plan_wants_any_gain_of_counts():
    assert only_goal("logup `mle_rounds` falls by 5%", criteria=[GAIN]).improvement_percent == 5


def test_a_limit_in_place_of_a_percentage_counts():
    goal = only_goal(f"`{ROUND0}` <= 760 ms", criteria=[TWENTY])

    assert (goal.maximum_ms, goal.improvement_percent) == (760, None)


@pytest.mark.parametrize(
    "bullet", ["keccakf `stark_prove_excluding_trace` <= 1.18s", "2x target: under 1180 ms", "1180 ms is kept"]
)
def test_a_factor_beside_a_limit_is_how_the_limit_came_about(bullet):
    goal = only_goal(bullet, criteria=[TOTAL])

    assert (goal.maximum_ms, goal.remark) == (1180, "")


def test_several_numbers_belong_to_as_many_names_in_order():
    goals = asked(f"`{ROUND0}` improves by 20% and `{WHIR}` by 10%", criteria=[TWENTY])[0].goals

    assert [(one.span, one.improvement_percent) for one in goals] == [(ROUND0, 20), (WHIR, 10)]


def test_numbers_that_belong_to_nothing_clear_stay_open():
    found = asked(f"`{ROUND0}` improves by 20%, in debug builds by 10%, elsewhere by 5%", criteria=[TWENTY])[0]

    assert [type(one) for one in found.goals] == [Open, TimeGoal]
    assert found.goals[0].reason.startswith("the wording has several numbers (20 %, 10 %, 5 %)")


def test_another_span_of_the_bullet_is_asked_for_too():
    first, second = asked(f"keccakf `{ROUND0}` and `{WHIR}` improve by 20%", criteria=[TWENTY])[0].goals

    assert (first.span, first.is_aside) == (ROUND0, False)
    assert (second.span, second.improvement_percent, second.is_aside) == (WHIR, 20, True)


def test_a_criterion_of_one_benchmark_is_not_said_of_another():
    bullet, plan = asked(f"In the LogUp test `{ROUND0}` improves by 20%", criteria=[TWENTY])

    assert (bullet.goals[0].benchmark, plan.of_plan) == ("logup", True)


def test_counters_and_times_of_one_milestone_keep_to_their_bullets():
    first, second = asked(
        "Reduced fallback frequency in the MLE path", "`prover.mle_rounds` gets faster", criteria=[FEWER, GAIN]
    )

    assert [type(one) for one in first.goals] == [CountGoal]
    assert [type(one) for one in second.goals] == [TimeGoal]


def test_words_alone_are_no_criterion_where_nothing_is_to_change():
    found, plan = asked("The fallback is documented", criteria=[FEWER])

    assert isinstance(found.goals[0], Open)
    assert plan.of_plan


def test_a_bound_and_a_percentage_on_a_counter_are_the_wordings():
    assert only_goal("Eliminate every fallback", criteria=[FEWER]).most == 0
    assert only_goal("`fallback_count` drops by 50%", criteria=[FEWER]).improvement_percent == 50
    assert only_goal("2x fewer fallbacks", criteria=[FEWER]).improvement_percent == 50


def test_what_lies_outside_every_span_is_not_judged_by_time():
    outside = Criterion(text="t", words=("dispatch",), fewer=("*transport*.*dispatch*",), outside_spans="not in a span")

    timed = asked("Transport dispatch time falls by 10%", criteria=[outside])[0]
    counted = asked("Transport dispatch counts fall", criteria=[outside])[0]

    assert timed.goals == (Open("not in a span"),)
    assert isinstance(counted.goals[0], CountGoal)
    assert counted.remarks == ("not in a span",)


def test_a_bullet_without_declared_criterion_is_judged_where_it_is_clear():
    goal = only_goal(f"keccakf `{WHIR}` falls by at least 10% against Milestone 8")

    assert (goal.benchmark, goal.span, goal.improvement_percent) == ("keccakf", WHIR, 10)
    assert (goal.against, goal.milestones) == (Against.REFERENCE, ("8",))
    assert only_goal(f"`{WHIR}` <= 0.3s", benchmarks=("keccakf",)).maximum_ms == 300
    assert only_goal(f"keccakf `{WHIR}` is 10% faster than its base").against is Against.BASE


def test_a_counter_that_only_the_wording_names_must_fall():
    goal = only_goal("logup `fallback_count` drops")

    assert (goal.benchmark, goal.patterns, goal.must_fall) == ("logup", ("fallback_count",), True)
    assert not only_goal("logup `sync_count` at most 3").must_fall


def test_counters_in_words_are_those_that_the_milestone_shows():
    goal = only_goal("The reduction waits for fewer syncs", metrics=[EVENT])

    assert (goal.benchmark, goal.patterns, goal.nouns) == ("logup", ("stage.*sync*",), ("sync",))


@pytest.mark.parametrize(
    ("bullet", "reason"),
    [
        (f"`{WHIR}` falls by 10%", f"the wording does not say which benchmark's `{WHIR}` it means"),
        ("At least 10% less", "the wording has a number, but names no span that it belongs to"),
        (f"keccakf `{WHIR}` at least 10% of something", f"the wording does not say that `{WHIR}` is to fall by 10 %"),
        (f"keccakf `{WHIR}` loses no more than 5%", "the wording bounds a loss (5 %), and only gains are judged"),
        (f"keccakf `{WHIR}` falls by 120%", f"120 % of `{WHIR}` is no gain that a time can have"),
        ("logup `pool.reuse` increases", "the wording names `pool.reuse`, but not that they are to fall"),
        ("Fewer allocations", "the wording counts in words (alloc), and the milestone shows no counters"),
        ("Kernel counts are logged", "the wording counts in words (kernel), and the milestone shows no counters"),
        ("Kernel counts hold", "the wording names kernel counts, but not that they are to fall"),
        ("Counters are published", "the wording does not say which counters are to be recorded"),
        ("`sync_count` drops", "the wording does not say which benchmark's `sync_count` it means"),
    ],
)
def test_what_is_not_clear_stays_open_with_its_reason(bullet, reason):
    assert reasons(bullet) == [reason]


@pytest.mark.parametrize("bullet", ["Proofs stay the same.", f"`{WHIR}` was profiled", "Milestone 8, 5 runs, n=5"])
def test_a_bullet_without_number_and_counter_asks_for_nothing(bullet):
    assert asked(bullet)[0].goals == ()


def test_an_event_that_the_milestone_shows_is_no_span():
    found = asked("keccakf `my_stage` at least 10% less", metrics=[Part(form=Form.COUNTERS, event="my_stage")])

    assert isinstance(found[0].goals[0], Open)


RECORDED = Criterion(
    text="counts are recorded", words=("stage",), benchmark="logup", recorded=("st.kernel_count", "st.sync_count")
)
BASELINE = Criterion(text="both benchmarks recorded", baseline=True)


@pytest.mark.parametrize(
    "bullet",
    [
        "Kernel and sync counts of every stage are recorded.",
        "Counters per stage are published",
        "`sync_count` is logged",
        "Counters are written down",
        "Report how often each stage waits",
    ],
)
def test_counters_that_are_to_be_recorded_are_the_declared_ones(bullet):
    [found] = asked(bullet, criteria=[TWENTY, RECORDED])[:-1]

    [goal] = found.goals
    assert isinstance(goal, RecordGoal)
    assert (goal.benchmark, goal.patterns) == ("logup", RECORDED.recorded)


def test_counters_to_be_recorded_that_only_the_wording_names_are_asked_for():
    assert only_goal("logup `pool.reuse` counters are published", metrics=[EVENT]).patterns == ("pool.reuse",)
    assert only_goal("Kernel counts are logged", metrics=[EVENT]) == RecordGoal(
        benchmark="logup", patterns=("stage.*kernel*",), nouns=("kernel",)
    )


def test_counters_that_are_to_fall_and_to_be_recorded_must_fall():
    assert isinstance(only_goal("`fallback_count` drops and is recorded", criteria=[FEWER]), CountGoal)


@pytest.mark.parametrize(
    ("bullet", "benchmarks", "runs"),
    [
        ("`1` warmup and `5` measured runs of both benchmarks", ("keccakf", "logup"), (1, 5)),
        ("keccakf has one warm-up run and five measured runs", ("keccakf",), (1, 5)),
        ("Both raw logs are stored", ("keccakf", "logup"), (None, None)),
        ("The contract table is there", ("keccakf", "logup"), (None, None)),
        ("One table holds the median of every contract span", ("keccakf", "logup"), (None, None)),
    ],
)
@pytest.mark.parametrize("criteria", [(), (BASELINE,)])
def test_a_baseline_is_asked_for_by_its_runs_its_logs_or_its_table(bullet, benchmarks, runs, criteria):
    goal = only_goal(bullet, criteria=criteria)

    assert isinstance(goal, BaselineGoal)
    assert (goal.benchmarks, (goal.warmup_runs, goal.measured_runs)) == (benchmarks, runs)


def test_runs_beside_a_threshold_are_how_it_is_measured():
    assert isinstance(only_goal("total <= 1180 ms over 5 measured runs", criteria=[TOTAL]), TimeGoal)


@pytest.mark.parametrize(
    "bullet", ["Transport is at least 10 % faster", "Transport gets faster", "Transport time falls by 5 %"]
)
def test_a_time_of_what_lies_outside_every_span_has_that_reason(bullet):
    outside = Criterion(text="t", words=("transport",), fewer=("*transport*.*dispatch*",), outside_spans="in no span")
    plainly = "`h2d_transport.dispatch_count` drops"

    assert asked(bullet, criteria=[outside])[0].goals == (Open("in no span"),)
    assert asked(bullet, plainly, criteria=[outside])[0].goals == (Open("in no span"),)


def test_a_way_out_is_left_to_the_author():
    [found] = asked(f"`{ROUND0}` improves by 20%, or the rationale is documented", criteria=[TWENTY])

    assert found.remarks == ("the wording has a way out beside the number, which is the author's to judge",)
