"""`harness compare`."""

import sys

import click

from harness.cli.group import cli
from harness.cli.options import format_option, open_here, places_options, print_result
from harness.errors import ExitCode

_DEFAULT_BUDGET = "10m"


@cli.command("compare")
@click.argument("base")
@click.argument("head")
@places_options
@click.option("--stored", is_flag=True, help="Compare recordings as they are, measuring nothing.")
@click.option("--same-session", is_flag=True, help="With --stored: state that the runs of both sides took turns.")
@click.option("--benchmark", "benchmarks", metavar="B", multiple=True, help="Only this benchmark (may repeat).")
@click.option("--runs", type=click.IntRange(min=1), help="Measured runs a side, instead of the contract's.")
@click.option("--until-decided", is_flag=True, help="Add rounds until every gating KPI is decided.")
@click.option("--budget", metavar="TIME", help="With --until-decided: time for the runs; 10m by default.")
@click.option("--resume", is_flag=True, help="Go on with the comparison of these two that was broken off.")
@click.option("--measure-anyway", is_flag=True, help="Measure even where both sides are the same executable (A/A).")
@click.option("--explain", is_flag=True, help="Also lay both span trees side by side: which span moved, by how much.")
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
    until_decided: bool,
    budget: str | None,
    resume: bool,
    measure_anyway: bool,
    explain: bool,
    gate: bool,
    form: str,
) -> None:
    """Did HEAD get faster than BASE? Measures both here and now, taking turns, where both can be built.

    \b
    Example:
      harness compare m8 HEAD
      harness compare main HEAD --until-decided --budget 5m
      harness compare before after --stored --explain
    """
    from harness.commands.comparing import Plan, compare_refs
    from harness.compare.verdict import Gate
    from harness.documents import comparing

    if same_session and not stored:
        raise click.UsageError("--same-session says something of stored runs: give --stored with it.")
    if stored and (runs or until_decided or resume or measure_anyway):
        raise click.UsageError("--stored measures nothing: leave --runs, --until-decided, --resume and the like away.")
    if runs and until_decided:
        raise click.UsageError("--runs fixes the number of runs, --until-decided does not: give one of them.")
    plan = Plan(
        stored=stored,
        same_session=same_session,
        benchmarks=benchmarks,
        runs=runs,
        budget_s=_budget_s(budget, until_decided=until_decided),
        resume=resume,
        measure_anyway=measure_anyway,
        explain=explain,
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


def _budget_s(text: str | None, *, until_decided: bool) -> float | None:
    from harness.units import parse_timeout

    if not until_decided:
        if text is not None:
            raise click.UsageError("--budget is for --until-decided: give both.")
        return None
    budget_s = parse_timeout(text or _DEFAULT_BUDGET)
    if budget_s is None:
        raise click.BadParameter(f"'{text}' is not a time; write it like 10m or 90s.", param_hint="--budget")
    return budget_s
