"""Judged exit criteria as Markdown, text and JSON."""

import pytest

from harness.documents.milestones.criteria import criteria_block, criteria_json, criteria_text
from harness.milestones.answers import Outcome
from harness.milestones.criteria import Judged


def judged(wording, outcome=Outcome.MET, *evidence, of_plan=False):
    return Judged(wording=wording, of_plan=of_plan, outcome=outcome, evidence=evidence)


SEVERAL = (
    judged("`a.round0` ≥ 20% better", Outcome.PARTIALLY, "keccakf `a.round0` against m8: 1000 → 700 ms, -30.0 %."),
    judged("fewer falls back", Outcome.NOT_MEASURABLE, "Path never exercised: `b.mle=0`.", "A second sentence."),
    judged("Proofs stay the same.", None, "names no number and no counter: the author's to judge"),
    judged("keccakf total at most 1180 ms", Outcome.NOT_MET, "2460 ms is 1280 ms above 1180 ms.", of_plan=True),
)


def test_criteria_keep_their_wording_and_have_outcome_and_evidence(golden):
    golden("milestone-criteria.md", criteria_block(SEVERAL))


def test_criteria_on_a_terminal(golden):
    golden("milestone-criteria.txt", criteria_text(SEVERAL))


def test_criteria_as_json():
    assert criteria_json(SEVERAL)[2:] == [
        {
            "criterion": "Proofs stay the same.",
            "of_plan": False,
            "outcome": None,
            "evidence": ["names no number and no counter: the author's to judge"],
        },
        {
            "criterion": "keccakf total at most 1180 ms",
            "of_plan": True,
            "outcome": "not met",
            "evidence": ["2460 ms is 1280 ms above 1180 ms."],
        },
    ]


def test_a_milestone_without_criteria_says_so():
    assert criteria_block(()).endswith("- The milestone has no exit criteria.")


@pytest.mark.parametrize(
    ("wording", "written"),
    [
        ("`a|b` and <= 3", "`a\\|b` and \\<= 3"),
        ("`a`", "`a`"),
        ("an odd ` stays", "an odd \\` stays"),
        ("``a`` b", "\\`\\`a\\`\\` b"),
        ("\\`a\\`", "\\\\\\`a\\\\\\`"),
    ],
)
def test_code_spans_stay_code_where_it_is_clear_which_they_are(wording, written):
    assert f"- {written} – **met**" in criteria_block([judged(wording)])


def test_a_hostile_wording_neither_formats_nor_links(hostile, outside_code):
    for text in hostile:
        for wording in (text, f"`a` {text} `b`", f"`{text}`"):
            lines = criteria_block([judged(wording, Outcome.MET, wording)]).splitlines()[2:]
            assert len(lines) == 2
            for line in lines:
                plainly = outside_code(line).removeprefix("- ").replace("**met**", "")
                assert not set("`[]<>*") & set(plainly), line
                assert "://" not in plainly
        assert "\x1b" not in criteria_text([judged(text, Outcome.MET, text)])
