"""What the rows of any format must be among themselves."""

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.spans.model import Span


def broken_rows(spans: Sequence[Span]) -> Iterator[str]:
    """Rows whose numbers, paths or occurrences do not agree with each other."""
    siblings: Counter[tuple[int | None, str]] = Counter()
    trees = 0
    for index, span in enumerate(spans):
        above = None if span.parent is None else spans[span.parent] if 0 <= span.parent < index else span
        trees += above is None
        right = {
            "seq": index,
            "tree": trees - 1,
            "depth": above.depth + 1 if above else 0,
            "path": (*above.path, span.name) if above else (span.name,),
            "occurrence": siblings[span.parent, span.name],
        }
        siblings[span.parent, span.name] += 1
        for what, expected in right.items():
            if getattr(span, what) != expected:
                yield f"row {index} '{span.name}': {what} is {getattr(span, what)!r}, by the rows above {expected!r}"
        yield from _broken_times(span, index)


def _broken_times(span: Span, index: int) -> Iterator[str]:
    duration = span.duration
    if duration and not 0 <= duration.low_ns <= duration.ns <= duration.high_ns:
        yield f"row {index} '{span.name}': {duration} is out of order"
    if span.start_ns is not None and span.end_ns is not None and span.start_ns > span.end_ns:
        yield f"row {index} '{span.name}': starts at {span.start_ns} ns, ends at {span.end_ns} ns"
