"""Which keys a JSON document has, told from its beginning alone: how result files are told apart."""

import re
from collections.abc import Collection

ITEM = "[]"
"""Stands in a path for the items of an array: `("results", ITEM, "command")`."""

Path = tuple[str, ...]

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\],]', re.DOTALL)  # never fails inside a string: linear in any text


def has_keys(head: bytes, paths: Collection[Path]) -> bool:
    """Whether the object that `head` begins holds all these keys before `head` ends.

    The text need be neither whole nor right. Keys written with escapes are not found.
    """
    keys = {part for path in paths for part in path if part != ITEM}
    if head.lstrip()[:1] != b"{" or not all(b'"%b"' % key.encode() in head for key in keys):
        return False
    return _finds_all(head, set(paths))


def _finds_all(head: bytes, missing: set[Path]) -> bool:
    """Follows only what leads to a sought key: no path, however long or deep, costs more than its own text."""
    leading = {path[:length] for path in missing for length in range(len(path) + 1)}
    opened: list[tuple[bytes, Path | None]] = []
    here: Path | None = ()
    before = b""
    for match in _TOKEN.finditer(head):
        token, kind = match[0], match[0][:1]
        container, above = opened[-1] if opened else (b"", None)
        if kind in b"{[":
            opened.append((kind, here))
            here = _within(here, ITEM, leading) if kind == b"[" else None
        elif kind in b"}]":
            del opened[-1:]
            if not opened:
                return False
        elif kind == b"," and container == b"[":
            here = _within(above, ITEM, leading)
        elif kind == b'"' and container == b"{" and before in b"{,":
            here = _within(above, token[1:-1].decode(errors="replace"), leading)
            missing.discard(here or ())
        before = kind
        if not missing:
            return True
    return False


def _within(path: Path | None, part: str, leading: set[Path]) -> Path | None:
    """The path one step down, None where it leads to no sought key."""
    longer = None if path is None else (*path, part)
    return longer if longer in leading else None
