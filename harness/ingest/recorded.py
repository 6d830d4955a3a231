"""The logs and files of a finished session → its tables, and what its manifest keeps."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from harness.formats import openvm_metrics, span_jsonl
from harness.formats.protocol import Format
from harness.formats.registry import recognise
from harness.ingest.benchmark import BenchmarkLog, ReadBenchmark, Reading, read_log, summarise
from harness.ingest.run_text import ReadRun, RunFile
from harness.ingest.sources import read_blocks
from harness.ingest.tables import TableWriter
from harness.recording.manifest import RunRecord
from harness.spans.capture import METRICS_FILE_SUFFIX, SPANS_FILE_SUFFIX, run_file_stem

_RUN_FILES: tuple[tuple[str, Format], ...] = (
    (SPANS_FILE_SUFFIX, span_jsonl),
    (METRICS_FILE_SUFFIX, openvm_metrics),
)
_PACKED = ".zst"


def read_recorded(
    draft: Path, raw: Path, readings: Mapping[str, Reading], runs: Sequence[RunRecord]
) -> tuple[tuple[ReadBenchmark, ...], dict[str, str]]:
    """Reads every benchmark of a session; each one's format by name. Raises OSError, LogError.

    The files in `raw` may be compressed already: a harness that died while finishing may have got so far.
    """
    formats: dict[str, str] = {}
    found: list[ReadBenchmark] = []
    with TableWriter(draft) as tables:
        for name, reading in readings.items():
            own = tuple(run for run in runs if run.benchmark == name)
            log = _log(name, raw, own)
            formats[name] = _format_names(log)
            read = tuple(_with_conflicts(run) for run in read_log(log, reading, tables))
            found.append(summarise(name, read, reading, source=log.name))
    return tuple(found), formats


def _log(name: str, raw: Path, runs: tuple[RunRecord, ...]) -> BenchmarkLog:
    path = _stored(raw / f"{name}.log")
    files = {
        place: tuple(
            RunFile(name=f"{stem}.{suffix}", format=one, blocks=partial(read_blocks, at))
            for suffix, one in _RUN_FILES
            if (at := _stored(raw / f"{stem}.{suffix}")) is not None
        )
        for place, run in enumerate(runs)
        for stem in [run_file_stem(name, run.kind, run.number)]
    }
    return BenchmarkLog(
        benchmark=name,
        name=f"{name}.log",
        format=recognise(read_blocks(path)) if path is not None else None,
        runs=runs,
        blocks=read_blocks(path) if path is not None else (),
        merged=False,
        files={place: several for place, several in files.items() if several},
    )


def _format_names(log: BenchmarkLog) -> str:
    beside = [file.format for files in log.files.values() for file in files]
    return " + ".join(dict.fromkeys(one.NAME for one in [log.format, *beside] if one is not None))


def _stored(path: Path) -> Path | None:
    places = (path, path.with_name(path.name + _PACKED))
    return next((place for place in places if place.is_file()), None)


def _with_conflicts(run: ReadRun) -> ReadRun:
    """Both sources watched the same process, so a contradiction is an interrupt between two clock reads: said, kept."""
    facts = msgspec.structs.replace(run.facts, notes=(*run.facts.notes, *run.conflicts))
    return msgspec.structs.replace(run, facts=facts)
