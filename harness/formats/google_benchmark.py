"""What Google Benchmark writes with `--benchmark_out_format=json`: one row a repetition, each with its own unit.

Rows that sum up others are left out, but where a file has nothing else (`--benchmark_report_aggregates_only`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from harness.formats.document_keys import ITEM, has_keys
from harness.formats.protocol import Batch, Chunk, Shape
from harness.formats.result_values import (
    Name,
    UnusableError,
    issue_of,
    milliseconds,
    read_results,
    sampled,
    shown,
    summarized,
    typed,
)
from harness.spans.model import Issue, Timing

NAME = "google-benchmark"
SHAPE = Shape.DOCUMENT

_BEGINNING = (("context", "num_cpus"), ("benchmarks",))
_ROW = tuple(("benchmarks", ITEM, key) for key in ("run_name", "run_type", "real_time", "time_unit"))

_Identity = tuple[str, float | None, float | None, float | None]


class _Row(msgspec.Struct):
    run_name: Name
    run_type: str
    family_index: float | None = None
    per_family_instance_index: float | None = None
    repetition_index: float | None = None
    threads: float | None = None
    iterations: float | None = None
    real_time: float | None = None
    time_unit: str = ""
    aggregate_name: str = ""
    aggregate_unit: str = "time"
    error_occurred: bool = False
    error_message: str = ""
    skipped: bool = False
    skip_message: str = ""

    @property
    def identity(self) -> _Identity:
        """What the repetitions of one benchmark share, and two benchmarks of the same name do not."""
        return self.run_name, self.family_index, self.per_family_instance_index, self.threads


class _Document(msgspec.Struct):
    benchmarks: list[object]


def sniff(head: bytes) -> bool:
    """Whether this begins with the library's context, or with one of its rows."""
    return has_keys(head, _BEGINNING) or has_keys(head, _ROW)


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """One timing a benchmark, its repetitions as samples; benchmarks that failed give an issue instead."""
    yield read_results(chunks, _timings)


def _timings(document: object) -> Iterator[Timing | Issue]:
    benchmarks: dict[_Identity, list[_Row]] = defaultdict(list)
    for number, entry in enumerate(typed(document, _Document, "the file").benchmarks, start=1):
        try:
            row = typed(entry, _Row, f"row {number}")
            benchmarks[row.identity].append(row)
        except UnusableError as error:
            yield issue_of(error)
    for rows in benchmarks.values():
        try:
            yield from _benchmark(rows)
        except UnusableError as error:
            yield issue_of(error)


def _benchmark(rows: list[_Row]) -> Iterator[Timing | Issue]:
    name = rows[0].run_name
    for row in rows:
        if row.error_occurred:
            raise UnusableError(f"{shown(name)} failed: {shown(row.error_message)}")
        if row.run_type not in {"iteration", "aggregate"}:
            raise UnusableError(f"{shown(name)}: rows of type {shown(row.run_type)} are not known")
    for row in rows:
        if row.skipped:
            yield Issue(line=1, message=f"{shown(name)} was skipped: {shown(row.skip_message)}", damage=False)
    if any(row.run_type == "iteration" for row in rows):
        measured = [row for row in rows if row.run_type == "iteration" and not row.skipped]
        yield from [_repeated(repetitions) for repetitions in _results(measured)]
    else:
        medians = [row for row in rows if row.aggregate_name == "median" and row.aggregate_unit == "time"]
        yield from [summarized(name, row.real_time, row.time_unit) for row in medians]


def _results(rows: list[_Row]) -> Iterator[list[_Row]]:
    """The repetitions of each result: the same repetition again is another result of the same name."""
    results: dict[int, list[_Row]] = defaultdict(list)
    seen: Counter[float | None] = Counter()
    for row in rows:
        results[seen[row.repetition_index]].append(row)
        seen[row.repetition_index] += 1
    yield from results.values()


def _repeated(rows: list[_Row]) -> Timing:
    name = rows[0].run_name
    try:
        samples_ms = [milliseconds(row.real_time, row.time_unit) for row in rows]
    except UnusableError as error:
        raise UnusableError(f"{shown(name)}: {error}") from error
    if any(row.iterations == 0 for row in rows):
        raise UnusableError(f"{shown(name)} made no iteration")
    return sampled(name, samples_ms, "ms")
