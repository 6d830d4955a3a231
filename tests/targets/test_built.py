from pathlib import Path

import pytest
from msgspec.structs import replace

from harness.errors import BuildError, StoreError
from harness.recording.manifest import Toolchain
from harness.targets.built import (
    Built,
    BuiltFile,
    BuiltProgram,
    configured_environment,
    copy_out,
    load_built,
    program_environment,
    sha256_of,
)


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    return tmp_path / "cache/one"


def _file(path: Path, text: str) -> BuiltFile:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return BuiltFile(path=path, sha256=sha256_of(path))


@pytest.fixture
def built(worktree: Path, tmp_path: Path) -> Built:
    target = tmp_path / "cache/one-target/release"
    program, again = _file(target / "deps/x-01", "echo x"), _file(target / "examples/x-01", "echo other")
    sibling, library = _file(target / "app", "echo app"), _file(target / "libx.so", "")
    given = BuiltProgram(
        path=program.path,
        sha256=program.sha256,
        arguments=("--nocapture", str(worktree)),
        directory=worktree / "prover",
        environment={
            "CARGO_MANIFEST_DIR": f"{worktree}/prover",
            "CARGO_PKG_NAME": "x",
            "CARGO_BIN_EXE_app": str(sibling.path),
            "TWO": f"{worktree}/a:{worktree}/b:{worktree}-target/c",
        },
        default_environment={"RELATIVE": f"{worktree}/x"},
        library_directories=(str(target), f"{worktree}/lib"),
    )
    return Built(
        command=("cargo", "test"),
        programs=(given, replace(given, path=again.path, sha256=again.sha256)),
        siblings=(sibling,),
        libraries=(library,),
        toolchain=Toolchain(cargo="cargo 1.95.0", rustc="rustc 1.95.0"),
    )


def test_copies_survive_a_later_build(built: Built, worktree: Path, tmp_path: Path):
    kept = copy_out(built, tmp_path / "kept/key", worktree=worktree)
    for file in (*built.programs, *built.siblings, *built.libraries):
        file.path.write_text("another build")
    assert [program.path.read_text() for program in kept.programs] == ["#!/bin/sh\necho x\n", "#!/bin/sh\necho other\n"]
    assert [program.path.name for program in kept.programs] == ["x-01", "x-01"]
    assert all(program.path.stat().st_mode & 0o111 for program in kept.programs)
    assert load_built(tmp_path / "kept/key", worktree=worktree) == kept


def test_what_the_programs_start_and_load_are_the_copies(built: Built, worktree: Path, tmp_path: Path):
    kept = copy_out(built, tmp_path / "kept", worktree=worktree)
    program = kept.programs[0]
    assert program.environment["CARGO_BIN_EXE_app"] == str(kept.siblings[0].path) == str(tmp_path / "kept/bin/0/app")
    assert program.library_directories[0] == str(tmp_path / "kept/lib")
    assert kept.libraries[0].path == tmp_path / "kept/lib/libx.so"


def test_worktree_and_folder_may_both_move(built: Built, worktree: Path, tmp_path: Path):
    copy_out(built, tmp_path / "kept", worktree=worktree)
    (tmp_path / "kept").rename(tmp_path / "moved")
    elsewhere = tmp_path / "elsewhere"
    loaded = load_built(tmp_path / "moved", worktree=elsewhere)
    assert loaded is not None
    program = loaded.programs[0]
    assert program.directory == elsewhere / "prover"
    assert program.path == tmp_path / "moved/0/x-01"
    assert program.environment["CARGO_MANIFEST_DIR"] == f"{elsewhere}/prover"
    assert program.environment["CARGO_BIN_EXE_app"] == str(tmp_path / "moved/bin/0/app")
    assert program.default_environment == {"RELATIVE": f"{elsewhere}/x"}
    assert program.library_directories[0] == str(tmp_path / "moved/lib")


def test_a_path_that_only_begins_like_the_worktrees_stays(built: Built, worktree: Path, tmp_path: Path):
    copy_out(built, tmp_path / "kept", worktree=worktree)
    loaded = load_built(tmp_path / "kept", worktree=tmp_path / "w")
    assert loaded is not None
    assert loaded.programs[0].environment["TWO"] == f"{tmp_path}/w/a:{tmp_path}/w/b:{worktree}-target/c"
    assert loaded.programs[0].arguments == ("--nocapture", str(worktree))


def test_what_was_kept_before_is_replaced(built: Built, worktree: Path, tmp_path: Path):
    copy_out(built, tmp_path / "kept/key", worktree=worktree)
    only = replace(built, programs=built.programs[:1])
    copy_out(only, tmp_path / "kept/key", worktree=worktree)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["key"]
    loaded = load_built(tmp_path / "kept/key", worktree=worktree)
    assert loaded is not None
    assert len(loaded.programs) == 1
    assert not (tmp_path / "kept/key/1").exists()


@pytest.mark.parametrize("name", ["0/x-01", "1/x-01", "bin/0/app", "lib/libx.so", "built.json"])
@pytest.mark.parametrize("altered", [True, False])
def test_what_is_altered_or_missing_is_not_loaded(
    built: Built, worktree: Path, tmp_path: Path, name: str, altered: bool
):
    copy_out(built, tmp_path / "kept", worktree=worktree)
    if altered:
        (tmp_path / "kept" / name).write_bytes(b"altered")
    else:
        (tmp_path / "kept" / name).unlink()
    assert load_built(tmp_path / "kept", worktree=worktree) is None


def test_another_schema_is_not_loaded(built: Built, worktree: Path, tmp_path: Path):
    copy_out(built, tmp_path / "kept", worktree=worktree)
    manifest = tmp_path / "kept/built.json"
    manifest.write_text(manifest.read_text().replace('"schema": 1', '"schema": 2'))
    assert load_built(tmp_path / "kept", worktree=worktree) is None


def test_a_program_replaced_meanwhile_is_an_error_and_nothing_is_left(built: Built, worktree: Path, tmp_path: Path):
    built.programs[1].path.write_text("another build")
    with pytest.raises(BuildError, match=r"x-01 was replaced while .*Another cargo uses the same target"):
        copy_out(built, tmp_path / "kept/key", worktree=worktree)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_failed_copy_keeps_what_was_there(built: Built, worktree: Path, tmp_path: Path):
    kept = copy_out(built, tmp_path / "kept", worktree=worktree)
    built.libraries[0].path.unlink()
    with pytest.raises(StoreError, match=r"cannot be kept in .*: No such file"):
        copy_out(built, tmp_path / "kept", worktree=worktree)
    assert load_built(tmp_path / "kept", worktree=worktree) == kept


def test_a_folder_that_cannot_be_made_is_named(built: Built, worktree: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/key: .*Free some space"):
        copy_out(built, tmp_path / "file/key", worktree=worktree)


def test_the_environment_is_put_together_in_cargos_order(built: Built):
    program = replace(
        built.programs[0],
        environment={"CARGO": "cargos", "FORCED": "cargos"},
        forced_environment={"FORCED": "settings"},
        default_environment={"SET": "default", "UNSET": "default"},
        library_directories=("/a",),
    )
    inherited = {"CARGO": "outside", "SET": "outside", "LD_LIBRARY_PATH": "/cuda"}
    assert program_environment(program, inherited, platform="linux") == {
        "CARGO": "cargos",
        "FORCED": "settings",
        "SET": "outside",
        "UNSET": "default",
        "LD_LIBRARY_PATH": "/a:/cuda",
    }


def test_what_cargos_configuration_sets_is_told_alike_for_worktrees_in_two_places(built: Built, tmp_path: Path):
    def told(worktree: Path) -> tuple[str, ...]:
        program = replace(
            built.programs[0],
            environment={"CARGO_MANIFEST_DIR": str(worktree)},
            forced_environment={"KEYS": f"{worktree}/keys"},
            default_environment={"SET": "default", "SPIN": "0.2"},
        )
        return configured_environment(program, {"SET": "outside"}, worktree=worktree)

    assert told(tmp_path / "one") == told(tmp_path / "two")
    assert [one.partition("=")[0] for one in told(tmp_path / "one")] == ["KEYS", "SPIN"]
    assert told(tmp_path / "one")[1] == "SPIN=0.2"
