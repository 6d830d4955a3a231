"""`harness ls`, `show`, `check` and `publish`."""

import sys
from pathlib import Path

import click

from harness.cli.group import cli
from harness.cli.options import (
    SPAN_FORMATS,
    format_option,
    open_here,
    places_options,
    print_pieces,
    print_result,
    show_format_option,
)
from harness.errors import ExitCode


@cli.command("ls")
@format_option
def ls(form: str) -> None:
    """List recordings and labels.

    \b
    Example:
      harness ls --format json
    """
    from harness.commands.showing import list_recordings
    from harness.documents import recordings
    from harness.documents.escape import MARKDOWN
    from harness.documents.table import as_markdown, as_text

    listed = list_recordings(open_here(None, None))
    print_result(
        form,
        data=lambda: recordings.list_json(listed),
        text=lambda: as_text(recordings.list_table(listed)),
        markdown=lambda: as_markdown(recordings.list_table(listed, MARKDOWN)),
    )


@cli.command("show")
@click.argument("ref")
@places_options
@show_format_option
def show(ref: str, target: str | None, host: str | None, form: str) -> None:
    """Show one recording: facts, KPI medians, span trees with medians and spread.

    Or hand out the spans of all its runs, for other programs: chrome opens in Perfetto.

    \b
    Example:
      harness show m8 --target openvm-metal
      harness show m8 --target openvm-metal --format chrome >m8.json
    """
    from harness.commands.showing import show_recording
    from harness.documents import recordings

    if form in SPAN_FORMATS:
        _show_spans(ref, target, host, form)
        return
    shown = show_recording(open_here(target, host), ref, trees=form == "text")
    print_result(
        form,
        data=lambda: recordings.show_json(shown),
        text=lambda: recordings.show_text(shown),
        markdown=lambda: recordings.show_markdown(shown),
    )


def _show_spans(ref: str, target: str | None, host: str | None, form: str) -> None:
    from harness.commands.showing import show_spans
    from harness.documents.chrome_trace import chrome_trace
    from harness.documents.span_csv import span_csv
    from harness.documents.speedscope import speedscope

    shown, runs = show_spans(open_here(target, host), ref)
    if form == "csv":
        print_pieces(span_csv(runs))
    else:
        print_pieces(chrome_trace(shown, runs) if form == "chrome" else speedscope(shown, runs))


@cli.command("check")
@click.argument("ref")
@places_options
@click.option("--contract", metavar="C", help="Contract to check, instead of the one it was recorded for.")
@format_option
def check(ref: str, target: str | None, host: str | None, contract: str | None, form: str) -> None:
    """Say whether a recording meets its contract: exit 0 met, 3 broken, 4 cannot tell.

    \b
    Example:
      harness check m8 --target openvm-metal
    """
    from harness.commands.checking import check_recording
    from harness.documents import checking
    from harness.kpis.check import Standing

    checked = check_recording(open_here(target, host), ref, contract=contract)
    print_result(
        form,
        data=lambda: checking.as_json(checked),
        text=lambda: checking.to_text(checked),
        markdown=lambda: checking.to_markdown(checked),
    )
    codes = {Standing.BROKEN: ExitCode.BROKEN, Standing.CANNOT_TELL: ExitCode.CANNOT_TELL}
    sys.exit(int(codes.get(checked.standing, ExitCode.DONE)))


@cli.command("publish")
@click.argument("ref")
@click.option("--name", metavar="L", help="Label it under this name there.")
@click.option("--logs", type=click.Path(path_type=Path), help="Also write its logs there, as BENCH-DATE-TAG.log.")
@click.option("--replace", is_flag=True, help="Move the label there if it is taken; its history is kept.")
@places_options
def publish(ref: str, name: str | None, logs: Path | None, replace: bool, target: str | None, host: str | None) -> None:
    """Copy a recording into baselines/ for committing, and its logs to where documents refer to them.

    \b
    Example:
      harness publish m8 --name m8
    """
    from harness.commands.publishing import publish as publish_recording

    for path in publish_recording(open_here(target, host), ref, name=name, logs=logs, replace=replace):
        click.echo(str(path))
