"""`harness init` and `doctor`."""

from pathlib import Path

import click

from harness.cli.group import cli
from harness.cli.options import format_option, print_result, say


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
@format_option
def doctor(form: str) -> None:
    """Say whether this machine is fit to measure now: load, governor, power, heat, others measuring.

    \b
    Example:
      harness doctor
    """
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
