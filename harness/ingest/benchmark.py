"""All runs of one benchmark → its run records, workload, KPI samples and parsed spans."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.ingest.judge import Lines, Streams, failure_of
from harness.kpis.samples import KpiDefinition, MeasuredRun, collect
from harness.kpis.selector import ProofScope
from harness.recording.manifest import KpiRecord, RunKind, RunRecord, Workload
from harness.spans import forest
from harness.spans.facts import most_verbose, tests_executed, workload_of
from harness.spans.model import ParsedRun


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRun:
    """A run as its process left it, with its text; `facts.failure` already holds what the process itself showed."""

    facts: RunRecord
    text: Streams


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadRun:
    """A run with everything read from its text."""

    facts: RunRecord
    parsed: ParsedRun


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How a benchmark is read: its KPIs, which proof counts, and whether it must have interactions."""

    definitions: tuple[KpiDefinition, ...]
    scope: ProofScope
    requires_interactions: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadBenchmark:
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
    facts = replace(
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
    """Samples come from good measured runs alone. `workload` is given where the text does not state it."""
    good = [run for run in runs if run.facts.failure is None]
    stated = [workload_of(run.parsed.events) for run in good]
    measured = [
        MeasuredRun(number=run.facts.number, parsed=run.parsed) for run in good if run.facts.kind is RunKind.MEASURED
    ]
    differing = any(one != stated[0] for one in stated[1:])
    return ReadBenchmark(
        name=name,
        runs=tuple(runs),
        workload=workload or (stated[0] if stated and not differing else Workload()),
        log_level=most_verbose(level for run in good for level in run.parsed.levels),
        kpis=tuple(collect(name, definition, measured, reading.scope) for definition in reading.definitions),
        warnings=(f"{name}: the runs do not state the same workload",) if differing else (),
    )


def split_streams(lines: Lines, stderr_lines: Sequence[tuple[int, int]]) -> Streams:
    """Lines of a run by stream; `stderr_lines` are closed ranges of line numbers."""
    from_stderr = {number for first, last in stderr_lines for number in range(first, last + 1)}
    return Streams(
        stdout=tuple(line for line in lines if line[0] not in from_stderr),
        stderr=tuple(line for line in lines if line[0] in from_stderr),
    )
