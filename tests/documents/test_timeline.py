"""Where spans are drawn: whole, nested, on the track of their thread, and honest where a position is made up."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from harness.documents.timeline import Tally, run_title, timeline_of
from harness.recording.manifest import RunKind, from_json
from harness.spans.stored import StoredRun
from harness.spans.trees import Node, Numbering
from harness.units import Duration

MANIFEST = Path(__file__).parent.parent / "data" / "turns" / "recordings" / "50ea4e1e75a02867" / "recording.json"


def span(name, length_ns, *children, start_ns=None, thread=None):
    """Its own times where `start_ns` is given; a length of None never ended."""
    duration = None if length_ns is None else Duration.exact(length_ns)
    end_ns = None if start_ns is None or length_ns is None else start_ns + length_ns
    return Node(
        name=name,
        line=1,
        duration=duration,
        children=list(children),
        start_ns=start_ns,
        end_ns=end_ns,
        thread=thread,
    )


def run_of(*roots, kind=RunKind.MEASURED, number=1):
    numbering = Numbering()
    rows = [one for root in roots for one in numbering.rows(root)]
    return StoredRun(benchmark="keccakf", kind=kind, number=number, source="s", spans=lambda: iter(rows))


def drawn(*roots):
    """Name, start, length of each slice, and whether it was cut."""
    slices = timeline_of(run_of(*roots)).slices
    return [(one.span.name, one.start_ns, one.length_ns, one.cut) for one in slices]


def tracks(*roots):
    timeline = timeline_of(run_of(*roots))
    return [(one.span.name, timeline.tracks[one.track]) for one in timeline.slices]


def test_without_own_times_roots_and_children_follow_each_other_in_stored_order() -> None:
    first = span("a", 10, span("b", 3), span("c", 4, span("d", 4)))

    assert drawn(first, span("e", 2)) == [
        ("a", 0, 10, False),
        ("b", 0, 3, False),
        ("c", 3, 4, False),
        ("d", 3, 4, False),
        ("e", 10, 2, False),
    ]


def test_what_does_not_fit_its_parent_is_cut_and_marked_and_what_follows_gets_nothing() -> None:
    parallel = span("a", 10, span("b", 8, span("x", 9)), span("c", 8), span("d", 8), span("zero", 0))

    assert drawn(parallel) == [
        ("a", 0, 10, False),
        ("b", 0, 8, False),
        ("x", 0, 8, True),
        ("c", 8, 2, True),
        ("d", 10, 0, True),
        ("zero", 10, 0, False),
    ]


def test_a_span_that_never_ended_has_no_length_and_its_children_stand_in_its_stead() -> None:
    assert drawn(span("root", None, span("a", 5), span("gone", None, span("b", 3)), span("c", 1)), span("next", 2)) == [
        ("root", 0, None, False),
        ("a", 0, 5, False),
        ("gone", 5, None, False),
        ("b", 5, 3, False),
        ("c", 8, 1, False),
        ("next", 9, 2, False),
    ]


def test_own_times_are_kept_and_count_from_the_first() -> None:
    assert drawn(
        span("a", 10, span("b", 3, start_ns=10**18 + 5), start_ns=10**18), span("c", 1, start_ns=10**18 - 7)
    ) == [
        ("a", 7, 10, False),
        ("b", 12, 3, False),
        ("c", 0, 1, False),
    ]


def test_each_thread_has_a_track() -> None:
    root = span("a", 10, span("b", 10, start_ns=0, thread="2"), span("c", 5, start_ns=5), start_ns=0)

    assert tracks(root) == [("a", "no thread named"), ("b", "thread 2"), ("c", "no thread named")]


@pytest.mark.parametrize(
    "other",
    [
        span("b", 10, start_ns=5),
        span("b", 2, start_ns=5),
        span("b", 0, start_ns=5),
        span("b", 10, start_ns=0),
        span("b", 20, start_ns=0),
    ],
)
def test_a_span_that_overlaps_a_stranger_gets_a_further_track_and_its_length_stays(other) -> None:
    assert tracks(span("a", 10, start_ns=0), other, span("c", 1, start_ns=30)) == [
        ("a", "no thread named"),
        ("b", "no thread named, overlapping 2"),
        ("c", "no thread named"),
    ]


def test_a_child_that_outlives_its_parent_gets_a_further_track() -> None:
    root = span("a", 10, span("b", 10, span("c", 4, start_ns=8), start_ns=5), start_ns=0)

    assert tracks(root) == [
        ("a", "no thread named"),
        ("b", "no thread named, overlapping 2"),
        ("c", "no thread named, overlapping 2"),
    ]


def test_a_child_that_began_before_its_parent_gets_a_further_track() -> None:
    assert tracks(span("a", 10, span("b", 4, start_ns=3), start_ns=5)) == [
        ("a", "no thread named, overlapping 2"),
        ("b", "no thread named"),
    ]


def test_an_instant_needs_no_track_of_its_own() -> None:
    root = span("a", 10, span("gone", None, start_ns=3), start_ns=0)

    assert tracks(root, span("stranger", None, start_ns=4)) == [
        (name, "no thread named") for name in ("a", "gone", "stranger")
    ]


@pytest.mark.parametrize(
    "spoiled",
    [
        span("c", 3),
        Node(name="c", line=1, duration=Duration.exact(3), start_ns=4),
        Node(name="c", line=1, duration=Duration.exact(3), start_ns=4, end_ns=3),
        Node(name="c", line=1, duration=Duration.exact(3), start_ns=-(2**63), end_ns=2**63 - 1),
    ],
)
def test_one_span_without_usable_times_makes_the_whole_run_laid_out(spoiled) -> None:
    run = run_of(span("a", 10, start_ns=0), spoiled)

    assert not timeline_of(run).measured
    assert [one.start_ns for one in timeline_of(run).slices] == [0, 10]


def test_a_run_without_spans_has_no_slices() -> None:
    assert drawn() == []


def test_what_was_cut_and_what_never_ended_is_counted_and_told() -> None:
    tally = Tally()
    list(tally.counting(timeline_of(run_of(span("a", 1, span("b", 2), span("c", None)))).slices))

    assert (tally.spans, tally.cut, tally.never_ended) == (3, 1, 1)
    assert tally.described("laid out") == "laid out, 1 cut to fit, 1 never ended"
    assert Tally().described("thread 1") == "thread 1"


def test_a_run_is_called_by_what_may_be_made_of_its_times() -> None:
    manifest = from_json(MANIFEST.read_bytes(), where="")
    failed = structs.replace(manifest, runs=tuple(structs.replace(one, failure="killed") for one in manifest.runs))
    extra = {kind: run_of(kind=kind, number=0) for kind in RunKind if kind.is_extra}

    assert run_title(manifest, run_of(number=3)) == "run 3"
    assert run_title(failed, run_of(number=3)) == "run 3, FAILED"
    assert run_title(manifest, run_of(kind=RunKind.WARMUP, number=-1)) == "warmup run -1"
    assert [run_title(manifest, one) for one in extra.values()] == [
        "counters run, its times are never used",
        "instructions run, its times are never used",
    ]


def nodes(*, timed):
    """Random trees of any lengths, with random times of their own that heed no rule at all, or without."""
    lengths = st.none() | st.integers(0, 30)
    starts = st.integers(0, 60) if timed else st.none()
    threads = st.sampled_from([None, "1", "2"])

    def build(children):
        return st.builds(
            lambda length, start, thread, below: span("s", length, *below, start_ns=start, thread=thread),
            lengths,
            starts,
            threads,
            children,
        )

    return st.lists(
        st.recursive(build(st.just([])), lambda below: build(st.lists(below, max_size=4)), max_leaves=12), max_size=3
    )


def overlap_badly(one, other):
    """Whether two half-open stretches of time lie neither apart nor one inside the other."""
    (start, end), (other_start, other_end) = one, other
    apart = end <= other_start or other_end <= start
    inside = (start <= other_start and other_end <= end) or (other_start <= start and end <= other_end)
    return not (apart or inside)


def assert_every_track_nests(slices) -> None:
    for i, one in enumerate(slices):
        for other in slices[:i]:
            if one.track == other.track and None not in {one.length_ns, other.length_ns}:
                assert not overlap_badly(
                    (one.start_ns, one.start_ns + one.length_ns), (other.start_ns, other.start_ns + other.length_ns)
                )


@settings(max_examples=100, deadline=None)
@given(nodes(timed=False))
def test_laid_out_slices_nest_and_each_row_is_there_once_with_its_length_or_marked(roots) -> None:
    run = run_of(*roots)
    slices = list(timeline_of(run).slices)

    assert [one.span for one in slices] == list(run.spans())
    assert_every_track_nests(slices)
    for one in slices:
        assert (one.length_ns is None) == (one.span.duration is None)
        if one.span.duration is not None:
            assert one.cut == (one.length_ns != one.span.duration.ns)
            assert 0 <= one.length_ns <= one.span.duration.ns


def ancestors(row, rows):
    while row.parent is not None:
        row = rows[row.parent]
        yield row.seq


@settings(max_examples=100, deadline=None)
@given(nodes(timed=True))
def test_measured_slices_keep_their_times_and_lie_only_inside_their_ancestors(roots) -> None:
    run = run_of(*roots)
    rows = list(run.spans())
    timeline = timeline_of(run)
    slices = list(timeline.slices)
    first_ns = min((row.start_ns for row in rows), default=0)

    assert [one.span for one in slices] == rows
    assert_every_track_nests(slices)
    for one in slices:
        row = one.span
        assert not one.cut
        assert one.start_ns == row.start_ns - first_ns
        assert one.length_ns == (None if row.duration is None else row.end_ns - row.start_ns)
        assert timeline.tracks[one.track].startswith(f"thread {row.thread}" if row.thread else "no thread named")
    for one in slices:
        for other in slices:
            if one is not other and one.track == other.track and lies_inside(one, other):
                assert other.span.seq in ancestors(one.span, rows)


def lies_inside(one, other):
    """Whether `one` is drawn below `other`, which then begins earlier, or at the same time and in an earlier row."""
    if one.length_ns is None or other.length_ns is None:
        return False
    first = (other.start_ns, other.span.seq) < (one.start_ns, one.span.seq)
    other_end_ns = other.start_ns + other.length_ns
    return first and one.start_ns < other_end_ns and one.start_ns + one.length_ns <= other_end_ns
