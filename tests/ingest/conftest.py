from pathlib import Path

import pytest

from harness.ingest.tables import TableWriter


@pytest.fixture(scope="session")
def captures() -> Path:
    return Path(__file__).parent.parent / "data" / "captures"


@pytest.fixture
def tables(tmp_path: Path):
    """Tables of no further interest to the test."""
    with TableWriter(tmp_path) as writer:
        yield writer
