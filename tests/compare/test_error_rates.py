"""What the whole chain promises, by simulation with a fixed seed: printed three-digit times, rounds of five."""

from random import Random

import pytest

from harness.compare.comparison import Mode, compare
from harness.compare.verdict import Verdict

TOTAL = "stark_prove_excluding_trace"
TRIALS = 400
CALLS = (Verdict.FASTER, Verdict.SLOWER)


@pytest.fixture(scope="module")
def verdicts(kpi_of, manifest_of, side_of, m8_contract):
    """The verdicts of one comparison after another: keccakf's total, then four attribution KPIs."""

    def simulate(seed, runs, noise, *, effect=1.0, trials=TRIALS):
        draw = Random(seed)  # noqa: S311 (a simulation)
        for _ in range(trials):
            sides = [
                side_of(
                    manifest_of(
                        *(kpi_of([noise(draw) * change * scale for _ in range(runs)], kpi) for kpi, scale in KPIS)
                    ),
                    ref=ref,
                )
                for ref, change in (("base", 1.0), ("head", effect))
            ]
            found = compare(*sides, m8_contract, mode=Mode.INTERLEAVED, alternated=True)
            yield found.verdict, [one.verdict for one in found.kpis if one.base and not one.gating]

    return simulate


KPIS = ((TOTAL, 118), ("prover.main_trace_commit", 33.8), ("rs_code_matrix", 19.3), ("a", 4.05), ("b", 0.286))


def normal(draw):
    return draw.gauss(1, 0.036)


def with_outliers(draw):
    """Mostly calm, now and then a run that is a tenth slower, as on a GPU."""
    return draw.gauss(1, 0.025) * (1.12 if draw.random() < 0.08 else 1)


def two_modes(draw):
    return draw.gauss(1, 0.03) * draw.choice((1, 1.6))


@pytest.mark.parametrize("runs", [5, 10])
@pytest.mark.parametrize("noise", [normal, with_outliers, two_modes])
def test_an_unchanged_program_is_called_in_at_most_one_of_twenty_comparisons(verdicts, noise, runs):
    found = list(verdicts(20260220, runs, noise))
    assert sum(total in CALLS for total, _ in found) <= 0.05 * TRIALS


def test_among_all_attribution_spans_of_an_unchanged_program_one_in_twenty_comparisons_calls_any(verdicts):
    found = list(verdicts(20260220, 10, two_modes, trials=3 * TRIALS))
    assert sum(any(one in CALLS for one in others) for _, others in found) <= 0.05 * 3 * TRIALS
    assert {len(others) for _, others in found} == {len(KPIS) - 1}


@pytest.mark.parametrize(("effect", "expected"), [(1.10, Verdict.SLOWER), (1 / 1.10, Verdict.FASTER)])
def test_ten_percent_are_found_with_ten_runs_a_side_and_never_the_wrong_way(verdicts, effect, expected):
    found = [total for total, _ in verdicts(7, 10, lambda draw: draw.gauss(1, 0.025), effect=effect)]
    assert found.count(expected) >= 0.9 * TRIALS
    assert found.count(expected) + found.count(Verdict.UNDECIDED) == TRIALS
