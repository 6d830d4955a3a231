"""Runs a reader's work and prints what it cost, as JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable

from tests.bench.processes import maxrss_unit_bytes


def report(work: Callable[[], dict[str, int]]) -> None:
    """Whatever was imported by now is not counted, but for its memory."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    found = work()
    cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
    peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * maxrss_unit_bytes()
    cost = {"cpu_s": cpu_s, "wall_s": wall_s, "peak_bytes": peak_bytes}
    sys.stdout.write(json.dumps({"cost": cost, "found": found}))
