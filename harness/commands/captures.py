"""Which files make up a benchmark's recording: its log, and what its runs wrote beside it."""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from harness.errors import LogError
from harness.formats import (
    chrome,
    criterion,
    google_benchmark,
    hyperfine,
    openvm_metrics,
    pytest_benchmark,
    span_jsonl,
)
from harness.formats.protocol import Format
from harness.formats.registry import NAMES, format_named, recognise
from harness.ingest.sources import read_blocks
from harness.recording.manifest import RunKind, RunRecord

_RUN_IN_NAME = re.compile(
    r"\.(?:(?P<warmup>warmup)(?P<earlier>-[0-9]{1,4})?|(?P<extra>counters|instructions)|(?P<run>[0-9]{1,6}))\."
)
_SUFFIXES = (".spans.jsonl", ".metrics.json", ".trace.json", ".json", ".jsonl")
_RESULTS = {one.NAME for one in (hyperfine, criterion, google_benchmark, pytest_benchmark)}
_PACKED = (".gz", ".zst")


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """One file given for a benchmark, and the run that its name names, if it does."""

    path: Path
    format: Format
    run: tuple[RunKind, int] | None


def capture_of(path: Path, log_format: str | None) -> Capture:
    """A file with its format, found out unless given, and the run that its name names. Raises LogError."""
    found = format_named(log_format) if log_format is not None else recognise(read_blocks(path))
    if found is None:
        raise LogError(
            f"{path} holds no span that any known format prints.",
            hint="Was RUST_LOG set so that spans are printed? --log-format names a format: " + ", ".join(NAMES),
        )
    return Capture(path=path, format=found, run=_run_in_name(path.name))


def _run_in_name(name: str) -> tuple[RunKind, int] | None:
    """The run that a name such as `keccakf.3.spans.jsonl` says it is of."""
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    if not name.endswith(_SUFFIXES):
        return None
    match = _RUN_IN_NAME.search(name)
    if match is None:
        return None
    if match["warmup"]:
        return RunKind.WARMUP, int(match["earlier"] or 0)
    return (RunKind(match["extra"]), 0) if match["extra"] else (RunKind.MEASURED, int(match["run"]))


class Grouped(msgspec.Struct, frozen=True, kw_only=True):
    """A benchmark's files: the log that holds its runs (None where there are only files of single runs), and these."""

    log: Capture | None
    files: tuple[Capture, ...]

    @property
    def first(self) -> Capture:
        """The log, else the first file."""
        return self.log or self.files[0]

    @property
    def format_names(self) -> str:
        """The formats of all files, the log's first."""
        captures = [*([self.log] if self.log else []), *self.files]
        return " + ".join(dict.fromkeys(one.format.NAME for one in captures))


def grouped(benchmark: str, captures: Sequence[Capture]) -> Grouped:
    """Tells the log from what stands beside it. Raises LogError where two files claim to be the same."""
    if len({(one.format.NAME, one.run) for one in captures}) < len(captures):
        raise LogError(
            f"'{benchmark}' is given twice: two files of the same format and run.",
            hint="Import each capture into its own recording, or name the run in the file: BENCH.3.spans.jsonl.",
        )
    results = next((one for one in captures if one.format.NAME in _RESULTS), None)
    if results is not None and len(captures) > 1:
        raise LogError(
            f"{results.path} holds a benchmark runner's results, which no other file can stand beside.",
            hint="Import it by itself.",
        )
    log = min((one for one in captures if one.run is None), key=_precedence, default=None)
    others = sorted((one for one in captures if one is not log), key=_precedence)
    return Grouped(log=log, files=tuple(others))


def _precedence(capture: Capture) -> tuple[int, int]:
    """What a program prints before the files it writes, and these by how much of a tree they have."""
    written = (span_jsonl.NAME, chrome.NAME, openvm_metrics.NAME)
    rank = written.index(capture.format.NAME) + 1 if capture.format.NAME in written else 0
    return rank, NAMES.index(capture.format.NAME)


def runs_of_files(benchmark: str, files: Sequence[Capture]) -> tuple[RunRecord, ...]:
    """The runs of a benchmark without a log: those that its files name."""
    named = {one.run for one in files if one.run is not None}
    return tuple(
        RunRecord(benchmark=benchmark, kind=kind, number=number, first_line=1, last_line=0)
        for kind, number in sorted(named, key=lambda run: (run[0] is RunKind.MEASURED, run[1]))
    )


def file_place(runs: Sequence[RunRecord], capture: Capture) -> int:
    """The place of the run that a file belongs to. Raises LogError where no run, or more than one, can be meant."""
    places = [place for place, one in enumerate(runs) if capture.run in {None, (one.kind, one.number)}]
    if len(places) == 1:
        return places[0]
    if capture.run is None:
        raise LogError(
            f"{capture.path} does not say which of {len(runs)} runs it is of.",
            hint="Name the run in the file: BENCH.3.spans.jsonl, BENCH.warmup.spans.jsonl.",
        )
    kind, number = capture.run
    raise LogError(f"{capture.path} is of {kind.value} run {number}, which the log does not have.")
