"""Recordings in the making: a draft folder that survives a crash with every finished run in it.

A draft is `recordings/.draft-PID-STARTED-XXXX/`, after the process that makes it, with `session.json` (what is being
recorded), `runs.jsonl` (one finished run a line, on disk before the next run starts) and `raw/`. Publishing renames it;
a draft whose harness died is recovered.
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
_MS_PER_S = 1000
_SAME_START_MS = 2000
"""The system tells when a process began by its clock, which may be set meanwhile."""
SESSION = "session.json"
RUNS = "runs.jsonl"
JOURNAL = frozenset({SESSION, RUNS})
"""What only a draft needs; a finished recording's manifest says it all."""


def new_draft(store: Store, session: Manifest | None = None) -> Path:
    """An empty draft folder; `session` says what will be recorded, for whoever has to recover it."""
    store.prepare()
    owner = f"{os.getpid()}-{round(psutil.Process().create_time() * _MS_PER_S)}"
    try:
        draft = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{owner}-", dir=store.root / RECORDINGS))
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
        pid, _, rest = path.name.removeprefix(_PREFIX).partition("-")
        started_ms = rest.partition("-")[0]
        known = pid.isdigit() and (path / SESSION).is_file()
        if known and not _lives(int(pid), int(started_ms) if started_ms.isdigit() else None):
            yield path


def _lives(pid: int, started_ms: int | None) -> bool:
    """Whether that very process still runs: after a restart, of the machine or a container, another has its number."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return started_ms is None or abs(process.create_time() * _MS_PER_S - started_ms) <= _SAME_START_MS
    except psutil.NoSuchProcess:
        return False
