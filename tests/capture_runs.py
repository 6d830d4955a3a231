"""The runs of a capture file as chunks for a format, for the tests of several folders."""

from pathlib import Path

import msgspec

from harness.formats.protocol import Chunk, chunk_of
from harness.ingest.lines import RunLines, line_blocks, pieces_of_runs
from harness.ingest.survey import survey
from harness.recording.manifest import RunKind


class CapturedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run's lines as one chunk."""

    kind: RunKind
    number: int
    chunk: Chunk

    @property
    def lines(self) -> tuple[tuple[int, str], ...]:
        return tuple(self.chunk.lines())


def runs_in(capture: Path | bytes) -> list[CapturedRun]:
    data = capture if isinstance(capture, bytes) else capture.read_bytes()
    found = survey(line_blocks([data]), "b").runs
    ranges = [RunLines(first_line=run.first_line, last_line=run.last_line) for run in found]
    texts = [b""] * len(found)
    for piece in pieces_of_runs(line_blocks([data]), ranges, merged=True):
        texts[piece.run] += piece.stdout.data
    return [
        CapturedRun(kind=run.kind, number=run.number, chunk=chunk_of(text, run.first_line))
        for run, text in zip(found, texts, strict=True)
    ]
