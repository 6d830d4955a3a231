"""harness.toml and the presets → targets. A target named like a preset starts from it, key by key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.errors import ConfigError
from harness.kpis.contract import KpiTable
from harness.kpis.definition import Proof, ProofScope
from harness.targets.command import split_command
from harness.units import parse_timeout

FILE_NAME = "harness.toml"
BUNDLED_TARGET = "openvm-cpu"
DEFAULT_TIMEOUT = "15m"
_PRESETS = Path(__file__).with_name("presets.toml")

EXAMPLE = """\
default_target = "mine"
[targets.mine]
checkout = "."
contract = "m8"
env = { RUST_LOG = "info" }
[targets.mine.benchmarks.keccakf]
command = "cargo run --release --example keccakf"
[targets.mine.benchmarks.logup]
command = "cargo test --release test_batch_constraints_with_interactions -- --nocapture"
timeout = "15m"
"""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table whose unknown keys are errors."""


class Benchmark(_Table, frozen=True):
    """One command of a target; `env`, `build` and `cwd` are on top of the target's."""

    command: str
    timeout: str = DEFAULT_TIMEOUT
    build: str | None = None
    cwd: str | None = None
    env: dict[str, str] = {}
    spans_env: str | None = None
    metrics_env: str | None = None
    counters_env: dict[str, str] = {}

    @property
    def timeout_s(self) -> float:
        """Seconds a run may take."""
        return parse_timeout(self.timeout) or 0.0


class Tracking(_Table, frozen=True):
    """Where a target's milestones are: the programme by name or path, and where its documents lie in the checkout."""

    programme: str = "metal-backend"
    folder: str | None = None
    plan: str | None = None


class Target(_Table, frozen=True):
    """A program under test. `checkout` is absolute once loaded; None where the target is only known by name.

    `self_contained` says that nothing outside the checkout's directory goes into the build; else the whole repository
    decides whether a recording is clean, and whether two revisions are the same.
    """

    checkout: str | None = None
    contract: str = "m8"
    env: dict[str, str] = {}
    build: str | None = None
    cwd: str | None = None
    self_contained: bool = False
    proof: Proof = Proof.ONLY
    proof_root: str = "stark_prove_excluding_trace"
    benchmarks: dict[str, Benchmark] = {}
    kpis: dict[str, KpiTable] = {}
    milestones: Tracking = Tracking()

    @property
    def scope(self) -> ProofScope:
        """Which proof of a process counts."""
        return ProofScope(proof=self.proof, root=self.proof_root)


class _File(_Table, frozen=True):
    default_target: str | None = None
    targets: dict[str, dict[str, Any]] = {}


class Configuration(_Table, frozen=True):
    """Everything the working directory says: targets by name, and the folder the store lies in."""

    root: Path
    path: Path | None
    default_target: str | None
    targets: dict[str, Target]

    def target(self, name: str | None) -> tuple[str, Target]:
        """The named target, else the default one. Raises ConfigError that says what is known."""
        wanted = name or self.default_target
        if wanted is None:
            raise ConfigError(
                f"No target to measure: there is no {FILE_NAME} here or above.",
                hint=f"'harness init' writes one; it looks like this:\n{EXAMPLE}",
            )
        if wanted not in self.targets:
            raise ConfigError(f"Unknown target '{wanted}'.", hint=f"Known: {', '.join(sorted(self.targets))}.")
        return wanted, self.targets[wanted]


def load_configuration(directory: Path) -> Configuration:
    """The configuration in force in `directory`: the nearest harness.toml upwards, on top of the presets."""
    presets = msgspec.toml.decode(_PRESETS.read_bytes())
    path = next((at / FILE_NAME for at in (directory, *directory.parents) if (at / FILE_NAME).is_file()), None)
    if path is None:
        return _without_file(directory, presets)
    file = _read(path)
    merged = {**presets, **{name: _merged(presets.get(name, {}), table) for name, table in file.targets.items()}}
    targets = {name: _target(table, name, path) for name, table in merged.items()}
    default = file.default_target or (next(iter(file.targets)) if len(file.targets) == 1 else None)
    if default is not None and default not in targets:
        raise ConfigError(f"{path}: default_target '{default}' is not among the targets.")
    return Configuration(root=path.parent, path=path, default_target=default, targets=targets)


def _without_file(directory: Path, presets: dict[str, dict[str, Any]]) -> Configuration:
    """No harness.toml: the bundled prover is the target inside this repository, elsewhere there is none."""
    root = next((at for at in (directory, *directory.parents) if _is_this_repository(at)), None)
    tables = dict(presets)
    if root is not None:
        tables[BUNDLED_TARGET] = {**presets[BUNDLED_TARGET], "checkout": "prover", "self_contained": True}
    origin = (root or directory) / FILE_NAME
    return Configuration(
        root=root or directory,
        path=None,
        default_target=BUNDLED_TARGET if root else None,
        targets={name: _target(table, name, origin) for name, table in tables.items()},
    )


def _is_this_repository(directory: Path) -> bool:
    manifest = directory / "prover" / "Cargo.toml"
    return manifest.is_file() and (directory / "harness" / "targets" / "presets.toml").is_file()


def _read(path: Path) -> _File:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}.", hint="'harness init --help' shows a working file.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None


def _merged(preset: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """The user's table over the preset's, tables merged key by key; only a KPI is replaced whole."""
    result = dict(preset)
    for key, value in table.items():
        below = result.get(key)
        if not (isinstance(below, dict) and isinstance(value, dict)):
            result[key] = value
        else:
            result[key] = {**below, **value} if key == "kpis" else _merged(below, value)
    return result


def _target(table: dict[str, Any], name: str, path: Path) -> Target:
    try:
        target = msgspec.convert(table, type=Target)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: targets.{name}: {error}.") from None
    for benchmark, one in target.benchmarks.items():
        _validate(benchmark, one, where=f"{path}: targets.{name}.benchmarks.{benchmark}")
    if target.checkout is None:
        return target
    return msgspec.structs.replace(target, checkout=str((path.parent / target.checkout).resolve()))


def _validate(name: str, benchmark: Benchmark, *, where: str) -> None:
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith("."):
        raise ConfigError(f"{where}: a benchmark's name is made of letters, digits, '.', '_' and '-'.")
    if not benchmark.timeout_s:
        raise ConfigError(f"{where}: timeout '{benchmark.timeout}' is not a time.", hint="Write it like 15m or 90s.")
    for command in (benchmark.command, benchmark.build or benchmark.command):
        try:
            split_command(command)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error.message}", hint=error.hint) from None
