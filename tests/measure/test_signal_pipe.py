"""Signals that wait to be read instead of interrupting."""

import os
import signal
from collections.abc import Iterator

import pytest

from harness.measure.signal_pipe import SignalPipe


@pytest.fixture
def ignored_hangup() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


def test_an_interrupt_is_read_not_raised() -> None:
    with SignalPipe() as signals:
        os.kill(os.getpid(), signal.SIGINT)
        assert signals.read() == {signal.SIGINT}
        assert signals.read() == frozenset()
    assert signals.stop_requested


def test_an_interrupt_that_nobody_read_is_known_afterwards() -> None:
    with SignalPipe() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
    assert signals.stop_requested


def test_the_end_of_a_child_asks_nobody_to_stop() -> None:
    with SignalPipe() as signals:
        os.kill(os.getpid(), signal.SIGCHLD)
        assert signals.read() == {signal.SIGCHLD}
    assert not signals.stop_requested


@pytest.mark.usefixtures("ignored_hangup")
def test_a_signal_that_was_ignored_stays_ignored() -> None:
    with SignalPipe() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        assert signals.read() == frozenset()
    assert not signals.stop_requested
