"""What `milestone check` prints: the gravest first, the answer where the eye is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.milestones.check import (
    check_json,
    check_markdown,
    check_text,
    findings_json,
    findings_markdown,
    findings_text,
    verdict_of,
)
from harness.milestones.document import Status
from harness.milestones.findings import Finding, Severity, fails, unclear, warns, worst
from harness.milestones.programme import Milestone

MILESTONE = Milestone(id="9", title="Round 0 and LogUp coset dispatch fusion", goal="fewer dispatches")
BEGUN = "0123456789ab, the commit before status left not_started"
FOUND = (
    warns("a file outside the focus was changed: src/lib.rs"),
    fails("Metrics, line 31: the file says '2.44s', the stored evidence gives '2.46s'", hint="Render the part again."),
    unclear("Recording 0123456789abcdef cannot be read: Permission denied.", hint="Check its permissions."),
    fails("No commit names milestone 9."),
    warns("STATUS.md says in_progress", hint="The milestone's file wins."),
)
FINDINGS = st.lists(
    st.builds(
        Finding,
        severity=st.sampled_from(Severity),
        what=st.text(min_size=1, max_size=30),
        hint=st.text(max_size=20),
    ),
    max_size=6,
)


def test_a_check_that_fails(golden):
    standing = worst(FOUND)
    golden("milestone-check.txt", check_text(MILESTONE, BEGUN, FOUND, standing))
    golden("milestone-check.md", check_markdown(MILESTONE, BEGUN, FOUND, standing))
    golden(
        "milestone-check.json", json.dumps(check_json(MILESTONE, Status.IN_PROGRESS, BEGUN, FOUND, standing), indent=1)
    )


def test_a_check_that_holds_says_so_and_nothing_else():
    assert check_text(MILESTONE, BEGUN, (), None) == (
        f"milestone 9: {MILESTONE.title}, changes since {BEGUN}\nverdict: holds"
    )
    assert check_markdown(MILESTONE, BEGUN, (), None) == f"**holds**: milestone 9, changes since {BEGUN}"


@pytest.mark.parametrize(
    ("standing", "word"),
    [
        (Severity.FAILS, "broken"),
        (Severity.UNCLEAR, "cannot tell"),
        (Severity.WARNS, "holds"),
        (None, "holds"),
    ],
)
def test_the_answer_in_a_word(standing, word):
    data = check_json(MILESTONE, Status.COMPLETED, BEGUN, (), standing)

    assert verdict_of(standing) == data["verdict"] == word
    assert data["ok"] is (word == "holds")
    assert check_text(MILESTONE, BEGUN, (), standing).endswith(f"\nverdict: {word}")
    assert check_markdown(MILESTONE, BEGUN, (), standing).startswith(f"**{word}**: ")


@given(FINDINGS)
def test_every_finding_is_printed_once_the_gravest_first(findings):
    order = list(Severity)
    lines = findings_markdown(findings)
    words = {"- FAILS:": Severity.FAILS, "- CANNOT TELL:": Severity.UNCLEAR, "- warning:": Severity.WARNS}
    said = [next(severity for word, severity in words.items() if line.startswith(word)) for line in lines]

    assert said == sorted((one.severity for one in findings), key=order.index)
    assert len(findings_text(findings)) == len(findings) + sum(bool(one.hint) for one in findings)
    assert [one["what"] for one in findings_json(findings)] == [one.what for one in findings]


def test_findings_of_one_severity_keep_their_order():
    assert findings_text([fails("one"), fails("two")]) == ["FAILS  one", "FAILS  two"]


def test_the_way_out_stands_below_what_it_is_for_on_a_terminal_and_beside_it_in_a_document():
    found = [unclear("what", hint="way out")]

    assert findings_text(found) == ["CANNOT TELL  what", "    way out"]
    assert findings_markdown(found) == ["- CANNOT TELL: what. way out"]
    assert findings_markdown([unclear("what.", hint="way out")]) == ["- CANNOT TELL: what. way out"]


def test_no_text_breaks_what_is_printed(hostile, outside_code):
    for text in hostile:
        milestone = Milestone(id=text, title=text, goal=text)
        found = [fails(text, hint=text), warns(text, hint=text)]
        shown = check_markdown(milestone, text, found, Severity.FAILS)
        printed = check_text(milestone, text, found, Severity.FAILS)

        assert len(shown.splitlines()) == len(shown.split("\n")) == 4
        assert not [line for line in shown.split("\n") if {"<", "["} & set(outside_code(line))], text
        assert len(printed.splitlines()) == len(printed.split("\n")) == 6
        assert "\x1b" not in printed
        assert "\x9b" not in printed
        assert printed.endswith("verdict: broken")


def test_texts_are_data_as_they_are(hostile):
    for text in hostile:
        assert findings_json([fails(text, hint=text)]) == [{"severity": "fails", "what": text, "hint": text}]
