"""`harness milestone`: the protocol of an optimisation programme's milestones."""

import sys
import time

import click

from harness.cli.group import cli
from harness.cli.options import Command, format_option, open_here, print_result
from harness.errors import ExitCode


@cli.group("milestone")
def milestone() -> None:
    """Do what a programme asks for one of its milestones, and check it.

    \b
    Example:
      harness milestone preflight 9
      harness milestone start 9
      harness milestone board
    """


def target_option(command: Command) -> Command:
    """--target, whose checkout holds the programme's documents."""
    return click.option("--target", metavar="T", help="Target, instead of the default one.")(command)


def owner_option(command: Command) -> Command:
    """--owner."""
    said = "Who works on it (else HARNESS_OWNER, else git's user.name)."
    return click.option("--owner", metavar="NAME", help=said)(command)


@milestone.command("preflight")
@click.argument("milestone_id", metavar="ID")
@owner_option
@target_option
@format_option
def preflight(milestone_id: str, owner: str | None, target: str | None, form: str) -> None:
    """Say whether a milestone may be worked on: exit 0 yes or a no-op, 3 another owner's or waiting for another one.

    \b
    Example:
      harness milestone preflight 9
    """
    from harness.commands.milestones.preflight import preflight as checked_by
    from harness.documents.milestones import standing

    checked = checked_by(open_here(target, None), milestone_id, owner=owner)
    print_result(
        form,
        data=lambda: standing.as_json(checked),
        text=lambda: standing.to_text(checked),
        markdown=lambda: standing.to_markdown(checked),
    )
    sys.exit(int(ExitCode.BROKEN if checked.forbidden else ExitCode.DONE))


@milestone.command("start")
@click.argument("milestone_id", metavar="ID")
@owner_option
@click.option("--branch", metavar="B", help="Branch of the work, instead of the one that is checked out.")
@target_option
@format_option
def start(milestone_id: str, owner: str | None, branch: str | None, target: str | None, form: str) -> None:
    """Claim a milestone in its file: status, owner, branch, dates. Exit codes are those of preflight.

    \b
    Example:
      harness milestone start 9 --branch perf/m9
    """
    from harness.commands.milestones.claiming import start as claimed_by
    from harness.documents.milestones import standing

    today = time.strftime("%Y-%m-%d", time.gmtime())
    claim = claimed_by(open_here(target, None), milestone_id, owner=owner, branch=branch, today=today)
    print_result(
        form,
        data=lambda: standing.as_json(claim.checked, changed=claim.changed),
        text=lambda: standing.to_text(claim.checked, changed=claim.changed),
        markdown=lambda: standing.to_markdown(claim.checked, changed=claim.changed),
    )
    sys.exit(int(ExitCode.BROKEN if claim.checked.forbidden else ExitCode.DONE))


@milestone.command("board")
@target_option
@format_option
def board(target: str | None, form: str) -> None:
    """Show where the status board and the milestones' files disagree, and which milestones are ready.

    \b
    Example:
      harness milestone board
    """
    from harness.commands.milestones.boarding import read_overview
    from harness.documents.milestones import board as documents

    found = read_overview(open_here(target, None))
    print_result(
        form,
        data=lambda: documents.as_json(found),
        text=lambda: documents.to_text(found),
        markdown=lambda: documents.to_markdown(found),
    )
