"""The Validation Log of a milestone: one bullet a command, made from its log and read back; what `validate` prints."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from harness.documents.escape import MARKDOWN, TERMINAL, Quoting, code, plain
from harness.documents.figures import ABSENT
from harness.documents.markers import find, insert, wrap
from harness.documents.table import Column, Table, as_markdown, as_text
from harness.errors import DocumentError
from harness.milestones.document import VALIDATION_LOG
from harness.milestones.validation import Entry, Result, Validated, one_line

KIND = "validation"

_HASH_DIGITS, _COMMIT_DIGITS, _LONGEST_LAST_LINE = 16, 12, 120
_SPAN = r"((`+)(?!`).*?(?<!`)\{}(?!`))"
"""A code span as `code` writes it; its fence is the group after its own."""

_BULLET = re.compile(rf"- {_SPAN.format(2)}: (.*)")
_LOG = re.compile(rf"(?:; |\()log {_SPAN.format(2)}, sha256 `([0-9a-f]{{{_HASH_DIGITS}}})`, at commit `")
_ACCEPTED = "  - accepted as vacuous by "
_ACCEPTANCE = re.compile(rf"{_ACCEPTED}.*\S.*: .*\S.*")
_WITHOUT_WORDS = {Result.VACUOUS: "no test was executed", Result.BROKEN_OFF: "its log has no end"}
"""Why a command did not pass where its log names no failure."""

_VACUOUS = f"{Result.VACUOUS.value} ("
_HOW_COUNTED = (
    "Tests executed are those that passed or failed by the `test result:` lines of the log; a command that executed "
    "none is vacuous, which is no pass. Warnings are those of cargo and the compiler up to the end of the build, "
    "without cargo's sums; the base's are those of the same build at its commit."
)


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """One command as a document has it: its result, log, the beginning of the log's hash, its lines as they stand.

    `acceptance` is the line by which somebody took a vacuous result; empty without one.
    """

    command: str
    result: str
    path: str
    sha256: str
    acceptance: str
    lines: tuple[str, ...]


def entries_of(text: str, *, where: str) -> tuple[Written, ...] | None:
    """The commands of a file's Validation Log, None where it has none of ours. Raises DocumentError: torn markers."""
    block = find(text, KIND, where=where)
    if block is None:
        return None
    lines = block.body.split("\n")
    begins = [i for i, line in enumerate(lines) if not line.startswith("  ")]
    found = (_written(lines[i:end]) for i, end in zip(begins, [*begins[1:], len(lines)], strict=True))
    return tuple(one for one in found if one is not None)


def render(entries: Sequence[Entry | Written], milestone_id: str) -> str:
    """The marked block; what was read and not made anew stays as it is written."""
    lines = [line for one in entries for line in (one.lines if isinstance(one, Written) else _lines(one))]
    bullets = "\n".join(lines or ["- The programme names no command for this milestone."])
    return wrap(KIND, f"milestone {milestone_id}", f"{bullets}\n\n{_HOW_COUNTED}")


def put_validation(text: str, block: str, *, where: str) -> str:
    """A file's text with the block in its Validation Log. Raises DocumentError where there is no place for it."""
    return insert(text, KIND, block, heading=VALIDATION_LOG, where=where)


def with_acceptance(text: str, command: str, *, owner: str, reason: str, where: str) -> str:
    """A file's text in which `owner` takes the vacuous result of a command, for a reason that stands there.

    Raises DocumentError where that command was not validated, is not vacuous, or no reason is given.
    """
    block = find(text, KIND, where=where)
    bullet = f"- {code(one_line(command))}: "
    lines = block.body.split("\n") if block else []
    at = next((i for i, line in enumerate(lines) if line.startswith(bullet)), None)
    if block is None or at is None:
        known = ", ".join(f"'{one.command}'" for one in entries_of(text, where=where) or ()) or "none"
        raise DocumentError(f"{where} has no validation '{command}'.", hint=f"It has {known}.")
    if not lines[at].removeprefix(bullet).startswith(_VACUOUS):
        raise DocumentError(f"{where}: '{command}' is not vacuous.", hint="Only a vacuous result can be accepted.")
    if not reason.strip():
        raise DocumentError(f"'{command}' is vacuous, and no reason is given to take that.", hint="Say why.")
    rest = lines[at + 1 :]
    if rest and rest[0].startswith(_ACCEPTED):
        rest = rest[1:]
    taken = f"{_ACCEPTED}{plain(owner)}: {plain(reason)}"
    body = "\n".join([*lines[: at + 1], taken, *rest])
    return put_validation(text, wrap(KIND, block.name, body), where=where)


def _written(lines: list[str]) -> Written | None:
    """A bullet with what is indented below it; None for anything else."""
    bullet = _BULLET.fullmatch(lines[0])
    log = _LOG.search(bullet[3]) if bullet else None
    if bullet is None or log is None:
        return None
    return Written(
        command=_spoken(bullet[1], bullet[2]),
        result=bullet[3].partition(" (")[0],
        path=_spoken(log[1], log[2]),
        sha256=log[3],
        acceptance=next((line for line in lines[1:] if _ACCEPTANCE.fullmatch(line)), ""),
        lines=tuple(lines),
    )


def _spoken(span: str, fence: str) -> str:
    """What `code` made a code span of."""
    text = span.removeprefix(fence).removesuffix(fence)
    if text.startswith(" `") or text.endswith("` "):
        text = text[1:-1]
    return text.replace("\\|", "|")


def _lines(entry: Entry) -> list[str]:
    log = entry.log
    facts = [entry.judged.why, *_counts(entry), "" if log.seconds is None else f"{log.seconds:.1f} s"]
    at = f"at commit {code(log.header.commit[:_COMMIT_DIGITS])}"
    if log.header.changes_sha256:
        at += " with uncommitted changes"
    kept = f"log {code(entry.path)}, sha256 {code(entry.sha256[:_HASH_DIGITS])}, {at}"
    told = [", ".join(filter(None, facts)), kept]
    if entry.judged.result in {Result.FAIL, Result.BROKEN_OFF} and log.last_line:
        told.append(f"last line {code(_shortened(log.last_line))}")
    bullet = f"- {code(entry.command)}: {entry.judged.result.value} ({'; '.join(filter(None, told))})"
    return [bullet, *([entry.acceptance] if entry.accepted else [])]


def _counts(entry: Entry) -> list[str]:
    judged, base = entry.judged, entry.log.header.base
    told = []
    if judged.tests_executed is not None:
        told.append(f"{code(str(judged.tests_executed))} {_plural('test', judged.tests_executed)} executed")
    if judged.warnings is None or base is None:
        return told
    told.append(f"{code(str(judged.warnings))} {_plural('warning', judged.warnings)}")
    if judged.base_warnings is None:
        told.append(f"base not known ({plain(base.reason)})")
    else:
        told.append(f"base {code(str(judged.base_warnings))}")
    if judged.new_warnings:
        told.append(f"**{judged.new_warnings} new {_plural('warning', judged.new_warnings)}**")
    return told


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LAST_LINE else f"{line[:_LONGEST_LAST_LINE]}…"


def as_json(validated: Validated) -> dict[str, Any]:
    """The JSON form. A count is null where it was not taken or is not known, an exit code where there was none.

    `reason` says why a command did not pass; empty for one that did.
    """
    return {
        "milestone": validated.milestone,
        "results": [
            {
                "name": one.name,
                "command": one.command,
                "result": one.judged.result.value,
                "reason": one.judged.why or _WITHOUT_WORDS.get(one.judged.result, ""),
                "tests_executed": one.judged.tests_executed,
                "warnings": one.judged.warnings,
                "base_warnings": one.judged.base_warnings,
                "seconds": one.log.seconds,
                "exit_code": one.log.exit_code,
                "log": one.path,
                "sha256": one.sha256,
                "accepted": one.accepted,
            }
            for one in validated.entries
        ],
        "changed": validated.changed,
    }


def to_text(validated: Validated) -> str:
    """For a terminal."""
    return f"{as_text(_table(validated, TERMINAL))}\n\n{_summary(validated)}"


def to_markdown(validated: Validated) -> str:
    """For a document."""
    return f"{as_markdown(_table(validated, MARKDOWN))}\n\n{_summary(validated)}"


def _table(validated: Validated, quote: Quoting) -> Table:
    columns = (
        Column("validation"),
        Column("result"),
        Column("tests executed", right=True),
        Column("warnings", right=True),
        Column("base", right=True),
        Column("seconds", right=True),
        Column("log"),
    )
    return Table(columns, tuple(_row(one, quote) for one in validated.entries))


def _row(entry: Entry, quote: Quoting) -> tuple[str, ...]:
    judged = entry.judged
    result = ", accepted" if entry.accepted else f": {judged.why}" if judged.why else ""
    return (
        quote.name(entry.command),
        quote.prose(f"{judged.result.value}{result}"),
        _number(judged.tests_executed),
        _number(judged.warnings),
        _number(judged.base_warnings),
        ABSENT if entry.log.seconds is None else f"{entry.log.seconds:.1f}",
        quote.name(entry.path),
    )


def _number(value: int | None) -> str:
    return ABSENT if value is None else str(value)


def _summary(validated: Validated) -> str:
    said = "was written" if validated.changed else "says so already"
    return f"The Validation Log of milestone {validated.milestone} {said}."
