from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def captures() -> Path:
    return ROOT / "tests" / "data" / "captures"


@pytest.fixture(scope="session")
def m8() -> Path:
    return ROOT / "baselines" / "m8"
