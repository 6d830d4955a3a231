import hashlib
from pathlib import Path

import pytest
from msgspec import structs

from harness.recording.manifest import (
    BenchmarkRecord,
    Host,
    Manifest,
    Origin,
    Protocol,
    Provenance,
    Recording,
    RunKind,
    RunRecord,
)
from harness.store.drafts import new_draft
from harness.store.folder import RAW, Store
from harness.store.raw import file_hashes, write_raw_blocks

MANIFEST = Manifest(
    target="cpu",
    started="2026-11-20T10:00:00Z",
    contract="m8",
    host=Host(id="here"),
    provenance=Provenance(origin=Origin.MEASURED),
    protocol=Protocol(warmups=1, measured=5),
    benchmarks=(BenchmarkRecord(name="keccakf", command="cargo run"),),
    runs=(),
    kpis=(),
    files={},
)


@pytest.fixture
def manifest():
    return MANIFEST


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(root=tmp_path / "store")


@pytest.fixture
def draft_of(store):
    """A draft with one raw log, and the manifest that names it."""

    def make(raw: bytes = b"printed\n", **changes) -> tuple[Path, Manifest]:
        draft = new_draft(store)
        write_raw_blocks(draft / RAW / "keccakf.log", [raw])
        return draft, structs.replace(MANIFEST, files=file_hashes(draft), **changes)

    return make


@pytest.fixture
def save(store, draft_of):
    """A finished recording; `host` and `target` are what labels tell apart, `started` makes it another one."""

    def make(*, host: str | None = "here", into: Store = store, **changes) -> Recording:
        draft, manifest = draft_of(host=Host(id=host), **changes)
        into.prepare()
        return into.publish_draft(draft, manifest)

    return make


@pytest.fixture
def a_run():
    def make(number: int) -> RunRecord:
        return RunRecord(
            benchmark="keccakf", kind=RunKind.MEASURED, number=number, first_line=number, last_line=number, order=number
        )

    return make


@pytest.fixture
def tree_of():
    """Every file and folder below a place, with the hash of its content."""

    def read(place: Path) -> dict[str, str]:
        return {
            str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
            for path in sorted(place.rglob("*"))
        }

    return read
