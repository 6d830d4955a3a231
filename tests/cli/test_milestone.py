"""What scripts rely on in `harness milestone`: exit codes, one clear error, and how little a look at papers loads."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli.milestone import milestone
from tests.commands.milestones.programme_checkout import FOLDER, ProgrammeCheckout, checked_out

ON_ONE = ("preflight", "start", "validate", "metrics", "criteria", "check", "complete", "report")
VERBS = (*ON_ONE, "board")
FILE = f"{FOLDER}/milestone-9.md"


@pytest.fixture
def programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProgrammeCheckout:
    """The programme as one commit on main: milestone 8 completed, the others not started, nothing recorded."""
    for name in ("HARNESS_STORE", "HARNESS_HOST", "RUST_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HARNESS_OWNER", "metal-team")
    return checked_out(tmp_path / "programme", monkeypatch)


def test_the_verbs_are_those_of_the_protocol(programme) -> None:
    assert "harness milestone board" in programme.harness("milestone", "--help").out
    assert sorted(milestone.commands) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_an_example(programme, verb: str) -> None:
    assert f"Example:\n    harness milestone {verb}" in programme.harness("milestone", verb, "--help").out


def written(data: bytes) -> Callable[[ProgrammeCheckout], object]:
    return lambda programme: (programme.path / FILE).write_bytes(data)


def missing(programme: ProgrammeCheckout) -> None:
    (programme.path / FILE).unlink()


def a_folder(programme: ProgrammeCheckout) -> None:
    missing(programme)
    (programme.path / FILE).mkdir()


def another_ones(programme: ProgrammeCheckout) -> None:
    programme.write(FILE, programme.read(f"{FOLDER}/milestone-10.md"))


def without_a_status(programme: ProgrammeCheckout) -> None:
    programme.replace(FILE, "- Status: `not_started`\n", "")


def of_an_unknown_status(programme: ProgrammeCheckout) -> None:
    programme.replace(FILE, "- Status: `not_started`", "- Status: `reverted`")


BROKEN: dict[str, tuple[str, Callable[[ProgrammeCheckout], object] | None, str]] = {
    "unknown": ("7", None, "There is no milestone '7' in the programme metal-backend."),
    "no id": ("../9", None, "There is no milestone '../9' in the programme metal-backend."),
    "missing": ("9", missing, "milestone-9.md cannot be read: No such file or directory."),
    "a folder": ("9", a_folder, "milestone-9.md cannot be read: Is a directory."),
    "not text": ("9", written(b"\xff"), "milestone-9.md is not UTF-8 text."),
    "empty": ("9", written(b""), "milestone-9.md, line 1 is not '# Milestone 9: TITLE'."),
    "another one's": ("9", another_ones, "milestone-9.md is the file of milestone '10', not of 9."),
    "no status": ("9", without_a_status, "milestone-9.md has no bullet Status below its title."),
    "unknown status": ("9", of_an_unknown_status, "milestone-9.md: status 'reverted' is not known."),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_milestone_that_cannot_be_worked_with_is_one_clear_error_of_every_verb(programme, case: str) -> None:
    milestone_id, change, said = BROKEN[case]
    if change:
        change(programme)
    before = programme.git("status", "--porcelain")
    for verb in ON_ONE:
        done = programme.harness("milestone", verb, milestone_id)
        first, *hint = done.err.strip().split("\n")

        assert (done.code, done.out) == (1, "")
        assert first.startswith("error: ")
        assert said in first
        assert [line[:2] for line in hint] == ["  "]
    assert programme.git("status", "--porcelain") == before
    assert not (programme.path / ".harness").exists()


@pytest.mark.parametrize("verb", ["preflight", "start"])
def test_a_blocked_milestone_is_a_clear_error(programme, verb: str) -> None:
    programme.set_values("9", status="blocked")
    done = programme.harness("milestone", verb, "9")

    assert (done.code, done.err.split("\n")[0]) == (1, "error: Milestone 9 is blocked.")


def test_without_recordings_there_is_nothing_to_render(programme) -> None:
    for verb, said in (
        ("metrics", "'HEAD' has no complete, clean recording of openvm-metal on this host."),
        ("criteria", f"{FILE} names no recordings to judge the exit criteria by."),
        ("report", f"{FILE} names no recordings to judge the exit criteria by."),
        ("complete", "Milestone 9 is not_started, so it cannot be completed."),
    ):
        done = programme.harness("milestone", verb, "9")

        assert (done.code, done.out) == (1, "")
        assert said in done.err


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("preflight", "9"), 0),
        (("preflight", "8"), 0),
        (("preflight", "10"), 3),
        (("start", "15"), 3),
        (("board",), 0),
        (("check", "9"), 3),
        (("check", "9", "--base", "nosuch"), 1),
        (("preflight",), 2),
        (("check", "9", "--format", "xml"), 2),
        (("frobnicate", "9"), 2),
        (("report", "9", "--pr", "--commit-message"), 2),
    ],
)
def test_exit_codes_mean_what_the_design_says(programme, args: tuple[str, ...], code: int) -> None:
    done = programme.harness("milestone", *args)

    assert done.code == code, done.err
    assert bool(done.err.strip()) == (code in {1, 2})
    assert bool(done.out.strip()) == (code not in {1, 2})


@pytest.mark.parametrize("args", [("preflight", "9"), ("start", "9"), ("board",), ("report", "--help")])
def test_verbs_that_read_no_recording_load_no_heavy_library(programme, args: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "harness", "milestone", *args],
        cwd=programme.path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode in {0, 3}
    for library in ("pandas", "pyarrow", "matplotlib", "numpy", "jinja2"):
        assert f" {library}\n" not in done.stderr
