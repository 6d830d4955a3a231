from harness.targets.config import EXAMPLE, load_configuration


def test_init_writes_a_file_that_loads_and_never_overwrites_it(checkout) -> None:
    (checkout.path / "harness.toml").unlink()

    assert checkout.harness("init").code == 0
    assert (checkout.path / "harness.toml").read_text() == EXAMPLE
    name, target = load_configuration(checkout.path).target(None)
    assert (name, sorted(target.benchmarks), target.checkout) == ("mine", ["keccakf", "logup"], str(checkout.path))
    assert "exists already" in checkout.harness("init").err


def test_init_for_a_known_target_takes_its_commands_and_names(checkout) -> None:
    (checkout.path / "harness.toml").unlink()
    checkout.harness("init", "--target", "openvm-metal")
    _name, target = load_configuration(checkout.path).target(None)

    assert target.benchmarks["keccakf"].command == "cargo run -p openvm-metal-backend --release --example keccakf"


def test_init_for_an_unknown_target_writes_nothing(checkout) -> None:
    (checkout.path / "harness.toml").unlink()

    assert checkout.harness("init", "--target", "nosuch").code == 1
    assert not (checkout.path / "harness.toml").exists()


def test_doctor_says_what_it_found_and_what_to_do(checkout) -> None:
    found = checkout.json("doctor")

    assert {one["level"] for one in found} <= {"ok", "warning", "unknown"}
    assert "measur" in found[0]["what"]
    assert all(one["advice"] for one in found if one["level"] == "warning")
