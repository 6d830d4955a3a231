"""`harness render retrospective`: of the committed recording alone, into a file once."""

import shutil

import pytest

from harness.commands.milestones.retrospective import read_published
from harness.errors import ConfigError

COMMAND = ("render", "retrospective")


def test_it_is_made_of_the_committed_recording_whatever_the_users_own_label_means(repository, capture):
    alone = repository.harness(*COMMAND).out
    repository.json("import", f"keccakf={capture}", "--target", "openvm-metal", "--host", "h", "--label", "m8")

    assert alone.startswith("## Retrospective\n\n<!-- harness:begin retrospective 0ae611f3c83983b8 -->\n")
    assert repository.harness(*COMMAND, HARNESS_HOST="h").out == alone


def test_it_goes_below_its_heading_once(repository, tmp_path):
    path = tmp_path / "notes.md"
    path.write_text("# Notes\n\n## Looking back\n\nMine.\n")
    first = repository.harness(*COMMAND, "--into", str(path), "--heading", "Looking back")
    once = path.read_text()
    again = repository.harness(*COMMAND, "--into", str(path))

    assert (first.code, again.code, path.read_text()) == (0, 0, once)
    assert "`+47.8%` against Milestone 8\n" in once
    assert once.endswith("<!-- harness:end retrospective -->\n\nMine.\n")


def test_it_needs_no_checkout(checkout, repository):
    shutil.rmtree(checkout.path / ".git")
    (checkout.path / "harness.toml").unlink()

    assert checkout.harness(*COMMAND).out == repository.harness(*COMMAND).out


def test_a_table_beside_harness_toml_comes_first_and_is_held_to_its_form(checkout):
    checkout.write("baselines/m8/published.csv", "a,b\n")
    done = checkout.harness(*COMMAND)

    assert (done.code, "published.csv, line 1: the columns are not" in done.err) == (1, True)


@pytest.mark.parametrize(("content", "complaint"), [(None, "cannot be read"), (b"\xff", "is not UTF-8 text")])
def test_a_file_that_is_no_table_is_one_clear_error(tmp_path, content, complaint):
    path = tmp_path / "published.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigError, match=complaint):
        read_published(path)
