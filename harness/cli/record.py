"""`harness run`, `baseline` and `import`."""

from pathlib import Path

import click

from harness.cli.group import cli
from harness.cli.options import format_option, open_here, places_options, print_recorded, print_result, run_options, say

LOG_FORMATS = (
    "span-jsonl",
    "fmt-json",
    "fmt",
    "tracing-forest",
    "chrome-trace",
    "openvm-metrics",
    "hyperfine",
    "criterion",
    "google-benchmark",
    "pytest-benchmark",
    "transcript",
)


@cli.command("run")
@click.argument("benchmarks", nargs=-1, metavar="[BENCH]...")
@places_options
@run_options
@click.option("--label", metavar="L", help="Label the recording.")
@click.option("--replace", is_flag=True, help="Move the label if it is taken; its history is kept.")
@format_option
def run(  # noqa: PLR0913 (one parameter an option)
    benchmarks: tuple[str, ...],
    target: str | None,
    host: str | None,
    rev: str,
    runs: int | None,
    warmups: int | None,
    label: str | None,
    replace: bool,
    form: str,
) -> None:
    """Record the target's benchmarks (or some): 1 warmup and 5 measured runs each, as the contract says.

    \b
    Example:
      harness run keccakf --runs 10 --label before
    """
    from harness.commands.recording import RunPlan, record
    from harness.commands.showing import shown

    workspace = open_here(target, host)
    plan = RunPlan(benchmarks=benchmarks, revision=rev, runs=runs, warmups=warmups, label=label, replace=replace)
    made = record(workspace, plan)
    print_recorded(shown(workspace, made.recording, warnings=made.warnings), form)


@cli.command("baseline")
@click.argument("label")
@places_options
@run_options
@click.option("--replace", is_flag=True, help="Move the label to this commit; its history is kept.")
@format_option
def baseline(  # noqa: PLR0913 (one parameter an option)
    label: str,
    target: str | None,
    host: str | None,
    rev: str,
    runs: int | None,
    warmups: int | None,
    replace: bool,
    form: str,
) -> None:
    """Record every benchmark of the target, label it, and print the medians beside the contract.

    \b
    Example:
      harness baseline m8
    """
    from harness.commands.recording import RunPlan
    from harness.commands.recording import baseline as take_baseline
    from harness.commands.showing import shown
    from harness.documents import baselines, recordings

    workspace = open_here(target, host)
    plan = RunPlan(revision=rev, runs=runs, warmups=warmups, replace=replace)
    made = take_baseline(workspace, label, plan)
    one = shown(workspace, made.recording, warnings=made.warnings)
    for warning in one.warnings:
        say(f"warning: {warning}")
    print_result(
        form,
        data=lambda: recordings.recorded_json(one),
        text=lambda: baselines.to_text(one, workspace.contract),
        markdown=lambda: baselines.to_markdown(one, workspace.contract),
    )


class Capture(click.ParamType[tuple[str, Path]]):
    """BENCH=LOG."""

    name = "BENCH=LOG"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """The benchmark's name and the capture's path."""
        benchmark, equals, path = value.partition("=")
        if not equals or not benchmark or not path:
            self.fail(f"'{value}' is not BENCH=LOG, such as keccakf=capture.log", param, ctx)
        return benchmark, Path(path)


@cli.command("import")
@click.argument("captures", nargs=-1, required=True, type=Capture())
@places_options
@click.option("--label", metavar="L", help="Label the recording.")
@click.option("--replace", is_flag=True, help="Move the label if it is taken; its history is kept.")
@click.option(
    "--log-format",
    type=click.Choice(LOG_FORMATS),
    metavar="FORMAT",
    help=f"Format of the captures, instead of finding out: {', '.join(LOG_FORMATS)}.",
)
@click.option("--strict", is_flag=True, help="Refuse a capture of which any piece cannot be read.")
@format_option
def import_(  # noqa: PLR0913 (one parameter an option)
    captures: tuple[tuple[str, Path], ...],
    target: str | None,
    host: str | None,
    label: str | None,
    replace: bool,
    log_format: str | None,
    strict: bool,
    form: str,
) -> None:
    """Make one recording from existing captures.

    \b
    Example:
      harness import keccakf=keccakf.log logup=logup.log --target openvm-metal --host studio --label before
    """
    from harness.commands.importing import import_captures
    from harness.commands.showing import shown

    workspace = open_here(target, host)
    made = import_captures(workspace, captures, label=label, log_format=log_format, replace=replace, strict=strict)
    print_recorded(shown(workspace, made.recording, warnings=made.warnings), form)
