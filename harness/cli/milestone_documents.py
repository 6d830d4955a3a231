"""`harness milestone validate|metrics|criteria|check|complete|report`: a milestone's documents and their evidence."""

import sys
import time
from typing import TYPE_CHECKING

import click

from harness.cli.milestone import milestone, owner_option
from harness.cli.options import Command, format_option, open_here, places_options, print_json, print_result, say
from harness.errors import ExitCode

if TYPE_CHECKING:
    from harness.commands.milestones.rendering import Rendered
    from harness.milestones.findings import Severity


def begun_option(command: Command) -> Command:
    """--base of the verbs that look at git."""
    said = "Revision that changes are counted from, instead of where the milestone was begun."
    return click.option("--base", metavar="REV", help=said)(command)


def dry_run_option(command: Command) -> Command:
    """--dry-run of the verbs that write a part."""
    return click.option("--dry-run", is_flag=True, help="Print the part, write nothing.")(command)


@milestone.command("validate")
@click.argument("milestone_id", metavar="ID")
@begun_option
@click.option("--again", is_flag=True, help="Run every command anew, also those whose code did not change since.")
@places_options
@format_option
def validate(milestone_id: str, base: str | None, again: bool, target: str | None, host: str | None, form: str) -> None:
    """Run a milestone's validation commands and log them: exit 0 all pass, 3 one fails, 4 one executed no test.

    \b
    Example:
      harness milestone validate 9
    """
    from harness.commands.milestones.history import begun_at
    from harness.commands.milestones.place import open_place
    from harness.commands.milestones.validating import validate as validated_by
    from harness.documents.milestones import validation

    workspace = open_here(target, host)
    place = open_place(workspace)
    begun = begun_at(place, place.programme.milestone(milestone_id).id, base=base)
    validated = validated_by(
        workspace, place, milestone_id, base_commit=begun.commit, base_reason=begun.how, again=again
    )
    print_result(
        form,
        data=lambda: validation.as_json(validated),
        text=lambda: validation.to_text(validated),
        markdown=lambda: validation.to_markdown(validated),
    )
    sys.exit(int(validated.exit_code))


@milestone.command("metrics")
@click.argument("milestone_id", metavar="ID")
@click.option("--base", metavar="REF", help="What it is held against, instead of the contract's baseline.")
@click.option("--head", metavar="REF", help="What was measured for it, instead of HEAD.")
@dry_run_option
@places_options
@format_option
def metrics(  # noqa: PLR0913 (one parameter an option)
    milestone_id: str,
    base: str | None,
    head: str | None,
    dry_run: bool,
    target: str | None,
    host: str | None,
    form: str,
) -> None:
    """Render a milestone's Metrics from stored recordings, in its own shape, into its file.

    \b
    Example:
      harness milestone metrics 9 --base main --head HEAD
    """
    from harness.commands.milestones.place import open_place
    from harness.commands.milestones.rendering import render_metrics
    from harness.documents.milestones.metrics import metrics_block
    from harness.documents.milestones.metrics_json import metrics_json

    workspace = open_here(target, host)
    place = open_place(workspace)
    rendered = render_metrics(workspace, place, milestone_id, base=base, head=head, write=not dry_run)
    _tell_written(rendered, place.relative(milestone_id), dry_run=dry_run)
    print_result(
        form,
        data=lambda: {**metrics_json(rendered.evidence), "changed": rendered.changed},
        text=lambda: metrics_block(rendered.evidence),
        markdown=lambda: metrics_block(rendered.evidence),
    )


@milestone.command("criteria")
@click.argument("milestone_id", metavar="ID")
@dry_run_option
@places_options
@format_option
def criteria(milestone_id: str, dry_run: bool, target: str | None, host: str | None, form: str) -> None:
    """Judge a milestone's exit criteria, as its template words them, by the recordings of its Metrics.

    \b
    Example:
      harness milestone criteria 9
    """
    from harness.commands.milestones.place import open_place
    from harness.commands.milestones.rendering import render_criteria
    from harness.documents.milestones.criteria import criteria_block, criteria_json, criteria_text

    workspace = open_here(target, host)
    place = open_place(workspace)
    rendered = render_criteria(workspace, place, milestone_id, write=not dry_run)
    _tell_written(rendered, place.relative(milestone_id), dry_run=dry_run)
    print_result(
        form,
        data=lambda: {
            "milestone": milestone_id,
            "criteria": criteria_json(rendered.judged),
            "changed": rendered.changed,
        },
        text=lambda: criteria_text(rendered.judged),
        markdown=lambda: criteria_block(rendered.judged),
    )


def _tell_written(rendered: "Rendered", path: str, *, dry_run: bool) -> None:
    if dry_run:
        say(f"{path}: {'would be changed' if rendered.changed else 'already so'}; nothing is written")
    else:
        say(f"{path}: {'written' if rendered.changed else 'already so'}")


@milestone.command("check")
@click.argument("milestone_id", metavar="ID")
@begun_option
@places_options
@format_option
def check(milestone_id: str, base: str | None, target: str | None, host: str | None, form: str) -> None:
    """Make a milestone's document again from what is stored: exit 0 it holds, 3 it does not, 4 it cannot be told.

    \b
    Example:
      harness milestone check 9
    """
    from harness.commands.milestones.checking import check_milestone
    from harness.commands.milestones.place import open_place
    from harness.documents.milestones.check import check_json, check_markdown, check_text

    workspace = open_here(target, host)
    checked = check_milestone(workspace, open_place(workspace), milestone_id, base=base)
    begun, findings, standing = checked.counted_from, checked.findings, checked.standing
    print_result(
        form,
        data=lambda: check_json(checked.milestone, checked.status, begun, findings, standing),
        text=lambda: check_text(checked.milestone, begun, findings, standing),
        markdown=lambda: check_markdown(checked.milestone, begun, findings, standing),
    )
    sys.exit(int(_exit_code(standing)))


def _exit_code(standing: "Severity | None") -> ExitCode:
    from harness.milestones.findings import Severity

    codes = {Severity.FAILS: ExitCode.BROKEN, Severity.UNCLEAR: ExitCode.CANNOT_TELL}
    return codes.get(standing or Severity.WARNS, ExitCode.DONE)


@milestone.command("complete")
@click.argument("milestone_id", metavar="ID")
@begun_option
@owner_option
@click.option(
    "--accept-vacuous", metavar="COMMAND", multiple=True, help="Take a validation that executed no test as it is."
)
@click.option("--reason", default="", metavar="TEXT", help="Why the vacuous validation is taken; it is written down.")
@places_options
@format_option
def complete(  # noqa: PLR0913 (one parameter an option)
    milestone_id: str,
    base: str | None,
    owner: str | None,
    accept_vacuous: tuple[str, ...],
    reason: str,
    target: str | None,
    host: str | None,
    form: str,
) -> None:
    """Complete a milestone whose check holds: publish its evidence, set status and dates; else say what is missing.

    \b
    Example:
      harness milestone complete 9
    """
    from harness.commands.milestones.completing import Acceptance
    from harness.commands.milestones.completing import complete as completed_by
    from harness.commands.milestones.place import open_place
    from harness.documents.milestones import completion

    workspace = open_here(target, host)
    shown = completed_by(
        workspace,
        open_place(workspace),
        milestone_id,
        today=time.strftime("%Y-%m-%d", time.gmtime()),
        base=base,
        owner=owner,
        acceptance=Acceptance(commands=accept_vacuous, reason=reason),
    )
    print_result(
        form,
        data=lambda: completion.as_json(shown),
        text=lambda: completion.to_text(shown),
        markdown=lambda: completion.to_markdown(shown),
    )
    sys.exit(int(_exit_code(shown.standing)))


@milestone.command("report")
@click.argument("milestone_id", metavar="ID")
@click.option("--commit-message", "as_message", is_flag=True, help="As a commit message that names the milestone.")
@click.option("--pr", "as_pull_request", is_flag=True, help="As a pull request by the repository's template.")
@begun_option
@places_options
@format_option
def report(  # noqa: PLR0913 (one parameter an option)
    milestone_id: str,
    as_message: bool,
    as_pull_request: bool,
    base: str | None,
    target: str | None,
    host: str | None,
    form: str,
) -> None:
    """Print a milestone's final report: scope, commit, files, deltas, criteria, residual bottlenecks.

    \b
    Example:
      harness milestone report 9
      harness milestone report 9 --pr
    """
    from harness.commands.milestones.place import open_place
    from harness.commands.milestones.reporting import make_pull_request, make_report
    from harness.documents.milestones.report import commit_message, to_json, to_markdown

    if as_message and as_pull_request:
        raise click.UsageError("--commit-message and --pr are two different texts: ask for one.")
    workspace = open_here(target, host)
    place = open_place(workspace)
    made = make_report(workspace, place, milestone_id, base=base)
    if as_message:
        text = commit_message(made)
    elif as_pull_request:
        text = make_pull_request(workspace, place, made)
    else:
        text = to_markdown(made)
    if form == "json":
        print_json({**to_json(made), "text": text})
    else:
        click.echo(text)
