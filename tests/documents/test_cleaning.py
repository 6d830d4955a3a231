import json

import pytest

from harness.documents.cleaning import Cleaned, Removed, as_json, size_text, table_of
from harness.documents.escape import MARKDOWN
from harness.documents.table import as_markdown, as_text

CLEANED = Cleaned(
    removed=(
        Removed(path="/c/worktrees/ab", kind="worktree", reason="left", size_bytes=3_500_000),
        Removed(path="/c/cargo-target", kind="cargo target", reason="not used", size_bytes=4096),
    ),
    dry_run=False,
)


def test_what_was_removed_on_a_terminal():
    assert as_text(table_of(CLEANED)) == (
        "   size  what          why       path\n"
        "3.3 MiB  worktree      left      /c/worktrees/ab\n"
        "4.0 KiB  cargo target  not used  /c/cargo-target\n"
        "3.3 MiB  removed"
    )


def test_a_dry_run_says_so():
    dry = Cleaned(removed=(), dry_run=True)
    assert as_text(table_of(dry)).splitlines()[-1] == " 0 B  would be removed"
    assert as_json(dry) == {"dry_run": True, "size_bytes": 0, "removed": []}


def test_what_was_removed_as_json():
    data = as_json(CLEANED)
    assert data["size_bytes"] == 3_504_096
    assert data["removed"][1] == {
        "path": "/c/cargo-target",
        "kind": "cargo target",
        "reason": "not used",
        "size_bytes": 4096,
    }


def test_a_path_cannot_break_the_table_or_the_json(hostile, pipes):
    for text in (*hostile, "\udce9"):
        cleaned = Cleaned(removed=(Removed(path=text, kind="worktree", reason="left", size_bytes=1),), dry_run=False)
        assert {pipes(line) for line in as_markdown(table_of(cleaned, MARKDOWN)).splitlines()} == {5}, text
        assert len(as_text(table_of(cleaned)).splitlines()) == 3, text
        json.dumps(as_json(cleaned), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (10_188, "9.9 KiB"),
        (10_189, "10 KiB"),
        (1 << 30, "1.0 GiB"),
        (1 << 55, "32768 TiB"),
    ],
)
def test_sizes_have_two_figures_or_more(size_bytes: int, shown: str):
    assert size_text(size_bytes) == shown
