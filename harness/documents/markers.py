"""A rendered part inside somebody's document: between markers, the rest of the file byte for byte untouched. Pure."""

import re

from harness.documents.escape import comment
from harness.errors import DocumentError

PENDING = "- Pending."
_HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +#+)?$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")


def wrap(kind: str, name: str, body: str) -> str:
    """`body` between its markers; `kind` finds it again, `name` tells a reader what it was made of."""
    return f"<!-- harness:begin {kind} {comment(name)} -->\n{body.strip()}\n<!-- harness:end {kind} -->"


def insert(document: str, kind: str, block: str, *, heading: str, where: str) -> str:
    """`document` with the marked `block` in place of the one of that kind, else below `heading`.

    Below a heading it replaces `- Pending.`. Raises DocumentError naming `where` for torn
    markers, or where there is no such heading.
    """
    newline = "\r\n" if 0 < document.count("\r\n") == document.count("\n") else "\n"
    lines = document.split(newline)
    begins = [i for i, line in enumerate(lines) if line.strip().startswith(f"<!-- harness:begin {kind} ")]
    ends = [i for i, line in enumerate(lines) if line.strip() == f"<!-- harness:end {kind} -->"]
    new = block.split("\n")
    if not begins and not ends:
        return newline.join(_below_heading(lines, new, heading, where))
    if len(begins) != 1 or len(ends) != 1 or ends[0] < begins[0]:
        raise DocumentError(
            f"{where}: the markers of '{kind}' are torn ({len(begins)} begin, {len(ends)} end).",
            hint="Leave exactly one pair, or remove all of them to have the part put below its heading.",
        )
    return newline.join([*lines[: begins[0]], *new, *lines[ends[0] + 1 :]])


def _below_heading(lines: list[str], new: list[str], heading: str, where: str) -> list[str]:
    headings = list(_headings(lines))
    at = next((i for i, _level, title in headings if title == heading), None)
    if at is None:
        raise DocumentError(
            f"{where} has no heading '{heading}' and no markers of this part.",
            hint=f"Add a line '## {heading}' where it belongs, or choose another with --heading.",
        )
    level = next(level for i, level, _title in headings if i == at)
    end = next((i for i, other, _title in headings if i > at and other <= level), len(lines))
    pending = next((i for i in range(at + 1, end) if lines[i].strip() == PENDING), None)
    if pending is not None:
        return [*lines[:pending], *new, *lines[pending + 1 :]]
    return [*lines[: at + 1], "", *new, *lines[at + 1 :]]


def _headings(lines: list[str]) -> list[tuple[int, int, str]]:
    """Line, level and title of every heading outside code fences."""
    found: list[tuple[int, int, str]] = []
    fence = ""
    for i, line in enumerate(lines):
        match = _FENCE.match(line.rstrip())
        if match and fence:
            if match[1].startswith(fence) and not match[2]:
                fence = ""
        elif match and not (match[1][0] == "`" and "`" in match[2]):
            fence = match[1]
        elif not fence and (heading := _HEADING.match(line.rstrip())):
            found.append((i, len(heading[1]), heading[2]))
    return found
