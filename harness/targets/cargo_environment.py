"""The environment that cargo gives a program which it runs. Pure.

Set as cargo sets it: CARGO, CARGO_MANIFEST_*, CARGO_PKG_*, CARGO_BIN_EXE_* (tests and benches), OUT_DIR and the
variables that the package's own build script asked for, the directories in which shared libraries are looked for, and
RUSTUP_TOOLCHAIN as rustup's cargo passes it on. Left out is what else rustup adds: CARGO_HOME and RUSTUP_HOME (its
defaults), RUSTUP_TOOLCHAIN_SOURCE, RUST_RECURSION_COUNT, CARGO_HOME/bin in front of PATH, and the compiler's own
libraries at the end of the search path. Unlike under `cargo run`, a program's own name (`argv[0]`) is its whole path.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from harness.targets.cargo_messages import Artifact, BuildMessages, BuildScript, Package

_MACOS_FALLBACKS = ("/usr/local/lib", "/usr/lib")
"""Where dyld looks while DYLD_FALLBACK_LIBRARY_PATH is unset; cargo adds them, and $HOME/lib, when it sets that."""


class CargoHome(msgspec.Struct, frozen=True, kw_only=True):
    """Where the toolchain lies: cargo itself, the standard library's directory, and rustup's name for it."""

    cargo: Path
    library_directory: Path
    rustup_toolchain: str | None = None


def run_environment(program: Artifact, *, package: Package, messages: BuildMessages, home: CargoHome) -> dict[str, str]:
    """What cargo sets for `program` besides the library search path and `[env]` of its configuration."""
    environment = {
        "CARGO": str(home.cargo),
        "CARGO_MANIFEST_DIR": str(program.manifest_path.parent),
        "CARGO_MANIFEST_PATH": str(program.manifest_path),
        **_package_variables(package),
    }
    if home.rustup_toolchain is not None:
        environment["RUSTUP_TOOLCHAIN"] = home.rustup_toolchain
    if program.kind in {"test", "bench"}:
        environment |= {f"CARGO_BIN_EXE_{one.name}": str(one.executable) for one in sibling_programs(program, messages)}
    for script in _scripts_of(program, messages):
        environment |= {"OUT_DIR": str(script.out_directory), **dict(script.environment)}
    return environment


def library_directories(program: Artifact, *, messages: BuildMessages, home: CargoHome) -> tuple[str, ...]:
    """Where cargo lets `program` look for shared libraries, before what the inherited variable says."""
    output = output_directory(program)
    named = {entry.rpartition("=")[2] for script in messages.scripts for entry in script.library_directories}
    inside = sorted(directory for directory in named if Path(directory).is_relative_to(output))
    return (*inside, str(output), str(output / "deps"), str(home.library_directory))


def sibling_programs(program: Artifact, messages: BuildMessages) -> tuple[Artifact, ...]:
    """The binaries of the program's own package: a test finds them by CARGO_BIN_EXE_*."""
    return tuple(
        one
        for one in messages.artifacts
        if one.package_id == program.package_id and one.kind == "bin" and not one.is_test and one.executable
    )


def output_directory(program: Artifact) -> Path:
    """The target directory's folder of the profile: `target/release` of `target/release/deps/x-0123`."""
    folder = program.program.parent
    return folder.parent if folder.name in {"deps", "examples"} else folder


def search_path(directories: tuple[str, ...], *, inherited: Mapping[str, str], platform: str) -> dict[str, str]:
    """The variable by which the system's loader is told of `directories`, what was inherited last.

    `platform` is `sys.platform`'s word.
    """
    name = "DYLD_FALLBACK_LIBRARY_PATH" if platform == "darwin" else "LD_LIBRARY_PATH"
    before = inherited.get(name)
    fallback: tuple[str, ...] = ()
    if before is None and platform == "darwin":
        home = inherited.get("HOME")
        fallback = (*((f"{home}/lib",) if home else ()), *_MACOS_FALLBACKS)
    joined = ":".join((*directories, *((before,) if before else ()), *fallback))
    return {name: joined} if joined else {}


def _package_variables(package: Package) -> dict[str, str]:
    version, _, _ = package.version.partition("+")
    numbers, _, pre = version.partition("-")
    major, minor, patch = numbers.split(".")
    texts = {
        "AUTHORS": ":".join(package.authors),
        "DESCRIPTION": package.description,
        "HOMEPAGE": package.homepage,
        "LICENSE": package.license,
        "LICENSE_FILE": package.license_file,
        "NAME": package.name,
        "README": package.readme,
        "REPOSITORY": package.repository,
        "RUST_VERSION": package.rust_version,
        "VERSION": package.version,
        "VERSION_MAJOR": major,
        "VERSION_MINOR": minor,
        "VERSION_PATCH": patch,
        "VERSION_PRE": pre,
    }
    return {f"CARGO_PKG_{name}": text or "" for name, text in texts.items()}


def _scripts_of(program: Artifact, messages: BuildMessages) -> tuple[BuildScript, ...]:
    """The package's build script as run for this profile and platform (it may have run for others too)."""
    output = output_directory(program)
    own = [one for one in messages.scripts if one.package_id == program.package_id]
    return tuple(one for one in own if one.out_directory.is_relative_to(output))
