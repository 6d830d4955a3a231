"""Which Rust toolchain a folder's builds use."""

from collections.abc import Mapping
from pathlib import Path

from harness.errors import ConfigError
from harness.machine.reading import run_program
from harness.recording.manifest import Toolchain

# rustup installs a toolchain that rust-toolchain.toml names at its first use: minutes on a slow line, and cutting it
# short would record "no toolchain" for a build that then has one.
_TIMEOUT_S = 600.0


def read_toolchain(directory: Path, env: Mapping[str, str]) -> Toolchain:
    """The cargo and rustc that a build in `directory` with `env` would run, as they print their versions.

    Asked for in that folder, so that rust-toolchain.toml and RUSTUP_TOOLCHAIN count. Raises ConfigError where
    `directory` is no folder.
    """
    if not directory.is_dir():
        raise ConfigError(f"{directory} is not a folder.", hint="Point the target's checkout at an existing one.")
    return Toolchain(cargo=_version("cargo", directory, env=env), rustc=_version("rustc", directory, env=env))


def _version(program: str, directory: Path, *, env: Mapping[str, str]) -> str | None:
    answer = run_program((program, "--version"), timeout_s=_TIMEOUT_S, directory=directory, env=env)
    return (answer.text.strip() or None) if answer and answer.exit_code == 0 else None
