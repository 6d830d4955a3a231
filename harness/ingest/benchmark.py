"""All runs of one benchmark → its run records, workload and KPI samples; their rows go into the tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

from harness.formats.protocol import Format, Shape
from harness.ingest.lines import RunLines, RunPiece, line_blocks, pieces_of_runs
from harness.ingest.run_text import ReadRun, RunFile, RunLog, document_pieces, read_run
from harness.ingest.tables import TableWriter
from harness.kpis.definition import KpiDefinition, ProofScope
from harness.kpis.samples import MeasuredRun, collect
from harness.kpis.selector import wanted_spans
from harness.recording.manifest import KpiRecord, RunKind, RunRecord, Workload
from harness.spans.facts import interactions, most_verbose

_SHOWN_ISSUES = 5


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a benchmark is read: its KPIs, which proof counts, and whether it must have interactions."""

    definitions: tuple[KpiDefinition, ...]
    scope: ProofScope
    requires_interactions: bool = False


class BenchmarkLog(msgspec.Struct, frozen=True, kw_only=True):
    """One benchmark's log and what its programs wrote beside it.

    `name` is the log's for people, `merged` says that it does not tell stdout from stderr; `files` are by place of the
    run in `runs`.
    """

    benchmark: str
    name: str
    format: Format | None
    runs: tuple[RunRecord, ...]
    blocks: Iterable[bytes]
    merged: bool
    files: Mapping[int, tuple[RunFile, ...]] = {}


class ReadBenchmark(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording keeps of one benchmark."""

    name: str
    runs: tuple[ReadRun, ...]
    workload: Workload
    log_level: str | None
    kpis: tuple[KpiRecord, ...]
    warnings: tuple[str, ...]


def read_log(log: BenchmarkLog, reading: Reading, tables: TableWriter) -> tuple[ReadRun, ...]:
    """Reads every run of a log, in one pass over it. Raises OSError, LogError."""
    wanted = wanted_spans((one.selector for one in reading.definitions), reading.scope)
    found: dict[int, ReadRun] = {}

    def read(index: int, pieces: Iterable[RunPiece]) -> None:
        run = RunLog(
            facts=log.runs[index],
            name=log.name,
            format=log.format,
            pieces=pieces,
            files=log.files.get(index, ()),
        )
        found[index] = read_run(run, wanted, tables, requires_interactions=reading.requires_interactions)

    for index, pieces in groupby(_pieces(log), key=lambda piece: piece.run):
        read(index, pieces)
    for index in range(len(log.runs)):
        if index not in found:  # a run that printed nothing
            read(index, ())
    return tuple(found[index] for index in range(len(log.runs)))


def _pieces(log: BenchmarkLog) -> Iterator[RunPiece]:
    if log.format is not None and log.format.SHAPE is Shape.DOCUMENT:
        return document_pieces(log.blocks)
    runs = [
        RunLines(first_line=run.first_line, last_line=run.last_line, stderr_lines=run.stderr_lines) for run in log.runs
    ]
    return pieces_of_runs(line_blocks(log.blocks), runs, merged=log.merged)


def summarise(
    name: str, runs: Sequence[ReadRun], reading: Reading, *, source: str, workload: Workload | None = None
) -> ReadBenchmark:
    """Samples come from good measured runs alone. `workload` is given where the text does not state it.

    A counters run logs more than the timed ones by design, so no extra run speaks for the log level or the workload.
    `source` is the log's name for people.
    """
    timed = [run for run in runs if run.facts.failure is None and not run.facts.kind.is_extra]
    stated = [run.gathered.workload for run in timed]
    measured = [
        MeasuredRun(
            number=run.facts.number,
            spans=run.gathered.spans,
            too_many=run.gathered.too_many,
            ends_early=run.gathered.ends_early,
        )
        for run in timed
        if run.facts.kind is RunKind.MEASURED
    ]
    differing = _differ(stated)
    return ReadBenchmark(
        name=name,
        runs=tuple(runs),
        workload=workload or (stated[0] if stated and not differing else Workload()),
        log_level=most_verbose(level for run in timed for level in run.gathered.levels),
        kpis=tuple(collect(name, definition, measured, reading.scope) for definition in reading.definitions),
        warnings=(*_warnings(name, stated, reading), *skipped(runs, source)),
    )


def issue_lines(runs: Sequence[ReadRun], source: str) -> Iterator[str]:
    """Every issue that was kept, with file and line."""
    for run in runs:
        for issue in run.gathered.issues:
            yield f"{issue.file or source}:{issue.line}: {issue.message}"


def skipped(runs: Sequence[ReadRun], source: str) -> Iterator[str]:
    """The first pieces that were passed over, and how many more there are."""
    count = sum(run.gathered.issue_count for run in runs)
    shown = list(issue_lines(runs, source))[:_SHOWN_ISSUES]
    yield from shown
    if count > len(shown):
        yield f"{source}: {count - len(shown)} more pieces could not be read"


def _differ(stated: Sequence[Workload]) -> bool:
    return any(one != stated[0] for one in stated[1:])


def _warnings(name: str, stated: Sequence[Workload], reading: Reading) -> Iterator[str]:
    if _differ(stated):
        yield f"{name}: the runs do not state the same workload"
    if reading.requires_interactions and stated and interactions(stated[0]) is None:
        yield f"{name}: the log names no AIR, so whether any has interactions cannot be told"
