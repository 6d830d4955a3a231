"""The Metrics section of each milestone as data: all that the section shows."""

import json

import pytest
from msgspec import structs

from harness.documents.milestones.metrics_json import metrics_json
from harness.milestones.evidence import Recordings
from tests.documents.milestones.evidence_made import evidence_of, measured_like
from tests.documents.milestones.hostile_evidence import hostile_evidence

IDS = [str(number) for number in range(8, 16)]


def data_of(evidence):
    return json.loads(json.dumps(metrics_json(evidence)))


def part_of(evidence, form):
    return next(one for one in data_of(evidence)["parts"] if one["form"] == form)


@pytest.mark.parametrize("milestone_id", IDS)
def test_the_section_as_data_names_recordings_comparisons_and_logs(cases, milestone_id):
    evidence = cases[milestone_id]
    data, recordings = data_of(evidence), evidence.recordings

    assert data["milestone"] == milestone_id
    assert data["recordings"] == {which.value: one.id for which, one in recordings.sides}
    assert data["sessions"] == [one.id for one in recordings.sessions]
    assert (data["comparison"] is None) == (recordings.base is None)
    assert (data["against_reference"] is None) == (recordings.reference is None)
    assert [log["path"] for log in data["logs"]] == [log.path for log in evidence.logs]
    if data["comparison"]:
        assert data["comparison"]["verdict"] == evidence.comparison.verdict.value


@pytest.mark.parametrize("milestone_id", IDS)
def test_each_part_of_the_programme_is_there_with_what_its_form_shows(cases, milestone_id):
    parts = data_of(cases[milestone_id])["parts"]
    asked = cases[milestone_id].milestone.metrics

    assert [(one["form"], one["title"], one["benchmark"] or "") for one in parts] == [
        (one.form.value, one.title, one.benchmark) for one in asked
    ]
    for one in parts:
        assert bool(one["spans"]) == (one["form"] != "counters")
        assert bool(one["counters"]) == (one["form"] == "counters")
        assert (one["gate"] is not None) == (one["form"] == "target-gate")


def test_a_span_has_its_spread_on_every_side_and_a_missing_one_its_reason(cases):
    spans = {one["name"]: one for one in part_of(cases["10"], "reference-delta")["spans"]}
    found, missing = spans["prover.rap_constraints.logup_gkr"], spans["prover.rap_constraints"]

    assert found["benchmark"] == "logup"
    assert found["head"] == {"median_ms": 6.66, "n": 5, "p95_ms": 6.8, "low_ms": 6.53, "high_ms": 6.8}
    assert (found["base"]["median_ms"], found["reference"]["median_ms"]) == (9.52, 8.74)
    assert [missing[side] for side in ("base", "head", "reference")] == [
        {"missing": "no span prover.rap_constraints"}
    ] * 3


def test_a_reference_that_is_the_base_is_not_told_twice(cases):
    spans = part_of(cases["15"], "headline")["spans"]

    assert [one["benchmark"] for one in spans] == ["keccakf", "logup"]
    assert [one["reference"] for one in spans] == [None, None]
    assert spans[0]["base"]["median_ms"] == 2440


def test_the_contracts_table_has_the_one_side_that_there_is(cases, contract):
    spans = part_of(cases["8"], "contract-table")["spans"]

    assert [(one["benchmark"], one["name"]) for one in spans] == [
        (one.name, kpi) for one in contract.benchmarks for kpi in contract.kpis
    ]
    assert {(one["base"], one["reference"]) for one in spans} == {(None, None)}
    assert spans[0]["head"]["median_ms"] == 2440
    assert [one["name"] for one in spans if "missing" in one["head"]] == [
        "stark_prove_excluding_trace",
        "prover.main_trace_commit",
        "prover.openings.whir",
    ]


def test_counters_are_told_by_side_with_their_keys_calls_and_sums(cases):
    base, head = part_of(cases["9"], "counters")["counters"]

    assert (base["side"], base["event"], base["keys"]) == ("base", "metal_dispatch_stage", {"stage": "round0"})
    assert (base["read_from"], head["side"]) == ("counters run", "head")
    assert base["calls"] == {"median": 3, "low": 3, "high": 3, "n": 1, "runs": 1}
    assert [(one["name"], one["values"], one["sum"]["low"]) for one in base["fields"]] == [
        ("kernel_count", ["4"], 12),
        ("sync_count", ["1"], 3),
    ]


def test_the_programs_own_counters_have_their_names_and_what_was_not_counted_its_reason(cases):
    pool = [one for one in data_of(cases["14"])["parts"] if one["form"] == "counters"][1]["counters"]
    idle = [one for one in data_of(cases["10"])["parts"] if one["form"] == "counters"][1]["counters"]

    assert [(one["side"], one["metric"], one["sum"]["low"]) for one in pool] == [
        ("base", "metal.buffer_pool.miss", 9),
        ("base", "metal.buffer_pool.reuse", 3),
        ("head", "metal.buffer_pool.miss", 0),
        ("head", "metal.buffer_pool.reuse", 12),
    ]
    reason = "no counters run is recorded, and it came in no measured run"
    assert idle == [{"side": "base", "missing": reason}, {"side": "head", "missing": reason}]


@pytest.mark.parametrize(
    ("factor", "target", "met", "doubt"),
    [
        (0.4, "openvm-metal", True, ""),
        (0.7, "openvm-metal", False, ""),
        (0.4, "openvm-cuda", None, "the limit is for openvm-metal"),
    ],
)
def test_a_gate_is_met_or_not_or_in_doubt(cases, m8, factor, target, met, doubt):
    head, known = measured_like(m8, "c", factor, target=target), cases["15"]
    evidence = evidence_of(known.milestone, known.contract, Recordings(head=head, base=m8))
    gate = part_of(evidence, "target-gate")["gate"]

    assert (gate["kpi"], gate["maximum_ms"], gate["met"]) == ("stark_prove_excluding_trace", 1180, met)
    assert doubt in gate["doubt"]
    assert bool(gate["doubt"]) == (met is None)


def test_a_gate_without_its_span_is_in_doubt_for_that(cases):
    evidence = cases["15"]
    gate = next(one for one in evidence.milestone.metrics if one.form.value == "target-gate")
    milestone = structs.replace(evidence.milestone, metrics=(structs.replace(gate, kpi="no.such.span"),))
    (part,) = data_of(structs.replace(evidence, milestone=milestone))["parts"]

    assert part["gate"] | {"maximum_ms": 0} == {
        "kpi": "no.such.span",
        "maximum_ms": 0,
        "met": None,
        "doubt": "not read when this was recorded",
    }
    assert part["spans"][0]["head"] == {"missing": "not read when this was recorded"}


@pytest.mark.parametrize("way", ["in turns", "across sessions", "not comparable", "base is reference"])
def test_whatever_the_evidence_holds_is_data(cases, hostile, way):
    for text in filter(str.strip, hostile):
        data = json.loads(json.dumps(metrics_json(hostile_evidence(cases, text, way)), ensure_ascii=True))

        assert len(data["parts"]) == 8
