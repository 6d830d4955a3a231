"""Findings: how much each matters, and the gravest of several."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.milestones.findings import Severity, fails, unclear, warns, worst

MAKERS = {Severity.FAILS: fails, Severity.UNCLEAR: unclear, Severity.WARNS: warns}


@pytest.mark.parametrize(("severity", "make"), MAKERS.items())
def test_a_finding_is_as_grave_as_it_is_called(severity, make):
    found = make("what", hint="way out")

    assert (found.severity, found.what, found.hint) == (severity, "what", "way out")
    assert make("what").hint == ""


def test_nothing_found_has_no_severity():
    assert worst(()) is None


@given(st.lists(st.sampled_from(Severity), min_size=1))
def test_the_gravest_of_several_is_the_first_of_fails_unclear_warns(severities):
    found = worst(MAKERS[one]("x") for one in severities)

    assert found in severities
    assert list(Severity).index(found) == min(map(list(Severity).index, severities))
    assert worst([MAKERS[found]("x")]) is found


def test_a_failure_is_graver_than_what_cannot_be_told_and_that_than_a_warning():
    assert worst([warns("a"), unclear("b"), fails("c")]) is Severity.FAILS
    assert worst([warns("a"), unclear("b")]) is Severity.UNCLEAR
    assert worst([warns("a")]) is Severity.WARNS
