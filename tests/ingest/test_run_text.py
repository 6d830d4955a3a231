"""One run of one or several sources: each duration from whoever knows it best, contradictions and damage said."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from harness.formats import openvm_metrics, span_jsonl
from harness.ingest.run_text import ReadRun, document_pieces, read_run
from harness.ingest.tables import EVENTS_FILE, METRICS_FILE, SPANS_FILE, TableWriter
from harness.kpis.selector import Wanted
from harness.spans.model import LAST_VALUE_ONLY
from tests.ingest.run_logs import run_file, run_log

WANTED = Wanted(names=frozenset({"prove", "commit"}), parents=frozenset())
LOG = (
    "INFO     prove [ 2.44s | 10.00% / 100.00% ]",
    "INFO     ┝━ ｉ [info]: main_trace_cells = 5",
    "INFO     ┕━ commit [ 83.0ns | 0.00% ]",
)
EXACT = ((1, 0, "commit", 83), (0, None, "prove", 2_441_234_567))


def record(*closed: tuple[int, int | None, str, int], end: bool = True) -> bytes:
    """A span file: children before their parent."""
    lines: list[dict] = [{"t": "header", "v": 1}]
    for seq, parent, name, busy_ns in closed:
        span = {"t": "span", "seq": seq, "name": name, "busy_ns": busy_ns, "thread": 7}
        lines.append(span if parent is None else {**span, "parent": parent})
    lines += [{"t": "end"}] * end
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def gauges(**values_ms: str) -> bytes:
    found = [{"labels": [], "metric": f"{name}_time_ms", "value": value} for name, value in values_ms.items()]
    return json.dumps({"counter": [], "gauge": found}).encode()


@pytest.fixture
def read(tmp_path: Path):
    """The run of LOG with these files beside it."""

    def made(*files, lines=LOG, requires_interactions: bool = False) -> ReadRun:
        with TableWriter(tmp_path) as tables:
            log = run_log(lines, first_line=5, files=files)
            return read_run(log, WANTED, tables, requires_interactions=requires_interactions)

    return made


def rows(folder: Path) -> list[tuple[str, int, str]]:
    return [(row["name"], row["ns"], row["source"]) for row in pq.read_table(folder / SPANS_FILE).to_pylist()]


def test_a_log_alone_is_stored_as_it_was_read(read, tmp_path) -> None:
    run = read()
    assert rows(tmp_path) == [("prove", 2_440_000_000, "tracing-forest"), ("commit", 83, "tracing-forest")]
    assert pq.read_metadata(tmp_path / EVENTS_FILE).num_rows == 1
    assert not (tmp_path / METRICS_FILE).exists()
    assert (run.facts.failure, run.facts.roots, run.facts.notes, run.conflicts) == (None, 1, (), ())
    assert [span.line for span in run.gathered.spans] == [5, 7]


def test_the_narrower_of_two_durations_is_taken_and_its_source_is_kept(read, tmp_path) -> None:
    run = read(run_file("b.1.spans.jsonl", record(*EXACT), span_jsonl))
    assert rows(tmp_path) == [("prove", 2_441_234_567, "span-jsonl"), ("commit", 83, "tracing-forest")]
    [prove, commit] = run.gathered.spans
    assert (prove.duration.printed, prove.duration.low_ns) == ("2441234567ns", 2_441_234_567)
    assert (prove.line, prove.root_pct, prove.thread, commit.thread) == (5, 100.0, "7", "7")
    assert (run.facts.failure, run.facts.notes, run.conflicts) == (None, (), ())
    assert pq.read_metadata(tmp_path / EVENTS_FILE).num_rows == 1


def test_durations_that_cannot_both_be_true_are_a_conflict_that_names_both_lines(read) -> None:
    run = read(run_file("b.1.spans.jsonl", record((1, 0, "commit", 83), (0, None, "prove", 2_500_000_000)), span_jsonl))
    assert run.conflicts == ("b.log:5 says 2.44s of 'prove', b.1.spans.jsonl:3 says 2500000000ns",)
    deep = read(run_file("x", record((1, 0, "commit", 990_000), (0, None, "prove", 2_441_234_567)), span_jsonl))
    assert deep.conflicts == ("b.log:7 says 83.0ns of 'prove > commit', x:2 says 990000ns",)


def test_clocks_read_side_by_side_do_not_contradict(read) -> None:
    run = read(run_file("x", record((1, 0, "commit", 1900), (0, None, "prove", 2_446_000_000)), span_jsonl))
    assert run.conflicts == ()


def test_a_damaged_file_is_left_out_with_a_note_and_the_run_stays_good(read, tmp_path) -> None:
    run = read(run_file("x.jsonl", record(*EXACT, end=False), span_jsonl))
    assert rows(tmp_path) == [("prove", 2_440_000_000, "tracing-forest"), ("commit", 83, "tracing-forest")]
    assert run.facts.notes == ("x.jsonl is damaged and was left out",)
    assert (run.facts.failure, run.gathered.damage, run.conflicts) == (None, None, ())
    assert run.facts.issues == run.gathered.issue_count > 0


def test_spans_that_only_the_file_has_are_left_out_and_counted(read, tmp_path) -> None:
    extra = ((2, 0, "more", 5), (3, 0, "commit", 9), *EXACT)
    run = read(run_file("x.jsonl", record(*extra), span_jsonl))
    assert [name for name, *_ in rows(tmp_path)] == ["prove", "commit"]
    assert "spans of x.jsonl are not in b.log and were left out" in run.facts.notes[0]


def test_a_damaged_log_stays_damaged_whatever_stands_beside_it(read) -> None:
    run = read(run_file("x", record(*EXACT), span_jsonl), lines=LOG[:2])
    assert run.facts.failure.startswith("its span tree is damaged (line 5)")


def test_a_run_without_spans_on_stdout_has_those_of_its_file(read, tmp_path) -> None:
    run = read(run_file("x", record(*EXACT), span_jsonl), lines=("hello",))
    assert rows(tmp_path) == [("prove", 2_441_234_567, "span-jsonl"), ("commit", 83, "span-jsonl")]
    assert (run.facts.failure, run.facts.roots, run.facts.unparsed_lines) == (None, 1, 1)


def test_a_damaged_file_alone_gives_no_sample(read) -> None:
    run = read(run_file("x", record(*EXACT, end=False), span_jsonl), lines=("hello",))
    assert run.facts.failure is not None


def test_a_gauge_narrows_the_one_span_of_its_name_and_is_held_against_it(read, tmp_path) -> None:
    run = read(run_file("m.json", gauges(prove="2440"), openvm_metrics))
    assert rows(tmp_path)[0] == ("prove", 2_440_000_000, "openvm-metrics")
    assert run.gathered.spans[0].note == LAST_VALUE_ONLY
    assert run.conflicts == ()
    [conflict] = read(run_file("m.json", gauges(prove="2000"), openvm_metrics)).conflicts
    assert conflict.startswith("b.log:5 says 2.44s of 'prove', m.json:")


def test_gauges_alone_are_spans_of_whole_milliseconds(read, tmp_path) -> None:
    run = read(run_file("m.json", gauges(prove="2440", commit="3"), openvm_metrics), lines=("hello",))
    assert rows(tmp_path) == [("prove", 2_440_000_000, "openvm-metrics"), ("commit", 3_000_000, "openvm-metrics")]
    assert [span.note for span in run.gathered.spans] == [LAST_VALUE_ONLY] * 2
    assert run.facts.failure is None
    assert pq.read_metadata(tmp_path / METRICS_FILE).num_rows == 2


@pytest.mark.parametrize(
    ("stderr", "failure"),
    [("thread 'main' panicked at a.rs:1:1:\n", "panicked (line 40)"), ("warning: x\n", None)],
)
def test_a_panicked_run_is_never_timed_however_whole_its_spans_are(tables, stderr, failure) -> None:
    log = run_log(LOG)
    [piece] = log.pieces
    heard = type(piece)(run=0, stdout=piece.stdout, stderr=type(piece.stdout)(data=stderr.encode(), numbers=[40]))
    log = type(log)(facts=log.facts, name="b.log", format=log.format, pieces=[heard])
    found = read_run(log, WANTED, tables, requires_interactions=False).facts
    assert (found.failure or "").startswith(failure or "")
    assert (found.failure is None) == (failure is None)


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_documents_pieces_hold_all_its_bytes_and_say_where_each_begins(size) -> None:
    data = b"{\n\n 1\n}\n"
    pieces = list(document_pieces(data[at : at + size] for at in range(0, len(data), size)))
    assert b"".join(piece.stdout.data for piece in pieces) == data
    at = 0
    for piece in pieces:
        assert piece.stdout.numbers[0] == 1 + data.count(b"\n", 0, at)
        at += len(piece.stdout.data)
