from statistics import median

import msgspec
import pytest
from msgspec.structs import replace

from harness.kpis.check import Standing, check, doubt_about_runs, limit_doubt
from harness.recording.manifest import KpiRecord, RunKind, Workload

TOTAL = "stark_prove_excluding_trace"
PUBLISHED = {
    (TOTAL, "keccakf"): 2440.00,
    (TOTAL, "logup"): None,
    ("prover.main_trace_commit", "keccakf"): 891.00,
    ("prover.main_trace_commit", "logup"): None,
    ("rs_code_matrix", "keccakf"): 655.00,
    ("rs_code_matrix", "logup"): 4.38,
    ("prover.rap_constraints.round0", "keccakf"): 949.00,
    ("prover.rap_constraints.round0", "logup"): 3.03,
    ("prover.rap_constraints.mle_rounds", "keccakf"): 178.00,
    ("prover.rap_constraints.mle_rounds", "logup"): 3.25,
    ("prover.openings.whir", "keccakf"): 314.00,
    ("prover.openings.whir", "logup"): None,
    ("prover.rap_constraints.logup_gkr", "keccakf"): 1.54,
    ("prover.rap_constraints.logup_gkr", "logup"): 8.74,
}


def with_kpi(manifest, benchmark, kpi, **changes):
    kpis = tuple(
        replace(one, **changes) if (one.benchmark, one.kpi) == (benchmark, kpi) else one for one in manifest.kpis
    )
    return replace(manifest, kpis=kpis)


def without(**changes):
    return {"values": (), "lows": (), "highs": (), "runs": (), **changes}


def with_workload(manifest, cells):
    benchmarks = tuple(
        replace(one, workload=Workload(cells=cells)) if one.name == "keccakf" else one for one in manifest.benchmarks
    )
    return replace(manifest, benchmarks=benchmarks)


def cell_of(checked, benchmark, kpi):
    return next(one for one in checked.cells if (one.benchmark, one.kpi) == (benchmark, kpi))


def limit_of(checked):
    [limit] = [one for one in checked.cells if one.expected.startswith("<=")]
    return limit


def test_the_committed_recording_holds_all_14_published_cells_to_the_digit(m8_contract, m8_recording):
    cells = check(m8_contract, m8_recording).cells[:14]
    assert {(one.kpi, one.benchmark): one.value for one in cells} == PUBLISHED
    assert {(one.kpi, one.benchmark): one.published for one in cells} == PUBLISHED
    assert [one.expected for one in cells].count("absent") == 3
    assert all(one.standing is Standing.MET and one.met is True and one.unit == "ms" for one in cells)


def test_every_absent_cell_has_its_reason_in_the_recording(m8_recording):
    absent = [one for one in m8_recording.kpis if not one.values]
    assert [(one.benchmark, one.missing) for one in absent] == [
        ("logup", f"no span {kpi}") for kpi in (TOTAL, "prover.main_trace_commit", "prover.openings.whir")
    ]


def test_m8_breaks_its_contract_for_the_1180_ms_limit_alone(m8_contract, m8_recording):
    checked = check(m8_contract, m8_recording)
    assert checked.standing is Standing.BROKEN
    [broken] = [one for one in checked.cells if one.standing is not Standing.MET]
    assert (broken.benchmark, broken.kpi, broken.expected, broken.value) == ("keccakf", TOTAL, "<= 1180", 2440)
    assert broken.met is False
    assert broken.reason == "2x target, planned as half of 2.37 s"


@pytest.mark.parametrize(("value", "standing"), [(1180.0, Standing.MET), (1180.1, Standing.BROKEN)])
def test_the_limit_itself_is_within_the_limit(m8_contract, m8_recording, value, standing):
    values = (value - 500, value - 400, value, value + 900, value + 1000)
    checked = check(m8_contract, with_kpi(m8_recording, "keccakf", TOTAL, values=values))
    assert limit_of(checked).standing is checked.standing is standing
    assert limit_of(checked).value == value


def test_the_limit_does_not_apply_to_another_target(m8_contract, m8_recording):
    checked = check(m8_contract, replace(m8_recording, target="openvm-cpu"))
    assert checked.standing is Standing.MET
    assert limit_of(checked).met is None
    assert limit_of(checked).reason == "not applicable: the limit is for openvm-metal"


@pytest.mark.parametrize(
    ("cells", "standing", "reason"),
    [
        ({"total_trace_cells": 86278144}, Standing.BROKEN, "2x target, planned as half of 2.37 s"),
        (
            {"stacked_matrix_height": 2097152, "stacked_matrix_width": 21},
            Standing.NOT_JUDGED,
            "not applicable: stacked_matrix_width is 21, the limit is for 42",
        ),
        (
            {"total_trace_cells": 674048},
            Standing.NOT_JUDGED,
            "not applicable: total_trace_cells is 674048, the limit is for 86278144",
        ),
        (
            {"main_trace_cells": 1},
            Standing.CANNOT_TELL,
            "unknown workload: the log states none of total_trace_cells, stacked_matrix_height, stacked_matrix_width",
        ),
    ],
)
def test_the_limit_is_for_one_workload(m8_contract, m8_recording, cells, standing, reason):
    limit = limit_of(check(m8_contract, with_workload(m8_recording, cells)))
    assert (limit.standing, limit.reason) == (standing, reason)


def test_an_unknown_workload_alone_makes_the_whole_check_cannot_tell(m8_contract, m8_recording):
    assert check(m8_contract, with_workload(m8_recording, {})).standing is Standing.CANNOT_TELL


def test_a_required_kpi_without_samples_is_broken_and_keeps_its_reason(m8_contract, m8_recording):
    manifest = with_kpi(m8_recording, "keccakf", "rs_code_matrix", **without(missing="2 spans match: a, b"))
    cell = cell_of(check(m8_contract, manifest), "keccakf", "rs_code_matrix")
    assert (cell.standing, cell.value, cell.reason) == (Standing.BROKEN, None, "2 spans match: a, b")


def test_a_required_kpi_that_was_never_asked_for_is_broken(m8_contract, m8_recording):
    kpis = tuple(one for one in m8_recording.kpis if one.kpi != "rs_code_matrix")
    cell = cell_of(check(m8_contract, replace(m8_recording, kpis=kpis)), "logup", "rs_code_matrix")
    assert (cell.standing, cell.reason, cell.unit) == (Standing.BROKEN, "not recorded", "ms")


def test_no_value_breaks_the_limit(m8_contract, m8_recording):
    limit = limit_of(check(m8_contract, with_kpi(m8_recording, "keccakf", TOTAL, **without(missing="no span"))))
    assert (limit.standing, limit.reason) == (Standing.BROKEN, "no value")


def test_not_instrumented_is_not_judged_in_cell_and_limit(m8_contract, m8_recording):
    silent = without(missing="not instrumented: no span", not_instrumented=True)
    checked = check(m8_contract, with_kpi(m8_recording, "keccakf", TOTAL, **silent))
    for one in (cell_of(checked, "keccakf", TOTAL), limit_of(checked)):
        assert one.met is None
        assert (one.standing, one.reason) == (Standing.NOT_JUDGED, "not instrumented: no span")
    assert checked.standing is Standing.MET


def test_a_cell_that_is_absent_in_the_contract_and_present_here_is_shown_but_not_judged(m8_contract, m8_recording):
    present = {"values": (5.0,) * 5, "lows": (4.9,) * 5, "highs": (5.1,) * 5, "missing": None}
    checked = check(m8_contract, with_kpi(m8_recording, "logup", "prover.openings.whir", **present))
    cell = cell_of(checked, "logup", "prover.openings.whir")
    assert (cell.standing, cell.value, cell.reason) == (Standing.NOT_JUDGED, 5, "N/A in the contract, present here")


def test_published_figures_are_shown_and_never_judged(m8_contract, m8_recording):
    values = (9999.0,) * 5
    cell = cell_of(
        check(m8_contract, with_kpi(m8_recording, "logup", "rs_code_matrix", values=values)), "logup", "rs_code_matrix"
    )
    assert (cell.standing, cell.value, cell.published) == (Standing.MET, 9999, 4.38)


def test_too_few_measured_runs_cannot_tell(m8_contract, m8_recording):
    runs = tuple(run for run in m8_recording.runs if (run.benchmark, run.number) != ("keccakf", 5))
    checked = check(m8_contract, replace(m8_recording, runs=runs))
    assert cell_of(checked, "keccakf", "rs_code_matrix").reason == "4 measured runs, the contract asks for 5"
    assert limit_of(checked).standing is checked.standing is Standing.CANNOT_TELL
    assert cell_of(checked, "logup", "rs_code_matrix").standing is Standing.MET


@pytest.mark.parametrize(
    ("kind", "number", "reason"),
    [
        (RunKind.MEASURED, 3, "keccakf run 3 failed: it panicked"),
        (RunKind.WARMUP, 0, "keccakf warmup failed: it panicked"),
    ],
)
def test_a_failed_run_cannot_tell_even_beside_enough_good_ones(m8_contract, m8_recording, kind, number, reason):
    failed = [
        replace(run, failure="it panicked")
        if (run.benchmark, run.kind, run.number) == ("keccakf", kind, number)
        else run
        for run in m8_recording.runs
    ]
    sixth = replace(m8_recording.runs[5], number=6)
    checked = check(m8_contract, replace(m8_recording, runs=(*failed, sixth)))
    assert checked.standing is Standing.CANNOT_TELL
    assert cell_of(checked, "keccakf", "rs_code_matrix").reason == reason
    assert doubt_about_runs(m8_contract, m8_recording, "keccakf") == ""


def test_a_counters_run_is_no_measured_run(m8_contract, m8_recording):
    runs = tuple(
        replace(run, kind=RunKind.COUNTERS) if (run.benchmark, run.number) == ("keccakf", 5) else run
        for run in m8_recording.runs
    )
    assert "4 measured runs" in doubt_about_runs(m8_contract, replace(m8_recording, runs=runs), "keccakf")


def test_a_benchmark_that_was_not_recorded_cannot_tell(m8_contract, m8_recording):
    runs = tuple(run for run in m8_recording.runs if run.benchmark != "logup")
    kpis = tuple(one for one in m8_recording.kpis if one.benchmark != "logup")
    checked = check(m8_contract, replace(m8_recording, runs=runs, kpis=kpis))
    assert {one.reason for one in checked.cells if one.benchmark == "logup"} == {"benchmark not recorded"}
    assert all(one.met is None for one in checked.cells if one.benchmark == "logup")


def test_broken_is_said_before_cannot_tell(m8_contract, m8_recording):
    runs = tuple(run for run in m8_recording.runs if run.benchmark != "logup")
    checked = check(m8_contract, replace(m8_recording, runs=runs))
    assert Standing.CANNOT_TELL in {one.standing for one in checked.cells}
    assert checked.standing is Standing.BROKEN


def test_a_limit_has_the_unit_of_its_kpi(m8_contract, m8_recording):
    counted = KpiRecord(benchmark="keccakf", kpi=TOTAL, unit="count", selector="count of x", values=(3, 4, 5))
    kpis = (counted, *(one for one in m8_recording.kpis if one.kpi != TOTAL))
    limit = limit_of(check(m8_contract, replace(m8_recording, kpis=kpis)))
    assert (limit.unit, limit.value) == ("count", median(counted.values))


def test_a_contract_without_cells_and_limits_is_met(m8_contract, m8_recording):
    empty = msgspec.structs.replace(m8_contract, cells=(), limits=())
    assert check(empty, m8_recording).standing is Standing.MET


def test_an_upper_bound_of_a_limited_kpi_can_be_judged_by_the_recording_it_was_set_for(m8_contract, m8_recording):
    assert limit_doubt(m8_contract, m8_recording, "keccakf", TOTAL) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"target": "openvm-cpu"}, "not applicable: the limit is for openvm-metal"),
        ({"runs": ()}, "benchmark not recorded"),
    ],
)
def test_a_bound_is_for_the_target_and_the_runs_of_its_limit(m8_contract, m8_recording, changes, reason):
    assert limit_doubt(m8_contract, replace(m8_recording, **changes), "keccakf", TOTAL) == reason


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"total_trace_cells": 674048}, "not applicable: total_trace_cells is 674048, the limit is for 86278144"),
        (
            {},
            "unknown workload: the log states none of total_trace_cells, stacked_matrix_height, stacked_matrix_width",
        ),
    ],
)
def test_a_bound_is_for_the_workload_of_its_limit(m8_contract, m8_recording, cells, reason):
    assert limit_doubt(m8_contract, with_workload(m8_recording, cells), "keccakf", TOTAL) == reason


@pytest.mark.parametrize("value", [1180.0, 2440.0])
def test_a_limit_that_is_met_or_missed_leaves_no_doubt(m8_contract, m8_recording, value):
    manifest = with_kpi(m8_recording, "keccakf", TOTAL, values=(value,) * 5)

    assert limit_doubt(m8_contract, manifest, "keccakf", TOTAL) == ""


def test_a_limited_kpi_that_is_not_instrumented_cannot_be_bounded(m8_contract, m8_recording):
    silent = without(missing="not instrumented: no span", not_instrumented=True)

    assert limit_doubt(m8_contract, with_kpi(m8_recording, "keccakf", TOTAL, **silent), "keccakf", TOTAL) == (
        "not instrumented: no span"
    )


def test_a_kpi_without_a_limit_is_bounded_by_whatever_runs_are_good(m8_contract, m8_recording):
    other = replace(m8_recording, target="openvm-cpu")
    fewer = replace(m8_recording, runs=tuple(one for one in m8_recording.runs if one.number != 5))

    assert limit_doubt(m8_contract, other, "keccakf", "prover.openings.whir") == ""
    assert limit_doubt(m8_contract, other, "logup", TOTAL) == ""
    assert limit_doubt(m8_contract, fewer, "logup", TOTAL) == "4 measured runs, the contract asks for 5"
    assert limit_doubt(m8_contract, other, "nowhere", TOTAL) == "benchmark not recorded"


def test_of_several_limits_one_that_applies_is_enough(m8_contract, m8_recording):
    [limit] = m8_contract.limits
    both = replace(m8_contract, limits=(replace(limit, target="openvm-cpu"), limit))
    neither = replace(m8_contract, limits=tuple(replace(limit, target=one) for one in ("openvm-cpu", "openvm-cuda")))

    assert limit_doubt(both, m8_recording, "keccakf", TOTAL) == ""
    assert limit_doubt(neither, m8_recording, "keccakf", TOTAL) == "not applicable: the limit is for openvm-cpu"


def test_a_doubt_is_what_the_check_of_the_limit_says(m8_contract, m8_recording):
    for manifest in (replace(m8_recording, target="openvm-cpu"), with_workload(m8_recording, {}), m8_recording):
        checked = limit_of(check(m8_contract, manifest))
        is_open = checked.standing in {Standing.NOT_JUDGED, Standing.CANNOT_TELL}
        assert limit_doubt(m8_contract, manifest, "keccakf", TOTAL) == (checked.reason if is_open else "")
