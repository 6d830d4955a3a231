"""What decides which program is measured: nothing that goes into a build may be left out of its name."""

import os
from pathlib import Path

import msgspec
import pytest

from harness.machine.toolchain import read_toolchain
from harness.targets.cache import build_cache

pytestmark = pytest.mark.slow

MANIFEST = '[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "2021"\n{rest}'
LOCKFILE = 'version = 3\n\n[[package]]\nname = "{name}"\nversion = "0.1.0"\n'
PROGRAM = 'fn main() {{ println!("INFO     stark_prove_excluding_trace [ {{}}ms | 100.00% ]", {value}); }}\n'


def package(checkout, folder: str, name: str, value: str, rest: str = "[workspace]\n") -> None:
    checkout.write(f"{folder}Cargo.toml", MANIFEST.format(name=name, rest=rest))
    checkout.write(f"{folder}Cargo.lock", LOCKFILE.format(name=name))
    checkout.write(f"{folder}src/main.rs", PROGRAM.format(value=value))


@pytest.fixture
def crate(checkout, cargo: str):  # noqa: ARG001 (it must be there)
    """A committed cargo package that prints 200 ms."""
    (checkout.path / "prove.sh").unlink()
    package(checkout, "", "tiny", "200")
    checkout.write(".gitignore", "target\n")
    configure(checkout)
    checkout.commit()
    return checkout


def configure(checkout, *, env: str = "", more: str = "") -> None:
    checkout.write(
        "harness.toml",
        f'default_target = "a"\n[targets.a]\ncheckout = "."\nenv = {{ {env} }}\n{more}'
        '[targets.a.benchmarks.keccakf]\ncommand = "cargo run --quiet --release"\n',
    )


def median(checkout, recording: str) -> float:
    return checkout.json("show", recording)["kpis"][0]["median"]


def test_a_variable_of_the_targets_own_gets_a_build_of_its_own(crate) -> None:
    crate.write("src/main.rs", PROGRAM.format(value='option_env!("SIZE").unwrap_or("200")'))
    crate.commit()
    first = crate.json("run", "--rev", "HEAD", "--runs", "1")["recording"]
    configure(crate, env='SIZE = "400"')
    second = crate.json("run", "--rev", "HEAD", "--runs", "1")["recording"]

    assert (median(crate, first), median(crate, second)) == (200.0, 400.0)
    assert crate.json("compare", first, second, "--stored", "--same-session")["comparable"] is False


def test_flags_of_the_environment_get_a_build_of_their_own(crate) -> None:
    crate.write("src/main.rs", PROGRAM.format(value="if cfg!(quick) { 100 } else { 200 }"))
    crate.commit()
    flags = ("", "--cfg quick", "")
    made = [crate.json("run", "--rev", "HEAD", "--runs", "1", RUSTFLAGS=one)["recording"] for one in flags]

    assert [median(crate, one) for one in made] == [200.0, 100.0, 200.0]


def test_equal_files_are_built_once_and_again_for_another_toolchain(crate, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (crate.harness("run", "--rev", "HEAD", "--runs", "1") for _ in range(2))
    known = read_toolchain(crate.path, os.environ)
    other = msgspec.structs.replace(known, rustc="rustc 9.99.0")
    monkeypatch.setattr("harness.commands.building.read_toolchain", lambda *_: other)
    third = crate.harness("run", "--rev", "HEAD", "--runs", "1")

    assert ["already built" in one.err for one in (first, second, third)] == [False, True, False]


def test_a_program_that_is_found_is_marked_as_used(crate) -> None:
    crate.json("run", "--rev", "HEAD", "--runs", "1")
    folder = next(build_cache(crate.path).all_programs.glob("*/keccakf"))
    os.utime(folder, (1, 1))
    crate.json("run", "--rev", "HEAD", "--runs", "1")

    assert folder.stat().st_mtime > 1


def test_without_a_committed_lockfile_a_revision_is_built_each_time(crate) -> None:
    crate.git("rm", "-q", "--cached", "Cargo.lock")
    crate.write(".gitignore", "target\nCargo.lock\n")
    crate.commit()

    assert "already built" not in "".join(crate.harness("run", "--rev", "HEAD", "--runs", "1").err for _ in range(2))


def test_content_that_git_lfs_gives_only_later_is_another_program_and_pointers_are_told(crate) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 4\n".format("0" * 64)
    crate.write("src/main.rs", PROGRAM.format(value='include_bytes!("../big.bin").len()'))
    crate.write(".gitattributes", "*.bin filter=lfs -text\n")
    crate.write("big.bin", pointer)
    crate.commit()
    first = crate.harness("run", "--rev", "HEAD", "--runs", "1", "--format", "json")
    crate.git("config", "filter.lfs.smudge", "echo 123")
    second = crate.json("run", "--rev", "HEAD", "--runs", "1")["recording"]

    assert "holds pointers in their place: big.bin" in first.err
    assert (median(crate, first.json["recording"]), median(crate, second)) == (len(pointer), 4.0)


def test_settings_of_cargo_outside_the_checkout_get_a_build_of_their_own(crate, tmp_path) -> None:
    crate.write("src/main.rs", PROGRAM.format(value="if cfg!(quick) { 100 } else { 200 }"))
    crate.commit()
    above = tmp_path / "cache" / ".cargo"
    first = crate.json("run", "--rev", "HEAD", "--runs", "1")["recording"]
    above.mkdir()
    (above / "config.toml").write_text('[build]\nrustflags = ["--cfg", "quick"]\n')
    second = crate.json("run", "--rev", "HEAD", "--runs", "1")["recording"]

    assert (median(crate, first), median(crate, second)) == (200.0, 100.0)


def test_settings_beside_the_working_tree_do_not_make_its_files_faster_than_their_commit(crate) -> None:
    crate.write("src/main.rs", PROGRAM.format(value="if cfg!(quick) { 100 } else { 200 }"))
    crate.write(".gitignore", "target\n.cargo\n")
    crate.commit()
    crate.write(".cargo/config.toml", '[build]\nrustflags = ["--cfg", "quick"]\n')
    compared = crate.json("compare", "HEAD", "WORKTREE")

    assert (compared["verdict"], compared["reason"]) == ("same", "same executable")


def test_a_variable_that_cargos_configuration_sets_is_another_program(crate) -> None:
    """Equal executables, but the second is run with a variable that makes it slower."""
    crate.write("src/main.rs", PROGRAM.format(value='if std::env::var("SLOW").is_ok() { 200 } else { 100 }'))
    crate.commit()
    crate.write(".cargo/config.toml", '[env]\nSLOW = "1"\n')
    crate.commit()
    compared = crate.json("compare", "HEAD~1", "HEAD")

    assert (compared["verdict"], compared["mode"]) == ("slower", "interleaved")


def test_a_path_dependency_outside_the_checkouts_directory_counts(crate) -> None:
    package(crate, "app/", "app", "lib_value::VALUE", '[dependencies]\nlib_value = { path = "../lib" }\n[workspace]\n')
    (crate.path / "app" / "Cargo.lock").unlink()
    crate.write("lib/Cargo.toml", MANIFEST.format(name="lib_value", rest=""))
    crate.write("lib/src/lib.rs", "pub const VALUE: u64 = 200;\n")
    crate.write(".gitignore", "target\nCargo.lock\n")
    crate.write("harness.toml", (crate.path / "harness.toml").read_text().replace('checkout = "."', 'checkout = "app"'))
    crate.commit()
    crate.json("baseline", "m8", "--runs", "5")
    crate.write("lib/src/lib.rs", "pub const VALUE: u64 = 400;\n")

    assert crate.json("show", crate.json("run", "--runs", "1")["recording"])["provenance"]["dirty"] is True
    crate.commit()
    compared = crate.json("compare", "m8", "HEAD")
    assert (compared["verdict"], compared["kpis"][0]["ratio"]) == ("slower", 2.0)


def test_two_targets_of_one_checkout_in_two_folders_are_two_programs(crate) -> None:
    for folder, value in (("a/", "100"), ("b/", "900")):
        package(crate, folder, "tool", value)
    texts = [
        f'[targets.{name}]\ncheckout = "."\ncwd = "{name}"\n'
        f'[targets.{name}.benchmarks.keccakf]\ncommand = "cargo run --quiet --release"\n'
        for name in ("a", "b")
    ]
    crate.write("harness.toml", "".join(texts))
    crate.commit()
    made = [crate.json("run", "--target", name, "--rev", "HEAD", "--runs", "1")["recording"] for name in ("a", "b")]

    assert [median(crate, one) for one in made] == [100.0, 900.0]


def test_a_test_that_starts_its_packages_program_starts_its_own_revisions(crate) -> None:
    test = (
        "#[test]\nfn proves() {\n"
        '    let done = std::process::Command::new(env!("CARGO_BIN_EXE_tiny")).output().unwrap();\n'
        '    print!("{}", String::from_utf8(done.stdout).unwrap());\n}\n'
    )
    crate.write("tests/proves.rs", test)
    configure_test = (
        (crate.path / "harness.toml")
        .read_text()
        .replace("cargo run --quiet --release", "cargo test --release proves -- --nocapture")
    )
    crate.write("harness.toml", configure_test)
    crate.commit()
    crate.write("src/main.rs", PROGRAM.format(value="400"))
    crate.commit()
    compared = crate.json("compare", "HEAD~1", "HEAD")

    assert (compared["verdict"], compared["kpis"][0]["ratio"]) == ("slower", 2.0)


def test_an_ignored_program_that_changed_is_another_program(checkout) -> None:
    checkout.write("harness.toml", (checkout.path / "harness.toml").read_text().replace("./prove.sh", "bin/prove.sh"))
    checkout.write(".gitignore", "count\nbin\n")
    checkout.commit()
    script = (checkout.path / "prove.sh").read_text()
    for label, text in (("a", script), ("b", script.replace("FACTOR *", "9 * FACTOR *"))):
        checkout.write("bin/prove.sh", text)
        (checkout.path / "bin" / "prove.sh").chmod(0o755)
        checkout.json("run", "--label", label)

    assert checkout.json("compare", "a", "b", "--stored")["verdict"] == "undecided"


def test_a_built_program_outside_the_worktree_is_refused(checkout, tmp_path: Path) -> None:
    program = tmp_path / "shared" / "prove.sh"
    text = (checkout.path / "harness.toml").read_text()
    checkout.write(
        "harness.toml",
        text.replace('command = "./prove.sh"', f'command = "{program}"\nbuild = "install -D prove.sh {program}"'),
    )
    checkout.write("note.txt", "x\n")
    checkout.commit()
    done = checkout.harness("compare", "HEAD~1", "HEAD")

    assert done.code == 1
    assert "every revision would run the same file" in done.err


def test_worktrees_of_the_users_that_are_out_of_reach_are_not_forgotten(checkout, tmp_path: Path) -> None:
    checkout.git("worktree", "add", "-q", "--detach", str(tmp_path / "mine"))
    (tmp_path / "mine").rename(tmp_path / "away")
    checkout.json("run", "--rev", "HEAD", "--runs", "1")
    (tmp_path / "away").rename(tmp_path / "mine")

    assert str(tmp_path / "mine") in checkout.git("worktree", "list")


def test_a_declared_variable_counts_whatever_its_name(crate) -> None:
    crate.write("src/main.rs", PROGRAM.format(value='option_env!("MAKEFLAGS").unwrap_or("200")'))
    crate.commit()
    made = []
    for size in ("300", "400"):
        configure(crate, env=f'MAKEFLAGS = "{size}"')
        made.append(crate.json("run", "--rev", "HEAD", "--runs", "1")["recording"])

    assert [median(crate, one) for one in made] == [300.0, 400.0]


def test_two_benchmarks_whose_builds_write_one_file_are_refused(checkout) -> None:
    benchmark = '[targets.fake.benchmarks.{name}]\ncommand = "./prog"\nbuild = "sh mk.sh {size}"\n'
    checkout.write("mk.sh", 'sed "s/FACTOR/$1/" prove.sh > prog; chmod +x prog\n')
    checkout.write(".gitignore", "count\nprog\n")
    texts = [benchmark.format(name=name, size=size) for name, size in (("keccakf", 2), ("logup", 4))]
    checkout.write("harness.toml", '[targets.fake]\ncheckout = "."\n' + "".join(texts))
    checkout.commit()
    done = checkout.harness("run", "--runs", "1")

    assert done.code == 1
    assert "was replaced by another benchmark's or revision's build" in done.err


def test_a_program_finds_its_checkout_again_for_another_commit_of_the_same_files(crate) -> None:
    path = 'std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/size.txt")).unwrap().trim().to_string()'
    crate.write("src/main.rs", PROGRAM.format(value=path))
    crate.write("size.txt", "250\n")
    crate.commit()
    crate.git("commit", "-q", "--allow-empty", "-m", "nothing")
    made = [crate.json("run", "--rev", rev, "--runs", "1")["recording"] for rev in ("HEAD~1", "HEAD")]

    assert [median(crate, one) for one in made] == [250.0, 250.0]


def test_a_changed_submodule_is_measured_as_it_lies(checkout, tmp_path: Path) -> None:
    library = type(checkout)(path=tmp_path / "library", monkeypatch=checkout.monkeypatch)
    library.write("factor", "1\n")
    library.git("init", "-q")
    library.commit()
    checkout.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.path), "sub")
    checkout.write("prove.sh", (checkout.path / "prove.sh").read_text().replace("FACTOR *", "$(cat sub/factor) *"))
    checkout.commit()
    checkout.monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    checkout.monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.file.allow")
    checkout.monkeypatch.setenv("GIT_CONFIG_VALUE_0", "always")
    checkout.write("sub/factor", "3\n")
    compared = checkout.json("compare", "HEAD", "WORKTREE")

    assert (compared["verdict"], compared["kpis"][0]["ratio"]) == ("slower", 3.0)
