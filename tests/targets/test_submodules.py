import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from harness.errors import BuildError
from harness.targets.git import Checkout, find_checkout, head_commit
from harness.targets.worktree import ensure_worktree, lacking, remove_worktree, touch_tracked_files

Git = Callable[..., str]
Write = Callable[[Path, Mapping[str, str]], None]
Commit = Callable[[Path, Mapping[str, str]], str]
Add = Callable[..., str]

LOCAL = ("-c", "protocol.file.allow=always")
"""What a user has to say, since git refuses submodules at local paths."""


@pytest.fixture
def root(tmp_path: Path, commit: Commit) -> Path:
    root = tmp_path / "repository"
    commit(root, {"a.txt": "top\n"})
    return root


@pytest.fixture
def checkout(root: Path) -> Checkout:
    return find_checkout(root)


@pytest.fixture
def add(git: Git) -> Add:
    """Add a submodule to a repository, commit that, and return the commit."""

    def run(repository: Path, url: Path | str, path: str, *options: str) -> str:
        git(repository, *LOCAL, "submodule", "add", "-q", *options, str(url), path)
        git(repository, "commit", "-q", "-m", "submodule")
        return git(repository, "rev-parse", "HEAD")

    return run


@pytest.fixture
def library(tmp_path: Path, commit: Commit) -> Path:
    commit(tmp_path / "library", {"lib.txt": "library\n"})
    return tmp_path / "library"


def _here(checkout: Checkout, path: Path, *, commit: str | None = None) -> Path:
    return ensure_worktree(checkout, commit=commit or head_commit(checkout) or "", patch=None, path=path)


def _users_files(root: Path) -> dict[str, bytes]:
    """Everything of the user's checkout but what git keeps of worktrees."""
    files = (path for path in root.rglob("*") if path.is_file() and "worktrees" not in path.parts)
    return {str(path): path.read_bytes() for path in files}


def test_a_submodule_at_a_local_path_is_taken_from_the_checkout_and_nothing_of_it_changes(
    checkout: Checkout, add: Add, library: Path, git: Git, tmp_path: Path
):
    add(checkout.root, library, "lib")
    before = _users_files(checkout.root)
    assert (_here(checkout, tmp_path / "one") / "lib/lib.txt").read_text() == "library\n"
    assert lacking(tmp_path / "one").remarks() == ()
    remove_worktree(checkout, tmp_path / "one")
    assert _users_files(checkout.root) == before
    assert not (checkout.root / ".git/worktrees").exists()
    assert git(checkout.root, "status", "--porcelain") == ""


def test_nested_submodules_whose_remotes_are_gone_are_taken_from_the_checkout(
    checkout: Checkout, add: Add, library: Path, commit: Commit, git: Git, tmp_path: Path
):
    commit(tmp_path / "inner", {"inner.txt": "inner\n"})
    add(library, "../inner", "deep/a=b")
    add(checkout.root, library, "third/lib")
    git(checkout.root, *LOCAL, "submodule", "--quiet", "update", "--init", "--recursive")
    before = _users_files(checkout.root)
    shutil.rmtree(library)
    shutil.rmtree(tmp_path / "inner")
    directory = _here(checkout, tmp_path / "one")
    assert (directory / "third/lib/deep/a=b/inner.txt").read_text() == "inner\n"
    assert _users_files(checkout.root) == before
    file = directory / "third/lib/deep/a=b/inner.txt"
    os.utime(file, (1, 1))
    touch_tracked_files(directory)
    assert file.stat().st_mtime > 1


def test_a_commit_that_only_the_checkout_has_is_taken_from_there(
    checkout: Checkout, add: Add, library: Path, commit: Commit, git: Git, tmp_path: Path
):
    add(checkout.root, library, "lib")
    git(checkout.root / "lib", "checkout", "-q", "--detach")
    commit(checkout.root / "lib", {"lib.txt": "never pushed\n"})
    commit(checkout.root, {})
    assert (_here(checkout, tmp_path / "one") / "lib/lib.txt").read_text() == "never pushed\n"


def test_a_shallow_submodule_is_taken_from_the_checkout(
    checkout: Checkout, add: Add, library: Path, commit: Commit, tmp_path: Path
):
    commit(library, {"lib.txt": "second\n"})
    add(checkout.root, f"file://{library}", "lib", "--depth", "1")
    shutil.rmtree(library)
    assert (_here(checkout, tmp_path / "one") / "lib/lib.txt").read_text() == "second\n"


def test_a_submodule_that_moved_or_went_is_there_for_the_commit_that_had_it(
    checkout: Checkout, add: Add, library: Path, git: Git, tmp_path: Path
):
    before = add(checkout.root, library, "old/lib")
    git(checkout.root, "mv", "old/lib", "lib")
    git(checkout.root, "commit", "-q", "-m", "move")
    shutil.rmtree(library)
    assert (_here(checkout, tmp_path / "one", commit=before) / "old/lib/lib.txt").is_file()
    git(checkout.root, "rm", "-q", "lib")
    git(checkout.root, "commit", "-q", "-m", "remove")
    assert (_here(checkout, tmp_path / "two", commit=before) / "old/lib/lib.txt").is_file()
    assert not (_here(checkout, tmp_path / "three") / "lib").exists()


def test_submodules_of_a_checkout_that_is_itself_a_worktree_are_taken_from_there(
    checkout: Checkout, add: Add, library: Path, git: Git, tmp_path: Path
):
    add(checkout.root, library, "lib")
    git(checkout.root, "worktree", "add", "-q", "--detach", str(tmp_path / "mine"))
    git(tmp_path / "mine", *LOCAL, "submodule", "--quiet", "update", "--init")
    git(checkout.root, "submodule", "deinit", "-q", "--all")
    shutil.rmtree(checkout.root / ".git/modules")
    shutil.rmtree(library)
    assert (_here(find_checkout(tmp_path / "mine"), tmp_path / "one") / "lib/lib.txt").is_file()


def test_a_submodule_that_the_checkout_lacks_is_fetched_relative_to_the_branchs_remote(
    checkout: Checkout, add: Add, library: Path, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert library.is_dir()
    add(checkout.root, "../library", "lib")
    (tmp_path / "else").mkdir()
    git(tmp_path / "else", "clone", "-q", "-o", "upstream", str(checkout.root), "cloned")
    cloned = find_checkout(tmp_path / "else/cloned")
    for name, value in {"COUNT": "1", "KEY_0": "protocol.file.allow", "VALUE_0": "always"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    before = _users_files(cloned.root)
    assert (_here(cloned, tmp_path / "one") / "lib/lib.txt").is_file()
    assert _users_files(cloned.root) == before


def test_a_submodule_that_the_checkout_lacks_too_is_left_out_and_told(
    checkout: Checkout, add: Add, library: Path, git: Git, tmp_path: Path
):
    add(checkout.root, library, "lib")
    git(tmp_path, "clone", "-q", str(checkout.root), "cloned")
    shutil.rmtree(library)
    directory = _here(find_checkout(tmp_path / "cloned"), tmp_path / "one")
    assert list((directory / "lib").iterdir()) == []
    assert lacking(tmp_path / "one").remarks() == ("submodules left out of the worktree, as in your checkout: lib",)
    touch_tracked_files(directory)


def test_a_submodule_that_the_user_does_not_want_is_left_out(
    checkout: Checkout, add: Add, library: Path, git: Git, tmp_path: Path
):
    add(checkout.root, library, "lib")
    add(checkout.root, library, "other")
    git(checkout.root, "config", "submodule.lib.active", "false")
    _here(checkout, tmp_path / "one")
    assert lacking(tmp_path / "one").submodules == ("lib",)
    git(checkout.root, "config", "submodule.active", "lib")
    git(checkout.root, "config", "--unset", "submodule.lib.active")
    git(checkout.root, "config", "--unset", "submodule.other.active")
    _here(checkout, tmp_path / "two")
    assert lacking(tmp_path / "two").submodules == ("other",)


def test_a_commit_that_neither_the_checkout_nor_the_remote_has_is_an_error_with_a_way_out(
    checkout: Checkout, add: Add, library: Path, git: Git, tmp_path: Path
):
    add(checkout.root, library, "lib")
    git(checkout.root, "update-index", "--cacheinfo", f"160000,{'ab' * 20},lib")
    git(checkout.root, "commit", "-q", "-m", "a commit that is nowhere")
    with pytest.raises(BuildError, match=r"submodule lib of the worktree .* cannot be checked out.*Try `git submodule"):
        _here(checkout, tmp_path / "one")


def test_a_repository_that_is_no_submodule_is_left_out_and_told(checkout: Checkout, commit: Commit, tmp_path: Path):
    commit(checkout.root / "embedded", {"x.txt": "x\n"})
    commit(checkout.root, {})
    _here(checkout, tmp_path / "one")
    assert lacking(tmp_path / "one").submodules == ("embedded",)


def test_a_submodule_that_was_written_to_or_half_fetched_is_whole_again(
    checkout: Checkout, add: Add, library: Path, write: Write, git: Git, tmp_path: Path
):
    add(checkout.root, library, "lib")
    directory = _here(checkout, tmp_path / "one")
    write(directory, {"lib/lib.txt": "spoilt\n", "lib/stray.txt": "stray\n"})
    _here(checkout, tmp_path / "one")
    assert sorted(path.name for path in (directory / "lib").iterdir()) == [".git", "lib.txt"]
    assert (directory / "lib/lib.txt").read_text() == "library\n"
    modules = Path(git(directory / "lib", "rev-parse", "--absolute-git-dir"))
    shutil.rmtree(modules / "objects")
    shutil.rmtree(directory / "lib")
    _here(checkout, tmp_path / "one")
    assert (directory / "lib/lib.txt").read_text() == "library\n"


@pytest.mark.parametrize("name", ["../../outside", "/etc", "-u", "a\nb", 'q"uote'])
def test_a_submodule_with_a_hostile_name_reaches_nothing_outside(
    checkout: Checkout, add: Add, library: Path, commit: Commit, tmp_path: Path, name: str
):
    add(checkout.root, library, "lib")
    text = (checkout.root / ".gitmodules").read_text()
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    (checkout.root / ".gitmodules").write_text(text.replace('"lib"', f'"{quoted}"'))
    commit(checkout.root, {})
    beside = sorted(path.name for path in tmp_path.iterdir())
    with suppress(BuildError):  # git refuses some of these names, and takes others
        _here(checkout, tmp_path / "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted({*beside, "one"})
