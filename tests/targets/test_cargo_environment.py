"""What the platform decides; the rest is held against the real cargo in test_build.py."""

from pathlib import Path

import pytest

from harness.targets.cargo_environment import (
    CargoHome,
    library_directories,
    output_directory,
    run_environment,
    search_path,
)
from harness.targets.cargo_messages import Artifact, BuildMessages, BuildScript, Package

HOME = CargoHome(cargo=Path("/bin/cargo"), library_directory=Path("/rust/lib"))


def _artifact(path: str, kind: str = "test", name: str = "x") -> Artifact:
    return Artifact(
        name=name,
        kind=kind,
        package_id="a",
        manifest_path=Path("/a/Cargo.toml"),
        is_test=kind == "test",
        executable=Path(path),
    )


def _script(out: str, *directories: str, package: str = "a") -> BuildScript:
    return BuildScript(
        package_id=package, out_directory=Path(out), environment=(("FROM", out),), library_directories=directories
    )


@pytest.mark.parametrize("path", ["/t/x86/release/deps/x-0123", "/t/x86/release/examples/x", "/t/x86/release/x"])
def test_programs_of_all_kinds_have_one_output_directory(path: str):
    assert output_directory(_artifact(path)) == Path("/t/x86/release")


def test_only_the_build_script_of_the_programs_own_platform_and_package_counts():
    scripts = (
        _script("/t/x86/release/build/a/out"),
        _script("/t/release/build/a/out"),
        _script("/t/x86/release/build/b/out", package="b"),
    )
    package = Package(name="a", version="1.2.3-x.1+build", id="a", manifest_path="/a/Cargo.toml")
    program = _artifact("/t/x86/release/deps/x-0123")
    environment = run_environment(
        program, package=package, messages=BuildMessages(artifacts=(), scripts=scripts), home=HOME
    )
    assert environment["OUT_DIR"] == environment["FROM"] == "/t/x86/release/build/a/out"
    assert "RUSTUP_TOOLCHAIN" not in environment
    version = [environment[f"CARGO_PKG_VERSION{part}"] for part in ("", "_MAJOR", "_MINOR", "_PATCH", "_PRE")]
    assert version == ["1.2.3-x.1+build", "1", "2", "3", "x.1"]


def test_a_run_is_not_told_of_the_packages_binaries_and_a_test_is():
    messages = BuildMessages(artifacts=(_artifact("/t/debug/app", "bin", "app"),), scripts=())
    package = Package(name="a", version="1.0.0", id="a", manifest_path="/a/Cargo.toml")
    kinds = {
        kind: run_environment(_artifact("/t/debug/deps/x", kind), package=package, messages=messages, home=HOME)
        for kind in ("bin", "example", "lib", "test", "bench")
    }
    assert {kind for kind, environment in kinds.items() if "CARGO_BIN_EXE_app" in environment} == {"test", "bench"}


def test_libraries_are_looked_for_inside_the_output_directory_only():
    scripts = (
        _script("/o", "native=/t/debug/build/z/out", "/t/debug/build/a/out", "native=/usr/lib"),
        _script("/o", "dependency=/t/debug/build/a/out", package="b"),
    )
    found = library_directories(
        _artifact("/t/debug/deps/x"), messages=BuildMessages(artifacts=(), scripts=scripts), home=HOME
    )
    assert found == ("/t/debug/build/a/out", "/t/debug/build/z/out", "/t/debug", "/t/debug/deps", "/rust/lib")


@pytest.mark.parametrize(
    ("platform", "inherited", "expected"),
    [
        ("linux", {}, {"LD_LIBRARY_PATH": "/a:/b"}),
        ("linux", {"LD_LIBRARY_PATH": "/cuda"}, {"LD_LIBRARY_PATH": "/a:/b:/cuda"}),
        ("linux", {"LD_LIBRARY_PATH": ""}, {"LD_LIBRARY_PATH": "/a:/b"}),
        ("darwin", {"HOME": "/u"}, {"DYLD_FALLBACK_LIBRARY_PATH": "/a:/b:/u/lib:/usr/local/lib:/usr/lib"}),
        ("darwin", {"DYLD_FALLBACK_LIBRARY_PATH": "/c"}, {"DYLD_FALLBACK_LIBRARY_PATH": "/a:/b:/c"}),
    ],
)
def test_the_search_path_is_the_platforms(platform: str, inherited: dict[str, str], expected: dict[str, str]):
    assert search_path(("/a", "/b"), inherited=inherited, platform=platform) == expected


def test_without_directories_no_search_path_is_set():
    assert search_path((), inherited={}, platform="linux") == {}
