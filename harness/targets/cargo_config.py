"""Reads the parts of cargo's configuration files that matter when a program runs: `[env]`, runners, `build.target`.

Cargo merges `.cargo/config.toml` of the working directory and all its parents, then that of CARGO_HOME, then
`--config`; the nearest wins. `include` is followed. Nothing is written.
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import ConfigError


class CargoConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`forced` variables override the environment, `defaults` only fill it; `runners` maps target keys to files."""

    forced: dict[str, str]
    defaults: dict[str, str]
    runners: dict[str, str]
    build_target: str | None


def load_cargo_config(directory: Path, *, cargo_home: Path, overrides: Sequence[str] = ()) -> CargoConfig:
    """The configuration of a cargo started in `directory`; `overrides` are the values of `--config`.

    Raises ConfigError for a file that cannot be read, or a value that is not what cargo takes.
    """
    forced: dict[str, str] = {}
    defaults: dict[str, str] = {}
    runners: dict[str, str] = {}
    build_target: str | None = None
    for layer in _layers(directory, cargo_home, overrides):
        for name, entry in layer.table("env").items():
            (is_forced, value) = layer.variable(name, entry)
            for other in (forced, defaults):
                other.pop(name, None)
            (forced if is_forced else defaults)[name] = value
        for key, table in layer.table("target").items():
            if isinstance(table, dict) and "runner" in table:
                runners[key] = layer.where
        target = layer.table("build").get("target", build_target)
        build_target = target if isinstance(target, str) else None
    return CargoConfig(forced=forced, defaults=defaults, runners=runners, build_target=build_target)


class _Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One source of configuration; `base` is what its relative paths start from."""

    where: str
    base: Path
    content: Mapping[str, Any]

    def table(self, name: str) -> dict[str, Any]:
        value = self.content.get(name, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.where}: `{name}` is not a table.", hint="Cargo will not take it either.")
        return value

    def variable(self, name: str, entry: object) -> tuple[bool, str]:
        """Whether `[env] name = entry` overrides the environment, and its value."""
        table = {"value": entry} if isinstance(entry, str) else entry
        value = table.get("value") if isinstance(table, dict) else None
        if not isinstance(table, dict) or not isinstance(value, str):
            raise ConfigError(f"{self.where}: `env.{name}` has no text as its value.", hint="Correct that file.")
        relative = table.get("relative", False)
        return bool(table.get("force", False)), str(self.base / value) if relative else value


def _layers(directory: Path, cargo_home: Path, overrides: Sequence[str]) -> Iterator[_Layer]:
    """From the weakest to the strongest."""
    folders = [folder / ".cargo" for folder in (directory, *directory.parents)]
    if cargo_home not in folders:
        folders.append(cargo_home)
    for folder in reversed(folders):
        file = next((folder / name for name in ("config", "config.toml") if (folder / name).is_file()), None)
        if file is not None:
            yield from _with_included(file)
    for override in overrides:
        if (directory / override).is_file():
            yield from _with_included(directory / override)
        else:
            yield _Layer(where=f"--config {override}", base=directory, content=_toml(override, f"--config {override}"))


def _with_included(file: Path) -> Iterator[_Layer]:
    try:
        content = _toml(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}.") from None
    included = content.get("include", [])
    for entry in [included] if isinstance(included, str) else included:
        name = entry.get("path", "") if isinstance(entry, dict) else str(entry)
        other = file.parent / name
        if other.is_file():  # a missing one is optional, or cargo's own build says so
            yield from _with_included(other)
    yield _Layer(where=str(file), base=file.parent.parent, content=content)


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not TOML: {error}.", hint="Cargo will not take it either.") from None


def cargo_settings_hash(directory: Path, *, outside: Path, environment: Mapping[str, str]) -> str:
    """One hash of the cargo configuration files in force in `directory` that lie outside the working tree `outside`.

    Those inside belong to the revision; these are the machine's, and a build changes with them.
    """
    home = environment.get("CARGO_HOME") or f"{environment.get('HOME', '/')}/.cargo"
    folders = [Path(home), *(above / ".cargo" for above in directory.parents if not above.is_relative_to(outside))]
    files = [folder / name for folder in folders for name in ("config.toml", "config")]
    try:
        found = [f"{path}\n".encode() + path.read_bytes() for path in dict.fromkeys(files) if path.is_file()]
    except OSError as error:
        raise ConfigError(f"cargo's settings cannot be read: {error.filename}: {error.strerror}.") from None
    return hashlib.sha256(b"\0".join(found)).hexdigest()
