"""The command line: options → one call into harness.commands → text and exit code. No logic here.

stdout carries the result, stderr the talk. Command modules are imported inside the callbacks, so that `--help` loads
neither pandas nor pyarrow nor matplotlib.
"""

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from harness import __version__
from harness.errors import ExitCode, HarnessError

if TYPE_CHECKING:
    from harness.commands.talk import Talk
    from harness.commands.workspace import Workspace
    from harness.documents.recordings import Shown
    from harness.documents.sections import Section

FORMATS = ("text", "json", "markdown")

_Command = Callable[..., Any]


class _Group(click.Group):
    """Turns every error on purpose into one message and its documented exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's signature)
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            _fail(error.message, error.hint, error.exit_code)
        except KeyboardInterrupt:
            _fail("interrupted", "", ExitCode.INTERRUPTED)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            _fail(f"{error.strerror or error}{where}", "", ExitCode.ERROR)


def _fail(message: str, hint: str, code: ExitCode) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"  {hint}", err=True)
    sys.exit(int(code))


def _formats(command: _Command) -> _Command:
    return click.option(
        "--format", "form", type=click.Choice(FORMATS), default="text", help="How the result is printed."
    )(command)


def _places(command: _Command) -> _Command:
    """--target and --host, which every verb that reads or makes recordings takes."""
    command = click.option("--host", metavar="H", help="Name of the host, instead of this machine's id.")(command)
    return click.option("--target", metavar="T", help="Target, instead of the default one.")(command)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="harness")
@click.option("--store", type=click.Path(path_type=Path), help="Store folder (else HARNESS_STORE, else .harness/).")
@click.pass_context
def cli(ctx: click.Context, store: Path | None) -> None:
    """Benchmarks of Rust provers that print tracing spans: record, compare, render.

    \b
    Example:
      harness baseline m8
      harness compare m8 HEAD
    """
    ctx.obj = store


def _workspace(target: str | None, host: str | None) -> "Workspace":
    from harness.commands.workspace import open_workspace

    store: Path | None = click.get_current_context().obj
    return open_workspace(Path.cwd(), store=store, target=target, host=host, say=_talk())


def _talk() -> "Talk":
    from harness.commands.talk import TerminalTalk

    return TerminalTalk(sys.stderr)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _print_json(data: object) -> None:
    click.echo(json.dumps(data, indent=1, ensure_ascii=False))


def _print(form: str, *, data: Callable[[], object], text: Callable[[], str], markdown: Callable[[], str]) -> None:
    if form == "json":
        _print_json(data())
    else:
        click.echo(text() if form == "text" else markdown())


def _print_recorded(shown: "Shown", form: str) -> None:
    from harness.documents import recordings

    for warning in shown.warnings:
        _say(f"warning: {warning}")
    _print(
        form,
        data=lambda: recordings.recorded_json(shown),
        text=lambda: recordings.show_text(shown),
        markdown=lambda: recordings.show_markdown(shown),
    )


class _Capture(click.ParamType[tuple[str, Path]]):
    """BENCH=LOG."""

    name = "BENCH=LOG"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """The benchmark's name and the capture's path."""
        benchmark, equals, path = value.partition("=")
        if not equals or not benchmark or not path:
            self.fail(f"'{value}' is not BENCH=LOG, such as keccakf=capture.log", param, ctx)
        return benchmark, Path(path)


@cli.command("import")
@click.argument("captures", nargs=-1, required=True, type=_Capture())
@_places
@click.option("--label", metavar="L", help="Label the recording.")
@click.option("--replace", is_flag=True, help="Move the label if it is taken; its history is kept.")
@click.option("--log-format", metavar="F", help="Format of the captures, instead of finding out.")
@_formats
def import_(  # noqa: PLR0913 (one parameter an option)
    captures: tuple[tuple[str, Path], ...],
    target: str | None,
    host: str | None,
    label: str | None,
    replace: bool,
    log_format: str | None,
    form: str,
) -> None:
    """Make one recording from existing captures.

    \b
    Example:
      harness import keccakf=keccakf.log logup=logup.log --target openvm-metal --host studio --label before
    """
    from harness.commands.importing import import_captures
    from harness.commands.showing import shown

    workspace = _workspace(target, host)
    made = import_captures(workspace, captures, label=label, log_format=log_format, replace=replace)
    _print_recorded(shown(workspace, made.recording, warnings=made.warnings), form)


def _run_options(command: _Command) -> _Command:
    command = click.option("--warmups", type=click.IntRange(min=0), help="Warmup runs, instead of the contract's.")(
        command
    )
    command = click.option("--runs", type=click.IntRange(min=1), help="Measured runs, instead of the contract's.")(
        command
    )
    return click.option(
        "--rev", default="WORKTREE", metavar="REV", help="Git revision, instead of the files as they lie."
    )(command)


@cli.command("run")
@click.argument("benchmarks", nargs=-1, metavar="[BENCH]...")
@_places
@_run_options
@click.option("--label", metavar="L", help="Label the recording.")
@click.option("--replace", is_flag=True, help="Move the label if it is taken; its history is kept.")
@_formats
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

    workspace = _workspace(target, host)
    plan = RunPlan(benchmarks=benchmarks, revision=rev, runs=runs, warmups=warmups, label=label, replace=replace)
    made = record(workspace, plan)
    _print_recorded(shown(workspace, made.recording, warnings=made.warnings), form)


@cli.command("baseline")
@click.argument("label")
@_places
@_run_options
@click.option("--replace", is_flag=True, help="Move the label to this commit; its history is kept.")
@_formats
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

    workspace = _workspace(target, host)
    plan = RunPlan(revision=rev, runs=runs, warmups=warmups, replace=replace)
    made = take_baseline(workspace, label, plan)
    one = shown(workspace, made.recording, warnings=made.warnings)
    for warning in one.warnings:
        _say(f"warning: {warning}")
    _print(
        form,
        data=lambda: recordings.recorded_json(one),
        text=lambda: baselines.to_text(one, workspace.contract),
        markdown=lambda: baselines.to_markdown(one, workspace.contract),
    )


@cli.command("ls")
@_formats
def ls(form: str) -> None:
    """List recordings and labels.

    \b
    Example:
      harness ls --format json
    """
    from harness.commands.showing import list_recordings
    from harness.documents import recordings
    from harness.documents.table import as_markdown, as_text

    listed = list_recordings(_workspace(None, None))
    _print(
        form,
        data=lambda: recordings.list_json(listed),
        text=lambda: as_text(recordings.list_table(listed)),
        markdown=lambda: as_markdown(recordings.list_table(listed)),
    )


@cli.command("show")
@click.argument("ref")
@_places
@_formats
def show(ref: str, target: str | None, host: str | None, form: str) -> None:
    """Show one recording: facts, KPI medians, span trees with medians and spread.

    \b
    Example:
      harness show m8 --target openvm-metal
    """
    from harness.commands.showing import show_recording
    from harness.documents import recordings

    shown = show_recording(_workspace(target, host), ref, trees=form == "text")
    _print(
        form,
        data=lambda: recordings.show_json(shown),
        text=lambda: recordings.show_text(shown),
        markdown=lambda: recordings.show_markdown(shown),
    )


@cli.command("check")
@click.argument("ref")
@_places
@click.option("--contract", metavar="C", help="Contract to check, instead of the one it was recorded for.")
@_formats
def check(ref: str, target: str | None, host: str | None, contract: str | None, form: str) -> None:
    """Say whether a recording meets its contract: exit 0 met, 3 broken, 4 cannot tell.

    \b
    Example:
      harness check m8 --target openvm-metal
    """
    from harness.commands.checking import check_recording
    from harness.documents import checking
    from harness.kpis.check import Standing

    checked = check_recording(_workspace(target, host), ref, contract=contract)
    _print(
        form,
        data=lambda: checking.as_json(checked),
        text=lambda: checking.to_text(checked),
        markdown=lambda: checking.to_markdown(checked),
    )
    codes = {Standing.BROKEN: ExitCode.BROKEN, Standing.CANNOT_TELL: ExitCode.CANNOT_TELL}
    sys.exit(int(codes.get(checked.standing, ExitCode.DONE)))


@cli.command("compare")
@click.argument("base")
@click.argument("head")
@_places
@click.option("--stored", is_flag=True, help="Compare recordings as they are, measuring nothing.")
@click.option("--same-session", is_flag=True, help="With --stored: state that the runs of both sides took turns.")
@click.option("--benchmark", "benchmarks", metavar="B", multiple=True, help="Only this benchmark (may repeat).")
@click.option("--runs", type=click.IntRange(min=1), help="Measured runs a side, instead of the contract's.")
@click.option("--measure-anyway", is_flag=True, help="Measure even where both sides are the same executable (A/A).")
@click.option("--gate", is_flag=True, help="Exit 3 on a regression, 4 where it cannot be told.")
@_formats
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
    compared = compare_refs(_workspace(target, host), base, head, plan)
    _print(
        form,
        data=lambda: comparing.as_json(compared),
        text=lambda: comparing.to_text(compared),
        markdown=lambda: comparing.to_markdown(compared),
    )
    codes = {Gate.REGRESSION: ExitCode.BROKEN, Gate.CANNOT_TELL: ExitCode.CANNOT_TELL}
    sys.exit(int(codes.get(compared.gate, ExitCode.DONE)) if gate else 0)


@cli.group("render")
def render() -> None:
    """Render documents from recordings, to stdout or between markers in a file.

    \b
    Example:
      harness render metrics --milestone 8 m8 --into milestone-8.md
      harness render perf-notes m8 HEAD
    """


def _into_options(command: _Command) -> _Command:
    command = click.option("--heading", metavar="H", help="Heading to put it below, where the file has no markers.")(
        command
    )
    return click.option(
        "--into", type=click.Path(path_type=Path), help="Put it into this file; the rest stays as it is."
    )(command)


def _deliver(section: "Section", into: Path | None, heading: str | None) -> None:
    from harness.commands.rendering import write_into

    if into is None:
        click.echo(section.standing_alone())
    else:
        changed = write_into(section, into, heading=heading)
        _say(f"{into}: {'written' if changed else 'already so'}")


@render.command("metrics")
@click.argument("ref")
@click.option("--milestone", default="8", show_default=True, metavar="N", help="Milestone whose form is used.")
@_places
@_into_options
def render_metrics(
    ref: str, milestone: str, target: str | None, host: str | None, into: Path | None, heading: str | None
) -> None:
    """Render the Metrics section of a milestone document.

    \b
    Example:
      harness render metrics --milestone 8 m8 --target openvm-metal
    """
    from harness.commands.rendering import render_metrics as section_of

    _deliver(section_of(_workspace(target, host), ref, milestone=milestone), into, heading)


@render.command("perf-notes")
@click.argument("base")
@click.argument("head")
@click.option("--milestone", metavar="N", help="Milestone the change belongs to.")
@_places
@_into_options
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

    _deliver(section_of(_workspace(target, host), base, head, milestone=milestone), into, heading)


@render.command("report")
@click.argument("ref")
@click.option("--plot", type=click.Path(path_type=Path), help="Write a picture of the samples there (PNG).")
@_places
@_into_options
def render_report(
    ref: str, plot: Path | None, target: str | None, host: str | None, into: Path | None, heading: str | None
) -> None:
    """Render one recording in full: facts, KPIs, the contract cell by cell.

    \b
    Example:
      harness render report m8 --plot m8.png
    """
    from harness.commands.rendering import render_report as section_of

    _deliver(section_of(_workspace(target, host), ref, plot=plot), into, heading)


@cli.command("publish")
@click.argument("ref")
@click.option("--name", metavar="L", help="Label it under this name there.")
@click.option("--logs", type=click.Path(path_type=Path), help="Also write its logs there, as BENCH-DATE-TAG.log.")
@click.option("--replace", is_flag=True, help="Move the label there if it is taken; its history is kept.")
@_places
def publish(ref: str, name: str | None, logs: Path | None, replace: bool, target: str | None, host: str | None) -> None:
    """Copy a recording into baselines/ for committing, and its logs to where documents refer to them.

    \b
    Example:
      harness publish m8 --name m8
    """
    from harness.commands.publishing import publish as publish_recording

    for path in publish_recording(_workspace(target, host), ref, name=name, logs=logs, replace=replace):
        click.echo(str(path))


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
    _say("Edit the commands to your benchmarks, then: harness baseline m8")


@cli.command("doctor")
@_formats
def doctor(form: str) -> None:
    """Say whether this machine is fit to measure now: load, governor, power, heat, others measuring.

    \b
    Example:
      harness doctor
    """
    from harness.commands.examining import examine
    from harness.documents import condition
    from harness.documents.table import as_markdown, as_text

    found = examine()
    _print(
        form,
        data=lambda: condition.as_json(found),
        text=lambda: as_text(condition.table_of(found)),
        markdown=lambda: as_markdown(condition.table_of(found)),
    )


def main() -> None:
    """The `harness` program. SIGTERM ends it like Ctrl-C does, so that no measured process outlives it."""
    signal.signal(signal.SIGTERM, _interrupt)
    cli(prog_name="harness")


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
