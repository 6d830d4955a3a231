from statistics import median

import msgspec
import pytest

from harness.kpis.contract import KpiTable
from harness.kpis.definition import KpiDefinition, Proof, ProofScope, Reduce, Selector
from harness.kpis.samples import MAX_SPANS, MeasuredRun, collect
from harness.recording.manifest import RunKind
from harness.spans.model import NOT_WALL_TIME
from tests.capture_runs import runs_in
from tests.formats.forest_run import read, run_of

FIRST = ProofScope(proof=Proof.FIRST)
ONLY = ProofScope()


def measured_runs(path):
    return [
        MeasuredRun(number=run.number, spans=run_of([run.chunk]).spans)
        for run in runs_in(path)
        if run.kind is RunKind.MEASURED
    ]


def runs_of(*texts):
    return [MeasuredRun(number=number, spans=read(text).spans) for number, text in enumerate(texts, start=1)]


def definition(*spans, not_instrumented=None, **selector):
    return KpiDefinition(name="kpi", selector=Selector(spans=spans, **selector), not_instrumented=not_instrumented)


def leaf(duration, name="leaf"):
    return f"INFO     {name} [ {duration} | 100.00% ]"


def test_one_sample_a_run_with_what_its_text_can_mean():
    record = collect("bench", definition("leaf"), runs_of(leaf("2.44s"), leaf("999ms"), leaf("7.00ns")), ONLY)
    assert (record.benchmark, record.kpi, record.unit, record.selector) == ("bench", "kpi", "ms", "leaf")
    assert record.runs == (1, 2, 3)
    assert record.values == (2440, 999, 7e-6)
    assert record.lows == (2435, 998.5, 7e-6)
    assert record.highs == (2445, 999.5, 7e-6)
    assert record.missing is None


@pytest.mark.parametrize(
    ("texts", "missing"),
    [
        ((leaf("1.00ms"), "", leaf("3.00ms"), ""), "no span leaf in run 2, 4 of 4"),
        (("", ""), "no span leaf"),
        ((), "no good measured run"),
    ],
)
def test_a_kpi_that_one_run_lacks_is_missing_as_a_whole_with_the_reason(texts, missing):
    record = collect("bench", definition("leaf"), runs_of(*texts), ONLY)
    assert (record.values, record.lows, record.highs, record.runs) == ((), (), (), ())
    assert record.missing == missing
    assert not record.not_instrumented


def test_not_instrumented_is_missing_with_the_targets_reason_even_where_a_span_has_that_name():
    record = collect("bench", definition("leaf", not_instrumented="no such phase"), runs_of(leaf("1.00ms")), ONLY)
    assert record.values == ()
    assert record.missing == "not instrumented: no such phase"
    assert record.not_instrumented


def test_counts_are_counts():
    record = collect("bench", definition("leaf", reduce=Reduce.COUNT), runs_of(leaf("1.00ms"), ""), ONLY)
    assert (record.unit, record.values) == ("count", (1, 0))


def test_the_run_numbers_are_the_recordings_own():
    runs = [MeasuredRun(number=number, spans=read(leaf("1.00ms")).spans) for number in (2, 5)]
    assert collect("bench", definition("leaf"), runs, ONLY).runs == (2, 5)


def test_a_process_that_proves_several_times_gives_its_cold_proof_and_says_so(captures):
    runs = measured_runs(captures / "h200_keccakf.log")
    record = collect("keccakf", definition("stark_prove_excluding_trace"), runs, FIRST)
    assert record.values == (118, 119, 116, 119, 119)
    assert record.notes == ("first proof of each process (cold)",)
    later = [
        [span.duration.ns / 1e6 for span in run.spans if span.name == "stark_prove_excluding_trace"][1:] for run in runs
    ]
    assert all(len(one) == 3 for one in later)
    assert record.warm_median == median(median(one) for one in later)


def test_several_proofs_are_not_silently_one(captures):
    runs = measured_runs(captures / "h200_keccakf.log")
    record = collect("keccakf", definition("stark_prove_excluding_trace"), runs, ONLY)
    assert record.values == ()
    assert (record.missing or "").startswith("4 spans match: stark_prove_excluding_trace (line ")
    assert record.notes == ()
    assert record.warm_median is None


def test_the_encoding_of_the_cpu_backend_is_the_sum_of_its_three_phases(captures):
    table = msgspec.convert(
        {
            "span": ["eval_to_coeff_phase", "transpose_to_rm", "dft_batch"],
            "under": "rs_encode_and_merkle_cpu",
            "reduce": "sum",
        },
        KpiTable,
    )
    runs = measured_runs(captures / "cpu_logup.log")
    record = collect("logup", table.definition("rs_code_matrix"), runs, ONLY)
    assert record.missing is None
    assert record.values[0] == pytest.approx(0.0375 + 0.0204 + 0.191)
    assert record.selector == "sum of eval_to_coeff_phase + transpose_to_rm + dft_batch under rs_encode_and_merkle_cpu"
    assert all(low < value < high for low, value, high in zip(record.lows, record.values, record.highs, strict=True))


def test_a_run_with_too_many_spans_of_the_kpis_names_has_no_kpi_and_says_so():
    runs = [*runs_of(leaf("1.00ms")), MeasuredRun(number=2, spans=(), too_many=True)]
    record = collect("bench", definition("leaf"), runs, ONLY)
    assert record.values == ()
    assert record.missing == f"over {MAX_SPANS} spans of the KPIs' names in one run in run 2 of 2"


def test_what_must_be_known_of_a_spans_time_goes_with_its_kpi_once():
    parallel = (
        "INFO     a [ 2.00ms | 0.00% / 100.00% ]\nINFO     ┝━ b [ 1.00ms | 50.00% ]\nINFO     ┕━ b [ 1.00ms | 50.00% ]"
    )
    record = collect("bench", definition("a"), runs_of(parallel, leaf("1.00ms", "a"), parallel), ONLY)
    assert record.values == (2, 1, 2)
    assert record.notes == (f"a: {NOT_WALL_TIME}",)
