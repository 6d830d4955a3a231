"""A text read by a format of the harness, whole or in pieces."""

from collections.abc import Iterable
from itertools import pairwise
from random import Random

import msgspec

from harness.formats.protocol import Chunk, Format, Shape, chunk_of
from harness.spans.model import Event, Issue, Span
from harness.spans.table import event_rows, span_rows

NEWLINE = ord("\n")
MAX_CUTS = 12


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """All that a format understood of a run."""

    spans: tuple[Span, ...]
    events: tuple[Event, ...]
    issues: tuple[Issue, ...]
    unparsed_lines: int

    @property
    def damaged(self) -> bool:
        return any(issue.damage for issue in self.issues)


def found_in(module: Format, data: bytes) -> Found:
    """What the format reads in these bytes, given as one chunk."""
    return found_in_chunks(module, [chunk_of(data)])


def found_in_chunks(module: Format, chunks: Iterable[Chunk]) -> Found:
    """What the format reads in these chunks."""
    batches = list(module.read(chunks))
    return Found(
        spans=tuple(span for batch in batches for span in span_rows(batch.spans)),
        events=tuple(event for batch in batches for event in event_rows(batch.events)),
        issues=tuple(issue for batch in batches for issue in batch.issues),
        unparsed_lines=sum(batch.unparsed_lines for batch in batches),
    )


def pieces(module: Format, data: bytes, random: Random) -> list[Chunk]:
    """The bytes cut at random as the format allows it: behind lines, or anywhere in a document."""
    ends = [place + 1 for place, byte in enumerate(data) if byte == NEWLINE]
    if module.SHAPE is Shape.DOCUMENT:
        ends = list(range(len(data)))
    cuts = sorted(random.sample(ends, random.randint(0, min(len(ends), MAX_CUTS))))
    chunks: list[Chunk] = []
    for start, end in pairwise([0, *cuts, len(data)]):
        first = 1 + sum(chunk.data.count(b"\n") for chunk in chunks)
        if end > start:
            chunks.append(chunk_of(data[start:end], first))
    return chunks
