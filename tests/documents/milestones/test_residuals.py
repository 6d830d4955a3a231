"""Residual bottlenecks: the contract's spans of the head, the largest first, with share and self time."""

import re

from msgspec import structs

from harness.documents.milestones.residuals import residuals
from tests.documents.milestones.evidence_made import kpi
from tests.documents.milestones.hostile_evidence import hostile_evidence, structure


def ranked(text, benchmark):
    """The lines of a benchmark's list."""
    after = next(part for part in text.split("\n\n") if part.split("\n")[0].startswith(benchmark))
    return text.split(after, 1)[1].strip("\n").split("\n\n")[0].split("\n")


def test_the_residual_bottlenecks_of_a_milestone(golden, cases):
    golden("milestone-residuals.md", residuals(cases["14"]))


def test_the_residual_bottlenecks_of_runs_that_took_turns(golden, cases):
    golden("milestone-residuals-in-turns.md", residuals(cases["9"]))


def test_they_are_of_the_head_and_ranked_by_its_medians(cases):
    evidence = cases["14"]
    head = evidence.recordings.head
    text = residuals(evidence)

    assert text.startswith("Of recording `cccccccccccccccc`. Medians;")
    for benchmark in ("keccakf", "logup"):
        lines = ranked(text, benchmark)
        names = [re.search(r"`([^`]+)`", line)[1] for line in lines]
        medians = [sorted(head.manifest.kpi(benchmark, name).values)[2] for name in names]
        assert medians == sorted(medians, reverse=True)
        assert [line.split(".")[0] for line in lines] == [str(rank) for rank in range(1, len(lines) + 1)]


def test_the_kpi_that_gates_is_the_whole_and_no_part_of_the_list(cases):
    text = residuals(cases["14"])

    assert "keccakf, `stark_prove_excluding_trace` 1.79s:" in text
    assert "`stark_prove_excluding_trace`" not in "\n".join(ranked(text, "keccakf"))
    assert "1. `prover.rap_constraints.round0`: 742ms, 41 %, self 371ms" in ranked(text, "keccakf")


def test_without_a_whole_there_are_no_shares(cases):
    lines = ranked(residuals(cases["14"]), "logup")

    assert lines[0] == "1. `prover.rap_constraints.logup_gkr`: 6.66ms, self 3.33ms"
    assert not [line for line in lines if "%" in line]


def test_a_span_without_a_figure_is_not_ranked_as_nothing(cases):
    text = "\n".join(ranked(residuals(cases["14"]), "logup"))

    assert "prover.openings.whir" not in text
    assert not re.search(r": 0(?:ns|ms|s)\b", text)


def test_a_self_time_that_cannot_be_told_says_why(cases):
    evidence = cases["14"]
    places = {
        ("keccakf", "prover.openings.whir"): kpi("keccakf", "prover.openings.whir", missing="too many *spans*"),
    }
    lines = ranked(residuals(structs.replace(evidence, self_times=places)), "keccakf")

    assert "`prover.openings.whir`: 229ms, 13 %, self: too many \\*spans\\*" in "\n".join(lines)
    assert "`rs_code_matrix`: 458ms, 26 %, self: a sum of several spans has none" in "\n".join(lines)


def test_a_recording_without_any_figure_of_the_contract_says_so(cases):
    evidence = cases["14"]
    head = evidence.recordings.head
    bare = structs.replace(head, manifest=structs.replace(head.manifest, kpis=()))
    recordings = structs.replace(evidence.recordings, head=bare)

    assert residuals(structs.replace(evidence, recordings=recordings)) == (
        "No KPI of the contract has a figure in the head's recording."
    )


def test_a_benchmark_that_was_not_recorded_has_no_list(cases):
    assert not re.search(r"^logup", residuals(cases["13"]), flags=re.MULTILINE)
    assert re.search(r"^keccakf", residuals(cases["13"]), flags=re.MULTILINE)


_BLOCK = re.compile(r"\s|#{1,6}(?:\s|$)|[-+*>](?:\s|$)|\d+[.)](?:\s|$)|`{3}|~{3}|[=-]+\s*$|<|\|")
"""What makes more of a line than text."""


def test_no_text_breaks_the_list(cases, hostile, pipes, outside_code):
    def made(text):
        lines = residuals(hostile_evidence(cases, text, "in turns")).split("\n")
        kinds = ["item" if re.match(r"\d+\. `", line) else "block" if _BLOCK.match(line) else "text" for line in lines]
        return structure("\n".join(lines), pipes, outside_code)._replace(beginnings=()), kinds

    clean = made("x")
    assert clean[0].smuggled == ()
    assert "block" not in clean[1]
    for text in filter(str.strip, hostile):
        assert made(text) == clean, text
