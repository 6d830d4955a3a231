"""A text read by the forest reader, all its batches as one; shared by this folder's tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.formats import forest
from harness.formats.protocol import Chunk, chunk_of
from harness.spans.model import Event, Issue, Span
from harness.spans.table import event_rows, span_rows


@dataclass(frozen=True)
class Run:
    """What was read; issues by line, since a block's end may put off when one is seen."""

    spans: tuple[Span, ...] = ()
    events: tuple[Event, ...] = ()
    issues: tuple[Issue, ...] = ()
    unparsed_lines: int = 0

    @property
    def roots(self) -> int:
        return sum(span.parent is None for span in self.spans)

    @property
    def levels(self) -> set[str | None]:
        return {one.level for one in (*self.spans, *self.events)}


def run_of(chunks: Sequence[Chunk]) -> Run:
    batches = list(forest.read(chunks))
    issues = [one for batch in batches for one in batch.issues]
    return Run(
        spans=tuple(row for batch in batches for row in span_rows(batch.spans)),
        events=tuple(row for batch in batches for row in event_rows(batch.events)),
        issues=tuple(sorted(issues, key=lambda one: (one.line, one.message))),
        unparsed_lines=sum(batch.unparsed_lines for batch in batches),
    )


def read(text: str | bytes) -> Run:
    return run_of([chunk_of(text.encode() if isinstance(text, str) else text)])


def read_lines(lines: Sequence[str]) -> Run:
    return read("\n".join(lines))


def numbered(lines: Iterable[tuple[int, str]]) -> Chunk:
    """Some lines with the numbers they have in their file."""
    several = list(lines)
    data = "".join(f"{text}\n" for _, text in several).encode()
    return Chunk(data=data, numbers=[number for number, _ in several])


def chunks_of(data: bytes, sizes: Sequence[int]) -> list[Chunk]:
    """The same lines in chunks of so many lines, the sizes taken in turns."""
    lines = data.splitlines(keepends=True) if b"\r" not in data else _lines(data)
    chunks: list[Chunk] = []
    first = 0
    while first < len(lines):
        part = lines[first : first + sizes[len(chunks) % len(sizes)]]
        chunks.append(Chunk(data=b"".join(part), numbers=range(first + 1, first + 1 + len(part))))
        first += len(part)
    return chunks


def _lines(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
