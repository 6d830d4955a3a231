"""Tables of a Markdown text, read as GitHub does: every bar ends a cell unless a backslash stands right before it."""

import re

import msgspec

from harness.markdown.outline import lines_of, outside_fences

_BAR = re.compile(r"(?<!\\)\|")
_RULE_CELL = re.compile(r":?-+:?")
_CODE_INDENT = re.compile(r" {4}| {0,3}\t")
_OTHER_BLOCK = re.compile(r" {0,3}(?:#{1,6}(?:\s|$)|>|[-*+]\s|\d{1,9}[.)]\s|<!--)")
_LINK = re.compile(r"(?<!\\)!?\[((?:\\.|[^\[\]\\])*)\](?:\([^()]*\)|\[[^\[\]]*\])?")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


class MarkdownTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table's cells as they are written; every row has as many as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> dict[str, int]:
        """Indices of the columns by title, as a reader sees it and in lower case; the first of each title."""
        return {shown(title).lower(): i for i, title in reversed(list(enumerate(self.header)))}


def tables(text: str) -> tuple[MarkdownTable, ...]:
    """Every table of a text outside code blocks, in order."""
    lines = dict(outside_fences(lines_of(text.removeprefix("\ufeff"))))
    found: list[MarkdownTable] = []
    after = 0
    for i, line in lines.items():
        if i < after or not _begins(line, lines.get(i + 1, "")):
            continue
        header = _cells(line)
        after = i + 2
        while after in lines and lines[after].strip() and not _OTHER_BLOCK.match(lines[after]):
            after += 1
        rows = tuple(_as_long(_cells(lines[j]), len(header)) for j in range(i + 2, after))
        found.append(MarkdownTable(header=header, rows=rows))
    return tuple(found)


def shown(cell: str) -> str:
    """What a reader sees of a cell or a line: links as their text, no backticks, no backslashes, single blanks."""
    text = _ESCAPED.sub(r"\1", _LINK.sub(r"\1", cell)).replace("`", "")
    return " ".join(text.split()).strip("*")


def _begins(header: str, rule: str) -> bool:
    if not header.strip() or "|" not in rule or _CODE_INDENT.match(header) or _CODE_INDENT.match(rule):
        return False
    cells = _cells(rule)
    return all(_RULE_CELL.fullmatch(cell) for cell in cells) and len(cells) == len(_cells(header))


def _cells(line: str) -> tuple[str, ...]:
    pieces = _BAR.split(line.strip())
    first = 1 if len(pieces) > 1 and not pieces[0] else 0
    last = len(pieces) - 1 if len(pieces) - first > 1 and not pieces[-1] else len(pieces)
    return tuple(piece.strip().replace("\\|", "|") for piece in pieces[first:last])


def _as_long(cells: tuple[str, ...], count: int) -> tuple[str, ...]:
    return (*cells, *("",) * (count - len(cells)))[:count]
