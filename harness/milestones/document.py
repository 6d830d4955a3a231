"""milestone-ID.md: its title, its seven bullets, its sections. Read as data; changed value by value, byte for byte."""

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

from harness.errors import DocumentError
from harness.markdown.outline import bullets, headings, lines_of, section_text, without_comments

EXIT_CRITERIA = "Exit Criteria"
VALIDATION_LOG = "Validation Log"
METRICS = "Metrics"
RESIDUAL_BOTTLENECKS = "Residual Bottlenecks"
SCOPE = "Scope"

_TITLE = re.compile(r"# Milestone (\S+): (.*\S)\s*")
_BULLET = re.compile(r"- ([A-Z][A-Za-z ]*):(.*)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_HINT = "docs/milestones.md shows the form."


class Status(StrEnum):
    """Where a milestone stands."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    COMPLETED = "completed"


class Key(StrEnum):
    """The bullets below the title, in their order."""

    STATUS = "Status"
    OWNER = "Owner"
    BRANCH = "Branch"
    PR = "PR"
    STARTED = "Started"
    COMPLETED = "Completed"
    LAST_UPDATED = "Last Updated"


_BACKTICKED = {Key.STATUS, Key.BRANCH}
_DATES = {Key.STARTED, Key.COMPLETED, Key.LAST_UPDATED}


class MilestoneFile(msgspec.Struct, frozen=True, kw_only=True):
    """A milestone's file as read; `values` are without backticks, empty where nothing stands there."""

    id: str
    title: str
    status: Status
    values: Mapping[Key, str]
    text: str

    def value(self, key: Key) -> str:
        """What stands behind a bullet of the front matter."""
        return self.values[key]

    def section(self, title: str) -> str | None:
        """The text of a section; None where the file has none of that title."""
        return section_text(self.text, title)

    @property
    def exit_criteria(self) -> tuple[str, ...]:
        """The bullets of the exit criteria, as they are worded; what stands in a comment is none."""
        return bullets(section_text(without_comments(self.text), EXIT_CRITERIA) or "")


def read_milestone(text: str, *, where: str, milestone_id: str) -> MilestoneFile:
    """The file in `text`. Raises DocumentError naming `where` and what is wrong with it."""
    lines = lines_of(text.removeprefix("\ufeff"))
    title = _TITLE.fullmatch(lines[0])
    if title is None:
        raise DocumentError(f"{where}, line 1 is not '# Milestone {milestone_id}: TITLE'.", hint=_HINT)
    if title[1] != milestone_id:
        raise DocumentError(f"{where} is the file of milestone '{title[1]}', not of {milestone_id}.", hint=_HINT)
    values = {key: _value(line) for key, (_i, line) in _front_matter(lines, where).items()}
    for key in _DATES:
        if values[key] and not _DATE.fullmatch(values[key]):
            raise DocumentError(f"{where}: {key.value} '{values[key]}' is no date like 2026-02-20.", hint=_HINT)
    try:
        status = Status(values[Key.STATUS])
    except ValueError:
        known = ", ".join(one.value for one in Status)
        raise DocumentError(f"{where}: status '{values[Key.STATUS]}' is not known.", hint=f"Known: {known}.") from None
    return MilestoneFile(id=title[1], title=title[2], status=status, values=values, text=text)


def with_values(file: MilestoneFile, changes: Mapping[Key, str], *, where: str) -> str:
    """The file's text with these values of the front matter; every other byte as it is."""
    lines = file.text.split("\n")
    places = _front_matter([line.removesuffix("\r") for line in lines], where)
    for key, value in changes.items():
        if "\n" in value or "\r" in value or "`" in value:
            raise DocumentError(f"'{value}' cannot stand behind '{key.value}:'.", hint="One line without backticks.")
        index, _line = places[key]
        written = f" `{value}`" if key in _BACKTICKED and value else f" {value}" if value else ""
        end = "\r" if lines[index].endswith("\r") else ""
        lines[index] = f"- {key.value}:{written}{end}"
    return "\n".join(lines)


def _front_matter(lines: list[str], where: str) -> dict[Key, tuple[int, str]]:
    """Line index and line of each of the seven bullets, which stand between the title and the next heading."""
    end = next((one.line for one in headings(lines) if one.line > 0), len(lines))
    found: dict[Key, tuple[int, str]] = {}
    for i in range(1, end):
        match = _BULLET.fullmatch(lines[i])
        key = next((one for one in Key if match and one.value == match[1]), None)
        if key in found:
            raise DocumentError(f"{where}, line {i + 1}: '{key.value}' stands there twice.", hint=_HINT)
        if key is not None:
            found[key] = (i, lines[i])
    missing = [key.value for key in Key if key not in found]
    if missing:
        raise DocumentError(f"{where} has no bullet {', '.join(missing)} below its title.", hint=_HINT)
    return found


def _value(line: str) -> str:
    return line.partition(":")[2].strip().strip("`").strip()
