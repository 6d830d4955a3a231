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
from harness.store.folder import BASELINES, RAW, RECORDINGS, Store, unwritable, write_durably
from harness.store.labels import set_label
from harness.store.raw import read_raw

_OWN_HEADER = re.compile(rb"\A(?:# [^\n]*\n){1,5}\n?")


def publish(workspace: Workspace, ref: str, *, name: str | None, logs: Path | None, replace: bool) -> tuple[Path, ...]:
    """Copies the recording, then its logs, and labels it last. Returns what was written. Raises StoreError."""
    recording = find_recording(workspace, ref)
    if recording.manifest.failure:
        raise StoreError(
            f"Recording {recording.id} is not complete: {recording.manifest.failure}.", hint="Record again."
        )
    baselines = Store(root=workspace.configuration.root / BASELINES)
    written = [_copy(workspace, recording, baselines)]
    if logs is not None:
        written += _write_logs(workspace, recording, logs, name or "run")
    if name is not None:
        set_label(baselines, name, recording, replace=replace)
    return tuple(written)


def _copy(workspace: Workspace, recording: Recording, baselines: Store) -> Path:
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


def _write_logs(workspace: Workspace, recording: Recording, folder: Path, tag: str) -> list[Path]:
    source = workspace.store.path_of(recording.id)
    if source is None:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return list(_logs(recording, source, folder, tag))
    except OSError as error:
        raise unwritable(folder, error) from None


def _logs(recording: Recording, source: Path, folder: Path, tag: str) -> Iterator[Path]:
    """`BENCH-DATE-TAG.log`, each with the three lines that stored captures begin with."""
    written: set[str] = set()
    for one in recording.manifest.benchmarks:
        if one.log is not None and one.log not in written:  # a runner's results hold several benchmarks
            written.add(one.log)
            path = folder / f"{Path(one.log).stem}-{recording.manifest.started[:10]}-{tag}.log"
            write_durably(path, _header(recording, one) + _OWN_HEADER.sub(b"", read_raw(source / RAW / one.log)))
            yield path


def _header(recording: Recording, benchmark: BenchmarkRecord) -> bytes:
    started = recording.manifest.started
    return f"# capture: {benchmark.name}\n# Timestamp: {started}\n# Command: {benchmark.command}\n\n".encode()
