"""Texts that the real libraries print now, on this machine, at its speed."""

import pytest

from tests.oracle.laws import MODES, faults
from tests.oracle.program import build, forget, run

pytestmark = pytest.mark.prover

SEEDS = range(1, 41)


@pytest.fixture(scope="session")
def program(cargo):
    return build(cargo)


@pytest.mark.parametrize("mode", MODES)
def test_what_a_library_prints_is_read_as_it_was(mode, program, tmp_path) -> None:
    wrong = {}
    for seed in SEEDS:
        case = run(program, mode, seed, tmp_path)
        if found := faults(case):
            wrong[case.path] = found
        else:
            forget(case)
    assert wrong == {}
