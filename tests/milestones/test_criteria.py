"""Exit criteria held against evidence: the published cases, every outcome, and what must never happen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from harness.compare.counters import CounterSide, Evidence
from harness.compare.kpi_comparison import KpiComparison, KpiSide, Role
from harness.compare.rank_interval import RatioInterval
from harness.compare.verdict import Verdict, read_verdict
from harness.milestones.answers import Outcome
from harness.milestones.counting import TOO_MANY, Tallied, Tally
from harness.milestones.criteria import CriteriaEvidence, judge_criteria, wanted
from harness.milestones.figures import Absent, published_figure
from harness.milestones.programme import Against, Criterion, Milestone
from harness.units import parse_duration

ROUND0, COMMIT, WHIR = "prover.rap_constraints.round0", "prover.main_trace_commit", "prover.openings.whir"
TOTAL, MLE = "stark_prove_excluding_trace", "prover.rap_constraints.mle_rounds"
RANKS = [Outcome.NOT_MET, Outcome.NOT_MEASURABLE, Outcome.PARTIALLY, Outcome.MET]
RUNS = {"keccakf": (1, 5), "logup": (1, 5)}
NO_RUNS = "too few runs for any interval"


def side(median, step=1.0, n=5):
    return KpiSide(median=median, n=n, samples=(median,) * n, step=step)


def kpi(base, head, interval=None, *, verdict=None, reason="", span=ROUND0):
    """A comparison; the interval is that of the ratio, the verdict is read off it."""
    low, high = interval or (None, None)
    ratio = head / base if base and head else None
    bounds = RatioInterval(ratio=ratio or 1, low=low, high=high, p=0.01, alpha=0.05, min_detectable=None)
    return KpiComparison(
        benchmark="keccakf",
        kpi=span,
        unit="ms",
        role=Role.ATTRIBUTION,
        base=None if base is None else side(base),
        head=None if head is None else side(head),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        verdict=verdict or read_verdict(bounds, 0.03),
        reason=reason,
        min_detectable=None,
        runs_to_settle=None,
    )


def improvement(percent, span=ROUND0, **given):
    return Criterion(text="a gain", span=span, improvement_percent=percent, **given)


def fewer(*patterns, **given):
    return Criterion(text="counts fall", words=("fallback",), benchmark="logup", fewer=patterns, **given)


def milestone(*criteria, milestone_id="9"):
    return Milestone(id=milestone_id, title="t", goal="g", benchmarks=("keccakf", "logup"), criteria=criteria)


def tallied(evidence=Evidence.COUNTERS, absent="", runs=2, **totals):
    """Counters by name (`__` for the dot), each a total or the range of several runs."""
    counters = {}
    for name, total in totals.items():
        low, high = total if isinstance(total, tuple) else (total, total)
        found = CounterSide(median=low, low=low, high=high, n=runs, runs=runs)
        counters[name.replace("__", ".")] = Tally(evidence=evidence, side=found)
    return Tallied(counters=counters, absent=absent)


def evidence(*kpis, against=Against.REFERENCE, figures=None, base=None, head=None, **given):
    found = {f"{span}": published_figure(parse_duration(*literal)) for span, literal in (figures or {}).items()}
    return CriteriaEvidence(
        reference="m8",
        kpis={(against, one.benchmark, one.kpi): one for one in kpis},
        base={},
        head={("keccakf", span): figure for span, figure in found.items()},
        base_counters={"logup": base} if base else {},
        head_counters={"logup": head} if head else {},
        **given,
    )


def judged(template, of, by):
    found = judge_criteria((template,) if isinstance(template, str) else template, of, by)
    return [(one.outcome, " ".join(one.evidence)) for one in found]


def judge(template, of, by):
    [one] = judged(template, of, by)
    return one


def outcome_of(compared, percent=20):
    return judge("It improves", milestone(improvement(percent, words=("improves",))), evidence(compared))[0]


@pytest.mark.parametrize(
    ("span", "percent", "base", "head", "change"),
    [(ROUND0, 20, 949, 876, "-7.7 %"), (COMMIT, 20, 891, 858, "-3.7 %"), (WHIR, 25, 314, 434, "+38.2 %")],
)
def test_published_improvements_that_were_not_reached_are_not_met(span, percent, base, head, change):
    template = f"keccakf `{span}` improves by at least {percent}% vs Milestone 8 median"
    found = kpi(base, head, span=span, reason="across sessions", verdict=Verdict.UNDECIDED)

    outcome, told = judge(template, milestone(improvement(percent, span)), evidence(found))

    assert outcome is Outcome.NOT_MET
    assert f"keccakf `{span}` against m8: {base} → {head} ms, {change}; at least {percent} % less asked for" in told
    assert told.endswith("no interval, undecided: across sessions.")


def test_the_shortfall_is_said_in_ms():
    assert "117 ms short" in judge("round0 20% lower", milestone(improvement(20)), evidence(kpi(949, 876)))[1]


def test_a_path_that_was_never_exercised_is_not_measurable_whatever_the_counts():
    """As milestone 10 was published: no fallback, on a run that never took the path."""
    criterion = fewer("batch.fallback_count", exercised_by=("batch.mle_trace_count",))
    counts = tallied(batch__fallback_count=0, batch__mle_trace_count=0)

    outcome, told = judge("Reduced fallback frequency", milestone(criterion), evidence(base=counts, head=counts))

    assert outcome is Outcome.NOT_MEASURABLE
    assert told == ("Path never exercised: logup, base: `batch.mle_trace_count=0`; `batch.fallback_count` on head: 0.")


@pytest.mark.parametrize(("base", "head"), [({"b__mle": 0}, {"b__mle": 3}), ({"b__mle": 3}, {"b__mle": 0}), ({}, {})])
def test_both_sides_must_have_taken_the_path(base, head):
    found = evidence(base=tallied(b__fallback=4, **base), head=tallied(b__fallback=1, **head))

    outcome, told = judge("fewer fallbacks", milestone(fewer("b.fallback", exercised_by=("b.mle",))), found)

    assert outcome is Outcome.NOT_MEASURABLE
    assert told.startswith("Path never exercised")


def test_the_published_total_misses_its_limit_by_1280_ms():
    criterion = Criterion(text="total", span=TOTAL, maximum_ms=1180)
    by = evidence(figures={TOTAL: ("2.46", "s")})

    outcome, told = judge("keccakf total <= 1.18s", milestone(criterion), by)

    assert outcome is Outcome.NOT_MET
    assert told == f"keccakf `{TOTAL}`: 2460 ms is 1280 ms above 1180 ms, +108.5 % (n not stated)."


@pytest.mark.parametrize(
    ("given", "outcome", "told"),
    [
        ({"figures": {TOTAL: ("1.18", "s")}}, Outcome.MET, "1180 ms is 0 ms below 1180 ms"),
        ({"figures": {TOTAL: ("900", "ms")}}, Outcome.MET, "900 ms is 280 ms below 1180 ms"),
        ({}, Outcome.NOT_MEASURABLE, "no value after: not read"),
        (
            {"figures": {TOTAL: ("900", "ms")}, "limit_doubt": "another target"},
            Outcome.NOT_MEASURABLE,
            "another target",
        ),
    ],
)
def test_a_limit_is_held_against_the_median(given, outcome, told):
    found = judge("total <= 1180 ms", milestone(Criterion(text="t", span=TOTAL, maximum_ms=1180)), evidence(**given))

    assert found[0] is outcome
    assert told in found[1]


@pytest.mark.parametrize(
    ("compared", "outcome", "told"),
    [
        (kpi(1000, 700, (0.68, 0.72)), Outcome.MET, "interval -32.0 % … -28.0 %, faster."),
        (kpi(1000, 700, (0.68, 0.8)), Outcome.MET, "faster"),
        (kpi(1000, 700, (0.68, 0.8549)), Outcome.PARTIALLY, "shown is at least 14.5 %"),
        (kpi(1000, 790, (0.6, 1.1), reason="about 15 + 15 runs would decide"), Outcome.NOT_MEASURABLE, "15 + 15 runs"),
        (kpi(1000, 700, reason=NO_RUNS), Outcome.NOT_MEASURABLE, f"no interval, undecided: {NO_RUNS}"),
        (kpi(1000, 810, (0.7, 0.9)), Outcome.NOT_MET, "-19.0 %"),
        (kpi(1000, 800.4, (0.7, 0.9)), Outcome.NOT_MET, "-19.96 %"),
        (kpi(1000, 1100, (1.05, 1.2)), Outcome.NOT_MET, "slower"),
        (kpi(None, 800, reason="no such span"), Outcome.NOT_MEASURABLE, "no value before: no such span"),
        (kpi(800, None, reason="no such span"), Outcome.NOT_MEASURABLE, "no value after: no such span"),
    ],
)
def test_a_gain_counts_as_far_as_its_interval_shows_it(compared, outcome, told):
    found = judge("round0 improves by 20%", milestone(improvement(20)), evidence(compared))

    assert found[0] is outcome
    assert told in found[1]


@pytest.mark.parametrize(
    ("compared", "outcome"),
    [
        (kpi(1000, 950, (0.9, 0.99)), Outcome.MET),
        (kpi(1000, 990, (0.98, 0.995)), Outcome.NOT_MET),
        (kpi(1000, 990, verdict=Verdict.SAME, reason="the same programs"), Outcome.NOT_MET),
        (kpi(1000, 950, (0.9, 1.01)), Outcome.NOT_MEASURABLE),
        (kpi(1000, 1000, (0.9, 1.01)), Outcome.NOT_MET),
        (kpi(1000, 1010, (0.9, 1.1)), Outcome.NOT_MET),
    ],
)
def test_any_gain_must_be_shown_to_be_one(compared, outcome):
    assert outcome_of(compared, percent=0) is outcome


def test_the_same_time_is_no_gain_and_that_is_said():
    for percent, asked in ((0, "any gain"), (1, "at least 1 % less")):
        compared = kpi(1000, 985, (0.975, 0.989))
        template = "It improves"

        outcome, told = judge(template, milestone(improvement(percent, words=("improves",))), evidence(compared))

        assert outcome is Outcome.NOT_MET
        assert f"{asked} asked for" in told
        assert told.split("(the wording")[0].rstrip().endswith("same: the whole interval lies within the effect floor.")


@pytest.mark.parametrize("interval", [(0.68, 0.72), (1.1, 1.2)])
def test_a_base_that_the_work_is_not_held_against_shows_nothing(interval):
    criterion = improvement(0, words=("improves",), against=Against.BASE)
    compared = kpi(1000, 1000 * sum(interval) / 2, interval)
    by = evidence(compared, against=Against.BASE, base_doubt="milestone 8 is not_started in it")

    outcome, told = judge("It improves", milestone(criterion), by)

    assert outcome is Outcome.NOT_MEASURABLE
    assert told == f"keccakf `{ROUND0}` against the base: milestone 8 is not_started in it."


def test_a_doubt_about_the_base_says_nothing_about_the_reference():
    by = evidence(kpi(1000, 700, (0.68, 0.72)), base_doubt="milestone 8 is not_started in it")

    assert judge("round0 improves by 20%", milestone(improvement(20)), by)[0] is Outcome.MET


def test_sides_that_cannot_be_compared_are_not_measurable_and_their_medians_are_shown():
    before = published_figure(parse_duration("949", "ms"))
    by = structs.replace(
        evidence(figures={ROUND0: ("1.20", "s")}, reference_figures={("keccakf", ROUND0): before}),
        kpis={(Against.REFERENCE, "keccakf", ROUND0): Absent("not comparable: host differs")},
    )

    outcome, told = judge("round0 improves by 20%", milestone(improvement(20)), by)

    assert outcome is Outcome.NOT_MEASURABLE
    assert told == (f"keccakf `{ROUND0}` against m8: not comparable: host differs (before 949 ms, after 1200 ms).")


def test_the_evidence_names_what_was_compared():
    names = {"base_name": "base, recording 0123", "reference_name": "m8, recording 4567"}
    of_base = improvement(20, words=("improves",), against=Against.BASE)
    gain = kpi(1000, 700, (0.6, 0.7))

    assert (
        f"`{ROUND0}` against m8, recording 4567: 1000"
        in (judge("round0 improves by 20%", milestone(improvement(20)), evidence(gain, **names))[1])
    )
    assert (
        f"`{ROUND0}` against base, recording 0123: 1000"
        in (judge("It improves", milestone(of_base), evidence(gain, against=Against.BASE, **names))[1])
    )
    idle = evidence(base=tallied(b__mle=0), head=tallied(b__mle=1), **names)
    told = judge("fewer fallbacks", milestone(fewer("b.fallback", exercised_by=("b.mle",))), idle)[1]
    assert "logup, base, recording 0123: `b.mle=0`" in told


def test_what_was_not_compared_is_not_measurable_with_its_reason():
    by = CriteriaEvidence(
        reference="m8",
        kpis={(Against.REFERENCE, "keccakf", ROUND0): Absent("no recording is labelled m8")},
        base={},
        head={},
        base_counters={},
        head_counters={},
    )

    outcome, told = judge("round0 improves by 20%", milestone(improvement(20)), by)

    assert (outcome, told) == (Outcome.NOT_MEASURABLE, f"keccakf `{ROUND0}` against m8: no recording is labelled m8.")


def test_the_number_of_the_template_counts_and_the_plans_is_named():
    compared = kpi(1000, 700, (0.68, 0.72))

    outcome, told = judge("round0 improves by at least 40%", milestone(improvement(20)), evidence(compared))

    assert outcome is Outcome.NOT_MET
    assert "(the plan asks for 20 %, the wording's 40 % counts)" in told


def test_a_bullet_of_two_spans_is_met_only_where_both_are():
    template = f"keccakf `{ROUND0}` and `{WHIR}` improve by 20%"
    good, bad = kpi(1000, 700, (0.68, 0.72)), kpi(1000, 990, span=WHIR)

    assert judge(template, milestone(improvement(20)), evidence(good, bad))[0] is Outcome.PARTIALLY
    assert judge(template, milestone(improvement(20)), evidence(good, kpi(1000, 700, (0.6, 0.7), span=WHIR)))[0] is (
        Outcome.MET
    )


def test_a_name_that_is_no_span_of_any_recording_takes_nothing_away():
    template = f"keccakf `{ROUND0}` improves by 20% in `evaluate_cosets`"
    gone = kpi(5, None, span="evaluate_cosets", reason="no such span")

    assert judge(template, milestone(improvement(20)), evidence(kpi(1000, 700, (0.6, 0.7))))[0] is Outcome.MET
    assert judge(template, milestone(improvement(20)), evidence(kpi(1000, 700, (0.6, 0.7)), gone))[0] is (
        Outcome.PARTIALLY
    )


def test_another_milestone_than_the_reference_is_nothing_to_hold_a_wording_against():
    template = f"keccakf `{WHIR}` falls by 10% against Milestone 7"

    outcome, told = judge(template, milestone(), evidence(kpi(1000, 700, (0.6, 0.7), span=WHIR)))

    assert outcome is Outcome.NOT_MEASURABLE
    assert "means Milestone 7" in told
    assert judge(template.replace("7", "8"), milestone(), evidence(kpi(1000, 700, (0.6, 0.7), span=WHIR)))[0] is (
        Outcome.MET
    )


@pytest.mark.parametrize(
    ("base", "head", "outcome", "told"),
    [
        (5, 3, Outcome.MET, "5 → 3 (counters run)."),
        (5, 0, Outcome.MET, "5 → 0"),
        (5, 5, Outcome.NOT_MET, "it does not fall"),
        (5, 6, Outcome.NOT_MET, "it does not fall"),
        (0, 0, Outcome.NOT_MEASURABLE, "nothing to reduce"),
        (0, 1, Outcome.NOT_MET, "it does not fall"),
        ((5, 7), (2, 4), Outcome.MET, "5 … 7 → 2 … 4"),
        ((5, 7), (4, 6), Outcome.NOT_MEASURABLE, "not the same every run"),
        ((5, 7), (7, 9), Outcome.NOT_MET, "it does not fall"),
    ],
)
def test_a_counter_must_fall(base, head, outcome, told):
    by = evidence(base=tallied(b__fallback_count=base), head=tallied(b__fallback_count=head))

    found = judge("fewer fallbacks", milestone(fewer("b.fallback_count")), by)

    assert found[0] is outcome
    assert told in found[1]


def test_of_several_counters_those_that_cannot_fall_decide_nothing():
    criterion = fewer("b.*fallback*")
    base = tallied(b__fallback_a=5, b__fallback_b=4, b__fallback_c=0)

    some = evidence(base=base, head=tallied(b__fallback_a=3, b__fallback_b=4, b__fallback_c=0))
    every = evidence(base=base, head=tallied(b__fallback_a=3, b__fallback_b=1, b__fallback_c=0))

    assert judge("fewer fallbacks", milestone(criterion), some)[0] is Outcome.PARTIALLY
    assert judge("fewer fallbacks", milestone(criterion), every)[0] is Outcome.MET


@pytest.mark.parametrize(
    ("base", "head", "told"),
    [
        (tallied(), tallied(b__fallback=3), "no value before (3 after)"),
        (tallied(b__fallback=3), tallied(), "no value after (3 before)"),
        (
            tallied(absent="no counters run is recorded"),
            tallied(),
            "no value before (no counters run is recorded), no value after",
        ),
        (
            tallied(b__fallback=3),
            tallied(Evidence.MEASURED, b__fallback=1),
            "before is read from the counters run, after from the measured runs",
        ),
    ],
)
def test_a_counter_that_one_side_lacks_is_not_measurable(base, head, told):
    outcome, found = judge("fewer fallbacks", milestone(fewer("b.fallback")), evidence(base=base, head=head))

    assert outcome is Outcome.NOT_MEASURABLE
    assert told in found


def test_counters_of_two_workloads_are_not_laid_side_by_side():
    by = evidence(base=tallied(b__fallback=5), head=tallied(b__fallback=1), count_doubt="another workload")

    assert judge("fewer fallbacks", milestone(fewer("b.fallback")), by)[0] is Outcome.NOT_MEASURABLE


def test_every_count_that_the_wording_names_must_be_shown():
    """A wording of two counts is not met by one of them."""
    criterion = Criterion(
        text="t", words=("dispatch",), benchmark="logup", fewer=("*transport*.*dispatch*", "*transport*.*alloc*")
    )
    one = {"base": tallied(h2d_transport__dispatch_count=5), "head": tallied(h2d_transport__dispatch_count=2)}
    both = {
        "base": tallied(h2d_transport__dispatch_count=5, h2d_transport__alloc_count=2),
        "head": tallied(h2d_transport__dispatch_count=2, h2d_transport__alloc_count=1),
    }

    template = "Dispatch count and allocation count drop"
    lacking = judge(template, milestone(criterion), evidence(**one))

    assert lacking[0] is Outcome.PARTIALLY
    assert "nothing that counts `alloc` was recorded" in lacking[1]
    assert judge(template, milestone(criterion), evidence(**both))[0] is Outcome.MET


@pytest.mark.parametrize(
    ("template", "head", "outcome"),
    [
        ("Eliminate every fallback", 0, Outcome.MET),
        ("Eliminate every fallback", 2, Outcome.PARTIALLY),
        ("`fallback_count` drops by 50%", 4, Outcome.MET),
        ("`fallback_count` drops by 50%", 5, Outcome.NOT_MET),
    ],
)
def test_a_bound_on_a_count_is_the_wordings(template, head, outcome):
    by = evidence(base=tallied(b__fallback_count=8), head=tallied(b__fallback_count=head))

    assert judge(template, milestone(fewer("b.fallback_count")), by)[0] is outcome


@pytest.mark.parametrize(
    ("head", "outcome"), [(3, Outcome.MET), (4, Outcome.NOT_MET), ((2, 5), Outcome.NOT_MEASURABLE)]
)
def test_a_bound_without_a_fall_needs_no_base(head, outcome):
    assert judge("logup `sync_count` at most 3", milestone(), evidence(head=tallied(e__sync_count=head)))[0] is outcome


def test_why_no_time_can_show_it_is_part_of_the_evidence():
    criterion = fewer("b.fallback", outside_spans="it lies outside every span")
    by = evidence(base=tallied(b__fallback=5), head=tallied(b__fallback=1))

    assert judge("fewer fallbacks", milestone(criterion), by)[1].endswith("It lies outside every span.")
    for template in ("fallback time falls by 10%", "the fallback gets faster"):
        assert judge(template, milestone(criterion), by) == (Outcome.NOT_MEASURABLE, "It lies outside every span.")


@pytest.mark.parametrize(("runs", "said"), [(1, "(counters run, one run a side)"), (2, "(counters run)")])
def test_a_fall_between_single_runs_is_said_as_such(runs, said):
    by = evidence(base=tallied(runs=runs, b__fallback=5), head=tallied(runs=runs, b__fallback=1))

    outcome, told = judge("fewer fallbacks", milestone(fewer("b.fallback")), by)

    assert outcome is Outcome.MET
    assert told.endswith(f"5 → 1 {said}.")


def test_a_fall_to_a_single_run_names_the_side():
    by = evidence(base=tallied(b__fallback=5), head=tallied(runs=1, b__fallback=1))

    assert "(counters run, one run after)" in judge("fewer fallbacks", milestone(fewer("b.fallback")), by)[1]


@pytest.mark.parametrize(
    ("head", "outcome", "told"),
    [
        (
            tallied(s__kernel_count=12, s__sync_count=0),
            Outcome.MET,
            "logup, head: `s.kernel_count=12`, `s.sync_count=0` (counters run).",
        ),
        (
            tallied(s__kernel_count=12),
            Outcome.PARTIALLY,
            "logup, head: `s.kernel_count=12` (counters run). logup, head: not counted: `s.sync_count`.",
        ),
        (
            tallied(absent="no counters run is recorded"),
            Outcome.NOT_MET,
            "logup, head: not counted: `s.kernel_count`, `s.sync_count` (no counters run is recorded).",
        ),
        (
            tallied(absent=TOO_MANY),
            Outcome.NOT_MEASURABLE,
            f"logup `s.kernel_count` or `s.sync_count`: {TOO_MANY}.",
        ),
        (
            None,
            Outcome.NOT_MEASURABLE,
            "logup `s.kernel_count` or `s.sync_count`: no counters were read.",
        ),
    ],
)
def test_counters_are_recorded_where_the_head_counted_them(head, outcome, told):
    criterion = Criterion(text="t", benchmark="logup", recorded=("s.kernel_count", "s.sync_count"))

    found = judge("Kernel and sync counts are recorded", milestone(criterion), evidence(head=head))

    assert found == (outcome, told)


def test_every_count_in_words_must_have_been_counted():
    criterion = Criterion(text="t", benchmark="logup", recorded=("s.kernel_count",))
    by = evidence(head=tallied(s__kernel_count=1))

    outcome, told = judge("Kernel and fallback counts are recorded", milestone(criterion), by)

    assert outcome is Outcome.PARTIALLY
    assert told.endswith("not counted: anything that counts `fallback`.")


def test_of_many_counters_the_first_are_listed():
    criterion = Criterion(text="t", words=("pool",), benchmark="logup", recorded=("m.*",))
    by = evidence(head=tallied(**{f"m__c{i}": i for i in range(9)}))

    assert judge("Counts of the pool are published", milestone(criterion), by)[1].endswith(
        "`m.c5=5` and 3 more (counters run)."
    )


@pytest.mark.parametrize(
    ("template", "given", "outcome", "told"),
    [
        ("Both raw logs are stored", {}, Outcome.MET, "Every benchmark is recorded as the contract asks, and its raw"),
        ("1 warmup and 5 measured runs", {"runs": RUNS}, Outcome.MET, "logup: 1 warmup and 5 measured runs)."),
        ("10 measured runs", {"runs": RUNS}, Outcome.NOT_MET, "keccakf: 5 measured runs recorded, 10 asked for."),
        ("5 measured runs", {}, Outcome.NOT_MEASURABLE, "keccakf: how many runs were recorded is not known."),
        (
            "Both raw logs are stored",
            {"baseline_doubts": ("the log of keccakf is not kept",)},
            Outcome.NOT_MET,
            "The log of keccakf is not kept.",
        ),
    ],
)
def test_a_baseline_is_recorded_as_the_contract_and_the_wording_ask(template, given, outcome, told):
    found = judge(template, milestone(Criterion(text="t", baseline=True)), evidence(**given))

    assert found[0] is outcome
    assert told in found[1]


def test_wordings_are_kept_in_order_and_the_plans_criteria_follow():
    template = ("Proofs stay the same.", "`round0` notes")

    found = judge_criteria(template, milestone(improvement(20)), evidence(kpi(949, 876)))

    assert [(one.wording, one.of_plan, one.outcome) for one in found] == [
        ("Proofs stay the same.", False, None),
        ("`round0` notes", False, None),
        ("a gain", True, Outcome.NOT_MET),
    ]
    assert found[0].evidence == ("names no number and no counter: the author's to judge",)


def test_what_is_wanted_is_what_will_be_asked_for():
    of = milestone(
        improvement(20), fewer("b.fallback", exercised_by=("b.mle",)), Criterion(text="t", span=TOTAL, maximum_ms=1)
    )

    needed = wanted(of, (f"keccakf `{WHIR}` and `{ROUND0}` fall by 20%", "logup `sync_count` falls"))

    assert needed.spans == (("keccakf", ROUND0), ("keccakf", WHIR), ("keccakf", TOTAL))
    assert needed.counters == (("logup", "sync_count"), ("logup", "b.fallback"), ("logup", "b.mle"))
    assert needed.patterns("logup") == ("sync_count", "b.fallback", "b.mle")
    assert needed.patterns("keccakf") == ()


RATIOS = st.floats(0.3, 1.7)


@st.composite
def compared(draw):
    """A comparison whose interval holds its ratio, or that has none."""
    ratio = draw(RATIOS)
    if draw(st.booleans()):
        return kpi(1000, 1000 * ratio, reason=NO_RUNS)
    return kpi(1000, 1000 * ratio, (ratio * draw(st.floats(0.7, 1)), ratio * draw(st.floats(1, 1.4))))


@given(compared(), st.sampled_from([0, 1, 2.5, 20, 50]))
def test_met_means_that_the_whole_interval_reaches_the_threshold(found, percent):
    outcome = outcome_of(found, percent)

    if outcome is Outcome.MET:
        assert found.verdict is Verdict.FASTER
        assert found.ratio_high <= 1 - percent / 100
    if outcome in {Outcome.MET, Outcome.PARTIALLY}:
        assert found.ratio_high < 1


def shown(outcome):
    """How much of a gain is shown: nothing where it is not met, and nothing where it cannot be told."""
    return max(RANKS.index(outcome), RANKS.index(Outcome.NOT_MEASURABLE))


@given(compared(), st.floats(1, 2), st.sampled_from([0, 1, 2.5, 20, 50]))
def test_a_slower_head_never_has_a_better_outcome(found, slower, percent):
    interval = None if found.ratio_low is None else (found.ratio_low * slower, found.ratio_high * slower)
    worse = kpi(1000, found.head.median * slower, interval, reason=found.reason)

    assert shown(outcome_of(worse, percent)) <= shown(outcome_of(found, percent))


@given(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).map(sorted).map(tuple),
    st.lists(st.integers(0, 12), min_size=3, max_size=3).map(sorted),
    st.sampled_from(["fewer fallbacks", "eliminate fallbacks", "`fallback_count` falls by 30%"]),
)
def test_a_larger_count_never_has_a_better_outcome(base, bounds, template):
    of = milestone(fewer("b.fallback_count"))
    low, middle, high = bounds
    outcomes = [
        judge(template, of, evidence(base=tallied(b__fallback_count=base), head=tallied(b__fallback_count=head)))[0]
        for head in ((low, middle), (low, high), (middle, high))
    ]

    ranks = [RANKS.index(one) for one in outcomes]
    assert ranks == sorted(ranks, reverse=True)


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_template_is_judged_and_nothing_is_met_without_evidence(template):
    of = milestone(improvement(20), fewer("b.fallback"), structs.replace(improvement(0), words=("a",)))

    found = judge_criteria(template, of, evidence())

    assert [one.wording for one in found[: len(template)]] == template
    assert all(one.outcome in {None, Outcome.NOT_MEASURABLE} for one in found)
    assert all(one.evidence for one in found)
