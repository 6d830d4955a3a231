"""`harness render metrics`, `perf-notes`, `report` and `retrospective`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli.group import cli
from harness.cli.options import Command, open_here, places_options, say

if TYPE_CHECKING:
    from harness.documents.sections import Section


@cli.group("render")
def render() -> None:
    """Render documents from recordings, to stdout or between markers in a file.

    \b
    Example:
      harness render metrics --milestone 8 m8 --into milestone-8.md
      harness render perf-notes m8 HEAD
    """


def into_options(command: Command) -> Command:
    """--into and --heading."""
    command = click.option("--heading", metavar="H", help="Heading to put it below, where the file has no markers.")(
        command
    )
    return click.option(
        "--into", type=click.Path(path_type=Path), help="Put it into this file; the rest stays as it is."
    )(command)


def deliver(section: "Section", into: Path | None, heading: str | None) -> None:
    """The section on stdout under its heading, or put into a file."""
    from harness.commands.rendering import write_into

    if into is None:
        click.echo(section.standing_alone())
    else:
        changed = write_into(section, into, heading=heading)
        say(f"{into}: {'written' if changed else 'already so'}")


@render.command("metrics")
@click.argument("ref")
@click.option("--milestone", default="8", show_default=True, metavar="N", help="Milestone whose form is used.")
@click.option("--base", metavar="REF", help="What it is held against, instead of the contract's baseline.")
@places_options
@into_options
def render_metrics(  # noqa: PLR0913 (one parameter an option)
    ref: str,
    milestone: str,
    base: str | None,
    target: str | None,
    host: str | None,
    into: Path | None,
    heading: str | None,
) -> None:
    """Render the Metrics section of a milestone document.

    \b
    Example:
      harness render metrics --milestone 8 m8 --target openvm-metal
    """
    from harness.commands.rendering import render_metrics as section_of

    deliver(section_of(open_here(target, host), ref, milestone=milestone, base=base), into, heading)


@render.command("perf-notes")
@click.argument("base")
@click.argument("head")
@click.option("--milestone", metavar="N", help="Milestone the change belongs to.")
@places_options
@into_options
def render_perf_notes(  # noqa: PLR0913 (one parameter an option)
    base: str,
    head: str,
    milestone: str | None,
    target: str | None,
    host: str | None,
    into: Path | None,
    heading: str | None,
) -> None:
    """Render the PERF_NOTES section of a pull request.

    \b
    Example:
      harness render perf-notes m8 HEAD --into pull-request.md
    """
    from harness.commands.rendering import render_perf_notes as section_of

    deliver(section_of(open_here(target, host), base, head, milestone=milestone), into, heading)


@render.command("report")
@click.argument("ref")
@click.option("--plot", type=click.Path(path_type=Path), help="Write a picture of the samples there (PNG).")
@places_options
@into_options
def render_report(
    ref: str, plot: Path | None, target: str | None, host: str | None, into: Path | None, heading: str | None
) -> None:
    """Render one recording in full: facts, KPIs, the contract cell by cell.

    \b
    Example:
      harness render report m8 --plot m8.png
    """
    from harness.commands.rendering import render_report as section_of

    deliver(section_of(open_here(target, host), ref, plot=plot), into, heading)


@render.command("retrospective")
@into_options
def render_retrospective(into: Path | None, heading: str | None) -> None:
    """Render what milestones published, beside the committed Milestone 8 recording.

    \b
    Example:
      harness render retrospective
    """
    from harness.commands.milestones.retrospective import render_retrospective as section_of

    deliver(section_of(open_here(None, None)), into, heading)
