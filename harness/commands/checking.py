"""`harness check`: does a recording meet a contract."""

from harness.commands.finding import find_recording
from harness.commands.workspace import Workspace
from harness.kpis.check import Check, check


def check_recording(workspace: Workspace, ref: str, *, contract: str | None) -> Check:
    """The check of a recording against the named contract, else the one it was recorded for."""
    recording = find_recording(workspace, ref)
    return check(workspace.load_contract(contract or recording.manifest.contract), recording.manifest)
