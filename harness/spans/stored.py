"""A run's spans, events and totals as a recording gives them back: whose they are, and what they say."""

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

import msgspec

from harness.recording.manifest import RunKind
from harness.spans.model import Fields, Span


class StoredRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one benchmark; each call of `spans` reads its spans anew, in pre-order.

    `number` counts measured runs from 1; warmups are 0, -1, …. `source` names the formats they were read from, None
    where that is not kept.
    """

    benchmark: str
    kind: RunKind
    number: int
    source: str | None
    spans: Callable[[], Iterator[Span]]


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one run; `run` counts as in StoredRun, `message` is its tag where it has none."""

    benchmark: str
    kind: RunKind
    run: int
    message: str
    fields: Fields


class StoredTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What one run counted: `message.field` of its events, added up, and the counters that the program reported."""

    benchmark: str
    kind: RunKind
    run: int
    totals: Mapping[str, int]


def fits(text: str, pattern: str) -> bool:
    """Whether a text is a pattern's: equal to it, where `*` stands for any text."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))
