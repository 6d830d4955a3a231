import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

import pytest

from harness.errors import BuildError, ConfigError, RefError
from harness.targets.git import (
    apply_patch,
    find_checkout,
    head_commit,
    is_dirty,
    listed_files,
    resolve_revision,
    tree_id,
    worktree_patch,
)

Git = Callable[..., str]
Write = Callable[[Path, Mapping[str, str]], None]
Commit = Callable[[Path, Mapping[str, str]], str]


@pytest.fixture
def root(tmp_path: Path, commit: Commit) -> Path:
    root = tmp_path / "repository"
    commit(root, {"top.txt": "top\n", "prover/a.txt": "a\n", "prover/b.txt": "b\n", ".gitignore": "*.log\n"})
    return root


def test_a_subdirectory_is_a_checkout_of_its_own(root: Path):
    checkout = find_checkout(root / "prover")
    assert (checkout.root, checkout.subdirectory) == (root.resolve(), PurePosixPath("prover"))
    assert checkout.directory == root.resolve() / "prover"


def test_the_root_is_the_subdirectory_dot(root: Path):
    assert find_checkout(root).subdirectory == PurePosixPath()


def test_a_missing_checkout_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"nowhere does not exist"):
        find_checkout(tmp_path / "nowhere")


def test_a_directory_outside_git_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ConfigError, match=r"is not a git checkout: not a git repository"):
        find_checkout(tmp_path)


def test_without_git_the_error_says_so(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"git was not found on PATH. Install git"):
        find_checkout(root)


def test_a_surrounding_git_does_not_redirect_us(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert find_checkout(root).root == root.resolve()


def test_revisions_resolve_to_full_hashes(root: Path, git: Git):
    git(root, "tag", "-m", "annotated", "v1")
    head = git(root, "rev-parse", "HEAD")
    checkout = find_checkout(root)
    assert [resolve_revision(checkout, name) for name in ("HEAD", "main", "v1", head[:8])] == [head] * 4


def test_a_revision_that_begins_with_a_dash_is_no_option(root: Path, git: Git):
    git(root, "update-ref", "refs/tags/--all", "HEAD")
    checkout = find_checkout(root)
    assert resolve_revision(checkout, "--all") == git(root, "rev-parse", "HEAD")
    assert resolve_revision(checkout, "--git-dir") is None


@pytest.mark.parametrize(
    "revision", ["nope", "", "HEAD~9", "HEAD:top.txt", "main..HEAD", "^HEAD", "a\0b", "HEAD^{tree}"]
)
def test_what_is_not_one_commit_resolves_to_none(root: Path, revision: str):
    assert resolve_revision(find_checkout(root), revision) is None


def test_an_ambiguous_abbreviation_is_an_error_that_lists_the_commits(root: Path, git: Git, tmp_path: Path):
    tree = git(root, "rev-parse", "HEAD^{tree}")
    seen: dict[str, bytes] = {}
    for number in range(100_000):
        body = f"tree {tree}\nauthor T <t@e.org> 0 +0000\ncommitter T <t@e.org> 0 +0000\n\n{number}\n".encode()
        first = hashlib.sha1(b"commit %d\0" % len(body) + body, usedforsecurity=False).hexdigest()[:4]
        if first in seen:
            break
        seen[first] = body
    for content in (body, seen[first]):
        (tmp_path / "commit").write_bytes(content)
        assert git(root, "hash-object", "-t", "commit", "-w", str(tmp_path / "commit")).startswith(first)
    with pytest.raises(RefError, match=rf"'{first}' is the beginning of several commits: {first}\w+, {first}\w+\."):
        resolve_revision(find_checkout(root), first)


def test_a_repository_without_commits_has_no_head(tmp_path: Path, git: Git, write: Write):
    git(tmp_path, "init", "-q")
    write(tmp_path, {"new.txt": "new\n"})
    checkout = find_checkout(tmp_path)
    assert head_commit(checkout) is None
    assert is_dirty(checkout)
    assert b"+new" in worktree_patch(checkout)


def test_the_tree_of_a_self_contained_checkout_changes_only_with_its_subdirectory(root: Path, commit: Commit):
    checkout = find_checkout(root / "prover", self_contained=True)
    first = head_commit(checkout) or ""
    elsewhere = commit(root, {"top.txt": "changed\n"})
    inside = commit(root, {"prover/a.txt": "changed\n"})
    assert tree_id(checkout, first) == tree_id(checkout, elsewhere) != tree_id(checkout, inside)
    whole = find_checkout(root / "prover")
    assert tree_id(whole, first) != tree_id(whole, elsewhere)


def test_a_commit_without_the_subdirectory_has_no_tree(root: Path, commit: Commit):
    first = head_commit(find_checkout(root)) or ""
    commit(root, {"later/x.txt": "x\n"})
    assert tree_id(find_checkout(root / "later", self_contained=True), first) is None


@pytest.mark.parametrize(
    ("files", "dirty"),
    [
        ({}, False),
        ({"prover/a.txt": "changed\n"}, True),
        ({"prover/new.txt": "new\n"}, True),
        ({"prover/run.log": "ignored\n"}, False),
        ({"top.txt": "outside\n", "new.txt": "outside\n"}, False),
    ],
)
def test_only_changes_below_a_self_contained_checkout_make_it_dirty(
    root: Path, write: Write, files: dict[str, str], dirty: bool
):
    write(root, files)
    assert is_dirty(find_checkout(root / "prover", self_contained=True)) is dirty
    assert is_dirty(find_checkout(root / "prover")) is (dirty or "top.txt" in files)


def test_a_patch_carries_everything_but_ignored_files(root: Path, write: Write, git: Git, tmp_path: Path):
    write(root, {"prover/a.txt": "changed\n", "prover/new dir/ü.txt": "new\n", "prover/run.log": "ignored\n"})
    (root / "prover/b.txt").unlink()
    (root / "prover/data.bin").write_bytes(bytes(range(256)))
    (root / "prover/tool").write_text("#!/bin/sh\n")
    (root / "prover/tool").chmod(0o755)
    patch = worktree_patch(find_checkout(root / "prover"))
    git(tmp_path, "clone", "-q", str(root), "copy")
    apply_patch(tmp_path / "copy", patch)
    names = sorted(p.relative_to(tmp_path / "copy") for p in (tmp_path / "copy/prover").rglob("*") if p.is_file())
    assert [str(name) for name in names] == ["prover/a.txt", "prover/data.bin", "prover/new dir/ü.txt", "prover/tool"]
    assert (tmp_path / "copy/prover/data.bin").read_bytes() == bytes(range(256))
    assert os.access(tmp_path / "copy/prover/tool", os.X_OK)


def test_making_a_patch_writes_nothing_in_the_repository(root: Path, write: Write, git: Git):
    write(root, {"prover/a.txt": "staged\n", "prover/new.txt": "new\n"})
    git(root, "add", "prover/a.txt")
    write(root, {"prover/a.txt": "lying there\n"})

    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    before = everything()
    assert b"+lying there" in worktree_patch(find_checkout(root / "prover"))
    assert everything() == before


def test_the_users_diff_settings_do_not_change_the_patch(root: Path, write: Write, git: Git):
    write(root, {"prover/a.txt": "changed\n"})
    checkout = find_checkout(root / "prover")
    before = worktree_patch(checkout)
    for name, value in {"diff.noprefix": "true", "color.ui": "always", "diff.relative": "true"}.items():
        git(root, "config", name, value)
    git(root, "config", "diff.external", "false")
    assert worktree_patch(checkout) == before


def test_a_clean_checkout_has_an_empty_patch_which_applies(root: Path):
    patch = worktree_patch(find_checkout(root))
    assert patch == b""
    apply_patch(root, patch)


def test_a_patch_that_does_not_fit_is_an_error(root: Path, write: Write):
    write(root, {"prover/a.txt": "changed\n"})
    patch = worktree_patch(find_checkout(root))
    with pytest.raises(BuildError, match=r"`git apply --binary` failed in .*patch does not apply"):
        apply_patch(root, patch)


def test_files_of_a_directory_with_glob_characters_are_found(tmp_path: Path, commit: Commit, write: Write):
    commit(tmp_path, {"a*/x.txt": "x\n", "a1/x.txt": "x\n"})
    write(tmp_path, {"a1/x.txt": "changed\n"})
    assert not is_dirty(find_checkout(tmp_path / "a*", self_contained=True))
    write(tmp_path, {"a*/x.txt": "changed\n"})
    assert worktree_patch(find_checkout(tmp_path / "a*", self_contained=True)).count(b"diff --git") == 1


def test_a_change_as_young_as_the_index_is_in_the_patch(root: Path, git: Git, write: Write):
    """Of the same size and time as what git remembers: it has to look into the file, and does by the index's age."""
    git(root, "config", "core.trustctime", "false")
    file, then = root / "prover/a.txt", (1_000_000_000, 1_000_000_000)
    os.utime(file, then)
    git(root, "update-index", "--refresh")
    os.utime(root / ".git/index", then)
    write(root, {"prover/a.txt": "b\n"})
    os.utime(file, then)
    assert b"+b" in worktree_patch(find_checkout(root))


def test_listed_files_are_the_tracked_and_the_untracked(root: Path, write: Write):
    write(root, {"prover/new.txt": "new\n", "prover/run.log": "ignored\n"})
    names = [str(path.relative_to(root)) for path in listed_files(root)]
    assert names == [".gitignore", "prover/a.txt", "prover/b.txt", "prover/new.txt", "top.txt"]
