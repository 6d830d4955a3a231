"""Text from logs made safe in Markdown: a hostile span name must not end a table cell or smuggle in a link."""

import re
from collections.abc import Callable

import msgspec

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Control characters, breaks of a line or paragraph, what turns the direction of text, and what no UTF-8 can hold."""

_ACTIVE = re.compile(r"([\\`*\[\]|<>~&$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
"""An underscore between letters or digits formats nothing, and span names are easier to read without backslashes."""

_BLOCK = re.compile(r"^(?:\d{1,9}(?=[.)](?:\s|$))|(?=#{1,6}(?:\s|$)|[+-](?:\s|$)|[=-]+\s*$))")
"""What would begin a heading, a list or a rule at the start of a line."""

_AUTOLINKED = re.compile(r"(?<=@)(?=[\w.])|(?<=#)(?=\d)|(?<=GH-)(?=\d)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_ZERO_WIDTH = "\u200b"
"""Backslashes do not stop GitHub from turning @name, #1 and bare addresses into links; a break of no width does."""


def plain(text: str) -> str:
    """`text` inside a line of Markdown: nothing in it formats, links, mentions or ends a cell."""
    line = _ACTIVE.sub(r"\\\1", _AUTOLINKED.sub(_ZERO_WIDTH, _one_line(text).strip()))
    return _BLOCK.sub(r"\g<0>\\", line)


def code(text: str) -> str:
    """`text` as a code span that also holds inside a table cell."""
    clean = _one_line(text).replace("|", "\\|") or " "
    longest = max((len(run) for run in re.findall(r"`+", clean)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{pad}{clean}{pad}{fence}"


def fenced(text: str) -> str:
    """Lines of `text` as a code block: nothing in it formats, ends the block, or looks like a marker of ours."""
    shown = text.replace("<!--", f"<!{_ZERO_WIDTH}--")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def comment(text: str) -> str:
    """`text` inside an HTML comment: nothing that could end it."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^A-Za-z0-9._ -]", "", text))


def terminal(text: str) -> str:
    """`text` on a terminal: control characters, escape sequences included, become visible."""
    return _CONTROL.sub(lambda match: "".join(_visible(char) for char in match[0]), text)


def _visible(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"  # noqa: PLR2004 (two hex digits)


class Quoting(msgspec.Struct, frozen=True, kw_only=True):
    """How a table quotes what it did not write itself: names (of spans, benchmarks) and prose (reasons, remarks)."""

    name: Callable[[str], str]
    prose: Callable[[str], str]


TERMINAL = Quoting(name=terminal, prose=terminal)
MARKDOWN = Quoting(name=code, prose=plain)


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text)
