"""Built programs, kept where no later build reaches them.

Cargo replaces what lies in its target directory, so the programs of a revision are copied out right after its build,
into a folder under the revision's key, together with a `built.json` that says how to run them. That file holds no
path of the worktree or of the folder itself: both are filled in when it is read, so either may be made elsewhere.

Left in the target directory: OUT_DIR, and shared libraries that a build script made there. A program that reads those
while it runs needs a target directory of its own, as does a test that starts its package's binaries by a path fixed
at compile time (`env!("CARGO_BIN_EXE_…")`; read at run time, it gives the copies).
"""

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import BuildError, StoreError
from harness.recording.manifest import Toolchain
from harness.targets.cargo_environment import search_path

_MANIFEST = "built.json"
_SCHEMA_VERSION = 1
_WORKTREE, _FOLDER = "\0worktree", "\0folder"
"""Placeholders in `built.json`: no path and no environment variable can hold a NUL."""


class BuiltFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that a program needs beside it."""

    path: Path
    sha256: str


class BuiltProgram(msgspec.Struct, frozen=True, kw_only=True):
    """One program and how cargo would run it, in `directory`; `program_environment` puts its environment together.

    `environment` is cargo's own; of the `[env]` of its configuration some variables are forced, others only defaults.
    """

    path: Path
    sha256: str
    arguments: tuple[str, ...]
    directory: Path
    environment: dict[str, str] = {}
    forced_environment: dict[str, str] = {}
    default_environment: dict[str, str] = {}
    library_directories: tuple[str, ...] = ()


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What one build command made: the programs in run order, and the files that they may start or load."""

    command: tuple[str, ...]
    programs: tuple[BuiltProgram, ...]
    siblings: tuple[BuiltFile, ...] = ()
    libraries: tuple[BuiltFile, ...] = ()
    toolchain: Toolchain = msgspec.field(default_factory=Toolchain)


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    built: Built


def program_environment(
    program: BuiltProgram, inherited: Mapping[str, str], *, platform: str = sys.platform
) -> dict[str, str]:
    """The whole environment of `program` when cargo is started with `inherited`."""
    libraries = search_path(program.library_directories, inherited=inherited, platform=platform)
    own = {**program.environment, **program.forced_environment}
    return {**program.default_environment, **inherited, **libraries, **own}


def configured_environment(program: BuiltProgram, inherited: Mapping[str, str], *, worktree: Path) -> tuple[str, ...]:
    """What the `[env]` of cargo's configuration gives to `program`, the same for a worktree at any place.

    Two programs of equal bytes do not do the same where these differ.
    """
    defaults = {name: value for name, value in program.default_environment.items() if name not in inherited}
    given = {**defaults, **program.forced_environment}
    return tuple(f"{name}={_replace_path(value, worktree, _WORKTREE)}" for name, value in sorted(given.items()))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def copy_out(built: Built, destination: Path, *, worktree: Path) -> Built:
    """Copy the programs into the folder `destination`, which appears whole or not at all, and return them there.

    What lay there before is replaced.

    Raises:
        BuildError: another build replaced a program meanwhile.
        StoreError: the folder cannot be written.
    """
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
        try:
            copied = _copied(built, scratch)
            _write_manifest(copied, scratch, worktree=worktree)
            _move(scratch, destination)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)  # gone already when all went well
    except OSError as error:
        raise StoreError(
            f"The built programs cannot be kept in {destination}: {error.strerror or error}.",
            hint="Free some space there, or choose another store.",
        ) from error
    return _map_paths(copied, lambda text: _replace_path(text, scratch, str(destination)))


def load_built(destination: Path, *, worktree: Path) -> Built | None:
    """The programs kept in `destination`, to be run in `worktree`; None when they are not there whole and unaltered."""
    try:
        stored = msgspec.json.decode((destination / _MANIFEST).read_bytes(), type=_Stored, dec_hook=_decode_path)
        if stored.schema != _SCHEMA_VERSION:
            return None
        places = {_WORKTREE: str(worktree), _FOLDER: str(destination)}
        built = _map_paths(stored.built, lambda text: _filled(text, places))
        files: tuple[BuiltFile | BuiltProgram, ...] = (*built.programs, *built.siblings, *built.libraries)
        return built if all(sha256_of(file.path) == file.sha256 for file in files) else None
    except (OSError, msgspec.DecodeError):
        return None  # the way out is the caller's anyway: build again, which replaces it


def _copied(built: Built, folder: Path) -> Built:
    siblings = tuple(_copy(file, folder / "bin" / str(n)) for n, file in enumerate(built.siblings))
    libraries = tuple(_copy(file, folder / "lib") for file in built.libraries)
    moved = {str(old.path): str(new.path) for old, new in zip(built.siblings, siblings, strict=True)}
    first = (str(folder / "lib"),) if libraries else ()
    programs = tuple(
        msgspec.structs.replace(
            program,
            path=_copy(program, folder / str(n)).path,
            environment={name: moved.get(value, value) for name, value in program.environment.items()},
            library_directories=(*first, *program.library_directories),
        )
        for n, program in enumerate(built.programs)
    )
    return msgspec.structs.replace(built, programs=programs, siblings=siblings, libraries=libraries)


def _copy(file: BuiltFile | BuiltProgram, folder: Path) -> BuiltFile:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file.path.name
    shutil.copy(file.path, path)
    if sha256_of(path) != file.sha256:
        raise BuildError(
            f"{file.path} was replaced while it was being copied.",
            hint="Another cargo uses the same target directory: wait for it, or give it another one.",
        )
    return BuiltFile(path=path, sha256=file.sha256)


def _write_manifest(built: Built, folder: Path, *, worktree: Path) -> None:
    def portable(text: str) -> str:
        return _replace_path(_replace_path(text, folder, _FOLDER), worktree, _WORKTREE)

    stored = _Stored(schema=_SCHEMA_VERSION, built=_map_paths(built, portable))
    data = msgspec.json.encode(stored, order="deterministic", enc_hook=str)
    (folder / _MANIFEST).write_bytes(msgspec.json.format(data, indent=1) + b"\n")


def _move(scratch: Path, destination: Path) -> None:
    """Put `scratch` in place of `destination`; a folder that is not empty cannot be replaced in one step."""
    if destination.exists():
        former = scratch.with_name(scratch.name + ".former")
        destination.rename(former)
        scratch.rename(destination)
        shutil.rmtree(former)
    else:
        scratch.rename(destination)


def _map_paths(built: Built, change: Callable[[str], str]) -> Built:
    """The same with every path changed, also those within environment variables."""

    def file(one: BuiltFile) -> BuiltFile:
        return msgspec.structs.replace(one, path=Path(change(str(one.path))))

    def values(environment: Mapping[str, str]) -> dict[str, str]:
        return {name: change(value) for name, value in environment.items()}

    def program(one: BuiltProgram) -> BuiltProgram:
        return msgspec.structs.replace(
            one,
            path=Path(change(str(one.path))),
            directory=Path(change(str(one.directory))),
            environment=values(one.environment),
            forced_environment=values(one.forced_environment),
            default_environment=values(one.default_environment),
            library_directories=tuple(map(change, one.library_directories)),
        )

    return msgspec.structs.replace(
        built,
        programs=tuple(map(program, built.programs)),
        siblings=tuple(map(file, built.siblings)),
        libraries=tuple(map(file, built.libraries)),
    )


def _replace_path(text: str, path: Path, replacement: str) -> str:
    """`text` with `path` replaced where it stands as a whole path or as the beginning of one."""
    return re.sub(rf"(?<![^:=]){re.escape(str(path))}(?=[/:]|$)", lambda _: replacement, text)


def _filled(text: str, places: Mapping[str, str]) -> str:
    for placeholder, place in places.items():
        text = text.replace(placeholder, place)
    return text


def _decode_path(wanted: type, value: Any) -> Any:  # noqa: ANN401 - msgspec's own signature
    return wanted(value)
