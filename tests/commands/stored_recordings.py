"""Recordings put into a store of a test's own, made of the committed ones; shared by this folder's tests."""

from pathlib import Path

from msgspec import structs

from harness.commands.talk import Talk
from harness.commands.workspace import Workspace, open_workspace
from harness.recording.manifest import Recording
from harness.store.folder import RECORDINGS, Store

ROOT = Path(__file__).parent.parent.parent
_TURNS = Store(root=ROOT / "tests" / "data" / "turns")
BASE, HEAD = _TURNS.load("50ea4e1e75a02867"), _TURNS.load("a7927e5fb85ef72f")
"""Two programs whose runs took turns."""


class Heard(Talk):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


def workspace_at(folder: Path) -> Workspace:
    """This repository with a store of its own, which speaks to a `Heard`."""
    return open_workspace(ROOT, store=folder / "store", target="openvm-cpu", host=None, say=Heard())


def put(workspace: Workspace, like: Recording, *, protocol: dict[str, object] | None = None, **changes) -> Recording:
    """Stores a manifest like another one's, without spans; without `protocol` it is of no session."""
    how = structs.replace(like.manifest.protocol, **{"session": None, **(protocol or {})})
    manifest = structs.replace(like.manifest, protocol=how, files={}, **changes)
    workspace.store.prepare()
    draft = workspace.store.root / RECORDINGS / ".draft"
    draft.mkdir()
    return workspace.store.publish_draft(draft, manifest)
