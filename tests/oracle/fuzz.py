"""`make fuzz`: the log formats against the real tracing libraries, with random programs, for FUZZ_MINUTES minutes.

Every seed's program is run under every library. What a format reads wrongly is printed with the path of its text, which
stays where it is; `python -m tests.oracle.fuzz SEED` runs one seed again.
"""

import os
import random
import shutil
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from tests.oracle.laws import MODES, faults
from tests.oracle.program import build, forget, run

DEFAULT_MINUTES = 3.0
SHOWN_FAULTS = 3
SHOWN_CHARS = 400


def main(arguments: list[str]) -> int:
    """1 where a format was wrong about some text, else 0."""
    cargo = shutil.which("cargo")
    if cargo is None:
        sys.stderr.write("error: cargo is missing: install Rust 1.90 or newer from rustup.rs\n")
        return 1
    program = build(cargo)
    folder = Path(tempfile.mkdtemp(prefix="oracle-"))
    if arguments:
        failed = sum(not agrees(program, int(seed), folder) for seed in arguments)
        return int(failed > 0)
    minutes = float(os.environ.get("FUZZ_MINUTES") or DEFAULT_MINUTES)
    failed = seeds = 0
    end_s = time.monotonic() + 60 * minutes
    for seed in count(random.SystemRandom().randrange(1 << 32)):
        if time.monotonic() >= end_s:
            break
        failed += not agrees(program, seed, folder)
        seeds += 1
    say(f"{seeds} seeds under {len(MODES)} libraries and styles: {failed} read wrongly")
    if not failed:
        shutil.rmtree(folder)
    return int(failed > 0)


def agrees(program: Path, seed: int, folder: Path) -> bool:
    """Whether every format reads what its library printed of this seed's program; says so where it does not."""
    wrong = 0
    for mode in MODES:
        case = run(program, mode, seed, folder)
        found = faults(case)
        if not found:
            forget(case)
            continue
        wrong += 1
        say(f"seed {seed}, {mode}: {len(found)} faults in {case.path}")
        for fault in found[:SHOWN_FAULTS]:
            say(f"  {fault[:SHOWN_CHARS]}")
    return wrong == 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
