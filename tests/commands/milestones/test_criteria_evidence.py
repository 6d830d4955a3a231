"""Exit criteria are judged by what was measured and counted: met, not met, or why neither can be said."""

import pytest

from tests.commands.milestones.programme_checkout import ProgrammeCheckout

pytestmark = pytest.mark.slow


def judged(checkout: ProgrammeCheckout, milestone_id: str, *refs: str) -> list[tuple[str | None, str]]:
    """Outcome and first line of evidence of each criterion of a milestone."""
    checkout.json("milestone", "metrics", milestone_id, *refs)
    found = checkout.json("milestone", "criteria", milestone_id)["criteria"]
    return [(one["outcome"], one["evidence"][0]) for one in found]


@pytest.mark.parametrize(
    ("milestone_id", "outcomes"),
    [
        ("9", ["met", "met", None]),
        ("10", ["met", "met", None]),
        ("11", ["met", None, None]),
        ("12", ["met", None, None]),
        ("13", ["met", "met", None]),
        ("15", ["met", None, None, "met"]),
    ],
)
def test_what_was_reached_is_met(calibrated, milestone_id: str, outcomes: list[str | None]) -> None:
    assert [outcome for outcome, _evidence in judged(calibrated, milestone_id)] == outcomes


@pytest.mark.parametrize(
    ("milestone_id", "said"),
    [
        ("11", ("`prover.main_trace_commit` against m8", "at least 20 % less asked for")),
        ("12", ("`transport_trace_stats.alloc_count`: 3 → 3", "it does not fall")),
        ("13", ("`prover.openings.whir` against m8", "at least 25 % less asked for")),
        ("15", ("`stark_prove_excluding_trace`: ", " above 1180 ms")),
    ],
)
def test_what_was_not_reached_is_not_met(calibrated, milestone_id: str, said: tuple[str, str]) -> None:
    (outcome, evidence), *_rest = judged(calibrated, milestone_id, "--base", "m8", "--head", "m8")

    assert outcome == "not met"
    assert [word for word in said if word not in evidence] == []


def test_a_path_that_was_never_exercised_is_not_measurable(measured) -> None:
    (outcome, said), *_rest = judged(measured, "10", "--base", "main", "--head", "HEAD")

    assert outcome == "not measurable"
    assert "mle_trace_count" in said


def test_a_reference_of_another_host_is_no_measure_of_a_gain(measured) -> None:
    (outcome, said), *_rest = judged(measured, "9", "--base", "main", "--head", "HEAD")

    assert outcome == "not measurable"
    assert "against m8, " in said
    assert "not comparable: host: " in said


def test_a_gain_over_a_base_without_what_comes_first_is_not_measurable(calibrated) -> None:
    (outcome, said), *_rest = judged(calibrated, "14")

    assert outcome == "not measurable"
    assert "is not the combined state that comes first: milestone 10 is not_started in it" in said


def test_the_template_in_git_counts_and_not_what_the_file_says_today(calibrated) -> None:
    name = calibrated.milestone_path("13")
    calibrated.replace(name, "improves by at least 25% against its", "improves against its")
    (outcome, said), *_rest = judged(calibrated, "13")

    assert (outcome, "at least 25 % less asked for" in said) == ("met", True)
    assert "improves by at least 25% against its Milestone 8 median. – **met**" in calibrated.read(name)


def test_a_gain_below_the_threshold_is_not_met(calibrated) -> None:
    calibrated.state("WHIR_PERCENT", 100)
    calibrated.state("QUEUE_PERCENT", 90)
    calibrated.commit("Milestone 12: less")
    calibrated.json("run")
    outcome, said = judged(calibrated, "13")[0]

    assert outcome == "not met"
    assert "at least 25 % less asked for" in said
