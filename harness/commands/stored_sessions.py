"""What the store knows of how much sessions of one program differ."""

from collections.abc import Iterator

from harness.commands.workspace import Workspace
from harness.compare.sessions import Between, between_sessions
from harness.errors import StoreError
from harness.recording.manifest import Manifest


def sessions_for(workspace: Workspace, base: Manifest, head: Manifest) -> Between:
    """How far base and head may differ only by being of two sessions."""
    return between_sessions(stored_manifests(workspace), base, head)


def stored_manifests(workspace: Workspace) -> Iterator[Manifest]:
    """All stored manifests; one that cannot be read is told and left out, for it is none of what was asked for."""
    for recording_id in workspace.store.ids():
        try:
            yield workspace.store.load(recording_id).manifest
        except StoreError as error:
            workspace.say(f"Not counted as a calibration session: {error}")
