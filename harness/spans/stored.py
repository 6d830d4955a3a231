"""A run's spans as a recording gives them back: whose they are, and how to read them, as often as it takes."""

from collections.abc import Callable, Iterator

import msgspec

from harness.recording.manifest import RunKind
from harness.spans.model import Span


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
