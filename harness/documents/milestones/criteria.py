"""Judged exit criteria: as Markdown below the metrics, as text, as JSON. The original wording is kept."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from harness.documents.escape import code, plain, terminal
from harness.milestones.criteria import Judged

_HEADING = "### Exit criteria"
_OF_PLAN = "no bullet of the file says this, the programme does"
_NOT_JUDGED = "not judged"
_CODE = re.compile(r"`([^`]*)`")


def criteria_block(judged: Sequence[Judged]) -> str:
    """The judged criteria under their heading."""
    return f"{_HEADING}\n\n{criteria_list(judged)}"


def criteria_list(judged: Sequence[Judged]) -> str:
    """One bullet a criterion with its outcome, the evidence below it."""
    lines: list[str] = []
    for one in judged:
        of_plan = f" ({_OF_PLAN})" if one.of_plan else ""
        outcome = f"**{one.outcome.value}**" if one.outcome else _NOT_JUDGED
        lines.append(f"- {_worded(one.wording)}{of_plan} – {outcome}")
        lines += [f"  - {_worded(sentence)}" for sentence in one.evidence]
    return "\n".join([*lines, *([] if judged else ["- The milestone has no exit criteria."])])


def criteria_text(judged: Iterable[Judged]) -> str:
    """The same for a terminal."""
    lines: list[str] = []
    for one in judged:
        outcome = one.outcome.value if one.outcome else _NOT_JUDGED
        lines.append(f"{outcome}: {terminal(one.wording)}{f' ({_OF_PLAN})' if one.of_plan else ''}")
        lines += [f"  {terminal(sentence)}" for sentence in one.evidence]
    return "\n".join(lines)


def criteria_json(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """The criteria in the pinned JSON form; `outcome` is null for what names nothing that can be measured."""
    return [
        {
            "criterion": one.wording,
            "of_plan": one.of_plan,
            "outcome": one.outcome.value if one.outcome else None,
            "evidence": list(one.evidence),
        }
        for one in judged
    ]


def _worded(text: str) -> str:
    """A text with its code spans, where it is clear which they are; nothing else in it formats."""
    if "``" in text or "\\" in text or text.count("`") % 2:
        return plain(text)
    return "".join(code(piece) if i % 2 else _between(piece) for i, piece in enumerate(_CODE.split(text)))


def _between(piece: str) -> str:
    """Prose beside a code span, whose blanks stay."""
    before, after = (" " if piece[:1].isspace() else ""), (" " if piece[-1:].isspace() else "")
    return f"{before}{plain(piece)}{after}" if piece.strip() else before
