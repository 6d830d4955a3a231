"""Builds a cargo command's programs, and finds out how cargo would run them."""

import re
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import BuildError
from harness.recording.manifest import Toolchain
from harness.targets.built import Built, BuiltFile, BuiltProgram, sha256_of
from harness.targets.cargo import CargoCommand, Verb
from harness.targets.cargo_config import CargoConfig, load_cargo_config
from harness.targets.cargo_environment import CargoHome, library_directories, run_environment, sibling_programs
from harness.targets.cargo_messages import (
    Artifact,
    BuildMessages,
    Package,
    candidates,
    parse_messages,
    parse_metadata,
    programs_to_run,
)
from harness.targets.cargo_process import Place, query, stream


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known after a build."""

    messages: BuildMessages
    packages: Mapping[Path, Package]
    config: CargoConfig
    home: CargoHome
    versions: Toolchain


def build(
    command: CargoCommand,
    *,
    directory: Path,
    env: Mapping[str, str],
    target_dir: Path | None,
    on_line: Callable[[str], None],
) -> Built:
    """Build `command`'s programs with cargo, and say how to run each.

    Args:
        command: What to build.
        directory: Where the user would type the command; a `cargo run` program runs there.
        env: The whole environment.
        target_dir: Cargo's target directory; None leaves it to cargo. A `--target-dir` in the command wins.
        on_line: Gets cargo's progress and diagnostics, a line at a time.

    Raises:
        BuildError: cargo is missing or fails (its last lines follow), made no program, or several for a `cargo run`;
            or the configuration has programs run by another one.
        ConfigError: a configuration file of cargo's cannot be read.
    """
    directory = directory.absolute()
    place = _place(command, directory, env=env, target_dir=target_dir)
    config = load_cargo_config(directory, cargo_home=_cargo_home(env), overrides=command.config)
    messages = parse_messages(stream(command.build_argv, place, on_line))
    found = candidates(messages, command)
    packages = _packages(found, command, place)
    programs = programs_to_run(found, command=command, packages=packages)
    home, versions = _toolchain(command, place, config)
    _refuse_runner(command, config, triple=home.library_directory.parent.name, env=env)
    facts = _Facts(messages=messages, packages=packages, config=config, home=home, versions=versions)
    return _built(command, programs, directory=directory, facts=facts)


def _built(command: CargoCommand, programs: Sequence[Artifact], *, directory: Path, facts: _Facts) -> Built:
    testing = [program for program in programs if program.kind in {"test", "bench"}]
    siblings = (sibling.program for program in testing for sibling in sibling_programs(program, facts.messages))
    libraries = (library for artifact in facts.messages.artifacts for library in artifact.dynamic_libraries)
    return Built(
        command=command.build_argv,
        programs=tuple(_program(command, program, directory=directory, facts=facts) for program in programs),
        siblings=_files(siblings),
        libraries=_files(libraries),
        toolchain=facts.versions,
    )


def _program(command: CargoCommand, program: Artifact, *, directory: Path, facts: _Facts) -> BuiltProgram:
    package = facts.packages[program.manifest_path]
    own = run_environment(program, package=package, messages=facts.messages, home=facts.home)
    return BuiltProgram(
        path=program.program,
        sha256=sha256_of(program.program),
        arguments=command.program_arguments,
        directory=directory if command.verb is Verb.RUN else program.manifest_path.parent,
        environment=own,
        forced_environment=facts.config.forced,
        default_environment=facts.config.defaults,
        library_directories=library_directories(program, messages=facts.messages, home=facts.home),
    )


def _files(paths: Iterable[Path]) -> tuple[BuiltFile, ...]:
    return tuple(BuiltFile(path=path, sha256=sha256_of(path)) for path in dict.fromkeys(paths))


def _place(command: CargoCommand, directory: Path, *, env: Mapping[str, str], target_dir: Path | None) -> Place:
    """Where cargo and its relatives are asked; RUSTUP_TOOLCHAIN is what `+toolchain` means, for rustc too."""
    own = {} if target_dir is None else {"CARGO_TARGET_DIR": str(target_dir.absolute())}
    if command.toolchain is not None:
        own["RUSTUP_TOOLCHAIN"] = command.toolchain
    return Place(directory=directory, env={**env, **own})


def _cargo_home(env: Mapping[str, str]) -> Path:
    return Path(env["CARGO_HOME"]) if env.get("CARGO_HOME") else Path(env.get("HOME", "/")) / ".cargo"


def _packages(found: Sequence[Artifact], command: CargoCommand, place: Place) -> dict[Path, Package]:
    """What the packages' manifests say. One answer covers a workspace, so most builds ask once."""
    packages: dict[Path, Package] = {}
    asking = (command.argv[0], "metadata", "--no-deps", "--format-version=1", "--manifest-path")
    for artifact in found:
        if artifact.manifest_path not in packages:
            packages |= parse_metadata(query((*asking, str(artifact.manifest_path)), place))
    return packages


def _toolchain(command: CargoCommand, place: Place, config: CargoConfig) -> tuple[CargoHome, Toolchain]:
    rustc = place.env.get("RUSTC") or "rustc"
    triple = command.triple or place.env.get("CARGO_BUILD_TARGET") or config.build_target
    target = ("--target", triple) if triple else ()
    sysroot, libraries = query((rustc, "--print=sysroot", "--print=target-libdir", *target), place).splitlines()
    by_rustup = Path(sysroot).parent.name == "toolchains"
    cargo = Path(sysroot) / "bin" / "cargo"
    on_path = shutil.which(command.argv[0], path=place.env.get("PATH"))
    home = CargoHome(
        cargo=cargo if by_rustup and cargo.is_file() else Path(on_path or command.argv[0]),
        library_directory=Path(libraries),
        rustup_toolchain=Path(sysroot).name if by_rustup else None,
    )
    versions = Toolchain(
        cargo=query((command.argv[0], "--version"), place).strip(),
        rustc=query((rustc, "--version"), place).strip(),
    )
    return home, versions


def _refuse_runner(command: CargoCommand, config: CargoConfig, *, triple: str, env: Mapping[str, str]) -> None:
    """A runner (an emulator, a profiler) would be left out of what is measured, so say so.

    Whether a `cfg(…)` key holds is cargo's to know: such a runner is taken to be meant.
    """
    variable = f"CARGO_TARGET_{re.sub('[-.]', '_', triple).upper()}_RUNNER"
    sources = [f"{where} (target.{key})" for key, where in config.runners.items() if key == triple or "(" in key]
    sources += [variable] if env.get(variable) else []
    if sources:
        raise BuildError(
            f"`{shlex.join(command.argv)}` would be run through a runner that {sources[0]} sets; "
            "the harness runs programs directly.",
            hint="Remove the runner, or give `build` and the whole command that is to be measured.",
        )
