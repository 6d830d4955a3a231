"""Splits `cargo run|test|bench …` into what builds and what the built programs are given. Pure.

A word is never guessed at: where it could be a flag's value as well as a test's name, ConfigError names it. What
cargo does besides is left out: documentation tests (`cargo test` runs them after the programs) are not benchmarks, and
aliases of a `.cargo/config.toml` are not known, so such a command is run as it is.
"""

import shlex
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePath

import msgspec

from harness.errors import ConfigError
from harness.targets.cargo_flags import GLOBAL_FLAGS, VERB_FLAGS, Flag, Flags, UnclearFlagError, scan


class Verb(StrEnum):
    """The cargo commands that build programs and run them."""

    RUN = "run"
    TEST = "test"
    BENCH = "bench"


class CargoCommand(msgspec.Struct, frozen=True, kw_only=True):
    """A cargo command split in two: `build_argv` builds, the programs get `program_arguments`.

    `profile` is cargo's name for it (`dev`, `release`, `test`, `bench`, or a custom one). `features` are sorted, and
    hold `all-features` and `no-default-features` where those were asked for. `selected` is the `--bin` or `--example`
    of a `cargo run`. `config` holds the values of `--config`.
    """

    verb: Verb
    argv: tuple[str, ...]
    build_argv: tuple[str, ...]
    program_arguments: tuple[str, ...] = ()
    profile: str
    features: tuple[str, ...] = ()
    selected: str | None = None
    toolchain: str | None = None
    triple: str | None = None
    config: tuple[str, ...] = ()


_VERBS = {"run": Verb.RUN, "r": Verb.RUN, "test": Verb.TEST, "t": Verb.TEST, "bench": Verb.BENCH}
_DEFAULT_PROFILE = {Verb.RUN: "dev", Verb.TEST: "test", Verb.BENCH: "bench"}
_BUILD = {Verb.RUN: ("build",), Verb.TEST: ("test", "--no-run"), Verb.BENCH: ("bench", "--no-run")}
_MESSAGES = "--message-format=json-render-diagnostics"
_REFUSED = {
    "-C": "changes the directory: set `cwd` instead",
    "--doc": "runs documentation tests, which have no program of their own",
    "--help": "runs nothing",
    "--list": "runs nothing",
    "--no-run": "runs nothing",
    "--unit-graph": "builds nothing",
    "--version": "runs nothing",
}
_QUIET = "changes what the tests themselves print, only where they use libtest: leave it out"


def parse_cargo_command(argv: Sequence[str]) -> CargoCommand | None:
    """The command split in two; None when it is not `cargo [+toolchain] run|test|bench …`.

    Raises ConfigError naming the word when it cannot tell how cargo would read it, or cannot do what it asks.
    """
    if not argv or PurePath(argv[0]).name not in {"cargo", "cargo.exe"}:
        return None
    toolchain = argv[1] if len(argv) > 1 and argv[1].startswith("+") else None
    start = 2 if toolchain else 1
    try:
        before = scan(argv[start:], GLOBAL_FLAGS, stop_at_word=True)
        verb = _VERBS.get(before.rest[0]) if before.rest else None
        if verb is None:
            return None
        after = scan(before.rest[1:], VERB_FLAGS[verb], stop_at_word=verb is Verb.RUN)
        return _split(tuple(argv), verb, before=before, after=after)
    except UnclearFlagError as unclear:
        if not any(word in _VERBS for word in argv[start:]):
            return None  # such as `cargo --list`, or another verb's flags
        raise _refusal(argv, unclear.word, unclear.reason) from None


def _split(argv: tuple[str, ...], verb: Verb, *, before: Flags, after: Flags) -> CargoCommand:
    flags = (*before.flags, *after.flags)
    _refuse_unsupported(argv, verb, flags)
    if len(after.words) > 1:
        raise _refusal(argv, after.words[1], "is a second test name, and cargo takes one (or a flag's value?)")
    toolchain = argv[1] if argv[1].startswith("+") else None
    kept_before, kept_after = (_without_format(part.flags) for part in (before, after))
    return CargoCommand(
        verb=verb,
        argv=argv,
        build_argv=(argv[0], *filter(None, [toolchain]), *kept_before, *_BUILD[verb], _MESSAGES, *kept_after),
        program_arguments=(*after.words, *after.rest, *(("--bench",) if verb is Verb.BENCH else ())),
        profile=_profile(verb, flags),
        features=_features(flags),
        selected=_last(flags, "--bin", "--example") if verb is Verb.RUN else None,
        toolchain=toolchain.removeprefix("+") if toolchain else None,
        triple=_last(flags, "--target"),
        config=tuple(flag.value for flag in flags if flag.name == "--config" and flag.value is not None),
    )


def _refuse_unsupported(argv: Sequence[str], verb: Verb, flags: Sequence[Flag]) -> None:
    for flag in flags:
        if flag.name in _REFUSED:
            raise _refusal(argv, flag.written, _REFUSED[flag.name])
        if flag.name == "--quiet" and verb is not Verb.RUN:
            raise _refusal(argv, flag.written, _QUIET)
        if verb is Verb.RUN and flag.name not in VERB_FLAGS[verb]:
            raise _refusal(argv, flag.written, "is not a flag of `cargo run` known here")


def _refusal(argv: Sequence[str], word: str, reason: str) -> ConfigError:
    return ConfigError(
        f"`{shlex.join(argv)}` cannot be split into a build and a program: `{word}` {reason}.",
        hint="Write the value as `--flag=value`, or give `build` and the program's own command.",
    )


def _without_format(flags: Sequence[Flag]) -> tuple[str, ...]:
    """The flags' words; only how cargo reports is ours to choose."""
    return tuple(word for flag in flags if flag.name != "--message-format" for word in flag.words)


def _profile(verb: Verb, flags: Sequence[Flag]) -> str:
    named = _last(flags, "--profile")
    if named is not None:
        return named
    return "release" if any(flag.name == "--release" for flag in flags) else _DEFAULT_PROFILE[verb]


def _features(flags: Sequence[Flag]) -> tuple[str, ...]:
    listed = (flag.value or "" for flag in flags if flag.name == "--features")
    named = {feature for value in listed for feature in value.replace(",", " ").split()}
    switches = {
        flag.name.removeprefix("--") for flag in flags if flag.name in {"--all-features", "--no-default-features"}
    }
    return tuple(sorted(named | switches))


def _last(flags: Sequence[Flag], *names: str) -> str | None:
    values = [flag.value for flag in flags if flag.name in names]
    return values[-1] if values else None
