import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.markdown.outline import Heading, bullets, headings, lines_of, newline_of, section, section_text

LINES = st.lists(
    st.sampled_from(
        ["", "text", "# One", "## Two", "### Three ###", "- item", "  more", "```", "~~~", "````md", "a\rb"]
    )
)
ENDS = st.sampled_from(["\n", "\r\n"])


@settings(deadline=None)
@given(LINES, ENDS)
def test_lines_are_the_same_whatever_they_end_with(lines, end):
    assert lines_of(end.join(lines)) == (lines or [""])


@settings(deadline=None)
@given(LINES)
def test_a_section_ends_at_the_next_heading_of_its_level_or_above(lines):
    found = headings(lines)
    for heading in found:
        first = next(one for one in found if one.title == heading.title)
        part = section(lines, heading.title)

        assert part is not None
        assert (part.heading, part.first) == (first, first.line + 1)
        assert all(one.level > first.level for one in found if part.first <= one.line < part.end)
        assert part.end == len(lines) or any(one.line == part.end and one.level <= first.level for one in found)


@pytest.mark.parametrize(
    ("text", "newline"),
    [("", "\n"), ("a", "\n"), ("a\nb\n", "\n"), ("a\r\nb\r\n", "\r\n"), ("a\r\nb\n", "\n"), ("a\rb", "\n")],
)
def test_lines_end_like_windows_only_where_every_one_does(text, newline):
    assert newline_of(text) == newline


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("# Title", Heading(0, 1, "Title")),
        ("###### Deep", Heading(0, 6, "Deep")),
        ("##   Wide   ", Heading(0, 2, "Wide")),
        ("## Closed ##", Heading(0, 2, "Closed")),
        ("## C# and F#", Heading(0, 2, "C# and F#")),
    ],
)
def test_forms_of_a_heading(line, heading):
    assert headings([line]) == (heading,)


@pytest.mark.parametrize("line", ["", "#Title", "####### Seven", "    # code", "text # Title", "\\# Title"])
def test_what_is_no_heading(line):
    assert headings([line]) == ()


@pytest.mark.parametrize(
    "fenced",
    [
        "```\n# In\n```",
        "~~~\n# In\n~~~",
        "```\n~~~\n# In\n```",
        "````\n```\n# In\n````",
        "```rust\n```rust\n# In\n```",
        "   ```\n# In\n   ```",
    ],
)
def test_a_heading_in_a_code_fence_is_none(fenced):
    assert [one.title for one in headings(f"{fenced}\n# Out".split("\n"))] == ["Out"]


def test_a_fence_that_is_never_closed_takes_the_rest():
    assert headings(["# Title", "```", "# In"]) == (Heading(0, 1, "Title"),)


def test_the_first_section_of_a_title_counts():
    assert section_text("# A\none\n# A\ntwo", "A") == "one"
    assert section_text("# A\n\none\n\n## B\ntwo\n\n", "A") == "one\n\n## B\ntwo"
    assert section_text("# A\n", "B") is None


def test_bullets_are_joined_with_the_lines_that_go_on():
    text = "- one\n  goes on\n\n  a paragraph of it\n* two\n  - nested\n+ three\ntext\n  indented\n- four\n"

    assert bullets(text) == ("one goes on", "two - nested", "three", "four")


def test_bullets_in_a_code_fence_are_none():
    assert bullets("- one\n```\n- two\n```\n- three") == ("one", "three")
    assert bullets("no bullets\n1. here\n-neither") == ()
