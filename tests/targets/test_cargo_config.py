from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.targets.cargo_config import CargoConfig, load_cargo_config

Write = Callable[[Path, Mapping[str, str]], None]


def _load(root: Path, *overrides: str) -> CargoConfig:
    return load_cargo_config(root / "outer/inner", cargo_home=root / "home", overrides=overrides)


@pytest.fixture
def root(tmp_path: Path, write: Write) -> Path:
    write(tmp_path, {"outer/inner/keep": "", "home/keep": ""})
    return tmp_path


def test_without_files_there_is_nothing(root: Path):
    assert _load(root) == CargoConfig(forced={}, defaults={}, runners={}, build_target=None)


def test_the_nearest_file_wins_and_the_home_loses(root: Path, write: Write):
    write(
        root,
        {
            "home/config.toml": "[env]\nA='home'\nB='home'\nC='home'\n[build]\ntarget='home'\n",
            "outer/.cargo/config.toml": "[env]\nA='outer'\nB='outer'\n[build]\ntarget='outer'\n",
            "outer/inner/.cargo/config": "[env]\nA='inner'\n",
        },
    )
    config = _load(root)
    assert config.defaults == {"A": "inner", "B": "outer", "C": "home"}
    assert config.build_target == "outer"


def test_the_command_line_wins_over_every_file(root: Path, write: Write):
    write(
        root, {"outer/inner/.cargo/config.toml": "[env]\nA='file'\nB='file'", "outer/inner/other.toml": "env.B='other'"}
    )
    assert _load(root, "env.A='given'", "other.toml").defaults == {"A": "given", "B": "other"}


def test_a_variable_is_forced_or_a_default_as_its_nearest_mention_says(root: Path, write: Write):
    write(
        root,
        {
            "outer/.cargo/config.toml": "[env]\nA={value='1', force=true}\nB='1'\n",
            "outer/inner/.cargo/config.toml": "[env]\nA='2'\nB={value='2', force=true}\n",
        },
    )
    assert (_load(root).defaults, _load(root).forced) == ({"A": "2"}, {"B": "2"})


def test_a_relative_value_starts_beside_the_cargo_folder(root: Path, write: Write):
    write(root, {"outer/.cargo/config.toml": "[env]\nA={value='x/y', relative=true}\n"})
    assert _load(root).defaults == {"A": str(root / "outer/x/y")}


def test_an_included_file_is_weaker_than_the_one_that_includes_it(root: Path, write: Write):
    text = "include=['more.toml', {path='absent.toml', optional=true}]\n[env]\nA='1'\n"
    write(root, {"outer/.cargo/config.toml": text, "outer/.cargo/more.toml": "[env]\nA='2'\nB='2'\n"})
    assert _load(root).defaults == {"A": "1", "B": "2"}


def test_runners_are_found_with_the_file_that_sets_them(root: Path, write: Write):
    text = "[target.x86]\nrunner='qemu'\n[target.'cfg(unix)']\nrunner=['a','b']\n[target.arm]\nlinker='l'\n"
    write(root, {"outer/.cargo/config.toml": text})
    file = str(root / "outer/.cargo/config.toml")
    assert _load(root).runners == {"x86": file, "cfg(unix)": file}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[env\n", r"config.toml is not TOML"),
        ("env = 1\n", r"config.toml: `env` is not a table"),
        ("[env]\nA = 1\n", r"config.toml: `env.A` has no text as its value"),
        ("[env]\nA = {force = true}\n", r"config.toml: `env.A` has no text"),
    ],
)
def test_a_broken_file_is_named(root: Path, write: Write, text: str, complaint: str):
    write(root, {"outer/.cargo/config.toml": text})
    with pytest.raises(ConfigError, match=complaint):
        _load(root)


def test_a_file_that_is_not_text_is_named(root: Path, write: Write):
    write(root, {"outer/.cargo/keep": ""})
    (root / "outer/.cargo/config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"config.toml cannot be read"):
        _load(root)
