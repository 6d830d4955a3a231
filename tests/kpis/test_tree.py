from msgspec.structs import replace

from harness.kpis.tree import TimedSpan, span_tree
from tests.formats.forest_run import read

RUN = """\
INFO     prove [ 100ms | 10.00% / 100.00% ] phase: "prover"
INFO     ┝━ commit [ 30.0ms | 5.00% / 30.00% ]
INFO     │  ┕━ hash [ 5.00ms | 5.00% ]
INFO     ┝━ round [ 20.0ms | 20.00% ] n: 0
INFO     ┕━ round [ 10.0ms | 10.00% ] n: 1
"""
EXTRA = RUN.replace("INFO     ┝━ round [ 20.0ms", "INFO     ┝━ grind [ 1.00ms | 1.00% ]\nINFO     ┝━ round [ 20.0ms")


def timed(*texts):
    return [
        TimedSpan(
            run=number,
            seq=span.seq,
            parent=span.parent,
            depth=span.depth,
            name=span.name,
            occurrence=span.occurrence,
            fields=span.fields,
            ns=span.duration.ns,
            ns_low=span.duration.low_ns,
            ns_high=span.duration.high_ns,
        )
        for number, text in enumerate(texts, start=1)
        for span in read(text).spans
    ]


def times(row):
    return (row.time.median_ms, row.time.low_ms, row.time.high_ms, row.time.step_ms)


def test_each_span_has_its_median_spread_and_display_step_over_the_runs():
    runs = [RUN.replace("100ms", duration) for duration in ("100ms", "104ms", "1.00s")]
    root, commit, *_ = span_tree(timed(*runs))
    assert (root.n, *times(root)) == (3, 104, 100, 1000, 1)
    assert (commit.n, *times(commit)) == (3, 30, 30, 30, 0.1)
    assert (root.time.low_step_ms, root.time.high_step_ms) == (0.5, 5)
    assert root.fields == (("phase", '"prover"'),)


def test_repeats_under_one_parent_are_kept_apart_in_pre_order():
    rows = span_tree(timed(RUN, RUN))
    assert [(row.depth, row.name, row.time.median_ms) for row in rows] == [
        (0, "prove", 100),
        (1, "commit", 30),
        (2, "hash", 5),
        (1, "round", 20),
        (1, "round", 10),
    ]
    assert [row.fields for row in rows[3:]] == [(("n", "0"),), (("n", "1"),)]


def test_a_span_that_only_a_later_run_has_stands_below_its_parent_with_its_own_count():
    rows = span_tree(timed(RUN, EXTRA))
    assert [(row.depth, row.name, row.n) for row in rows] == [
        (0, "prove", 2),
        (1, "commit", 2),
        (2, "hash", 2),
        (1, "round", 2),
        (1, "round", 2),
        (1, "grind", 1),
    ]


def test_a_span_that_only_a_later_run_has_deep_in_a_branch_stays_in_that_branch():
    deep = RUN.replace("INFO     │  ┕━ hash", "INFO     │  ┝━ encode [ 2.00ms | 2.00% ]\nINFO     │  ┕━ hash")
    names = [row.name for row in span_tree(timed(RUN, deep))]
    assert names == ["prove", "commit", "hash", "encode", "round", "round"]


def test_two_roots_of_one_name_are_two_trees():
    rows = span_tree(timed(RUN + RUN.replace("100ms", "200ms")))
    assert [(row.name, row.time.median_ms) for row in rows if row.depth == 0] == [("prove", 100), ("prove", 200)]
    assert len(rows) == 10


def test_no_spans_no_rows():
    assert span_tree([]) == ()


def test_a_span_that_never_ended_in_one_run_has_the_figures_of_the_others():
    spans = timed(RUN, RUN, RUN.replace("30.0ms", "32.0ms"))
    spans[1] = replace(spans[1], ns=None, ns_low=None, ns_high=None)
    root, commit, *_ = span_tree(spans)
    assert (root.n, commit.n, commit.time.median_ms) == (3, 2, 31)


def test_a_span_that_never_ended_in_any_run_has_its_place_and_no_figure():
    spans = [replace(one, ns=None, ns_low=None, ns_high=None) if one.name == "commit" else one for one in timed(RUN)]
    _, commit, inner, *_ = span_tree(spans)
    assert (commit.name, commit.n, commit.time) == ("commit", 0, None)
    assert (inner.name, inner.time.median_ms) == ("hash", 5)
