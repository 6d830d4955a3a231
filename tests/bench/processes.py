"""Processes that are measured: in turns with others, so that a slow minute of the machine hits all alike."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent.parent
HARNESS = (sys.executable, "-m", "harness")

Outcome = dict[str, float]


@dataclass(frozen=True)
class Timed:
    """A command and how long each of its processes took, in ms."""

    name: str
    took_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        return median(self.took_ms)


@dataclass(frozen=True)
class Cost:
    """What a process took: time on the processor and on the clock, and the most memory it held."""

    cpu_s: float
    wall_s: float
    peak_bytes: int


def run(args: Sequence[str], cwd: Path, store: Path) -> None:
    """Runs a command to its end, quietly."""
    subprocess.run(
        args, cwd=cwd, env=_environment(store), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def in_turns(commands: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, Timed]:
    """Every command once a round; the first round warms up and does not count."""
    took: dict[str, list[float]] = {name: [] for name in commands}
    for round_number in range(rounds + 1):
        for name, call in commands.items():
            begun = time.perf_counter()
            call()
            if round_number:
                took[name].append((time.perf_counter() - begun) * 1000)
    return {name: Timed(name, tuple(values)) for name, values in took.items()}


def cost_of_command(args: Sequence[str], store: Path) -> Cost:
    """A whole command on one core, its start included. It counts no less memory than this process holds."""
    begun = time.perf_counter()
    with on_one_core():
        process = subprocess.Popen(
            args, cwd=ROOT, env=_environment(store), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    assert process.stderr is not None
    complaint = process.stderr.read()
    process.stderr.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(args)} failed: {complaint}")
    wall_s = time.perf_counter() - begun
    return Cost(used.ru_utime + used.ru_stime, wall_s, used.ru_maxrss * maxrss_unit_bytes())


def cost_of_reader(module: str, args: Sequence[str], store: Path) -> tuple[Cost, Outcome]:
    """One module of tests/bench/readers on one core: what its work costs (not its start), and what it found."""
    command = [sys.executable, "-m", f"tests.bench.readers.{module}", *args]
    # A pool of threads takes its size from the machine, whatever core it may use.
    single = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with on_one_core():
        done = subprocess.run(command, cwd=ROOT, env=_environment(store) | single, stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    return Cost(**told["cost"]), told["found"]


def maxrss_unit_bytes() -> int:
    """What ru_maxrss counts in."""
    return 1 if sys.platform == "darwin" else 1024


@contextmanager
def on_one_core() -> Iterator[None]:
    """What is started meanwhile has one core, where the system can say so."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(all_cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)


def _environment(store: Path) -> dict[str, str]:
    # Without this, modules would be compiled anew at every start, unlike on any user's machine.
    own = {key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PYTHONDONTWRITE"))}
    return {**own, "HARNESS_STORE": str(store), "HARNESS_CACHE": str(store / "cache")}
