"""From what the user calls a recording to the recording itself."""

from pathlib import Path

from harness.commands.workspace import Workspace
from harness.errors import ConfigError, RefError
from harness.recording.manifest import Recording
from harness.store.refs import WORKTREE, Resolved, name_of, resolve
from harness.targets.git import resolve_revisions


def resolve_refs(workspace: Workspace, *refs: str) -> list[Resolved]:
    """What each of `refs` names here, git asked once; remarks about other meanings go to stderr."""
    directory = workspace.checkout_directory
    unreadable: ConfigError | None = None
    commits: dict[str, str | RefError | None] = {}
    try:
        commits = resolve_revisions(directory, [name_of(ref) for ref in refs]) if directory else {}
    except ConfigError as error:  # matters only to a ref that names nothing else
        unreadable = error

    def find_commit(name: str) -> str | None:
        commit = commits.get(name)
        if isinstance(commit, RefError):
            raise commit
        return commit

    try:
        found = [resolve(ref, store=workspace.store, place=workspace.place(), find_commit=find_commit) for ref in refs]
    except RefError as error:
        raise unreadable or error from None
    for note in [note for one in found for note in one.notes]:
        workspace.say(note)
    return found


def stored(workspace: Workspace, resolved: Resolved) -> Recording | None:
    """The recording a resolved ref stands for: itself, its capture imported, or the latest clean one of its commit."""
    if resolved.recording is not None:
        return resolved.recording
    if resolved.file is not None:
        return _import_file(workspace, resolved.file)
    if resolved.commit is None or resolved.commit == WORKTREE:
        return None
    return latest_of_commit(workspace, resolved.commit)


def find_recording(workspace: Workspace, ref: str) -> Recording:
    """The stored recording `ref` names. Raises RefError where a commit has none."""
    (resolved,) = resolve_refs(workspace, ref)
    recording = stored(workspace, resolved)
    if recording is None:
        raise RefError(
            f"'{ref}' has no complete, clean recording of {workspace.target_name} on this host.",
            hint=f"'harness run --rev {ref}' makes one." if resolved.commit != WORKTREE else "'harness run' makes one.",
        )
    return recording


def latest_of_commit(workspace: Workspace, commit: str) -> Recording | None:
    """The latest complete, clean recording of a commit for target and host; a full one before one of fewer runs."""
    matching = [
        one
        for one in workspace.store.recordings()
        if one.manifest.provenance.commit == commit
        and not one.manifest.provenance.dirty
        and not one.manifest.failure
        and one.manifest.target == workspace.target_name
        and set(one.manifest.benchmark_names) >= set(workspace.target.benchmarks)
        and one.manifest.host.id == workspace.host_id
    ]
    asked = workspace.contract.measured
    return max(matching, key=lambda one: (one.manifest.protocol.measured >= asked, one.manifest.started), default=None)


def _import_file(workspace: Workspace, path: Path) -> Recording:
    """A capture given by path becomes an unlabelled recording; the same file gives the same recording."""
    names = [
        name
        for name, benchmark in workspace.target.benchmarks.items()
        if name in path.stem or any(word in path.stem for word in benchmark.command.split() if word.startswith("test_"))
    ]
    if len(names) != 1:
        raise RefError(
            f"{path} does not say which benchmark of {workspace.target_name} it captures.",
            hint=f"Say so: harness import BENCH={path} --target {workspace.target_name}",
        )
    from harness.commands.importing import import_captures  # noqa: PLC0415 (pyarrow loads only to read a capture)

    return import_captures(workspace, [(names[0], path)]).recording
