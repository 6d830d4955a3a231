"""`harness compare`."""

import sys

import click

from harness.cli.group import cli
from harness.cli.options import format_option, open_here, places_options, print_result
from harness.errors import ExitCode


@cli.command("compare")
@click.argument("base")
@click.argument("head")
@places_options
@click.option("--stored", is_flag=True, help="Compare recordings as they are, measuring nothing.")
@click.option("--same-session", is_flag=True, help="With --stored: state that the runs of both sides took turns.")
@click.option("--benchmark", "benchmarks", metavar="B", multiple=True, help="Only this benchmark (may repeat).")
@click.option("--runs", type=click.IntRange(min=1), help="Measured runs a side, instead of the contract's.")
@click.option("--measure-anyway", is_flag=True, help="Measure even where both sides are the same executable (A/A).")
@click.option("--gate", is_flag=True, help="Exit 3 on a regression, 4 where it cannot be told.")
@format_option
def compare(  # noqa: PLR0913 (one parameter an option)
    base: str,
    head: str,
    target: str | None,
    host: str | None,
    stored: bool,
    same_session: bool,
    benchmarks: tuple[str, ...],
    runs: int | None,
    measure_anyway: bool,
    gate: bool,
    form: str,
) -> None:
    """Did HEAD get faster than BASE? Measures both here and now, taking turns, where both can be built.

    \b
    Example:
      harness compare m8 HEAD
      harness compare before after --stored
    """
    from harness.commands.comparing import Plan, compare_refs
    from harness.compare.verdict import Gate
    from harness.documents import comparing

    if same_session and not stored:
        raise click.UsageError("--same-session says something of stored runs: give --stored with it.")
    plan = Plan(
        stored=stored, same_session=same_session, benchmarks=benchmarks, runs=runs, measure_anyway=measure_anyway
    )
    compared = compare_refs(open_here(target, host), base, head, plan)
    print_result(
        form,
        data=lambda: comparing.as_json(compared),
        text=lambda: comparing.to_text(compared),
        markdown=lambda: comparing.to_markdown(compared),
    )
    codes = {Gate.REGRESSION: ExitCode.BROKEN, Gate.CANNOT_TELL: ExitCode.CANNOT_TELL}
    sys.exit(int(codes.get(compared.gate, ExitCode.DONE)) if gate else 0)
