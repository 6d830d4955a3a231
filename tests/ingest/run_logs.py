"""Runs given as lines of text, for this folder's tests."""

from collections.abc import Sequence

from harness.formats import forest
from harness.formats.protocol import Chunk, Format, chunk_of
from harness.ingest.lines import RunPiece
from harness.ingest.run_text import RunFile, RunLog
from harness.recording.manifest import RunKind, RunRecord


def text_of(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def pieces_of(stdout: Chunk, stderr: Chunk | None = None) -> list[RunPiece]:
    return [RunPiece(run=0, stdout=stdout, stderr=stderr or Chunk(data=b"", numbers=range(0)))]


def run_log(
    stdout: Sequence[str],
    *,
    kind: RunKind = RunKind.MEASURED,
    number: int = 1,
    failure: str | None = None,
    first_line: int = 1,
    files: tuple[RunFile, ...] = (),
) -> RunLog:
    return RunLog(
        facts=RunRecord(
            benchmark="b",
            kind=kind,
            number=number,
            first_line=first_line,
            last_line=first_line + len(stdout) - 1,
            failure=failure,
        ),
        name="b.log",
        format=forest,
        pieces=pieces_of(chunk_of(text_of(stdout), first_line)),
        files=files,
    )


def run_file(name: str, data: bytes, log_format: Format) -> RunFile:
    """A file of a few bytes that is read in two blocks."""
    half = len(data) // 2
    return RunFile(name=name, format=log_format, blocks=lambda: iter((data[:half], data[half:])))
