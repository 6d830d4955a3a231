import json

import pytest

from harness.errors import RefError, StoreError
from harness.store.folder import Store
from harness.store.labels import label_entries, label_names, labels_of, require_movable, set_label, validate_label

HERE = ("cpu", "here")


def text_of(store, name: str) -> bytes:
    return (store.root / "labels" / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", ["m8", "a", "0", "A.b_c-d", "x" * 64, "HEAD2", "head"])
def test_names_that_can_be_labels(name):
    assert validate_label(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "HEAD", "WORKTREE", "../x", "a/b", ".hidden", "-x", "_x", "x" * 65, "a b", "a\n", "ä", "a\0", "m8.json/"],
)
def test_names_that_cannot_be_labels_are_refused_and_never_read(store, save, name):
    with pytest.raises(RefError, match="cannot be a label") as error:
        set_label(store, name, save(), replace=True)
    assert "letters, digits" in error.value.hint
    assert name in {"HEAD", "WORKTREE"} or label_entries(store, name) == ()


def test_a_label_moves_only_when_told_to_and_keeps_its_history(store, save):
    first, second, third = (save(started=f"2026-11-20T10:00:0{second}Z") for second in range(3))
    set_label(store, "m9", first, replace=False)
    before = text_of(store, "m9")

    with pytest.raises(RefError, match=f"already names {first.id} for cpu on host here") as error:
        set_label(store, "m9", second, replace=False)
    assert "--replace" in error.value.hint
    assert text_of(store, "m9") == before
    for recording in (second, third):
        set_label(store, "m9", recording, replace=True)
    (entry,) = label_entries(store, "m9")
    assert (entry.recording, entry.history) == (third.id, (first.id, second.id))
    assert labels_of(store, first.id) == ()
    assert labels_of(store, third.id) == ("m9",)


@pytest.mark.parametrize("replace", [True, False])
def test_naming_the_same_recording_again_changes_nothing(store, save, replace):
    recording = save()
    set_label(store, "m9", recording, replace=False)
    before = text_of(store, "m9")
    set_label(store, "m9", recording, replace=replace)

    assert text_of(store, "m9") == before


def test_one_label_has_one_entry_for_each_target_and_host(store, save):
    made = [save(host="here"), save(host="there"), save(host=None), save(target="metal")]
    for recording in made:
        set_label(store, "m9", recording, replace=False)

    assert [one.recording for one in label_entries(store, "m9")] == [one.id for one in made]
    require_movable(store, "m9", ("cuda", "here"), replace=False)
    with pytest.raises(RefError, match="on host not stated"):
        require_movable(store, "m9", ("cpu", None), replace=False)


def test_the_stores_own_entry_shadows_a_committed_one_of_the_same_place_only(store, save, tmp_path):
    committed = Store(root=tmp_path / "baselines")
    old, metal, own = save(started="2026-01-01T00:00:00Z"), save(target="metal"), save()
    committed.prepare()
    for recording in (old, metal):
        set_label(committed, "m8", recording, replace=False)
    both = Store(root=store.root, behind=(committed.root,))
    before = text_of(committed, "m8")
    with pytest.raises(RefError, match="already names"):
        set_label(both, "m8", own, replace=False)
    set_label(both, "m8", own, replace=True)

    assert [one.recording for one in label_entries(both, "m8")] == [own.id, metal.id]
    assert labels_of(both, old.id) == ()
    assert text_of(committed, "m8") == before


def test_all_labels_are_listed_once_and_strangers_are_not(store, save):
    for name in ("b", "a"):
        set_label(store, name, save(), replace=False)
    for stranger in (".a.json.17", "notes.txt", "-x.json"):
        (store.root / "labels" / stranger).write_text("")

    assert label_names(store) == ("a", "b")
    assert label_names(Store(root=store.root, behind=(store.root,))) == ("a", "b")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff", "is not a label"),
        (b"{", "is not a label"),
        (b'{"name": "m9"}', "is not a label"),
        (b'{"name": "m9", "entries": [], "schema": 2}', "has schema version 2"),
    ],
)
def test_a_damaged_label_names_its_file_and_is_not_overwritten(store, save, content, told):
    recording = save()
    path = store.root / "labels" / "m9.json"
    path.write_bytes(content)

    with pytest.raises(StoreError, match=told) as error:
        set_label(store, "m9", recording, replace=True)
    assert str(path) in error.value.message
    assert error.value.hint
    assert path.read_bytes() == content


def test_a_label_that_is_a_folder_cannot_be_read(store, save):
    recording = save()
    (store.root / "labels" / "m9.json").mkdir()

    with pytest.raises(StoreError, match="cannot be read"):
        set_label(store, "m9", recording, replace=True)


def test_a_full_disk_leaves_a_label_as_it_was(store, save, tree_of, monkeypatch):
    first, second = save(), save(started="2026-11-20T11:00:00Z")
    set_label(store, "m9", first, replace=False)
    before = tree_of(store.root)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left") as error:
        set_label(store, "m9", second, replace=True)
    assert str(store.root / "labels" / "m9.json") in error.value.message
    assert tree_of(store.root) == before


def test_a_labels_file_is_plain_json(store, save):
    recording = save()
    set_label(store, "m9", recording, replace=False)

    assert json.loads(text_of(store, "m9")) == {
        "name": "m9",
        "entries": [{"target": "cpu", "host": "here", "recording": recording.id, "history": []}],
        "schema": 1,
    }
