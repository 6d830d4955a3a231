"""How quickly logs are read and how much memory that takes, beside others who do less with the same lines."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.generated_logs import CAPTURE, DEBUG_HEAVY, H200, SPAN_HEAVY
from tests.bench.processes import HARNESS, ROOT, Cost, cost_of_command, cost_of_reader

ROUNDS = 3
LOG_MB, LARGE_MB, SMALL_MB = 100, 1000, 20
LARGE_NEEDS_BYTES = 4 << 30
READER = "text_to_parquet"
PEERS = ("line_reader", "re_loop", "polars_groups", "duckdb_groups")
SLOW_PEERS = ("line_reader", "re_loop")


@dataclass(frozen=True)
class Measured:
    """The costs of one way of reading a log of `size_mb` (10^6 bytes), round by round."""

    size_mb: float
    costs: tuple[Cost, ...]

    @property
    def mb_per_s(self) -> tuple[float, ...]:
        return tuple(self.size_mb / cost.cpu_s for cost in self.costs)

    @property
    def median_mb_per_s(self) -> float:
        return median(self.mb_per_s)

    @property
    def wall_mb_per_s(self) -> float:
        return median(self.size_mb / cost.wall_s for cost in self.costs)

    @property
    def peak_mb(self) -> float:
        return max(cost.peak_bytes for cost in self.costs) / 10**6


@dataclass(frozen=True)
class LogReading:
    """What was measured; `large` is None where the disk had no room for such a log."""

    to_parquet: dict[str, Measured]
    imported: dict[str, Measured]
    peers: dict[str, Measured]
    large: Measured | None


def log_reading(folder: Path) -> LogReading:
    """Reads every kind of log in every way, in turns. Needs some 600 MB of disk; the large log 2 GB."""
    kinds = (SPAN_HEAVY, DEBUG_HEAVY, H200, CAPTURE)
    logs = {kind: _generated(kind, LOG_MB, folder) for kind in kinds}
    small = _generated(SPAN_HEAVY, SMALL_MB, folder)
    rounds: dict[tuple[str, str], list[Cost]] = {}
    sizes: dict[tuple[str, str], Path] = {}
    for _ in range(ROUNDS):
        for kind in (SPAN_HEAVY, DEBUG_HEAVY, H200):
            rounds.setdefault((READER, kind), []).append(_to_parquet(logs[kind], folder))
            sizes[READER, kind] = logs[kind]
        for kind in (SPAN_HEAVY, CAPTURE):
            rounds.setdefault(("import", kind), []).append(_import(logs[kind], folder))
            sizes["import", kind] = logs[kind]
        for peer in PEERS:
            log = small if peer in SLOW_PEERS else logs[SPAN_HEAVY]
            rounds.setdefault(("peer", peer), []).append(cost_of_reader(peer, [str(log)], folder)[0])
            sizes["peer", peer] = log
    measured = {key: Measured(_size_mb(sizes[key]), tuple(costs)) for key, costs in rounds.items()}
    for log in (*logs.values(), small):
        log.unlink()
    return LogReading(
        to_parquet=_of(READER, measured),
        imported=_of("import", measured),
        peers=_of("peer", measured),
        large=_large(folder),
    )


def _of(way: str, measured: dict[tuple[str, str], Measured]) -> dict[str, Measured]:
    return {name: one for (own_way, name), one in measured.items() if own_way == way}


def _large(folder: Path) -> Measured | None:
    if shutil.disk_usage(folder).free < LARGE_NEEDS_BYTES:
        sys.stderr.write(f"The log of {LARGE_MB} MB is left out: under 4 GB are free in {folder}.\n")
        return None
    log = _generated(SPAN_HEAVY, LARGE_MB, folder)
    measured = Measured(_size_mb(log), (_to_parquet(log, folder),))
    log.unlink()
    return measured


def _generated(kind: str, megabytes: int, folder: Path) -> Path:
    path = folder / f"{kind}-{megabytes}.log"
    command = [sys.executable, "-m", "tests.bench.generated_logs", kind, str(megabytes), str(path)]
    subprocess.run(command, cwd=ROOT, check=True)
    return path


def _size_mb(path: Path) -> float:
    return path.stat().st_size / 10**6


def _to_parquet(log: Path, folder: Path) -> Cost:
    with _emptied(folder / "tables") as tables:
        cost, found = cost_of_reader(READER, [str(log), str(tables)], folder)
    if found["issues"] or not found["spans"]:
        raise RuntimeError(f"{log.name} was not read as a whole: {found}")
    return cost


def _import(log: Path, folder: Path) -> Cost:
    with _emptied(folder / "imported") as store:
        return cost_of_command([*HARNESS, *_import_arguments(log)], store)


def _import_arguments(log: Path) -> Sequence[str]:
    return ("import", f"keccakf={log}", "--target", "openvm-cpu", "--host", "h", "--label", "a")


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """A folder that whoever fills it makes; gone afterwards."""
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
