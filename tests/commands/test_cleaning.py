import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.measure.lock import measuring_lock
from harness.targets.cache import BuildCache, build_cache
from harness.targets.git import find_checkout, head_commit
from harness.targets.removal import delete
from harness.targets.worktree import ensure_worktree

LONG_AGO = 1_000_000_000
SLOW_BUILD = """#!/bin/sh
echo $$ >"$PIDS"
sleep 300
"""


@pytest.fixture
def cache(checkout) -> BuildCache:
    """The checkout's cache, as a run of a revision leaves it."""
    assert checkout.harness("run", "--rev", "HEAD", "--runs", "1", "--warmups", "0").code == 0
    return build_cache(checkout.path)


def fill(folder: Path, *, used: bool) -> Path:
    folder.mkdir(parents=True)
    (folder / "program").write_bytes(b"x" * 10_000)
    if not used:
        os.utime(folder, (LONG_AGO, LONG_AGO))
    return folder


def removed(cleaned) -> list[tuple[str, str]]:
    return [(one["kind"], Path(one["path"]).name) for one in cleaned["removed"]]


def test_after_a_comparison_that_ended_there_is_nothing_to_remove(checkout, cache: BuildCache) -> None:
    assert checkout.json("gc") == {"dry_run": False, "size_bytes": 0, "removed": []}
    assert (cache.root / "origin").read_text() == str(checkout.path)


def test_a_leftover_worktree_is_removed_and_forgotten_but_none_of_the_users(checkout, tmp_path: Path) -> None:
    mine = [str(tmp_path / name) for name in ("mine", "away")]
    for path in mine:
        checkout.git("worktree", "add", "-q", "--detach", path)
    shutil.rmtree(mine[1])
    cache, found = build_cache(checkout.path), find_checkout(checkout.path)
    for name in ("whole", "without-files", "link"):
        ensure_worktree(found, commit=head_commit(found) or "", patch=None, path=cache.worktrees / name)
    shutil.rmtree(cache.worktrees / "without-files")
    shutil.rmtree(cache.worktrees / "link")
    (cache.worktrees / "link").symlink_to(mine[0])
    cleaned = checkout.json("gc")

    assert removed(cleaned) == [("worktree", name) for name in ("link", "whole", "without-files")]
    assert list(cache.worktrees.iterdir()) == []
    assert (tmp_path / "mine" / "prove.sh").is_file()
    listed = checkout.git("worktree", "list", "--porcelain")
    assert all(path in listed for path in mine)
    assert "whole" not in listed
    assert "without-files" not in listed


def test_programs_and_target_directories_go_when_unused_for_a_month(checkout, cache: BuildCache) -> None:
    for key, used in (("new", True), ("old", False)):
        fill(cache.programs(key, "keccakf"), used=used)
        fill(cache.own_target(key), used=False)
    fill(cache.programs("new", "logup"), used=False)
    fill(cache.cargo_target, used=False)
    dry = checkout.json("gc", "--dry-run")

    assert removed(dry) == [
        ("programs", "logup"),
        ("programs", "keccakf"),
        ("cargo target", "old"),
        ("cargo target", "cargo-target"),
    ]
    assert dry["size_bytes"] == sum(one["size_bytes"] for one in dry["removed"]) >= 4 * 10_000
    assert cache.cargo_target.is_dir()
    assert checkout.json("gc")["removed"] == dry["removed"]
    assert (cache.programs("new", "keccakf") / "program").is_file()
    assert (cache.own_target("new") / "program").is_file()
    assert sorted(path.name for path in cache.all_programs.iterdir()) == ["new"]
    assert not cache.cargo_target.exists()


def test_half_made_programs_go_at_once(checkout, cache: BuildCache) -> None:
    fill(cache.programs("key", ".keccakf.a1b2c3d4"), used=True)
    fill(cache.programs("key", "keccakf"), used=True)

    assert removed(checkout.json("gc")) == [("half-made programs", ".keccakf.a1b2c3d4")]
    assert (cache.programs("key", "keccakf") / "program").is_file()


def test_links_in_the_cache_are_not_followed(checkout, cache: BuildCache, tmp_path: Path) -> None:
    outside = fill(tmp_path / "outside" / "of" / "cache", used=False)
    for place in (cache.all_programs, cache.own_targets):
        place.mkdir()
        (place / "key").symlink_to(outside.parent)
    cache.cargo_target.symlink_to(outside)
    os.utime(cache.cargo_target, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    shutil.rmtree(cache.worktrees)
    cache.worktrees.symlink_to(outside.parent)
    checkout.json("gc")
    assert (outside / "program").is_file()
    assert not os.path.lexists(cache.cargo_target)

    assert removed(checkout.json("gc", "--all")) == [("cache", cache.root.name)]
    assert (outside / "program").is_file()
    assert not cache.root.exists()


def test_a_cache_that_is_a_link_is_unlinked_only_when_all_is_to_go(checkout, cache: BuildCache, tmp_path: Path) -> None:
    fill(cache.cargo_target, used=False)
    cache.root.rename(tmp_path / "moved")
    cache.root.symlink_to(tmp_path / "moved")

    assert checkout.json("gc")["removed"] == []
    assert removed(checkout.json("gc", "--all")) == [("cache", cache.root.name)]
    assert not os.path.lexists(cache.root)
    assert (tmp_path / "moved" / "cargo-target" / "program").is_file()


def test_all_removes_the_whole_cache_and_gits_memory_of_it(checkout, cache: BuildCache) -> None:
    found = find_checkout(checkout.path)
    ensure_worktree(found, commit=head_commit(found) or "", patch=None, path=cache.worktrees / "one")
    fill(cache.cargo_target, used=True)
    beside = fill(cache.root.parent / "beside", used=False)

    assert removed(checkout.json("gc", "--all")) == [("cache", cache.root.name)]
    assert not cache.root.exists()
    assert len(checkout.git("worktree", "list").splitlines()) == 1
    assert (beside / "program").is_file()
    assert checkout.json("gc", "--all")["removed"] == []


def test_caches_of_checkouts_that_are_gone_are_removed(checkout, cache: BuildCache, tmp_path: Path) -> None:
    other = type(checkout)(path=tmp_path / "other", monkeypatch=checkout.monkeypatch)
    other.path.mkdir()
    for name in ("prove.sh", "harness.toml", ".gitignore"):
        shutil.copy(checkout.path / name, other.path / name)
    other.git("init", "-q")
    other.commit()
    assert other.harness("run", "--rev", "HEAD", "--runs", "1", "--warmups", "0").code == 0
    gone = build_cache(other.path)
    assert checkout.json("gc")["removed"] == []
    shutil.rmtree(other.path)

    assert removed(checkout.json("gc")) == [("cache", gone.root.name)]
    assert not gone.root.exists()
    assert cache.root.is_dir()


def test_a_checkout_that_git_cannot_read_is_told_and_passed_over(checkout) -> None:
    shutil.rmtree(checkout.path / ".git")
    done = checkout.harness("gc")

    assert done.code == 0
    assert "passed over: " in done.err


def test_it_works_where_there_is_no_target(checkout, tmp_path: Path) -> None:
    elsewhere = type(checkout)(path=tmp_path / "elsewhere", monkeypatch=checkout.monkeypatch)
    elsewhere.path.mkdir()

    assert elsewhere.json("gc")["removed"] == []


def test_a_dry_run_waits_for_nobody_and_says_who_measures(checkout, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr("harness.measure.lock.LOCK_PATH", tmp_path / "lock")
    with measuring_lock("a comparison", on_wait=print, on_leftover=print):
        done = checkout.harness("gc", "--dry-run")

    assert done.code == 0
    assert f"pid {os.getpid()} measures a comparison" in done.err


def test_what_cannot_be_removed_is_told_and_the_rest_goes(
    checkout, cache: BuildCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("a", "b"):
        fill(cache.programs(key, "keccakf"), used=False)
    monkeypatch.setattr("harness.targets.leftovers.delete", refusing("a/keccakf"))
    done = checkout.harness("gc", "--format", "json")

    assert [Path(one["path"]).parent.name for one in done.json["removed"]] == ["b"]
    assert "kept: " in done.err
    assert "Operation not permitted" in done.err


def refusing(name: str):
    def delete_others(path: Path) -> None:
        if str(path).endswith(name):
            raise PermissionError(1, "Operation not permitted", str(path))
        delete(path)

    return delete_others


@pytest.mark.slow
def test_a_comparison_killed_while_it_builds_leaves_nothing_that_stays(checkout, tmp_path: Path) -> None:
    checkout.write("build.sh", "#!/bin/sh\n")
    (checkout.path / "build.sh").chmod(0o755)
    text = (checkout.path / "harness.toml").read_text()
    checkout.write(
        "harness.toml", text.replace('command = "./prove.sh"', 'command = "./prove.sh"\nbuild = "./build.sh"')
    )
    good = checkout.commit()
    checkout.write("build.sh", SLOW_BUILD)
    slow = checkout.commit()
    cache = build_cache(checkout.path)
    for _ in range(2):
        killed_while_building(checkout, tmp_path / "pid", slow)
        assert len(list(cache.worktrees.iterdir())) == 1
    checkout.json("run", "--rev", good, "--runs", "1")
    assert len(list(cache.worktrees.iterdir())) == 1

    assert [kind for kind, _name in removed(checkout.json("gc"))] == ["worktree"]
    assert list(cache.worktrees.iterdir()) == []
    assert len(checkout.git("worktree", "list").splitlines()) == 1


def killed_while_building(checkout, pids: Path, revision: str) -> None:
    """A harness ended with SIGKILL in the middle of a build, and the build after it."""
    pids.unlink(missing_ok=True)
    harness = subprocess.Popen(
        [sys.executable, "-m", "harness", "run", "--rev", revision],
        cwd=checkout.path,
        env={**os.environ, "PIDS": str(pids)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (pids.is_file() and pids.read_text().endswith("\n")):
        assert harness.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    harness.kill()
    harness.wait()
    build = int(pids.read_text())
    children = psutil.Process(build).children()
    os.killpg(build, signal.SIGKILL)
    psutil.wait_procs(children, timeout=10)
