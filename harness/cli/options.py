"""What several verbs share: their options, the workspace they open, how a result is printed."""

import sys
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from harness.commands.talk import Talk
    from harness.commands.workspace import Workspace
    from harness.documents.recordings import Shown

FORMATS = ("text", "json", "markdown")
SPAN_FORMATS = ("chrome", "speedscope", "csv")
_PIECES_AT_ONCE = 1024

Command = Callable[..., Any]


def format_option(command: Command) -> Command:
    """--format, for every verb that prints a result."""
    return click.option(
        "--format", "form", type=click.Choice(FORMATS), default="text", help="How the result is printed."
    )(command)


def show_format_option(command: Command) -> Command:
    """--format of `show`, which also hands out the spans themselves."""
    choice = click.Choice((*FORMATS, *SPAN_FORMATS))
    return click.option("--format", "form", type=choice, default="text", help="How the result is printed.")(command)


def places_options(command: Command) -> Command:
    """--target and --host, which every verb that reads or makes recordings takes."""
    command = click.option("--host", metavar="H", help="Name of the host, instead of this machine's id.")(command)
    return click.option("--target", metavar="T", help="Target, instead of the default one.")(command)


def run_options(command: Command) -> Command:
    """--rev, --runs and --warmups."""
    command = click.option("--warmups", type=click.IntRange(min=0), help="Warmup runs, instead of the contract's.")(
        command
    )
    command = click.option("--runs", type=click.IntRange(min=1), help="Measured runs, instead of the contract's.")(
        command
    )
    return click.option(
        "--rev", default="WORKTREE", metavar="REV", help="Git revision, instead of the files as they lie."
    )(command)


def open_here(target: str | None, host: str | None) -> "Workspace":
    """The workspace of the working directory with what the command line chose."""
    from harness.commands.workspace import open_workspace

    store: Path | None = click.get_current_context().obj
    return open_workspace(Path.cwd(), store=store, target=target, host=host, say=talk())


def talk() -> "Talk":
    """Talk on stderr."""
    from harness.commands.talk import TerminalTalk

    return TerminalTalk(sys.stderr)


def say(line: str) -> None:
    """One remark on stderr."""
    click.echo(line, err=True)


def print_json(data: object) -> None:
    """One JSON value on stdout."""
    import json

    click.echo(json.dumps(data, indent=1, ensure_ascii=False))


def print_result(
    form: str, *, data: Callable[[], object], text: Callable[[], str], markdown: Callable[[], str]
) -> None:
    """The result on stdout, in the form that was asked for."""
    if form == "json":
        print_json(data())
    else:
        click.echo(text() if form == "text" else markdown())


def print_pieces(pieces: Iterable[str]) -> None:
    """A document on stdout while it is made, in UTF-8 and with its own line ends wherever we are."""
    remaining = iter(pieces)
    while held := "".join(islice(remaining, _PIECES_AT_ONCE)):
        click.echo(held.encode(), nl=False)


def print_recorded(shown: "Shown", form: str) -> None:
    """What `run` and `import` end with; warnings go to stderr."""
    from harness.documents import recordings

    for warning in shown.warnings:
        say(f"warning: {warning}")
    print_result(
        form,
        data=lambda: recordings.recorded_json(shown),
        text=lambda: recordings.show_text(shown),
        markdown=lambda: recordings.show_markdown(shown),
    )
