import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.markers import insert, wrap
from harness.errors import DocumentError

BLOCK = wrap("metrics", "milestone-8", "| a |\n| --- |\n| 1 |")
OTHER = wrap("metrics", "milestone-8", "another")
LINES = st.sampled_from(
    [
        "",
        "text",
        "## Notes",
        "### Detail",
        "# Title",
        "- Pending.",
        "```",
        "~~~~",
        "```python",
        "| a | b |",
        "\t",
        "a\rb",
    ]
) | st.text(alphabet=st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=8).filter(
    lambda line: "<!--" not in line
)
ENDS = st.sampled_from(["\n", "\r\n"])


def put(document: str, block: str = BLOCK, heading: str = "Metrics") -> str:
    return insert(document, "metrics", block, heading=heading, where="milestone-8.md")


def inside(block: str, newline: str) -> str:
    return block.replace("\n", newline)


@given(
    before=st.lists(LINES.filter(lambda line: not line.lstrip().startswith(("```", "~~~"))), max_size=6),
    after=st.lists(LINES, max_size=6),
    end=ENDS,
    last=st.sampled_from(["", "\n", "\r\n"]),
)
@settings(max_examples=200, deadline=None)
def test_inserting_twice_is_inserting_once_and_the_rest_stays_byte_for_byte(before, after, end, last):
    document = end.join([*before, "## Metrics", *after]) + last
    once = put(document)
    newline = "\r\n" if 0 < document.count("\r\n") == document.count("\n") else "\n"
    above, found, below = once.partition(inside(BLOCK, newline))

    assert found
    assert put(once) == once
    assert put(once, OTHER) == above + inside(OTHER, newline) + below
    assert document in {
        above.removesuffix(newline * 2) + below,
        above + "- Pending." + below,
        above + "- Pending.\r" + below,
    }


@given(
    before=st.lists(LINES, max_size=6),
    after=st.lists(LINES, max_size=6),
    ends=st.lists(ENDS, min_size=20, max_size=20),
)
@settings(max_examples=200, deadline=None)
def test_between_markers_everything_else_stays_whatever_the_lines_end_with(before, after, ends):
    lines = [*before, *BLOCK.split("\n"), *after]
    document = "".join(line + end for line, end in zip(lines, ends, strict=False))
    above = "".join(line + end for line, end in zip(before, ends, strict=False))
    below = "".join(line + end for line, end in list(zip(lines, ends, strict=False))[len(lines) - len(after) :])
    changed = put(document, OTHER)

    assert changed.startswith(above)
    assert changed.endswith(below)
    middle = changed[len(above) : len(changed) - len(below)]
    assert middle.replace("\r\n", "\n") == OTHER + "\n"


def test_the_first_time_it_goes_below_its_heading():
    assert put("# T\n\n## Metrics\n\nMine.\n") == f"# T\n\n## Metrics\n\n{BLOCK}\n\nMine.\n"


def test_pending_is_replaced_in_its_own_section_only():
    document = "## Validation Log\n- Pending.\n\n## Metrics\n- Pending.\n\n## Notes\n- Pending.\n"

    assert put(document) == f"## Validation Log\n- Pending.\n\n## Metrics\n{BLOCK}\n\n## Notes\n- Pending.\n"


def test_a_section_without_pending_does_not_take_that_of_the_next():
    document = "## Metrics\n\n## Notes\n- Pending.\n"

    assert put(document) == f"## Metrics\n\n{BLOCK}\n\n## Notes\n- Pending.\n"


def test_pending_below_a_smaller_heading_belongs_to_the_section():
    assert put("## Metrics\n### Keccakf\n- Pending.\n# End\n") == f"## Metrics\n### Keccakf\n{BLOCK}\n# End\n"


def test_line_ends_of_windows_are_kept():
    assert put("## Metrics\r\n- Pending.\r\n\r\n## Notes\r\n") == (
        "## Metrics\r\n" + inside(BLOCK, "\r\n") + "\r\n\r\n## Notes\r\n"
    )


@pytest.mark.parametrize("heading", ["## Metrics", "# Metrics", "###### Metrics", "## Metrics ##", "##   Metrics  "])
def test_forms_of_the_heading(heading):
    assert BLOCK in put(f"{heading}\n")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "Metrics\n",
        "##Metrics\n",
        "## Metrics and more\n",
        "####### Metrics\n",
        "    ## Metrics\n",
        "```\n## Metrics\n```\n",
        "~~~\n## Metrics\n~~~\n",
        "```\n~~~\n## Metrics\n",
        "````md\n```\n## Metrics\n```\n````\n",
        "```\n```python\n## Metrics\n```\n",
    ],
)
def test_without_its_heading_outside_code_fences_it_is_an_error_that_says_what_to_add(document):
    with pytest.raises(DocumentError, match=r"milestone-8\.md has no heading 'Metrics'") as error:
        put(document)
    assert "'## Metrics'" in error.value.hint


@pytest.mark.parametrize(
    "fenced",
    ["```\n## Metrics\n```\n", "``` inline ``` code\n", "~~~~\n~~~\n## Metrics\n~~~~~\n", "```rust\n```\n", "\t```\n"],
)
def test_a_heading_after_a_code_fence_is_found(fenced):
    assert put(f"{fenced}## Metrics\n") == f"{fenced}## Metrics\n\n{BLOCK}\n"


BEGIN, *BODY, END = BLOCK.split("\n")


@pytest.mark.parametrize(
    "lines",
    [
        [BEGIN],
        [END],
        [END, BEGIN],
        [BEGIN, *BODY, END, BEGIN, *BODY, END],
        [BEGIN, BEGIN, END],
        [BEGIN, END, END],
    ],
)
def test_torn_markers_are_an_error_that_counts_them(lines):
    with pytest.raises(DocumentError, match="the markers of 'metrics' are torn") as error:
        put("\n".join(["## Metrics", *lines, ""]))
    assert f"({lines.count(BEGIN)} begin, {lines.count(END)} end)" in error.value.message
    assert "exactly one pair" in error.value.hint


def test_markers_of_another_kind_are_none_of_this_ones():
    document = f"## Metrics\n- Pending.\n{wrap('metrics-old', 'x', 'kept')}\n{wrap('report', 'x', 'kept')}\n"

    assert put(document) == document.replace("- Pending.", BLOCK)


def test_an_indented_pair_is_found_and_another_heading_can_be_chosen():
    assert put(f"  {BEGIN}\nold\n  {END}\n") == f"{BLOCK}\n"
    assert put("## Results\n", heading="Results") == f"## Results\n\n{BLOCK}\n"
