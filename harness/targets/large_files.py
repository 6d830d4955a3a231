"""Files of Git LFS that are only pointers: git keeps a few lines in their place, and a program fetches the content."""

import os
from collections.abc import Iterator
from pathlib import Path

from harness.targets.git import git_output

_POINTER = b"version https://git-lfs.github.com/spec/"
_MOST_BYTES = 1024
"""A pointer is shorter than that, says the specification of Git LFS."""


def pointer_files(tree: Path) -> Iterator[Path]:
    """The tracked files of a working tree (not of its submodules) whose content Git LFS did not put in place."""
    tracked = git_output(tree, "ls-files", "-z")
    told = git_output(tree, "check-attr", "-z", "--stdin", "filter", stdin=tracked).split(b"\0")
    for name, value in zip(told[::3], told[2::3], strict=False):  # name, "filter", value; and an empty end
        if value == b"lfs":
            path = tree / os.fsdecode(name)
            if _is_pointer(path):
                yield path


def _is_pointer(path: Path) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size >= _MOST_BYTES:
        return False
    return path.read_bytes().startswith(_POINTER)
