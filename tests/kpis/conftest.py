from pathlib import Path

import pytest

from harness.kpis.contract import Contract, contract_from_toml
from harness.recording.manifest import Manifest, from_json

ROOT = Path(__file__).parent.parent.parent
BASELINES = ROOT / "baselines"


@pytest.fixture(scope="session")
def m8_toml() -> str:
    return (BASELINES / "m8" / "contract.toml").read_text("utf-8")


@pytest.fixture(scope="session")
def m8_contract(m8_toml) -> Contract:
    return contract_from_toml(m8_toml, where="baselines/m8/contract.toml")


@pytest.fixture(scope="session")
def m8_recording() -> Manifest:
    """The one committed recording: the published figures."""
    [path] = (BASELINES / "recordings").glob("*/recording.json")
    return from_json(path.read_bytes(), where=str(path))


@pytest.fixture(scope="session")
def captures() -> Path:
    return ROOT / "tests" / "data" / "captures"
