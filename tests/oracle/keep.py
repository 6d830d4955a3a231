"""Writes tests/data/oracle anew: `python -m tests.oracle.keep`.

The kept texts hold the formats to the libraries where there is no Rust. Their seeds are small programs that together
have what is hard: threads, spans of several threads or of no time, closed late, entered often, odd names, odd values.
"""

import shutil
import sys
from pathlib import Path

from tests.oracle.laws import MODES
from tests.oracle.program import ROOT, Case, build, read_case, run

KEPT = ROOT / "tests" / "data" / "oracle"
SEEDS = (22, 215, 245, 256, 294)
MORE_SEEDS = {"forest-0.1": (106, 117, 121), "forest-0.3": (8, 187)}


def kept_cases() -> list[Path]:
    """The texts that are kept."""
    return sorted(KEPT.glob("*.log"))


def case(name: str) -> Case:
    """A kept text by its name without suffix."""
    return read_case(KEPT / f"{name}.log")


def main() -> None:
    """Builds the program, runs every kept seed under every library, and leaves out what is empty."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise SystemExit("error: cargo is missing")
    program = build(cargo)
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir()
    for mode in MODES:
        for seed in (*SEEDS, *MORE_SEEDS.get(mode, ())):
            made = run(program, mode, seed, KEPT)
            if not made.standard_error:
                made.path.with_suffix(".err").unlink()
    size = sum(path.stat().st_size for path in KEPT.iterdir())
    sys.stdout.write(f"{len(kept_cases())} texts, {size} bytes with their truth\n")


if __name__ == "__main__":
    main()
