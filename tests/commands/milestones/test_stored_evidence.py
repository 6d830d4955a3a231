"""What a document names is there, whole, and in the repository."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.milestones.programme_checkout import FOLDER, HOLDS, ProgrammeCheckout

pytestmark = pytest.mark.slow

FILE = f"{FOLDER}/milestone-9.md"
PARTS = ("recording.json", "spans.parquet", "events.parquet", "metrics.parquet", "raw/keccakf.log.zst")


def recording_of(checkout: ProgrammeCheckout, part: str) -> Path:
    """Where the recording that plays a part is published."""
    found = re.search(rf"<!-- harness:begin metrics [^>]*\b{part} (\w+)", checkout.read(FILE))
    assert found
    return checkout.path / "baselines" / "recordings" / found[1]


def log_of(checkout: ProgrammeCheckout, pattern: str) -> Path:
    (found,) = (checkout.path / FOLDER / "baselines").glob(pattern)
    return found


def flipped(path: Path) -> None:
    """One bit of a file is another."""
    data = path.read_bytes()
    path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])


def cut(path: Path) -> None:
    """Half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def turned_into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


LOGS = {
    "of the head": "keccakf-*-m9.log",
    "of the base": "logup-*-m9-base.log",
    "of a validation": "validate-check-*-m9.log",
    "of the vacuous validation": "validate-ntt-roundtrip-*-m9.log",
}


@pytest.mark.parametrize("log", LOGS)
def test_a_published_log_that_is_gone_fails_though_the_store_has_it(completed, log: str) -> None:
    path = log_of(completed, LOGS[log])
    path.unlink()
    (said,) = completed.check("9").fails

    assert path.name in said
    assert "is missing" in said


@pytest.mark.parametrize("log", LOGS)
def test_a_published_log_that_was_altered_fails(completed, log: str) -> None:
    path = log_of(completed, LOGS[log])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\n\n", 1))
    (said,) = completed.check("9").fails

    assert path.name in said
    assert "was altered" in said or "has changed" in said


@pytest.mark.parametrize("part", ["head", "base", "reference"])
def test_a_recording_that_the_repository_lacks_fails_though_the_store_has_it(completed, part: str) -> None:
    shutil.rmtree(recording_of(completed, part))
    (said,) = completed.check("9").fails

    assert said.startswith(f"There is no recording {recording_of(completed, part).name} in {completed.path}/baselines")


def test_a_recording_that_is_nowhere_fails(completed) -> None:
    shutil.rmtree(recording_of(completed, "head"))
    shutil.rmtree(completed.path / ".harness")
    (said,) = completed.check("9").fails

    assert said.startswith(f"There is no recording {recording_of(completed, 'head').name} in ")


@pytest.mark.parametrize("part", PARTS)
def test_a_recording_that_was_altered_fails_though_the_store_has_it_whole(completed, part: str) -> None:
    folder = recording_of(completed, "head")
    flipped(folder / part)
    found = completed.check("9")

    assert found.code == 3
    assert [one for one in found.fails if folder.name in one and part in one]


@pytest.mark.parametrize(
    ("part", "damaged"),
    [
        *((part, cut) for part in PARTS),
        ("raw/keccakf.log.zst", flipped),
        ("raw/keccakf.log.zst", emptied),
        ("raw/keccakf.log.zst", turned_into_a_folder),
        ("spans.parquet", turned_into_a_folder),
    ],
)
def test_a_clones_recording_that_cannot_be_read_fails_and_is_named(
    completed, part: str, damaged: Callable[[Path], None]
) -> None:
    folder = recording_of(completed, "head")
    damaged(folder / part)
    shutil.rmtree(completed.path / ".harness")
    found = completed.check("9")

    assert found.code == 3
    assert [one for one in found.fails if folder.name in one]


def test_a_recording_that_was_altered_in_the_store_fails_before_it_is_published(documented) -> None:
    folder = documented.path / ".harness" / "recordings" / recording_of(documented, "head").name
    flipped(folder / "raw" / "logup.log.zst")

    assert [one for one in documented.check("9").fails if folder.name in one and "raw/logup.log" in one]


def test_before_it_is_completed_nothing_need_be_in_the_repository(documented) -> None:
    assert [one for one in documented.check("9").fails if "vacuous" not in one] == []


def test_the_store_is_not_needed_once_all_is_published(completed) -> None:
    shutil.rmtree(completed.path / ".harness")

    assert completed.check("9") == HOLDS
