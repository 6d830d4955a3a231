"""The contract's KPIs as every Metrics section ends: medians, deltas, verdicts, why one is missing."""

import math

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from harness.compare.kpi_comparison import KpiComparison, KpiSide, Role
from harness.compare.verdict import Verdict
from harness.documents.milestones.contract_kpis import contract_kpis, delta_text
from harness.milestones.evidence import Recordings
from harness.recording.manifest import Recording
from tests.documents.milestones.evidence_made import evidence_of, kpi, printed

TOTAL = "stark_prove_excluding_trace"


def rows_of(text):
    return [line for line in text.split("\n") if line.startswith("| `")]


def notes_of(text):
    return [line for line in text.split("\n") if line.startswith("- ")]


def comparison_with(cases, **changes):
    """In turns, the KPI that gates changed."""
    evidence = cases["14"]
    comparison = evidence.comparison
    kpis = tuple(
        structs.replace(one, **changes) if (one.benchmark, one.kpi) == ("keccakf", TOTAL) else one
        for one in comparison.kpis
    )
    return structs.replace(evidence, comparison=structs.replace(comparison, kpis=kpis))


def test_a_milestone_without_a_base_has_no_such_part(cases):
    assert contract_kpis(cases["8"]) == ""


def test_the_kpis_stand_in_the_contracts_order_benchmark_by_benchmark(cases, contract):
    rows = rows_of(contract_kpis(cases["14"]))

    assert [tuple(row.split(" | ")[:2]) for row in rows] == [
        (f"| `{one.name}`", f"`{name}`" + (" (gates)" if one.gating == name else ""))
        for one in contract.benchmarks
        for name in contract.kpis
    ]


def test_a_row_has_medians_runs_delta_interval_verdict_and_the_reference(cases):
    assert rows_of(contract_kpis(cases["14"]))[0] == (
        f"| `keccakf` | `{TOTAL}` (gates) | 2560 | 1790 | 5 + 5 | -770 | -30.1 % | -32.2 % … -27.7 % | faster "
        "| -26.6 %, undecided |"
    )


def test_a_benchmark_beside_the_contract_that_gates_is_shown_where_it_was_recorded(cases, contract, programme):
    both = cases["14"].recordings

    def beside(recording: Recording) -> Recording:
        manifest = recording.manifest
        large = structs.replace(manifest.benchmarks[0], name="logup-large")
        runs = tuple(structs.replace(one, benchmark="logup-large") for one in manifest.runs)
        return structs.replace(
            recording,
            manifest=structs.replace(
                manifest,
                benchmarks=(*manifest.benchmarks, large),
                runs=(*manifest.runs, *runs),
                kpis=(*manifest.kpis, kpi("logup-large", TOTAL, 700, 710, 720, 730, 740)),
            ),
        )

    recordings = Recordings(head=beside(both.head), base=beside(both.base))
    rows = rows_of(contract_kpis(evidence_of(programme.milestone("13"), contract, recordings, alternated=True)))

    assert len(rows) == 15
    assert rows[-1].startswith(f"| `logup-large` | `{TOTAL}` (gates) | 720 | 720 | 5 + 5 |")


def test_reasons_that_several_kpis_share_are_said_once_with_all_their_names(cases):
    notes = notes_of(contract_kpis(cases["11"]))

    assert len([note for note in notes if "benchmark not recorded" in note]) == 1
    assert next(note for note in notes if "benchmark not recorded" in note).count("logup ") == 7
    assert notes[-1].startswith("- (gates) marks the KPI that decides")


def test_why_nothing_is_said_against_the_reference_stands_below(cases):
    notes = notes_of(contract_kpis(cases["10"]))

    assert (
        "- vs m8: the 20 calibration sessions lie within 19 days of each other, base and head 259 days apart" in notes
    )


def test_a_unit_that_is_not_ms_is_said(cases):
    side = KpiSide(median=3 << 20, n=5, samples=(3.0 * (1 << 20),) * 5, step=1.0)
    text = contract_kpis(comparison_with(cases, unit="bytes", base=side, head=side))

    assert "| 3.00 | 3.00 | 5 + 5 | 0.00 |" in text
    assert "- Units other than ms: MiB" in notes_of(text)


def test_the_verdict_is_the_comparisons_own_word(cases):
    for verdict in Verdict:
        text = contract_kpis(comparison_with(cases, verdict=verdict))
        assert f"| {verdict.value} |" in rows_of(text)[0]


def pair_of(base_ms: float | None, head_ms: float | None) -> KpiComparison:
    """One printed time on both sides; None for a side that lacks it."""
    sides = [None if value is None else side_of(value) for value in (base_ms, head_ms)]
    return KpiComparison(
        benchmark="keccakf",
        kpi=TOTAL,
        unit="ms",
        role=Role.GATE,
        base=sides[0],
        head=sides[1],
        ratio=None,
        ratio_low=None,
        ratio_high=None,
        verdict=Verdict.UNDECIDED,
        reason="",
        min_detectable=None,
        runs_to_settle=None,
    )


def side_of(value_ms: float) -> KpiSide:
    value, low, high = printed(value_ms)
    return KpiSide(median=value, n=1, samples=(value,), step=high - low)


TIMES_MS = st.floats(1e-3, 1e5)  # above, no printed time is exact


@given(base_ms=TIMES_MS, head_ms=TIMES_MS)
def test_a_delta_has_the_digits_of_the_coarser_side_and_is_right_within_them(base_ms, head_ms):
    kpi = pair_of(base_ms, head_ms)
    step = 10.0 ** round(math.log10(max(kpi.base.step, kpi.head.step)))
    difference = kpi.head.median - kpi.base.median
    text = delta_text(kpi)

    assert abs(float(text) - difference) <= 0.51 * max(step, abs(difference) / 1e4)
    assert len(text.partition(".")[2]) <= max(0, -round(math.log10(step)))
    assert text.startswith("-" if difference < 0 else "+" if difference > 0 else "0")


def test_a_side_without_figures_has_no_delta():
    assert delta_text(pair_of(None, 1.0)) == delta_text(pair_of(1.0, None)) == delta_text(pair_of(None, None)) == "–"


def test_equal_medians_differ_by_nothing_which_has_no_sign():
    assert delta_text(pair_of(2440.0, 2440.0)) == "0"
    assert delta_text(pair_of(1.54, 1.54)) == "0.00"
