"""What came of completing a milestone."""

import pytest

from harness.milestones.completion import Completion
from harness.milestones.findings import Severity, fails, unclear, warns
from harness.milestones.programme import Milestone

MILESTONE = Milestone(id="9", title="t", goal="g")


@pytest.mark.parametrize(
    ("findings", "standing"),
    [
        ((), None),
        ((warns("a"),), Severity.WARNS),
        ((warns("a"), unclear("b")), Severity.UNCLEAR),
        ((unclear("b"), fails("c"), warns("a")), Severity.FAILS),
    ],
)
def test_it_stands_as_its_gravest_finding(findings, standing):
    assert Completion(milestone=MILESTONE, findings=findings).standing is standing


def test_without_being_told_nothing_was_completed_or_published():
    done = Completion(milestone=MILESTONE)

    assert (done.completed, done.was_completed, done.published, done.findings) == (False, False, (), ())
