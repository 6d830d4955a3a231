import pytest
from msgspec.structs import replace

from harness.kpis.definition import Proof, ProofScope, Reduce, Selector
from harness.kpis.selector import Reading, Unreadable, read_kpi, wanted_spans
from harness.spans.model import UNFINISHED
from tests.formats.forest_run import read as read_forest

ONE_PROOF = """\
INFO     generate_trace [ 5.00ms | 100.00% ] task: 0
INFO     prove [ 100ms | 10.00% / 100.00% ] phase: "prover" | size: 7
INFO     ┝━ commit [ 50.0ms | 5.00% / 50.00% ] phase: "main"
INFO     │  ┝━ encode [ 40.0ms | 40.00% ]
INFO     │  ┕━ hash [ 5.00ms | 5.00% ]
INFO     ┕━ open [ 40.0ms | 10.00% / 40.00% ]
INFO        ┝━ commit [ 20.0ms | 5.00% / 20.00% ] phase: "open"
INFO        │  ┕━ hash [ 15.0ms | 15.00% ]
INFO        ┝━ fold [ 6.00ms | 6.00% ] round: 0
INFO        ┕━ fold [ 4.00ms | 4.00% ] round: 1
INFO     encode_all [ 1.00ms | 100.00% ]
"""
PROOF = """\
INFO     prove [ {}ms | 40.00% / 100.00% ]
INFO     ┕━ commit [ {}ms | 60.00% ]
"""


def parse(text):
    run = read_forest(text)
    assert not run.issues
    return run.spans


RUN = parse(ONE_PROOF)


def read(*spans, run=RUN, scope=None, **selector):
    return read_kpi(run, Selector(spans=spans, **selector), scope or ProofScope(root="prove"))


def reason(*spans, **selector):
    found = read(*spans, **selector)
    assert isinstance(found, Unreadable)
    return found.reason


@pytest.mark.parametrize(
    ("selector", "value", "low", "high"),
    [
        pytest.param({"spans": ("encode",)}, 40, 39.95, 40.05, id="the one span of that whole name"),
        pytest.param({"spans": ("nothing", "encode")}, 40, 39.95, 40.05, id="alternatives"),
        pytest.param({"spans": ("hash",), "under": "open"}, 15, 14.95, 15.05, id="under, levels skipped"),
        pytest.param({"spans": ("hash",), "under": "prove > open > commit"}, 15, 14.95, 15.05, id="under a path"),
        pytest.param({"spans": ("hash",), "under": "prove > open"}, 15, 14.95, 15.05, id="a path with levels skipped"),
        pytest.param({"spans": ("commit",), "under_if_repeated": "open"}, 20, 19.95, 20.05, id="under where repeated"),
        pytest.param({"spans": ("encode",), "under_if_repeated": "open"}, 40, 39.95, 40.05, id="not where it is alone"),
        pytest.param({"spans": ("fold",), "fields": {"round": "1"}}, 4, 3.995, 4.005, id="a bare field"),
        pytest.param({"spans": ("commit",), "fields": {"phase": "open"}}, 20, 19.95, 20.05, id="a quoted field bare"),
        pytest.param({"spans": ("commit",), "fields": {"phase": '"main"'}}, 50, 49.95, 50.05, id="a field as printed"),
        pytest.param({"spans": ("fold",), "occurrence": 0}, 6, 5.995, 6.005, id="occurrence among siblings"),
        pytest.param({"spans": ("prove", "encode_all"), "tree": 2}, 1, 1, 1.005, id="tree"),
        pytest.param({"spans": ("fold",), "reduce": Reduce.SUM}, 10, 9.99, 10.01, id="sum of repeats"),
        pytest.param({"spans": ("fold", "encode"), "reduce": Reduce.SUM}, 50, 49.94, 50.06, id="sum of names"),
        pytest.param({"spans": ("fold",), "reduce": Reduce.MAX}, 6, 5.995, 6.005, id="longest"),
        pytest.param({"spans": ("fold", "commit"), "reduce": Reduce.COUNT}, 4, 4, 4, id="count"),
        pytest.param({"spans": ("nothing",), "reduce": Reduce.COUNT}, 0, 0, 0, id="a count of none is 0"),
        pytest.param({"spans": ("prove",), "reduce": Reduce.SELF}, 10, 9.9, 10.6, id="time outside children"),
        pytest.param({"spans": ("encode",), "reduce": Reduce.SELF}, 40, 39.95, 40.05, id="self time of a leaf"),
    ],
)
def test_reads(selector, value, low, high):
    found = read_kpi(RUN, Selector(**selector), ProofScope(root="prove"))
    assert isinstance(found, Reading)
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high))
    assert found.warm_median is None


@pytest.mark.parametrize("name", ["commi", "ommit", "encod", "COMMIT", "prove > commit", ""])
def test_parts_of_a_name_do_not_match(name):
    assert reason(name) == f"no span {name}"


def test_several_matches_are_missing_and_listed_by_path_and_line():
    assert reason("commit") == (
        "2 spans match: prove > commit (line 3), prove > open > commit (line 7); "
        "name one by under, fields, tree or occurrence"
    )


def test_a_long_list_of_matches_is_cut():
    run = parse("".join("INFO     leaf [ 1.00ms | 100.00% ]\n" for _ in range(6)))
    assert "6 spans match: leaf (line 1), leaf (line 2), leaf (line 3), leaf (line 4) and 2 more;" in reason(
        "leaf", run=run
    )


@pytest.mark.parametrize("reduce", [Reduce.ONLY, Reduce.SELF])
def test_ambiguity_is_never_the_first_by_accident(reduce):
    assert "2 spans match" in reason("hash", reduce=reduce)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ({"under": "generate_trace"}, "no span encode under generate_trace"),
        ({"under": "commit > prove"}, "no span encode under commit > prove"),
        ({"fields": {"round": "0"}}, "no span encode {round=0}"),
        ({"tree": 0}, "no span encode tree 0"),
        ({"occurrence": 1}, "no span encode occurrence 1"),
    ],
)
def test_an_absent_span_is_missing_and_the_reason_says_what_was_asked(selector, expected):
    assert reason("encode", **selector) == expected


def test_a_span_is_not_its_own_ancestor():
    assert reason("prove", under="prove") == "no span prove under prove"


def test_a_name_that_holds_the_path_separator_can_be_an_ancestor():
    run = parse("INFO     a > b [ 2.00ms | 50.00% / 100.00% ]\nINFO     ┕━ leaf [ 1.00ms | 50.00% ]\n")
    assert isinstance(read("leaf", under="a > b", run=run), Reading)


def test_a_sum_lacking_one_name_is_missing_and_names_it():
    assert reason("encode", "transpose", "scale", reduce=Reduce.SUM) == "no span transpose or scale"


def test_repeats_of_which_none_lies_where_asked_are_listed_not_denied():
    text = "2 spans match, none under generate_trace: prove > commit (line 3), prove > open > commit (line 7)"
    assert reason("commit", under_if_repeated="generate_trace") == text
    assert reason("commit", "encode", under_if_repeated="generate_trace", reduce=Reduce.SUM) == text


def test_in_a_sum_only_the_repeated_name_is_narrowed():
    found = read("encode", "commit", under_if_repeated="open", reduce=Reduce.SUM)
    assert isinstance(found, Reading)
    assert found.value == 60


def test_the_first_proof_of_a_process_counts_and_the_later_ones_are_kept_beside():
    run = parse(PROOF.format(200, 120) + PROOF.format(100, 61) + PROOF.format(104, 63) + PROOF.format(150, 90))
    found = read("commit", run=run, scope=ProofScope(proof=Proof.FIRST, root="prove"))
    assert found == Reading(value=120, low=119.5, high=120.5, warm_median=63)
    assert "4 spans match" in reason("commit", run=run)


def test_a_single_proof_has_no_warm_median():
    found = read("commit", run=parse(PROOF.format(200, 120)), scope=ProofScope(proof=Proof.FIRST, root="prove"))
    assert found == Reading(value=120, low=119.5, high=120.5)


def test_what_stands_outside_the_proofs_is_read_as_ever():
    run = parse("INFO     setup [ 7.00ms | 100.00% ]\n" + PROOF.format(200, 120) + PROOF.format(100, 61))
    first = ProofScope(proof=Proof.FIRST, root="prove")
    assert read("setup", run=run, scope=first) == Reading(value=7, low=6.995, high=7.005)
    assert isinstance(read("setup", run=parse("INFO     setup [ 7.00ms | 100.00% ]\n"), scope=first), Reading)


def test_a_span_that_the_first_proof_lacks_is_not_taken_from_a_later_one():
    run = parse("INFO     prove [ 200ms | 100.00% ]\n" + PROOF.format(100, 61))
    assert reason("commit", run=run, scope=ProofScope(proof=Proof.FIRST, root="prove")) == "no span commit"


def open_at(place, run=RUN):
    """The run with one of its spans never ended."""
    return [replace(span, duration=None, note=UNFINISHED) if span.seq == place else span for span in run]


@pytest.mark.parametrize("selector", [{}, {"reduce": Reduce.SUM}, {"reduce": Reduce.MAX}, {"reduce": Reduce.SELF}])
def test_a_span_that_never_ended_gives_no_figure(selector):
    assert reason("prove", run=open_at(1), **selector) == "prove (line 2) has no duration: never ended"


def test_one_open_span_spoils_a_sum_and_the_time_outside_it():
    assert reason("fold", run=open_at(9), reduce=Reduce.SUM).startswith("prove > open > fold (line 10) has no duration")
    assert reason("open", run=open_at(9), reduce=Reduce.SELF) == "a child of prove > open (line 6) has no duration"
    assert read("open", run=open_at(9)).value == 40


def test_an_open_span_still_counts_as_one():
    assert read("fold", run=open_at(9), reduce=Reduce.COUNT).value == 2


def test_the_spans_that_its_selectors_want_are_enough_for_every_kpi():
    selectors = [Selector(spans=("open",), reduce=Reduce.SELF), Selector(spans=("commit",), under="open")]
    for scope in (ProofScope(root="prove"), ProofScope(proof=Proof.FIRST, root="prove")):
        wanted = wanted_spans(selectors, scope)
        parents = {span.seq for span in RUN if span.name in wanted.parents}
        some = [span for span in RUN if span.name in wanted.names or span.parent in parents]
        assert len(some) < len(RUN)
        assert [read_kpi(some, one, scope) for one in selectors] == [read_kpi(RUN, one, scope) for one in selectors]


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        (Selector(spans=("a",)), "a"),
        (Selector(spans=("a", "b")), "a or b"),
        (Selector(spans=("a", "b"), under="c", reduce=Reduce.SUM), "sum of a + b under c"),
        (Selector(spans=("a",), fields={"round": "0"}, tree=1, occurrence=2), "a {round=0} tree 1 occurrence 2"),
        (Selector(spans=("a",), reduce=Reduce.SELF), "self of a"),
    ],
)
def test_describes_itself(selector, text):
    assert selector.describe() == text
