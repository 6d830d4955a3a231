"""A benchmark's command line → its words and the variables set in front of them, as a shell splits it."""

import re
import shlex

import msgspec

from harness.errors import ConfigError

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)


class CommandLine(msgspec.Struct, frozen=True, kw_only=True):
    """`A=1 prog x` is `environment` {"A": "1"} and `argv` ("prog", "x")."""

    environment: dict[str, str]
    argv: tuple[str, ...]


def split_command(command: str) -> CommandLine:
    """Raises ConfigError for unbalanced quotes or a line without a program."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"Command `{command}` cannot be split into words: {error}.") from None
    environment: dict[str, str] = {}
    while words and (match := _ASSIGNMENT.fullmatch(words[0])):
        environment[match[1]] = match[2]
        words.pop(0)
    if not words:
        raise ConfigError(f"Command `{command}` names no program.", hint="Write it as you would type it in a shell.")
    return CommandLine(environment=environment, argv=tuple(words))
