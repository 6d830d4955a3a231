"""All log formats, and which of them a text is."""

from collections.abc import Iterable, Iterator
from itertools import chain

from harness.formats import (
    chrome,
    criterion,
    fmt_json,
    fmt_text,
    forest,
    google_benchmark,
    hyperfine,
    openvm_metrics,
    pytest_benchmark,
    span_jsonl,
)
from harness.formats.protocol import SNIFFED_BYTES, Format, Shape

FORMATS: tuple[Format, ...] = (  # the stricter first: a message may hold a line of another format
    span_jsonl,
    fmt_json,
    fmt_text,
    forest,
    chrome,
    openvm_metrics,
    hyperfine,
    criterion,
    google_benchmark,
    pytest_benchmark,
)

NAMES = tuple(one.NAME for one in FORMATS)


def format_named(name: str) -> Format:
    """The format of that name. Raises KeyError."""
    return {one.NAME: one for one in FORMATS}[name]


def recognise(blocks: Iterable[bytes]) -> Format | None:
    """The first format that the text is of: a document by its beginning, lines by the first piece that holds some."""
    pieces = _pieces(blocks)
    first = next(pieces, b"")
    found = next((one for one in FORMATS if one.sniff(first)), None)
    if found is not None:
        return found
    of_lines = [one for one in FORMATS if one.SHAPE is Shape.LINES]
    return next((one for piece in pieces for one in of_lines if one.sniff(piece)), None)


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The text in pieces of at least SNIFFED_BYTES that end with a line, where one ends at all."""
    waiting = b""
    for block in chain(blocks, [None]):
        waiting += block or b""
        if block is not None and len(waiting) < SNIFFED_BYTES:
            continue
        end = waiting.rfind(b"\n") + 1 if block is not None else len(waiting)
        end = end or len(waiting)
        if end:
            yield waiting[:end]
        waiting = waiting[end:]
