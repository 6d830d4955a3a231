"""Running one program: its output, its exit, its resources, and that nothing of it outlives the call."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from harness.errors import MeasureError, StoreError
from harness.measure import process_watch
from harness.measure.line_log import LineLog
from harness.measure.process import ProcessOutcome, peak_memory_bytes, program_peak_bytes, run_process

MIB = 1 << 20
ENV = {"PATH": os.environ["PATH"]}


class Bench:
    """A log in a folder of its own, and programs run into it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "bench.log"
        self.log = LineLog(self.path)

    def run(
        self, argv: Sequence[str], *, timeout_s: float = 60, on_start: Callable[[int], None] | None = None
    ) -> ProcessOutcome:
        return run_process(
            argv, directory=self.directory, env=ENV, log=self.log, timeout_s=timeout_s, on_start=on_start
        )

    def sh(self, script: str, *, timeout_s: float = 60) -> ProcessOutcome:
        return self.run(["sh", "-c", script], timeout_s=timeout_s)

    def python(self, script: str) -> ProcessOutcome:
        return self.run([sys.executable, "-S", "-c", script])

    @property
    def output(self) -> bytes:
        return self.path.read_bytes()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.log.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_watch, "END_GRACE_S", 0.2)
    monkeypatch.setattr(process_watch, "LINGER_GRACE_S", 0.2)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def open_descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_lines_of_both_streams_stand_in_order_of_arrival(bench: Bench) -> None:
    script = """
import fcntl, os, struct, termios, time
for number in range(12):
    stream = 1 + number // 2 % 2
    os.write(stream, b"%d\\n" % number)
    while struct.unpack("i", fcntl.ioctl(stream, termios.FIONREAD, bytes(4)))[0]:  # not read yet
        time.sleep(0.001)
"""
    outcome = bench.python(script)
    assert bench.output == b"".join(b"%d\n" % number for number in range(12))
    assert outcome.stderr_lines == ((3, 4), (7, 8), (11, 12))
    assert (outcome.first_line, outcome.last_line) == (1, 12)


def test_bytes_are_kept_exactly(bench: Bench) -> None:
    outcome = bench.sh(r"printf '\377\376\000\033[1m\r\n\n\200'")
    assert bench.output == b"\xff\xfe\x00\x1b[1m\r\n\n\x80\n"
    assert outcome.unterminated
    assert outcome.last_line == 3


def test_lines_are_counted_on_from_one_process_to_the_next(bench: Bench) -> None:
    bench.log.section("warmup")
    first = bench.sh("echo one; echo two >&2")
    bench.log.section("measured run 1")
    second = bench.sh("echo three >&2")
    assert (first.first_line, first.last_line) == (2, 3)
    assert (second.first_line, second.last_line, second.stderr_lines) == (5, 5, ((5, 5),))
    assert not second.unterminated


def test_a_silent_process_has_no_lines(bench: Bench) -> None:
    outcome = bench.run(["true"])
    assert (outcome.first_line, outcome.last_line, outcome.stderr_lines) == (1, 0, ())
    assert (outcome.exit_code, outcome.timed_out, outcome.notes) == (0, False, ())


def test_twenty_megabytes_are_drained_fast(bench: Bench) -> None:
    line = b"INFO     prove [ 2.44s | 100.00% ] and so on, to eighty characters a line .....\n"
    count = 20 * MIB // len(line)
    outcome = bench.python(f"import sys\nfor _ in range({count}): sys.stdout.buffer.write({line!r})")
    assert bench.output == line * count
    assert outcome.last_line == count
    assert outcome.wall_ns < 5e9


def test_a_huge_line_without_newline_is_kept(bench: Bench) -> None:
    outcome = bench.python(f"import os\nfor _ in range(16): os.write(1, b'x' * {MIB})")
    assert bench.path.stat().st_size == 16 * MIB + 1
    assert (outcome.last_line, outcome.unterminated) == (1, True)
    assert outcome.wall_ns < 5e9


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -KILL $$", -9), ("kill -ABRT $$", -6)])
def test_the_exit_code_is_subprocess_like(bench: Bench, script: str, code: int) -> None:
    assert bench.sh(script).exit_code == code


def test_the_process_starts_where_and_with_what_it_is_told_and_without_input(bench: Bench) -> None:
    outcome = bench.sh("pwd -P; env | grep -c HOME; cat")
    assert bench.output == f"{bench.directory.resolve()}\n0\n".encode()
    assert outcome.started.endswith("Z")
    assert len(outcome.started) == len("2026-11-21T03:36:00Z")


def test_a_process_that_closes_its_output_is_waited_for(bench: Bench) -> None:
    outcome = bench.sh("exec >&- 2>&-; sleep 0.2; exit 3")
    assert outcome.exit_code == 3
    assert outcome.wall_ns >= 200_000_000


def test_the_pid_is_announced_and_leads_its_own_session(bench: Bench) -> None:
    seen: list[tuple[int, int]] = []
    bench.run(["sh", "-c", "echo $$"], on_start=lambda pid: seen.append((pid, os.getsid(pid))))
    assert seen == [(int(bench.output), int(bench.output))]


def test_a_program_is_ended_when_its_announcement_fails(bench: Bench) -> None:
    pids: list[int] = []

    def fail(pid: int) -> None:
        pids.append(pid)
        raise MeasureError("the lock is gone")

    with pytest.raises(MeasureError, match="the lock is gone"):
        bench.run(["sleep", "300"], on_start=fail)
    assert not is_running(pids[0])


def test_the_time_limit_ends_grandchildren_too(bench: Bench) -> None:
    outcome = bench.sh("sleep 300 & echo $!; wait", timeout_s=0.5)
    assert outcome.timed_out
    assert outcome.exit_code == -signal.SIGTERM
    assert outcome.notes == ("ended by the harness at its time limit of 0.5 s",)
    assert outcome.wall_ns < 2e9
    assert not is_running(int(bench.output))


@pytest.mark.usefixtures("impatient")
def test_a_process_that_ignores_the_polite_signal_is_killed(bench: Bench) -> None:
    outcome = bench.sh("trap '' TERM; sleep 300 & echo $!; wait", timeout_s=0.5)
    assert (outcome.timed_out, outcome.exit_code) == (True, -signal.SIGKILL)
    assert not is_running(int(bench.output))


def test_what_a_process_prints_when_told_to_end_is_kept(bench: Bench) -> None:
    outcome = bench.sh("trap 'echo ending; exit 5' TERM; sleep 300 & wait", timeout_s=0.5)
    assert bench.output == b"ending\n"
    assert (outcome.timed_out, outcome.exit_code) == (True, 5)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("output", ["", ">/dev/null 2>&1"])
def test_a_grandchild_left_running_is_ended_and_noted(bench: Bench, output: str) -> None:
    outcome = bench.sh(f"sleep 300 {output} & echo $!")
    assert (outcome.exit_code, outcome.timed_out) == (0, False)
    assert outcome.notes == ("1 process(es) it had started still ran 0.2 s after its exit and were ended",)
    assert not is_running(int(bench.output))


def test_a_grandchild_that_ends_soon_is_let_finish(bench: Bench) -> None:
    outcome = bench.sh("{ sleep 0.5; echo late; } & echo early")
    assert bench.output == b"early\nlate\n"
    assert outcome.notes == ()
    assert outcome.wall_ns < 450_000_000  # its exit, not the grandchild's


@pytest.mark.usefixtures("impatient")
def test_a_daemon_that_left_the_group_is_not_waited_for(bench: Bench) -> None:
    script = """
import os, time
reader, writer = os.pipe()
if os.fork():
    os.read(reader, 1)
else:
    os.setsid()
    os.write(1, b"%d" % os.getpid())
    os.write(writer, b"!")
    time.sleep(300)
"""
    outcome = bench.python(script)
    daemon = int(bench.output)
    assert is_running(daemon)
    os.kill(daemon, signal.SIGKILL)
    assert "outside its group" in outcome.notes[0]
    assert outcome.unterminated


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stopped_harness_ends_its_program_and_keeps_what_it_printed(bench: Bench, number: signal.Signals) -> None:
    script = f"""
import os, sys
from pathlib import Path
from harness.measure.line_log import LineLog
from harness.measure.process import run_process
argv = ["sh", "-c", "sleep 300 & echo $!; printf half; kill -{number.name[3:]} $PPID; wait"]
try:
    run_process(argv, directory=Path("."), env=os.environ, log=LineLog(Path({str(bench.path)!r})), timeout_s=60)
except KeyboardInterrupt:
    sys.exit(130)
"""
    harness = subprocess.run([sys.executable, "-c", script], check=False, timeout=30)
    assert harness.returncode == 130
    grandchild, half = bench.output.splitlines()
    assert half == b"half"
    assert not is_running(int(grandchild))


def test_signal_handlers_and_descriptors_are_as_before(bench: Bench) -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
    handlers, descriptors = [signal.getsignal(number) for number in numbers], open_descriptors()
    bench.run(["true"])
    assert [signal.getsignal(number) for number in numbers] == handlers
    assert signal.set_wakeup_fd(-1) == -1
    assert open_descriptors() == descriptors


@contextmanager
def files_limited_to(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_log_that_cannot_be_written_ends_the_program(bench: Bench) -> None:
    pids: list[int] = []
    argv = ["sh", "-c", "echo 0123456789; echo more; sleep 300 & wait"]
    with files_limited_to(4), pytest.raises(StoreError, match=str(bench.path)) as caught:
        bench.run(argv, on_start=pids.append)
    assert caught.value.hint
    assert bench.output == b"0123"
    assert not is_running(pids[0])


def test_a_command_that_is_not_found_is_named_with_its_directory(bench: Bench) -> None:
    with pytest.raises(MeasureError, match=f"no-such-prover in {bench.directory}: No such file") as caught:
        bench.run(["no-such-prover", "--fast"])
    assert "correct the benchmark's command" in caught.value.hint


@pytest.mark.parametrize(
    ("mode", "content", "way_out"), [(0o644, b"#!/bin/sh\n", "chmod"), (0o755, b"\x00\x01", "no program for this")]
)
def test_a_file_that_cannot_be_run_is_named(bench: Bench, mode: int, content: bytes, way_out: str) -> None:
    program = bench.directory / "prove"
    program.write_bytes(content)
    program.chmod(mode)
    with pytest.raises(MeasureError, match=r"Cannot start \./prove in ") as caught:
        bench.run(["./prove"])
    assert way_out in caught.value.hint


def test_a_missing_directory_is_named(bench: Bench) -> None:
    missing = bench.directory / "gone"
    with pytest.raises(MeasureError, match=f"true in {missing}: there is no such directory"):
        run_process(["true"], directory=missing, env=ENV, log=bench.log, timeout_s=1)


def test_a_command_with_a_nul_byte_is_an_error_of_ours(bench: Bench) -> None:
    with pytest.raises(MeasureError, match="null byte"):
        bench.run(["true", "a\0b"])


BUSY = "import time\nwhile time.process_time() < 0.2: sum(range(100_000))"  # computing, not asking the clock


def test_processor_time_of_descendants_counts(bench: Bench) -> None:
    outcome = bench.sh(f"'{sys.executable}' -S -c '{BUSY}'; true")
    assert 150_000_000 < outcome.user_ns + outcome.sys_ns < 5e9
    assert outcome.user_ns > outcome.sys_ns
    assert outcome.wall_ns >= 200_000_000


def test_peak_memory_is_the_programs(bench: Bench) -> None:
    own = peak_memory_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, sys.platform)
    size = own + 32 * MIB
    outcome = bench.python(f"data = b'x' * {size}")
    assert outcome.peak_memory_bytes is not None
    assert size <= outcome.peak_memory_bytes < size + 64 * MIB


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not hand the peak down")
def test_a_peak_that_may_be_the_harness_own_is_not_given(bench: Bench) -> None:
    assert bench.run(["true"]).peak_memory_bytes is None


@pytest.mark.parametrize(("platform", "size_bytes"), [("linux", 2048), ("darwin", 2)])
def test_peak_memory_is_bytes_on_macos_and_kib_on_linux(platform: str, size_bytes: int) -> None:
    assert peak_memory_bytes(2, platform) == size_bytes


@pytest.mark.parametrize(
    ("ru_maxrss", "platform", "size_bytes"), [(100, "linux", None), (101, "linux", 103_424), (100, "darwin", 100)]
)
def test_a_peak_up_to_the_harness_own_is_unknown_on_linux(
    ru_maxrss: int, platform: str, size_bytes: int | None
) -> None:
    assert program_peak_bytes(ru_maxrss, 100, platform) == size_bytes
