import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from harness.documents.markers import Block, find, insert, wrap
from harness.errors import DocumentError
from harness.markdown.outline import lines_of, newline_of, outside_fences

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
    assume(len(before) in dict(outside_fences(lines)))  # in a code block the markers would be an example
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


SECOND = wrap("criteria", "milestone-8", "- a criterion: **met**")


def put_second(document: str, block: str = SECOND) -> str:
    return insert(document, "criteria", block, heading="Metrics", where="milestone-8.md", after="metrics")


def found_in(document: str, kind: str = "metrics") -> Block | None:
    return find(document, kind, where="milestone-8.md")


@pytest.mark.parametrize("document", ["", "text\n", "## Metrics\n", SECOND, "<!-- harness:begin metrics-old x -->\n"])
def test_a_document_without_the_part_has_none(document):
    assert found_in(document) is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_part_is_found_with_its_name_its_text_and_its_lines(end):
    document = end.join(["# T", "", *BLOCK.split("\n"), "after", ""])

    assert found_in(document) == Block(name="milestone-8", body="| a |\n| --- |\n| 1 |", first=2, last=6)


def test_a_part_in_which_nothing_stands_is_empty():
    assert found_in(f"{BEGIN}\n{END}").body == ""


def test_a_name_that_would_end_its_marker_cannot():
    made = wrap("metrics", "a --> <!-- harness:end metrics -->", "text")

    assert found_in(made).last == 2
    assert "-->" not in found_in(made).name


@pytest.mark.parametrize(
    "body", ["```\n## Metrics\n```", "~~~~\n```\nx\n~~~~", "````md\n```text\n- Pending.\n```\n````"]
)
def test_code_fences_in_a_part_are_its_text(body):
    document = f"## Metrics\n\n{wrap('metrics', 'x', body)}\n\n## Notes\n- Mine.\n"

    assert found_in(document).body == body
    assert put(document) == f"## Metrics\n\n{BLOCK}\n\n## Notes\n- Mine.\n"


@given(
    before=st.lists(LINES, max_size=6),
    body=st.lists(LINES, max_size=6),
    after=st.lists(LINES, max_size=6),
    end=ENDS,
)
def test_what_was_put_between_markers_is_found_there_line_by_line(before, body, after, end):
    block = wrap("metrics", "milestone-8", "\n".join(body))
    document = end.join([*before, *block.split("\n"), *after])
    assume(len(before) in dict(outside_fences(lines_of(document))))
    found = found_in(document)
    lines = lines_of(document)

    assert found.name == "milestone-8"
    assert (found.first, lines[found.first], lines[found.last]) == (len(before), BEGIN, END)
    assert found.body == "\n".join(lines[found.first + 1 : found.last])
    assert wrap("metrics", found.name, found.body) == block


@pytest.mark.parametrize("lines", [[BEGIN], [END], [END, BEGIN], [BEGIN, BEGIN, END], [BEGIN, END, END]])
def test_torn_markers_are_an_error_for_whoever_looks_or_wants_to_follow(lines):
    document = "\n".join(["## Metrics", *lines, ""])
    for call in (found_in, put_second):
        with pytest.raises(DocumentError, match=r"milestone-8\.md: the markers of 'metrics' are torn"):
            call(document)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_part_that_follows_another_stands_right_after_it(end):
    document = end.join(["## Metrics", BLOCK.replace("\n", end), "", "Mine.", "", "## Notes", ""])
    made = put_second(document)
    parts = ["## Metrics", BLOCK.replace("\n", end), "", SECOND.replace("\n", end), "", "Mine.", "", "## Notes", ""]

    assert made == end.join(parts)


def test_a_part_that_follows_none_goes_below_its_heading():
    assert put_second("## Metrics\n- Pending.\n") == f"## Metrics\n{SECOND}\n"


def test_a_part_that_has_a_place_keeps_it_wherever_the_other_stands():
    document = f"{SECOND}\n\n## Metrics\n\n{BLOCK}\n"
    other = wrap("criteria", "milestone-8", "another")

    assert put_second(document, other) == document.replace(SECOND, other)


@given(
    before=st.lists(LINES.filter(lambda line: not line.lstrip().startswith(("```", "~~~"))), max_size=6),
    after=st.lists(LINES, max_size=6),
    end=ENDS,
)
@settings(max_examples=150, deadline=None)
def test_two_parts_put_in_twice_are_there_once_in_their_order_and_the_rest_stays(before, after, end):
    document = put(end.join([*before, "## Metrics", *after]))
    newline = newline_of(document)
    both = put_second(document)
    first, second = found_in(both), found_in(both, "criteria")

    assert second.first == first.last + 2
    assert put_second(both) == put(both) == both
    assert both.replace(newline + newline + inside(SECOND, newline), "", 1) == document
    assert put(put_second(both), OTHER) == put_second(put(document, OTHER))


def test_a_marker_in_a_code_block_is_somebodys_example():
    quoted = "# T\n\n## Notes\n```markdown\n" + BLOCK + "\n```\n\n## Metrics\n- Pending.\n"

    assert found_in(quoted) is None
    assert put(quoted) == quoted.replace("- Pending.", BLOCK)
    assert put(put(quoted)) == put(quoted)


def test_a_marker_that_is_not_closed_would_hide_the_part_and_is_torn():
    with pytest.raises(DocumentError, match="torn"):
        put("## Metrics\n" + BLOCK.replace("milestone-8 -->", "milestone-8", 1))


def test_of_several_headings_the_one_of_the_highest_level_is_meant():
    document = "# T\n\n## Scope\n### Metrics\n- Mine.\n\n## Metrics\n- Pending.\n"

    assert put(document) == document.replace("- Pending.", BLOCK)


def test_pending_in_a_code_block_or_a_nested_list_is_somebodys_own():
    document = "## Metrics\n- mine\n  - Pending.\n~~~\n- Pending.\n~~~\n"

    assert put(document) == document.replace("## Metrics\n", f"## Metrics\n\n{BLOCK}\n")
