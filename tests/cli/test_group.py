import ast
from pathlib import Path

import click

from harness.cli import cli

CLI = Path(__file__).parent.parent.parent / "harness" / "cli"


def defined_verbs() -> set[str]:
    """The names given to `@cli.command(…)` and `@cli.group(…)` in the modules of the command line."""
    decorators = [
        decorator
        for path in CLI.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    ]
    return {
        call.args[0].value
        for call in decorators
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"cli.command", "cli.group"} and call.args
    }


def test_every_verb_that_a_module_defines_is_found_and_listed() -> None:
    context = click.Context(cli)
    assert set(cli.list_commands(context)) == defined_verbs()
    assert all(cli.get_command(context, verb) is not None for verb in defined_verbs())


def test_what_is_no_verb_is_not_found() -> None:
    assert cli.get_command(click.Context(cli), "options") is None
