"""Is the evidence behind a milestone's file still there, whole, and where everybody can find it?"""

from collections.abc import Iterator
from pathlib import Path

from harness.commands.milestones.place import MilestonePlace
from harness.commands.workspace import Workspace
from harness.errors import StoreError
from harness.milestones.evidence import Evidence, LogFile, Recordings
from harness.milestones.findings import Finding, fails, unclear
from harness.recording.manifest import Recording
from harness.store.folder import BASELINES, MANIFEST, Store
from harness.store.raw import file_hashes
from harness.targets.built import sha256_of

_RESTORE = "Restore it from git or from a copy; nothing else can stand for it."


def evidence_findings(
    workspace: Workspace, place: MilestonePlace, evidence: Evidence, *, published: bool
) -> Iterator[Finding]:
    """What is missing or altered among the recordings and logs; `published` asks for all of it in the repository."""
    yield from recording_findings(workspace, evidence.recordings, published=published)
    for log in evidence.logs:
        yield from _log(place, log, published=published)


def recording_findings(workspace: Workspace, recordings: Recordings, *, published: bool) -> Iterator[Finding]:
    """What is missing, altered or added among the files of the recordings."""
    for recording in recordings.everything:
        yield from _recording(workspace, recording, published=published)


def _recording(workspace: Workspace, recording: Recording, *, published: bool) -> Iterator[Finding]:
    """Of what is published the repository's copy counts: a whole one in the store is of no use to anybody else."""
    store = Store(root=workspace.configuration.root / BASELINES) if published else workspace.store
    try:
        store.load(recording.id)
        folder = store.path_of(recording.id)
        there = file_hashes(folder) if folder else {}
    except StoreError as error:
        yield fails(error.message, hint=_RESTORE)
        return
    except OSError as error:
        yield unclear(f"Recording {recording.id} cannot be read: {error.strerror}.", hint=_RESTORE)
        return
    for name in there.keys() - recording.manifest.files.keys() - {MANIFEST}:
        yield fails(f"Recording {recording.id} holds {name}, which is none of its files.", hint="Remove it.")
    for name, sha256 in recording.manifest.files.items():
        if name not in there:
            yield fails(f"Recording {recording.id} has lost its {name}.", hint=_RESTORE)
        elif there[name] != sha256:
            yield fails(f"{name} of recording {recording.id} was altered: its hash changed.", hint=_RESTORE)


def _log(place: MilestonePlace, log: LogFile, *, published: bool) -> Iterator[Finding]:
    path: Path = place.directory / log.path
    if not path.is_file():
        if published:
            yield fails(f"The log {log.path} is missing.", hint=_RESTORE)
        return
    try:
        found = sha256_of(path)
    except OSError as error:
        yield unclear(f"The log {log.path} cannot be read: {error.strerror}.", hint=_RESTORE)
        return
    if found != log.sha256:
        yield fails(f"The log {log.path} was altered: its hash changed.", hint=_RESTORE)
