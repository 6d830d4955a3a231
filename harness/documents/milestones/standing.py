"""What `harness milestone preflight` and `start` answer, as JSON, terminal text and Markdown."""

from typing import Any

from harness.documents.escape import code, plain, terminal
from harness.documents.figures import ABSENT
from harness.milestones.document import Key
from harness.milestones.preflight import Preflight

UNREADABLE = "cannot be read"


def as_json(checked: Preflight, *, changed: bool | None = None) -> dict[str, Any]:
    """The JSON form; `changed` is there where it was to be started. A status is null where a file cannot be read."""
    return {
        "milestone": checked.file.id,
        "title": checked.file.title,
        "state": checked.state.value,
        "reasons": list(checked.reasons),
        "warnings": list(checked.warnings),
        "owner": checked.file.value(Key.OWNER),
        "status": checked.file.status.value,
        "dependencies": [{"milestone": one.milestone, "status": one.status} for one in checked.dependencies],
        **({} if changed is None else {"changed": changed}),
    }


def to_text(checked: Preflight, *, changed: bool | None = None) -> str:
    """For a terminal."""
    lines = [
        f"milestone {checked.file.id}: {_outcome(checked, changed)}",
        checked.file.title,
        *checked.reasons,
        *(f"{key.value}: {checked.file.value(key) or ABSENT}" for key in _shown(changed)),
        f"After: {_dependencies(checked)}",
        *(f"warning: {one}" for one in checked.warnings),
    ]
    return "\n".join(terminal(line) for line in lines)


def to_markdown(checked: Preflight, *, changed: bool | None = None) -> str:
    """For a document."""
    lines = [
        *(plain(one) for one in checked.reasons),
        *(f"{key.value}: {_value(checked.file.value(key))}" for key in _shown(changed)),
        f"After: {plain(_dependencies(checked))}",
        *(f"Warning: {plain(one)}" for one in checked.warnings),
    ]
    first = f"Milestone {code(checked.file.id)}, {plain(checked.file.title)}: **{_outcome(checked, changed)}**"
    return "\n".join([first, "", *(f"- {line}" for line in lines)])


def _outcome(checked: Preflight, changed: bool | None) -> str:
    """The state, and for a milestone that could be started what came of it."""
    if changed is None or not checked.may_begin:
        return checked.state.value
    return f"{checked.state.value}, {'claimed' if changed else 'claimed already'}"


def _shown(changed: bool | None) -> tuple[Key, ...]:
    claim = () if changed is None else (Key.BRANCH, Key.STARTED)
    return (Key.STATUS, Key.OWNER, *claim)


def _value(text: str) -> str:
    return code(text) if text else ABSENT


def _dependencies(checked: Preflight) -> str:
    said = [f"{one.milestone} ({one.status or UNREADABLE})" for one in checked.dependencies]
    return ", ".join(said) or ABSENT
