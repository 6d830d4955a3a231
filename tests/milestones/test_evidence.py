"""What a Metrics section is made of, and how its marker names it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from harness.compare.comparison import Mode, Side, compare
from harness.documents.markers import find, wrap
from harness.kpis.contract import contract_from_toml
from harness.milestones.evidence import (
    Evidence,
    RecordedIds,
    Recordings,
    Which,
    name_recordings,
    named_recordings,
)
from harness.milestones.figures import Absent, Figure
from harness.milestones.programme import Milestone
from harness.recording.manifest import KpiRecord, Recording, from_json

BASELINES = Path(__file__).parent.parent.parent / "baselines"
CONTRACT = contract_from_toml((BASELINES / "m8" / "contract.toml").read_text("utf-8"), where="contract.toml")
MANIFEST = from_json((BASELINES / "recordings" / "0ae611f3c83983b8" / "recording.json").read_bytes(), where="")
TOTAL = "stark_prove_excluding_trace"
IDS = st.text("0123456789abcdef", min_size=16, max_size=16)


def recording(recording_id: str = "a" * 16) -> Recording:
    return Recording(id=recording_id, manifest=MANIFEST)


HEAD, BASE, REFERENCE = recording("a" * 16), recording("b" * 16), recording("c" * 16)


def evidence(recordings: Recordings, **changes) -> Evidence:
    made = Evidence(
        milestone=Milestone(id="9", title="t", goal="g"),
        contract=CONTRACT,
        recordings=recordings,
        reference_label="m8",
        comparison=None,
        against_reference=None,
        samples={},
        self_times={},
        counted={},
        logs=(),
    )
    return structs.replace(made, **changes)


def comparison(base: Recording = BASE, head: Recording = HEAD):
    sides = Side(ref="base", recording=base), Side(ref="head", recording=head)
    return compare(*sides, CONTRACT, mode=Mode.STORED, alternated=True)


def record(*values: float, **changes) -> KpiRecord:
    facts = {"runs": tuple(range(len(values))), "values": values, "lows": values, "highs": values}
    return KpiRecord(**{"benchmark": "keccakf", "kpi": "x", "unit": "ms", "selector": "x", **facts, **changes})


@st.composite
def recordings_made(draw) -> Recordings:
    head, base, reference = (recording(draw(IDS)) for _ in range(3))
    sessions = tuple(recording(one) for one in draw(st.lists(IDS, max_size=4, unique=True)))
    if not draw(st.booleans()):
        return Recordings(head=head, sessions=sessions)
    kind = draw(st.sampled_from(["own", "base", "none"]))
    return Recordings(
        head=head,
        base=base,
        reference=reference if kind == "own" else None,
        no_reference="no recording" if kind == "none" else "",
        sessions=sessions,
    )


@given(recordings=recordings_made(), milestone_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", fullmatch=True))
def test_the_recordings_that_a_marker_names_are_those_that_it_was_given(recordings, milestone_id):
    made = evidence(recordings, milestone=Milestone(id=milestone_id, title="t", goal="g"))
    marked = find(wrap("metrics", name_recordings(made), "- text"), "metrics", where="")

    assert named_recordings(marked.name) == RecordedIds(
        head=recordings.head.id,
        base=recordings.base.id if recordings.base else None,
        reference=recordings.reference.id if recordings.reference else None,
        base_is_reference=made.base_is_reference,
        sessions=tuple(one.id for one in recordings.sessions),
    )


@given(recordings_made())
def test_what_is_named_is_everything_that_the_section_needs(recordings):
    ids = named_recordings(name_recordings(evidence(recordings)))
    named = {one for one in (ids.head, ids.base, ids.reference, *ids.sessions) if one}

    assert named == {one.id for one in recordings.everything}


@given(st.text(max_size=80))
def test_any_text_between_markers_is_read_without_an_error(text):
    found = named_recordings(text)

    assert found is None or found.head


@pytest.mark.parametrize(
    "marker", ["", "milestone-9", "milestone-9 head", "milestone-9 base " + "b" * 16, "head " + "a" * 16]
)
def test_a_marker_that_names_no_head_names_nothing(marker):
    assert named_recordings(marker) is None


def test_a_milestone_that_sets_the_baseline_names_its_head_alone():
    assert name_recordings(evidence(Recordings(head=HEAD))) == f"milestone-9 head {'a' * 16}"


@pytest.mark.parametrize(
    ("recordings", "named", "is_reference"),
    [
        (Recordings(head=HEAD, base=BASE), "base", True),
        (Recordings(head=HEAD, base=BASE, no_reference="none is labelled"), "none", False),
        (Recordings(head=HEAD, base=BASE, reference=REFERENCE), "c" * 16, False),
    ],
)
def test_the_base_is_the_reference_unless_there_is_another_or_none(recordings, named, is_reference):
    made = evidence(recordings)

    assert name_recordings(made).endswith(f" reference {named}")
    assert made.base_is_reference is is_reference
    assert made.base_name == ("m8" if is_reference else "base")


def test_a_milestone_without_a_base_is_held_against_no_reference():
    assert evidence(Recordings(head=HEAD)).base_is_reference is False
    assert evidence(Recordings(head=HEAD)).to_reference is None


def test_the_comparison_with_the_reference_is_the_bases_where_that_is_it():
    one, other = comparison(), comparison(REFERENCE)
    is_base = evidence(Recordings(head=HEAD, base=BASE), comparison=one)
    own = evidence(Recordings(head=HEAD, base=BASE, reference=REFERENCE), comparison=one, against_reference=other)

    assert is_base.to_reference is one
    assert own.to_reference is other


def test_sides_are_those_that_are_played_base_first():
    assert [which for which, _one in Recordings(head=HEAD).sides] == [Which.HEAD]
    whole = Recordings(head=HEAD, base=BASE, reference=REFERENCE)
    assert [which for which, _one in whole.sides] == [Which.BASE, Which.HEAD, Which.REFERENCE]
    assert [whole.of(which) for which in Which] == [BASE, HEAD, REFERENCE]


def test_a_recording_that_plays_several_parts_is_there_once():
    made = Recordings(head=HEAD, base=HEAD, reference=BASE, sessions=(BASE, REFERENCE))

    assert [one.id for one in made.everything] == ["a" * 16, "b" * 16, "c" * 16]


def test_a_figure_is_of_the_side_it_is_asked_for():
    samples = {
        (Which.BASE, "keccakf", "x"): record(1.0, 3.0, 2.0),
        (Which.HEAD, "keccakf", "x"): record(missing="gone"),
    }
    made = evidence(Recordings(head=HEAD, base=BASE), samples=samples)
    row = made.row("keccakf", "x")

    assert isinstance(row.base, Figure)
    assert (row.base.value_ms, row.base.n) == (2.0, 3)
    assert row.head == Absent("gone")
    assert row.reference is None
    assert made.figure(Which.BASE, "logup", "x") == Absent("not read when this was recorded")
    assert made.figure(Which.REFERENCE, "keccakf", "x") == Absent("there is no reference")


def test_a_row_has_a_reference_where_there_is_another_than_the_base():
    samples = {(Which.REFERENCE, "keccakf", "x"): record(4.0)}
    made = evidence(Recordings(head=HEAD, base=BASE, reference=REFERENCE), samples=samples)

    assert isinstance(made.row("keccakf", "x").reference, Figure)


def test_the_contracts_kpis_are_in_its_order_then_those_that_gate_beside_it():
    compared = comparison()
    gating = structs.replace(compared.kpis[0], benchmark="logup-large")
    lacking = structs.replace(gating, benchmark="other", base=None, head=None)
    aside = structs.replace(compared.kpis[1], benchmark="another")
    shuffled = structs.replace(compared, kpis=(aside, lacking, gating, *reversed(compared.kpis)))
    found = evidence(Recordings(head=HEAD, base=BASE)).contract_kpis(shuffled)

    named = [(one.name, kpi) for one in CONTRACT.benchmarks for kpi in CONTRACT.kpis]
    assert [(one.benchmark, one.kpi) for one in found] == [*named, ("logup-large", TOTAL)]
