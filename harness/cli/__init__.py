"""The command line: options → one call into harness.commands → text and exit code. No logic here.

stdout carries the result, stderr the talk. One module a group of verbs; importing it adds them to the root, which does
so when one of them is called. Command modules are imported inside the callbacks, so that `--help` loads neither pandas
nor pyarrow nor matplotlib.
"""

from harness.cli.group import cli, main

__all__ = ["cli", "main"]
