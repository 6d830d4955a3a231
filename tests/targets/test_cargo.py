import shlex

import pytest

from harness.errors import ConfigError
from harness.targets.cargo import CargoCommand, Verb, parse_cargo_command

MESSAGES = "--message-format=json-render-diagnostics"


def _parsed(line: str) -> CargoCommand:
    command = parse_cargo_command(shlex.split(line))
    assert command is not None
    return command


@pytest.mark.parametrize(
    ("line", "build", "arguments"),
    [
        ("cargo run", "cargo build", ""),
        ("cargo run --release --example keccakf", "cargo build --release --example keccakf", ""),
        ("cargo r -r -- 1 --release", "cargo build -r", "1 --release"),
        ("cargo +nightly run -p a --bin=b", "cargo +nightly build -p a --bin=b", ""),
        ("cargo run --bin a one --release -- two", "cargo build --bin a", "one --release -- two"),
        ("cargo run -- a -- b", "cargo build", "a -- b"),
        ("cargo --locked run --manifest-path x/Cargo.toml", "cargo --locked build --manifest-path x/Cargo.toml", ""),
        ("/opt/bin/cargo run -q", "/opt/bin/cargo build -q", ""),
        ("cargo run --message-format short -j4", "cargo build -j4", ""),
        (
            "cargo test --release test_batch_constraints_with_interactions -- --nocapture",
            "cargo test --no-run --release",
            "test_batch_constraints_with_interactions --nocapture",
        ),
        ("cargo t name", "cargo test --no-run", "name"),
        ("cargo test name --features a -j 2", "cargo test --no-run --features a -j 2", "name"),
        ("cargo test --test integration -- name", "cargo test --no-run --test integration", "name"),
        ("cargo test --bench b --exclude c name", "cargo test --no-run --bench b --exclude c", "name"),
        ("cargo bench", "cargo bench --no-run", "--bench"),
        ("cargo bench proving -- --sample-size 10", "cargo bench --no-run", "proving --sample-size 10 --bench"),
        ("cargo test --brand-new --lib", "cargo test --no-run --brand-new --lib", ""),
        ("cargo test --brand-new=1 name", "cargo test --no-run --brand-new=1", "name"),
        ("cargo test -vv -Fa -F=b name", "cargo test --no-run -vv -Fa -F=b", "name"),
        ("cargo test -rj 2 name", "cargo test --no-run -rj 2", "name"),
        ("cargo test -", "cargo test --no-run", "-"),
    ],
)
def test_a_command_is_split_into_build_and_arguments(line: str, build: str, arguments: str):
    command = _parsed(line)
    assert [word for word in command.build_argv if word != MESSAGES] == build.split()
    assert command.build_argv.count(MESSAGES) == 1
    assert command.program_arguments == tuple(arguments.split())
    assert command.argv == tuple(shlex.split(line))


@pytest.mark.parametrize(
    "line",
    ["make", "cargo", "cargo build --release", "cargo nextest run", "cargo --list", "cargo --what", "xcargo run"],
)
def test_any_other_command_is_not_split(line: str):
    assert parse_cargo_command(line.split()) is None


def test_an_empty_command_is_not_split():
    assert parse_cargo_command(()) is None


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("cargo test --brand-new name", "--brand-new"),
        ("cargo test one two", "two"),
        ("cargo run --bin", "--bin"),
        ("cargo run --example --release", "--example"),
        ("cargo run --lib", "--lib"),
        ("cargo run --brand-new", "--brand-new"),
        ("cargo run -x", "-x"),
        ("cargo test -rx name", "-rx"),
        ("cargo test --doc", "--doc"),
        ("cargo test --no-run", "--no-run"),
        ("cargo run --help", "--help"),
        ("cargo run -h", "-h"),
        ("cargo test -q", "-q"),
        ("cargo test -rq", "-rq"),
        ("cargo -q bench", "-q"),
        ("cargo run --unit-graph", "--unit-graph"),
        ("cargo -C elsewhere run", "-C"),
        ("cargo --what ever run", "--what"),
        ("cargo test --profile", "--profile"),
    ],
)
def test_a_word_that_cannot_be_placed_is_named(line: str, word: str):
    with pytest.raises(ConfigError) as raised:
        parse_cargo_command(line.split())
    assert f"`{line}` cannot be split" in raised.value.message
    assert f": `{word}` " in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("line", "profile"),
    [
        ("cargo run", "dev"),
        ("cargo run --release", "release"),
        ("cargo test", "test"),
        ("cargo test -r", "release"),
        ("cargo bench", "bench"),
        ("cargo bench --profile maxperf", "maxperf"),
        ("cargo run --profile=maxperf", "maxperf"),
        ("cargo run -- --release", "dev"),
    ],
)
def test_the_profile_is_cargos(line: str, profile: str):
    assert _parsed(line).profile == profile


def test_features_are_collected_and_sorted():
    command = _parsed("cargo run --features 'b,a c' -F d,a --no-default-features")
    assert command.features == ("a", "b", "c", "d", "no-default-features")
    assert _parsed("cargo run --all-features").features == ("all-features",)


def test_what_later_steps_need_is_kept():
    command = _parsed("cargo +1.90 run --example a --target t --config x=1 --config=y=2")
    assert (command.verb, command.selected, command.toolchain, command.triple) == (Verb.RUN, "a", "1.90", "t")
    assert command.config == ("x=1", "y=2")


def test_a_test_selects_by_cargo_alone():
    assert _parsed("cargo test --bin a").selected is None
