"""Chrome Trace Event JSON: it parses, nests as Perfetto wants it, and says the source's figures exactly."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from harness.documents.chrome_trace import chrome_trace
from harness.ingest.stored_spans import stored_runs
from harness.recording.manifest import Recording, RunKind
from harness.spans.trees import Node
from harness.units import Duration, parse_duration
from tests.documents.stored_runs import run_of, shown_at

ROOT = Path(__file__).parent.parent.parent
BASE = ROOT / "tests" / "data" / "turns" / "recordings" / "50ea4e1e75a02867"
M8 = ROOT / "baselines" / "recordings" / "0ae611f3c83983b8"


def node(name, printed, *children, **more):
    return Node(name=name, line=1, duration=printed and parse_duration(*printed), children=list(children), **more)


def timed(name, start_ns, end_ns, *children, thread=None):
    return Node(
        name=name,
        line=1,
        duration=Duration.exact(end_ns - start_ns),
        start_ns=start_ns,
        end_ns=end_ns,
        thread=thread,
        children=list(children),
    )


def document(*runs, shown=None):
    """The document as a reader that knows exact decimals and no NaN sees it."""
    text = "".join(chrome_trace(shown or shown_at(BASE), runs))
    return json.loads(text, parse_float=Decimal, parse_constant=pytest.fail)


def events(*runs, phases="Xi"):
    return [one for one in document(*runs)["traceEvents"] if one["ph"] in phases]


def nanoseconds(microseconds):
    exact = Decimal(microseconds) * 1000
    assert exact == int(exact)
    return int(exact)


def placed(event):
    start_ns = nanoseconds(event["ts"])
    return start_ns, start_ns + nanoseconds(event["dur"])


def assert_nests(found) -> None:
    """No two slices of a track overlap in part; read in the order of `ts`, outer ones come first."""
    stacks: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for event in sorted((one for one in found if one["ph"] == "X"), key=lambda one: one["ts"]):
        start_ns, end_ns = placed(event)
        stack = stacks.setdefault((event["pid"], event["tid"]), [])
        while stack and stack[-1][1] <= start_ns:
            stack.pop()
        assert not stack or end_ns <= stack[-1][1]
        stack.append((start_ns, end_ns))


def example():
    leaf = node("dft > batch", ("1.21", "µs"), fields=(("n", "1"), ("n", "2"), ("phase", '"a | b"')), level="INFO")
    root = node(
        "prove",
        ("2.44", "s"),
        leaf,
        node("parallel", ("2.45", "s"), note="why"),
        node("gone", None),
        node("z", ("0", "ns")),
    )
    worker = timed("job", 10_001, 12_500, thread="worker 1")
    main = timed("prove", 10_000, 20_000, timed("late", 15_000, 25_000, thread="main"), worker, thread="main")
    return (
        run_of(node("prove", ("2.4", "s")), kind=RunKind.WARMUP, number=0),
        run_of(root),
        run_of(main, benchmark="logup", number=2),
        run_of(benchmark="logup", number=3),
    )


def test_a_small_recording_looks_like_this(golden) -> None:
    golden("spans.chrome.json", "".join(chrome_trace(shown_at(BASE), example())))


def test_a_benchmark_is_a_process_a_run_a_thread_and_no_number_serves_twice() -> None:
    names = {
        (one["pid"], one["tid"]): one["args"]["name"]
        for one in events(*example(), phases="M")
        if one["name"] == "thread_name"
    }
    processes = [one["args"]["name"] for one in events(*example(), phases="M") if one["name"] == "process_name"]

    assert processes == ["keccakf", "logup"]
    assert not {pid for pid, _ in names} & {tid for _, tid in names}
    assert names == {
        (1, 1001): "warmup run 0, laid out from durations, not measured",
        (1, 1002): "run 1, laid out from durations, not measured, 1 cut to fit, 1 never ended",
        (2, 1003): "run 2, thread main",
        (2, 1004): "run 2, thread main, overlapping 2",
        (2, 1005): "run 2, thread worker 1",
        (2, 1006): "run 3, laid out from durations, not measured",
    }


def test_a_cut_slice_carries_the_figures_as_printed() -> None:
    cut = next(one for one in events(*example()) if one["name"] == "parallel")

    assert nanoseconds(cut["dur"]) == 2_440_000_000 - 1_210
    assert cut["cat"] == "span,cut"
    assert cut["args"]["cut_to_fit"] is True
    assert (cut["args"]["printed"], cut["args"]["ns"]) == ("2.45s", 2_450_000_000)
    assert (cut["args"]["ns_low"], cut["args"]["ns_high"]) == (2_445_000_000, 2_455_000_000)
    assert cut["args"]["note"] == "why"


def test_what_never_ended_is_an_instant_without_figures() -> None:
    gone = next(one for one in events(*example()) if one["name"] == "gone")

    assert (gone["ph"], gone["s"], "dur" in gone) == ("i", "t", False)
    assert gone["args"] == {"never_ended": True, "tree": 0, "seq": 3, "parent": 0, "occurrence": 0, "line": 1}


def test_fields_stand_as_printed_and_repeated_keys_keep_all_values() -> None:
    leaf = next(one for one in events(*example()) if one["name"] == "dft > batch")

    assert leaf["args"]["fields"] == {"n": ["1", "2"], "phase": '"a | b"'}


def test_the_document_says_what_it_shows_and_how_far_to_trust_it() -> None:
    other = document(*example())["otherData"]

    assert (other["recording"], other["labels"], other["target"]) == (BASE.name, ["base"], "openvm-cpu")
    assert "laid out" in other["about"]
    assert [(one["title"], one["positions"], one["cut_to_fit"], one["never_ended"]) for one in other["runs"]] == [
        ("warmup run 0", "laid out from durations, not measured", 0, 0),
        ("run 1", "laid out from durations, not measured", 1, 1),
        ("run 2", "times of the source", 0, 0),
        ("run 3", "laid out from durations, not measured", 0, 0),
    ]


def test_failed_runs_and_counters_runs_say_so_in_their_names() -> None:
    shown = shown_at(BASE)
    manifest = shown.recording.manifest
    runs = tuple(structs.replace(one, failure="killed") for one in manifest.runs)
    failed = structs.replace(shown, recording=Recording(id="x", manifest=structs.replace(manifest, runs=runs)))
    root = node("prove", ("1", "ns"))
    found = document(run_of(root), run_of(root, kind=RunKind.COUNTERS, number=0), shown=failed)["traceEvents"]
    names = [one["args"]["name"] for one in found if one["name"] == "thread_name"]

    assert names == [
        "run 1, FAILED, laid out from durations, not measured",
        "counters run, its times are never used, laid out from durations, not measured",
    ]


@pytest.mark.parametrize("ns", [0, 1, 999, 1000, 1001, 123_456_789_012_345_678, 2**63 - 1])
def test_times_are_exact_to_the_nanosecond(ns) -> None:
    (one,) = events(run_of(Node(name="a", line=1, duration=Duration.exact(ns))))

    assert nanoseconds(one["dur"]) == ns == one["args"]["ns"]


def test_a_recording_without_runs_is_still_a_document() -> None:
    assert document()["traceEvents"] == []


def test_hostile_names_stay_text() -> None:
    name = '"},{"ph":"X"}]\n</script>\x00\u2028'
    root = node(name, ("1", "ns"), fields=((name, name),))
    (one,) = events(run_of(root, benchmark=name))

    assert (one["name"], one["args"]["fields"]) == (name, {name: name})


@pytest.mark.parametrize("folder", [BASE, M8], ids=["measured", "published"])
def test_a_real_recording_is_drawn_whole(folder) -> None:
    runs = stored_runs(folder / "spans.parquet")
    found = events(*runs)
    rows = [one for run in runs for one in run.spans()]

    assert_nests(found)
    assert [one["name"] for one in found] == [row.name for row in rows]
    assert [one["args"]["printed"] for one in found] == [row.duration.printed for row in rows]
    uncut = [(one, row) for one, row in zip(found, rows, strict=True) if "cut_to_fit" not in one["args"]]
    assert len(uncut) > len(rows) * 0.9
    assert all(nanoseconds(one["dur"]) == row.duration.ns for one, row in uncut)


def trees(*, own_times):
    def build(children):
        def make(length_ns, start_ns, thread, below):
            return Node(
                name="s",
                line=1,
                duration=None if length_ns is None else Duration.exact(length_ns),
                start_ns=start_ns,
                end_ns=None if None in {length_ns, start_ns} else start_ns + length_ns,
                thread=thread,
                children=below,
            )

        starts = st.integers(0, 5000) if own_times else st.none()
        return st.builds(make, st.none() | st.integers(0, 3000), starts, st.sampled_from(["1", "2"]), children)

    return st.lists(st.recursive(build(st.just([])), lambda below: build(st.lists(below, max_size=4)), max_leaves=10))


@settings(max_examples=100, deadline=None)
@given(trees(own_times=False) | trees(own_times=True))
def test_any_trees_become_slices_that_nest_with_each_row_there_once(roots) -> None:
    run = run_of(*roots)
    found = events(run)

    assert_nests(found)
    assert [one["args"]["seq"] for one in found] == [row.seq for row in run.spans()]
    assert [one["ph"] for one in found] == ["X" if row.duration else "i" for row in run.spans()]
