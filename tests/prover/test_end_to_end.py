"""One span of the real prover made longer by a known share: the comparison names that span and no other."""

from pathlib import Path

import pytest

from tests.calibrate.spinning import built_program, compare_spun, spun_checkout

pytestmark = [pytest.mark.prover, pytest.mark.slow, pytest.mark.usefixtures("cargo")]

SPUN = "fractional_sumcheck"
TWICE = 1.0
RUNS = 12
ERROR_RATE = 0.001
"""So strict that no other span is named by accident: at the contract's 5 % one test in some thirty would fail."""


@pytest.fixture(scope="module")
def program() -> Path:
    return built_program()


def test_a_span_that_takes_twice_as_long_is_named_and_no_other(program: Path, tmp_path: Path) -> None:
    checkout = spun_checkout(tmp_path / "spun", program, SPUN, TWICE, error_rate=ERROR_RATE)
    found = compare_spun(checkout, SPUN, TWICE, RUNS, log_rows=10)

    assert found.root_verdict == "slower"
    assert found.named == (SPUN,)
    assert found.self_change == pytest.approx(TWICE, abs=0.4)


def test_an_untouched_program_has_no_span_named(program: Path, tmp_path: Path) -> None:
    checkout = spun_checkout(tmp_path / "still", program, "no_such_span", TWICE, error_rate=ERROR_RATE)
    found = compare_spun(checkout, SPUN, TWICE, RUNS, log_rows=10)

    assert found.named == ()
    assert found.root_verdict in {"same", "undecided"}
