"""`harness publish`: a recording copied into baselines/, its logs beside the documents that name them."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.commands.finding import find_recording
from harness.commands.workspace import Workspace
from harness.errors import StoreError
from harness.recording.manifest import BenchmarkRecord, Recording
from harness.store.folder import BASELINES, LABELS, RAW, RECORDINGS, Store, unwritable, write_durably
from harness.store.labels import labelled, set_label
from harness.store.raw import read_raw

_OWN_HEADER = re.compile(rb"\A(?:# [^\n]*\n){1,5}\n?")


def publish(workspace: Workspace, ref: str, *, name: str | None, logs: Path | None, replace: bool) -> tuple[Path, ...]:
    """Copies the recording, then its logs, and labels it last. Returns what was written. Raises StoreError."""
    recording = find_recording(workspace, ref)
    if recording.manifest.failure:
        raise StoreError(
            f"Recording {recording.id} is not complete: {recording.manifest.failure}.", hint="Record again."
        )
    written = [copy_to_baselines(workspace, recording)]
    if logs is not None:
        written += write_logs(workspace, recording, logs, name or "run")
    if name is not None:
        set_label(_baselines(workspace), name, recording, replace=replace)
    return tuple(written)


def _baselines(workspace: Workspace) -> Store:
    return Store(root=workspace.configuration.root / BASELINES)


def copy_to_baselines(workspace: Workspace, recording: Recording) -> Path:
    """Where a recording lies in baselines/, copied there if it was not. Raises StoreError."""
    baselines = _baselines(workspace)
    source = workspace.store.path_of(recording.id)
    place = baselines.root / RECORDINGS / recording.id
    if place.exists() or source is None:
        return place
    baselines.prepare()
    try:
        with tempfile.TemporaryDirectory(prefix=".publish-", dir=place.parent) as scratch:
            copy = Path(scratch) / recording.id
            shutil.copytree(source, copy)
            copy.rename(place)
    except OSError as error:
        raise unwritable(place, error) from None
    return place


def label_in_baselines(workspace: Workspace, name: str, recording: Recording) -> Path:
    """Lets a committed label name a recording, where none names another for that target and host; its file."""
    baselines = _baselines(workspace)
    if labelled(baselines, name, (recording.manifest.target, recording.manifest.host.id)) is None:
        set_label(baselines, name, recording, replace=False)
    return baselines.root / LABELS / f"{name}.json"


def write_logs(workspace: Workspace, recording: Recording, folder: Path, tag: str) -> list[Path]:
    """Writes the raw logs of a recording as `BENCH-DATE-TAG.log`. Raises StoreError, also for another log's place."""
    source = workspace.store.path_of(recording.id)
    if source is None:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return list(_logs(recording, source, folder, tag))
    except OSError as error:
        raise unwritable(folder, error) from None


def _logs(recording: Recording, source: Path, folder: Path, tag: str) -> Iterator[Path]:
    for one in benchmarks_with_logs(recording):
        path = folder / log_name(recording, one, tag)
        write_once(path, published_log(recording, one, source))
        yield path


def write_once(path: Path, data: bytes) -> None:
    """Writes a log where there is none yet; the same bytes may lie there. Raises StoreError for others, OSError."""
    if not path.exists():
        write_durably(path, data)
    elif path.read_bytes() != data:
        raise StoreError(
            f"{path} holds another log, which is kept.", hint="Move it away, or publish under another name."
        )


def benchmarks_with_logs(recording: Recording) -> tuple[BenchmarkRecord, ...]:
    """One benchmark a raw log: a runner's results hold several, and a transcript has none."""
    by_log = {one.log: one for one in reversed(recording.manifest.benchmarks) if one.log is not None}
    return tuple(reversed(by_log.values()))


def log_name(recording: Recording, benchmark: BenchmarkRecord, tag: str) -> str:
    """`BENCH-DATE-TAG.log`."""
    return f"{Path(benchmark.log or benchmark.name).stem}-{recording.manifest.started[:10]}-{tag}.log"


def published_log(recording: Recording, benchmark: BenchmarkRecord, source: Path) -> bytes:
    """A raw log with the three lines that stored captures begin with; `source` is where the recording lies."""
    started = recording.manifest.started
    header = f"# capture: {benchmark.name}\n# Timestamp: {started}\n# Command: {benchmark.command}\n\n"
    return header.encode() + _OWN_HEADER.sub(b"", read_raw(source / RAW / f"{benchmark.log}"))
