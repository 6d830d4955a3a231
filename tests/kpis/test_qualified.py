import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.kpis.qualified import Unclear, definition_of, split_name

PRINTED = (
    "stark_prove_excluding_trace",
    "prover.main_trace_commit",
    "stacked_commit",
    "merkle_tree",
    "prover.rap_constraints.round0",
    "prover.rap_constraints.mle_rounds",
    "prover.openings.stacked_reduction.mle_rounds",
)


def selected(written):
    found = definition_of(written, PRINTED)
    assert not isinstance(found, Unclear), found
    return found.selector.spans, found.selector.under


@pytest.mark.parametrize(
    ("written", "spans", "under"),
    [
        ("merkle_tree", ("merkle_tree",), None),
        ("prover.main_trace_commit > merkle_tree", ("merkle_tree",), "prover.main_trace_commit"),
        ("prover.main_trace_commit>merkle_tree", ("merkle_tree",), "prover.main_trace_commit"),
        (
            "prover.main_trace_commit > stacked_commit > merkle_tree",
            ("merkle_tree",),
            "prover.main_trace_commit > stacked_commit",
        ),
        ("main_trace_commit > merkle_tree", ("merkle_tree",), "prover.main_trace_commit"),
        ("rap_constraints.round0", ("prover.rap_constraints.round0",), None),
        ("round0", ("prover.rap_constraints.round0",), None),
        ("no_such_span", ("no_such_span",), None),
    ],
)
def test_a_written_name_selects_spans_by_their_whole_name(written, spans, under):
    assert selected(written) == (spans, under)


def test_the_end_of_several_names_means_none_of_them():
    found = definition_of("mle_rounds", PRINTED)
    assert isinstance(found, Unclear)
    assert "prover.openings.stacked_reduction.mle_rounds, prover.rap_constraints.mle_rounds" in found.reason


def test_a_name_that_only_begins_or_ends_alike_is_another():
    assert selected("constraints.round0") == (("constraints.round0",), None)
    assert selected("prover.rap_constraints") == (("prover.rap_constraints",), None)


@given(st.lists(st.text(st.characters(blacklist_characters=">", categories=["L", "N"]), min_size=1), min_size=1))
def test_a_whole_name_is_never_taken_for_another(names):
    for name in names:
        found = definition_of(name, names)
        assert not isinstance(found, Unclear)
        assert found.selector.spans == (name,)


def test_the_last_part_is_the_span_and_the_others_are_above_it():
    assert split_name("a > b > c").under == ("a", "b")
    assert split_name("a > b > c").name == "c"
