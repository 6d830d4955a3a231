import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import DocumentError
from harness.milestones.document import Key, Status, read_milestone, with_values
from tests.milestones.papers import milestone_text

VALUES = st.text(alphabet=st.characters(exclude_characters="\n\r`", codec="utf-8"), max_size=12).map(str.strip)
DATES = st.dates().map(str) | st.just("")
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        Key.STATUS: st.sampled_from([one.value for one in Status]),
        Key.OWNER: VALUES,
        Key.BRANCH: VALUES,
        Key.PR: VALUES,
        Key.STARTED: DATES,
        Key.COMPLETED: DATES,
        Key.LAST_UPDATED: DATES,
    },
)
PROSE = st.text(alphabet=st.characters(exclude_characters="#`~", codec="utf-8"), max_size=40)


def read(text: str, milestone_id: str = "9"):
    return read_milestone(text, where="milestone-9.md", milestone_id=milestone_id)


def changed(text: str, changes) -> str:
    return with_values(read(text), changes, where="milestone-9.md")


@settings(deadline=None)
@given(changes=CHANGES, notes=PROSE, end=st.sampled_from(["\n", "\r\n"]), mark=st.sampled_from(["", "\ufeff"]))
def test_values_change_their_own_lines_only_and_are_read_again(changes, notes, end, mark):
    text = mark + (milestone_text("9", owner="a", branch="`b`") + notes).replace("\n", end)
    result = changed(text, changes)
    before, after = text.split("\n"), result.split("\n")
    touched = {i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}
    again = read(result)

    assert touched <= {i for i, line in enumerate(before) for key in changes if line.startswith(f"- {key.value}:")}
    assert {key: again.value(key) for key in Key} == {**{key: read(text).value(key) for key in Key}, **changes}
    assert changed(result, changes) == result
    assert again.text == result


@settings(deadline=None)
@given(end=st.sampled_from(["\n", "\r\n"]))
def test_no_change_keeps_every_byte(end):
    text = milestone_text("9", "in_progress", owner="a", last_updated="2026-02-20").replace("\n", end) + "\n \t"

    assert changed(text, {}) == text


def test_line_ends_are_kept_where_they_are_mixed():
    text = milestone_text("9").replace("- Owner:\n", "- Owner:\r\n")

    assert changed(text, {Key.OWNER: "a", Key.BRANCH: "b"}) == text.replace("- Owner:\r\n", "- Owner: a\r\n").replace(
        "- Branch:\n", "- Branch: `b`\n"
    )


def test_status_and_branch_stand_in_backticks_and_nothing_leaves_no_blank():
    text = milestone_text("9", owner="a", branch="`b`")

    assert "- Status: `blocked`\n- Owner:\n- Branch:\n" in changed(
        text, {Key.STATUS: "blocked", Key.OWNER: "", Key.BRANCH: ""}
    )


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a`b"])
def test_a_value_that_a_line_cannot_hold_is_refused(value):
    with pytest.raises(DocumentError, match="cannot stand behind 'Owner:'"):
        changed(milestone_text("9"), {Key.OWNER: value})


def test_a_file_as_data():
    file = read(
        milestone_text("9", "in_progress", "Fold `a` | b", owner="codex", branch="`perf/m9`", started="2026-02-20")
    )

    assert (file.id, file.title, file.status) == ("9", "Fold `a` | b", Status.IN_PROGRESS)
    assert [file.value(key) for key in (Key.OWNER, Key.BRANCH, Key.PR, Key.STARTED)] == [
        "codex",
        "perf/m9",
        "",
        "2026-02-20",
    ]
    assert file.section("Objective") == "Do it."
    assert file.section("Residual Bottlenecks") is None
    assert file.exit_criteria == ("It is done.",)


def test_a_bullet_of_a_later_section_is_no_front_matter():
    assert read(milestone_text("9") + "- Status: `completed`\n").status is Status.NOT_STARTED


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("# Milestone 9: A title", "# A title", "line 1 is not '# Milestone 9: TITLE'"),
        ("# Milestone 9: A title", "# Milestone 9:", "line 1 is not"),
        ("# Milestone 9", "# Milestone 10", "is the file of milestone '10', not of 9"),
        ("`not_started`", "`done`", "status 'done' is not known"),
        ("`not_started`", "", "status '' is not known"),
        ("- Owner:\n", "", "has no bullet Owner below its title"),
        ("- Owner:\n- Branch:\n", "", "has no bullet Owner, Branch"),
        ("- Owner:\n", "- Owner: a\n- Owner: b\n", "line 5: 'Owner' stands there twice"),
        ("- Started:", "- Started: yesterday", "Started 'yesterday' is no date"),
        ("- Last Updated:", "- Last Updated: 2026-2-1", "Last Updated '2026-2-1' is no date"),
    ],
)
def test_a_malformed_file_is_an_error_that_says_what_is_wrong(old, new, words):
    with pytest.raises(DocumentError) as error:
        read(milestone_text("9").replace(old, new, 1))
    assert words in error.value.message
    assert "milestone-9.md" in error.value.message
    assert error.value.hint


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_file_or_a_clear_error(text):
    for made in (text, f"# Milestone 9: x\n{text}", milestone_text("9") + text):
        try:
            said = read(made).text
        except DocumentError as error:
            said = error.message
        assert said == made or "milestone-9.md" in said
