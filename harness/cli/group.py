"""The command line's root: the group, its errors, its exit codes. The only place that ends the process."""

import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from harness import __version__
from harness.errors import ExitCode, HarnessError


class HarnessGroup(click.Group):
    """Turns every error on purpose into one message and its documented exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's signature)
        """Runs the verb; what it raises on purpose ends the process here."""
        try:
            return super().invoke(ctx)
        except HarnessError as error:
            fail(error.message, error.hint, error.exit_code)
        except KeyboardInterrupt:
            fail("interrupted", "", ExitCode.INTERRUPTED)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            fail(f"{error.strerror or error}{where}", "", ExitCode.ERROR)


def fail(message: str, hint: str, code: ExitCode) -> NoReturn:
    """What went wrong and the way out on stderr, then the exit code."""
    click.echo(f"error: {message}", err=True)
    if hint:
        click.echo(f"  {hint}", err=True)
    sys.exit(int(code))


@click.group(cls=HarnessGroup, context_settings={"help_option_names": ["-h", "--help"]})
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


def main() -> None:
    """The `harness` program. SIGTERM ends it like Ctrl-C does, so that no measured process outlives it."""
    signal.signal(signal.SIGTERM, _interrupt)
    cli(prog_name="harness")


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
