"""A table as data, and its two forms: aligned text for a terminal, a Markdown table for a document."""

import unicodedata

import msgspec

from harness.documents.escape import terminal


class Column(msgspec.Struct, frozen=True):
    """A column's title; figures stand to the right."""

    title: str
    right: bool = False


class Table(msgspec.Struct, frozen=True):
    """Rows of finished cell texts; in Markdown they are taken as they are, so escape them first."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


def as_text(table: Table) -> str:
    """Columns two blanks apart, no rules."""
    cells = [tuple(column.title for column in table.columns), *(tuple(terminal(c) for c in row) for row in table.rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(table.columns))]
    lines = [
        "  ".join(_pad(row[i], widths[i], right=table.columns[i].right) for i in range(len(widths))) for row in cells
    ]
    return "\n".join(line.rstrip() for line in lines)


def as_markdown(table: Table) -> str:
    """A GitHub table."""
    header = "| " + " | ".join(column.title for column in table.columns) + " |"
    rule = "| " + " | ".join("---:" if column.right else "---" for column in table.columns) + " |"
    return "\n".join([header, rule, *("| " + " | ".join(row) + " |" for row in table.rows)])


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - _width(text))
    return blanks + text if right else text + blanks
