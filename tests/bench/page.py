"""docs/bench.md: what was measured beside what is wanted."""

import os
import platform
from collections.abc import Iterator

from tests.bench import explaining, startup
from tests.bench.generated_logs import CAPTURE, DEBUG_HEAVY, H200, SPAN_HEAVY
from tests.bench.log_reading import LARGE_MB, LOG_MB, ROUNDS, SMALL_MB, LogReading, Measured
from tests.bench.processes import Timed
from tests.bench.session_gap import LARGEST_GAP, RUNS

MAX_GAP_MS = 20
MIN_READ_MB_PER_S, MIN_IMPORT_MB_PER_S = 100, 50
MIN_TIMES_LOOP, MIN_TIMES_LOOP_IMPORT = 10, 5
MAX_PEAK_MB = 300
MAX_GROWTH = 1.1
"""Of the time per byte from the common size to the large one: one run each, so that less cannot be told from noise."""

KINDS = {
    SPAN_HEAVY: "span-heavy",
    DEBUG_HEAVY: "DEBUG-heavy",
    H200: "h200_keccakf",
    CAPTURE: "span-heavy, in runs of 5 MB whose KPIs are read",
}
PEERS = {
    "line_reader": f"a plain reader with `re`, line by line, that finds the same ({SMALL_MB} MB)",
    "re_loop": f"a loop of two `re` over the lines that keeps tuples ({SMALL_MB} MB)",
    "polars_groups": "Polars `str.extract_groups`",
    "duckdb_groups": "DuckDB `regexp_extract`",
}


def page(quick: dict[str, Timed], explained: dict[str, Timed], costs: dict[str, float], reading: LogReading) -> str:
    """The committed page."""
    parts = [_head(), _startup(quick), _explaining(explained), _session(costs), _reading(reading), _peers(reading)]
    return "\n".join(line for part in parts for line in part)


def _met(fulfilled: bool) -> str:
    return "met" if fulfilled else "**missed**"


def _head() -> Iterator[str]:
    yield "# What the harness itself costs"
    yield ""
    yield f"Written by `make bench` on {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}."
    yield "Such machines are shared: the ratios of one run mean something, the milliseconds little."
    yield ""


def _startup(quick: dict[str, Timed]) -> Iterator[str]:
    empty, peer = quick[startup.EMPTY], quick[startup.PEER]
    yield f"Whole processes in turns, {startup.ROUNDS} rounds after a warmup."
    yield "Goal: a stored comparison no slower than pyperf's of the same seven KPIs."
    yield ""
    yield "| command | median ms | min … max ms | × `python -c pass` | × `pyperf compare_to` | goal |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for one in quick.values():
        times_peer = one.median_ms / peer.median_ms
        goal = f"≤ 1: {_met(times_peer <= 1)}" if one.name == startup.COMPARISON else ""
        yield (
            f"| `{one.name}` | {one.median_ms:.0f} | {min(one.took_ms):.0f} … {max(one.took_ms):.0f} "
            f"| {one.median_ms / empty.median_ms:.1f} | {times_peer:.2f} | {goal} |"
        )
    yield ""


def _explaining(explained: dict[str, Timed]) -> Iterator[str]:
    yield f"The same of two recordings of {explaining.SPANS:,} spans a run and {explaining.RUNS} runs, in turns, "
    yield f"{explaining.ROUNDS} rounds after a warmup. Goal: explained in under {explaining.MAX_S:g} s."
    yield ""
    yield "| command | median ms | min … max ms | × without | goal |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for one in explained.values():
        is_goal = one.name == explaining.EXPLAINED
        goal = f"< {explaining.MAX_S:g} s: {_met(one.median_ms < explaining.MAX_S * 1000)}" if is_goal else ""
        times = one.median_ms / explained[explaining.SHOWN].median_ms
        yield (
            f"| `{one.name}` | {one.median_ms:.0f} | {min(one.took_ms):.0f} … {max(one.took_ms):.0f} "
            f"| {times:.1f} | {goal} |"
        )
    yield ""


def _session(costs: dict[str, float]) -> Iterator[str]:
    yield f"One session of 1 + {RUNS} runs of a program that ends at once."
    yield f"Goal: at most {MAX_GAP_MS} ms between one measured process's end and the next one's start."
    yield ""
    yield "| cost | ms | goal |"
    yield "| --- | ---: | --- |"
    for name, value in costs.items():
        goal = f"≤ {MAX_GAP_MS}: {_met(value <= MAX_GAP_MS)}" if name == LARGEST_GAP else ""
        yield f"| {name} | {value:.1f} | {goal} |"
    yield ""


def _reading(reading: LogReading) -> Iterator[str]:
    yield "## Reading tracing-forest's text"
    yield ""
    yield f"On one core, in turns, {ROUNDS} rounds; MB are 10^6 bytes of log a second of processor time, median."
    yield f"Generated logs of {LOG_MB} MB: a capture's run again and again, with other durations."
    yield "DEBUG-heavy: nine lines of ten are events. `harness import` is the whole command, its start included."
    yield ""
    yield "| log | MB/s | min … max | MB/s by the clock | goal MB/s | peak MB | goal MB |"
    yield "| --- | ---: | ---: | ---: | --- | ---: | --- |"
    for kind, one in reading.to_parquet.items():
        yield _measured_row(f"{KINDS[kind]} → Parquet", one, MIN_READ_MB_PER_S)
    if reading.large is not None:
        yield _measured_row(f"span-heavy, {LARGE_MB} MB, once → Parquet", reading.large, MIN_READ_MB_PER_S)
    for kind, one in reading.imported.items():
        yield _measured_row(f"`harness import`, {KINDS[kind]}", one, MIN_IMPORT_MB_PER_S)
    yield ""
    yield from _ratios(reading)


def _measured_row(name: str, one: Measured, goal: int) -> str:
    speed, peak = one.median_mb_per_s, one.peak_mb
    return (
        f"| {name} | {speed:.0f} | {min(one.mb_per_s):.0f} … {max(one.mb_per_s):.0f} | {one.wall_mb_per_s:.0f} "
        f"| ≥ {goal}: {_met(speed >= goal)} | {peak:.0f} | ≤ {MAX_PEAK_MB}: {_met(peak <= MAX_PEAK_MB)} |"
    )


def _ratios(reading: LogReading) -> Iterator[str]:
    usual = reading.to_parquet[SPAN_HEAVY].median_mb_per_s
    heavy = usual / reading.to_parquet[DEBUG_HEAVY].median_mb_per_s
    yield "| time per byte, text → Parquet | ratio | goal |"
    yield "| --- | ---: | --- |"
    yield f"| DEBUG-heavy ÷ span-heavy | {heavy:.2f} | ≤ 1: {_met(heavy <= 1)} |"
    if reading.large is None:
        yield f"| {LARGE_MB} MB ÷ {LOG_MB} MB | – | not measured: no room on the disk |"
    else:
        growth = usual / reading.large.median_mb_per_s
        yield f"| {LARGE_MB} MB ÷ {LOG_MB} MB | {growth:.2f} | ≤ {MAX_GROWTH}: {_met(growth <= MAX_GROWTH)} |"
    yield ""


def _peers(reading: LogReading) -> Iterator[str]:
    own, imported = reading.to_parquet[SPAN_HEAVY], reading.imported[SPAN_HEAVY]
    yield "The same lines, the same core, read by others. The first does the same but for Parquet; the rest take a line"
    yield "apart into groups, with no tree, intervals, fields or Parquet. `×`: how many times as fast the harness is."
    yield ""
    yield "| reader | MB/s | min … max | peak MB | × text → Parquet | goal | × `harness import` | goal |"
    yield "| --- | ---: | ---: | ---: | ---: | --- | ---: | --- |"
    for name, one in reading.peers.items():
        is_loop, is_ahead = name == "line_reader", name in {"polars_groups", "duckdb_groups"}
        times, times_import = (mine.median_mb_per_s / one.median_mb_per_s for mine in (own, imported))
        goal = f"> 1: {_met(times > 1)}" if is_ahead else ""
        goal = f"≥ {MIN_TIMES_LOOP}: {_met(times >= MIN_TIMES_LOOP)}" if is_loop else goal
        import_goal = f"≥ {MIN_TIMES_LOOP_IMPORT}: {_met(times_import >= MIN_TIMES_LOOP_IMPORT)}" if is_loop else ""
        yield (
            f"| {PEERS[name]} | {one.median_mb_per_s:.0f} | {min(one.mb_per_s):.0f} … {max(one.mb_per_s):.0f} "
            f"| {one.peak_mb:.0f} | {times:.1f} | {goal} | {times_import:.1f} | {import_goal} |"
        )
    yield ""
