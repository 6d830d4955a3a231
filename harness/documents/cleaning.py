"""What `gc` removed, as JSON and as a table."""

from typing import Any

import msgspec

from harness.documents.escape import TERMINAL, Quoting
from harness.documents.table import Column, Table

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024
_ONE_DIGIT_BELOW = 9.95


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the build cache that was removed: what it was, what it held on disk, and why it was not needed."""

    path: str
    kind: str
    reason: str
    size_bytes: int


class Cleaned(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was removed, or would be in a dry run."""

    removed: tuple[Removed, ...]
    dry_run: bool

    @property
    def size_bytes(self) -> int:
        """All of it together."""
        return sum(one.size_bytes for one in self.removed)


def as_json(cleaned: Cleaned) -> dict[str, Any]:
    """One object an entry, and the sum; a path that no UTF-8 can hold has its bytes escaped."""
    return {
        "dry_run": cleaned.dry_run,
        "size_bytes": cleaned.size_bytes,
        "removed": [
            {
                "path": one.path.encode(errors="backslashreplace").decode(),
                "kind": one.kind,
                "reason": one.reason,
                "size_bytes": one.size_bytes,
            }
            for one in cleaned.removed
        ],
    }


def table_of(cleaned: Cleaned, quote: Quoting = TERMINAL) -> Table:
    """One row an entry, and the sum; paths hold names that are not the harness's own."""
    columns = (Column("size", right=True), Column("what"), Column("why"), Column("path"))
    rows = [(size_text(one.size_bytes), one.kind, one.reason, quote.name(one.path)) for one in cleaned.removed]
    said = "would be removed" if cleaned.dry_run else "removed"
    return Table(columns, (*rows, (size_text(cleaned.size_bytes), said, "", "")))


def size_text(size_bytes: int) -> str:
    """A size on disk with two figures or more: `3.4 GiB`."""
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit and size < _ONE_DIGIT_BELOW else f"{size:.0f} {_UNITS[unit]}"
