"""A checkout of tests/data/programme: a prover that only states its times, and the documents of its milestones."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness.milestones.document import Key, MilestoneFile, Status, read_milestone, with_values
from tests import fake_perf
from tests.commands.conftest import ROOT, Checkout

DATA = ROOT / "tests" / "data" / "programme"
FOLDER = "docs/metal-backend-optimization-tracking"
BOARD = f"{FOLDER}/STATUS.md"
PLAN = "docs/metal-backend-optimization-milestones.md"
OWNER = "metal-team"
ROUND_TRIP = "cargo test -p openvm-metal-backend --test ntt_roundtrip"
"""The validation that executes no test."""

SEVERITIES = ("fails", "cannot tell", "warning")


class Verdict(NamedTuple):
    """The exit code of a check and what it found, by severity."""

    code: int
    fails: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()


HOLDS = Verdict(0)


class ProgrammeCheckout(Checkout):
    """A git checkout of the programme, and what a contributor does in it."""

    def commit(self, message: str = "x") -> str:
        """Commits every file; the commit's hash."""
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    def read(self, name: str) -> str:
        return (self.path / name).read_bytes().decode()

    def replace(self, name: str, old: str, new: str) -> None:
        """Replaces what stands in a file exactly once."""
        text = self.read(name)
        assert text.count(old) == 1, (name, old)
        self.write(name, text.replace(old, new))

    def state(self, constant: str, value: int) -> None:
        """Changes a `pub const` of the prover, such as ROUND0_PERCENT: one part becomes faster, or counts less."""
        pattern = re.compile(rf"(?<=pub const {constant}: u64 = )\d+(?=;)")
        found = [path for path in (self.path / "crates").rglob("*.rs") if pattern.search(path.read_text())]
        assert len(found) == 1, constant
        found[0].write_text(pattern.sub(str(value), found[0].read_text()))

    def milestone_path(self, milestone_id: str) -> str:
        return f"{FOLDER}/milestone-{milestone_id}.md"

    def milestone(self, milestone_id: str) -> MilestoneFile:
        """The milestone's file as it lies there now."""
        path = self.milestone_path(milestone_id)
        return read_milestone(self.read(path), where=path, milestone_id=milestone_id)

    def set_values(self, milestone_id: str, **values: str) -> None:
        """Front matter by hand, such as `status="completed"` or `last_updated="2026-03-04"`; commits nothing."""
        path = self.milestone_path(milestone_id)
        changes = {Key[name.upper()]: value for name, value in values.items()}
        self.write(path, with_values(self.milestone(milestone_id), changes, where=path))

    def begin(self, milestone_id: str) -> str:
        """Commits the milestone's claim on a branch of its own, perf/mID; the commit's hash."""
        branch = f"perf/m{milestone_id}"
        self.git("switch", "-q", "-c", branch)
        started = "2026-03-02"
        status = Status.IN_PROGRESS.value
        self.set_values(milestone_id, status=status, owner=OWNER, branch=branch, started=started, last_updated=started)
        return self.commit(f"Milestone {milestone_id}: begin")

    def complete(self, milestone_id: str) -> Any:
        """Completes it, the vacuous round trip taken as it is: what `complete` said, as data."""
        return self.json(
            "milestone", "complete", milestone_id, "--accept-vacuous", ROUND_TRIP, "--reason", "no test yet"
        )

    def check(self, milestone_id: str, *args: str, **environment: str) -> "Verdict":
        """What `check` says."""
        done = self.harness("milestone", "check", milestone_id, *args, "--format", "json", **environment)
        assert done.code in {0, 3, 4}, done.err
        found = done.json["findings"]
        said = {kind: tuple(one["what"] for one in found if one["severity"] == kind) for kind in SEVERITIES}
        return Verdict(done.code, said["fails"], said["cannot tell"], said["warning"])

    def clone_to(self, path: Path, *options: str, source: str | None = None) -> "ProgrammeCheckout":
        """A fresh clone without a store."""
        self.git("clone", "-q", *options, source or str(self.path), str(path))
        return ProgrammeCheckout(path=path, monkeypatch=self.monkeypatch)

    def copy_to(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> "ProgrammeCheckout":
        """The same checkout at another place, its history and its store with it."""
        shutil.copytree(self.path, path, ignore=shutil.ignore_patterns("target"))
        return ProgrammeCheckout(path=path, monkeypatch=monkeypatch)


def checked_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> ProgrammeCheckout:
    """The programme as the one commit of a new repository. Its files are new: cargo goes by their times."""
    ignored = shutil.ignore_patterns("target", ".harness")
    shutil.copytree(DATA, path, copy_function=shutil.copyfile, ignore=ignored)
    made = ProgrammeCheckout(path=path, monkeypatch=monkeypatch)
    made.git("init", "-q", "-b", "main")
    made.commit("The prover and its programme")
    return made


@contextmanager
def surroundings(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """What a test's own environment is, for what is made once for several tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HARNESS_STORE", "HARNESS_HOST", "HARNESS_OWNER", "RUST_LOG"):
            patch.delenv(name, raising=False)
        fake_perf.install(folder / "bin", fake_perf.NOT_SUPPORTED)
        patch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        patch.setenv("HARNESS_CACHE", str(folder / "cache"))
        yield patch


def as_given(text: str) -> str:
    """A milestone's file without what the harness wrote: as the template has it, no value in its front matter."""
    flags = re.MULTILINE | re.DOTALL  # a marker is a line of its own; inside a line it is a name in some log
    text = re.sub(r"(\r?\n){2}<!-- harness:begin criteria .*?^<!-- harness:end criteria -->", "", text, flags=flags)
    block = r"^<!-- harness:begin (metrics|residuals|validation) .*?^<!-- harness:end \1 -->"
    text = re.sub(block, "- Pending.", text, flags=flags)
    keys = "|".join(key.value for key in Key)
    return re.sub(rf"^(- (?:{keys}):)[^\r\n]*", r"\1", text, flags=re.MULTILINE)
