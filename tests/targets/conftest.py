"""Real git repositories and a real cargo for the tests of targets."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Write = Callable[[Path, Mapping[str, str]], None]
Git = Callable[..., str]


@pytest.fixture(autouse=True)
def own_git_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's git configuration and identity play no part."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Test")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "test@example.org")


@pytest.fixture
def git() -> Git:
    """Run git in a directory and return what it printed."""

    def run(directory: Path, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def write() -> Write:
    """Write files, by path relative to a directory."""

    def run(directory: Path, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return run


@pytest.fixture
def commit(git: Git, write: Write) -> Callable[[Path, Mapping[str, str]], str]:
    """Write files into a repository (made when there is none), commit everything, and return the commit's hash."""

    def run(root: Path, files: Mapping[str, str]) -> str:
        root.mkdir(parents=True, exist_ok=True)
        if not (root / ".git").exists():
            git(root, "init", "-q", "-b", "main")
        write(root, files)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "change")
        return git(root, "rev-parse", "HEAD")

    return run


@pytest.fixture
def cargo(tmp_path: Path) -> dict[str, str]:
    """An environment in which cargo works and nothing of the machine's settings changes what it builds."""
    if shutil.which("cargo") is None:
        if os.environ.get("HARNESS_WITHOUT_PROVER") == "1":
            pytest.skip("no cargo, and HARNESS_WITHOUT_PROVER=1")
        pytest.fail("cargo is missing: install Rust from https://rustup.rs, or set HARNESS_WITHOUT_PROVER=1")
    foreign = ("CARGO_TARGET_DIR", "CARGO_BUILD_TARGET", "RUSTFLAGS", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
    home = tmp_path / "cargo-home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "CARGO_HOME": str(home), "CARGO_NET_OFFLINE": "true"}
