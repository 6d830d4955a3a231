"""Counters of a Metrics section as Markdown."""

from harness.documents.milestones.counters import counters_part
from harness.milestones.counting import Counted, count_events, count_metrics
from harness.milestones.programme import Form, Part
from harness.recording.manifest import RunKind, RunRecord
from harness.spans.stored import StoredEvent, StoredTotals

STAGES = Part(form=Form.COUNTERS, title="Dispatch/Sync Structure", benchmark="logup", event="stage", by=("stage",))
POOL = Part(form=Form.COUNTERS, title="Buffer Pool", benchmark="logup", metrics=("metal.buffer_pool.",))


def runs(*kinds):
    return [RunRecord(benchmark="logup", kind=kind, number=number, first_line=1, last_line=2) for number, kind in kinds]


COUNTERS = runs((0, RunKind.COUNTERS), (1, RunKind.MEASURED))
MEASURED = runs((1, RunKind.MEASURED), (2, RunKind.MEASURED))


def event(stage, kind=RunKind.COUNTERS, number=0, message="stage", **fields):
    pairs = tuple((key, str(value)) for key, value in {**({"stage": stage} if stage else {}), **fields}.items())
    return StoredEvent(benchmark="logup", kind=kind, run=number, message=message, fields=pairs)


def counted(*events, of=COUNTERS, by=("stage",)):
    return count_events(events, of, benchmark="logup", by=by)


def bullets(text):
    return [line.strip().removeprefix("- ") for line in text.splitlines() if line.startswith("  - ")]


BEFORE = counted(
    *[event("ntt", kernel_count=4, sync_count=1, coset_idx=one) for one in (0, 1)],
    event("bary", kernel_count=3, sync_count=0),
    event("gone", kernel_count=1),
)
AFTER = counted(
    event("ntt", kernel_count=4, sync_count=1, coset_idx=0),
    event('"dispatch_multi_sync"', kernel_count=2, num_x=1),
    event('"dispatch_multi_sync"', kernel_count=2, num_x=3, late="yes"),
    event("bary", kernel_count=3, sync_count=0),
    event(None, kernel_count=9),
)


def test_counters_before_and_after_are_laid_out_with_their_changes(golden):
    golden("milestone-counters.md", counters_part(STAGES, BEFORE, AFTER))


def test_the_programs_own_counters_are_listed_with_their_changes(golden):
    def pool(**values):
        found = {f"metal.buffer_pool.{name}": value for name, value in values.items()}
        totals = StoredTotals(benchmark="logup", kind=RunKind.COUNTERS, run=0, totals=found)
        return count_metrics([totals], COUNTERS, benchmark="logup", prefixes=POOL.metrics)

    golden("milestone-pool.md", counters_part(POOL, pool(reuse=3, miss=9, drop=1), pool(reuse=12, miss=0)))


def test_zero_is_a_value():
    found = counters_part(STAGES, None, counted(event("a", mle_trace_count=0, fallback_count=0)))

    assert bullets(found) == ["`stage` `stage=a`: `1` call; `mle_trace_count=0`, `fallback_count=0`"]


def test_what_differs_between_runs_is_a_range_and_has_no_change():
    events = [event("a", RunKind.MEASURED, number, n=value) for number, value in ((1, 4), (2, 6))]
    events += [event("b", RunKind.MEASURED, 1, n=1)]
    side = counted(*events, of=MEASURED)

    found = counters_part(STAGES, side, side)

    assert "- After (measured runs, n=2):" in found
    assert bullets(found)[:2] == [
        "`stage` `stage=a`: `1` call; `n=4`, `n=6`; not the same every run",
        "`stage` `stage=b`: `1` call in 1 of 2 runs; `n=1`",
    ]
    assert bullets(found)[-2:] == [
        "`stage` `stage=a`: calls `+0`, `n` (not the same every run)",
        "`stage` `stage=b`: calls (not the same every run), `n` (not the same every run)",
    ]


def test_sums_of_several_calls_that_vary_say_so():
    events = [event("a", RunKind.MEASURED, number, n=value) for number in (1, 2) for value in (number, 5)]

    found = counters_part(STAGES, None, counted(*events, of=MEASURED))

    assert bullets(found) == [
        "`stage` `stage=a`: `2` calls; `n=1`, `n=5`, `n=2`; sums: `n` `6` … `7` (not the same every run)"
    ]


def test_a_side_without_the_event_says_why():
    found = counters_part(STAGES, Counted(absent="no counters run is recorded"), counted(event("a", n=1)))

    assert "- Before: no `stage` in the runs of `logup`: no counters run is recorded" in found
    assert found.endswith("- Delta: none, since only one side has it")


def test_sides_read_from_different_kinds_of_runs_are_not_subtracted():
    base = counted(event("a", RunKind.MEASURED, 1, n=1), of=MEASURED)

    assert counters_part(STAGES, base, counted(event("a", n=1))).endswith(
        "before from the measured runs, after from the counters run"
    )


def test_a_flood_of_groups_is_cut():
    found = bullets(counters_part(STAGES, None, counted(*(event(f"s{i}", n=i) for i in range(100)))))

    assert (len(found), found[-1]) == (61, "and 40 more")


def test_many_values_are_counted_and_long_ones_cut():
    events = [event("a", n="x" * 500, len=i) for i in range(30)]

    [line] = bullets(counters_part(STAGES, None, counted(*events)))

    assert "`len`: `30` different values" in line
    assert f"`n={'x' * 120}…`" in line


def test_hostile_messages_keys_and_values_stay_inside_code(hostile, outside_code):
    texts = [*hostile, *hostile[::-1]]
    events = [event(a, message=b, **{b: a, "n": 1}) for a, b in zip(hostile, hostile[::-1], strict=True)]
    events += [event(a, message=b, **{b: "other"}) for a, b in zip(hostile, hostile[::-1], strict=True)]
    side = counted(*events)
    reason = Counted(absent=" ".join(texts))
    part = Part(form=Form.COUNTERS, title=hostile[3], benchmark=hostile[0], event=hostile[1], by=("stage",))

    for found in (counters_part(part, side, side), counters_part(part, reason, side)):
        for line in found.splitlines():
            plainly = outside_code(line)
            assert not set("`[]<>*") & set(plainly.removeprefix("- ")), line
            assert "://" not in plainly
