"""Which spans are named as slower or faster: all of a comparison judged together, so that the list can be trusted."""

from collections.abc import Sequence

from msgspec.structs import replace

from harness.compare.attribution import runs_to_name, selected_level
from harness.compare.explaining import Judgeable
from harness.compare.explanation import Explanation
from harness.compare.rank_sums import boundary
from harness.compare.span_intervals import intervals, smallest_p
from harness.compare.verdict import read_verdict


def judge_spans(
    judgeable: Sequence[Judgeable], *, error_rate: float, effect_floor_ratio: float, looks: int = 1
) -> tuple[Explanation, ...]:
    """The explanations with a verdict for every span that can have one.

    Benjamini-Hochberg at `error_rate` over the spans of all benchmarks; of `looks` planned looks this is any, so each
    may use only its share.
    """
    rate = error_rate / looks
    p_values = [p for one in judgeable if one.rows for p in smallest_p(one.samples).tolist()]
    level = selected_level(p_values, rate)
    return tuple(_judged(one, level, len(p_values), rate, effect_floor_ratio) for one in judgeable)


def _judged(one: Judgeable, level: float, tests: int, rate: float, floor_ratio: float) -> Explanation:
    if not one.rows:
        return replace(one.explanation, tests=tests)
    rows = list(one.explanation.rows)
    for row, interval in zip(one.rows, intervals(one.samples, level), strict=True):
        rows[row] = replace(
            rows[row],
            ratio_low=interval.low,
            ratio_high=interval.high,
            verdict=read_verdict(interval, floor_ratio),
        )
    can_name = boundary(one.samples.sizes, rate / tests) >= 0
    return replace(
        one.explanation,
        rows=tuple(rows),
        tests=tests,
        runs_to_name=None if can_name else runs_to_name(tests, rate),
    )
