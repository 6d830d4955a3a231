"""Two sources of one run as one: the narrower duration wins, disjoint ones contradict, nothing is guessed."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.spans.merge import SKEW_NS, Conflict, Merged, merge_gauges, merge_spans
from harness.spans.model import LAST_VALUE_ONLY, NOT_WALL_TIME, NOT_WALL_TIME_UNKNOWN
from harness.units import NS_PER_MS
from tests.spans.spans_made import between, exact, node, rows

LOW, HIGH = 2_435_000_000, 2_445_000_000
LOG = rows(node("prove", between(LOW, HIGH), [node("commit", exact(83), line=2)]))


def merged(ours, theirs, **more) -> Merged:
    return merge_spans(rows(node("a", ours, line=3)), rows(node("a", theirs, line=9, **more)))


@pytest.mark.parametrize(
    ("ours", "theirs", "taken"),
    [
        (between(1000, 2000), exact(1500), "theirs"),
        (exact(1500), between(1000, 2000), "ours"),
        (between(1000, 2000), between(1500, 2500), "ours"),
        (between(1000, 3000), between(1500, 2500), "theirs"),
        (None, exact(5), "theirs"),
        (exact(5), None, "ours"),
        (None, None, "ours"),
    ],
)
def test_the_narrower_duration_is_taken(ours, theirs, taken) -> None:
    found = merged(ours, theirs)
    assert found.spans[0].duration == (theirs if taken == "theirs" else ours)
    assert found.refined == (frozenset({0}) if taken == "theirs" else frozenset())
    assert (found.conflicts, found.unmatched) == ((), 0)


@pytest.mark.parametrize(
    ("ours", "theirs", "conflict"),
    [
        (between(10_000, 20_000), exact(20_000 + SKEW_NS), False),
        (between(10_000, 20_000), exact(20_000 + SKEW_NS + 100), True),
        (between(10_000, 20_000), exact(10_000 - SKEW_NS), False),
        (exact(10_000), exact(10_000 - SKEW_NS - 100), True),
        (exact(10**9), exact(10**9 + 10**6), False),
        (exact(10**9), exact(10**9 + 10**6 + 10_000), True),
        (None, exact(1), False),
    ],
)
def test_durations_further_apart_than_two_clocks_may_be_contradict(ours, theirs, conflict) -> None:
    found = merged(ours, theirs)
    assert bool(found.conflicts) == conflict
    if conflict:
        [one] = found.conflicts
        assert one == Conflict(path=("a",), line=3, printed=ours.printed, other_line=9, other_printed=theirs.printed)


@pytest.mark.parametrize("note", [NOT_WALL_TIME, NOT_WALL_TIME_UNKNOWN])
def test_a_time_that_may_be_no_wall_time_is_held_against_nothing(note) -> None:
    assert merged(between(10, 20), exact(10**9), note=note).conflicts == ()
    ours = rows(node("a", between(10, 20), note=note))
    found = merge_spans(ours, rows(node("a", exact(10**9))))
    assert (found.conflicts, found.spans[0].duration, found.spans[0].note) == ((), exact(10**9), None)


def test_a_note_goes_with_the_duration_it_speaks_of() -> None:
    assert merged(between(10, 20), exact(15), note="theirs").spans[0].note == "theirs"
    assert merged(exact(15), between(10, 20), note="theirs").spans[0].note is None


def test_what_only_the_other_source_knows_is_taken_over() -> None:
    known = {"level": "INFO", "thread": "7", "start_ns": 1, "end_ns": 9, "idle": exact(3)}
    [span] = merged(exact(5), exact(5), **known).spans
    assert {name: getattr(span, name) for name in known} == known
    ours = rows(node("a", exact(5), thread="main", start_ns=0))
    [kept] = merge_spans(ours, rows(node("a", exact(5), **known))).spans
    assert (kept.thread, kept.start_ns, kept.end_ns) == ("main", 0, 9)


def test_spans_are_matched_by_place_and_occurrence_not_by_order() -> None:
    ours = rows(node("r", None, [node("a", between(0, 10)), node("b", between(0, 10)), node("a", between(0, 10))]))
    theirs = rows(node("r", None, [node("b", exact(3)), node("a", exact(1)), node("a", exact(2))]))
    found = merge_spans(ours, theirs)
    assert [(span.name, span.duration and span.duration.ns) for span in found.spans] == [
        ("r", None),
        ("a", 1),
        ("b", 3),
        ("a", 2),
    ]
    assert found.unmatched == 0


def test_equal_names_below_unlike_parents_are_not_the_same_span() -> None:
    ours = rows(node("r", None, [node("a", None, [node("x", between(0, 10))])]))
    theirs = rows(node("r", None, [node("b", None, [node("x", exact(5))])]))
    found = merge_spans(ours, theirs)
    assert found.spans == ours
    assert (found.refined, found.unmatched) == (frozenset(), 2)


def test_spans_that_only_the_other_source_has_are_left_out_and_counted() -> None:
    theirs = rows(node("prove", exact(LOW), [node("commit", exact(83)), node("more", exact(1), [node("deep")])]))
    found = merge_spans(LOG, theirs)
    assert [span.name for span in found.spans] == ["prove", "commit"]
    assert found.unmatched == 2
    assert merge_spans(LOG, ()).spans == LOG


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**10), st.integers(0, 10**8), st.integers(0, 10**10), st.integers(0, 10**8))
def test_a_merge_never_makes_a_duration_that_no_source_gave(low, width, other_low, other_width) -> None:
    ours, theirs = between(low, low + width), between(other_low, other_low + other_width)
    found = merged(ours, theirs)
    assert found.spans[0].duration in {ours, theirs}
    assert bool(merged(theirs, ours).conflicts) == bool(found.conflicts)
    assert merge_spans(found.spans, found.spans).spans == found.spans


def test_a_gauge_is_used_where_its_name_occurs_once_on_both_sides() -> None:
    gauge = node("prove", between(2_440_000_000, 2_440_999_999), note=LAST_VALUE_ONLY)
    assert merge_gauges(LOG, rows(gauge)).refined == {0}
    assert merge_gauges(LOG, rows(gauge)).spans[0].note == LAST_VALUE_ONLY
    assert merge_gauges(LOG, rows(gauge, gauge)).refined == frozenset()
    again = rows(node("prove", between(LOW, HIGH)), node("prove", between(LOW, HIGH)))
    assert merge_gauges(again, rows(gauge)).spans == again


@pytest.mark.parametrize(
    ("excess_ns", "contradicts"), [(1, False), (NS_PER_MS + 10**7, False), (NS_PER_MS + 10**7 + 1, True)]
)
def test_a_gauge_may_be_longer_by_a_millisecond_and_a_hundredth_and_is_left_alone(excess_ns, contradicts) -> None:
    ours = rows(node("prove", exact(10**9)))
    found = merge_gauges(ours, rows(node("prove", exact(10**9 + excess_ns))))
    assert (found.spans, found.refined, bool(found.conflicts)) == (ours, frozenset(), contradicts)


def test_a_gauge_that_cannot_be_true_contradicts() -> None:
    [conflict] = merge_gauges(LOG, rows(node("prove", between(10**9, 10**9 + 999_999), line=4))).conflicts
    assert (conflict.path, conflict.other_line) == (("prove",), 4)


def test_nothing_of_the_first_source_but_its_times_is_changed() -> None:
    theirs = rows(node("prove", exact(LOW), [node("commit", exact(83), thread="7")], thread="7"))
    for before, after in zip(LOG, merge_spans(LOG, theirs).spans, strict=True):
        same = {"duration": None, "thread": None}
        assert msgspec.structs.replace(after, **same) == msgspec.structs.replace(before, **same)
