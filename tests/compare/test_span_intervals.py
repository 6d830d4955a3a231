"""The same interval as one span at a time would get."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.rank_interval import Round, Samples, ratio_interval
from harness.compare.rounds import one_stratum
from harness.compare.span_intervals import SpanSamples, intervals, rounds_between, smallest_p
from harness.kpis.merged_runs import Times

sizes = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=3)


def times(values, step):
    matrix = np.array(values, dtype=np.float64)
    return Times(values=matrix, lows=matrix - step / 2, highs=matrix + step / 2)


@st.composite
def drawn(draw):
    rounds = draw(sizes)
    spans = draw(st.integers(1, 4))
    value = st.floats(1, 1000).map(lambda one: float(f"{one:.3g}"))
    sides = [
        draw(
            st.lists(
                st.lists(value, min_size=sum(n[side] for n in rounds), max_size=sum(n[side] for n in rounds)),
                min_size=spans,
                max_size=spans,
            )
        )
        for side in (0, 1)
    ]
    if draw(st.booleans()):
        sides[1] = [[one * 3 for one in span] for span in sides[1]]
    return rounds, sides, draw(st.sampled_from([0, 0.01, 1]))


def samples_of(rounds, sides, step):
    strata = [[number for number, n in enumerate(rounds) for _ in range(n[side])] for side in (0, 1)]
    positions = rounds_between(
        range(len(strata[0])),
        range(len(strata[1])),
        lambda run: (strata[0][run], 0),
        lambda run: (strata[1][run], 0),
    )
    return SpanSamples(base=times(sides[0], step), head=times(sides[1], step), rounds=positions)


def one_at_a_time(rounds, sides, step, span):
    def part(values, first, count):
        chosen = tuple(values[first : first + count])
        return Samples(
            values=chosen,
            lows=tuple(one - step / 2 for one in chosen),
            highs=tuple(one + step / 2 for one in chosen),
        )

    found, starts = [], [0, 0]
    for number, counts in enumerate(rounds):
        base, head = (part(sides[side][span], starts[side], counts[side]) for side in (0, 1))
        found.append(Round(base=base, head=head, number=number))
        starts = [start + count for start, count in zip(starts, counts, strict=True)]
    return found


@settings(max_examples=200, deadline=None)
@given(drawn(), st.sampled_from([0.3, 0.05, 0.001]))
def test_every_span_has_the_interval_that_it_would_have_alone(drawing, alpha):
    samples = samples_of(*drawing)
    together = intervals(samples, alpha)

    for span, found in enumerate(together):
        alone = ratio_interval(one_at_a_time(*drawing, span), alpha)
        assert (found.low is None, found.alpha) == (alone.low is None, alone.alpha)
        for name in ("ratio", "low", "high", "p", "min_detectable"):
            here, there = getattr(found, name), getattr(alone, name)
            assert here is there is None or here == pytest.approx(there, rel=1e-12, abs=1e-12), name
    assert smallest_p(samples).tolist() == [one.p for one in together]


def test_runs_of_a_round_that_one_side_lacks_go_with_the_round_before():
    rounds = rounds_between([1, 2, 3], [1, 2], lambda run: (run // 3, 0), one_stratum)

    assert [(one.base, one.head) for one in rounds] == [((0, 1, 2), (0, 1))]
