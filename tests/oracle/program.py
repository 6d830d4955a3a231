"""The oracle program: built once, run once a mode and seed."""

import os
import subprocess
from pathlib import Path

import msgspec

from tests.oracle.truth import Truth, read_truth

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "prover" / "oracle"
TARGET = PACKAGE / "target"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A text of a tracing library, what else the program said on standard error, and the truth."""

    path: Path
    text: bytes
    standard_error: bytes
    truth: Truth


def build(cargo: str) -> Path:
    """The built program.

    Raises:
        subprocess.CalledProcessError: Cargo failed.
    """
    command = [cargo, "build", "--quiet", "--locked", "--manifest-path", PACKAGE / "Cargo.toml", "--target-dir", TARGET]
    subprocess.run(command, check=True)
    return TARGET / "debug" / "oracle"


def run(program: Path, mode: str, seed: int, folder: Path) -> Case:
    """What the library of this mode prints of the seed's program, left in the folder as well.

    Raises:
        subprocess.CalledProcessError: The program failed.
    """
    own = {key: value for key, value in os.environ.items() if key not in {"NO_COLOR", "RUST_LOG"}}
    done = subprocess.run([program, mode, str(seed), folder], env=own, check=True, stderr=subprocess.PIPE)
    (folder / f"{mode}-{seed}.err").write_bytes(done.stderr)
    return read_case(folder / f"{mode}-{seed}.log")


def read_case(path: Path) -> Case:
    """A text that was left in a folder, with what belongs to it."""
    error = path.with_suffix(".err")
    truth = path.with_suffix(".truth.jsonl")
    return Case(
        path=path,
        text=path.read_bytes(),
        standard_error=error.read_bytes() if error.exists() else b"",
        truth=read_truth(truth.read_bytes().decode("utf-8")),
    )


def forget(case: Case) -> None:
    """Removes the files of a case that agreed."""
    for suffix in (".log", ".err", ".truth.jsonl"):
        case.path.with_suffix(suffix).unlink(missing_ok=True)
