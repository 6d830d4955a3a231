"""What lies in a checkout besides the programme's documents, held against a commit."""

import hashlib
import os
from pathlib import Path

from harness.commands.milestones.place import MilestonePlace
from harness.commands.workspace import Workspace
from harness.milestones.validation import LogHeader
from harness.store.folder import BASELINES
from harness.targets.built import sha256_of
from harness.targets.git import Checkout, find_checkout, resolve_revision
from harness.targets.history import changed_between, changed_files, is_ancestor
from harness.targets.revision import files_as_they_lie

_NAMED_FILES = 3
_PROSE = (".md", ".MD", ".rst", ".adoc")


class CodeState:
    """The code as it lies while this is used, or as of the commit `until`.

    Neither documents nor published recordings are code, nor what no build sees.
    """

    def __init__(self, workspace: Workspace, place: MilestonePlace, until: str | None = None) -> None:
        self._place = place
        self._until = until
        self._documents = (
            Path(os.path.normpath(place.directory / place.logs)),
            workspace.configuration.root.resolve() / BASELINES,
        )
        self._changed: dict[str, tuple[str, ...]] = {}

    @property
    def checkout(self) -> Checkout:
        """Whose code it is."""
        return self._place.checkout

    def changes_since(self, commit: str) -> str:
        """A hash of what the code has that differs from `commit`, the same whatever is committed of it; else empty."""
        changed = self.changed_since(commit)
        if not changed:
            return ""
        digest = hashlib.sha256()
        for name in changed:
            digest.update(b"%s\0%s\0" % (os.fsencode(name), _content(self._place.directory / name)))
        return digest.hexdigest()

    def is_lost(self, commit: str, *, dirty: bool) -> bool:
        """Whether what was tried out on a branch can no longer be held against what landed of it."""
        checkout, until = self._place.checkout, self._until
        if until is None:
            return False
        if dirty or resolve_revision(checkout, commit) is None:
            return True
        return not is_ancestor(checkout, commit, until) and bool(self.changed_since(commit))

    def differs(self, header: LogHeader) -> str:
        """In what the code differs from that which a log is of; empty where it is the same."""
        if resolve_revision(self._place.checkout, header.commit) is None:
            return f"its commit {header.commit[:12]} is not in this repository"
        if self.changes_since(header.commit) == header.changes_sha256:
            return ""
        changed = self.changed_since(header.commit)
        if header.changes_sha256 or not changed:
            return f"it ran on uncommitted changes of {header.commit[:12]} that are not what lies here now"
        more = f" and {len(changed) - _NAMED_FILES} more" if len(changed) > _NAMED_FILES else ""
        return f"since its commit {header.commit[:12]} changed {', '.join(changed[:_NAMED_FILES])}{more}"

    def changed_since(self, commit: str) -> tuple[str, ...]:
        """The paths of code that differ between a commit and the files as they lie."""
        if commit not in self._changed:
            checkout, until = self._place.checkout, self._until
            names = changed_between(checkout, commit, until) if until else changed_files(checkout, commit)
            self._changed[commit] = tuple(name for name in names if self._is_code(name))
        return self._changed[commit]

    def _is_code(self, name: str) -> bool:
        if self._place.checkout.self_contained and name.startswith("../"):
            return False
        if name.endswith(_PROSE):
            return False
        path = Path(os.path.normpath(self._place.directory / name))
        return not any(path.is_relative_to(folder) for folder in self._documents)


def _content(path: Path) -> bytes:
    """What tells a file's content from any other; a submodule is the files as they lie in it."""
    if path.is_symlink():
        return b"link " + os.fsencode(path.readlink())
    if path.is_dir():
        inside = files_as_they_lie(find_checkout(path))
        return f"folder {inside.commit} {inside.patch_sha256}".encode()
    if not path.exists():
        return b"gone"
    mode = "program" if path.stat().st_mode & 0o100 else "file"
    return f"{mode} {sha256_of(path)}".encode()
