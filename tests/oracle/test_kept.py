"""The kept texts of the real libraries, with the truth beside them."""

import pytest

from tests.oracle.keep import kept_cases
from tests.oracle.laws import MODES, faults
from tests.oracle.program import read_case


def test_every_library_and_style_has_kept_texts() -> None:
    assert {path.name.rsplit("-", 1)[0] for path in kept_cases()} == set(MODES)


@pytest.mark.parametrize("path", kept_cases(), ids=lambda path: path.stem)
def test_what_a_library_printed_is_read_as_it_was(path) -> None:
    assert faults(read_case(path)) == []
