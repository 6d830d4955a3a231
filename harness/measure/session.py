"""One session of runs: takes the scheduled steps in order and leaves every finished run on disk before the next."""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from harness.errors import MeasureError
from harness.measure import perf_stat
from harness.measure.line_log import LineLog
from harness.measure.lock import MeasuringLock
from harness.measure.printed import Printed
from harness.measure.process import ProcessOutcome, run_process
from harness.measure.progress import Progress
from harness.measure.schedule import Step
from harness.recording.manifest import RunKind, RunRecord
from harness.spans.capture import run_file_stem, section_title
from harness.store.drafts import append_run, journal
from harness.store.folder import RAW, unwritable
from harness.units import format_seconds


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """One process of a run: what is started, where, with which whole environment."""

    argv: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str]


class RunnableBenchmark(msgspec.Struct, frozen=True, kw_only=True):
    """A built benchmark. `outputs` are variables that get a fresh path per run, with the suffix of their file."""

    name: str
    command: str
    programs: tuple[Program, ...]
    timeout_s: float
    outputs: Mapping[str, str] = {}
    counters_environment: Mapping[str, str] = {}


class SidePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a session: its name for people, its draft folder, what it runs.

    `carried` is how many runs its draft holds from the session that it takes up again.
    """

    name: str
    draft: Path
    benchmarks: Mapping[str, RunnableBenchmark]
    carried: int = 0


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a session ended: all steps taken, or stopped by a failed run."""

    failed: RunRecord | None = None
    side: int = 0


Judge = Callable[[Step, RunRecord, Printed], str | None]
"""Says of a run that ended well as a process, from what it printed, why it is a failed run after all."""


def begin_log(path: Path, benchmark: str, *, started: str, command: str) -> None:
    """Starts a raw log with the three lines that every stored capture begins with."""
    header = f"# capture: {benchmark}\n# Timestamp: {started}\n# Command: {command}\n\n"
    try:
        path.write_text(header, encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from None


def take_runs(
    steps: Iterable[Step],
    sides: Sequence[SidePlan],
    *,
    lock: MeasuringLock,
    judge: Judge,
    progress: Progress,
    status: Callable[[str], None],
) -> Ended:
    """Takes the steps; the first failed run ends the session. Raises KeyboardInterrupt, StoreError, MeasureError.

    The next step is asked for only after `progress` was told of the one before.
    """
    logs: dict[tuple[int, str], LineLog] = {}
    order = count(1 + max((run.order or 0 for side in sides for run in journal(side.draft)[1]), default=-1))
    try:
        for step in steps:
            side = sides[step.side]
            key = (step.side, step.benchmark)
            if key not in logs:
                logs[key] = LineLog(side.draft / RAW / f"{step.benchmark}.log")
            status(progress.line(step))
            run = _take(step, side, log=logs[key], lock=lock, judge=judge, order=next(order))
            append_run(side.draft, run)
            progress.finished(step, (run.wall_ns or 0) / 1e9)
            if run.failure is not None and not run.kind.is_extra:
                return Ended(failed=run, side=step.side)
    finally:
        for log in logs.values():
            log.close()
    return Ended()


def _take(step: Step, side: SidePlan, *, log: LineLog, lock: MeasuringLock, judge: Judge, order: int) -> RunRecord:
    benchmark = side.benchmarks[step.benchmark]
    log.section(section_title(step.kind, step.number))
    if step.kind is RunKind.INSTRUCTIONS:
        return _count(step, benchmark, side.draft, log=log, lock=lock, order=order)
    begins_at = log.path.stat().st_size
    outcomes = _run(step, benchmark, side.draft, log=log, lock=lock)
    wrote_files = _collect_outputs(benchmark, step, side.draft)
    run = _record(step, outcomes, benchmark, order)
    if run.failure is None:
        printed = Printed(
            path=log.path,
            offset=begins_at,
            first_line=run.first_line,
            stderr_lines=run.stderr_lines,
            wrote_files=wrote_files,
        )
        run = msgspec.structs.replace(run, failure=judge(step, run, printed))
    return run


def _run(
    step: Step, benchmark: RunnableBenchmark, draft: Path, *, log: LineLog, lock: MeasuringLock
) -> list[ProcessOutcome]:
    """Every program of the run in turn, up to the first that fails."""
    outcomes: list[ProcessOutcome] = []
    for position, program in enumerate(benchmark.programs):
        environment = {**program.environment, **_outputs(benchmark, step, draft, position)}
        if step.kind is RunKind.COUNTERS:
            environment |= benchmark.counters_environment
        outcome = run_process(
            program.argv,
            directory=program.directory,
            env=environment,
            log=log,
            timeout_s=benchmark.timeout_s,
            on_start=partial(lock.note_child, command=shlex.join(program.argv)),
        )
        lock.clear_child()
        outcomes.append(outcome)
        if outcome.exit_code != 0 or outcome.timed_out:
            break
    return outcomes


def _count(
    step: Step, benchmark: RunnableBenchmark, draft: Path, *, log: LineLog, lock: MeasuringLock, order: int
) -> RunRecord:
    """A run under perf. Where it goes wrong it has no count, and the session goes on: no sample depends on it.

    Its peak memory may be perf's own, so it has none.
    """
    with TemporaryDirectory(prefix="harness-perf-") as scratch:
        outputs = [Path(scratch) / str(position) for position in range(len(benchmark.programs))]
        programs = tuple(
            msgspec.structs.replace(program, argv=perf_stat.wrap(program.argv, output))
            for program, output in zip(benchmark.programs, outputs, strict=True)
        )
        counting = msgspec.structs.replace(benchmark, programs=programs)
        try:
            outcomes = _run(step, counting, draft, log=log, lock=lock)
        except MeasureError as error:  # a session taken up again may find no perf any more
            return _not_started(step, log, order, str(error))
        counts = [perf_stat.read_count(output) for output in outputs[: len(outcomes)]]
    _collect_outputs(benchmark, step, draft)
    run = _record(step, outcomes, benchmark, order)
    uncounted = [one.reason for one in counts if isinstance(one, perf_stat.Uncounted)]
    why = f"its run under perf failed: {run.failure}" if run.failure else next(iter(uncounted), None)
    return msgspec.structs.replace(
        run,
        failure=None,
        peak_memory_bytes=None,
        instructions=None if why else sum(one for one in counts if isinstance(one, int)),
        no_instructions=why,
    )


def _not_started(step: Step, log: LineLog, order: int, why: str) -> RunRecord:
    return RunRecord(
        benchmark=step.benchmark,
        kind=step.kind,
        number=step.number,
        part=step.part,
        first_line=log.first_line,
        last_line=log.last_line,
        order=order,
        no_instructions=why,
    )


def _record(step: Step, outcomes: Sequence[ProcessOutcome], benchmark: RunnableBenchmark, order: int) -> RunRecord:
    """The processes of one run as one: times add up, the peak is the largest."""
    last = outcomes[-1]
    peaks = [one.peak_memory_bytes for one in outcomes if one.peak_memory_bytes is not None]
    return RunRecord(
        benchmark=step.benchmark,
        kind=step.kind,
        number=step.number,
        part=step.part,
        first_line=outcomes[0].first_line,
        last_line=last.last_line,
        stderr_lines=tuple(lines for one in outcomes for lines in one.stderr_lines),
        failure=_process_failure(last, benchmark),
        order=order,
        started=outcomes[0].started,
        wall_ns=sum(one.wall_ns for one in outcomes),
        user_ns=sum(one.user_ns for one in outcomes),
        sys_ns=sum(one.sys_ns for one in outcomes),
        peak_memory_bytes=max(peaks, default=None),
        exit_code=last.exit_code,
        notes=tuple(note for one in outcomes for note in _notes(one)),
    )


def _notes(outcome: ProcessOutcome) -> tuple[str, ...]:
    torn = ("its last line had no end; one was added",) if outcome.unterminated else ()
    return (*outcome.notes, *torn)


def _process_failure(outcome: ProcessOutcome, benchmark: RunnableBenchmark) -> str | None:
    if outcome.timed_out:
        return f"took longer than its timeout of {format_seconds(benchmark.timeout_s)} and was ended"
    if outcome.exit_code < 0:
        return f"ended by signal {-outcome.exit_code}"
    if outcome.exit_code > 0:
        return f"exit code {outcome.exit_code}"
    return None


def _output_path(benchmark: RunnableBenchmark, step: Step, draft: Path, suffix: str) -> Path:
    return draft / RAW / f"{run_file_stem(benchmark.name, step.kind, step.number)}.{suffix}"


def _outputs(benchmark: RunnableBenchmark, step: Step, draft: Path, position: int) -> dict[str, str]:
    """A path of its own for every program of a run: one must not overwrite what another wrote."""
    return {
        variable: f"{_output_path(benchmark, step, draft, suffix)}.{position}"
        for variable, suffix in benchmark.outputs.items()
    }


def _collect_outputs(benchmark: RunnableBenchmark, step: Step, draft: Path) -> bool:
    """The only program that wrote a file gives it the run's plain name. Returns whether there is such a file."""
    any_written = False
    for suffix in benchmark.outputs.values():
        path = _output_path(benchmark, step, draft, suffix)
        written = [one for n in range(len(benchmark.programs)) if (one := Path(f"{path}.{n}")).exists()]
        if len(written) == 1:
            written[0].rename(path)
            any_written = True
    return any_written
