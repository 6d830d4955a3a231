"""The programme, and the evidence of each of its milestones: every way in which base, head and reference can stand."""

from pathlib import Path

import pytest
from msgspec import structs

from harness.commands.milestones.evidence import gather
from harness.commands.milestones.place import load_programme
from harness.commands.workspace import open_workspace
from harness.milestones.counting import Counted, count_events, count_metrics
from harness.milestones.evidence import Evidence, Recordings, Which
from harness.milestones.programme import Programme
from harness.recording.manifest import Recording, RunKind, RunRecord
from harness.spans.stored import StoredEvent, StoredTotals
from tests.documents.milestones.evidence_made import (
    NOT_LABELLED,
    calibration_sessions,
    evidence_of,
    kpi,
    measured_like,
    without_benchmark,
)

ROOT = Path(__file__).parent.parent.parent.parent
COUNTERS_RUNS = [
    RunRecord(benchmark=name, kind=RunKind.COUNTERS, number=0, first_line=1, last_line=2)
    for name in ("keccakf", "logup")
]


@pytest.fixture(scope="session")
def programme() -> Programme:
    return load_programme(ROOT, "metal-backend")


@pytest.fixture(scope="session")
def turns() -> tuple[Recording, Recording]:
    """The committed base and head whose runs took turns, both benchmarks on the CPU."""
    store = open_turns().store
    return store.load("50ea4e1e75a02867"), store.load("a7927e5fb85ef72f")


def open_turns():
    return open_workspace(ROOT, store=ROOT / "tests" / "data" / "turns", target="openvm-cpu", host=None)


def counted_of(message: str, *events: dict[str, object], benchmark: str = "logup", by: tuple[str, ...] = ()):
    stored = [
        StoredEvent(
            benchmark=benchmark,
            kind=RunKind.COUNTERS,
            run=0,
            message=message,
            fields=tuple((name, str(value)) for name, value in one.items()),
        )
        for one in events
    ]
    return count_events(stored, COUNTERS_RUNS, benchmark=benchmark, by=by)


def pool_of(**values: int):
    totals = {f"metal.buffer_pool.{name}": value for name, value in values.items()}
    one = StoredTotals(benchmark="keccakf", kind=RunKind.COUNTERS, run=0, totals=totals)
    return count_metrics([one], COUNTERS_RUNS, benchmark="keccakf", prefixes=("metal.buffer_pool.",))


def stages(*rows: dict[str, object], by: tuple[str, ...] = ("stage",)):
    return counted_of("metal_dispatch_stage", *rows, by=by)


@pytest.fixture(scope="session")
def cases(programme, contract, m8, imported, turns) -> dict[str, Evidence]:
    """One a milestone, by its id: in turns, across sessions, not comparable, with and without a reference."""
    metal = measured_like(m8, "b", 1.0, started="2026-11-05T08:00:00Z")
    faster = measured_like(m8, "c", 0.7, started="2026-11-07T08:00:00Z")
    tree = "prover.main_trace_commit > merkle_tree"

    def with_tree(recording: Recording, *times_ms: float) -> Recording:
        more = (*recording.manifest.kpis, kpi("keccakf", tree, *times_ms))
        return structs.replace(recording, manifest=structs.replace(recording.manifest, kpis=more))

    def made(milestone_id: str, recordings: Recordings, counted=None, **changes: object) -> Evidence:
        milestone = programme.milestone(milestone_id)
        sides = [(which, i) for i in range(len(milestone.metrics)) for which in (Which.BASE, Which.HEAD)]
        none = dict.fromkeys(sides, Counted(absent="no counters run is recorded, and it came in no measured run"))
        return evidence_of(milestone, contract, recordings, counted=none | (counted or {}), **changes)

    in_turns = gather(
        open_turns(),
        programme,
        programme.milestone("9"),
        Recordings(head=turns[1], base=turns[0], no_reference=NOT_LABELLED),
    )
    fused = {
        (Which.BASE, 0): stages(*[{"stage": "round0", "kernel_count": 4, "sync_count": 1} for _ in range(3)]),
        (Which.HEAD, 0): stages({"stage": "round0", "kernel_count": 4, "sync_count": 0}),
    }
    batches = {
        (which, 0): counted_of("logup_batch_metrics", {"fallback_count": number, "mle_trace_count": 0})
        for which, number in ((Which.BASE, 2), (Which.HEAD, 0))
    }
    phases = {
        (Which.BASE, 0): stages({"phase": "openings"}, by=("phase",)),
        (Which.HEAD, 0): stages({"phase": "openings"}, {"phase": "commit"}, by=("phase",)),
        (Which.BASE, 1): pool_of(reuse=3, miss=9),
        (Which.HEAD, 1): pool_of(reuse=12, miss=0),
    }
    return {
        "8": made("8", Recordings(head=m8)),
        "9": structs.replace(in_turns, counted=fused),
        "10": made(
            "10",
            Recordings(head=faster, base=metal, reference=m8, sessions=calibration_sessions(m8, 20)),
            counted=batches,
        ),
        "11": made("11", Recordings(head=with_tree(imported[0], 14.5, 14.4, 14.4, 14.3, 14.6), base=with_tree(m8))),
        "12": made("12", Recordings(head=imported[1], base=imported[0])),
        "13": made("13", Recordings(head=without_benchmark(faster, "logup"), base=metal, no_reference=NOT_LABELLED)),
        "14": made("14", Recordings(head=faster, base=metal, reference=m8), alternated=True, counted=phases),
        "15": made("15", Recordings(head=faster, base=m8)),
    }
