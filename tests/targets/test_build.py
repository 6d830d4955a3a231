"""Builds with the real cargo, held against what cargo itself does."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.errors import BuildError
from harness.targets.build import build
from harness.targets.built import Built, BuiltProgram, copy_out, program_environment
from harness.targets.cargo import parse_cargo_command
from harness.targets.git import find_checkout
from harness.targets.worktree import ensure_worktree, touch_tracked_files

Write = Callable[[Path, Mapping[str, str]], None]
Commit = Callable[[Path, Mapping[str, str]], str]
Env = dict[str, str]

SHOW = """
fn show() {
    for (name, value) in std::env::vars() { println!("ENV {name}={}", value.replace('\\n', " ")); }
    println!("CWD {}", std::env::current_dir().unwrap().display());
    println!("ARGS {:?}", std::env::args().skip(1).collect::<Vec<_>>());
}
"""
MAIN = SHOW + "fn main() { show(); }\n"
MANIFEST = """
[package]
name = "probe"
version = "1.2.3-rc.1"
edition = "2021"
authors = ["First <a@example.org>", "Second"]
description = "shows what it is given"
license = "MIT"
rust-version = "1.80"
readme = "README.md"
default-run = "probe"
[[test]]
name = "bare"
harness = false
[[bench]]
name = "speed"
harness = false
"""
BUILD_SCRIPT = """
fn main() {
    println!("cargo::rustc-link-search=native={}", std::env::var("OUT_DIR").unwrap());
    println!("cargo::rustc-link-search=native=/usr/local/lib");
    println!("cargo::rustc-env=FROM_THE_SCRIPT=yes");
}
"""
PROBE = {
    "Cargo.toml": MANIFEST,
    "README.md": "",
    "build.rs": BUILD_SCRIPT,
    "src/main.rs": MAIN + "#[test] fn in_main() {}\n",
    "src/bin/alpha.rs": MAIN,
    "src/lib.rs": "#[test] fn in_lib() {}\n",
    "examples/example.rs": MAIN,
    "tests/zeta.rs": SHOW + "#[test] fn shown() { show(); }\n",
    "tests/beta.rs": "#[test] fn beta() {}\n",
    "tests/bare.rs": MAIN,
    "benches/speed.rs": MAIN,
    "inner/keep": "",
}
NOT_OURS = {
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN_SOURCE",
    "RUST_RECURSION_COUNT",
    "PATH",
    "_",
    "LD_LIBRARY_PATH",
}
"""What rustup or a shell adds; the search path, which rustup lengthens at its end, is compared on its own."""


def _build(line: str, directory: Path, env: Env, target_dir: Path | None = None) -> Built:
    command = parse_cargo_command(line.split())
    assert command is not None
    return build(command, directory=directory, env=env, target_dir=target_dir, on_line=lambda _: None)


def _run(program: BuiltProgram, env: Env) -> str:
    return subprocess.run(
        [program.path, *program.arguments],
        cwd=program.directory,
        env=program_environment(program, env),
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def _cargo(line: str, directory: Path, env: Env) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(line.split(), cwd=directory, env=env, capture_output=True, text=True, check=True)


def _shown(output: str) -> tuple[Env, str]:
    """The environment that a program printed, and its directory and arguments."""
    env = dict(line.removeprefix("ENV ").split("=", 1) for line in output.splitlines() if line.startswith("ENV "))
    return env, "\n".join(line for line in output.splitlines() if line.startswith(("CWD", "ARGS")))


def _run_order(stderr: str) -> list[str]:
    """The programs that cargo says it ran, by file name."""
    return [Path(path).name for path in re.findall(r"Running .*\((.*)\)", stderr)]


def _assert_alike(ours: str, cargos: str) -> None:
    (our_env, our_rest), (cargo_env, cargo_rest) = _shown(ours), _shown(cargos)
    assert our_rest == cargo_rest
    assert {name: value for name, value in our_env.items() if name not in NOT_OURS} == {
        name: value for name, value in cargo_env.items() if name not in NOT_OURS
    }
    if "LD_LIBRARY_PATH" in cargo_env:  # Linux
        paths, cargo_paths = (env["LD_LIBRARY_PATH"].split(":") for env in (our_env, cargo_env))
        assert paths[:4] == cargo_paths[:4]
        assert [path for path in paths[4:] if path not in cargo_paths] == []


@pytest.fixture
def probe(tmp_path: Path, write: Write) -> Path:
    directory = tmp_path / "probe"
    write(directory, PROBE)
    return directory


@pytest.mark.slow
def test_a_run_is_given_what_cargo_gives_it(probe: Path, cargo: Env):
    cargo |= {"FROM_OUTSIDE": "kept", "LD_LIBRARY_PATH": "/from/outside"}
    cargo.pop("RUSTUP_TOOLCHAIN", None)
    for line in ("cargo run -- a --flag", "cargo run --example example x", "cargo run --bin alpha"):
        (program,) = _build(line, probe / "inner", cargo).programs
        ours = _run(program, cargo)
        _assert_alike(ours, _cargo(line, probe / "inner", cargo).stdout)
        assert {"CARGO", "OUT_DIR", "FROM_THE_SCRIPT", "FROM_OUTSIDE"} <= _shown(ours)[0].keys()


@pytest.mark.slow
def test_tests_run_in_cargos_order_with_what_cargo_gives_them(probe: Path, cargo: Env):
    built = _build("cargo test --tests -- --nocapture", probe / "inner", cargo)
    theirs = _cargo("cargo test --tests -- --nocapture", probe / "inner", cargo)
    order = _run_order(theirs.stderr)
    assert [program.path.name for program in built.programs] == order
    names = [name.rsplit("-", 1)[0] for name in order]
    assert names == ["probe", "alpha", "probe", "bare", "beta", "zeta"]
    zeta = built.programs[names.index("zeta")]
    theirs_zeta = _cargo("cargo test --test zeta -- --nocapture", probe, cargo)
    _assert_alike(_run(zeta, cargo), theirs_zeta.stdout)
    assert {"CARGO_BIN_EXE_alpha", "CARGO_BIN_EXE_probe"} <= zeta.environment.keys()
    assert sorted(file.path.name for file in built.siblings) == ["alpha", "probe"]


@pytest.mark.slow
def test_a_bench_is_given_what_cargo_gives_it(probe: Path, cargo: Env):
    line = "cargo bench --profile dev --bench speed name -- --x"
    (program,) = _build(line, probe, cargo).programs
    _assert_alike(_run(program, cargo), _cargo(line, probe, cargo).stdout)
    assert program.arguments == ("name", "--x", "--bench")


@pytest.mark.slow
def test_variables_of_cargos_configuration_reach_the_program(probe: Path, cargo: Env, write: Write):
    table = """
    [env]
    PLAIN = "from the file"
    ALREADY_SET = "from the file"
    FORCED = { value = "from the file", force = true }
    RELATIVE = { value = "some/where", relative = true }
    """
    write(probe, {".cargo/config.toml": table, "inner/.cargo/config.toml": "[env]\nPLAIN = 'nearest'\n"})
    cargo |= {"ALREADY_SET": "outside", "FORCED": "outside"}
    (program,) = _build("cargo run", probe / "inner", cargo).programs
    ours = _run(program, cargo)
    _assert_alike(ours, _cargo("cargo run", probe / "inner", cargo).stdout)
    env = _shown(ours)[0]
    assert [env[name] for name in ("PLAIN", "ALREADY_SET", "FORCED")] == ["nearest", "outside", "from the file"]


def _printing(text: str) -> Env:
    return {"src/main.rs": f'fn main() {{ println!("{text}"); }}\n'}


LITTLE = {"Cargo.toml": '[package]\nname = "little"\nversion = "0.1.0"\nedition = "2021"\n', ".gitignore": "target\n"}


@pytest.mark.slow
def test_two_worktrees_that_share_a_target_directory_get_two_programs(tmp_path: Path, cargo: Env, commit: Commit):
    """Both worktrees are older than either build, so cargo alone would take the second for built already."""
    repository = tmp_path / "repository"
    commits = [commit(repository, {**LITTLE, **_printing(text)}) for text in ("first", "second")]
    checkout = find_checkout(repository)
    worktrees = [ensure_worktree(checkout, commit=sha, patch=None, path=tmp_path / sha) for sha in commits]
    for file in (file for worktree in worktrees for file in worktree.rglob("*.*")):
        os.utime(file, (1_000_000_000, 1_000_000_000))
    kept = []
    for worktree in worktrees:
        touch_tracked_files(worktree)
        built = _build("cargo run", worktree, cargo, tmp_path / "target")
        assert built.programs[0].path.is_relative_to(tmp_path / "target")
        kept.append(copy_out(built, tmp_path / "kept" / worktree.name, worktree=worktree))
    programs = [built.programs[0] for built in kept]
    assert [_run(program, cargo) for program in programs] == ["first\n", "second\n"]
    assert programs[0].sha256 != programs[1].sha256


@pytest.mark.slow
def test_a_failed_build_ends_with_cargos_last_lines(tmp_path: Path, cargo: Env, write: Write):
    write(tmp_path / "broken", {**LITTLE, "src/main.rs": "fn main() { missing() }\n"})
    lines: list[str] = []
    command = parse_cargo_command(["cargo", "run"])
    assert command is not None
    with pytest.raises(BuildError) as raised:
        build(command, directory=tmp_path / "broken", env=cargo, target_dir=None, on_line=lines.append)
    first, *rest = raised.value.message.splitlines()
    assert first.startswith("`cargo build --message-format=json-render-diagnostics` failed in ")
    assert f"{tmp_path / 'broken'} (exit code 101)" in first
    assert any("could not compile `little`" in line for line in rest)
    assert any("cannot find function `missing`" in line for line in lines)
    assert len(rest) <= 20
    assert all(line.startswith("    ") for line in rest)


@pytest.mark.slow
def test_several_binaries_are_listed_and_a_default_run_chosen(probe: Path, cargo: Env):
    (program,) = _build("cargo run", probe, cargo).programs
    assert program.path.name == "probe"
    manifest = probe / "Cargo.toml"
    manifest.write_text(manifest.read_text().replace('default-run = "probe"\n', ""))
    with pytest.raises(BuildError, match=r"several programs to choose from: alpha \(probe\), probe \(probe\)"):
        _build("cargo run", probe, cargo)


@pytest.mark.slow
def test_a_selection_without_programs_is_an_error(tmp_path: Path, cargo: Env, write: Write):
    write(tmp_path / "library", {**LITTLE, "src/lib.rs": ""})
    with pytest.raises(BuildError, match=r"`cargo run` built no program to run"):
        _build("cargo run", tmp_path / "library", cargo)


@pytest.mark.slow
def test_a_configured_runner_is_not_left_out_in_silence(tmp_path: Path, cargo: Env, write: Write):
    write(tmp_path / "little", {**LITTLE, **_printing("x"), ".cargo/config.toml": "[target.'cfg(unix)']\nrunner = 'x'"})
    with pytest.raises(BuildError, match=r"through a runner that .*config.toml \(target.cfg\(unix\)\) sets"):
        _build("cargo run", tmp_path / "little", cargo)


@pytest.mark.slow
def test_a_workspace_runs_its_packages_in_order_each_in_its_folder(tmp_path: Path, cargo: Env, write: Write):
    member = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n'
    files = {"Cargo.toml": '[workspace]\nmembers = ["one", "two"]\nresolver = "2"\n'}
    for folder, name in (("one", "zebra"), ("two", "ant")):
        files |= {f"{folder}/Cargo.toml": member.format(name), f"{folder}/src/lib.rs": "#[test] fn t() {}\n"}
    write(tmp_path / "space", files)
    built = _build("cargo test --lib", tmp_path / "space", cargo)
    theirs = _cargo("cargo test --lib", tmp_path / "space", cargo)
    order = _run_order(theirs.stderr)
    assert [program.path.name for program in built.programs] == order
    assert [program.directory.name for program in built.programs] == ["two", "one"]


@pytest.mark.slow
def test_a_programs_shared_libraries_are_kept_with_it(tmp_path: Path, cargo: Env, write: Write):
    """A later build in the same target directory replaces the library, not the copy."""
    space = tmp_path / "space"
    program = LITTLE["Cargo.toml"] + '[dependencies]\nshared = { path = "../shared" }\n'
    library = '[package]\nname = "shared"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["dylib"]\n'
    write(
        space,
        {
            "app/Cargo.toml": program,
            "app/src/main.rs": 'fn main() { println!("{}", shared::text()); }\n',
            "shared/Cargo.toml": library,
            "shared/src/lib.rs": 'pub fn text() -> String { "first".to_string() }\n',
        },
    )
    cargo |= {"RUSTFLAGS": "-Cprefer-dynamic"}
    first = copy_out(_build("cargo run", space / "app", cargo), tmp_path / "kept", worktree=space)
    (space / "shared/src/lib.rs").write_text('pub fn text() -> String { "second".to_string() }\n')
    second = _build("cargo run", space / "app", cargo)
    assert [_run(built.programs[0], cargo) for built in (first, second)] == ["first\n", "second\n"]
    assert [file.path.parent for file in first.libraries] == [tmp_path / "kept/lib"]


def test_a_missing_cargo_is_named_with_the_way_to_get_it(tmp_path: Path):
    with pytest.raises(BuildError, match=r"cargo was not found. Install Rust from https://rustup.rs"):
        _build("cargo run", tmp_path, {"PATH": str(tmp_path)})


def test_a_missing_directory_is_named(tmp_path: Path):
    with pytest.raises(BuildError, match=r"nowhere does not exist"):
        _build("cargo run", tmp_path / "nowhere", dict(os.environ))


@pytest.mark.slow
def test_the_toolchain_is_recorded(tmp_path: Path, cargo: Env, write: Write):
    write(tmp_path / "little", {**LITTLE, **_printing("x")})
    built = _build("cargo run", tmp_path / "little", cargo)
    assert (built.toolchain.cargo or "").startswith("cargo 1.")
    assert (built.toolchain.rustc or "").startswith("rustc 1.")
    assert json.dumps(built.command) == '["cargo", "build", "--message-format=json-render-diagnostics"]'
