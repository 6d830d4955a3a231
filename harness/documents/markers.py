"""A rendered part inside somebody's document: between markers, the rest of the file byte for byte untouched. Pure."""

from harness.documents.escape import comment
from harness.errors import DocumentError
from harness.markdown.outline import newline_of, section

PENDING = "- Pending."


def wrap(kind: str, name: str, body: str) -> str:
    """`body` between its markers; `kind` finds it again, `name` tells a reader what it was made of."""
    return f"<!-- harness:begin {kind} {comment(name)} -->\n{body.strip()}\n<!-- harness:end {kind} -->"


def insert(document: str, kind: str, block: str, *, heading: str, where: str) -> str:
    """`document` with the marked `block` in place of the one of that kind, else below `heading`.

    Below a heading it replaces `- Pending.`. Raises DocumentError naming `where` for torn
    markers, or where there is no such heading.
    """
    newline = newline_of(document)
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
    found = section(lines, heading)
    if found is None:
        raise DocumentError(
            f"{where} has no heading '{heading}' and no markers of this part.",
            hint=f"Add a line '## {heading}' where it belongs, or choose another with --heading.",
        )
    pending = next((i for i in range(found.first, found.end) if lines[i].strip() == PENDING), None)
    if pending is not None:
        return [*lines[:pending], *new, *lines[pending + 1 :]]
    return [*lines[: found.first], "", *new, *lines[found.first :]]
