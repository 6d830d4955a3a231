from pathlib import Path

import pytest
from msgspec import structs

from harness.store.folder import MANIFEST, RECORDINGS, Store
from tests.commands.milestones.programme_checkout import ProgrammeCheckout, checked_out, surroundings

BATCHED = {"MLE_TRACES": 4, "FALLBACKS": 3}
"""The programme takes the LogUp test's batched path on no commit; with these it does."""

FASTER = {
    "ROUND0_PERCENT": 70,
    "SYNCS": 0,
    "MLE_ROUNDS_PERCENT": 80,
    "FALLBACKS": 1,
    "RS_CODE_PERCENT": 60,
    "NTT_DISPATCHES": 6,
    "TRANSPOSE_DISPATCHES": 1,
    "TEMPORARY_COPIES": 1,
    "WHIR_PERCENT": 60,
    "SYNCS_PER_BATCH": 1,
    "QUEUE_PERCENT": 65,
    "POOL_REUSE_PERCENT": 80,
}
"""Every criterion of the programme that names a number or a counter is met with these."""


@pytest.fixture
def programme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProgrammeCheckout:
    """The programme as one commit on main: milestone 8 completed, the others not started, nothing recorded."""
    return checked_out(tmp_path / "programme", monkeypatch)


@pytest.fixture(scope="session")
def _measured_once(tmp_path_factory: pytest.TempPathFactory, cargo: str) -> ProgrammeCheckout:  # noqa: ARG001 (it must be there)
    folder = tmp_path_factory.mktemp("measured")
    with surroundings(folder) as patch:
        made = checked_out(folder / "programme", patch)
        made.begin("9")
        made.state("ROUND0_PERCENT", 70)
        made.state("SYNCS", 0)
        made.commit("Milestone 9: one dispatch for all cosets")
        made.json("compare", "main", "HEAD")
    return made


@pytest.fixture
def measured(_measured_once: ProgrammeCheckout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProgrammeCheckout:
    """The programme amid milestone 9: begun and done on perf/m9, compared with main, not validated, no document made.

    Round 0 takes 30 % less than on main. Measured once a session: every test gets the same recordings.
    """
    return _measured_once.copy_to(tmp_path / "programme", monkeypatch)


@pytest.fixture(scope="session")
def _documented_once(_measured_once: ProgrammeCheckout, tmp_path_factory: pytest.TempPathFactory) -> ProgrammeCheckout:
    folder = tmp_path_factory.mktemp("documented")
    with surroundings(folder) as patch:
        made = _measured_once.copy_to(folder / "programme", patch)
        made.json("milestone", "metrics", "9", "--base", "main", "--head", "HEAD")
        made.json("milestone", "criteria", "9")
        made.json("milestone", "validate", "9")
    return made


@pytest.fixture
def documented(
    _documented_once: ProgrammeCheckout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ProgrammeCheckout:
    """`measured` with every part of milestone 9's file made: validated, but for a round trip that holds no test."""
    return _documented_once.copy_to(tmp_path / "programme", monkeypatch)


@pytest.fixture(scope="session")
def _completed_once(_documented_once: ProgrammeCheckout, tmp_path_factory: pytest.TempPathFactory) -> ProgrammeCheckout:
    folder = tmp_path_factory.mktemp("completed")
    with surroundings(folder) as patch:
        made = _documented_once.copy_to(folder / "programme", patch)
        assert made.complete("9")["changed"]
        made.commit("Milestone 9: complete")
    return made


@pytest.fixture
def completed(_completed_once: ProgrammeCheckout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProgrammeCheckout:
    """`documented`, completed and committed on perf/m9: its check holds."""
    return _completed_once.copy_to(tmp_path / "programme", monkeypatch)


@pytest.fixture(scope="session")
def _calibrated_once(tmp_path_factory: pytest.TempPathFactory, cargo: str) -> ProgrammeCheckout:  # noqa: ARG001 (it must be there)
    folder = tmp_path_factory.mktemp("calibrated")
    with surroundings(folder) as patch:
        made = checked_out(folder / "programme", patch)
        for constant, value in BATCHED.items():
            made.state(constant, value)
        made.set_values("9", status="completed")
        made.commit("Milestone 9 is done, and the LogUp test takes the batched path")
        made.json("baseline", "m8")
        for hour in range(6):
            _taken_at(made, made.json("doctor", "--calibrate")["recording"], f"2026-03-01T0{hour}:00:00.000Z")
        made.begin("12")
        for constant, value in FASTER.items():
            made.state(constant, value)
        made.commit("Milestone 12: every part faster")
        made.json("run")
    return made


@pytest.fixture
def calibrated(
    _calibrated_once: ProgrammeCheckout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ProgrammeCheckout:
    """The programme amid milestone 12 on perf/m12: main is the m8 of this host, HEAD was measured in another session.

    Milestone 9 is completed on main, by its file at least.

    Six calibration sessions, an hour apart, say how much sessions differ. HEAD has the constants of FASTER, most of
    them outside the milestone's focus files.
    """
    return _calibrated_once.copy_to(tmp_path / "programme", monkeypatch)


def _taken_at(checkout: ProgrammeCheckout, recording: str, started: str) -> None:
    """Makes a stored recording one that began at another time."""
    store = Store(root=checkout.path / ".harness")
    manifest = structs.replace(store.load(recording).manifest, started=started)
    draft = store.root / RECORDINGS / f"draft-{recording}"
    (store.root / RECORDINGS / recording).rename(draft)
    (draft / MANIFEST).unlink()
    store.publish_draft(draft, manifest)
