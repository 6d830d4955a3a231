"""A contract check as JSON, terminal text and Markdown."""

from typing import Any

from harness.documents.escape import MARKDOWN, TERMINAL, Quoting, plain
from harness.documents.figures import ABSENT
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.kpis.check import Check, CheckedCell, Standing

_WORDS = {
    Standing.MET: "met",
    Standing.BROKEN: "NOT MET",
    Standing.NOT_JUDGED: "not judged",
    Standing.CANNOT_TELL: "cannot tell",
}
_FORM = "Two decimals are the contract's form; 'harness show' has the digits that were printed."


def as_json(check: Check) -> dict[str, Any]:
    """The pinned JSON form of `harness check`."""
    return {
        "ok": check.standing is Standing.MET,
        "contract": check.contract,
        "cells": [
            {
                "benchmark": cell.benchmark,
                "kpi": cell.kpi,
                "value": cell.value,
                "expected": cell.expected,
                "published": cell.published,
                "met": cell.met,
                "reason": cell.reason,
            }
            for cell in check.cells
        ],
    }


def table_of(check: Check, quote: Quoting) -> Table:
    """One row a cell, values and published figures as the contract's table writes them (two decimals)."""
    columns = (
        Column("benchmark"),
        Column("KPI"),
        Column("value ms", right=True),
        Column("expected"),
        Column("published ms", right=True),
        Column("standing"),
        Column("reason"),
    )
    return Table(columns, tuple(_row(cell, quote) for cell in check.cells))


def _row(cell: CheckedCell, quote: Quoting) -> tuple[str, ...]:
    published = (
        ABSENT if cell.expected.startswith("<=") else "N/A" if cell.published is None else f"{cell.published:.2f}"
    )
    return (
        quote.name(cell.benchmark),
        quote.name(cell.kpi),
        ABSENT if cell.value is None else f"{cell.value:.2f}",
        cell.expected,
        published,
        _WORDS[cell.standing],
        quote.prose(cell.reason),
    )


def to_text(check: Check) -> str:
    """For a terminal."""
    return f"{as_text(table_of(check, TERMINAL))}\n\n{_FORM}\n{_summary(check)}"


def to_markdown(check: Check) -> str:
    """For a document."""
    return f"{as_markdown(table_of(check, MARKDOWN))}\n\n{plain(_summary(check))}. {plain(_FORM)}"


def _summary(check: Check) -> str:
    counts = {word: sum(cell.standing is standing for cell in check.cells) for standing, word in _WORDS.items()}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"contract {check.contract}: {'met' if check.standing is Standing.MET else _WORDS[check.standing]} ({told})"
