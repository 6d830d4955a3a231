import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.rank_interval import RatioInterval
from harness.compare.verdict import Gate, Verdict, gate, overall, read_verdict


def interval(low, high):
    return RatioInterval(ratio=1.0, low=low, high=high, p=0.5, alpha=0.05, min_detectable=None)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.98, 1.02, Verdict.SAME),
        (1.01, 1.03, Verdict.SAME),
        (1 / 1.03, 0.999, Verdict.SAME),
        (1.0, 1.0, Verdict.SAME),
        (1.01, 1.031, Verdict.SLOWER),
        (1.2, 1.3, Verdict.SLOWER),
        (0.96, 0.99, Verdict.FASTER),
        (0.5, 0.6, Verdict.FASTER),
        (1.0, 1.2, Verdict.UNDECIDED),
        (0.8, 1.0, Verdict.UNDECIDED),
        (0.9, 1.1, Verdict.UNDECIDED),
        (0.96, 1.02, Verdict.UNDECIDED),
        (0.98, 1.031, Verdict.UNDECIDED),
        (None, None, Verdict.UNDECIDED),
    ],
)
def test_the_verdict_is_read_off_the_interval(low, high, verdict):
    assert read_verdict(interval(low, high), 0.03) is verdict


@pytest.mark.parametrize(
    ("gating", "verdict"),
    [
        ([], Verdict.UNDECIDED),
        ([Verdict.SAME], Verdict.SAME),
        ([Verdict.SAME, Verdict.NEW], Verdict.NEW),
        ([Verdict.SAME, Verdict.FASTER], Verdict.FASTER),
        ([Verdict.FASTER, Verdict.MISSING], Verdict.MISSING),
        ([Verdict.FASTER, Verdict.UNDECIDED, Verdict.MISSING], Verdict.UNDECIDED),
        (list(Verdict), Verdict.SLOWER),
    ],
)
def test_the_overall_verdict_is_the_worst(gating, verdict):
    assert overall(gating) is verdict
    assert overall(reversed(gating)) is verdict


@pytest.mark.parametrize(
    ("gating", "answer"),
    [
        ([], Gate.CANNOT_TELL),
        ([(Verdict.SAME, None)], Gate.PASSED),
        ([(Verdict.SAME, 1.02)], Gate.PASSED),
        ([(Verdict.FASTER, 0.9)], Gate.PASSED),
        ([(Verdict.UNDECIDED, 1.10)], Gate.PASSED),
        ([(Verdict.UNDECIDED, 1.11)], Gate.CANNOT_TELL),
        ([(Verdict.UNDECIDED, None)], Gate.CANNOT_TELL),
        ([(Verdict.MISSING, None)], Gate.CANNOT_TELL),
        ([(Verdict.NEW, None)], Gate.CANNOT_TELL),
        ([(Verdict.SAME, 1.0), (Verdict.UNDECIDED, 1.2)], Gate.CANNOT_TELL),
        ([(Verdict.SLOWER, 1.04)], Gate.REGRESSION),
        ([(Verdict.MISSING, None), (Verdict.SLOWER, 1.3)], Gate.REGRESSION),
    ],
)
def test_the_gate_passes_only_what_is_shown(gating, answer):
    assert gate(gating, 0.10) is answer


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Verdict), st.none() | st.floats(0.5, 2))), st.sampled_from(Verdict))
def test_one_more_gating_kpi_never_makes_an_answer_better(gating, extra):
    badness = [Gate.PASSED, Gate.CANNOT_TELL, Gate.REGRESSION]
    more = gate([*gating, (extra, None)], 0.10)
    if gating:
        assert badness.index(more) >= badness.index(gate(gating, 0.10))
    assert overall([extra, *(verdict for verdict, _ in gating)]) in {extra, overall(verdict for verdict, _ in gating)}
