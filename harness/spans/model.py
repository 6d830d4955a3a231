"""What is read from one run: spans, events, metrics, and what could not be read."""

import msgspec

from harness.units import Duration

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
"""tracing's levels, the most verbose first."""

MAX_NS = 2**63 - 1
"""Times are stored as 64-bit nanoseconds."""

MAX_DEPTH = 1000
"""Spans above one another. Each span's path names all of them, so deeper trees would cost the square of their depth."""

Fields = tuple[tuple[str, str], ...]
"""Key and value as printed, in order; a key may repeat."""

NOT_WALL_TIME = "not wall time if its children ran in parallel"
NOT_WALL_TIME_UNKNOWN = "may not be wall time: its children lie too far apart to be added up"
UNFINISHED = "never ended"
LAST_VALUE_ONLY = "last value only"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One occurrence of a span.

    `tree` is the ordinal of its root in the run, `seq` the pre-order number in the run, `occurrence` the ordinal among
    siblings of the same name (roots are siblings of each other). `duration` is the time spent inside the span as its
    source counts it; None where it never ended. Percentages are of the root of the tree. `start_ns` and `end_ns` count
    on the source's own clock, `idle` is the time between creation and end outside the span; each is None where the
    source does not say. `note` is what must be known before the duration is used.
    """

    tree: int
    seq: int
    parent: int | None
    depth: int
    name: str
    path: tuple[str, ...]
    occurrence: int
    fields: Fields
    duration: Duration | None
    self_pct: float | None
    root_pct: float | None
    line: int
    level: str | None = None
    thread: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    idle: Duration | None = None
    note: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event; `span_seq` is None outside any span. `seq` counts events of the run."""

    seq: int
    span_seq: int | None
    level: str
    tag: str
    message: str | None
    fields: Fields
    line: int


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One counter or gauge. `value` is its text; the true value lies in `low` to `high`, None where it is no number."""

    kind: str
    name: str
    labels: Fields
    value: str
    low: float | None
    high: float | None
    line: int
    note: str | None = None


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark runner says of one benchmark: its samples in ms, or one summary value where it kept none.

    `low_ms` and `high_ms` bound the summary (its confidence interval); with samples they are None.
    """

    name: str
    samples_ms: tuple[float, ...]
    low_ms: float | None = None
    high_ms: float | None = None
    note: str | None = None
    line: int = 1


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """A place in the log that could not be read as it should; nothing of it was used.

    `damage`: the spans around it are not what the program printed, so the run gives no sample. `ends_early`: what there
    is, is true, but later spans may be lacking, so nothing may be added up or counted. `file` is named where it is not
    the run's log.
    """

    line: int
    message: str
    damage: bool = True
    ends_early: bool = False
    file: str | None = None
