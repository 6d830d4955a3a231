"""What the store knows of how much sessions of one program differ, and which recordings that is learnt from."""

import pytest
from msgspec import structs

from harness.commands.stored_sessions import recordings_that_calibrate, sessions_for, stored_recordings
from harness.compare.sessions import SESSIONS_NEEDED, between_sessions
from harness.recording.manifest import Host
from harness.store.folder import MANIFEST, RECORDINGS
from tests.commands.stored_recordings import BASE, HEAD, put, workspace_at

CALIBRATION = {"calibration": True}


@pytest.fixture
def workspace(tmp_path):
    return workspace_at(tmp_path)


@pytest.fixture
def calibration(workspace):
    """Calibration sessions of the base's program, a day apart."""

    def make(day, **changes):
        return put(workspace, BASE, protocol=CALIBRATION, started=f"2026-11-{day:02d}T08:00:00Z", **changes)

    return make


def ids(recordings):
    return [one.id for one in recordings]


def test_the_recordings_that_count_are_those_of_sessions_alike_oldest_first(workspace, calibration):
    later, earlier = calibration(9), calibration(3)
    pair = [put(workspace, BASE, protocol={"session": "s", "side": side}) for side in ("base", "head")]
    put(workspace, BASE)
    put(workspace, HEAD, protocol={"session": "t", "side": "head"})
    calibration(4, failure="interrupted")
    calibration(5, host=Host(id="other"))
    calibration(6, target="openvm-cuda")
    found = recordings_that_calibrate(workspace, BASE.manifest)

    assert ids(found)[:2] == [earlier.id, later.id]
    assert set(ids(found)[2:]) == set(ids(pair))
    assert [one.manifest.started for one in found] == sorted(one.manifest.started for one in found)


def test_nothing_stored_calibrates_nothing(workspace):
    assert recordings_that_calibrate(workspace, BASE.manifest) == ()
    assert "6 are missing" in sessions_for(workspace, BASE.manifest, HEAD.manifest).doubt("keccakf", "rs_code_matrix")


def test_leaving_out_all_others_changes_nothing_of_what_is_known(workspace, calibration):
    for day in range(1, SESSIONS_NEEDED + 1):
        calibration(day)
    for side in ("base", "head"):
        put(workspace, BASE, protocol={"session": "s", "side": side}, started="2026-11-12T08:00:00Z")
    calibration(20, host=Host(id="other"))
    base = put(workspace, BASE, started="2026-11-02T08:00:00Z")
    head = put(workspace, HEAD, started="2026-11-03T08:00:00Z")
    of_all = sessions_for(workspace, base.manifest, head.manifest)
    counted = recordings_that_calibrate(workspace, base.manifest)

    assert of_all.doubt("keccakf", "stark_prove_excluding_trace") == ""
    assert len(counted) == SESSIONS_NEEDED + 2
    for order in (counted, counted[::-1]):
        assert between_sessions([one.manifest for one in order], base.manifest, head.manifest) == of_all


def test_a_recording_that_cannot_be_read_is_told_and_left_out(workspace, calibration):
    kept, broken = calibration(1), calibration(2)
    path = workspace.store.root / RECORDINGS / broken.id / MANIFEST
    path.write_bytes(path.read_bytes().replace(b"openvm-cpu", b"openvm-gpu"))

    assert ids(recordings_that_calibrate(workspace, BASE.manifest)) == [kept.id]
    assert len(workspace.say.lines) == 1
    assert workspace.say.lines[0].startswith("Not counted as a calibration session: ")
    assert "was altered" in workspace.say.lines[0]
    assert broken.id not in ids(stored_recordings(workspace))


def test_a_host_that_nobody_named_has_no_sessions(workspace, calibration):
    calibration(1, host=Host(id=None))
    nameless = structs.replace(BASE.manifest, host=Host(id=None))

    assert recordings_that_calibrate(workspace, nameless) == ()
