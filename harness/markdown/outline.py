"""Where the headings of a Markdown text stand, and what lies under them: code fences are seen, HTML is not."""

import re
from collections.abc import Iterator, Sequence

import msgspec

_HEADING = re.compile(r"^(#{1,6}) +(.*)$")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BULLET = re.compile(r"^[-*+] +(.*)$")


class Heading(msgspec.Struct, frozen=True):
    """A heading: the index of its line, its level (1 to 6) and its title."""

    line: int
    level: int
    title: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """What lies below a heading, up to the next of its level or above: lines `first` to before `end`."""

    heading: Heading
    first: int
    end: int


def lines_of(text: str) -> list[str]:
    """The lines of a text without their ends; only a newline ends a line, and a return before it belongs to it."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def newline_of(text: str) -> str:
    """How lines end in a text: CRLF only where every one does."""
    return "\r\n" if 0 < text.count("\r\n") == text.count("\n") else "\n"


def headings(lines: Sequence[str]) -> tuple[Heading, ...]:
    """Every heading outside code fences, in order."""
    return tuple(
        Heading(i, len(found[1]), _without_closing(found[2]))
        for i, line in outside_fences(lines)
        if (found := _HEADING.match(line.rstrip()))
    )


def _without_closing(title: str) -> str:
    """`Title ##` is the heading 'Title'."""
    without = title.rstrip("#")
    return without.rstrip(" ") if without.endswith(" ") else title


def section(lines: Sequence[str], title: str) -> Section | None:
    """The section of that title, of several the first of the highest level; None where there is none."""
    found = headings(lines)
    heading = min((one for one in found if one.title == title), key=lambda one: one.level, default=None)
    if heading is None:
        return None
    after = (one.line for one in found if one.line > heading.line and one.level <= heading.level)
    return Section(heading=heading, first=heading.line + 1, end=next(after, len(lines)))


def stands_under(text: str, line: int, title: str) -> bool:
    """Whether a line belongs to the section of that title for a reader: in no code block, behind no open comment."""
    lines = lines_of(text)
    found = section(lines, title)
    if found is None or not found.first <= line < found.end or line not in dict(outside_fences(lines)):
        return False
    before = "\n".join(lines[:line])
    return before.rfind("<!--") <= before.rfind("-->")


def section_text(text: str, title: str) -> str | None:
    """The text of the first section of that title, its blank edges left out; None where there is none."""
    lines = lines_of(text)
    found = section(lines, title)
    return None if found is None else "\n".join(lines[found.first : found.end]).strip("\n")


def without_comments(text: str) -> str:
    """A text as a reader sees it, without what stands in HTML comments; an open one goes on to the end."""
    return _COMMENT.sub("", text)


def bullets(text: str) -> tuple[str, ...]:
    """The top-level bullets of a text outside code fences, each with its continuation lines as one line."""
    found: list[str] = []
    lines = lines_of(text)
    outside = dict(outside_fences(lines))
    open_bullet = False
    for i, line in enumerate(lines):
        match = _BULLET.match(line) if i in outside else None
        if match:
            found.append(match[1].strip())
            open_bullet = True
        elif open_bullet and i in outside and line.startswith((" ", "\t")) and line.strip():
            found[-1] = f"{found[-1]} {line.strip()}"
        else:
            open_bullet = False
    return tuple(found)


def outside_fences(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Index and text of every line that is not in a code block, the fences themselves left out too."""
    fence = ""
    for i, line in enumerate(lines):
        match = _FENCE.match(line.rstrip())
        if match and fence:
            if match[1].startswith(fence) and not match[2]:
                fence = ""
        elif match and not (match[1][0] == "`" and "`" in match[2]):
            fence = match[1]
        elif not fence:
            yield i, line
