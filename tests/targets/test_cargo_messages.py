import json
from pathlib import Path

import pytest

from harness.errors import BuildError
from harness.targets.cargo import CargoCommand, parse_cargo_command
from harness.targets.cargo_messages import (
    Artifact,
    Package,
    candidates,
    parse_messages,
    parse_metadata,
    programs_to_run,
)


def executables_from_messages(stdout, *, command, packages):
    """The programs that a build's messages name, in cargo's run order."""
    return programs_to_run(candidates(parse_messages(stdout), command), command=command, packages=packages)


def _command(line: str) -> CargoCommand:
    command = parse_cargo_command(line.split())
    assert command is not None
    return command


def _message(
    name: str, kind: str, *, package: str = "a", test: bool = False, program: bool = True, files: tuple[str, ...] = ()
) -> str:
    return json.dumps(
        {
            "reason": "compiler-artifact",
            "package_id": f"path+file:///{package}#1.0.0",
            "manifest_path": f"/{package}/Cargo.toml",
            "target": {"kind": [kind], "name": name, "crate_types": ["bin"], "test": True},
            "profile": {"test": test, "opt_level": "3"},
            "filenames": list(files),
            "executable": f"/t/{kind}-{name}-{package}" if program else None,
            "fresh": False,
        },
        separators=(",", ":"),
    )


def _packages(**default_run: str | None) -> dict[Path, Package]:
    return {
        Path(f"/{name}/Cargo.toml"): Package(
            name=name, version="1.0.0", id=name, manifest_path=f"/{name}/Cargo.toml", default_run=default
        )
        for name, default in default_run.items()
    }


def _names(found: tuple[Artifact, ...]) -> list[str]:
    return [program.program.name for program in found]


def test_tests_run_by_package_then_kind_then_name():
    stdout = "\n".join(
        (
            _message("e", "example", test=True),
            _message("z", "test", test=True),
            _message("y", "test", test=True),
            _message("m", "bin", test=True),
            _message("s", "bench", test=True),
            _message("m", "bin"),
            _message("c", "cdylib", test=True),
            _message("l", "lib", test=True, package="b"),
            _message("l", "lib", test=False, program=False),
        )
    )
    found = executables_from_messages(stdout, command=_command("cargo test"), packages=_packages(a=None, b=None))
    assert _names(found) == ["cdylib-c-a", "bin-m-a", "test-y-a", "test-z-a", "bench-s-a", "example-e-a", "lib-l-b"]


@pytest.mark.parametrize("line", ["cargo run --example x", "cargo run --bin x"])
def test_a_run_takes_the_program_that_it_names(line: str):
    kind = line.split()[2].removeprefix("--")
    stdout = "\n".join((_message("other", kind), _message("x", kind), _message("x", kind, test=True)))
    found = executables_from_messages(stdout, command=_command(line), packages=_packages(a=None))
    assert _names(found) == [f"{kind}-x-a"]


def test_the_only_default_run_is_chosen():
    stdout = "\n".join((_message("x", "bin"), _message("y", "bin"), _message("x", "bin", package="b")))
    found = executables_from_messages(stdout, command=_command("cargo run"), packages=_packages(a="y", b=None))
    assert _names(found) == ["bin-y-a"]


def test_two_default_runs_are_several_programs():
    stdout = "\n".join((_message("x", "bin"), _message("y", "bin"), _message("z", "bin", package="b")))
    with pytest.raises(
        BuildError, match=r"`cargo run` leaves several .*: x \(a\), y \(a\), z \(b\)\. Name one with --bin"
    ):
        executables_from_messages(stdout, command=_command("cargo run"), packages=_packages(a="y", b="z"))


def test_no_program_is_an_error():
    with pytest.raises(BuildError, match=r"built no program to run"):
        executables_from_messages("", command=_command("cargo test"), packages={})


def test_other_lines_and_other_messages_are_passed_over():
    stdout = '{"a macro": printed}\nplain\n{"reason":"build-finished","success":true}\n' + _message("x", "bin")
    assert [artifact.name for artifact in parse_messages(stdout).artifacts] == ["x"]


def test_a_message_of_another_shape_is_an_error():
    with pytest.raises(BuildError, match=r"a message that cannot be read: .*compiler-artifact"):
        parse_messages('{"reason":"compiler-artifact","target":1}')


def test_only_shared_libraries_of_dynamic_crates_are_kept():
    files = ("/t/libx.so", "/t/libx.rlib", "/t/libx.dylib")
    messages = parse_messages(
        "\n".join(_message("x", kind, program=False, files=files) for kind in ("dylib", "cdylib", "proc-macro", "lib"))
    )
    kept = [tuple(map(str, artifact.dynamic_libraries)) for artifact in messages.artifacts]
    assert kept == [("/t/libx.so", "/t/libx.dylib")] * 2 + [()] * 2


def test_an_artifact_without_a_program_says_so():
    (artifact,) = parse_messages(_message("x", "lib", program=False)).artifacts
    with pytest.raises(BuildError, match=r"x of /a/Cargo.toml is not a program"):
        _ = artifact.program


def test_metadata_that_cannot_be_read_is_an_error():
    with pytest.raises(BuildError, match=r"cargo metadata wrote something"):
        parse_metadata("{}")
