"""Does a milestone's file still ask for what its template asked for?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.milestones.findings import Severity
from harness.milestones.thresholds import threshold_findings

ROUND0 = "`prover.rap_constraints.round0` at least 20% better than Milestone 8"
COMMIT = "`prover.main_trace_commit` at least 20% better than Milestone 8."
TARGET = "keccakf `stark_prove_excluding_trace` <= 1180 ms"
FALLBACK = "`logup_batch_metrics.fallback_count` falls"
PROSE = "Notes say which kernels were fused."
TEMPLATE = (ROUND0, COMMIT, TARGET, FALLBACK, PROSE)


def found(today, template=TEMPLATE):
    return [
        (one.severity, one.what.split(": ", 1)[1])
        for one in threshold_findings(template, today, where="milestone-9.md")
    ]


def dropped(criterion):
    return (Severity.FAILS, f"a threshold was dropped: '{criterion}' no longer stands among the exit criteria.")


def reworded(criterion):
    return (Severity.UNCLEAR, f"the exit criterion '{criterion}' is worded otherwise today; does it ask for as much?")


def test_the_templates_own_words_have_no_finding_in_whatever_order():
    assert found(TEMPLATE) == found(TEMPLATE[::-1]) == found((*TEMPLATE, "And one more, <= 3 s.")) == []


@pytest.mark.parametrize(
    "verdict",
    [" (met: 742 ms)", ": **partially met**, see Notes", " - not met", ". Met.", "."],
)
def test_a_verdict_behind_the_words_of_a_criterion_leaves_it_standing(verdict):
    assert found([one.rstrip(".") + verdict for one in TEMPLATE]) == []


@pytest.mark.parametrize(
    "more", [" is not required; 1% will do", ", or 2.4 s", "; rationale below", " on one benchmark"]
)
def test_more_words_behind_a_criterion_are_another_one(more):
    assert found([ROUND0 + more], [ROUND0]) != []


@pytest.mark.parametrize("criterion", [ROUND0, COMMIT, TARGET, FALLBACK])
def test_a_dropped_threshold_fails_and_has_a_way_out(criterion):
    today = [one for one in TEMPLATE if one != criterion]
    (finding,) = threshold_findings(TEMPLATE, today, where="milestone-9.md")

    assert found(today) == [dropped(criterion)]
    assert finding.what.startswith("milestone-9.md: ")
    assert "Put the template's wording back" in finding.hint


def test_a_dropped_sentence_without_a_number_is_a_warning():
    assert found(TEMPLATE[:-1]) == [
        (Severity.WARNS, f"the exit criterion '{PROSE}' is worded otherwise today."),
    ]


@pytest.mark.parametrize(
    ("criterion", "weaker"),
    [
        (ROUND0, "`prover.rap_constraints.round0` at least 10% better than Milestone 8"),
        (ROUND0, "`prover.rap_constraints.round0` better than Milestone 8"),
        (TARGET, "keccakf `stark_prove_excluding_trace` <= 1180.9 ms"),
        (TARGET, "keccakf `stark_prove_excluding_trace` <= 2440 ms"),
        (FALLBACK, "`logup_batch_metrics.mle_trace_count` falls"),
    ],
)
def test_a_threshold_that_was_weakened_was_dropped(criterion, weaker):
    assert found([weaker if one == criterion else one for one in TEMPLATE]) == [dropped(criterion)]


@pytest.mark.parametrize(
    ("criterion", "other"),
    [
        (
            "Total of `stark_prove_excluding_trace` within 1180ms",
            "Total of `stark_prove_excluding_trace` within 1180msec",
        ),
        ("`fallback_count` at most 1", "`fallback_count` at most 10"),
        ("`fallback_count` at most 1.", "`fallback_count` at most 1,000"),
        ("`round_total` at least 2x", "`round_total` at least 2x2"),
        ("keccakf gains at least 1", "keccakf gains at least 1.5%"),
    ],
)
def test_a_longer_number_or_word_does_not_begin_with_the_criterion(criterion, other):
    assert found([other], [criterion]) != []


@pytest.mark.parametrize(
    ("criterion", "today"),
    [
        (ROUND0, "Milestone 8's `prover.rap_constraints.round0` is improved by at least 20 %"),
        (TARGET, "`stark_prove_excluding_trace` stays at or below 1180 ms: at most 1180 ms"),
        (FALLBACK, "fewer of `logup_batch_metrics.fallback_count`: it falls"),
    ],
)
def test_whether_other_words_ask_for_as_much_cannot_be_told(criterion, today):
    assert found([today], [criterion]) == [reworded(criterion)]


def test_a_criterion_that_still_stands_is_no_other_words_for_one_that_was_dropped():
    both = ["Keccakf at least 20% better", "LogUp at least 20% better"]

    assert found([COMMIT], [ROUND0, COMMIT]) == [dropped(ROUND0)]
    assert found([both[1]], both) == [dropped(both[0])]


def test_the_same_number_for_another_span_is_not_the_threshold():
    assert found(["`prover.openings.whir` at least 20% better than Milestone 8"], [ROUND0]) == [dropped(ROUND0)]


def test_whether_one_bullet_asks_for_both_of_two_cannot_be_told():
    both = "`prover.rap_constraints.round0` and `prover.main_trace_commit` both at least 20% better than Milestone 8"

    assert found([both], [ROUND0, COMMIT]) == [reworded(ROUND0), reworded(COMMIT)]


def test_a_template_without_criteria_asks_for_nothing():
    assert found([], []) == found(["anything"], []) == []


@given(st.lists(st.text(max_size=40), max_size=5), st.lists(st.text(max_size=40), max_size=5))
def test_any_texts_are_read_and_each_criterion_has_one_finding_at_most(template, today):
    assert len(found(today, template)) <= len(template)
    assert found(template, template) == []
