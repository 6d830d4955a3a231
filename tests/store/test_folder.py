import errno
import hashlib
import os
from pathlib import Path

import pytest
from msgspec import structs

from harness.errors import StoreError
from harness.recording.manifest import to_json
from harness.store.drafts import discard
from harness.store.folder import Store, committed_baselines, write_durably
from harness.store.raw import read_raw

ROOT = Path(__file__).parent.parent.parent
M8 = "0ae611f3c83983b8"


def place_of(store, recording) -> Path:
    return store.root / "recordings" / recording.id


def test_a_recordings_id_is_the_hash_of_its_manifest_as_it_lies_on_disk(store, save):
    recording = save()
    data = (place_of(store, recording) / "recording.json").read_bytes()

    assert recording.id == hashlib.sha256(data).hexdigest()[:16]
    assert store.load(recording.id) == recording
    assert read_raw(place_of(store, recording) / "raw" / "keccakf.log") == b"printed\n"


def test_equal_content_is_one_recording_and_other_content_another(store, save):
    first, again, other = save(), save(), save(started="2026-11-20T10:00:01Z")

    assert (first.id == again.id, first.id == other.id) == (True, False)
    assert sorted(store.ids()) == sorted([first.id, other.id])
    assert sorted(path.name for path in (store.root / "recordings").iterdir()) == sorted([first.id, other.id])


@pytest.mark.parametrize("lost", ["recording.json", "raw/keccakf.log.zst"])
def test_recording_again_what_lost_a_file_makes_it_whole(store, save, tree_of, lost):
    recording = save()
    before = tree_of(store.root)
    (place_of(store, recording) / lost).unlink()

    assert save() == recording
    assert tree_of(store.root) == before


def test_an_altered_manifest_is_refused(store, save):
    recording = save()
    path = place_of(store, recording) / "recording.json"
    path.write_bytes(to_json(structs.replace(recording.manifest, target="another")))

    with pytest.raises(StoreError, match="was altered") as error:
        store.load(recording.id)
    assert str(path) in error.value.message
    assert "record again" in error.value.hint


def test_a_recording_that_lost_its_manifest_is_named_with_its_folder(store, save):
    recording = save()
    (place_of(store, recording) / "recording.json").unlink()

    with pytest.raises(StoreError, match=r"has lost its recording\.json") as error:
        list(store.recordings())
    assert str(place_of(store, recording)) in error.value.message
    assert "Restore it" in error.value.hint


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"schema": 99}', "has schema version 99, this harness reads 1"),
        (b"\xff\xfe", "is not a recording's manifest"),
        (b"", "is not a recording's manifest"),
        (b'{"schema": 1}', "is not a recording's manifest"),
    ],
)
def test_a_manifest_that_cannot_be_read_names_its_path(store, content, told):
    path = store.root / "recordings" / ("0" * 16) / "recording.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    with pytest.raises(StoreError, match=told) as error:
        store.load("0" * 16)
    assert str(path) in error.value.message


@pytest.mark.parametrize("name", ["", "../labels", "8A0922FE86667DE1", "8a0922fe86667de", "/etc/passwd", "a\0b"])
def test_what_is_no_id_is_not_looked_for_on_disk(store, name):
    assert store.path_of(name) is None
    with pytest.raises(StoreError, match="There is no recording"):
        store.load(name)


def test_drafts_and_strangers_in_the_folder_are_no_recordings(store, save, draft_of):
    recording = save()
    draft_of()
    (store.root / "recordings" / "notes.txt").write_text("mine")

    assert list(store.ids()) == [recording.id]


@pytest.mark.parametrize("parent", ["a file", "/proc"])
def test_a_place_that_cannot_be_written_is_named_with_a_way_out(tmp_path, parent):
    if parent == "/proc" and not Path(parent).is_dir():
        pytest.skip("no /proc here")
    (tmp_path / "a file").write_text("")
    store = Store(root=tmp_path / parent / "store")

    with pytest.raises(StoreError, match="cannot be written") as error:
        store.prepare()
    assert str(store.root) in error.value.message
    assert "--store" in error.value.hint


def test_a_store_that_is_a_file_cannot_be_read_and_says_so(tmp_path):
    (tmp_path / "store").write_text("")

    with pytest.raises(StoreError, match="cannot be read") as error:
        list(Store(root=tmp_path / "store").ids())
    assert str(tmp_path / "store") in error.value.message
    assert "--store" in error.value.hint


def test_a_store_that_is_not_there_yet_is_empty(store):
    assert list(store.ids()) == []
    assert not store.root.exists()


def test_a_full_disk_while_publishing_changes_nothing_recorded(store, save, draft_of, tree_of, monkeypatch):
    save()
    before = tree_of(store.root)
    draft, manifest = draft_of(started="2026-11-20T11:00:00Z")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left on device") as error:
        store.publish_draft(draft, manifest)
    assert "Free space" in error.value.hint
    discard(draft)
    assert tree_of(store.root) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_file_written_durably_keeps_its_old_content_on_a_full_disk(tmp_path):
    path = tmp_path / "m8.json"
    write_durably(path, b"old")
    (tmp_path / f".m8.json.{os.getpid()}").symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["m8.json"]


@pytest.mark.parametrize(("name", "ignored"), [(".harness", True), ("results", True), ("baselines", False)])
def test_a_new_store_ignores_itself_and_baselines_are_for_committing(tmp_path, name, ignored):
    store = Store(root=tmp_path / name)
    store.prepare()

    assert (store.root / ".gitignore").exists() is ignored
    if ignored:
        (store.root / ".gitignore").write_text("mine")
        store.prepare()
        assert (store.root / ".gitignore").read_text() == "mine"


def test_committed_baselines_stand_behind_the_store(store, save):
    behind = Store(root=store.root, behind=committed_baselines(ROOT))
    own = save()

    assert [path.name for path in behind.behind] == ["baselines"]
    assert list(behind.ids()) == [own.id, M8]
    assert behind.load(M8).manifest.target == "openvm-metal"
    assert behind.load(own.id) == own


def test_baselines_beside_the_configuration_come_before_the_ones_that_were_shipped(tmp_path):
    (tmp_path / "baselines").mkdir()

    assert committed_baselines(tmp_path) == ((tmp_path / "baselines").resolve(), (ROOT / "baselines").resolve())
    assert committed_baselines(tmp_path / "elsewhere") == ((ROOT / "baselines").resolve(),)
