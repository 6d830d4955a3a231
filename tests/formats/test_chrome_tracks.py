"""Which slice is inside which, on a thread and under an id, and what is told where they do not nest."""

import json
from itertools import permutations

import pytest

from harness.formats import chrome, chrome_tracks
from harness.formats.protocol import chunk_of
from harness.spans.model import UNFINISHED
from harness.spans.table import span_rows
from harness.units import Duration


def read(*events):
    """Path, start and length in ns of each span; the messages of issues; whether any is damage."""
    batches = list(chrome.read([chunk_of(json.dumps(events).encode())]))
    spans = [one for batch in batches for one in span_rows(batch.spans)]
    issues = [one for batch in batches for one in batch.issues]
    rows = [("/".join(one.path), one.start_ns, one.duration and one.duration.ns) for one in spans]
    return rows, [one.message for one in issues], any(one.damage for one in issues)


def durations(*events):
    batches = list(chrome.read([chunk_of(json.dumps(events).encode())]))
    return [one.duration for batch in batches for one in span_rows(batch.spans)]


def slice_(name, ts, dur, **more):
    return {"ph": "X", "name": name, "ts": ts, "dur": dur, "pid": 1, "tid": 1} | more


def mark(ph, name, ts, **more):
    named = {} if name is None else {"name": name}
    return {"ph": ph, "ts": ts, "pid": 1, "tid": 1} | named | more


def test_slices_nest_by_their_times_in_whatever_order_they_are_written() -> None:
    events = [slice_("outer", 0, 10), slice_("first", 1, 3), slice_("leaf", 1, 2), slice_("second", 4, 6)]
    expected = [
        ("outer", 0, 10_000),
        ("outer/first", 1000, 3000),
        ("outer/first/leaf", 1000, 2000),
        ("outer/second", 4000, 6000),
    ]

    for order in permutations(events):
        assert read(*order) == (expected, [], False)


def test_of_slices_with_the_same_times_the_first_is_outside() -> None:
    assert read(slice_("a", 0, 5), slice_("b", 0, 5))[0] == [("a", 0, 5000), ("a/b", 0, 5000)]


def test_what_begins_when_another_ends_is_not_inside_it() -> None:
    assert read(slice_("a", 0, 5), slice_("b", 5, 5), slice_("c", 10, 0), slice_("d", 10, 0)) == (
        [("a", 0, 5000), ("b", 5000, 5000), ("c", 10_000, 0), ("d", 10_000, 0)],
        [],
        False,
    )


def test_trees_come_in_order_of_time_and_then_of_threads() -> None:
    rows, _, _ = read(
        slice_("c", 7, 1, tid=2), slice_("b", 5, 9), slice_("a", 1, 3, tid=2), slice_("d", 7, 1, tid=1, pid=9),
        mark("b", "e", 6, id=1), mark("e", "e", 8, id=1),
    )  # fmt: skip

    assert [path for path, _start, _length in rows] == ["a", "b", "e", "c", "d"]


def test_a_thread_is_its_number_in_its_process() -> None:
    rows, told, _ = read(mark("B", "a", 0), mark("B", "b", 1, pid=2), mark("E", "a", 2), mark("E", "b", 3, pid=2))

    assert rows == [("a", 0, 2000), ("b", 1000, 2000)]
    assert told == []


def test_begins_and_ends_of_the_same_moment_keep_the_order_of_the_file() -> None:
    moments = [("B", "a"), ("B", "b"), ("E", "b"), ("B", "c"), ("E", "c"), ("E", "a"), ("B", "d"), ("E", "d")]

    rows, told, _ = read(*(mark(ph, name, 5) for ph, name in moments))

    assert [path for path, _start, _length in rows] == ["a", "a/b", "a/c", "d"]
    assert told == []


def test_a_span_may_be_inside_one_of_its_own_name_on_a_thread() -> None:
    rows, told, _ = read(mark("B", "a", 0), mark("B", "a", 1), mark("E", "a", 3), mark("E", None, 7))

    assert rows == [("a", 0, 7000), ("a/a", 1000, 2000)]
    assert told == []


def test_slices_and_begins_of_a_thread_nest_in_each_other() -> None:
    rows, told, _ = read(
        mark("B", "outer", 0), slice_("in", 1, 4), mark("B", "leaf", 2), mark("E", "leaf", 5), mark("E", "outer", 6)
    )

    assert rows == [("outer", 0, 6000), ("outer/in", 1000, 4000), ("outer/in/leaf", 2000, 3000)]
    assert told == []


@pytest.mark.parametrize(
    "events",
    [
        [slice_("a", 0, 5), slice_("b", 3, 5)],
        [slice_("outer", 0, 9), slice_("a", 0, 5), slice_("b", 4.999, 1)],
        [mark("B", "a", 0), slice_("b", 3, 5), mark("E", "a", 5)],
        [mark("B", "a", 0), mark("B", "b", 1), mark("E", "a", 2), mark("E", "b", 3)],
        [mark("b", "a", 0, id=1), mark("b", "b", 1, id=1), mark("e", "a", 2, id=1), mark("e", "b", 3, id=1)],
    ],
)
def test_what_overlaps_is_damage_and_keeps_its_own_times(events) -> None:
    rows, told, damage = read(*events)

    assert damage
    assert any("overlap" in message for message in told)
    named = {path.split("/")[-1]: (start, length) for path, start, length in rows}
    for one in events:
        if one["ph"] == "X":
            assert named[one["name"]] == (one["ts"] * 1000, one["dur"] * 1000)
        elif one["ph"] in "Ee":
            begin = next(other for other in events if other["ph"] in "Bb" and other["name"] == one["name"])
            assert named[one["name"]] == (begin["ts"] * 1000, (one["ts"] - begin["ts"]) * 1000)


def test_rounding_errors_of_a_writer_are_no_overlap() -> None:
    """0.1 + 0.2 is a hair more than 0.3 in floats."""
    rows, told, _ = read(
        slice_("outer", 0, 0.3), slice_("in", 0.1, 0.1 + 0.1 + 1e-17), slice_("next", 0.29999999999, 1)
    )

    assert [path for path, _start, _length in rows] == ["outer", "outer/in", "next"]
    assert told == []


def test_durations_finer_than_nanoseconds_are_known_to_the_nanosecond_only() -> None:
    whole, fine, begun = durations(
        slice_("a", 1, 0.25), slice_("b", 2, 0.0123456), mark("B", "c", 3.0005), mark("E", "c", 3.0021)
    )

    assert whole == Duration.exact(250)
    assert fine == Duration(ns=12, low_ns=12, high_ns=13, printed="12ns")
    assert begun == Duration(ns=1, low_ns=1, high_ns=3, printed="1ns")


def test_under_an_id_spans_nest_and_parents_are_said_to_be_guessed() -> None:
    rows, told, damage = read(
        mark("b", "root", 0, id=1, cat="a"),
        mark("b", "child", 1, id=1, cat="b", tid=2),
        mark("b", "root", 1, id=2, cat="a"),
        mark("e", "child", 2, id=1, cat="b"),
        mark("b", "child", 2, id=1, cat="b"),
        mark("e", "child", 4, id=1, cat="b"),
        mark("e", "root", 5, id=1, cat="a"),
        mark("e", "root", 9, id=2, cat="a"),
    )

    assert rows == [
        ("root", 0, 5000),
        ("root/child", 1000, 1000),
        ("root/child", 2000, 2000),
        ("root", 1000, 8000),
    ]
    assert not damage
    assert [message for message in told if "told from times alone" in message] == told


def test_two_open_spans_of_one_name_and_id_are_damage() -> None:
    """Parallel children: nothing says which of them an end belongs to."""
    begins = [mark("b", "root", 0, id=1), mark("b", "task", 1, id=1), mark("b", "task", 2, id=1)]

    _rows, told, damage = read(*begins, *(mark("e", name, 5, id=1) for name in ("task", "task", "root")))

    assert damage
    assert any("begun again before it ends" in message for message in told)


def test_the_same_name_in_another_category_is_another_span() -> None:
    rows, told, _ = read(
        mark("b", "a", 0, id=1, cat="x"),
        mark("b", "a", 1, id=1, cat="y"),
        mark("e", "a", 2, id=1, cat="y"),
        mark("e", "a", 7, id=1, cat="x"),
    )

    assert rows == [("a", 0, 7000), ("a/a", 1000, 1000)]
    assert len(told) == 1


def test_a_local_id_belongs_to_its_process() -> None:
    local = {"id2": {"local": "0x1"}}

    other = local | {"pid": 2}

    rows, told, _ = read(
        mark("b", "a", 0, **local), mark("b", "a", 1, **other), mark("e", "a", 5, **local), mark("e", "a", 9, **other)
    )

    assert rows == [("a", 0, 5000), ("a", 1000, 8000)]
    assert told == []


def test_an_end_that_is_not_of_the_open_span_ends_nothing() -> None:
    rows, told, damage = read(mark("B", "a", 0), mark("E", "lost", 1), mark("E", "a", 2))

    assert rows == [("a", 0, 2000)]
    assert damage
    assert told == ["'lost' ends but did not begin"]


def test_what_is_too_deep_is_damage_and_left_out(monkeypatch) -> None:
    deepest, deeper = 100, 150
    monkeypatch.setattr(chrome_tracks, "MAX_DEPTH", deepest)
    begins = [mark("B", f"s{depth % 2}", depth) for depth in range(deeper)]
    ends = [mark("E", f"s{depth % 2}", 2 * deeper - depth) for depth in reversed(range(deeper))]

    rows, told, damage = read(*begins, *ends)

    assert len(rows) == deepest
    assert rows[-1][1:] == ((deepest - 1) * 1000, (2 * deeper - 2 * (deepest - 1)) * 1000)
    assert damage
    assert len(told) == 1

    slices = [slice_("x", depth, 4 * deeper - 2 * depth) for depth in range(deeper)]
    rows, told, damage = read(*slices)
    assert (len(rows), damage) == (deepest, True)


def test_unfinished_spans_hold_what_came_after_them() -> None:
    batches = list(chrome.read([chunk_of(json.dumps([mark("B", "a", 0), slice_("b", 1, 2)]).encode())]))
    outer, inner = (one for batch in batches for one in span_rows(batch.spans))

    assert (outer.note, outer.duration, inner.parent, inner.note) == (UNFINISHED, None, outer.seq, None)
