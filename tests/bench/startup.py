"""How long quick verbs take as whole processes, against an empty interpreter and pyperf's comparison."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.processes import HARNESS, ROOT, Timed, in_turns, run

CAPTURE = ROOT / "tests" / "data" / "captures" / "h200_keccakf.log"
ROUNDS = 15
EMPTY, COMPARISON, PEER = "python -c pass", "harness compare A B --stored", "pyperf compare_to"


def startup(folder: Path) -> dict[str, Timed]:
    """Process times of quick verbs against an empty interpreter and against pyperf's comparison of the same KPIs."""
    store = folder / "store"
    (folder / "slower.log").write_text(CAPTURE.read_text().replace("excluding_trace [ 11", "excluding_trace [ 12"))
    for label, log in (("a", CAPTURE), ("b", folder / "slower.log")):
        run(
            [*HARNESS, "import", f"keccakf={log}", "--target", "openvm-cuda", "--host", "h", "--label", label],
            ROOT,
            store,
        )
    shown = subprocess.run(
        [*HARNESS, "--store", str(store), "show", "a", "--format", "json"], cwd=ROOT, capture_output=True, check=True
    )
    kpis = json.loads(shown.stdout)["kpis"]
    for name, factor in (("a", 1.0), ("b", 1.1)):
        _write_pyperf_suite(folder / f"{name}.json", kpis, factor)
    suites = [str(folder / "a.json"), str(folder / "b.json")]
    return in_turns(
        {
            EMPTY: lambda: run([sys.executable, "-c", "pass"], ROOT, store),
            "harness --help": lambda: run([*HARNESS, "--help"], ROOT, store),
            COMPARISON: lambda: run([*HARNESS, "compare", "a", "b", "--stored"], ROOT, store),
            PEER: lambda: run([sys.executable, "-m", "pyperf", "compare_to", *suites], ROOT, store),
        },
        ROUNDS,
    )


def _write_pyperf_suite(path: Path, kpis: Sequence[dict[str, Any]], factor: float) -> None:
    """The samples of a recording as pyperf stores them."""
    benchmarks = [
        {
            "metadata": {"name": kpi["kpi"], "unit": "second"},
            "runs": [{"values": [value / 1000 * factor]} for value in kpi["samples"]],
        }
        for kpi in kpis
    ]
    path.write_text(json.dumps({"version": "1.0", "benchmarks": benchmarks}))
