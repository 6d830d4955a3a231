"""Spans that no contract names, read off real captures by qualified names."""

from pathlib import Path

import pytest

from harness.commands.finding import find_recording
from harness.commands.importing import import_captures
from harness.commands.span_samples import samples_of
from harness.commands.workspace import open_workspace

ROOT = Path(__file__).parent.parent.parent
CAPTURES = ROOT / "tests" / "data" / "captures"


@pytest.fixture
def workspace(tmp_path):
    def opened(target):
        return open_workspace(ROOT, store=tmp_path, target=target, host=None)

    return opened


def only(found):
    assert len(found) == 1
    return next(iter(found.values()))


def of_m8(workspace, *name):
    here = workspace("openvm-metal")
    return only(samples_of(here, find_recording(here, "m8"), [name]))


def test_a_span_outside_the_contract_has_a_sample_every_measured_run(workspace):
    record = of_m8(workspace, "logup", "prover.rap_constraints")
    assert (record.missing, len(record.values), sorted(record.values)[2]) == (None, 5, 15.9)


def test_levels_may_be_skipped(workspace):
    skipped = of_m8(workspace, "keccakf", "prover.main_trace_commit > merkle_tree")
    whole = of_m8(workspace, "keccakf", "prover.main_trace_commit > stacked_commit > merkle_tree")
    assert skipped.values == whole.values
    assert len(skipped.values) == 5


def test_a_name_that_means_several_spans_is_missing_and_lists_them(workspace):
    record = of_m8(workspace, "keccakf", "prover.openings.whir > merkle_tree")
    assert record.values == ()
    assert record.missing is not None
    assert record.missing.startswith(
        "3 spans match: stark_prove_excluding_trace > prover.openings > prover.openings.whir"
    )


def test_a_recorded_kpi_is_what_it_was_recorded_as(workspace):
    here = workspace("openvm-cpu")
    recording = import_captures(here, [("keccakf", CAPTURES / "cpu_keccakf.log")]).recording
    record = only(samples_of(here, recording, [("keccakf", "rs_code_matrix")]))
    assert record == recording.manifest.kpi("keccakf", "rs_code_matrix")


def test_of_several_proofs_a_process_the_first_counts(workspace):
    here = workspace("openvm-cuda")
    recording = import_captures(here, [("keccakf", CAPTURES / "h200_keccakf.log")]).recording
    record = only(samples_of(here, recording, [("keccakf", "prover.main_trace_commit > merkle_tree")]))
    assert (len(record.values), record.notes[:1]) == (5, ("first proof of each process (cold)",))
    assert record.warm_median is not None


def test_a_benchmark_that_was_not_recorded_says_so(workspace):
    here = workspace("openvm-cuda")
    recording = import_captures(here, [("keccakf", CAPTURES / "h200_keccakf.log")]).recording
    assert only(samples_of(here, recording, [("logup", "merkle_tree")])).missing == "benchmark not recorded"
