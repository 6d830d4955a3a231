"""Text from logs made safe in Markdown: a hostile span name must not end a table cell or smuggle in a link."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_ACTIVE = re.compile(r"([\\`*_\[\]|<>~&$])")
_AUTOLINKED = re.compile(r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_ZERO_WIDTH = "\u200b"
"""Backslashes do not stop GitHub from turning @name, #1 and bare addresses into links; a break of no width does."""


def plain(text: str) -> str:
    """`text` inside a line of Markdown: nothing in it formats, links, mentions or ends a cell."""
    return _ACTIVE.sub(r"\\\1", _AUTOLINKED.sub(_ZERO_WIDTH, _one_line(text)))


def code(text: str) -> str:
    """`text` as a code span that also holds inside a table cell."""
    clean = _one_line(text).replace("|", "\\|") or " "
    longest = max((len(run) for run in re.findall(r"`+", clean)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if clean.startswith("`") or clean.endswith("`") else ""
    return f"{fence}{pad}{clean}{pad}{fence}"


def comment(text: str) -> str:
    """`text` inside an HTML comment: nothing that could end it."""
    return re.sub(r"[^A-Za-z0-9._ -]", "", text).replace("--", "-")


def terminal(text: str) -> str:
    """`text` on a terminal: control characters, escape sequences included, become visible."""
    return _CONTROL.sub(lambda match: "".join(f"\\x{ord(char):02x}" for char in match[0]), text)


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text)
