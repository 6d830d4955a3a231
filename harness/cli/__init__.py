"""The command line: options → one call into harness.commands → text and exit code. No logic here.

stdout carries the result, stderr the talk. Command modules are imported inside the callbacks, so that `--help` loads
neither pandas nor pyarrow nor matplotlib. One module a group of verbs; importing it adds them to the root.
"""

from harness.cli.compare import compare
from harness.cli.group import cli, main
from harness.cli.look import check, ls, publish, show
from harness.cli.machine import doctor, init
from harness.cli.record import baseline, import_, run
from harness.cli.render import render

__all__ = [
    "baseline",
    "check",
    "cli",
    "compare",
    "doctor",
    "import_",
    "init",
    "ls",
    "main",
    "publish",
    "render",
    "run",
    "show",
]
