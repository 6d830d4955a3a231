import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.errors import BuildError, ConfigError
from harness.targets.git import Checkout, find_checkout, head_commit, is_dirty, worktree_patch
from harness.targets.worktree import (
    ensure_worktree,
    remove_stray_worktree,
    remove_worktree,
    touch_tracked_files,
    worktrees_below,
)

Git = Callable[..., str]
Write = Callable[[Path, Mapping[str, str]], None]
Commit = Callable[[Path, Mapping[str, str]], str]


@pytest.fixture
def root(tmp_path: Path, commit: Commit) -> Path:
    root = tmp_path / "repository"
    commit(root, {"prover/a.txt": "first\n", ".gitignore": "target/\n"})
    commit(root, {"prover/a.txt": "second\n"})
    return root


@pytest.fixture
def checkout(root: Path) -> Checkout:
    return find_checkout(root / "prover")


@pytest.fixture
def first(root: Path, git: Git) -> str:
    return git(root, "rev-parse", "HEAD~1")


def _text(directory: Path) -> str:
    return (directory / "a.txt").read_text()


def test_a_worktree_holds_the_commit_not_the_checkout(checkout: Checkout, first: str, tmp_path: Path):
    directory = ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "cache/one")
    assert directory == tmp_path / "cache/one/prover"
    assert _text(directory) == "first\n"
    assert head_commit(find_checkout(directory)) == first
    assert _text(checkout.directory) == "second\n"


def test_the_commit_that_is_checked_out_can_have_two_more_worktrees(checkout: Checkout, tmp_path: Path):
    head = head_commit(checkout) or ""
    made = [ensure_worktree(checkout, commit=head, patch=None, path=tmp_path / name) for name in ("one", "two")]
    assert [_text(directory) for directory in made] == ["second\n", "second\n"]


def test_a_patch_is_applied_also_the_second_time(checkout: Checkout, write: Write, tmp_path: Path):
    write(checkout.directory, {"a.txt": "patched\n", "new.txt": "new\n"})
    patch, head = worktree_patch(checkout), head_commit(checkout) or ""
    for _ in range(2):
        directory = ensure_worktree(checkout, commit=head, patch=patch, path=tmp_path / "one")
        assert (_text(directory), (directory / "new.txt").read_text()) == ("patched\n", "new\n")
    clean = ensure_worktree(checkout, commit=head, patch=None, path=tmp_path / "one")
    assert not is_dirty(find_checkout(clean))


def test_a_worktree_that_was_written_to_is_clean_again_and_keeps_its_builds(
    checkout: Checkout, first: str, write: Write, tmp_path: Path
):
    directory = ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    write(directory, {"a.txt": "spoilt\n", "stray.txt": "stray\n", "target/program": "built\n"})
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    assert sorted(path.name for path in directory.iterdir()) == ["a.txt", "target"]
    assert _text(directory) == "first\n"


def test_a_worktree_of_another_commit_is_replaced(checkout: Checkout, first: str, tmp_path: Path):
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    directory = ensure_worktree(checkout, commit=head_commit(checkout) or "", patch=None, path=tmp_path / "one")
    assert _text(directory) == "second\n"


def _half_made(path: Path) -> None:
    (path / "prover/b.txt").write_text("leftover\n")
    (path / ".git").unlink()


def _locked_and_gone(path: Path) -> None:
    pointer = (path / ".git").read_text().removeprefix("gitdir: ").strip()
    Path(pointer, "locked").write_text("initializing")
    shutil.rmtree(path)


def _locked_and_half_there(path: Path) -> None:
    pointer = (path / ".git").read_text().removeprefix("gitdir: ").strip()
    Path(pointer, "locked").write_text("initializing")
    Path(pointer, "index").write_bytes(b"torn")


def _forgotten_by_git(path: Path) -> None:
    shutil.rmtree((path / ".git").read_text().removeprefix("gitdir: ").strip())


def _a_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("not a directory")


@pytest.mark.parametrize(
    "spoil", [_half_made, _locked_and_gone, _locked_and_half_there, _forgotten_by_git, _a_file, shutil.rmtree]
)
def test_what_a_killed_harness_left_is_replaced(
    checkout: Checkout, first: str, tmp_path: Path, spoil: Callable[[Path], None]
):
    path = tmp_path / "one"
    ensure_worktree(checkout, commit=first, patch=None, path=path)
    spoil(path)
    directory = ensure_worktree(checkout, commit=first, patch=None, path=path)
    assert sorted(entry.name for entry in directory.iterdir()) == ["a.txt"]
    assert _text(directory) == "first\n"
    assert not is_dirty(find_checkout(path))


def test_a_removed_worktree_is_gone_from_disk_and_from_git(checkout: Checkout, first: str, git: Git, tmp_path: Path):
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    remove_worktree(checkout, tmp_path / "one")
    remove_worktree(checkout, tmp_path / "one")
    assert not (tmp_path / "one").exists()
    assert len(git(checkout.root, "worktree", "list").splitlines()) == 1


def test_hooks_do_not_run(checkout: Checkout, first: str, tmp_path: Path):
    hook = checkout.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    hook.chmod(0o755)
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("place", ["repository/cache/one", "repository", "."])
def test_a_worktree_inside_or_around_the_checkout_is_refused(
    checkout: Checkout, first: str, tmp_path: Path, place: str
):
    with pytest.raises(ConfigError, match=r"would overlap the checkout .*cache directory outside"):
        ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / place)
    assert _text(checkout.directory) == "second\n"


def test_a_worktree_of_the_users_own_inside_the_checkout_is_left_alone(checkout: Checkout, first: str, git: Git):
    own = checkout.root / "own"
    git(checkout.root, "worktree", "add", "--detach", str(own), first)
    (own / "prover/a.txt").write_text("work\n")
    with pytest.raises(ConfigError, match=r"would overlap"):
        ensure_worktree(checkout, commit=first, patch=None, path=own)
    assert (own / "prover/a.txt").read_text() == "work\n"


def test_a_commit_without_the_targets_directory_is_named(checkout: Checkout, commit: Commit, tmp_path: Path):
    before = head_commit(checkout) or ""
    commit(checkout.root, {"later/x.txt": "x\n"})
    with pytest.raises(BuildError, match=rf"{before[:12]} has no directory later"):
        ensure_worktree(find_checkout(checkout.root / "later"), commit=before, patch=None, path=tmp_path / "one")


def test_a_commit_that_is_not_there_is_named(checkout: Checkout, tmp_path: Path):
    with pytest.raises(BuildError, match=r"cannot make a worktree of abababababab at"):
        ensure_worktree(checkout, commit="ab" * 20, patch=None, path=tmp_path / "one")


def test_a_link_in_a_worktrees_place_is_replaced_and_what_it_names_is_left_alone(
    checkout: Checkout, first: str, git: Git, tmp_path: Path
):
    git(checkout.root, "worktree", "add", "-q", "--detach", str(tmp_path / "mine"), first)
    (tmp_path / "one").symlink_to(tmp_path / "mine")
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    assert not (tmp_path / "one").is_symlink()
    remove_worktree(checkout, tmp_path / "one")
    (tmp_path / "one").symlink_to(tmp_path / "mine")
    remove_worktree(checkout, tmp_path / "one")
    remove_stray_worktree(tmp_path / "one")
    assert not (tmp_path / "one").is_symlink()
    assert (tmp_path / "mine/prover/a.txt").read_text() == "first\n"
    assert str(tmp_path / "mine") in git(checkout.root, "worktree", "list")


def test_git_forgets_a_removed_worktree_that_was_broken(checkout: Checkout, first: str, git: Git, tmp_path: Path):
    for spoil in (_half_made, _locked_and_gone, _locked_and_half_there, _a_file, shutil.rmtree):
        ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
        spoil(tmp_path / "one")
        remove_worktree(checkout, tmp_path / "one")
        assert not (tmp_path / "one").exists()
        assert len(git(checkout.root, "worktree", "list").splitlines()) == 1, spoil


def test_a_worktree_with_write_protected_folders_can_be_removed(checkout: Checkout, first: str, tmp_path: Path):
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    made = tmp_path / "one/target/made"
    made.mkdir(parents=True)
    made.chmod(0o500)
    remove_worktree(checkout, tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_only_worktrees_in_the_folder_that_was_asked_for_are_listed(
    checkout: Checkout, first: str, git: Git, tmp_path: Path
):
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "ours/one")
    git(checkout.root, "worktree", "add", "-q", "--detach", str(tmp_path / "mine"), first)
    shutil.rmtree(tmp_path / "ours/one")
    assert worktrees_below(checkout, tmp_path / "ours") == (tmp_path / "ours/one",)


def test_a_worktree_of_a_checkout_that_is_gone_is_forgotten_by_what_is_left_of_its_repository(
    checkout: Checkout, first: str, git: Git, tmp_path: Path
):
    git(checkout.root, "worktree", "add", "-q", "--detach", str(tmp_path / "second"), first)
    second = find_checkout(tmp_path / "second")
    ensure_worktree(second, commit=first, patch=None, path=tmp_path / "one")
    git(checkout.root, "worktree", "remove", str(tmp_path / "second"))
    remove_stray_worktree(tmp_path / "one")
    assert not (tmp_path / "one").exists()
    assert len(git(checkout.root, "worktree", "list").splitlines()) == 1


def test_a_worktree_whose_repository_is_gone_is_removed(checkout: Checkout, first: str, tmp_path: Path):
    ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    shutil.rmtree(checkout.root)
    remove_stray_worktree(tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_touching_reaches_every_file_but_ignored_ones(checkout: Checkout, first: str, write: Write, tmp_path: Path):
    directory = ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    write(directory, {"patched-in.txt": "new\n", "target/program": "built\n"})
    (directory / "link").symlink_to("nowhere")
    files = ["a.txt", "patched-in.txt", "target/program", "../.gitignore"]
    for name in files:
        os.utime(directory / name, (1, 1))
    os.utime(directory / "link", (1, 1), follow_symlinks=False)
    touch_tracked_files(directory)
    assert [(directory / name).stat().st_mtime > 1 for name in files] == [True, True, False, True]
    assert (directory / "link").lstat().st_mtime > 1


def test_touching_passes_over_a_removed_file(checkout: Checkout, first: str, tmp_path: Path):
    directory = ensure_worktree(checkout, commit=first, patch=None, path=tmp_path / "one")
    (directory / "a.txt").unlink()
    touch_tracked_files(directory)
    assert not (directory / "a.txt").exists()
