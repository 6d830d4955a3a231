"""`perf stat`: does it count here, what does its text say, and does the program stay the same below it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.measure import perf_stat
from harness.measure.line_log import LineLog
from harness.measure.perf_stat import Uncounted, parse, read_count, unavailable, wrap
from harness.measure.process import run_process
from harness.measure.process_group import living_members
from tests import fake_perf


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that comes first on PATH."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def reason_in(found: int | Uncounted) -> str:
    assert isinstance(found, Uncounted)
    return found.reason


def test_a_perf_that_counts_is_available(tools: Path) -> None:
    fake_perf.install(tools, fake_perf.SUPPORTED)
    assert unavailable() is None


def test_without_perf_nothing_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert unavailable() == "perf is not installed"


@pytest.mark.parametrize("value", ["<not supported>", "<not counted>"])
def test_a_machine_without_the_counter_is_told_in_perf_s_words(tools: Path, value: str) -> None:
    fake_perf.install(tools, fake_perf.NOT_SUPPORTED.replace("<not supported>", value))
    assert unavailable() == f"perf counts no instructions here: {value}"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "Error:\\nAccess to performance monitoring is limited.\\nConsider /proc/sys/kernel/perf_event_paranoid",
            "perf_event_paranoid forbids it",
        ),
        (
            "\\n  WARNING: perf not found for kernel 6.1.0-13\\n  You may need to install linux-tools",
            "perf stat fails here: WARNING: perf not found for kernel 6.1.0-13",
        ),
        ("", "perf stat fails here: it says nothing"),
    ],
)
def test_a_perf_that_refuses_says_why(tools: Path, said: str, reason: str) -> None:
    fake_perf.install(tools, "", first=f"printf '{said}\\n' >&2; exit 255")
    assert unavailable() == reason


def test_a_perf_that_cannot_be_started_or_hangs_is_no_perf(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_perf.install(tools, "").write_bytes(b"\x00")
    assert unavailable() == "perf cannot be started: Exec format error"

    fake_perf.install(tools, "", first="exec tail -f /dev/null")
    monkeypatch.setattr(perf_stat, "_PROBE_TIMEOUT_S", 0.2)
    assert unavailable() == "perf did not end within 0.2 s"


def test_a_perf_that_writes_nothing_counts_nothing(tools: Path, tmp_path: Path) -> None:
    fake_perf.install(tools, "", first="exit 0")
    assert unavailable() == "perf wrote nothing"
    assert reason_in(read_count(tmp_path / "none")) == "perf wrote nothing"
    assert reason_in(parse(fake_perf.STARTED)) == "perf wrote nothing"


@pytest.mark.parametrize(
    ("text", "instructions"),
    [
        (fake_perf.SUPPORTED, 12345678),
        ("12345678,,instructions:u,305827,100.00,2.31,insn per cycle\n", 12345678),
        ("12345678,,instructions:u,305827,100,00,,\n", 12345678),
        ("8000,,cpu_core/instructions/u,99,61.53,,\n345,,cpu_atom/instructions/u,60,38.47,,\n", 8345),
        ("8000,,cpu_core/instructions/u,99,100.00,,\n<not counted>,,cpu_atom/instructions/u,0,0.00,,\n", 8000),
        ("0,,instructions:u,305827,100.00,,\n", 0),
    ],
)
def test_the_count_is_read_in_any_locale_and_added_up_over_kinds_of_cores(text: str, instructions: int) -> None:
    assert parse(fake_perf.STARTED + text) == instructions


def test_a_count_of_a_part_of_the_time_is_none() -> None:
    text = fake_perf.SUPPORTED.replace("100.00", "63.21")
    assert reason_in(parse(text)) == "perf counted only 63 % of the time: others count on this machine, too"


FIELD = st.text(st.sampled_from("0123456789.<>#: not"), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD, st.just("instructions:u") | FIELD, FIELD, FIELD), max_size=3))
def test_no_text_is_anything_but_a_count_or_a_reason(rows: list[tuple[str, ...]]) -> None:
    found = parse("\n".join(",".join(row) for row in rows))
    assert found >= 0 if isinstance(found, int) else found.reason


def test_the_program_keeps_its_output_its_exit_code_its_folder_and_its_environment(tools: Path, tmp_path: Path) -> None:
    fake_perf.install(tools, fake_perf.SUPPORTED)
    argv = wrap(("sh", "-c", "pwd -P; echo $LC_ALL$1 >&2; exit 7", "sh", "--"), tmp_path / "count")
    done = subprocess.run(argv, cwd=tmp_path, env={"PATH": os.defpath, "LC_ALL": "x"}, capture_output=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (7, f"{tmp_path.resolve()}\n".encode(), b"x--\n")
    assert read_count(tmp_path / "count") == 12345678


@pytest.mark.parametrize("use_fake", [True, False])
def test_a_program_below_perf_is_ended_with_its_children_at_its_time_limit(tools, tmp_path, use_fake) -> None:
    if use_fake or shutil.which("perf") is None:
        fake_perf.install(tools, fake_perf.SUPPORTED)
    argv = wrap(("sh", "-c", "tail -f /dev/null & echo $!; wait"), tmp_path / "count")
    started: list[int] = []
    with LineLog(tmp_path / "b.log") as log:
        outcome = run_process(
            argv, directory=tmp_path, env=dict(os.environ), log=log, timeout_s=0.5, on_start=started.append
        )

    assert outcome.timed_out
    assert outcome.exit_code != 0
    assert not living_members(started[0])


def test_the_perf_of_this_machine_behaves_as_it_says(tmp_path: Path) -> None:
    reason = unavailable()
    if shutil.which("perf") is None:
        assert reason == "perf is not installed"
        return
    output = tmp_path / "count"
    done = subprocess.run(wrap(("sh", "-c", "exit 7"), output), capture_output=True, check=False)
    found = read_count(output)

    assert isinstance(found, int) == (reason is None)
    assert done.returncode == 7 or (reason is not None and "<" not in reason)
