"""What the store knows of how much sessions of one program differ."""

from collections.abc import Iterator

from harness.commands.workspace import Workspace
from harness.compare.sessions import Between, between_sessions, calibrating
from harness.errors import StoreError
from harness.recording.manifest import Manifest, Recording


def sessions_for(workspace: Workspace, base: Manifest, head: Manifest) -> Between:
    """How far base and head may differ only by being of two sessions."""
    return between_sessions((one.manifest for one in stored_recordings(workspace)), base, head)


def recordings_that_calibrate(workspace: Workspace, like: Manifest) -> tuple[Recording, ...]:
    """The stored recordings that `sessions_for` learns from, oldest first."""
    everything = sorted(stored_recordings(workspace), key=lambda one: (one.manifest.started, one.id))
    counted = {id(one) for one in calibrating([one.manifest for one in everything], like)}
    return tuple(one for one in everything if id(one.manifest) in counted)


def stored_recordings(workspace: Workspace) -> Iterator[Recording]:
    """All stored recordings; one that cannot be read is told and left out, for it is none of what was asked for."""
    for recording_id in workspace.store.ids():
        try:
            yield workspace.store.load(recording_id)
        except StoreError as error:
            workspace.say(f"Not counted as a calibration session: {error}")
