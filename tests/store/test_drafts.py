import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.errors import StoreError
from harness.store.drafts import abandoned_drafts, append_run, discard, drop_journal, journal, new_draft
from harness.store.folder import Store

full_disk = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.fixture
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def owned_by(draft: Path, pid: int | str) -> Path:
    """The draft as one of that process, begun when it began."""
    living = isinstance(pid, int) and psutil.pid_exists(pid)
    started_ms = round(psutil.Process(pid).create_time() * 1000) if living else 0
    rest = draft.name.rpartition("-")[2]
    return draft.rename(draft.with_name(f".draft-{pid}-{started_ms}-{rest}"))


def test_a_draft_keeps_what_is_recorded_and_every_finished_run(store, manifest, a_run):
    draft = new_draft(store, manifest)
    assert journal(draft) == (manifest, ())
    for number in (1, 2):
        append_run(draft, a_run(number))

    assert journal(draft) == (manifest, (a_run(1), a_run(2)))
    assert (draft / "raw").is_dir()
    assert list(store.ids()) == []


@pytest.mark.parametrize("torn", [b"{", b'{"benchmark":"kec', b"\0\0\0", b"\xff"])
def test_a_torn_last_line_costs_that_run_only(store, manifest, a_run, torn):
    draft = new_draft(store, manifest)
    append_run(draft, a_run(1))
    with (draft / "runs.jsonl").open("ab") as file:
        file.write(torn)

    assert journal(draft) == (manifest, (a_run(1),))


@pytest.mark.parametrize("damage", [b"{}\n", b"\xff\n", b"\n"])
def test_a_damaged_line_before_the_last_is_an_error_that_names_the_file(store, manifest, a_run, damage):
    draft = new_draft(store, manifest)
    with (draft / "runs.jsonl").open("ab") as file:
        file.write(damage)
    append_run(draft, a_run(2))

    with pytest.raises(StoreError, match="is damaged") as error:
        journal(draft)
    assert str(draft / "runs.jsonl") in error.value.message
    assert "raw logs" in error.value.hint


def test_a_draft_is_abandoned_only_when_its_harness_is_dead(store, manifest, dead_pid):
    ours = new_draft(store, manifest)
    another = owned_by(new_draft(store, manifest), os.getppid())
    dead = owned_by(new_draft(store, manifest), dead_pid)
    owned_by(new_draft(store), dead_pid)
    owned_by(new_draft(store, manifest), "x")

    assert list(abandoned_drafts(store)) == [dead]
    assert ours.is_dir()
    assert another.is_dir()


def test_a_draft_is_abandoned_when_another_process_has_its_owners_number(store, manifest):
    """After a restart of the machine or of a container numbers begin anew, and this very process may have it."""
    draft = new_draft(store, manifest)
    assert list(abandoned_drafts(store)) == []
    _, pid, started_ms, rest = draft.name.removeprefix(".").split("-")
    earlier = draft.rename(draft.with_name(f".draft-{pid}-{int(started_ms) - 3_600_000}-{rest}"))

    assert list(abandoned_drafts(store)) == [earlier]


def test_a_draft_whose_dead_owner_nobody_waited_for_is_abandoned(store, manifest):
    owner = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    owned = owned_by(new_draft(store, manifest), owner.pid)
    assert list(abandoned_drafts(store)) == []
    owner.kill()
    while psutil.Process(owner.pid).status() != psutil.STATUS_ZOMBIE:
        pass

    assert list(abandoned_drafts(store)) == [owned]
    owner.communicate()


def test_a_discarded_draft_is_gone_and_a_store_without_any_has_none_abandoned(store):
    draft = new_draft(store)
    discard(draft)
    discard(draft)

    assert not draft.exists()
    assert list(abandoned_drafts(Store(root=store.root / "nowhere"))) == []


def test_the_journal_is_dropped_from_the_recording_it_became(store, manifest, a_run):
    draft = new_draft(store, manifest)
    append_run(draft, a_run(1))
    recording = store.publish_draft(draft, manifest)
    for _ in range(2):
        drop_journal(store, recording.id)

    assert sorted(path.name for path in store.path_of(recording.id).iterdir()) == ["raw", "recording.json"]


@full_disk
def test_a_full_disk_keeps_the_runs_that_were_finished_before(store, manifest, a_run):
    draft = new_draft(store, manifest)
    append_run(draft, a_run(1))
    (draft / "runs.jsonl").rename(draft / "whole")
    (draft / "runs.jsonl").symlink_to("/dev/full")

    with pytest.raises(StoreError, match="No space left") as error:
        append_run(draft, a_run(2))
    assert str(draft / "runs.jsonl") in error.value.message
    (draft / "whole").replace(draft / "runs.jsonl")
    assert journal(draft)[1] == (a_run(1),)


def test_a_draft_that_cannot_be_begun_leaves_nothing_behind(store, save, manifest, tree_of, monkeypatch):
    save()
    before = tree_of(store.root)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        new_draft(store, manifest)
    assert tree_of(store.root) == before


def test_a_draft_below_a_file_is_an_error_of_the_store(tmp_path, manifest):
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="cannot be written"):
        new_draft(Store(root=tmp_path / "file" / "store"), manifest)
