"""`harness import`: existing captures → one recording."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from harness import __version__
from harness.commands.finishing import reading_of
from harness.commands.results import Recorded
from harness.commands.workspace import Workspace
from harness.errors import ConfigError, LogError, MeasureError
from harness.ingest.benchmark import ReadBenchmark, Reading, ReadRun, RecordedRun, read_benchmark, read_run
from harness.ingest.judge import Streams
from harness.ingest.tables import write_tables
from harness.kpis.contract import Contract
from harness.recording.manifest import (
    BenchmarkRecord,
    Host,
    Manifest,
    Origin,
    Protocol,
    Provenance,
    RunKind,
    RunRecord,
)
from harness.spans import forest, transcript
from harness.spans.capture import split_capture
from harness.store.drafts import discard, new_draft
from harness.store.folder import RAW
from harness.store.labels import set_label
from harness.store.raw import file_hashes, write_raw
from harness.targets.config import Target

FORMATS = (forest.NAME, transcript.NAME)


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    """One capture, read."""

    benchmark: ReadBenchmark
    record: BenchmarkRecord
    origin: Origin
    raw: bytes
    started: str


def import_captures(
    workspace: Workspace,
    captures: Sequence[tuple[str, Path]],
    *,
    label: str | None = None,
    log_format: str | None = None,
    replace: bool = False,
) -> Recorded:
    """Makes one recording of captures (benchmark name, file) and labels it.

    Raises LogError for a file that holds no spans, MeasureError where a run in it failed: the recording is then kept,
    unlabelled.
    """
    target, contract = workspace.target, workspace.contract
    _check_names([name for name, _ in captures], target, contract)
    sources = [_read_source(name, path, target, contract, log_format) for name, path in captures]
    manifest = _manifest(workspace, sources)
    draft = new_draft(workspace.store)
    try:
        for source in sources:
            if source.record.log is not None:
                write_raw(draft / RAW / source.record.log, source.raw)
        write_tables(draft, [source.benchmark for source in sources], sources[0].record.log_format or "")
        manifest = msgspec.structs.replace(manifest, files=file_hashes(draft))
        recording = workspace.store.publish_draft(draft, manifest)
    except BaseException:
        discard(draft)
        raise
    if manifest.failure:
        raise MeasureError(
            f"Recording {recording.id} is kept but not labelled: {manifest.failure}.",
            hint=f"'harness show {recording.id}' shows what could be read.",
        )
    if label is not None:
        set_label(workspace.store, label, recording, replace=replace)
    return Recorded(recording=recording, warnings=manifest.warnings)


def _check_names(names: Sequence[str], target: Target, contract: Contract) -> None:
    """Raises ConfigError for a benchmark that nobody knows, or that is named twice: its log would replace the other."""
    known = dict.fromkeys([*target.benchmarks, *(one.name for one in contract.benchmarks)])
    for name in names:
        if name not in known:
            raise ConfigError(f"No benchmark '{name}'.", hint=f"Known: {', '.join(known)}.")
        if names.count(name) > 1:
            raise ConfigError(f"Benchmark '{name}' is given twice.", hint="Import each capture into its own recording.")


def _read_source(name: str, path: Path, target: Target, contract: Contract, log_format: str | None) -> _Source:
    raw = _read_file(path)
    text = raw.decode("utf-8", errors="replace")
    reading = reading_of(target, contract, name)
    if log_format == transcript.NAME or (log_format is None and transcript.sniff(text)):
        return _read_transcript(name, path, text, reading)
    if log_format is None and not forest.sniff(text):
        raise LogError(
            f"{path} holds no span as tracing-forest prints them.",
            hint="Was RUST_LOG set so that spans are printed? --log-format names another format: " + ", ".join(FORMATS),
        )
    return _read_forest(name, path, raw, text, reading, target)


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror}.") from None


def _read_forest(name: str, path: Path, raw: bytes, text: str, reading: Reading, target: Target) -> _Source:
    capture = split_capture(text)
    runs = [
        RecordedRun(
            facts=RunRecord(
                benchmark=name, kind=one.kind, number=one.number, first_line=one.first_line, last_line=one.last_line
            ),
            text=Streams(stdout=one.lines, stderr=one.lines),
        )
        for one in capture.runs
    ]
    _reject_repeated(name, path, [run.facts for run in runs])
    read = [read_run(run, requires_interactions=reading.requires_interactions) for run in runs]
    benchmark = read_benchmark(name, read, reading)
    unterminated = () if text.endswith("\n") else (f"{path.name}: the last line has no end: the log may be cut",)
    return _Source(
        benchmark=_with_warnings(benchmark, unterminated),
        record=BenchmarkRecord(
            name=name,
            command=capture.command or _command(name, target),
            workload=benchmark.workload,
            log_level=benchmark.log_level,
            log=f"{name}.log",
            log_format=forest.NAME,
        ),
        origin=Origin.IMPORTED,
        raw=raw,
        started=capture.timestamp or _modified(path),
    )


def _read_transcript(name: str, path: Path, text: str, reading: Reading) -> _Source:
    table = transcript.parse(text, source=str(path))
    read = [
        ReadRun(
            facts=RunRecord(
                benchmark=name,
                kind=run.kind,
                number=run.number,
                first_line=run.first_line,
                last_line=run.last_line,
                roots=run.parsed.roots,
            ),
            parsed=run.parsed,
        )
        for run in table.runs
    ]
    if not read:
        raise LogError(f"{path} holds no row.")
    benchmark = read_benchmark(name, read, reading, workload=table.workload)
    record = BenchmarkRecord(
        name=name,
        command=table.facts.get("Command", ""),
        workload=benchmark.workload,
        log_level=table.facts.get("Log level"),
        log_format=transcript.NAME,
    )
    started = table.facts.get("Timestamp") or _modified(path)
    return _Source(benchmark=benchmark, record=record, origin=Origin.TRANSCRIBED, raw=b"", started=started)


def _with_warnings(benchmark: ReadBenchmark, warnings: tuple[str, ...]) -> ReadBenchmark:
    return msgspec.structs.replace(benchmark, warnings=(*benchmark.warnings, *warnings))


def _reject_repeated(name: str, path: Path, runs: Sequence[RunRecord]) -> None:
    numbers = [(run.kind, run.number) for run in runs]
    if not any(kind is RunKind.MEASURED for kind, _ in numbers) or (RunKind.MEASURED, 0) in numbers:
        raise LogError(f"{path} holds no measured run of {name}.", hint="Measured runs are numbered from 1.")
    repeated = next((one for one in numbers if numbers.count(one) > 1), None)
    if repeated is not None:
        raise LogError(
            f"{path}: {repeated[0].value} run {repeated[1]} of {name} occurs twice: two captures in one file?",
            hint="Import each capture by itself.",
        )


def _command(name: str, target: Target) -> str:
    return target.benchmarks[name].command if name in target.benchmarks else ""


def _modified(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _manifest(workspace: Workspace, sources: Sequence[_Source]) -> Manifest:
    contract = workspace.contract
    runs = tuple(run.facts for source in sources for run in source.benchmark.runs)
    failed = next((run for run in runs if run.failure), None)
    counts = [_measured(source.benchmark) for source in sources]
    cold = tuple(
        f"{source.benchmark.name}: no warmup run"
        for source in sources
        if not _warmups(source.benchmark) and contract.warmups
    )
    few = tuple(
        f"{source.benchmark.name}: {count} measured runs, the contract asks for {contract.measured}"
        for source, count in zip(sources, counts, strict=True)
        if count != contract.measured
    )
    return Manifest(
        target=workspace.target_name,
        started=min(source.started for source in sources),
        contract=contract.name,
        host=Host(id=workspace.host_choice),
        provenance=Provenance(origin=sources[0].origin, harness_version=__version__),
        protocol=Protocol(
            warmups=max(_warmups(source.benchmark) for source in sources),
            measured=max(counts),
            proof=workspace.target.proof.value,
        ),
        benchmarks=tuple(source.record for source in sources),
        runs=runs,
        kpis=tuple(kpi for source in sources for kpi in source.benchmark.kpis),
        files={},
        warnings=(*(warning for source in sources for warning in source.benchmark.warnings), *cold, *few),
        failure=f"{failed.describe()} failed: {failed.failure}" if failed else None,
    )


def _measured(benchmark: ReadBenchmark) -> int:
    return sum(run.facts.kind is RunKind.MEASURED for run in benchmark.runs)


def _warmups(benchmark: ReadBenchmark) -> int:
    return sum(run.facts.kind is RunKind.WARMUP for run in benchmark.runs)
