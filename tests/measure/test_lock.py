"""One measurement per host: waiting, naming the holder, and finding what a killed harness left running."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psutil
import pytest

from harness.errors import MeasureError
from harness.measure.lock import MeasuringLock, current_holder, measuring_lock

HOLD = """
import os, signal, sys
from pathlib import Path
from harness.measure.lock import measuring_lock
def say(line): print(line, flush=True)
with measuring_lock("WHAT", on_wait=say, on_leftover=say, path=Path(sys.argv[1])) as lock:
    say("held")
    BODY
"""
START_A_PROGRAM_AND_DIE = """
    from harness.measure.line_log import LineLog
    from harness.measure.process import run_process
    def die(pid):
        lock.note_child(pid, "./prove --fast")
        say(pid)
        os.kill(os.getpid(), signal.SIGKILL)
    log = LineLog(Path(sys.argv[1] + ".log"))
    run_process(["sleep", "300"], directory=Path("."), env=os.environ, log=log, timeout_s=60, on_start=die)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "measure.lock"


@contextmanager
def other_harness(path: Path, *, body: str = "sys.stdin.read()") -> Iterator[subprocess.Popen[str]]:
    """Another process with the lock; with the default body it holds it until its stdin is closed."""
    script = HOLD.replace("WHAT", "keccakf of openvm-cpu").replace("BODY", body.strip())
    argv = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()


def unexpected(line: str) -> None:
    pytest.fail(f"unexpected: {line}")


def take(
    path: Path, *, on_wait: Callable[[str], None] = unexpected, on_leftover: Callable[[str], None] = unexpected
) -> AbstractContextManager[MeasuringLock]:
    return measuring_lock("logup of mine", on_wait=on_wait, on_leftover=on_leftover, path=path)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_second_measurement_waits_and_says_once_for_whom(path: Path) -> None:
    said: list[str] = []
    with other_harness(path) as other:
        assert line_of(other) == "held"

        def on_wait(line: str) -> None:
            said.append(line)
            let_go(other)

        with take(path, on_wait=on_wait):
            assert current_holder(path) is not None
        (line,) = said
        assert f": pid {other.pid} measures keccakf of openvm-cpu since 20" in line


def test_waiting_ends_with_ctrl_c(path: Path) -> None:
    with take(path), other_harness(path) as waiting:
        assert f"pid {os.getpid()} measures logup of mine" in line_of(waiting)
        waiting.send_signal(signal.SIGINT)
        assert waiting.wait(timeout=10) in (-signal.SIGINT, 130)


def test_the_holder_is_known_while_it_holds_and_only_then(path: Path) -> None:
    assert current_holder(path) is None
    with take(path):
        holder = current_holder(path)
        assert holder is not None
        assert holder.startswith(f"pid {os.getpid()} measures logup of mine since 20")
    assert current_holder(path) is None
    assert path.read_bytes() == b""


def test_a_holder_that_has_written_nothing_yet_is_still_a_holder(path: Path) -> None:
    with take(path):
        os.truncate(path, 0)
        assert current_holder(path) == "a harness that has not said yet what it measures"


def test_a_killed_harness_holds_nothing(path: Path) -> None:
    with other_harness(path) as other:
        assert line_of(other) == "held"
        other.kill()
        other.wait()
        assert current_holder(path) is None
        with take(path):
            assert current_holder(path) is not None


def test_a_lock_file_that_was_removed_meanwhile_is_not_waited_for_in_vain(path: Path) -> None:
    with other_harness(path) as other:
        assert line_of(other) == "held"

        def on_wait(_line: str) -> None:
            path.unlink()
            let_go(other)

        with take(path, on_wait=on_wait):
            assert current_holder(path) is not None


def test_the_program_of_a_killed_harness_is_ended_and_named(path: Path) -> None:
    with other_harness(path, body=START_A_PROGRAM_AND_DIE) as other:
        assert line_of(other) == "held"
        pid = int(line_of(other))
        assert other.wait(timeout=10) == -signal.SIGKILL
    assert is_running(pid)
    said: list[str] = []
    with take(path, on_leftover=said.append):
        assert said == [f"ended pid {pid} (./prove --fast), left running by a harness that was killed"]
        assert not is_running(pid)
    with take(path):
        pass  # and it is named once


@contextmanager
def sleeper(*, own_session: bool = True) -> Iterator[int]:
    with subprocess.Popen(["sleep", "300"], start_new_session=own_session) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def left_behind(pid: int, *, created_s: float, holder_s: float = 1.0) -> bytes:
    """What the lock file says after its holder, this very pid in another life unless told, ran `pid`."""
    child = {"process": {"pid": pid, "created_s": created_s}, "command": "./prove"}
    process = {"pid": os.getpid(), "created_s": holder_s}
    return json.dumps({"process": process, "what": "w", "started": "s", "child": child}).encode()


def test_a_program_that_is_certainly_the_one_noted_is_ended(path: Path) -> None:
    """The counterpart of the tests below: the same content with nothing wrong."""
    said: list[str] = []
    with sleeper() as pid:
        path.write_bytes(left_behind(pid, created_s=psutil.Process(pid).create_time()))
        with take(path, on_leftover=said.append):
            assert len(said) == 1
            assert not is_running(pid)


def test_a_later_process_with_the_same_pid_is_not_touched(path: Path) -> None:
    with sleeper() as pid:
        path.write_bytes(left_behind(pid, created_s=psutil.Process(pid).create_time() - 60))
        with take(path):
            assert is_running(pid)


def test_a_process_that_leads_no_session_is_not_touched(path: Path) -> None:
    with sleeper(own_session=False) as pid:
        path.write_bytes(left_behind(pid, created_s=psutil.Process(pid).create_time()))
        with take(path):
            assert is_running(pid)


def test_the_program_of_a_harness_that_lives_is_not_touched(path: Path) -> None:
    with sleeper() as pid:
        created_s, own_s = psutil.Process(pid).create_time(), psutil.Process().create_time()
        path.write_bytes(left_behind(pid, created_s=created_s, holder_s=own_s))
        with take(path):
            assert is_running(pid)


CORRUPT = [
    b"{",
    b"\xff\xfe\x00",
    b"[]",
    b'{"process": 3}',
    b'{"what": "\xff"}',
    b'{"x": ' + b"[" * 100_000,
    left_behind(0, created_s=1.0),
    left_behind(-1, created_s=1.0),
    left_behind(2**40, created_s=1.0),
]


@pytest.mark.parametrize("content", CORRUPT, ids=range(len(CORRUPT)))
def test_content_that_no_harness_wrote_is_like_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with take(path):
        holder = current_holder(path)
        assert holder is not None
        assert holder.startswith(f"pid {os.getpid()} measures")


def test_the_file_tells_which_program_runs_and_stays_readable_when_it_ends(path: Path) -> None:
    with take(path) as lock, sleeper() as pid:
        lock.note_child(pid, "./prove " + "--long " * 99)
        child = json.loads(path.read_bytes())["child"]
        assert child["process"] == {"pid": pid, "created_s": psutil.Process(pid).create_time()}
        lock.note_child(pid, "./prove")
        assert json.loads(path.read_bytes())["child"]["command"] == "./prove"
        lock.clear_child()
        assert json.loads(path.read_bytes())["child"] is None


def test_a_program_that_ended_at_once_need_not_be_noted(path: Path) -> None:
    with sleeper() as pid:
        pass
    with take(path) as lock:
        lock.note_child(pid, "sleep")
        assert json.loads(path.read_bytes())["child"] is None


def test_the_file_is_everybodys_whatever_the_umask(path: Path) -> None:
    before = os.umask(0o077)
    try:
        with take(path):
            assert stat.S_IMODE(path.stat().st_mode) == 0o666
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(before)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("elsewhere")])
def test_something_else_in_the_files_place_is_refused(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    with pytest.raises(MeasureError, match=f"Cannot use the measuring lock {path}: ") as caught, take(path):
        pytest.fail("it was taken")
    assert "Remove that file" in caught.value.hint
