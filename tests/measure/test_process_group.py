"""Ending process groups that other processes may have left, joined or emptied."""

import subprocess
from collections.abc import Iterator

import pytest

from harness.measure.process_group import end_group, living_members, wait_until_empty


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    """A group of two that ignores SIGTERM; its leader's line says that it does by now."""
    script = "trap '' TERM; sleep 300 & echo ready; wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True) as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"ready\n"
        yield leader
        end_group(leader.pid, grace_s=0)


def test_the_members_of_a_group_are_its_processes(stubborn: subprocess.Popen[bytes]) -> None:
    members = living_members(stubborn.pid)
    assert len(members) == 2
    assert stubborn.pid in members


def test_a_group_that_does_not_comply_is_killed(stubborn: subprocess.Popen[bytes]) -> None:
    assert not wait_until_empty(stubborn.pid, limit_s=0)
    assert end_group(stubborn.pid, grace_s=0.2)
    assert stubborn.wait() == -9


def test_a_process_that_nobody_has_waited_for_yet_is_no_living_member() -> None:
    with subprocess.Popen(["true"], start_new_session=True) as process:
        assert wait_until_empty(process.pid, limit_s=10)
        assert process.returncode is None


def test_a_group_that_is_gone_is_already_ended(stubborn: subprocess.Popen[bytes]) -> None:
    end_group(stubborn.pid, grace_s=0)
    stubborn.wait()
    assert wait_until_empty(stubborn.pid, limit_s=10)
    assert end_group(stubborn.pid)
