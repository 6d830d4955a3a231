"""What `milestone complete` prints: completed, refused and why, or completed already."""

import json

from msgspec import structs

from harness.documents.milestones.completion import as_json, to_markdown, to_text
from harness.milestones.answers import Outcome
from harness.milestones.completion import Completion
from harness.milestones.criteria import Judged
from harness.milestones.findings import fails, warns
from harness.milestones.programme import Milestone

MILESTONE = Milestone(id="9", title="Round 0 and LogUp coset dispatch fusion", goal="fewer dispatches")
WARNING = warns("a file outside the focus was changed: src/lib.rs")
DONE = Completion(
    milestone=MILESTONE,
    completed=True,
    findings=(WARNING,),
    published=("baselines/recordings/0123456789abcdef", "docs/tracking/baselines/keccakf-2026-11-21-m9.log"),
)
REFUSED = Completion(
    milestone=MILESTONE,
    findings=(WARNING, fails("The Validation Log has a vacuous result.", hint="Take it with --accept-vacuous.")),
)
OPEN = (
    Judged(wording="Round 0 at least 20% better.", of_plan=False, outcome=Outcome.NOT_MET, evidence=("949 → 900 ms",)),
    Judged(wording="Proofs stay the same.", of_plan=False, outcome=None, evidence=()),
)
NO_OP = Completion(milestone=MILESTONE, was_completed=True)


def test_a_milestone_that_was_completed_now(golden):
    golden("milestone-complete.txt", to_text(DONE))
    golden("milestone-complete.md", to_markdown(DONE))
    golden("milestone-complete.json", json.dumps(as_json(DONE), indent=1))


def test_a_milestone_that_does_not_hold_is_refused_with_what_is_missing(golden):
    golden("milestone-refused.txt", to_text(REFUSED))
    golden("milestone-refused.md", to_markdown(REFUSED))
    golden("milestone-refused.json", json.dumps(as_json(REFUSED), indent=1))


def test_a_completed_milestone_is_a_no_op():
    assert to_text(NO_OP) == "milestone 9: no-op: it is completed already"
    assert to_markdown(NO_OP) == "**Milestone 9**: no-op: it is completed already"
    assert as_json(NO_OP) == {
        "milestone": "9",
        "completed": True,
        "changed": False,
        "published": [],
        "findings": [],
        "open_criteria": [],
    }


def test_completed_means_now_or_before_and_changed_only_now():
    said = [(one["completed"], one["changed"]) for one in map(as_json, (DONE, NO_OP, REFUSED))]

    assert said == [(True, True), (True, False), (False, False)]


def test_what_was_published_before_it_was_refused_is_listed():
    half = Completion(milestone=MILESTONE, findings=REFUSED.findings, published=DONE.published)

    assert to_text(half).count("\npublished  ") == to_markdown(half).count("\n- published `") == 2
    assert "not completed: this must hold first" in to_text(half)


def test_criteria_that_are_not_met_are_warned_of_below_what_was_published():
    shown = structs.replace(DONE, open_criteria=OPEN)

    assert to_text(shown).removeprefix(to_text(DONE)).split("\n")[1:] == [
        "warning  of these exit criteria it is not shown that they are met:",
        "    not met: Round 0 at least 20% better.",
        "      949 → 900 ms",
        "    not judged: Proofs stay the same.",
    ]
    assert to_markdown(shown).removeprefix(to_markdown(DONE)).split("\n")[1:] == [
        "- warning: of these exit criteria it is not shown that they are met:",
        "  - Round 0 at least 20% better. – **not met**",
        "    - 949 → 900 ms",
        "  - Proofs stay the same. – not judged",
    ]
    assert [one["outcome"] for one in as_json(shown)["open_criteria"]] == ["not met", None]
    assert (as_json(shown)["completed"], shown.standing) == (True, DONE.standing)


def test_no_text_breaks_what_is_printed(hostile, outside_code):
    for text in hostile:
        done = Completion(
            milestone=Milestone(id=text, title=text, goal=text),
            findings=(fails(text, hint=text),),
            published=(text, text),
            open_criteria=(Judged(wording=text, of_plan=False, outcome=None, evidence=(text,)),),
        )
        shown, printed = to_markdown(done), to_text(done)

        assert len(shown.splitlines()) == len(shown.split("\n")) == 8
        assert not [line for line in shown.split("\n") if {"<", "["} & set(outside_code(line))], text
        assert len(printed.splitlines()) == len(printed.split("\n")) == 8
        assert "\x1b" not in printed
