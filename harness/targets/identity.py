"""Who works in a checkout and on which branch, as git knows it."""

import os

from harness.errors import ConfigError
from harness.targets.git import Checkout, complaint, run_git


def user_name(checkout: Checkout) -> str | None:
    """The `user.name` in force there; None where there is none. Raises ConfigError where git cannot tell."""
    return _answer(checkout, "config", "--get", "user.name")


def current_branch(checkout: Checkout) -> str | None:
    """The branch that is checked out, one without commits too; None where HEAD is detached. Raises ConfigError."""
    reference = _answer(checkout, "symbolic-ref", "--quiet", "HEAD")
    return None if reference is None else reference.removeprefix("refs/heads/")


def _answer(checkout: Checkout, *arguments: str) -> str | None:
    """What git printed, None where it says by its exit code that there is nothing; bytes that are no text survive."""
    done = run_git(checkout.directory, *arguments)
    if done.returncode == 0:
        return os.fsdecode(done.stdout).strip() or None
    if done.returncode == 1:
        return None
    raise ConfigError(f"git cannot read the checkout {checkout.directory}: {complaint(done)}.")
