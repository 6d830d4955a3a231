"""`harness init` and `doctor`."""

from pathlib import Path

import click

from harness.cli.group import cli
from harness.cli.options import format_option, open_here, places_options, print_result, say


@cli.command("init")
@click.option("--target", metavar="T", help="A known target, such as openvm-metal, instead of one of your own.")
def init(target: str | None) -> None:
    """Write a first harness.toml here, for the checkout you are in.

    \b
    Example:
      harness init --target openvm-metal
    """
    from harness.commands.starting import write_configuration

    path = write_configuration(Path.cwd(), target)
    click.echo(str(path))
    say("Edit the commands to your benchmarks, then: harness baseline m8")


@cli.command("doctor")
@click.option("--calibrate", is_flag=True, help="Record one session of an unchanged program, to learn how they differ.")
@places_options
@click.option("--rev", metavar="REV", help="What to calibrate with, instead of the last such session's commit or HEAD.")
@click.option("--runs", type=click.IntRange(min=1), help="Measured runs, instead of the contract's.")
@format_option
def doctor(calibrate: bool, target: str | None, host: str | None, rev: str | None, runs: int | None, form: str) -> None:
    """Say whether this machine is fit to measure now: load, governor, power, heat, others measuring.

    With --calibrate it measures an unchanged program instead. Six such sessions, on different days, show how much
    sessions differ, so that stored recordings of different days can be judged.

    \b
    Example:
      harness doctor
      harness doctor --calibrate
    """
    if calibrate:
        _calibrate(target, host, rev, runs, form)
    elif any(one is not None for one in (target, host, rev, runs)):
        raise click.UsageError("--target, --host, --rev and --runs say what to calibrate: give --calibrate with them.")
    else:
        _examine(form)


def _examine(form: str) -> None:
    from harness.commands.examining import examine
    from harness.documents import condition
    from harness.documents.escape import MARKDOWN
    from harness.documents.table import as_markdown, as_text

    found = examine()
    print_result(
        form,
        data=lambda: condition.as_json(found),
        text=lambda: as_text(condition.table_of(found)),
        markdown=lambda: as_markdown(condition.table_of(found, MARKDOWN)),
    )


def _calibrate(target: str | None, host: str | None, rev: str | None, runs: int | None, form: str) -> None:
    from harness.commands.calibrating import calibrate
    from harness.documents import calibrating

    made = calibrate(open_here(target, host), revision=rev, runs=runs)
    for warning in made.warnings:
        say(f"warning: {warning}")
    print_result(
        form,
        data=lambda: calibrating.as_json(made),
        text=lambda: calibrating.to_text(made),
        markdown=lambda: calibrating.to_markdown(made),
    )
