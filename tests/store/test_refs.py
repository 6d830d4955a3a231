import pytest
from msgspec import structs

from harness.errors import RefError, StoreError
from harness.store.labels import set_label
from harness.store.refs import Place, RefKind, resolve

COMMIT = "c" * 40
ANYWHERE = Place(target=None, host=None, default_target="cpu", this_host=lambda: "here")
HOSTILE = ("../../etc/passwd", "a\0b", "", ":", "x" * 5000, "../" * 900, "id:", "label:../x", "id:../x", "git:", "\n")


def find(store, ref: str, *, revisions=(), **place):
    return resolve(
        ref,
        store=store,
        place=structs.replace(ANYWHERE, **place),
        find_commit=lambda name: COMMIT if name in revisions else None,
    )


@pytest.fixture
def everything(store, save, tmp_path, monkeypatch):
    """A label, a file and a revision that are all named as another recording's id begins."""
    labelled, named = save(), save(started="2026-11-20T11:00:00Z")
    name = named.id[:8]
    set_label(store, name, labelled, replace=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("a capture")
    return name, labelled, named


def test_kinds_are_tried_in_order_and_what_else_matches_is_noted(store, everything, tmp_path):
    name, labelled, named = everything
    found = find(store, name, revisions=[name])

    assert (found.kind, found.recording) == (RefKind.LABEL, labelled)
    assert found.notes == (f"'{name}' is taken as a label; it also names a id, file, git",)
    (store.root / "labels" / f"{name}.json").unlink()
    found = find(store, name, revisions=[name])
    assert (found.kind, found.recording) == (RefKind.ID, named)
    (tmp_path / name).rename(tmp_path / "capture.log")
    assert find(store, "capture.log", revisions=["capture.log"]).kind is RefKind.FILE
    assert find(store, "main", revisions=["main"]).notes == ()


def test_a_prefix_forces_a_kind(store, everything):
    name, labelled, named = everything
    forced = {kind: find(store, f"{kind.value}:{name}", revisions=[name]) for kind in RefKind}

    assert [one.kind for one in forced.values()] == list(RefKind)
    assert forced[RefKind.LABEL].recording == labelled
    assert forced[RefKind.ID].recording == named
    assert str(forced[RefKind.FILE].file) == name
    assert forced[RefKind.GIT].commit == COMMIT
    assert all(one.notes == () for one in forced.values())
    with pytest.raises(RefError):
        find(store, "file:no-such-file", revisions=["no-such-file"])


def test_a_ref_with_a_colon_that_is_no_kind_is_taken_whole(store):
    assert find(store, "HEAD:path", revisions=["HEAD:path"]).commit == COMMIT


def test_worktree_is_the_files_as_they_lie_even_without_git(store):
    assert find(store, "WORKTREE").commit == "WORKTREE"
    assert find(store, "git:WORKTREE").commit == "WORKTREE"


@pytest.mark.parametrize(("length", "matches"), [(7, False), (8, True), (16, True), (17, False)])
def test_an_id_may_be_cut_to_eight_digits(store, save, length, matches):
    recording = save()
    ref = (recording.id + "0")[:length]

    if matches:
        assert find(store, ref).recording == recording
    else:
        with pytest.raises(RefError, match="names no label, recording"):
            find(store, ref)


def same_beginning(store) -> list[str]:
    ids = [f"0123456{digit}89abcdef" for digit in "77"]
    ids[1] = ids[1][:-1] + "0"
    for one in ids:
        (store.root / "recordings" / one).mkdir(parents=True)
    return ids


def test_an_id_prefix_of_several_recordings_lists_them(store):
    ids = same_beginning(store)

    with pytest.raises(RefError, match="is the beginning of several ids") as error:
        find(store, ids[0][:8])
    assert all(one in error.value.message for one in ids)
    assert error.value.hint == "Give more digits."


def test_ambiguity_of_a_later_kind_does_not_stop_an_earlier_match(store, save):
    name = same_beginning(store)[0][:8]
    recording = save()
    set_label(store, name, recording, replace=False)
    found = find(store, name)

    assert found.recording == recording
    assert "also names a id" in found.notes[0]


@pytest.fixture
def m8(store, save):
    """One label for two targets on two hosts, as `m8` is."""
    made = {}
    for target, host in (("metal", "mac"), ("cpu", "here"), ("cpu", "there"), ("cuda", "there")):
        made[target, host] = save(target=target, host=host)
        set_label(store, "m8", made[target, host], replace=False)
    return made


@pytest.mark.parametrize(
    ("place", "meant"),
    [
        ({}, ("cpu", "here")),
        ({"this_host": lambda: "there"}, ("cpu", "there")),
        ({"host": "there", "target": "cuda"}, ("cuda", "there")),
        ({"host": "mac"}, ("metal", "mac")),
        ({"host": "there"}, ("cpu", "there")),
        ({"target": "metal"}, ("metal", "mac")),
        ({"default_target": "metal"}, ("metal", "mac")),
        ({"default_target": "cuda", "this_host": lambda: "here"}, ("cuda", "there")),
        ({"target": "cpu", "this_host": lambda: "there"}, ("cpu", "there")),
        ({"default_target": None, "host": "here"}, ("cpu", "here")),
    ],
)
def test_of_several_recordings_under_a_label_the_place_chooses(store, m8, place, meant):
    assert find(store, "m8", **place).recording == m8[meant]


@pytest.mark.parametrize(
    "place", [{"this_host": lambda: "elsewhere"}, {"default_target": None}, {"default_target": "another"}]
)
def test_where_the_place_does_not_choose_all_are_listed(store, m8, place):
    with pytest.raises(RefError, match="names several recordings") as error:
        find(store, "m8", **place)
    assert all(f"{one.id} ({target} on {host})" in error.value.message for (target, host), one in m8.items())
    assert "--target and --host" in error.value.hint


def test_the_only_recording_under_a_label_needs_no_choice(store, save):
    recording = save(target="metal", host=None)
    set_label(store, "m8", recording, replace=False)

    assert find(store, "m8").recording == recording


def test_a_label_without_an_entry_for_the_chosen_place_says_what_it_has(store, m8):
    with pytest.raises(RefError, match="names nothing for the chosen target and host") as error:
        find(store, "m8", target="another")
    assert m8["metal", "mac"].id in error.value.message


def test_a_ref_that_names_nothing_says_where_it_looked_and_how_to_go_on(store):
    with pytest.raises(RefError, match="names no label, recording, capture file or git revision") as error:
        find(store, "nosuch")
    assert str(store.root) in error.value.message
    assert "harness ls" in error.value.hint


@pytest.mark.parametrize("ref", HOSTILE)
def test_hostile_names_are_plain_errors(store, save, tmp_path, monkeypatch, ref):
    save()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(RefError, match="names no label"):
        find(store, ref)


def test_a_label_that_points_at_a_lost_recording_is_an_error_of_the_store(store, save):
    recording = save()
    set_label(store, "m9", recording, replace=False)
    (store.root / "recordings" / recording.id / "recording.json").unlink()

    with pytest.raises(StoreError, match="has lost its"):
        find(store, "m9", revisions=["m9"])
