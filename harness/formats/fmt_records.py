"""What one line of the fmt layer says, before it has a place in a tree."""

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.spans.model import Fields
from harness.spans.trees import Node
from harness.units import Duration

Scope = tuple[tuple[str, str], ...]
"""Name and fields (as printed, where the scope shows them) of each span, from the root to the span itself."""

TICK_NS = 1000
"""Times of lines are cut to µs."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a format prints fields with its scopes.

    `is_earlier`: whether the first text can have become the second by fields recorded later. `loses_parents`: whether a
    span with a parent may close as if it had none.
    """

    is_earlier: Callable[[str, str], bool]
    fields_of: Callable[[str], Fields]
    loses_parents: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A close line. `chain`: the fields of the span and all its ancestors as printed, where they stand as one."""

    scope: Scope
    line: int
    busy: Duration
    idle: Duration
    level: str | None
    thread: str | None
    time_ns: int | None
    chain: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An event; `sure`: its scope is certain. `read` gives tag, message and fields, said in that scope or in none."""

    scope: Scope
    line: int
    level: str
    sure: bool
    time_ns: int | None
    read: Callable[[bool], tuple[str, str | None, Fields]]


@dataclass(slots=True)
class Closing(Node):
    """A span in its tree; `chain` as in its close line, `events` what was said in it, None where that is unknown."""

    chain: str | None = None
    events: list[Said] | None = field(default_factory=list)


def add_note(node: Node, note: str) -> None:
    """Says one more thing of a span."""
    node.note = f"{node.note}; {note}" if node.note else note


def latest_start_ns(node: Node) -> int | None:
    """The latest moment at which the span can have been created, on the clock of its end."""
    if node.end_ns is None or node.duration is None or node.idle is None:
        return None
    return node.end_ns - node.duration.low_ns - node.idle.low_ns


def earliest_start_ns(node: Node) -> int | None:
    """The earliest such moment."""
    if node.end_ns is None or node.duration is None or node.idle is None:
        return None
    return node.end_ns - node.duration.high_ns - node.idle.high_ns
