"""What pytest-benchmark writes with `--benchmark-json`, `--benchmark-save` and `--benchmark-autosave`.

Times are in seconds of one iteration. Saved files hold samples only where `--benchmark-save-data` was given.
"""

from collections.abc import Iterable, Iterator

import msgspec

from harness.formats.document_keys import ITEM, has_keys
from harness.formats.protocol import Batch, Chunk, Shape
from harness.formats.result_values import Name, each_timing, read_results, sampled, summarized, typed
from harness.spans.model import Issue, Timing

NAME = "pytest-benchmark"
SHAPE = Shape.DOCUMENT

_BEGINNING = (("machine_info",), ("commit_info",), ("benchmarks",))
_BENCHMARK = (("benchmarks", ITEM, "fullname"), ("benchmarks", ITEM, "stats", "median"))


class _Stats(msgspec.Struct):
    median: float | None = None
    data: list[float | None] | None = None


class _Benchmark(msgspec.Struct):
    fullname: Name
    stats: _Stats


class _Document(msgspec.Struct):
    benchmarks: list[object]


def sniff(head: bytes) -> bool:
    """Whether this begins as pytest-benchmark's report, its keys in whatever order."""
    return has_keys(head, _BEGINNING) or has_keys(head, _BENCHMARK)


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """One timing a benchmark, named by its test's full name."""
    yield read_results(chunks, _timings)


def _timings(document: object) -> Iterator[Timing | Issue]:
    return each_timing(typed(document, _Document, "the file").benchmarks, _Benchmark, _timing)


def _timing(benchmark: _Benchmark) -> Timing:
    stats = benchmark.stats
    if stats.data:
        return sampled(benchmark.fullname, stats.data, "s")
    return summarized(benchmark.fullname, stats.median, "s")
