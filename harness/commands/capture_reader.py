"""A benchmark's captures → its rows in a draft's tables, its raw logs, and what the manifest says of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness.commands.captures import Capture, Grouped, capture_of, file_place, grouped, runs_of_files
from harness.commands.finishing import reading_of
from harness.commands.workspace import Workspace
from harness.errors import LogError
from harness.formats import chrome, openvm_metrics, span_jsonl
from harness.formats.protocol import Shape
from harness.ingest.benchmark import BenchmarkLog, ReadBenchmark, Reading, issue_lines, read_log, summarise
from harness.ingest.lines import line_blocks
from harness.ingest.run_text import ReadRun, RunFile
from harness.ingest.sources import read_blocks
from harness.ingest.survey import Survey, survey
from harness.ingest.tables import TableWriter
from harness.ingest.timings import benchmarks_of_timings
from harness.ingest.transcribed import read_transcript
from harness.recording.manifest import BenchmarkRecord, Origin, RunKind, RunRecord
from harness.spans import transcript
from harness.spans.capture import METRICS_FILE_SUFFIX, SPANS_FILE_SUFFIX, run_file_stem
from harness.store.folder import RAW
from harness.store.raw import archived, read_raw_blocks, write_raw_blocks
from harness.targets.config import Target

RAW_SUFFIXES = {
    span_jsonl.NAME: SPANS_FILE_SUFFIX,
    openvm_metrics.NAME: METRICS_FILE_SUFFIX,
    chrome.NAME: "trace.json",
}
"""How a run's own files are called in a recording."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark, read."""

    benchmark: ReadBenchmark
    record: BenchmarkRecord
    origin: Origin
    started: str


class CaptureReader:
    """Reads benchmarks into one draft."""

    def __init__(
        self, workspace: Workspace, draft: Path, tables: TableWriter, log_format: str | None, *, strict: bool
    ) -> None:
        self._target, self._contract = workspace.target, workspace.contract
        self._raw, self._tables, self._log_format, self._strict = draft / RAW, tables, log_format, strict

    def read(self, name: str, paths: Sequence[Path]) -> list[Source]:
        """One benchmark's files; a runner's results may hold several benchmarks. Raises LogError, OSError."""
        reading = reading_of(self._target, self._contract, name)
        if len(paths) == 1 and self._is_transcript(paths[0]):
            return [self._read_transcript(name, paths[0], reading)]
        log_format = self._log_format if self._log_format != transcript.NAME else None
        files = grouped(name, [capture_of(path, log_format) for path in paths])
        seen = self._archive_log(name, files.log) if files.log is not None else None
        log = self._log(name, files, seen)
        runs = read_log(log, reading, self._tables)
        self._refuse(runs, log.name)
        record = BenchmarkRecord(
            name=name,
            command=(seen.command if seen else None) or _command(name, self._target),
            log=f"{name}.log" if files.log is not None else None,
            log_format=files.format_names,
        )
        started = (seen.timestamp if seen else None) or _modified(files.first.path)
        benchmarks = list(benchmarks_of_timings(name, runs, source=log.name))
        if not benchmarks:
            benchmark = summarise(name, runs, reading, source=log.name)
            benchmarks = [_with_warnings(benchmark, self._torn_end(log, seen))]
        return [
            Source(benchmark=one, record=_named(record, one), origin=Origin.IMPORTED, started=started)
            for one in benchmarks
        ]

    def _log(self, name: str, files: Grouped, seen: Survey | None) -> BenchmarkLog:
        """The benchmark's log with the files of its runs, all of them kept."""
        runs = seen.runs if seen is not None else runs_of_files(name, files.files)
        _reject_repeated(name, files.first.path, runs)
        beside: dict[int, tuple[RunFile, ...]] = {}
        for capture in files.files:
            place = file_place(runs, capture)
            beside[place] = (*beside.get(place, ()), self._archive_file(name, runs[place], capture))
        return BenchmarkLog(
            benchmark=name,
            name=files.first.path.name,
            format=files.log.format if files.log is not None else None,
            runs=runs,
            blocks=read_raw_blocks(self._raw / f"{name}.log") if files.log is not None else (),
            merged=True,
            files=beside,
        )

    def _is_transcript(self, path: Path) -> bool:
        if self._log_format is not None:
            return self._log_format == transcript.NAME
        return transcript.sniff(next(read_blocks(path), b""))

    def _archive_log(self, name: str, capture: Capture) -> Survey:
        """Keeps the log, and looks through it on the way."""
        blocks = archived(self._raw / f"{name}.log", read_blocks(capture.path))
        seen = survey(line_blocks(blocks), name)
        if capture.format.SHAPE is Shape.DOCUMENT:
            last_line = seen.runs[-1].last_line if seen.runs else 0
            whole = RunRecord(benchmark=name, kind=RunKind.MEASURED, number=1, first_line=1, last_line=last_line)
            return msgspec.structs.replace(seen, runs=(whole,), timestamp=None, command=None)
        return seen

    def _archive_file(self, name: str, run: RunRecord, capture: Capture) -> RunFile:
        stem = run_file_stem(name, run.kind, run.number)
        raw = self._raw / f"{stem}.{RAW_SUFFIXES.get(capture.format.NAME, capture.format.NAME)}"
        write_raw_blocks(raw, read_blocks(capture.path))
        return RunFile(name=capture.path.name, format=capture.format, blocks=lambda: read_raw_blocks(raw))

    def _read_transcript(self, name: str, path: Path, reading: Reading) -> Source:
        text = b"".join(read_blocks(path)).decode("utf-8", errors="replace")
        table = transcript.parse(text, source=str(path))
        runs = read_transcript(name, table, reading, self._tables)
        if not runs:
            raise LogError(f"{path} holds no row.")
        benchmark = summarise(name, runs, reading, source=path.name, workload=table.workload)
        record = BenchmarkRecord(
            name=name,
            command=table.facts.get("Command", ""),
            workload=benchmark.workload,
            log_level=table.facts.get("Log level"),
            log_format=transcript.NAME,
        )
        started = table.facts.get("Timestamp") or _modified(path)
        return Source(benchmark=benchmark, record=record, origin=Origin.TRANSCRIBED, started=started)

    def _torn_end(self, log: BenchmarkLog, seen: Survey | None) -> tuple[str, ...]:
        """A remark on a log whose last line may be cut: its fields are the last that anybody would miss."""
        of_lines = log.format is not None and log.format.SHAPE is Shape.LINES
        if seen is None or seen.ends_with_newline or not of_lines:
            return ()
        remark = f"{log.name}: the last line has no end: the log may be cut"
        if self._strict:
            raise LogError(f"{remark}.", hint="Without --strict what can be read is imported.")
        return (remark,)

    def _refuse(self, runs: Sequence[ReadRun], name: str) -> None:
        """Raises LogError for files that contradict each other, and under --strict for any piece not read."""
        conflicts = [sentence for run in runs for sentence in run.conflicts]
        if conflicts:
            more = f" (and {len(conflicts) - 1} more)" if len(conflicts) > 1 else ""
            raise LogError(f"{conflicts[0]}{more}.", hint="These files are not of the same run.")
        count = sum(run.gathered.issue_count for run in runs)
        if self._strict and count:
            first = next(issue_lines(runs, name), f"{name}: not all of it could be read")
            raise LogError(f"{first} ({count} in all).", hint="Without --strict what can be read is imported.")


def _named(record: BenchmarkRecord, benchmark: ReadBenchmark) -> BenchmarkRecord:
    return msgspec.structs.replace(
        record, name=benchmark.name, workload=benchmark.workload, log_level=benchmark.log_level
    )


def _with_warnings(benchmark: ReadBenchmark, warnings: tuple[str, ...]) -> ReadBenchmark:
    return msgspec.structs.replace(benchmark, warnings=(*benchmark.warnings, *warnings))


def _reject_repeated(name: str, path: Path, runs: Sequence[RunRecord]) -> None:
    numbers = [(run.kind, run.number) for run in runs]
    if not any(kind is RunKind.MEASURED for kind, _ in numbers) or (RunKind.MEASURED, 0) in numbers:
        raise LogError(f"{path} holds no measured run of {name}.", hint="Measured runs are numbered from 1.")
    repeated = [key for key, count in Counter(numbers).items() if count > 1]
    if repeated:
        raise LogError(
            f"{path}: {repeated[0][0].value} run {repeated[0][1]} of {name} occurs twice: two captures in one file?",
            hint="Import each capture by itself.",
        )


def _command(name: str, target: Target) -> str:
    return target.benchmarks[name].command if name in target.benchmarks else ""


def _modified(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
