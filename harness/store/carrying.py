"""Runs of a session that broke off → the draft in which it goes on. The recording they come from stays as it is."""

from collections.abc import Sequence
from pathlib import Path

from harness.recording.manifest import RunRecord
from harness.store.drafts import append_run
from harness.store.folder import RAW, unwritable
from harness.store.raw import SUFFIX, read_raw_blocks


def carry_over(recording: Path, draft: Path, names: Sequence[str], runs: Sequence[RunRecord]) -> None:
    """Unpacks those of the raw files `names` that there are, and notes the runs as finished.

    Raises StoreError where the recording cannot be read or the draft not be written.
    """
    for name in names:
        if (recording / RAW / (name + SUFFIX)).is_file():
            _unpack(recording / RAW / name, draft / RAW / name)
    for run in runs:
        append_run(draft, run)


def _unpack(packed: Path, plain: Path) -> None:
    """A log whose last line was torn by a kill gets its end, so that what follows starts a line."""
    last = b"\n"
    try:
        with plain.open("wb") as file:
            for block in read_raw_blocks(packed):
                file.write(block)
                last = block[-1:]
            if last != b"\n" and plain.suffix == ".log":
                file.write(b"\n")
    except OSError as error:
        raise unwritable(plain, error) from None
