from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def captures() -> Path:
    return Path(__file__).parents[1] / "data" / "captures"
