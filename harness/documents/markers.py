"""A rendered part inside somebody's document: between markers, the rest of the file byte for byte untouched. Pure."""

import msgspec

from harness.documents.escape import comment
from harness.errors import DocumentError
from harness.markdown.outline import lines_of, newline_of, outside_fences, section

PENDING = "- Pending."


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A marked part as it stands: the name it was given, its text without the markers, and its markers' lines."""

    name: str
    body: str
    first: int
    last: int


def wrap(kind: str, name: str, body: str) -> str:
    """`body` between its markers; `kind` finds it again, `name` tells a reader what it was made of."""
    return f"<!-- harness:begin {kind} {comment(name)} -->\n{body.strip()}\n<!-- harness:end {kind} -->"


def find(document: str, kind: str, *, where: str) -> Block | None:
    """The marked part of that kind; None where there is none. Raises DocumentError naming `where` for torn markers."""
    lines = lines_of(document)
    begin, end = f"<!-- harness:begin {kind} ", f"<!-- harness:end {kind} -->"
    seen = dict(outside_fences(lines))  # a marker in a code block is somebody's example
    begins = [i for i, line in seen.items() if line.strip().startswith(begin)]
    first = begins[0] if begins else len(lines)
    ends = [i for i, line in enumerate(lines) if line.strip() == end and (i in seen or i > first)]
    if not begins and not ends:
        return None
    whole = len(begins) == len(ends) == 1 and first < ends[0]
    if not whole or not lines[first].rstrip().endswith(" -->"):
        raise DocumentError(
            f"{where}: the markers of '{kind}' are torn ({len(begins)} begin, {len(ends)} end).",
            hint="Leave exactly one pair, or remove all of them to have the part put below its heading.",
        )
    name = lines[begins[0]].strip().removeprefix(begin).removesuffix("-->").strip()
    body = "\n".join(lines[begins[0] + 1 : ends[0]])
    return Block(name=name, body=body, first=begins[0], last=ends[0])


def insert(document: str, kind: str, block: str, *, heading: str, where: str, after: str | None = None) -> str:
    """`document` with the marked `block` in place of the one of that kind, else below `heading`.

    Below a heading it replaces `- Pending.`; `after` names a kind that it follows where that is there. Raises
    DocumentError naming `where` for torn markers, or where there is no such heading.
    """
    newline = newline_of(document)
    lines = document.split(newline)
    there = find(document, kind, where=where)
    new = block.split("\n")
    if there is not None:
        return newline.join([*lines[: there.first], *new, *lines[there.last + 1 :]])
    before = find(document, after, where=where) if after else None
    if before is not None:
        return newline.join([*lines[: before.last + 1], "", *new, *lines[before.last + 1 :]])
    return newline.join(_below_heading(lines, new, heading, where))


def _below_heading(lines: list[str], new: list[str], heading: str, where: str) -> list[str]:
    found = section(lines, heading)
    if found is None:
        raise DocumentError(
            f"{where} has no heading '{heading}' and no markers of this part.",
            hint=f"Add a line '## {heading}' where it belongs, or choose another with --heading.",
        )
    inside = range(found.first, found.end)
    pending = next((i for i, line in outside_fences(lines) if i in inside and line.rstrip() == PENDING), None)
    if pending is not None:
        return [*lines[:pending], *new, *lines[pending + 1 :]]
    return [*lines[: found.first], "", *new, *lines[found.first :]]
