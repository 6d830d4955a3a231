"""Which of cargo's flags take a value, and how a command line falls into flags and other words. Pure.

The tables are those of `cargo run|test|bench --help` of cargo 1.95; a flag that they lack is passed on only where the
word after it leaves no doubt.
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from types import MappingProxyType

import msgspec


class Takes(Enum):
    """What follows a flag. `NAME` is a value that cargo allows to be missing, to list the names there are."""

    NOTHING = auto()
    VALUE = auto()
    NAME = auto()


class Flag(msgspec.Struct, frozen=True, kw_only=True):
    """One flag: its long name, its value if it takes one, and the words it was written in."""

    name: str
    value: str | None = None
    words: tuple[str, ...]

    @property
    def written(self) -> str:
        """The flag as it was written; its long name where it shares a word with others, such as the q of `-qr`."""
        return self.words[0] if self.words else self.name


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """A command line taken apart: flags, other words between them, and what came after `--` or after the first word."""

    flags: tuple[Flag, ...]
    words: tuple[str, ...]
    rest: tuple[str, ...]


class UnclearFlagError(Exception):
    """A word that could be read in two ways; `reason` continues a sentence that begins with it."""

    def __init__(self, word: str, reason: str) -> None:
        super().__init__(f"{word} {reason}")
        self.word = word
        self.reason = reason


_SHORT = {
    "p": "--package",
    "F": "--features",
    "j": "--jobs",
    "r": "--release",
    "q": "--quiet",
    "v": "--verbose",
    "h": "--help",
    "V": "--version",
    "Z": "-Z",
    "C": "-C",
}


def _table(*, nothing: str, value: str, name: str = "") -> dict[str, Takes]:
    kinds = ((nothing, Takes.NOTHING), (value, Takes.VALUE), (name, Takes.NAME))
    return {flag: takes for flags, takes in kinds for flag in flags.split()}


_GLOBAL = _table(
    nothing="--quiet --verbose --locked --offline --frozen --list --help --version",
    value="--color --config -Z -C",
)
_SHARED = _GLOBAL | _table(
    nothing="--all-features --no-default-features --keep-going --release --unit-graph --timings --ignore-rust-version",
    value="--message-format --features --jobs --profile --target-dir --manifest-path --lockfile-path",
    name="--package --bin --example --target",
)
_TESTING = _SHARED | _table(
    nothing="--no-run --no-fail-fast --future-incompat-report --workspace --all --lib --bins --examples --tests"
    " --benches --all-targets --doc",
    value="--exclude",
    name="--test --bench",
)
GLOBAL_FLAGS: Mapping[str, Takes] = MappingProxyType(_GLOBAL)
VERB_FLAGS: Mapping[str, Mapping[str, Takes]] = MappingProxyType(
    {"run": MappingProxyType(_SHARED), "test": MappingProxyType(_TESTING), "bench": MappingProxyType(_TESTING)}
)


def scan(words: Sequence[str], table: Mapping[str, Takes], *, stop_at_word: bool) -> Flags:
    """Take `words` apart as cargo would. `rest` starts after `--`, or with the first word if `stop_at_word`.

    Raises UnclearFlagError for a flag whose value cannot be told from a word.
    """
    flags: list[Flag] = []
    others: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--":
            return Flags(flags=tuple(flags), words=tuple(others), rest=tuple(words[position + 1 :]))
        if word == "-" or not word.startswith("-"):
            if stop_at_word:
                return Flags(flags=tuple(flags), words=(), rest=tuple(words[position:]))
            others.append(word)
            position += 1
            continue
        following = words[position + 1] if position + 1 < len(words) else None
        found = _long(word, following, table) if word.startswith("--") else _cluster(word, following, table)
        flags += found
        position += len(found[-1].words)
    return Flags(flags=tuple(flags), words=tuple(others), rest=())


def _long(word: str, following: str | None, table: Mapping[str, Takes]) -> list[Flag]:
    name, equals, value = word.partition("=")
    if equals:
        return [Flag(name=name, value=value, words=(word,))]
    takes = table.get(name)
    if takes is None and following is not None and not following.startswith("-"):
        raise UnclearFlagError(word, f"is not a flag known here, and `{following}` may or may not be its value")
    if takes is None or takes is Takes.NOTHING:
        return [Flag(name=name, words=(word,))]
    value = _value(word, following, takes)
    return [Flag(name=name, value=value, words=(word, value))]


def _cluster(word: str, following: str | None, table: Mapping[str, Takes]) -> list[Flag]:
    """`-r`, `-vv`, `-qr`, `-j4`, `-p=name`, `-p name`: the flags of one word; the last one owns its words."""
    names: list[str] = []
    for index, letter in enumerate(word[1:], start=1):
        name = _SHORT.get(letter, "")
        takes = table.get(name)
        if takes is None:
            raise UnclearFlagError(word, "is not a flag known here")
        names.append(name)
        if takes is not Takes.NOTHING:
            attached = word[index + 1 :].removeprefix("=")
            value = attached or _value(word, following, takes)
            words = (word,) if attached else (word, value)
            return [*_silent(names[:-1]), Flag(name=name, value=value, words=words)]
    return [*_silent(names[:-1]), Flag(name=names[-1], words=(word,))]


def _silent(names: Sequence[str]) -> list[Flag]:
    return [Flag(name=name, words=()) for name in names]


def _value(word: str, following: str | None, takes: Takes) -> str:
    if following is None or (takes is Takes.NAME and following.startswith("-")):
        raise UnclearFlagError(word, "has no value")
    return following
