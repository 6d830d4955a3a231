"""The command line's root: the group, its errors, its exit codes. The only place that ends the process."""

import gc
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from harness import __version__
from harness.errors import ExitCode, HarnessError

_ALLOCATIONS_UNTIL_COLLECTED = 50_000
"""A verb that only reads a few recordings makes fewer objects than this, and none of them are garbage."""


_VERBS = {
    "clean": ("gc",),
    "compare": ("compare",),
    "look": ("ls", "show", "check", "publish"),
    "machine": ("init", "doctor"),
    "milestone_documents": ("milestone",),
    "record": ("run", "baseline", "import"),
    "render": ("render",),
}
"""The verbs of each module of this package."""


class HarnessGroup(click.Group):
    """Turns every error on purpose into one message and its documented exit code; loads the module of a verb for it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """All verbs."""
        return sorted(verb for verbs in _VERBS.values() for verb in verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, which its module adds when it is loaded."""
        module = next((name for name, verbs in _VERBS.items() if cmd_name in verbs), None)
        if module is not None:
            import_module(f"harness.cli.{module}")
        return super().get_command(ctx, cmd_name)

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
    from harness.documents.escape import terminal

    said, way_out = ("\n".join(map(terminal, text.split("\n"))) for text in (message, hint))  # both may quote a log
    click.echo(f"error: {said}", err=True)
    if hint:
        click.echo(f"  {way_out}", err=True)
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
    gc.set_threshold(_ALLOCATIONS_UNTIL_COLLECTED)
    try:
        cli(prog_name="harness")
    finally:
        gc.disable()  # what is left goes with the process; looking through it once more would take as long as a verb


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
