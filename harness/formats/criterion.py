"""What criterion.rs keeps of a benchmark: its `sample.json`, or the `estimates.json` beside it.

Neither holds the benchmark's name: it is the directory's. Both are in ns of wall time unless the benchmark measures
something else, which the files do not say.
"""

import itertools
from collections.abc import Iterable, Iterator

import msgspec

from harness.formats.document_keys import has_keys
from harness.formats.protocol import Batch, Chunk, Shape
from harness.formats.result_values import UnusableError, read_results, sampled, summarized, typed
from harness.spans.model import Issue, Timing

NAME = "criterion"
SHAPE = Shape.DOCUMENT

_UNNAMED = ""
_COUNT_LIMIT = 2**63
_SAMPLE = (("sampling_mode",), ("iters",), ("times",))
_ESTIMATES = (("median", "confidence_interval"), ("median", "point_estimate"), ("median_abs_dev",), ("std_dev",))
"""The estimates of a change, which are ratios, have neither of the last two."""


class _Interval(msgspec.Struct):
    lower_bound: float | None
    upper_bound: float | None


class _Estimate(msgspec.Struct):
    point_estimate: float | None
    confidence_interval: _Interval


class _Estimates(msgspec.Struct):
    median: _Estimate
    std_dev: _Estimate | None = None
    median_abs_dev: _Estimate | None = None


class _Sample(msgspec.Struct):
    iters: list[float | None]
    times: list[float | None]


def sniff(head: bytes) -> bool:
    """Whether this begins as a sample, or as the estimates of times."""
    return has_keys(head, _SAMPLE) or has_keys(head, _ESTIMATES)


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """One timing without a name: the time of one iteration in each sample, or else the median of them."""
    yield read_results(chunks, _timings)


def _timings(document: object) -> Iterator[Timing | Issue]:
    is_sample = isinstance(document, dict) and "iters" in document
    yield (
        _sampled(typed(document, _Sample, "sample"))
        if is_sample
        else _summary(typed(document, _Estimates, "estimates"))
    )


def _sampled(sample: _Sample) -> Timing:
    per_iteration: list[float | None] = []
    for number, (time, iterations) in enumerate(itertools.zip_longest(sample.times, sample.iters), start=1):
        if iterations is None or not (1 <= iterations < _COUNT_LIMIT and iterations.is_integer()):
            raise UnusableError(f"sample {number}: {iterations} is no number of iterations")
        per_iteration.append(None if time is None else time / iterations)
    return sampled(_UNNAMED, per_iteration, "ns")


def _summary(estimates: _Estimates) -> Timing:
    if estimates.std_dev is None and estimates.median_abs_dev is None:
        raise UnusableError("estimates of a relative change, not of times")
    interval = estimates.median.confidence_interval
    bounds = (interval.lower_bound, interval.upper_bound)
    return summarized(_UNNAMED, estimates.median.point_estimate, "ns", bounds=bounds)
