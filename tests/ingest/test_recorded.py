"""A session's logs and files → its tables and run records, whether they are compressed already or not."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.ingest.benchmark import Reading
from harness.ingest.recorded import read_recorded
from harness.ingest.tables import EVENTS_FILE, SPANS_FILE
from harness.kpis.definition import KpiDefinition, ProofScope, Selector
from harness.recording.manifest import RunKind, RunRecord
from harness.store.raw import compress_all

READING = Reading(definitions=(KpiDefinition(name="prove", selector=Selector(spans=("prove",))),), scope=ProofScope())


def tree(milliseconds: int) -> str:
    return f"INFO     prove [ {milliseconds}.0ms | 100.00% ]\n"


def spans(ns: int, *, end: bool = True) -> str:
    lines: list[dict] = [{"t": "header", "v": 1}, {"t": "span", "seq": 0, "name": "prove", "busy_ns": ns}]
    return "".join(json.dumps(line) + "\n" for line in [*lines, *[{"t": "end"}] * end])


def record(name: str, kind: RunKind, number: int, lines: tuple[int, int], **more) -> RunRecord:
    return RunRecord(benchmark=name, kind=kind, number=number, first_line=lines[0], last_line=lines[1], **more)


RUNS = (
    record("k", RunKind.WARMUP, 0, (1, 1)),
    record("k", RunKind.MEASURED, 1, (2, 2)),
    record("k", RunKind.MEASURED, 2, (3, 4), stderr_lines=((4, 4),)),
    record("s", RunKind.MEASURED, 1, (1, 1)),
)


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A draft of two benchmarks: one with a span file for its second run, one that printed no span."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "k.log").write_text(tree(90) + tree(20) + tree(30) + "warning: x\n")
    (raw / "k.2.spans.jsonl").write_text(spans(30_012_345))
    (raw / "s.log").write_text("hello\n")
    return tmp_path


def read(session: Path, *names: str, runs=RUNS):
    return read_recorded(session, session / "raw", dict.fromkeys(names, READING), runs)


@pytest.mark.parametrize("compressed", [False, True])
def test_every_benchmark_is_read_from_its_log_and_what_lies_beside_it(session, compressed) -> None:
    if compressed:
        compress_all(session / "raw")
    (k, s), formats = read(session, "k", "s")
    assert formats == {"k": "tracing-forest + span-jsonl", "s": ""}
    assert (k.name, k.kpis[0].values, k.kpis[0].runs) == ("k", (20.0, 30.012345), (1, 2))
    assert [run.facts.failure for run in k.runs] == [None] * 3
    assert s.runs[0].facts.failure == "printed no root span: RUST_LOG may have switched spans off"
    assert s.kpis[0].missing == "no good measured run"
    rows = pq.read_table(session / SPANS_FILE).to_pylist()
    assert [(row["kind"], row["run"], row["ns"], row["source"]) for row in rows] == [
        ("warmup", 0, 90_000_000, "tracing-forest"),
        ("measured", 1, 20_000_000, "tracing-forest"),
        ("measured", 2, 30_012_345, "span-jsonl"),
    ]
    assert pq.read_metadata(session / EVENTS_FILE).num_rows == 0


def test_a_program_that_prints_no_spans_but_writes_them_is_read_from_its_file(session) -> None:
    (session / "raw" / "s.1.spans.jsonl").write_text(spans(7_000_001))
    [s], _ = read(session, "s")
    assert (s.runs[0].facts.failure, s.kpis[0].values) == (None, (7.000001,))


def test_two_clocks_that_disagree_in_one_process_are_noted_and_the_run_is_kept(session) -> None:
    (session / "raw" / "k.2.spans.jsonl").write_text(spans(31_000_000))
    [k], _ = read(session, "k")
    assert k.runs[2].facts.failure is None
    assert k.runs[2].facts.notes == ("k.log:3 says 30.0ms of 'prove', k.2.spans.jsonl:2 says 31000000ns",)


def test_a_torn_span_file_costs_its_precision_and_not_the_run(session) -> None:
    (session / "raw" / "k.2.spans.jsonl").write_text(spans(30_012_345, end=False))
    [k], _ = read(session, "k")
    assert (k.runs[2].facts.failure, k.kpis[0].values) == (None, (20.0, 30.0))
    assert k.runs[2].facts.notes == ("k.2.spans.jsonl is damaged and was left out",)


def test_a_benchmark_that_never_got_a_log_has_failed_runs_alone(session) -> None:
    (session / "raw" / "s.log").unlink()
    [s], formats = read(session, "s")
    assert formats == {"s": ""}
    assert s.runs[0].facts.failure is not None
