"""What every verb works in: the configuration in force, the store, the target and host that were chosen."""

import os
from functools import cached_property
from pathlib import Path

import msgspec

from harness.commands.talk import Talk
from harness.errors import ConfigError
from harness.kpis.contract import Contract, contract_from_toml
from harness.store.folder import Store, committed_baselines
from harness.store.refs import Place
from harness.targets.config import Configuration, Target, load_configuration
from harness.targets.git import Checkout, find_checkout

STORE_VARIABLE = "HARNESS_STORE"
HOST_VARIABLE = "HARNESS_HOST"
_STORE_FOLDER = ".harness"


class Workspace(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The directory's configuration with what the command line chose on top; a choice is None where it did not."""

    directory: Path
    configuration: Configuration
    store: Store
    target_choice: str | None = None
    host_choice: str | None = None
    say: Talk = msgspec.field(default_factory=Talk)

    @cached_property
    def target_name(self) -> str:
        """The chosen or default target's name."""
        return self.configuration.target(self.target_choice)[0]

    @cached_property
    def target(self) -> Target:
        """The chosen or default target."""
        return self.configuration.target(self.target_choice)[1]

    @cached_property
    def checkout(self) -> Checkout | None:
        """The target's checkout; None where there is no target, or one that is only known by name."""
        if self.checkout_directory is None:
            return None
        return find_checkout(self.checkout_directory, self_contained=self.target.self_contained)

    @cached_property
    def checkout_directory(self) -> Path | None:
        """Where the target's checkout is said to be."""
        if self.configuration.default_target is None and self.target_choice is None:
            return None
        return Path(self.target.checkout) if self.target.checkout is not None else None

    @cached_property
    def contract(self) -> Contract:
        """The target's contract."""
        return self.load_contract(self.target.contract)

    @cached_property
    def host_id(self) -> str | None:
        """The id of this machine, or the one that was chosen for it."""
        from harness.machine.host import read_host  # noqa: PLC0415 (reads the machine: only when it matters)

        return read_host(self.host_choice).id

    def place(self) -> Place:
        """Which of several recordings under one label is meant here."""
        return Place(
            target=self.target_choice,
            host=self.host_choice,
            default_target=self.configuration.default_target,
            this_host=lambda: self.host_id,
        )

    def load_contract(self, name: str) -> Contract:
        """A contract by name from the baselines, or by path."""
        if name.endswith(".toml") or "/" in name:
            places = [self.configuration.root / name]
        else:
            places = [folder / name / "contract.toml" for folder in self.store.behind]
        path = next((place for place in places if place.is_file()), None)
        if path is None and (own := self._own_contract(name)) is not None:
            return own
        if path is None:
            raise ConfigError(
                f"There is no contract '{name}'.", hint="Name one in baselines/ or give a path to a .toml file."
            )
        return contract_from_toml(path.read_text("utf-8", errors="replace"), where=str(path))

    def _own_contract(self, name: str) -> Contract | None:
        """A contract that a target names by path: its recordings know it by its name."""
        paths = {target.contract for target in self.configuration.targets.values() if "/" in target.contract}
        paths |= {one.contract for one in self.configuration.targets.values() if one.contract.endswith(".toml")}
        found = [self.load_contract(path) for path in sorted(paths)]
        return next((contract for contract in found if contract.name == name), None)


def open_workspace(
    directory: Path, *, store: Path | None, target: str | None, host: str | None, say: Talk | None = None
) -> Workspace:
    """The workspace of a directory; explicit choices come before the environment's."""
    configuration = load_configuration(directory)
    folder = store or _from_environment(STORE_VARIABLE) or configuration.root / _STORE_FOLDER
    if target is not None:
        configuration.target(target)
    return Workspace(
        directory=directory,
        configuration=configuration,
        store=Store(root=Path(folder).absolute(), behind=committed_baselines(configuration.root)),
        target_choice=target,
        host_choice=host or os.environ.get(HOST_VARIABLE) or None,
        say=say or Talk(),
    )


def _from_environment(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None
