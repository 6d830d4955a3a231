import os

import pytest

from harness.errors import ConfigError
from harness.machine.toolchain import read_toolchain
from harness.recording.manifest import Toolchain

# Like rustup's: the answer depends on the folder and on RUSTUP_TOOLCHAIN.
PROXY = """#!/bin/sh
if [ -n "$RUSTUP_TOOLCHAIN" ]; then toolchain="$RUSTUP_TOOLCHAIN"
elif [ -f rust-toolchain.toml ]; then read -r toolchain < rust-toolchain.toml
else toolchain=stable; fi
[ "$1" = --version ] && echo "{name} $toolchain"
"""


def proxies(folder, *names):
    folder.mkdir()
    for name in names:
        (folder / name).write_text(PROXY.replace("{name}", name))
        (folder / name).chmod(0o755)
    return {"PATH": str(folder)}


def test_the_folder_decides_the_toolchain(tmp_path):
    env = proxies(tmp_path / "bin", "cargo", "rustc")
    (tmp_path / "rust-toolchain.toml").write_text("1.90.0\n")

    assert read_toolchain(tmp_path, env) == Toolchain(cargo="cargo 1.90.0", rustc="rustc 1.90.0")
    assert read_toolchain(tmp_path / "bin", env) == Toolchain(cargo="cargo stable", rustc="rustc stable")


def test_the_environment_decides_before_the_folder(tmp_path):
    env = {**proxies(tmp_path / "bin", "cargo", "rustc"), "RUSTUP_TOOLCHAIN": "nightly"}
    (tmp_path / "rust-toolchain.toml").write_text("1.90.0\n")

    assert read_toolchain(tmp_path, env) == Toolchain(cargo="cargo nightly", rustc="rustc nightly")


def test_what_is_missing_or_fails_is_none(tmp_path):
    env = proxies(tmp_path / "bin", "cargo")
    (tmp_path / "bin/rustc").write_text("#!/bin/sh\necho half an answer\nexit 1\n")
    (tmp_path / "bin/rustc").chmod(0o755)

    assert read_toolchain(tmp_path, env) == Toolchain(cargo="cargo stable", rustc=None)
    assert read_toolchain(tmp_path, {"PATH": str(tmp_path)}) == Toolchain()


def test_a_missing_folder_is_an_error_and_not_a_missing_toolchain(tmp_path):
    with pytest.raises(ConfigError, match="is not a folder"):
        read_toolchain(tmp_path / "gone", os.environ)
