"""The docs are true: every command they show is run, here or by a named test, and pages made from code are current."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from harness.cli import cli
from harness.targets.config import EXAMPLE

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CAPTURE = ROOT / "tests" / "data" / "captures" / "h200_keccakf.log"

# Commands that take a whole machine are run by these tests instead of here.
RUN_ELSEWHERE = {
    "make baseline": "tests/prover/test_bundled_prover.py",
    "harness compare m8 HEAD": "tests/prover/test_bundled_prover.py",
    "harness compare main HEAD --until-decided --budget 10m": "tests/commands/test_interleaving.py",
    "harness compare main HEAD --resume": "tests/commands/test_interleaving.py",
    "harness compare main HEAD --explain": "tests/prover/test_end_to_end.py",
    "harness milestone preflight 9": "tests/commands/milestones/test_life.py",
    "harness milestone start 9": "tests/commands/milestones/test_life.py",
    "harness milestone metrics 9 --base main --head HEAD": "tests/commands/milestones/test_life.py",
    "harness milestone criteria 9": "tests/commands/milestones/test_life.py",
    "harness milestone validate 9": "tests/commands/milestones/test_life.py",
    "harness milestone check 9": "tests/commands/milestones/test_life.py",
    "harness milestone complete 9": "tests/commands/milestones/test_life.py",
    "harness milestone report 9 --pr": "tests/commands/milestones/test_life.py",
    "harness milestone board": "tests/commands/milestones/test_life.py",
    "harness compare main HEAD": "tests/commands/milestones/test_fixture.py",
    "harness doctor --calibrate": "tests/commands/test_calibrating.py",
}


def shown_commands() -> list[str]:
    """What readers are told to type, in the order of the pages."""
    blocks = [block for page in PAGES for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)]
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where a reader would stand: captures at hand, an own store."""
    folder = tmp_path_factory.mktemp("reader")
    text = CAPTURE.read_text()
    (folder / "before.log").write_text(text)
    (folder / "after.log").write_text(text.replace("[ 116ms", "[ 117ms"))
    return {"folder": str(folder), "HARNESS_STORE": str(folder / "store")}


def test_the_docs_show_commands() -> None:
    assert "make baseline" in shown_commands()
    assert "harness compare m8 HEAD" in shown_commands()
    assert len(shown_commands()) > 8


def test_every_command_shown_works_in_the_order_a_reader_needs(reader: dict[str, str]) -> None:
    commands = [command for command in shown_commands() if command not in RUN_ELSEWHERE]
    ordered = sorted(dict.fromkeys(commands), key=lambda command: not command.startswith("harness import"))
    for command in ordered:
        typed, _, _redirected = command.partition(" > ")
        program, *args = typed.split()
        assert program == "harness", command
        paths = [re.sub(r"([\w-]+=)?(\w+\.(?:log|png))$", rf"\1{reader['folder']}/\2", arg) for arg in args]
        done = subprocess.run(
            [sys.executable, "-m", "harness", *paths],
            cwd=ROOT,
            env={**os.environ, "HARNESS_STORE": reader["HARNESS_STORE"]},
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode in {0, 3}, f"{command}: {done.stderr}"


def test_commands_run_elsewhere_name_a_test_that_exists() -> None:
    for command, path in RUN_ELSEWHERE.items():
        assert command in shown_commands()
        assert (ROOT / path).is_file()


def test_the_readme_shows_the_configuration_that_init_writes() -> None:
    assert f"```toml\n{EXAMPLE}```" in (ROOT / "README.md").read_text()


def test_every_link_and_path_in_the_docs_exists() -> None:
    for page in PAGES:
        for name in re.findall(r"`((?:docs|tests|harness|baselines|reports)/[\w./-]+)`", page.read_text()):
            if not name.isupper() and "NAME" not in name:
                assert (ROOT / name).exists(), f"{page.name}: {name}"


def pages(command: click.Command, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    context = click.Context(command)
    names = command.list_commands(context) if isinstance(command, click.Group) else []
    below = [(name, command.get_command(context, name)) for name in sorted(names)]
    return [words, *(page for name, one in below for page in pages(one, (*words, name)))]


def test_the_command_line_page_is_what_help_says(golden) -> None:
    sections = []
    for words in pages(cli, ()):
        text = CliRunner().invoke(cli, [*words, "--help"], prog_name="harness", terminal_width=100).output
        sections.append(f"## {' '.join(('harness', *words))}\n\n```text\n{text.rstrip()}\n```\n")

    golden(str(ROOT / "docs" / "cli.md"), "# Command line\n\nMade from `--help`.\n\n" + "\n".join(sections))
