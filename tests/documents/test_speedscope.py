"""Speedscope files: of the published structure, balanced, in the order of time."""

from pathlib import Path
from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documents.speedscope import speedscope
from harness.ingest.stored_spans import stored_runs
from harness.recording.manifest import RunKind
from harness.spans.trees import Node
from harness.units import Duration
from tests.documents.stored_runs import run_of, shown_at

ROOT = Path(__file__).parent.parent.parent
BASE = ROOT / "tests" / "data" / "turns" / "recordings" / "50ea4e1e75a02867"
M8 = ROOT / "baselines" / "recordings" / "0ae611f3c83983b8"


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Event(Strict):
    type: Literal["O", "C"]
    at: int
    frame: int


class Profile(Strict):
    type: Literal["evented"]
    name: str
    unit: Literal["nanoseconds"]
    startValue: int  # noqa: N815 (the published name)
    endValue: int  # noqa: N815
    events: list[Event]


class Frame(Strict):
    name: str


class Shared(Strict):
    frames: list[Frame]


class File(Strict):
    schema: Literal["https://www.speedscope.app/file-format-schema.json"] = msgspec.field(name="$schema")
    shared: Shared
    profiles: list[Profile]
    name: str
    activeProfileIndex: int  # noqa: N815
    exporter: str


def node(name, length_ns, *children, start_ns=None, thread=None):
    duration = None if length_ns is None else Duration.exact(length_ns)
    end_ns = None if None in {start_ns, length_ns} else start_ns + length_ns
    return Node(
        name=name, line=1, duration=duration, start_ns=start_ns, end_ns=end_ns, thread=thread, children=list(children)
    )


def document(*runs, folder=BASE):
    return msgspec.json.decode("".join(speedscope(shown_at(folder), runs)), type=File)


def calls(profile, frames):
    """Depth, name and length of every frame in the order of opening; fails where events are not balanced."""
    found: list[list[object]] = []
    stack: list[int] = []
    last_ns = profile.startValue
    for event in profile.events:
        assert event.at >= last_ns
        last_ns = event.at
        if event.type == "O":
            found.append([len(stack), frames[event.frame].name, event.at])
            stack.append(len(found) - 1)
        else:
            opened = found[stack.pop()]
            assert opened[1] == frames[event.frame].name
            opened[2] = event.at - opened[2]
    assert stack == []
    assert profile.endValue == last_ns
    return [tuple(one) for one in found]


def example():
    root = node("prove", 100, node("a", 60, node("prove", 10)), node("b", 60), node("gone", None), node("z", 0))
    worker = node("job", 7, start_ns=12, thread="worker 1")
    main = node("prove", 20, node("late", 20, start_ns=15, thread="main"), worker, start_ns=10, thread="main")
    return (
        run_of(node("prove", 9), kind=RunKind.WARMUP, number=0),
        run_of(root, node("after", 5)),
        run_of(main, benchmark="logup", number=2),
    )


def test_a_small_recording_looks_like_this(golden) -> None:
    golden("spans.speedscope.json", "".join(speedscope(shown_at(BASE), example())))


def test_each_run_is_a_profile_and_each_thread_of_one_with_own_times() -> None:
    found = document(*example())

    assert found.name == f"{BASE.name} (base) openvm-cpu"
    assert [one.name for one in found.profiles] == [
        "keccakf warmup run 0, laid out from durations, not measured",
        "keccakf run 1, laid out from durations, not measured, 1 cut to fit, 1 never ended",
        "logup run 2, thread main",
        "logup run 2, thread main, overlapping 2",
        "logup run 2, thread worker 1",
    ]
    assert found.activeProfileIndex == 1


def test_frames_nest_with_their_lengths_and_a_cut_one_is_no_whole_one() -> None:
    found = document(*example())

    assert calls(found.profiles[1], found.shared.frames) == [
        (0, "prove", 100),
        (1, "a", 60),
        (2, "prove", 10),
        (1, "b (cut to fit)", 40),
        (0, "z", 0),
        (0, "after", 5),
    ]
    assert found.profiles[1].endValue == 105


def test_own_times_are_kept() -> None:
    found = document(*example())
    logup = [(one.events[0].at, one.endValue) for one in found.profiles if one.name.startswith("logup")]

    assert logup == [(0, 20), (5, 25), (2, 9)]


def test_frames_are_shared_by_name() -> None:
    names = [one.name for one in document(*example()).shared.frames]

    assert sorted(names) == sorted({*names})
    assert names.count("prove") == 1


@pytest.mark.parametrize("roots", [(), (node("gone", None),), (node("gone", None, start_ns=3),)])
def test_a_run_of_which_nothing_has_a_length_gives_no_profile(roots) -> None:
    assert document(run_of(*roots)).profiles == []
    assert [one.name[:13] for one in document(run_of(*roots), run_of(node("a", 1), number=2)).profiles] == [
        "keccakf run 2"
    ]


def test_hostile_names_stay_text() -> None:
    name = '"}],"events":[\n\x00\u2028'
    found = document(run_of(node(name, 1), benchmark=name))

    assert found.shared.frames[0].name == name
    assert found.profiles[0].name.startswith(name)


@pytest.mark.parametrize("folder", [BASE, M8], ids=["measured", "published"])
def test_a_real_recording_is_drawn_whole(folder) -> None:
    runs = stored_runs(folder / "spans.parquet")
    found = document(*runs, folder=folder)

    assert len(found.profiles) == len(runs) == 12
    for run, profile in zip(runs, found.profiles, strict=True):
        names = [name.removesuffix(" (cut to fit)") for _, name, _ in calls(profile, found.shared.frames)]
        rows = list(run.spans())
        assert names == [row.name for row in rows]
        assert profile.endValue == sum(row.duration.ns for row in rows if row.parent is None)


def trees(*, own_times):
    starts = st.integers(0, 5000) if own_times else st.none()

    def build(children):
        return st.builds(
            lambda name, length, start, thread, below: node(name, length, *below, start_ns=start, thread=thread),
            st.sampled_from("abc"),
            st.none() | st.integers(0, 3000),
            starts,
            st.sampled_from(["1", "2"]),
            children,
        )

    return st.lists(st.recursive(build(st.just([])), lambda below: build(st.lists(below, max_size=4)), max_leaves=10))


@settings(max_examples=100, deadline=None)
@given(trees(own_times=False) | trees(own_times=True))
def test_any_trees_become_balanced_profiles_with_each_row_that_ended_there_once(roots) -> None:
    run = run_of(*roots)
    found = document(run)
    drawn = [one for profile in found.profiles for one in calls(profile, found.shared.frames)]

    names = sorted(name.removesuffix(" (cut to fit)") for _, name, _ in drawn)
    assert names == sorted(row.name for row in run.spans() if row.duration is not None)
    whole = sorted((name, length) for _, name, length in drawn if not name.endswith(")"))
    ended = sorted((row.name, row.duration.ns) for row in run.spans() if row.duration is not None)
    assert [one for one in whole if one not in ended] == []
