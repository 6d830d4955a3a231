"""What a parser makes of one run's text."""

import msgspec

from harness.units import Duration

Fields = tuple[tuple[str, str], ...]
"""Key and value as printed, in order; a key may repeat."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of a span.

    `tree` is the ordinal of its root in the run, `seq` the pre-order number in the run, `occurrence` the ordinal among
    siblings of the same name (roots are siblings of each other). Percentages are of the root of the tree.
    """

    tree: int
    seq: int
    parent: int | None
    depth: int
    name: str
    path: tuple[str, ...]
    occurrence: int
    fields: Fields
    duration: Duration
    self_pct: float | None
    root_pct: float | None
    line: int


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event; `span_seq` is None outside any span. `seq` counts events of the run."""

    seq: int
    span_seq: int | None
    level: str
    tag: str
    message: str | None
    fields: Fields
    line: int


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the log that could not be read as it should; nothing of it was used."""

    line: int
    message: str


class ParsedRun(msgspec.Struct, frozen=True, kw_only=True):
    """Everything read from one run's text; `unparsed_lines` are other programs', `levels` those that were seen."""

    spans: tuple[Span, ...] = ()
    events: tuple[Event, ...] = ()
    issues: tuple[Issue, ...] = ()
    unparsed_lines: int = 0
    roots: int = 0
    levels: frozenset[str] = frozenset()
