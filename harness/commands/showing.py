"""`harness ls` and `harness show`."""

from pathlib import Path

from harness.commands.finding import find_recording
from harness.commands.workspace import Workspace
from harness.documents.recordings import Shown
from harness.errors import StoreError
from harness.kpis.tree import TreeRow, span_tree
from harness.recording.manifest import Manifest, Recording, RunKind
from harness.spans.stored import StoredRun
from harness.store.labels import labels_of


def shown(workspace: Workspace, recording: Recording, *, warnings: tuple[str, ...] = ()) -> Shown:
    """A recording with its labels and place."""
    path = workspace.store.path_of(recording.id)
    return Shown(
        recording=recording, labels=labels_of(workspace.store, recording.id), path=str(path), warnings=warnings
    )


def list_recordings(workspace: Workspace) -> tuple[Shown, ...]:
    """All recordings, oldest first."""
    found = sorted(workspace.store.recordings(), key=lambda one: (one.manifest.started, one.id))
    return tuple(shown(workspace, one) for one in found)


def show_recording(workspace: Workspace, ref: str, *, trees: bool) -> Shown:
    """One recording; `trees` adds the span trees, which need its Parquet file."""
    recording = find_recording(workspace, ref)
    plain = shown(workspace, recording)
    if not trees:
        return plain
    return Shown(recording=recording, labels=plain.labels, path=plain.path, trees=tuple(_trees(workspace, recording)))


def show_spans(workspace: Workspace, ref: str) -> tuple[Shown, tuple[StoredRun, ...]]:
    """One recording with the spans of all its runs, which are read as they are asked for."""
    from harness.ingest.stored_spans import stored_runs  # noqa: PLC0415 (as in commands/finishing.py)
    from harness.ingest.tables import SPANS_FILE  # noqa: PLC0415

    recording = find_recording(workspace, ref)
    return shown(workspace, recording), stored_runs(_folder_with(workspace, recording, SPANS_FILE) / SPANS_FILE)


def _trees(workspace: Workspace, recording: Recording) -> list[tuple[str, tuple[TreeRow, ...]]]:
    from harness.ingest.tables import SPANS_FILE, has_trees, read_timed_spans  # noqa: PLC0415 (commands/finishing.py)

    path = _folder_with(workspace, recording, SPANS_FILE)
    if not has_trees(path):
        workspace.say("The spans are too many for their trees to be drawn: --format csv writes them all.")
        return []
    manifest = recording.manifest
    return [
        (name, span_tree(read_timed_spans(path, name, measured_runs(manifest, name))))
        for name in manifest.benchmark_names
    ]


def _folder_with(workspace: Workspace, recording: Recording, file: str) -> Path:
    """Where a recording lies. Raises StoreError where it has lost that file."""
    path = workspace.store.path_of(recording.id)
    if path is None or not (path / file).is_file():
        raise StoreError(f"Recording {recording.id} has lost its {file} in {path}.", hint="Restore it from a copy.")
    return path


def measured_runs(manifest: Manifest, benchmark: str) -> list[int]:
    """Numbers of the good measured runs of a benchmark."""
    return [
        run.number
        for run in manifest.runs
        if run.benchmark == benchmark and run.kind is RunKind.MEASURED and run.failure is None
    ]
