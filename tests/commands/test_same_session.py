"""Runs that took turns are better evidence than each program's latest."""

import pytest
from msgspec import structs

from harness.commands.same_session import in_turns
from harness.recording.manifest import Host, Recording
from tests.commands.stored_recordings import BASE, HEAD, put, workspace_at


@pytest.fixture
def workspace(tmp_path):
    return workspace_at(tmp_path)


@pytest.fixture
def stored(workspace):
    def stored_in(like: Recording, session: str | None = None, **changes) -> Recording:
        return put(workspace, like, protocol={"session": session}, **changes)

    return stored_in


def test_two_recordings_of_one_session_are_taken_as_they_are(workspace, stored):
    pair = stored(BASE, "s"), stored(HEAD, "s")
    stored(BASE, "later", started="2026-12-01T00:00:00Z")
    stored(HEAD, "later", started="2026-12-01T00:00:00Z")

    assert in_turns(workspace, *pair) == pair
    assert workspace.say.lines == []


def test_a_recording_beside_itself_is_taken_as_it_is(workspace, stored):
    alone = stored(BASE)
    stored(BASE, "s")

    assert in_turns(workspace, alone, alone) == (alone, alone)


def test_the_session_in_which_both_programs_took_turns_is_preferred_and_told(workspace, stored):
    base, head = stored(BASE), stored(HEAD, started="2026-11-30T00:00:00Z")
    pair = stored(BASE, "s"), stored(HEAD, "s")

    assert in_turns(workspace, base, head) == pair
    assert workspace.say.lines == [
        f"Taken from the session of {BASE.manifest.started}, in which both sides took turns."
    ]


def test_of_several_sessions_the_latest_is_taken(workspace, stored):
    base, head = stored(BASE), stored(HEAD)
    pairs = [
        tuple(stored(one, session, started=f"2026-12-0{session}T00:00:00Z") for one in (BASE, HEAD))
        for session in "132"
    ]

    assert in_turns(workspace, base, head) == pairs[1]


def test_a_recording_of_one_session_and_one_of_another_took_no_turns(workspace, stored):
    base, head = stored(BASE, "s"), stored(HEAD, "t")

    assert in_turns(workspace, base, head) == (base, head)


@pytest.mark.parametrize(
    "changes",
    [
        {"failure": "interrupted"},
        {"host": Host(id="other")},
        {"target": "openvm-cuda"},
        {"contract": "other"},
        {"benchmarks": BASE.manifest.benchmarks},
        {"benchmarks": HEAD.manifest.benchmarks[:1]},
        {"benchmarks": tuple(structs.replace(one, environment={"X": "1"}) for one in HEAD.manifest.benchmarks)},
        {"benchmarks": tuple(structs.replace(one, identity=None) for one in HEAD.manifest.benchmarks)},
    ],
    ids=["failed", "host", "target", "contract", "program", "fewer benchmarks", "environment", "unknown program"],
)
def test_a_session_of_something_else_or_under_other_circumstances_is_left_alone(workspace, stored, changes):
    base, head = stored(BASE), stored(HEAD)
    stored(BASE, "s")
    stored(HEAD, "s", **changes)

    assert in_turns(workspace, base, head) == (base, head)
    assert workspace.say.lines == []


def test_programs_that_nobody_can_tell_apart_are_never_swapped(workspace, stored):
    unknown = tuple(structs.replace(one, identity=None) for one in BASE.manifest.benchmarks)
    base, head = stored(BASE, benchmarks=unknown), stored(HEAD, benchmarks=unknown)
    stored(BASE, "s", benchmarks=unknown)
    stored(HEAD, "s", benchmarks=unknown)

    assert in_turns(workspace, base, head) == (base, head)


def test_a_session_of_one_program_with_itself_is_none_of_two(workspace, stored):
    base, head = stored(BASE), stored(BASE, started="2026-11-30T00:00:00Z")
    stored(BASE, "s")
    stored(BASE, "s", started="2026-11-22T00:00:00Z")

    assert in_turns(workspace, base, head) == (base, head)
