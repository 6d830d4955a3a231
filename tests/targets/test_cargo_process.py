import os
from pathlib import Path

import psutil
import pytest

from harness.errors import BuildError
from harness.targets.cargo_process import Place, query, stream


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(directory=tmp_path, env=dict(os.environ))


def _shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def test_stderr_comes_line_by_line_and_stdout_is_returned(place: Place):
    lines: list[str] = []
    script = "echo one >&2; echo out; printf '\\n\\377three\\r\\nlast' >&2"
    assert stream(_shell(script), place, lines.append) == "out\n"
    assert lines == ["one", "", "\ufffdthree", "last"]


def test_much_output_on_both_pipes_does_not_block(place: Place):
    lines: list[str] = []
    script = "i=0; while [ $i -lt 3000 ]; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; i=$((i+1)); done"
    output = stream(_shell(f"{script}; {{ {script}; }} >&2"), place, lines.append)
    assert (len(output.splitlines()), len(lines)) == (3000, 3000)


def test_a_failure_shows_what_where_and_the_last_twenty_lines(place: Place, tmp_path: Path):
    script = "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i >&2; echo >&2; done; exit 7"
    with pytest.raises(BuildError) as raised:
        stream(_shell(script), place, lambda _: None)
    first, *rest = raised.value.message.splitlines()
    assert first.startswith("`sh -c ")
    assert first.endswith(f"failed in {tmp_path} (exit code 7); its last lines:")
    assert rest == [f"    line {number}" for number in range(11, 31)]


def test_a_build_that_was_killed_says_by_which_signal(place: Place):
    with pytest.raises(BuildError, match=r"killed by signal 9"):
        stream(_shell("kill -9 $$"), place, lambda _: None)


def test_a_question_that_fails_shows_the_answer(place: Place):
    assert query(_shell("echo fine"), place) == "fine\n"
    with pytest.raises(BuildError, match=r"exit code 2\); its last lines:\n    no such thing"):
        query(_shell("echo no such thing >&2; exit 2"), place)


def test_an_interrupted_build_leaves_no_process_behind(place: Place):
    started: list[psutil.Process] = []

    def interrupt(line: str) -> None:
        started.append(psutil.Process(int(line)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream(_shell("sleep 60 & echo $! >&2; wait"), place, interrupt)
    _, alive = psutil.wait_procs(started, timeout=5)
    assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def test_the_build_cannot_ask_the_terminal(place: Place):
    assert stream(_shell("cat; ps -o pgid= -p $$ | tr -d ' '"), place, lambda _: None).strip() != str(os.getpgrp())


def test_a_program_that_may_not_be_run_is_named(place: Place, tmp_path: Path):
    (tmp_path / "tool").write_text("")
    with pytest.raises(BuildError, match=r"tool` cannot start in .*: Permission denied"):
        query([str(tmp_path / "tool")], place)
