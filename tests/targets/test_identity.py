from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.targets.git import Checkout, find_checkout
from harness.targets.identity import current_branch, user_name

Git = Callable[..., str]
Commit = Callable[[Path, Mapping[str, str]], str]


@pytest.fixture
def root(tmp_path: Path, commit: Commit) -> Path:
    commit(tmp_path / "repository", {"a/b.txt": "b\n"})
    return tmp_path / "repository"


@pytest.fixture
def checkout(root: Path) -> Checkout:
    return find_checkout(root / "a")


def test_the_name_is_the_one_that_the_checkout_is_configured_with(root: Path, checkout: Checkout, git: Git):
    assert user_name(checkout) is None
    git(root, "config", "user.name", "Ada Ö. Lovelace")
    assert user_name(checkout) == "Ada Ö. Lovelace"
    git(root, "config", "user.name", "")
    assert user_name(checkout) is None


def test_the_branch_is_the_one_that_is_checked_out(root: Path, checkout: Checkout, git: Git):
    assert current_branch(checkout) == "main"
    git(root, "checkout", "-q", "-b", "perf/m9")
    git(root, "tag", "perf/m9")
    assert current_branch(checkout) == "perf/m9"


def test_a_detached_head_is_on_no_branch(root: Path, checkout: Checkout, git: Git):
    git(root, "checkout", "-q", "--detach")
    assert current_branch(checkout) is None


def test_a_branch_without_commits_is_one(tmp_path: Path, git: Git):
    git(tmp_path, "init", "-q", "-b", "first")
    assert current_branch(find_checkout(tmp_path)) == "first"


def test_a_configuration_that_git_cannot_read_is_an_error(root: Path, checkout: Checkout):
    (root / ".git" / "config").write_text("[user\n")
    with pytest.raises(ConfigError, match="git cannot read the checkout"):
        user_name(checkout)
