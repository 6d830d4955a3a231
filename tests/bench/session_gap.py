"""What a session puts between, before and after the processes it measures."""

import subprocess
import time
from pathlib import Path
from statistics import median

from tests.bench.processes import HARNESS, run

RUNS = 30
LARGEST_GAP = "gap between processes, largest"

SCRIPT = """#!/bin/sh
date +%s%N >> starts
printf 'INFO     stark_prove_excluding_trace [ 120ms | 100.00%% ]\\n'
date +%s%N >> ends
"""
CONFIGURATION = """default_target = "bench"
[targets.bench]
checkout = "."
[targets.bench.benchmarks.keccakf]
command = "./prove.sh"
"""


def session(folder: Path) -> dict[str, float]:
    """One session of short runs: the gaps between processes, and what stands before and after all of them, in ms."""
    work = folder / "work"
    work.mkdir()
    (work / "prove.sh").write_text(SCRIPT)
    (work / "prove.sh").chmod(0o755)
    (work / "harness.toml").write_text(CONFIGURATION)
    (work / ".gitignore").write_text("starts\nends\n")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for args in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "bench"]):
        subprocess.run(["git", *args], cwd=work, check=True)
    begun = time.time_ns()
    run([*HARNESS, "run", "--runs", str(RUNS)], work, folder / "sessions")
    finished = time.time_ns()
    starts, ends = (_stamps(work / name) for name in ("starts", "ends"))
    gaps = [(start - end) / 1e6 for end, start in zip(ends, starts[1:], strict=False)]
    return {
        "gap between processes, median": median(gaps),
        LARGEST_GAP: max(gaps),
        "the same, a bare subprocess loop, median": median(_bare_gaps(work)),
        "before the first process": (starts[0] - begun) / 1e6,
        "after the last process": (finished - ends[-1]) / 1e6,
    }


def _bare_gaps(work: Path) -> list[float]:
    """Gaps of a loop that does nothing but start the program and wait."""
    for name in ("starts", "ends"):
        (work / name).unlink()
    for _ in range(RUNS):
        subprocess.run(["./prove.sh"], cwd=work, check=True, stdout=subprocess.DEVNULL)
    starts, ends = (_stamps(work / name) for name in ("starts", "ends"))
    return [(start - end) / 1e6 for end, start in zip(ends, starts[1:], strict=False)]


def _stamps(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]
