"""Recordings in the making: a draft folder that survives a crash with every finished run in it.

A draft is `recordings/.draft-PID-XXXX/` with `session.json` (what is being recorded), `runs.jsonl` (one finished run a
line, on disk before the next run starts) and `raw/`. Publishing renames it; a draft whose harness died is recovered.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil

from harness.errors import StoreError
from harness.recording.manifest import Manifest, RunRecord, from_json, to_json
from harness.store.folder import RAW, RECORDINGS, UNREADABLE, Store, unwritable, write_durably

_PREFIX = ".draft-"
SESSION = "session.json"
RUNS = "runs.jsonl"
JOURNAL = frozenset({SESSION, RUNS})
"""What only a draft needs; a finished recording's manifest says it all."""


def new_draft(store: Store, session: Manifest | None = None) -> Path:
    """An empty draft folder; `session` says what will be recorded, for whoever has to recover it."""
    store.prepare()
    try:
        draft = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=store.root / RECORDINGS))
    except OSError as error:
        raise unwritable(store.root, error) from None
    try:
        draft.chmod(0o755)
        (draft / RAW).mkdir()
        if session is not None:
            write_durably(draft / SESSION, to_json(session))
    except OSError as error:
        discard(draft)
        raise unwritable(store.root, error) from None
    return draft


def discard(draft: Path) -> None:
    """Removes a draft in which nothing was recorded."""
    shutil.rmtree(draft, ignore_errors=True)


def restate(draft: Path, session: Manifest) -> None:
    """Says anew what a draft is to record: the plan of a session can depend on its first runs."""
    try:
        write_durably(draft / SESSION, to_json(session))
    except OSError as error:
        raise unwritable(draft / SESSION, error) from None


def append_run(draft: Path, run: RunRecord) -> None:
    """Adds a finished run to the journal, on disk when this returns."""
    try:
        with (draft / RUNS).open("ab") as file:
            file.write(msgspec.json.encode(run) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise unwritable(draft / RUNS, error) from None


def run_count(draft: Path) -> int:
    """How many finished runs a draft holds."""
    try:
        return (draft / RUNS).read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


def journal(draft: Path) -> tuple[Manifest, tuple[RunRecord, ...]]:
    """What a draft was to record and its finished runs; a torn last line of a crash is left out."""
    session = from_json((draft / SESSION).read_bytes(), where=str(draft / SESSION))
    try:
        lines = (draft / RUNS).read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        lines = []
    try:
        runs = tuple(msgspec.json.decode(line, type=RunRecord) for line in lines)
    except UNREADABLE as error:
        raise StoreError(f"{draft / RUNS} is damaged: {error}.", hint="The raw logs beside it are whole.") from None
    return session, runs


def drop_journal(store: Store, recording_id: str) -> None:
    """Removes a draft's journal from the recording it became; done last, so that no crash can lose it too early."""
    for name in JOURNAL:
        (store.root / RECORDINGS / recording_id / name).unlink(missing_ok=True)


def abandoned_drafts(store: Store) -> Iterator[Path]:
    """Drafts with a session whose harness no longer runs."""
    for path in sorted((store.root / RECORDINGS).glob(f"{_PREFIX}*")):
        pid = path.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and (path / SESSION).is_file():
            yield path
