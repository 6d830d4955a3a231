"""`harness milestone start`: claims a milestone in its file."""

import msgspec

from harness.commands.milestones.place import MilestonePlace, open_place, write_file
from harness.commands.milestones.preflight import examine, owner_of
from harness.commands.workspace import Workspace
from harness.errors import ConfigError
from harness.milestones.document import Key, MilestoneFile, Status, read_milestone, with_values
from harness.milestones.preflight import Preflight
from harness.targets.identity import current_branch

_ACTIVE = set("`<[")
"""What would be markup in a line that is not escaped: a name must be read again as it was given."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The preflight's answer with the file as it is now; `changed` where the claim was written."""

    checked: Preflight
    changed: bool


def start(workspace: Workspace, milestone_id: str, *, owner: str | None, branch: str | None, today: str) -> Claim:
    """Writes status, owner, branch and dates into the milestone's file where the preflight allows it.

    `today` is a date like 2026-02-20. What stands there already stays, so a second call changes nothing on any day.
    Raises as `preflight` does, and ConfigError where the branch is not known.
    """
    place = open_place(workspace)
    checked = examine(place, milestone_id, owner=owner)
    if not checked.may_begin:
        return Claim(checked=checked, changed=False)
    file = checked.file
    wanted = {**_claim(place, file, owner, branch), Key.STARTED: file.value(Key.STARTED) or today}
    changes = {key: value for key, value in wanted.items() if file.value(key) != value}
    if not changes:
        return Claim(checked=checked, changed=False)
    where = place.relative(milestone_id)
    text = with_values(file, {**changes, Key.LAST_UPDATED: today}, where=where)
    claimed = read_milestone(text, where=where, milestone_id=milestone_id)
    changed = write_file(place, milestone_id, text, before=checked.file.text)
    return Claim(checked=msgspec.structs.replace(checked, file=claimed), changed=changed)


def _claim(place: MilestonePlace, file: MilestoneFile, owner: str | None, branch: str | None) -> dict[Key, str]:
    """Status, owner and branch of a claimed milestone; one that is in progress keeps what is not asked to change."""
    asked = (branch or "").strip()
    going_on = file.status is Status.IN_PROGRESS
    holder, working = (file.value(Key.OWNER), file.value(Key.BRANCH)) if going_on else ("", "")
    kept = "" if asked else working
    return {
        Key.STATUS: Status.IN_PROGRESS.value,
        Key.OWNER: holder or _writable(owner_of(place, owner), "--owner"),
        Key.BRANCH: kept or _writable(asked or _current(place), "--branch"),
    }


def _current(place: MilestonePlace) -> str:
    found = current_branch(place.checkout)
    if found is None:
        raise ConfigError(f"No branch is checked out in {place.directory}.", hint="Give --branch B, or check one out.")
    return found


def _writable(value: str, option: str) -> str:
    """`value` where a line of a document can hold it as it is. Raises ConfigError naming the option."""
    if not value.isprintable() or set(value) & _ACTIVE:
        raise ConfigError(f"{value!a} cannot be written into a milestone's file.", hint=f"Give another with {option}.")
    return value
