import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.errors import BuildError, RefError
from harness.targets.git import Checkout, find_checkout
from harness.targets.history import (
    changed_between,
    changed_files,
    file_at,
    is_ancestor,
    is_shallow,
    merge_base,
    merge_base_with_default,
    messages_between,
    versions_of,
)

Git = Callable[..., str]
Write = Callable[[Path, Mapping[str, str]], None]
Commit = Callable[[Path, Mapping[str, str]], str]

HOSTILE = (
    "a b.txt",
    ' "quoted" ',
    "new\nline",
    "tab\tand\\back",
    "-n",
    "--output=x",
    ":(glob)*",
    "a[1]",
    "ü",
    os.fsdecode(b"\xff\xfe"),
)


@pytest.fixture
def root(tmp_path: Path, commit: Commit) -> Path:
    root = tmp_path / "repository"
    commit(root, {"top.txt": "top\n", "p/a.txt": "a\n", "p/b.txt": "b\n", ".gitignore": "*.log\n"})
    return root


@pytest.fixture
def checkout(root: Path) -> Checkout:
    return find_checkout(root / "p")


def history(root: Path, git: Git, *names: str) -> tuple[str, ...]:
    """What git calls the commits of these names."""
    return tuple(git(root, "rev-parse", name) for name in names)


def test_nothing_changed_since_a_commit_whose_files_lie_there(checkout: Checkout, root: Path, write: Write):
    write(root, {"p/run.log": "ignored\n"})
    (root / "p/a.txt").write_text("a\n")
    assert changed_files(checkout, "HEAD") == ()


def test_files_changed_since_a_commit_committed_or_not(checkout: Checkout, root: Path, write: Write, git: Git, commit):
    first = git(root, "rev-parse", "HEAD")
    commit(root, {"p/committed.txt": "new\n", "p/gone.txt": "x\n"})
    write(
        root, {"p/a.txt": "changed\n", "p/deep/untracked.txt": "new\n", "top.txt": "changed\n", "p/staged.txt": "s\n"}
    )
    git(root, "add", "p/staged.txt")
    for name in ("p/b.txt", "p/gone.txt"):
        (root / name).unlink()
    assert changed_files(checkout, first) == (
        "../top.txt",
        "a.txt",
        "b.txt",
        "committed.txt",
        "deep/untracked.txt",
        "staged.txt",
    )


def test_both_names_of_a_renamed_file_are_given(checkout: Checkout, root: Path, git: Git):
    first = git(root, "rev-parse", "HEAD")
    git(root, "config", "diff.renames", "copies")
    git(root, "mv", "p/a.txt", "renamed.txt")
    assert changed_files(checkout, first) == ("../renamed.txt", "a.txt")
    git(root, "commit", "-qm", "rename")
    assert changed_files(checkout, first) == changed_between(checkout, first, "HEAD") == ("../renamed.txt", "a.txt")


def test_names_are_given_as_they_are(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    for name in HOSTILE:
        (root / "p" / name).write_text("x\n")
    assert changed_files(checkout, first) == tuple(sorted(HOSTILE))
    commit(root, {})
    assert changed_files(checkout, first) == changed_between(checkout, first, "HEAD") == tuple(sorted(HOSTILE))
    assert [file_at(checkout, "HEAD", name) for name in HOSTILE] == [b"x\n"] * len(HOSTILE)
    assert [len(versions_of(checkout, name)) for name in HOSTILE] == [1] * len(HOSTILE)


def test_the_users_settings_do_not_change_what_is_said(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    commit(root, {"p/a.txt": "changed\n", "top.txt": "changed\n"})
    os.utime(root / "p/b.txt", (1, 1))
    for name, value in {
        "diff.noprefix": "true",
        "diff.relative": "true",
        "diff.external": "false",
        "diff.autoRefreshIndex": "false",
        "diff.orderFile": "nowhere",
        "color.ui": "always",
        "log.follow": "true",
        "log.showSignature": "true",
        "log.showRoot": "false",
        "core.quotePath": "true",
    }.items():
        git(root, "config", name, value)
    assert changed_files(checkout, first) == changed_between(checkout, first, "HEAD") == ("../top.txt", "a.txt")
    assert [one.text for one in messages_between(checkout, first, "HEAD")] == ["change"]
    assert len(versions_of(checkout, "a.txt")) == 2


def test_changes_of_another_line_of_work_are_differences_too(checkout: Checkout, root: Path, git: Git, commit: Commit):
    git(root, "switch", "-qc", "other")
    other = commit(root, {"p/other.txt": "x\n"})
    git(root, "switch", "-q", "main")
    assert changed_files(checkout, other) == changed_between(checkout, other, "main") == ("other.txt",)


def test_files_in_conflict_are_changed(checkout: Checkout, root: Path, git: Git, commit: Commit):
    git(root, "switch", "-qc", "other")
    commit(root, {"p/a.txt": "other\n"})
    git(root, "switch", "-q", "main")
    commit(root, {"p/a.txt": "mine\n"})
    with pytest.raises(AssertionError):
        git(root, "merge", "other")
    assert changed_files(checkout, "HEAD") == ("a.txt",)


def test_a_changed_submodule_is_a_change_and_a_broken_one_no_error(
    root: Path, git: Git, commit: Commit, tmp_path: Path
):
    commit(tmp_path / "inner", {"x.txt": "x\n"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(tmp_path / "inner"), "p/sub")
    git(root, "config", "-f", ".gitmodules", "submodule.p/sub.ignore", "all")
    first = commit(root, {})
    checkout = find_checkout(root / "p")
    assert changed_files(checkout, "HEAD") == ()
    (root / "p/sub/x.txt").write_text("changed\n")
    assert changed_files(checkout, "HEAD") == ("sub",)
    git(root / "p/sub", "commit", "-qam", "x")
    commit(root, {})
    git(root, "add", "-f", "p/sub")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")
    assert changed_between(checkout, first, "HEAD") == ("sub",)
    assert file_at(checkout, "HEAD", "sub") is None
    (root / "p/sub/.git").write_text("gitdir: nowhere\n")
    (root / "p/a.txt").write_text("changed\n")
    assert changed_files(checkout, "HEAD") == ("a.txt",)


def test_files_of_lfs_are_compared_without_its_program(checkout: Checkout, root: Path, git: Git, commit: Commit):
    commit(root, {".gitattributes": "*.bin filter=lfs\n", "p/x.bin": "pointer\n"})
    git(root, "config", "filter.lfs.clean", "no-such-program")
    git(root, "config", "filter.lfs.required", "true")
    os.utime(root / "p/x.bin", (1, 1))
    assert changed_files(checkout, "HEAD") == ()
    (root / "p/x.bin").write_text("content\n")
    assert changed_files(checkout, "HEAD") == ("x.bin",)


def test_a_file_as_of_a_commit(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    (root / "p/a.txt").write_bytes(b"\xff\0\r\n")
    commit(root, {})
    assert file_at(checkout, "HEAD", "a.txt") == b"\xff\0\r\n"
    assert file_at(checkout, first, "a.txt") == file_at(checkout, first, "./x/../a.txt") == b"a\n"
    assert file_at(checkout, first, "../top.txt") == b"top\n"


@pytest.mark.parametrize(
    "path", ["nowhere", "", ".", "..", "../..", "../../p/a.txt", "../p", "/etc/passwd", "a\0b", "*"]
)
def test_where_no_file_was_there_is_none(checkout: Checkout, path: str):
    assert file_at(checkout, "HEAD", path) is None
    assert path in {"", ".", "../p"} or versions_of(checkout, path) == ()


@pytest.mark.parametrize("revision", ["nope", "--output=x", "-n", "HEAD..main", "", "HEAD:p", "0" * 40, "a\nb"])
def test_what_names_no_commit_is_an_error_that_names_it(checkout: Checkout, revision: str):
    for asked in (
        lambda: changed_files(checkout, revision),
        lambda: changed_between(checkout, "HEAD", revision),
        lambda: file_at(checkout, revision, "a.txt"),
        lambda: messages_between(checkout, revision, "HEAD"),
        lambda: merge_base(checkout, "HEAD", revision),
    ):
        with pytest.raises(RefError, match=r"names no commit in .*repository\."):
            asked()
    assert is_ancestor(checkout, revision, "HEAD") is None


def test_a_branch_named_like_an_option_is_a_branch(checkout: Checkout, root: Path, git: Git, commit: Commit):
    git(root, "update-ref", "refs/heads/--output=x", "HEAD")
    head = commit(root, {"p/a.txt": "changed\n"})
    assert changed_files(checkout, "--output=x") == ("a.txt",)
    assert [one.commit for one in messages_between(checkout, "--output=x", "HEAD")] == [head]


def test_an_object_that_is_lost_is_an_error(checkout: Checkout, root: Path, git: Git):
    blob = git(root, "rev-parse", "HEAD:p/a.txt")
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(BuildError, match=r"`git cat-file blob` failed"):
        file_at(checkout, "HEAD", "a.txt")


def test_versions_are_the_commits_that_changed_the_file(checkout: Checkout, root: Path, git: Git, commit: Commit):
    commit(root, {"p/b.txt": "other\n"})
    commit(root, {"p/a.txt": "second\n"})
    (root / "p/a.txt").unlink()
    commit(root, {})
    commit(root, {"p/b.txt": "other still\n"})
    last, deleted, second, between, first = history(root, git, "HEAD", "HEAD~1", "HEAD~2", "HEAD~3", "HEAD~4")
    assert [(one.commit, one.parent, one.earlier) for one in versions_of(checkout, "a.txt")] == [
        (deleted, second, (second,)),
        (second, between, (first,)),
        (first, None, ()),
    ]
    assert [one.commit for one in versions_of(checkout, "b.txt")] == [last, between, first]


def test_versions_of_all_lines_that_were_merged_are_given(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    git(root, "switch", "-qc", "work")
    mine = commit(root, {"p/a.txt": "mine\n"})
    git(root, "switch", "-q", "main")
    theirs = commit(root, {"p/a.txt": "theirs\n"})
    git(root, "merge", "-q", "-s", "ours", "work", "-m", "keep theirs")
    merge = git(root, "rev-parse", "HEAD")
    versions = {one.commit: one for one in versions_of(checkout, "a.txt")}
    assert versions.keys() == {merge, theirs, mine, first}
    assert (versions[merge].earlier, versions[merge].parent) == ((theirs, mine), theirs)
    assert versions[mine].earlier == versions[theirs].earlier == (first,)


def test_a_merge_that_does_not_touch_the_file_is_no_version(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    git(root, "switch", "-qc", "work")
    mine = commit(root, {"p/a.txt": "mine\n"})
    git(root, "switch", "-q", "main")
    commit(root, {"p/b.txt": "theirs\n"})
    git(root, "switch", "-q", "work")
    git(root, "merge", "-q", "main", "-m", "bring it in")
    assert [one.commit for one in versions_of(checkout, "a.txt")] == [mine, first]


def test_messages_are_those_of_the_commits_between(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    second = commit(root, {"p/a.txt": "2\n"})
    git(root, "switch", "-qc", "work", first)
    commit(root, {"p/b.txt": "3\n"})
    git(
        root,
        "commit",
        "-q",
        "--amend",
        "--cleanup=verbatim",
        "-m",
        "Subject ü\n\nBody\ncommit 0000\n\n# not a comment\n",
    )
    third = git(root, "rev-parse", "HEAD")
    git(root, "commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "")
    git(root, "merge", "-q", "main", "-m", "Milestone 9")
    head = git(root, "rev-parse", "HEAD^1")
    found = {one.commit: one.text for one in messages_between(checkout, first, "HEAD")}
    assert found == {third: "Subject ü\n\nBody\ncommit 0000\n\n# not a comment", second: "change", head: ""}
    assert messages_between(checkout, "HEAD", "HEAD") == ()


def test_a_message_in_another_encoding_is_read(checkout: Checkout, root: Path, git: Git, tmp_path: Path):
    first = git(root, "rev-parse", "HEAD")
    for encoding, text in (("ISO-8859-1", b"M\xfcller"), ("no-such", b"\xff M9")):
        (tmp_path / "message").write_bytes(text)
        settings = ("-c", f"i18n.commitEncoding={encoding}")
        git(root, *settings, "commit", "-q", "--allow-empty", "-F", str(tmp_path / "message"))
    assert [one.text for one in messages_between(checkout, first, "HEAD")] == ["\ufffd M9", "Müller"]


def test_where_a_branch_left_the_default_one(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    assert merge_base_with_default(checkout) is None
    git(root, "switch", "-qc", "work")
    assert merge_base_with_default(checkout) is None
    commit(root, {"p/a.txt": "mine\n"})
    assert merge_base_with_default(checkout) == first
    git(root, "switch", "-q", "main")
    theirs = commit(root, {"p/b.txt": "theirs\n"})
    git(root, "switch", "-q", "work")
    assert merge_base_with_default(checkout) == merge_base(checkout, "main", "work") == first
    git(root, "merge", "-q", "main", "-m", "bring it in")
    assert merge_base_with_default(checkout) == theirs
    git(root, "branch", "-m", "main", "trunk")
    assert merge_base_with_default(checkout) is None


def test_the_default_branch_is_origins_before_the_local_one(root: Path, git: Git, commit: Commit, tmp_path: Path):
    first = git(root, "rev-parse", "HEAD")
    git(root, "branch", "-m", "main", "trunk")
    git(tmp_path, "clone", "-q", str(root), "clone")
    checkout = find_checkout(tmp_path / "clone")
    commit(tmp_path / "clone", {"p/a.txt": "mine\n"})
    git(tmp_path / "clone", "branch", "main")
    assert merge_base_with_default(checkout) == first
    git(tmp_path / "clone", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
    assert merge_base_with_default(checkout) is None


def test_ancestors_and_commits_that_have_none_in_common(checkout: Checkout, root: Path, git: Git, commit: Commit):
    first = git(root, "rev-parse", "HEAD")
    second = commit(root, {"p/a.txt": "2\n"})
    git(root, "switch", "-q", "--orphan", "alone")
    git(root, "commit", "-q", "--allow-empty", "-m", "alone")
    asked = [(first, second), (second, second), (second, first), (first, "alone")]
    assert [is_ancestor(checkout, *pair) for pair in asked] == [True, True, False, False]
    assert merge_base(checkout, "alone", first) is None
    assert merge_base_with_default(checkout) is None


def test_a_shallow_clone_says_that_it_is_one(root: Path, git: Git, commit: Commit, tmp_path: Path):
    first = git(root, "rev-parse", "HEAD")
    second = commit(root, {"p/a.txt": "2\n"})
    third = commit(root, {"p/b.txt": "3\n"})
    git(tmp_path, "clone", "-q", "--depth=2", root.as_uri(), "clone")
    checkout = find_checkout(tmp_path / "clone/p")
    assert (is_shallow(find_checkout(root)), is_shallow(checkout)) == (False, True)
    assert [(one.commit, one.parent) for one in versions_of(checkout, "a.txt")] == [(second, None)]
    assert is_ancestor(checkout, second, third) is True
    assert is_ancestor(checkout, third, second) is None
    assert is_ancestor(checkout, first, third) is None
    with pytest.raises(RefError, match="names no commit"):
        changed_files(checkout, first)
    assert changed_files(checkout, second) == ("b.txt",)


def test_a_repository_without_commits_has_no_history(tmp_path: Path, git: Git):
    git(tmp_path, "init", "-q")
    checkout = find_checkout(tmp_path)
    assert versions_of(checkout, "a.txt") == ()
    assert merge_base_with_default(checkout) is None
    assert not is_shallow(checkout)
