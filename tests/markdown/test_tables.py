import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.escape import code
from harness.documents.table import Column, Table, as_markdown
from harness.markdown.tables import MarkdownTable, shown, tables

WORDS = st.text(alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters="`*\\[]|"), max_size=6)
HOSTILE = st.text(alphabet="ab |\\`", max_size=8)


def only(text: str) -> MarkdownTable:
    (found,) = tables(text)
    return found


@settings(deadline=None)
@given(rows=st.lists(st.tuples(WORDS, WORDS), max_size=4), end=st.sampled_from(["\n", "\r\n"]))
def test_a_table_that_we_wrote_is_read_again(rows, end):
    table = Table((Column("a"), Column("b", right=True)), tuple(rows))
    text = end.join(["text", *as_markdown(table).split("\n"), "", "- after | it"])

    assert only(text) == MarkdownTable(header=("a", "b"), rows=tuple(rows))


@settings(deadline=None)
@given(HOSTILE)
def test_a_code_span_that_we_wrote_stays_one_cell(text):
    table = Table((Column("a"), Column("b")), ((code(text), "x"),))

    assert len(only(as_markdown(table)).rows[0]) == 2
    assert only(as_markdown(table)).rows[0][1] == "x"


@settings(deadline=None)
@given(st.text(alphabet="|-: \\`\n\r#>ab", max_size=60))
def test_every_row_has_as_many_cells_as_the_header_whatever_the_text(text):
    for table in tables(text):
        assert table.header
        assert all(len(row) == len(table.header) for row in table.rows)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("| 1 | 2 |", ("1", "2")),
        ("1 | 2", ("1", "2")),
        ("| 1 | 2", ("1", "2")),
        ("  | 1|2|  ", ("1", "2")),
        ("| `a \\| b` | 2 |", ("`a | b`", "2")),
        ("| `a | b` | 2 |", ("`a", "b`")),
        ("| a \\\\| b |", ("a \\| b", "")),
        ("| 1 |", ("1", "")),
        ("| | 2 |", ("", "2")),
        ("|| 2 |", ("", "2")),
        ("| 1 | 2 | 3 |", ("1", "2")),
        ("|", ("", "")),
    ],
)
def test_cells_of_a_row(line, cells):
    assert only(f"| a | b |\n| --- | :-: |\n{line}\n").rows == (cells,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "| a | b |",
        "| a | b |\n\n| --- | --- |\n",
        "| a | b |\n| --- |\n",
        "a\n---\n",
        "| a |\n| -- - |\n",
        "| a |\n| ::-- |\n",
        "```\n| a |\n| --- |\n```\n",
        "| a |\n```\n| --- |\n```\n",
        "    | a |\n    | --- |\n",
        "\n| --- |\n",
    ],
)
def test_what_is_no_table(text):
    assert tables(text) == ()


@pytest.mark.parametrize("after", ["", " ", "# Heading", "> quote", "- item", "1. item", "<!-- comment -->", "```"])
def test_a_table_ends_where_another_block_begins(after):
    assert only(f"| a |\n| --- |\n| 1 |\n{after}\n| 2 |\n").rows == (("1",),)


def test_several_tables_are_read_in_order_with_a_mark_at_the_beginning_of_the_file():
    text = "\ufeff| a |\n| - |\n| 1 |\n\ntext\n| b |\n|-|\n"

    assert [table.header for table in tables(text)] == [("a",), ("b",)]


def test_columns_are_found_by_what_their_titles_show_the_first_of_each():
    table = only("| **Last  Update** | `Status` | [PR](x) | status |\n| - | - | - | - |\n")

    assert table.columns == {"last update": 0, "status": 1, "pr": 2}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("[8](./milestone-8.md)", "8"),
        ("[8][ref]", "8"),
        ("![alt](x.png)", "alt"),
        ("`perf/m9`", "perf/m9"),
        ("**completed**", "completed"),
        ("in\\_progress", "in_progress"),
        ("Adopt  the `fold`\tpath", "Adopt the fold path"),
        ("\\[x\\](y)", "[x](y)"),
        ("", ""),
        ("``", ""),
        ("[[[", "[[["),
        ("[a \\[b\\] c](y)", "a [b] c"),
    ],
)
def test_what_a_reader_sees_of_a_cell(cell, text):
    assert shown(cell) == text
