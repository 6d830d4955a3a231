"""What `harness milestone board` finds, as JSON, terminal text and Markdown."""

from typing import Any

from harness.documents.escape import MARKDOWN, TERMINAL, Quoting
from harness.documents.figures import ABSENT
from harness.documents.milestones.standing import UNREADABLE
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.milestones.board import Overview, Ready


def as_json(found: Overview) -> dict[str, Any]:
    """The JSON form; a status is null where a file cannot be read, a board status where the board has no row."""
    return {
        "disagreements": [
            {"milestone": one.milestone, "field": one.field, "board": one.board, "file": one.file}
            for one in found.disagreements
        ],
        "unreadable": [{"milestone": one, "reason": reason} for one, reason in found.unreadable.items()],
        "ready": [
            {
                "milestone": one.milestone,
                "title": one.title,
                "alongside": list(one.alongside),
                "not_alongside": list(one.not_alongside),
                "earlier": list(one.earlier),
            }
            for one in found.ready
        ],
        "milestones": [
            {"milestone": one.milestone, "status": one.status, "board_status": one.board_status}
            for one in found.milestones
        ],
    }


def to_text(found: Overview) -> str:
    """For a terminal."""
    return "\n\n".join(
        "\n".join(filter(None, (said, as_text(table) if table.rows else ""))) for said, table in _parts(found, TERMINAL)
    )


def to_markdown(found: Overview) -> str:
    """For a document."""
    return "\n\n".join(
        "\n\n".join(filter(None, (said, as_markdown(table) if table.rows else "")))
        for said, table in _parts(found, MARKDOWN)
    )


def _parts(found: Overview, quote: Quoting) -> list[tuple[str, Table]]:
    """Each part's sentence, and its table where there is something to show."""
    disagree = "Board and files disagree; the files count:" if found.disagreements else "Board and files agree."
    parts = [("", _milestones(found, quote)), (disagree, _disagreements(found, quote))]
    if found.unreadable:
        parts.append(("Files that cannot be read:", _unreadable(found, quote)))
    return [*parts, ("Ready to be started:" if found.ready else "None is ready to be started.", _ready(found, quote))]


def _milestones(found: Overview, quote: Quoting) -> Table:
    rows = (
        (
            quote.name(one.milestone),
            one.status or UNREADABLE,
            "no row" if one.board_status is None else _value(one.board_status, quote),
        )
        for one in found.milestones
    )
    return Table((Column("milestone"), Column("file"), Column("board")), tuple(rows))


def _disagreements(found: Overview, quote: Quoting) -> Table:
    rows = (
        (quote.name(one.milestone), one.field, _value(one.board, quote), _value(one.file, quote))
        for one in found.disagreements
    )
    return Table((Column("milestone"), Column("field"), Column("board"), Column("file")), tuple(rows))


def _unreadable(found: Overview, quote: Quoting) -> Table:
    rows = ((quote.name(one), quote.prose(reason)) for one, reason in found.unreadable.items())
    return Table((Column("milestone"), Column("reason")), tuple(rows))


def _ready(found: Overview, quote: Quoting) -> Table:
    columns = (Column("milestone"), Column("title"), Column("in parallel with"), Column("remark"))
    rows = (
        (
            quote.name(one.milestone),
            quote.prose(one.title),
            ", ".join(map(quote.name, one.alongside)) or ABSENT,
            _remark(one, quote),
        )
        for one in found.ready
    )
    return Table(columns, tuple(rows))


def _remark(one: Ready, quote: Quoting) -> str:
    said = []
    if one.not_alongside:
        said.append(f"not beside {', '.join(map(quote.name, one.not_alongside))}, in progress")
    if one.earlier:
        said.append(f"open in earlier waves: {', '.join(map(quote.name, one.earlier))}")
    return "; ".join(said) or ABSENT


def _value(text: str, quote: Quoting) -> str:
    return quote.name(text) if text else ABSENT
