"""Recordings of two programs whose runs took turns in one session: better evidence than each one's latest."""

from harness.commands.workspace import Workspace
from harness.compare.comparability import stands_for
from harness.recording.manifest import Recording


def in_turns(workspace: Workspace, base: Recording, head: Recording) -> tuple[Recording, Recording]:
    """The latest recordings of the same two programs whose runs took turns, else the two themselves."""
    if base.id == head.id or (_session(base) is not None and _session(base) == _session(head)):
        return base, head
    everything = [one for one in workspace.store.recordings() if _session(one) is not None and not one.manifest.failure]
    bases = {_session(one): one for one in everything if stands_for(one.manifest, base.manifest)}
    heads = {_session(one): one for one in everything if stands_for(one.manifest, head.manifest)}
    common = [session for session in bases.keys() & heads.keys() if bases[session].id != heads[session].id]
    if not common:
        return base, head
    latest = max(common, key=lambda session: bases[session].manifest.started)
    workspace.say(f"Taken from the session of {bases[latest].manifest.started}, in which both sides took turns.")
    return bases[latest], heads[latest]


def _session(recording: Recording) -> str | None:
    return recording.manifest.protocol.session
