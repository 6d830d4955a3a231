"""Reads what `cargo … --message-format=json` and `cargo metadata` print, and picks the programs to run. Pure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from harness.errors import BuildError
from harness.targets.cargo import CargoCommand, Verb

_LIBRARY_KINDS = frozenset({"lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"})
_KIND_ORDER = ("lib", "bin", "test", "bench", "example")
"""The order of cargo's own TargetKind: it runs test programs sorted by package, then this, then name."""

_DYNAMIC_KINDS = frozenset({"dylib", "cdylib"})


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """One target that cargo compiled. `kind` is lib, bin, test, bench, example or custom-build."""

    name: str
    kind: str
    package_id: str
    manifest_path: Path
    is_test: bool
    executable: Path | None
    dynamic_libraries: tuple[Path, ...] = ()

    @property
    def program(self) -> Path:
        """The executable of an artifact known to have one. Raises BuildError for any other."""
        if self.executable is None:
            raise BuildError(f"{self.name} of {self.manifest_path} is not a program.")
        return self.executable


class BuildScript(msgspec.Struct, frozen=True, kw_only=True):
    """What one package's build script asked for; `library_directories` still carry cargo's `native=` prefixes."""

    package_id: str
    out_directory: Path
    environment: tuple[tuple[str, str], ...]
    library_directories: tuple[str, ...]


class BuildMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of one build's messages that matters for running what it made."""

    artifacts: tuple[Artifact, ...]
    scripts: tuple[BuildScript, ...]


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One package as `cargo metadata` describes it."""

    name: str
    version: str
    id: str
    manifest_path: str
    authors: tuple[str, ...] = ()
    description: str | None = None
    homepage: str | None = None
    repository: str | None = None
    license: str | None = None
    license_file: str | None = None
    readme: str | None = None
    rust_version: str | None = None
    default_run: str | None = None


class _Target(msgspec.Struct):
    kind: list[str]
    name: str


class _Profile(msgspec.Struct):
    test: bool


class _ArtifactMessage(msgspec.Struct, tag_field="reason", tag="compiler-artifact"):
    package_id: str
    manifest_path: str
    target: _Target
    profile: _Profile
    filenames: list[str]
    executable: str | None


class _ScriptMessage(msgspec.Struct, tag_field="reason", tag="build-script-executed"):
    package_id: str
    out_dir: str
    linked_paths: list[str]
    env: list[tuple[str, str]]


class _Reason(msgspec.Struct):
    reason: str


class _Metadata(msgspec.Struct):
    packages: list[Package]


def parse_messages(stdout: str) -> BuildMessages:
    """The messages of a build. Lines of other origin (a macro may print) are passed over, as cargo's manual says.

    Raises BuildError for a message that this cargo writes differently than known.
    """
    artifacts: list[Artifact] = []
    scripts: list[BuildScript] = []
    for line in stdout.splitlines():
        if not line.startswith('{"reason":'):
            continue
        try:
            reason = msgspec.json.decode(line, type=_Reason).reason
            if reason == "compiler-artifact":
                artifacts.append(_artifact(msgspec.json.decode(line, type=_ArtifactMessage)))
            elif reason == "build-script-executed":
                scripts.append(_script(msgspec.json.decode(line, type=_ScriptMessage)))
        except msgspec.DecodeError as error:
            raise BuildError(f"cargo wrote a message that cannot be read: {error}: {line[:200]}") from None
    return BuildMessages(artifacts=tuple(artifacts), scripts=tuple(scripts))


def parse_metadata(stdout: str) -> dict[Path, Package]:
    """The packages of `cargo metadata --format-version 1`, by manifest path."""
    try:
        packages = msgspec.json.decode(stdout, type=_Metadata).packages
    except msgspec.DecodeError as error:
        raise BuildError(f"cargo metadata wrote something that cannot be read: {error}.") from None
    return {Path(package.manifest_path): package for package in packages}


def candidates(messages: BuildMessages, command: CargoCommand) -> tuple[Artifact, ...]:
    """The artifacts that `command` may run: test programs, or for `cargo run` the binaries and examples it named."""
    built = [artifact for artifact in messages.artifacts if artifact.executable is not None]
    if command.verb is not Verb.RUN:
        return tuple(artifact for artifact in built if artifact.is_test)
    runnable = [artifact for artifact in built if artifact.kind in {"bin", "example"} and not artifact.is_test]
    return tuple(one for one in runnable if command.selected is None or one.name == command.selected)


def programs_to_run(
    found: Sequence[Artifact], *, command: CargoCommand, packages: Mapping[Path, Package]
) -> tuple[Artifact, ...]:
    """The programs among the candidates, in the order in which cargo runs them.

    Raises BuildError when there is none, or when `cargo run` would have several to choose from.
    """
    shown = " ".join(command.argv)
    if not found:
        raise BuildError(f"`{shown}` built no program to run.", hint="Check the command's target selection.")
    if command.verb is Verb.RUN:
        return (_only(found, shown=shown, packages=packages),)
    return tuple(sorted(found, key=lambda one: _order(one, packages[one.manifest_path])))


def _only(found: Sequence[Artifact], *, shown: str, packages: Mapping[Path, Package]) -> Artifact:
    """The one program of a `cargo run`: the only one, else the one that the only `default-run` names."""
    if len(found) == 1:
        return found[0]
    defaults = [one for one in found if one.kind == "bin" and packages[one.manifest_path].default_run == one.name]
    if len(defaults) == 1:
        return defaults[0]
    names = ", ".join(sorted(f"{one.name} ({packages[one.manifest_path].name})" for one in found))
    raise BuildError(
        f"`{shown}` leaves several programs to choose from: {names}.",
        hint="Name one with --bin or --example, and its package with -p.",
    )


def _order(artifact: Artifact, package: Package) -> tuple[str, str, int, str]:
    kind = _KIND_ORDER.index(artifact.kind) if artifact.kind in _KIND_ORDER else len(_KIND_ORDER)
    return (package.name, package.id, kind, artifact.name)


def _artifact(message: _ArtifactMessage) -> Artifact:
    kinds = set(message.target.kind)
    kind = "lib" if kinds & _LIBRARY_KINDS else message.target.kind[0]
    dynamic = kinds & _DYNAMIC_KINDS and not message.profile.test
    libraries = [Path(name) for name in message.filenames if name.endswith((".so", ".dylib"))] if dynamic else []
    return Artifact(
        name=message.target.name,
        kind=kind,
        package_id=message.package_id,
        manifest_path=Path(message.manifest_path),
        is_test=message.profile.test,
        executable=None if message.executable is None else Path(message.executable),
        dynamic_libraries=tuple(libraries),
    )


def _script(message: _ScriptMessage) -> BuildScript:
    return BuildScript(
        package_id=message.package_id,
        out_directory=Path(message.out_dir),
        environment=tuple(message.env),
        library_directories=tuple(message.linked_paths),
    )
