import os
from pathlib import Path

import pytest

from harness.targets.removal import delete, size_bytes


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "kept.txt").write_bytes(b"x" * 100_000)
    return folder


def test_links_are_deleted_and_never_followed(tmp_path: Path, outside: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "to-folder").symlink_to(outside)
    (folder / "to-file").symlink_to(outside / "kept.txt")
    (folder / "to-nothing").symlink_to("nowhere")
    (tmp_path / "link").symlink_to(outside)
    assert size_bytes(folder) < 50_000
    assert size_bytes(tmp_path / "link") < 50_000
    delete(folder)
    delete(tmp_path / "link")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside"]
    assert (outside / "kept.txt").stat().st_size == 100_000


def test_a_file_with_two_names_counts_once(outside: Path):
    before = size_bytes(outside)
    os.link(outside / "kept.txt", outside / "again.txt")
    assert size_bytes(outside) == before >= 100_000


def test_write_protected_folders_are_deleted(tmp_path: Path):
    inner = tmp_path / "folder/inner"
    inner.mkdir(parents=True)
    (inner / "file").write_text("x")
    for folder in (inner, inner.parent):
        folder.chmod(0o500 if folder == inner else 0o000)
    delete(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_what_is_not_there_has_no_size_and_needs_no_deleting(tmp_path: Path):
    delete(tmp_path / "nothing")
    assert size_bytes(tmp_path / "nothing") == 0
