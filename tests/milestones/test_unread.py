"""A wording of which something was not read is never met."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.milestones.answers import Outcome
from harness.milestones.criteria import CriteriaEvidence, judge_criteria
from harness.milestones.figures import published_figure
from harness.milestones.programme import Against, Criterion, Milestone
from harness.units import parse_duration
from tests.milestones.test_criteria import COMMIT, ROUND0, TOTAL, kpi, tallied

FALLBACK = Criterion(text="fewer fallbacks", words=("fallback",), benchmark="logup", fewer=("b.fallback_count",))
ROUND = Criterion(text="round 0", span=ROUND0, improvement_percent=20)
MAIN = Criterion(text="commit", span=COMMIT, improvement_percent=20)
LIMIT = Criterion(text="total", span=TOTAL, maximum_ms=1180)
GAIN = Criterion(text="end to end", words=("end-to-end",), span=TOTAL, improvement_percent=0, against=Against.BASE)
SPANS = (ROUND0, COMMIT, TOTAL)


def judge(bullet, criterion, ratio=0.7, counts=(5, 3)):
    """A bullet judged where every span of keccakf and every counter of logup changed alike."""
    milestone = Milestone(
        id="11", title="t", goal="g", benchmarks=("keccakf", "logup"), criteria=(criterion,), after=("8", "9", "10")
    )
    change = (ratio - 0.01, ratio + 0.01)
    evidence = CriteriaEvidence(
        reference="m8",
        kpis={
            (against, "keccakf", span): kpi(1000, 1000 * ratio, change, span=span)
            for against in Against
            for span in SPANS
        },
        base={},
        head={("keccakf", span): published_figure(parse_duration(f"{1000 * ratio:.0f}", "ms")) for span in SPANS},
        base_counters={"logup": tallied(b__fallback_count=counts[0])},
        head_counters={"logup": tallied(b__fallback_count=counts[1])},
    )
    return judge_criteria((bullet,), milestone, evidence)[0]


UNREAD = [
    ("`fallback_count` drops by half", FALLBACK, "half"),
    ("`fallback_count` drops to half", FALLBACK, "half"),
    ("`fallback_count` drops to a third", FALLBACK, "third"),
    ("`fallback_count` drops to 10% of base", FALLBACK, "10%"),
    ("`fallback_count` drops to 30%", FALLBACK, "30%"),
    ("`fallback_count` drops by a factor of 4", FALLBACK, "factor"),
    ("`fallback_count` drops by at least 4", FALLBACK, "4"),
    ("`fallback_count` drops from 5 to 1", FALLBACK, "1"),
    ("`fallback_count` drops to 1", FALLBACK, "1"),
    ("`fallback_count` drops to at most three", FALLBACK, "three"),
    ("`fallback_count` drops below its Milestone 7 count", FALLBACK, "milestone 7"),
    ("end-to-end gain of at least 500 ms", GAIN, "500 ms"),
    ("end-to-end 10 times faster", GAIN, "10 times"),
    ("end-to-end faster by a factor of 10", GAIN, "factor"),
    ("end-to-end gain over Milestones 9-12", GAIN, "milestones 9-12"),
    ("`round0` is at least three times faster", ROUND, "three"),
    ("`round0` improves by at least a half", ROUND, "half"),
    ("`round0` p95 at most 900 ms", ROUND, "p95"),
    ("`round0` maximum of 5 runs at most 900 ms", ROUND, "maximum"),
    ("`round0` at least 20% of the total", ROUND, "20%"),
    ("`round0` improves by .5%", ROUND, ".5%"),
    ("`main_trace_commit` improves 20% over Milestone 7", MAIN, "milestone 7"),
    ("`main_trace_commit` improves by at least 20% on both benchmarks", MAIN, "both"),
    ("`main_trace_commit` and every other contract span improve by at least 20%", MAIN, "every"),
    ("`main_trace_commit` of keccakf and logup improves by 20%", MAIN, "logup"),
    ("`main_trace_commit` does not get faster by 20%", MAIN, "not"),
    (
        "`prover.rap_constraints.round0` by at least 20% and `prover.openings.whir_x` by at least 40% faster",
        ROUND,
        "prover.openings.whir_x",
    ),
    ("keccakf `stark_prove_excluding_trace` median >= 1.18s", LIMIT, "1.18s"),
]


@pytest.mark.parametrize(("bullet", "criterion", "word"), UNREAD)
def test_what_a_wording_says_beside_its_goal_keeps_it_from_being_met(bullet, criterion, word):
    found = judge(bullet, criterion)

    assert found.outcome is Outcome.NOT_MEASURABLE
    assert f"The wording also says '{word}', which is not judged." in found.evidence


@pytest.mark.parametrize(("bullet", "criterion", "word"), UNREAD)
def test_what_is_not_met_stays_so_whatever_else_is_said(bullet, criterion, word):
    found = judge(bullet, criterion, ratio=1.3, counts=(3, 5))

    assert found.outcome in {Outcome.NOT_MET, Outcome.NOT_MEASURABLE}, word


@pytest.mark.parametrize(
    ("bullet", "criterion"),
    [
        ("keccakf `round0` is at least 20% below its Milestone 8 median, or Notes gives the rationale.", ROUND),
        ("`round0` improves by at least 20,5%", ROUND),
        ("`round0` improves by a minimum of 20 percent of the median", ROUND),
        ("`round0` improves by 20% in `evaluate_cosets`", ROUND),
        ("`round0` is at least 1.25x faster than M8", ROUND),
        ("keccakf `stark_prove_excluding_trace` has a median <= 1.18s.", LIMIT),
        ("2x target: no more than 1,180 ms", LIMIT),
        ("total: 1180 ms maximum", LIMIT),
        ("A positive end-to-end gain of keccakf relative to Milestones 8, 9 and 10 taken together.", GAIN),
        ("end-to-end gain over Milestones 8-10", GAIN),
        ("`fallback_count` drops by at least 40%", FALLBACK),
        ("`fallback_count` drops to at most 3", FALLBACK),
        ("Reduced fallback frequency", FALLBACK),
    ],
)
def test_a_plain_wording_is_read_whole(bullet, criterion):
    found = judge(bullet, criterion)

    assert found.outcome is Outcome.MET, found.evidence


@given(st.sampled_from(UNREAD), st.text(max_size=40))
def test_more_words_never_make_it_met(unread, more):
    bullet, criterion, _word = unread

    assert judge(f"{bullet}; {more}", criterion).outcome is not Outcome.MET


@pytest.mark.parametrize("piece", ["1,", ".5 ", "M8-", "milestones 8, ", "not ", "n't", "a-1", "max "])
def test_a_long_hostile_wording_is_looked_through_in_no_time(piece):
    assert judge("`fallback_count` drops " + piece * 5_000, FALLBACK).outcome is not None
