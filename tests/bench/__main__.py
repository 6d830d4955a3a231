"""`make bench`: what the harness itself costs, as ratios measured in one run, written to docs/bench.md.

Whole processes are timed in turns (one of each, again and again), so that a slow minute of the machine hits all alike.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "bench.md"
CAPTURE = ROOT / "tests" / "data" / "captures" / "h200_keccakf.log"
ROUNDS = 15
RUNS = 30

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


@dataclass(frozen=True)
class Timed:
    """A command and how long each of its processes took, in ms."""

    name: str
    took_ms: tuple[float, ...]

    @property
    def median_ms(self) -> float:
        return median(self.took_ms)


def run(args: Sequence[str], cwd: Path, store: Path) -> None:
    # Without this, modules would be compiled anew at every start, unlike on any user's machine.
    own = {key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PYTHONDONTWRITE"))}
    environment = {**own, "HARNESS_STORE": str(store), "HARNESS_CACHE": str(store / "cache")}
    subprocess.run(args, cwd=cwd, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def in_turns(commands: dict[str, Callable[[], None]]) -> dict[str, Timed]:
    """Every command once a round; the first round warms up and does not count."""
    took: dict[str, list[float]] = {name: [] for name in commands}
    for round_number in range(ROUNDS + 1):
        for name, call in commands.items():
            begun = time.perf_counter()
            call()
            if round_number:
                took[name].append((time.perf_counter() - begun) * 1000)
    return {name: Timed(name, tuple(values)) for name, values in took.items()}


def pyperf_suite(path: Path, kpis: Sequence[dict[str, object]], factor: float) -> None:
    """The samples of a recording as pyperf stores them."""
    benchmarks = [
        {
            "metadata": {"name": kpi["kpi"], "unit": "second"},
            "runs": [{"values": [value / 1000 * factor]} for value in kpi["samples"]],  # type: ignore[union-attr]
        }
        for kpi in kpis
    ]
    path.write_text(json.dumps({"version": "1.0", "benchmarks": benchmarks}))


def startup(folder: Path) -> dict[str, Timed]:
    """Process times of quick verbs against an empty interpreter and against pyperf's comparison of the same KPIs."""
    store = folder / "store"
    harness = [sys.executable, "-m", "harness"]
    (folder / "slower.log").write_text(CAPTURE.read_text().replace("excluding_trace [ 11", "excluding_trace [ 12"))
    for label, log in (("a", CAPTURE), ("b", folder / "slower.log")):
        run(
            [*harness, "import", f"keccakf={log}", "--target", "openvm-cuda", "--host", "h", "--label", label],
            ROOT,
            store,
        )
    shown = subprocess.run(
        [*harness, "--store", str(store), "show", "a", "--format", "json"], cwd=ROOT, capture_output=True, check=True
    )
    kpis = json.loads(shown.stdout)["kpis"]
    for name, factor in (("a", 1.0), ("b", 1.1)):
        pyperf_suite(folder / f"{name}.json", kpis, factor)
    suites = [str(folder / "a.json"), str(folder / "b.json")]
    return in_turns(
        {
            "python -c pass": lambda: run([sys.executable, "-c", "pass"], ROOT, store),
            "harness --help": lambda: run([*harness, "--help"], ROOT, store),
            "harness compare A B --stored": lambda: run([*harness, "compare", "a", "b", "--stored"], ROOT, store),
            "pyperf compare_to": lambda: run([sys.executable, "-m", "pyperf", "compare_to", *suites], ROOT, store),
        }
    )


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
    run([sys.executable, "-m", "harness", "run", "--runs", str(RUNS)], work, folder / "sessions")
    finished = time.time_ns()
    starts, ends = ([int(line) for line in (work / name).read_text().split()] for name in ("starts", "ends"))
    gaps = [(start - end) / 1e6 for end, start in zip(ends, starts[1:], strict=False)]
    bare = bare_gaps(work)
    return {
        "gap between processes, median": median(gaps),
        "gap between processes, largest": max(gaps),
        "the same, a bare subprocess loop, median": median(bare),
        "before the first process": (starts[0] - begun) / 1e6,
        "after the last process": (finished - ends[-1]) / 1e6,
    }


def bare_gaps(work: Path) -> list[float]:
    """Gaps of a loop that does nothing but start the program and wait."""
    for name in ("starts", "ends"):
        (work / name).unlink()
    for _ in range(RUNS):
        subprocess.run(["./prove.sh"], cwd=work, check=True, stdout=subprocess.DEVNULL)
    starts, ends = ([int(line) for line in (work / name).read_text().split()] for name in ("starts", "ends"))
    return [(start - end) / 1e6 for end, start in zip(ends, starts[1:], strict=False)]


def page(quick: dict[str, Timed], costs: dict[str, float]) -> str:
    """The committed table."""
    empty, peer = quick["python -c pass"], quick["pyperf compare_to"]
    lines = [
        "# What the harness itself costs",
        "",
        f"Written by `make bench` on {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}.",
        "Such machines are shared: the ratios of one run mean something, the milliseconds little.",
        "",
        f"Whole processes in turns, {ROUNDS} rounds after a warmup.",
        "Goal: a stored comparison no slower than pyperf's of the same seven KPIs.",
        "",
        "| command | median ms | min … max ms | × `python -c pass` | × `pyperf compare_to` |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| `{one.name}` | {one.median_ms:.0f} | {min(one.took_ms):.0f} … {max(one.took_ms):.0f} "
            f"| {one.median_ms / empty.median_ms:.1f} | {one.median_ms / peer.median_ms:.2f} |"
            for one in quick.values()
        ),
        "",
        f"One session of 1 + {RUNS} runs of a program that ends at once.",
        "Goal: at most 20 ms between one measured process's end and the next one's start.",
        "",
        "| cost | ms |",
        "| --- | ---: |",
        *(f"| {name} | {value:.1f} |" for name, value in costs.items()),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        text = page(startup(Path(name)), session(Path(name)))
    PAGE.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
