"""Recordings and runs as documents are given them; shared by this folder's tests."""

from harness.documents.recordings import Shown
from harness.recording.manifest import Recording, RunKind, from_json
from harness.spans.stored import StoredRun
from harness.spans.trees import Numbering


def shown_at(folder):
    manifest = from_json((folder / "recording.json").read_bytes(), where="")
    return Shown(recording=Recording(id=folder.name, manifest=manifest), labels=("base",), path="")


def run_of(*roots, benchmark="keccakf", kind=RunKind.MEASURED, number=1):
    numbering = Numbering()
    rows = [one for root in roots for one in numbering.rows(root)]
    return StoredRun(benchmark=benchmark, kind=kind, number=number, source="s", spans=lambda: iter(rows))
