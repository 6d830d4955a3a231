import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.targets.git import Checkout, find_checkout, has_changed_submodule, head_commit, is_dirty, worktree_patch
from harness.targets.worktree import ensure_worktree, lacking

Git = Callable[..., str]
Write = Callable[[Path, Mapping[str, str]], None]
Commit = Callable[[Path, Mapping[str, str]], str]

GIT_LFS = """#!/bin/sh
# Keeps what it cleans in a folder, and smudges from there; a pointer stays a pointer, as with the real one.
store=$(git rev-parse --path-format=absolute --git-common-dir)/lfs
mkdir -p "$store"
cat >"$store/in.$$"
case $1 in
clean)
  if head -c 40 "$store/in.$$" | grep -q git-lfs; then cat "$store/in.$$"; else
    oid=$(git hash-object --no-filters "$store/in.$$")
    cp "$store/in.$$" "$store/$oid"
    printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %d\\n' $oid $(wc -c <"$store/in.$$")
  fi;;
smudge)
  oid=$(sed -n 's/^oid sha256://p' "$store/in.$$")
  if [ -f "$store/$oid" ]; then cat "$store/$oid"; else cat "$store/in.$$"; fi;;
esac
rm "$store/in.$$"
"""
CONTENT = "much content\n"
OID = hashlib.sha1(f"blob {len(CONTENT)}\0{CONTENT}".encode(), usedforsecurity=False).hexdigest()
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize {len(CONTENT)}\n"
TOLD = ("Git LFS does not give these files here, the worktree holds pointers in their place: big.bin",)


@pytest.fixture
def checkout(tmp_path: Path, commit: Commit) -> Checkout:
    """Of a repository with a large file, whose checkout holds the pointer."""
    root = tmp_path / "repository"
    commit(root, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "big.bin": POINTER})
    return find_checkout(root)


@pytest.fixture
def configured(checkout: Checkout, git: Git) -> Checkout:
    """As `git lfs install` says it; the program is not there."""
    for name, value in {
        "smudge": "span-harness-git-lfs smudge %f",
        "clean": "span-harness-git-lfs clean %f",
        "required": "true",
    }.items():
        git(checkout.root, "config", f"filter.lfs.{name}", value)
    return checkout


@pytest.fixture
def working(configured: Checkout, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """The same with a program, and the content in the checkout."""
    program = tmp_path / "bin/span-harness-git-lfs"
    program.parent.mkdir()
    program.write_text(GIT_LFS)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    (configured.root / "big.bin").write_text(CONTENT)
    git(configured.root, "add", "big.bin")
    assert not is_dirty(configured)
    return configured


def _here(checkout: Checkout, path: Path, patch: bytes = b"") -> str:
    directory = ensure_worktree(checkout, commit=head_commit(checkout) or "", patch=patch, path=path)
    return (directory / "big.bin").read_text()


def test_without_a_filter_the_worktree_holds_pointers_and_says_so(checkout: Checkout, tmp_path: Path):
    assert _here(checkout, tmp_path / "one") == POINTER
    assert lacking(tmp_path / "one").remarks() == TOLD


def test_a_required_filter_whose_program_is_missing_gives_pointers_and_says_so(configured: Checkout, tmp_path: Path):
    for _ in range(2):
        assert _here(configured, tmp_path / "one") == POINTER
    assert lacking(tmp_path / "one").remarks() == TOLD


def test_a_filter_process_that_is_missing_gives_pointers_too(configured: Checkout, git: Git, tmp_path: Path):
    git(configured.root, "config", "filter.lfs.process", "span-harness-git-lfs filter-process")
    assert _here(configured, tmp_path / "one") == POINTER


def test_a_filter_that_works_gives_the_content(working: Checkout, tmp_path: Path):
    for _ in range(2):
        assert _here(working, tmp_path / "one") == CONTENT
    assert lacking(tmp_path / "one").remarks() == ()


def test_a_large_file_in_a_submodule_is_seen_to_as_well(checkout: Checkout, commit: Commit, git: Git, tmp_path: Path):
    commit(tmp_path / "top", {"big.bin": "no pointer\n"})
    git(tmp_path / "top", "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(checkout.root), "sub")
    commit(tmp_path / "top", {})
    git(tmp_path / "top", "config", "filter.lfs.smudge", "false")
    _here(find_checkout(tmp_path / "top"), tmp_path / "one")
    assert lacking(tmp_path / "one").pointers == ("sub/big.bin",)


def test_a_pointer_is_no_change_where_the_program_is_missing(configured: Checkout):
    (configured.root / "big.bin").touch()
    assert not is_dirty(configured)
    assert not has_changed_submodule(configured)
    assert worktree_patch(configured) == b""


def test_content_in_a_pointers_place_is_a_change_where_the_program_is_missing(configured: Checkout, tmp_path: Path):
    (configured.root / "big.bin").write_text(CONTENT)
    assert is_dirty(configured)
    assert _here(configured, tmp_path / "one", worktree_patch(configured)) == CONTENT


def test_a_changed_large_file_is_patched_in_with_its_content(working: Checkout, write: Write, tmp_path: Path):
    write(working.root, {"big.bin": "other content\n", "plain.txt": "new\n"})
    assert is_dirty(working)
    patch = worktree_patch(working)
    assert b"other content" not in patch
    assert _here(working, tmp_path / "one", patch) == "other content\n"
    assert (tmp_path / "one/plain.txt").read_text() == "new\n"


def test_a_file_that_is_no_pointer_or_a_link_is_not_told(checkout: Checkout, commit: Commit, tmp_path: Path):
    (checkout.root / "link.bin").symlink_to("big.bin")
    commit(checkout.root, {"big.bin": "content that was never large\n", "empty.bin": "", "odd\nname.bin": POINTER})
    _here(checkout, tmp_path / "one")
    assert lacking(tmp_path / "one").pointers == ("odd\nname.bin",)


def test_a_missing_commit_is_still_an_error_where_a_filter_is_set_up(configured: Checkout, tmp_path: Path):
    with pytest.raises(Exception, match=r"cannot make a worktree of abababababab at"):
        ensure_worktree(configured, commit="ab" * 20, patch=None, path=tmp_path / "one")
