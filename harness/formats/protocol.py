"""What a log format is: one module with these names, listed in harness/formats/registry.py.

A format is given the bytes of ONE run in chunks and yields what it understood, batch by batch, so that no file is too
large. It never raises for bad text: a piece that it cannot read becomes an Issue with its line, and is not used.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec
import pyarrow as pa

from harness.spans.model import Event, Issue, Metric, Span, Timing
from harness.spans.table import EVENT_SCHEMA, SPAN_SCHEMA, event_batch, span_batch

SNIFFED_BYTES = 1 << 20
"""How much of a file `sniff` is given at a time; of later pieces only formats of lines are asked."""


class Shape(StrEnum):
    """How a format's text is divided."""

    LINES = "lines"
    DOCUMENT = "document"


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Some bytes of a run.

    For a format of LINES: whole lines, all with their newline but perhaps the run's last; `numbers` are their line
    numbers in the file, one a line. For a DOCUMENT: any bytes, cut anywhere; `numbers` holds the first line's number.
    """

    data: bytes
    numbers: Sequence[int]

    def lines(self) -> Iterator[tuple[int, str]]:
        """Line number and text of each line, without its newline or CRLF; bytes that are no UTF-8 become U+FFFD."""
        texts = self.data.removesuffix(b"\n").split(b"\n") if self.data else []
        for number, text in zip(self.numbers, texts, strict=True):
            yield number, text.removesuffix(b"\r").decode("utf-8", errors="replace")


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What was understood of some part of a run.

    `spans` (SPAN_SCHEMA) continue the pre-order of the batches before, a tree may go on in the next batch. `timings`
    are what benchmark runners report in place of spans. `unparsed_lines` are other programs' text, blank ones left out.
    """

    spans: pa.RecordBatch
    events: pa.RecordBatch
    metrics: tuple[Metric, ...] = ()
    timings: tuple[Timing, ...] = ()
    issues: tuple[Issue, ...] = ()
    unparsed_lines: int = 0


class Format(Protocol):
    """A module that reads one log format."""

    NAME: str
    SHAPE: Shape

    def sniff(self, head: bytes) -> bool:
        """Whether these bytes (a file's beginning; for LINES also any later piece) are of this format."""
        ...

    def read(self, chunks: Iterable[Chunk]) -> Iterator[Batch]:
        """Reads one run."""
        ...


_NO_SPANS = pa.RecordBatch.from_pylist([], schema=SPAN_SCHEMA)
_NO_EVENTS = pa.RecordBatch.from_pylist([], schema=EVENT_SCHEMA)


def batch_of(
    *,
    spans: Sequence[Span] = (),
    events: Sequence[Event] = (),
    metrics: Sequence[Metric] = (),
    timings: Sequence[Timing] = (),
    issues: Sequence[Issue] = (),
    unparsed_lines: int = 0,
) -> Batch:
    """A batch of plain rows."""
    return Batch(
        spans=span_batch(spans) if spans else _NO_SPANS,
        events=event_batch(events) if events else _NO_EVENTS,
        metrics=tuple(metrics),
        timings=tuple(timings),
        issues=tuple(issues),
        unparsed_lines=unparsed_lines,
    )


def chunk_of(data: bytes, first_line: int = 1) -> Chunk:
    """All of a run's bytes as one chunk."""
    count = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    return Chunk(data=data, numbers=range(first_line, first_line + count))
