"""Warnings of the base: the same build at the base commit, in a clean worktree, counted the same way."""

import os
from types import TracebackType
from typing import Self

from harness.commands.building import Site, open_site
from harness.commands.talk import Talk
from harness.errors import BuildError, ConfigError
from harness.milestones.validation import Base, cargo_verb, count_warnings
from harness.targets.cache import build_cache, mark_used
from harness.targets.cargo import parse_cargo_command
from harness.targets.cargo_process import Place, stream
from harness.targets.command import CommandLine, split_command
from harness.targets.git import Checkout
from harness.targets.revision import Revision
from harness.targets.worktree import remove_worktree, touch_tracked_files

_COMPILES = {"check", "c", "build", "b", "clippy"}
_COMPILES_AND_RUNS = {"run", "r", "test", "t", "bench"}


def counts_warnings(command: str) -> bool:
    """Whether a command is one of cargo's that compiles."""
    return cargo_verb(command) in _COMPILES | _COMPILES_AND_RUNS


class BaseWarnings:
    """Builds at one base commit to count its warnings; the worktree goes when this is left.

    `commit` is a full hash; without one `reason` says why. To be used while the measuring lock is held.
    """

    def __init__(self, checkout: Checkout, commit: str | None, reason: str, say: Talk) -> None:
        self._checkout, self._commit, self._reason, self._say = checkout, commit, reason, say
        self._site: Site | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._site is not None:
            remove_worktree(self._checkout, self._site.root)

    def of(self, command: str, *, lies_here: str | None) -> Base | None:
        """What is known of the base's warnings; None for a command whose warnings are not counted.

        `lies_here` is the commit whose code lies in the checkout; where that is the base, nothing is built.
        """
        if not counts_warnings(command):
            return None
        if self._commit is None:
            return Base(reason=self._reason)
        if lies_here == self._commit:
            return Base(commit=self._commit, same=True)
        line = split_command(command)
        try:
            argv = _compile_only(line)
        except ConfigError as error:
            self._say(str(error))
            return Base(commit=self._commit, reason="how to build it without running it cannot be told")
        try:
            return Base(commit=self._commit, warnings=count_warnings(self._built(line, argv, self._commit)))
        except BuildError as error:
            self._say(str(error))
            return Base(commit=self._commit, reason="it does not build")

    def _built(self, line: CommandLine, argv: tuple[str, ...], commit: str) -> bytes:
        """What cargo printed when it built, in the target directory that all revisions share. Raises BuildError."""
        self._say(f"base {commit[:12]}: {' '.join(argv)}")
        site = self._opened(commit)
        environment = {**os.environ, **line.environment, "CARGO_TARGET_DIR": str(site.cache.cargo_target)}
        printed: list[str] = []
        stream(argv, Place(directory=site.directory, env=environment), printed.append)
        mark_used(site.cache.cargo_target)
        return "\n".join(printed).encode("utf-8", "replace")

    def _opened(self, commit: str) -> Site:
        if self._site is None:
            cache = build_cache(self._checkout.root)
            site = self._site = open_site(self._checkout, cache, Revision(commit=commit))
            for remark in site.lacking.remarks():
                self._say(f"{commit[:12]}: {remark}")
            touch_tracked_files(site.root)  # cargo would take what it built of another revision for this one's
        return self._site


def _compile_only(line: CommandLine) -> tuple[str, ...]:
    """The command without what it runs. Raises ConfigError where that cannot be told."""
    command = parse_cargo_command(line.argv)
    return line.argv if command is None else command.build_argv
