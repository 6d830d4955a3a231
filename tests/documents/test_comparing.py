import json

import pytest
from msgspec import structs

from harness.compare.comparison import Side
from harness.documents import comparing
from harness.recording.manifest import Recording


@pytest.mark.parametrize("name", ["in_turns", "stored", "not_comparable"])
def test_a_comparison_on_a_terminal(golden, request, name):
    golden(f"compare-{name.replace('_', '-')}.txt", comparing.to_text(request.getfixturevalue(name)))


@pytest.mark.parametrize("name", ["in_turns", "not_comparable"])
def test_a_comparison_in_markdown(golden, request, name):
    golden(f"compare-{name.replace('_', '-')}.md", comparing.to_markdown(request.getfixturevalue(name)))


def test_a_comparison_as_json(golden, in_turns):
    golden("compare-in-turns.json", json.dumps(comparing.as_json(in_turns), indent=1, ensure_ascii=False))


def test_the_json_has_the_pinned_keys_and_nothing_for_what_is_absent(in_turns):
    told = comparing.as_json(in_turns)

    assert list(told) == [
        "schema",
        "base",
        "head",
        "mode",
        "comparable",
        "differences",
        "verdict",
        "reason",
        "gate",
        "kpis",
        "runs_to_name",
        "explanations",
    ]
    assert (told["schema"], told["mode"], told["verdict"]) == (1, "interleaved", "faster")
    logup = next(one for one in told["kpis"] if one["benchmark"] == "logup")
    assert (logup["base"], logup["head"], logup["ratio"], logup["verdict"]) == (None, None, None, "missing")
    keccakf = told["kpis"][0]
    assert keccakf["gating"] is True
    assert keccakf["base"]["n"] == len(keccakf["base"]["samples"]) == 5
    assert keccakf["ratio_low"] < keccakf["ratio"] < keccakf["ratio_high"] < 1


def test_a_side_says_what_it_is_and_what_nobody_said(imported):
    manifest = imported[0].manifest
    provenance = structs.replace(manifest.provenance, commit="0123456789abcdef" * 2, dirty=True)
    host = structs.replace(manifest.host, id=None)
    dirty = structs.replace(manifest, provenance=provenance, host=host)

    assert comparing.describe_side(Side(ref="x", recording=imported[0])) == (
        f"x = recording {'a' * 16}, commit not stated, openvm-cuda on h200, 2026-11-21T01:38:53Z"
    )
    assert comparing.describe_side(Side(ref="x", recording=Recording(id="1", manifest=dirty))) == (
        "x = recording 1, 0123456789ab (dirty), openvm-cuda on host not stated, 2026-11-21T01:38:53Z"
    )


def test_what_was_stored_before_is_shown_beside_with_its_gating_kpi_only(in_turns):
    assert comparing.beside_lines(in_turns) == [
        f"before was recorded on 2026-11-21T01:38:53Z as {'b' * 16}: stark_prove_excluding_trace 95.2 ms (n=5)"
    ]


def test_a_benchmark_that_neither_side_recorded_is_said_once(stored):
    notes = comparing.footnotes(stored)

    assert [note for note in notes if "logup" in note] == ["logup is recorded on neither side."]


def test_a_benchmark_that_one_side_recorded_is_said_once_and_what_is_incomparable_not_again(not_comparable):
    notes = comparing.footnotes(not_comparable)

    assert notes == ["logup is recorded on the base side only."]
    assert comparing.unrecorded_notes(not_comparable) == {"logup": notes[0]}


def test_differences_come_before_any_figure(not_comparable):
    lines = comparing.to_text(not_comparable).split("\n")
    first = next(i for i, line in enumerate(lines) if line.startswith("NOT COMPARABLE  target: "))

    assert first < next(i for i, line in enumerate(lines) if line.startswith("benchmark"))
    assert lines[-1].startswith("verdict: undecided: not comparable: target: openvm-metal against openvm-cuda")
