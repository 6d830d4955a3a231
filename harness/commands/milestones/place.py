"""Where a programme's documents lie: its data, the tracking folder in the target's checkout, the files in it."""

import os
from pathlib import Path

import msgspec

from harness.commands.workspace import Workspace
from harness.errors import ConfigError, DocumentError
from harness.milestones.document import MilestoneFile, read_milestone
from harness.milestones.programme import Milestone, Programme, programme_from_toml
from harness.store.folder import write_durably
from harness.targets.config import Tracking
from harness.targets.git import Checkout, find_checkout

_PROGRAMMES = Path(__file__).parent.parent.parent / "milestones" / "programmes"


class MilestonePlace(msgspec.Struct, frozen=True, kw_only=True):
    """A programme in a checkout; `directory` is what its paths are relative to."""

    programme: Programme
    checkout: Checkout
    directory: Path

    @property
    def folder(self) -> str:
        """The programme's folder in the checkout."""
        return self.programme.folder

    @property
    def plan(self) -> tuple[str, ...]:
        """Where the programme's plan may lie in the checkout."""
        return self.programme.plan

    def relative(self, milestone_id: str) -> str:
        """The path of a milestone's file in the checkout."""
        return f"{self.folder}/milestone-{milestone_id}.md"

    def path(self, milestone_id: str) -> Path:
        """A milestone's file."""
        return self.directory / self.relative(milestone_id)

    @property
    def board(self) -> str:
        """The path of the status board in the checkout."""
        return f"{self.folder}/{self.programme.board}"

    @property
    def logs(self) -> str:
        """The folder of the published logs in the checkout."""
        return self.programme.logs_folder


def open_place(workspace: Workspace) -> MilestonePlace:
    """The programme of the chosen target, else of the working directory. Raises ConfigError."""
    programme = chosen_programme(workspace)
    checkout = (workspace.checkout if _has_target(workspace) else None) or find_checkout(workspace.directory)
    return MilestonePlace(programme=programme, checkout=checkout, directory=checkout.directory)


def chosen_programme(workspace: Workspace) -> Programme:
    """The programme of the chosen target, its documents where that target says they lie. Raises ConfigError."""
    tracking = workspace.target.milestones if _has_target(workspace) else Tracking()
    programme = load_programme(workspace.configuration.root, tracking.programme)
    folder = (tracking.folder or programme.folder).rstrip("/")
    plan = (tracking.plan,) if tracking.plan else programme.plan
    return msgspec.structs.replace(programme, folder=folder, plan=plan)


def _has_target(workspace: Workspace) -> bool:
    return workspace.configuration.default_target is not None or workspace.target_choice is not None


def load_programme(root: Path, name: str) -> Programme:
    """A programme by its name, or by the path of a .toml file relative to harness.toml."""
    path = root / name if name.endswith(".toml") else _PROGRAMMES / f"{name}.toml"
    try:
        return programme_from_toml(path.read_text("utf-8", errors="replace"), where=str(path))
    except OSError as error:
        known = ", ".join(sorted(one.stem for one in _PROGRAMMES.glob("*.toml")))
        raise ConfigError(
            f"The programme '{name}' cannot be read: {error.strerror}.",
            hint=f"Name one of these or give the path of a .toml file: {known}.",
        ) from None


def read_text(place: MilestonePlace, relative: str) -> str:
    """A document's text. Raises DocumentError where it is missing or no UTF-8."""
    path = place.directory / relative
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read: {error.strerror}.",
            hint="Set [targets.NAME.milestones] folder in harness.toml if the documents lie elsewhere.",
        ) from None
    except UnicodeDecodeError:
        raise DocumentError(f"{path} is not UTF-8 text.", hint="Convert it first.") from None


def read_file(place: MilestonePlace, milestone_id: str) -> tuple[Milestone, MilestoneFile]:
    """A milestone of the programme and its file. Raises DocumentError for an unknown id, a missing or malformed one."""
    milestone = place.programme.milestone(milestone_id)
    relative = place.relative(milestone_id)
    text = read_text(place, relative)
    return milestone, read_milestone(text, where=relative, milestone_id=milestone_id)


def write_file(place: MilestonePlace, milestone_id: str, text: str, *, before: str) -> bool:
    """Writes a milestone's file whole or not at all; says whether it changed.

    `before` is what was read: what somebody saved since is not overwritten. A link is followed. Raises DocumentError.
    """
    path = place.path(milestone_id).resolve()
    data = text.encode("utf-8")
    try:
        there = path.read_bytes()
        if there == data:
            return False
        if there != before.encode("utf-8"):
            raise DocumentError(f"{path} was changed meanwhile and is left as it is.", hint="Run the verb again.")
        if not os.access(path, os.W_OK):
            raise DocumentError(f"{path} is read-only.", hint="Make it writable for you.")
        mode = path.stat().st_mode
        write_durably(path, data)
        path.chmod(mode)
    except OSError as error:
        raise DocumentError(f"{path} cannot be written: {error.strerror}.", hint="Check its permissions.") from None
    return True
