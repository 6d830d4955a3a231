"""All runs of one benchmark → its run records, workload, KPI samples and parsed spans."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.ingest.judge import Lines, Streams, failure_of
from harness.kpis.definition import KpiDefinition, ProofScope
from harness.kpis.samples import MeasuredRun, collect
from harness.recording.manifest import KpiRecord, RunKind, RunRecord, Workload
from harness.spans import forest
from harness.spans.facts import interactions, most_verbose, tests_executed, workload_of
from harness.spans.model import ParsedRun


class RecordedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its process left it, with its text; `facts.failure` already holds what the process itself showed."""

    facts: RunRecord
    text: Streams


class ReadRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run with everything read from its text."""

    facts: RunRecord
    parsed: ParsedRun


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a benchmark is read: its KPIs, which proof counts, and whether it must have interactions."""

    definitions: tuple[KpiDefinition, ...]
    scope: ProofScope
    requires_interactions: bool = False


class ReadBenchmark(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording keeps of one benchmark."""

    name: str
    runs: tuple[ReadRun, ...]
    workload: Workload
    log_level: str | None
    kpis: tuple[KpiRecord, ...]
    warnings: tuple[str, ...]


def read_run(run: RecordedRun, *, requires_interactions: bool) -> ReadRun:
    """Parses a run's stdout and judges it."""
    parsed = forest.parse(run.text.stdout)
    failure = run.facts.failure or failure_of(run.text, parsed, requires_interactions=requires_interactions)
    facts = msgspec.structs.replace(
        run.facts,
        failure=failure,
        tests_executed=tests_executed(run.text.stdout),
        roots=parsed.roots,
        issues=len(parsed.issues),
    )
    return ReadRun(facts=facts, parsed=parsed)


def read_benchmark(
    name: str, runs: Sequence[ReadRun], reading: Reading, workload: Workload | None = None
) -> ReadBenchmark:
    """Samples come from good measured runs alone. `workload` is given where the text does not state it.

    A counters run logs more than the timed ones by design, so it speaks neither for the log level nor for the workload.
    """
    timed = [run for run in runs if run.facts.failure is None and run.facts.kind is not RunKind.COUNTERS]
    stated = [workload_of(run.parsed.events) for run in timed]
    measured = [
        MeasuredRun(number=run.facts.number, parsed=run.parsed) for run in timed if run.facts.kind is RunKind.MEASURED
    ]
    differing = _differ(stated)
    return ReadBenchmark(
        name=name,
        runs=tuple(runs),
        workload=workload or (stated[0] if stated and not differing else Workload()),
        log_level=most_verbose(level for run in timed for level in run.parsed.levels),
        kpis=tuple(collect(name, definition, measured, reading.scope) for definition in reading.definitions),
        warnings=tuple(_warnings(name, stated, reading)),
    )


def split_streams(lines: Lines, stderr_lines: Sequence[tuple[int, int]]) -> Streams:
    """Lines of a run by stream; `stderr_lines` are closed ranges of line numbers."""
    from_stderr = {number for first, last in stderr_lines for number in range(first, last + 1)}
    return Streams(
        stdout=tuple(line for line in lines if line[0] not in from_stderr),
        stderr=tuple(line for line in lines if line[0] in from_stderr),
    )


def _differ(stated: Sequence[Workload]) -> bool:
    return any(one != stated[0] for one in stated[1:])


def _warnings(name: str, stated: Sequence[Workload], reading: Reading) -> Iterator[str]:
    if _differ(stated):
        yield f"{name}: the runs do not state the same workload"
    if reading.requires_interactions and stated and interactions(stated[0]) is None:
        yield f"{name}: the log names no AIR, so whether any has interactions cannot be told"
