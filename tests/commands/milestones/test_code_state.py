import os
from pathlib import Path

import pytest
from msgspec import structs

from harness.commands.milestones.code_state import CodeState
from harness.commands.milestones.place import open_place
from harness.commands.workspace import open_workspace
from harness.targets.git import find_checkout
from tests.commands.milestones.programme_checkout import FOLDER

CODE = "crates/metal-backend/src/whir.rs"


def state(programme, **place) -> CodeState:
    workspace = open_workspace(programme.path, store=None, target=None, host=None)
    return CodeState(workspace, structs.replace(open_place(workspace), **place))


def test_documents_and_published_recordings_are_no_code(programme) -> None:
    head = programme.git("rev-parse", "HEAD")
    programme.write(f"{FOLDER}/milestone-9.md", "edited\n")
    programme.write(f"{FOLDER}/baselines/x.log", "log\n")
    programme.write("baselines/labels/m8.json", "{}\n")
    unchanged = state(programme).changes_since(head)
    programme.write(f"{FOLDER}-else/x", "code\n")

    assert unchanged == ""
    assert state(programme).changes_since(head) != ""


def test_the_same_changes_have_one_name_committed_or_not(programme) -> None:
    head = programme.git("rev-parse", "HEAD")
    programme.write(CODE, "// other\n")
    programme.write("new.rs", "// new\n")
    before = state(programme).changes_since(head)
    programme.commit()

    assert before == state(programme).changes_since(head) != ""


def _edit(path: Path) -> None:
    path.write_text("// edited\n")


def _remove(path: Path) -> None:
    path.unlink()


def _allow(path: Path) -> None:
    path.chmod(0o755)


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to("lib.rs")


def _make_repository(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside.rs").write_text("// inside\n")


def test_every_kind_of_change_has_a_name_of_its_own(programme) -> None:
    head = programme.git("rev-parse", "HEAD")
    found = {state(programme).changes_since(head)}
    for change in (_edit, _remove, _allow, _link, _make_repository):
        change(programme.path / CODE)
        found.add(state(programme).changes_since(head))
        programme.git("checkout", "-q", "-f", "HEAD", ".")
        programme.git("clean", "-fdq")

    assert len(found) == 6
    assert state(programme).changes_since(head) == ""


def test_a_repository_inside_is_named_by_what_lies_in_it(programme) -> None:
    head = programme.git("rev-parse", "HEAD")
    found = set()
    programme.write("inner/x.rs", "// one\n")
    programme.git("init", "-q", "inner")
    for text in ("// one\n", "// two\n"):
        programme.write("inner/x.rs", text)
        found |= {state(programme).changes_since(head) for _ in range(2)}

    assert len(found) == 2


@pytest.mark.parametrize(("self_contained", "counts"), [(True, False), (False, True)])
def test_what_lies_outside_counts_unless_nothing_of_it_is_built(programme, self_contained: bool, counts: bool) -> None:
    head = programme.git("rev-parse", "HEAD")
    checkout = find_checkout(programme.path / "crates", self_contained=self_contained)
    programme.write("Cargo.toml", "# edited\n")
    found = state(programme, checkout=checkout, directory=checkout.directory)

    assert bool(found.changes_since(head)) is counts
    programme.write(CODE, "// edited\n")
    assert state(programme, checkout=checkout, directory=checkout.directory).changes_since(head) != ""


def test_a_name_that_is_no_text_is_a_change_like_any(programme) -> None:
    head = programme.git("rev-parse", "HEAD")
    (programme.path / os.fsdecode(b"src\xff.rs")).write_text("// new\n")

    assert state(programme).changes_since(head) != ""
