"""`harness milestone validate`: runs a milestone's validation commands, and writes down what their logs show.

What stands in the milestone's file is made from the logs alone, so that `check` can make it again where nothing is run.
"""

import os
import shlex
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec

from harness.commands.milestones.base_warnings import BaseWarnings, counts_warnings
from harness.commands.milestones.code_state import CodeState
from harness.commands.milestones.place import MilestonePlace, read_file, read_text, write_file
from harness.commands.milestones.validation_logs import end_log, find_log, new_log
from harness.commands.recording import measuring
from harness.commands.workspace import Workspace
from harness.documents.milestones.validation import Written, entries_of, put_validation, render
from harness.errors import ConfigError, DocumentError, Interrupted, LogError, MeasureError
from harness.measure.line_log import LineLog
from harness.measure.lock import MeasuringLock
from harness.measure.process import run_process
from harness.milestones.findings import Finding, fails, unclear, warns
from harness.milestones.programme import Milestone, Validation
from harness.milestones.validation import (
    Entry,
    LogHeader,
    Result,
    Validated,
    entry_of,
    footer_bytes,
    header_bytes,
    one_line,
)
from harness.targets.command import CommandLine, split_command
from harness.targets.git import head_commit, resolve_revision
from harness.targets.history import is_shallow
from harness.units import parse_timeout

_FETCH = "Fetch the whole history, as with `git fetch --unshallow`."


class _Job(msgspec.Struct, frozen=True, kw_only=True):
    """One command to run; `shown` is what the document says of it so far, or what came of it."""

    name: str
    validation: Validation
    line: CommandLine
    timeout_s: float
    shown: Entry | Written | None


def validate(
    workspace: Workspace,
    place: MilestonePlace,
    milestone_id: str,
    *,
    base_commit: str | None,
    base_reason: str,
    again: bool,
) -> Validated:
    """Runs what was not run since the code changed, or everything `again`; the Validation Log tells what came of it.

    Warnings are counted against `base_commit`, a full hash; without one `base_reason` says why. A command that fails
    does not keep the others from being run. What was finished is written down whatever happens.

    Raises:
        ConfigError, DocumentError: a command, or the milestone's file, cannot be used; nothing was run.
        MeasureError: a command cannot be started.
        Interrupted: Ctrl-C; the log of what was broken off is kept.
    """
    milestone, file = read_file(place, milestone_id)
    put_validation(file.text, "", where=place.relative(milestone_id))  # what will be in its way is better said now
    if head_commit(place.checkout) is None:
        raise DocumentError(f"{place.directory} has no commit to validate.", hint="Commit something first.")
    jobs = _jobs(workspace, place, milestone, file.text)
    code = CodeState(workspace, place)
    todo = [i for i, job in enumerate(jobs) if again or not _is_current(job.shown, base_commit, code)]
    try:
        if todo:
            workspace.store.prepare()
            with (
                measuring(workspace, f"validation of milestone {milestone_id}") as lock,
                BaseWarnings(place.checkout, base_commit, base_reason, workspace.say) as bases,
            ):
                for i in todo:
                    entry = _run(workspace, place, milestone, jobs[i], bases, lock)
                    if entry.judged.result is not Result.BROKEN_OFF or not isinstance(jobs[i].shown, Entry):
                        jobs[i] = msgspec.structs.replace(jobs[i], shown=entry)
                    _tell(workspace, entry)
    except BaseException:
        _write(place, milestone_id, jobs)
        raise
    return _write(place, milestone_id, jobs)


def rerender(
    workspace: Workspace,
    place: MilestonePlace,
    milestone: Milestone,
    file_text: str,
    *,
    published_only: bool,
    until: str | None = None,
) -> tuple[str | None, tuple[Finding, ...]]:
    """The marked part of a Validation Log as its logs give it, None where there is none, and what is wrong with it.

    A command whose log cannot be had stays as it is written. With `published_only` only the repository is looked in.
    `until` is the commit of a milestone that landed: its code counts, not what lies here. Raises DocumentError for torn
    markers.
    """
    where = place.relative(milestone.id)
    hint = f"'harness milestone validate {milestone.id}' runs it."
    written = entries_of(file_text, where=where)
    by_command = {one.command: one for one in written or ()}
    code = CodeState(workspace, place, until)
    shown: list[Entry | Written] = []
    findings: list[Finding] = []
    for name, validation in place.programme.validations_of(milestone):
        one = by_command.get(one_line(validation.command))
        if one is None:
            findings.append(fails(f"{where}: '{validation.command}' was not validated", hint))
            continue
        entry = _read_back(workspace, place, name, validation, one, published_only=published_only)
        if isinstance(entry, str):
            shown.append(one)
            findings.append(fails(f"{where}: '{one.command}': {entry}", hint))
        else:
            shown.append(entry)
            findings += _findings(entry, code, where, milestone.id)
    return None if written is None else render(shown, milestone.id), tuple(findings)


def _findings(entry: Entry, code: CodeState, where: str, milestone_id: str) -> list[Finding]:
    judged, what = entry.judged, f"{where}: '{entry.command}'"
    found: list[Finding] = []
    if judged.result in {Result.FAIL, Result.BROKEN_OFF}:
        why = f": {judged.why}" if judged.why else ""
        found.append(fails(f"{what}: {judged.result.value}{why}", f"Its log is {entry.path}."))
    if judged.result is Result.VACUOUS and not entry.accepted:
        taken = f"--accept-vacuous {shlex.quote(entry.command)} --reason TEXT"
        hint = f"`harness milestone complete {milestone_id} {taken}` takes it as it is."
        found.append(fails(f"{what} is vacuous: it executed no test", hint))
    header = entry.log.header
    if code.is_lost(header.commit, dirty=bool(header.changes_sha256)):
        found.append(warns(f"{what}: whether it ran on the code that landed can no longer be told"))
    elif is_shallow(code.checkout) and resolve_revision(code.checkout, header.commit) is None:
        found.append(unclear(f"{what}: its commit {header.commit[:12]} is not in this shallow clone", _FETCH))
    elif differs := code.differs(header):
        hint = f"'harness milestone validate {milestone_id}' runs it on the code as it is."
        found.append(fails(f"{what} was run on other code: {differs}", hint))
    if judged.new_warnings:
        found.append(warns(f"{what}: {judged.warnings} warnings, the base has {judged.base_warnings}"))
    return found


def _read_back(
    workspace: Workspace,
    place: MilestonePlace,
    name: str,
    validation: Validation,
    written: Written,
    *,
    published_only: bool,
) -> Entry | str:
    """A command as its log shows it, or why that cannot be had."""
    data = find_log(workspace, place, written.path, published_only=published_only)
    if data is None:
        return f"its log {written.path} is missing"
    try:
        entry = entry_of(name, validation, path=written.path, data=data, acceptance=written.acceptance)
    except LogError as error:
        return f"its log {written.path} has changed: {error.message.rstrip('.')}"
    if not entry.sha256.startswith(written.sha256):
        return f"its log {written.path} has changed: sha256 {entry.sha256[: len(written.sha256)]}"
    if entry.log.header.command != entry.command:
        return f"its log {written.path} is of '{entry.log.header.command}'"
    return entry


def _jobs(workspace: Workspace, place: MilestonePlace, milestone: Milestone, text: str) -> list[_Job]:
    """The milestone's commands with what is known of them. Raises ConfigError for one that cannot be run."""
    written = {one.command: one for one in entries_of(text, where=place.relative(milestone.id)) or ()}
    jobs = []
    for name, validation in place.programme.validations_of(milestone):
        timeout_s = parse_timeout(validation.timeout)
        if timeout_s is None:
            raise ConfigError(
                f"The timeout '{validation.timeout}' of validation '{name}' is not a time.", hint="Write it like 30m."
            )
        line = split_command(validation.command)
        before = written.get(one_line(validation.command))
        shown = before and _read_back(workspace, place, name, validation, before, published_only=False)
        known = before if isinstance(shown, str) else shown
        jobs.append(_Job(name=name, validation=validation, line=line, timeout_s=timeout_s, shown=known))
    return jobs


def _is_current(shown: Entry | Written | None, base_commit: str | None, code: CodeState) -> bool:
    """Whether running a command again would tell nothing that its log does not."""
    if not isinstance(shown, Entry) or shown.judged.result is Result.BROKEN_OFF:
        return False
    base = shown.log.header.base
    if counts_warnings(shown.command) != (base is not None) or (base is not None and base.commit != base_commit):
        return False
    return not code.differs(shown.log.header)


def _run(
    workspace: Workspace,
    place: MilestonePlace,
    milestone: Milestone,
    job: _Job,
    bases: BaseWarnings,
    lock: MeasuringLock,
) -> Entry:
    """Runs one command to its end, or to where Ctrl-C breaks it off."""
    commit = head_commit(place.checkout) or ""
    changes = CodeState(workspace, place).changes_since(commit)
    base = bases.of(job.validation.command, lies_here=None if changes else commit)
    header = LogHeader(
        capture=f"validate-{job.name}",
        timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        command=one_line(job.validation.command),
        commit=commit,
        changes_sha256=changes,
        base=base,
    )
    workspace.say(f"{job.name}: {header.command}")
    data = header_bytes(header)
    relative, path = new_log(workspace, place, milestone.id, job.name, timestamp=header.timestamp, header=data)
    footer = _take(place, job, path, lock)
    return entry_of(job.name, job.validation, path=relative, data=end_log(path, footer))


def _take(place: MilestonePlace, job: _Job, path: Path, lock: MeasuringLock) -> bytes:
    """The footer of a log into which a command was run. Raises MeasureError where it cannot be started."""
    begun_ns = time.perf_counter_ns()
    try:
        with LineLog(path) as log:
            outcome = run_process(
                job.line.argv,
                directory=place.directory,
                env={**os.environ, **job.line.environment},
                log=log,
                timeout_s=job.timeout_s,
                on_start=partial(lock.note_child, command=shlex.join(job.line.argv)),
            )
    except MeasureError as error:
        path.unlink()
        raise MeasureError(error.message, hint=f"Install it, or correct validation '{job.name}'.") from None
    except KeyboardInterrupt:
        return footer_bytes(None, timed_out=False, seconds=(time.perf_counter_ns() - begun_ns) / 1e9)
    finally:
        lock.clear_child()
    return footer_bytes(outcome.exit_code, timed_out=outcome.timed_out, seconds=outcome.wall_ns / 1e9)


def _tell(workspace: Workspace, entry: Entry) -> None:
    """Says how a command went. Raises Interrupted for one that was broken off."""
    if entry.judged.result is Result.BROKEN_OFF:
        raise Interrupted("Interrupted.", hint=f"What was finished is written down; the log of '{entry.name}' is kept.")
    why = f": {entry.judged.why}" if entry.judged.why else ""
    workspace.say(f"{entry.name}: {entry.judged.result.value}{why} after {entry.log.seconds:.1f} s")


def _write(place: MilestonePlace, milestone_id: str, jobs: Sequence[_Job]) -> Validated:
    """Into the file as it is by now: it may have been edited while the commands ran."""
    where = place.relative(milestone_id)
    text = read_text(place, where)
    taken = {one.command: one.acceptance for one in entries_of(text, where=where) or ()}
    shown = [
        msgspec.structs.replace(one, acceptance=taken.get(one.command, "")) if isinstance(one, Entry) else one
        for one in (job.shown for job in jobs)
        if one is not None
    ]
    if jobs and not shown:
        return Validated(milestone=milestone_id, entries=(), changed=False)
    changed = write_file(
        place, milestone_id, put_validation(text, render(shown, milestone_id), where=where), before=text
    )
    entries = tuple(one for one in shown if isinstance(one, Entry))
    return Validated(milestone=milestone_id, entries=entries, changed=changed)
