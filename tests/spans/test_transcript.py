"""Published figures typed into a table: read as spans, and never half read."""

import pytest

from harness.errors import LogError
from harness.recording.manifest import RunKind
from harness.spans.transcript import COLUMNS, Transcript, parse, sniff


def row(**changes: str) -> str:
    cells = {
        "run": "1",
        "line_order": "1",
        "depth": "0",
        "path": "prove",
        "name": "prove",
        "duration_text": "2.44s",
        "self_pct": "",
        "total_pct": "100.00%",
        "fields": "",
    }
    return "\t".join((cells | changes).values())


def table(*rows: str, facts: str = "") -> str:
    return facts + "\n".join([COLUMNS, *rows]) + "\n"


def read(text: str) -> Transcript:
    return parse(text, source="keccakf.tsv")


def test_rows_become_spans_with_parents_paths_and_occurrences() -> None:
    [run] = read(
        table(
            row(self_pct="1.00%"),
            row(depth="1", name="x", duration_text="1.20s", total_pct="49.00%", fields='n: "7"'),
            row(depth="2", name="y", duration_text="792ns", total_pct="1.00%"),
            row(depth="1", name="x", duration_text="85.2µs", total_pct="50.00%"),
            row(name="other", duration_text="654ms"),
        )
    ).runs
    assert [(s.tree, s.seq, s.parent, s.depth, s.path, s.occurrence, s.line) for s in run.spans] == [
        (0, 0, None, 0, ("prove",), 0, 2),
        (0, 1, 0, 1, ("prove", "x"), 0, 3),
        (0, 2, 1, 2, ("prove", "x", "y"), 0, 4),
        (0, 3, 0, 1, ("prove", "x"), 1, 5),
        (1, 4, None, 0, ("other",), 0, 6),
    ]
    assert [s.duration.printed for s in run.spans] == ["2.44s", "1.20s", "792ns", "85.2µs", "654ms"]
    assert (run.spans[0].self_pct, run.spans[0].root_pct) == (1.0, 100.0)
    assert run.spans[1].fields == (("n", '"7"'),)
    assert (run.first_line, run.last_line) == (2, 6)


def test_rows_are_grouped_by_run() -> None:
    runs = read(table(row(run="warmup"), row(run="1"), row(run="2"))).runs
    assert [(run.kind, run.number) for run in runs] == [
        (RunKind.WARMUP, 0),
        (RunKind.MEASURED, 1),
        (RunKind.MEASURED, 2),
    ]


def test_facts_above_the_table_are_read() -> None:
    transcript = read(
        table(
            row(),
            facts="# Timestamp: then\n# Log level: INFO\n# cells main: 42\n# air: A | 1\n# air: B | 2\n",
        )
    )
    assert transcript.facts == {"Timestamp": "then", "Log level": "INFO"}
    assert transcript.workload.cells == {"main": 42}
    assert transcript.workload.airs == ("A | 1", "B | 2")


def test_windows_line_ends_are_read_the_same() -> None:
    text = table(row(fields="n: 7"), facts="# Timestamp: now\n")
    assert read(text.replace("\n", "\r\n")) == read(text)
    assert sniff((text.replace("\n", "\r\n")).encode())


def test_only_text_with_the_column_line_is_taken_for_a_table() -> None:
    assert sniff((table(row(), facts="# a: b\n")).encode())
    assert not sniff(b"INFO     a [ 1.00ms | 100.00% ]\n")
    assert not sniff((COLUMNS.replace("\t", " ")).encode())
    assert not sniff(("\n" * 60 + COLUMNS).encode())


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (row() + "\textra", "10 columns, not 9"),
        ("1\t1", "2 columns, not 9"),
        (row(depth="1"), "depth 1"),
        (row(depth="-1"), "depth '-1'"),
        (row(depth="x"), "depth 'x'"),
        (row(run="first"), "run 'first'"),
        (row(duration_text="2.44"), "'2.44' is no duration"),
        (row(duration_text="2.44min"), "'2.44min' is no duration"),
        (row(duration_text="ms"), "'ms' is no duration"),
        (row(duration_text=""), "'' is no duration"),
        (row(total_pct="all"), "'all' is no percentage"),
        (row(self_pct="5"), "'5' is no percentage"),
    ],
)
def test_a_row_that_does_not_fit_is_an_error_with_its_file_and_line(bad, words) -> None:
    with pytest.raises(LogError) as raised:
        read(table(bad, facts="# a: b\n"))
    assert raised.value.message.startswith("keccakf.tsv:3: ")
    assert words in raised.value.message


def test_a_workload_fact_that_is_no_number_is_an_error_naming_it() -> None:
    with pytest.raises(LogError, match=r"keccakf\.tsv: '# cells main: many' is no whole number"):
        read(table(row(), facts="# cells main: many\n"))


@pytest.mark.parametrize("name", ["keccakf.tsv", "logup.tsv"])
def test_the_published_tables_are_read_whole(m8, name) -> None:
    text = (m8 / name).read_text("utf-8")
    transcript = read(text)
    rows = [line.split("\t") for line in text.split("\n") if line.count("\t") == 8 and line != COLUMNS]
    assert sniff(text.encode())
    assert [(run.kind.value, run.number) for run in transcript.runs] == [
        ("warmup", 0),
        *[("measured", number) for number in range(1, 6)],
    ]
    spans = [span for run in transcript.runs for span in run.spans]
    assert [(s.name, s.depth, s.duration.printed) for s in spans] == [(r[4], int(r[2]), r[5]) for r in rows]
    assert sum(s.parent is None for s in spans) == sum(r[2] == "0" for r in rows)


def test_every_path_of_the_published_tables_is_the_one_its_depths_draw(m8) -> None:
    for name in ("keccakf.tsv", "logup.tsv"):
        text = (m8 / name).read_text("utf-8")
        paths = [line.split("\t")[3] for line in text.split("\n") if line.count("\t") == 8 and line != COLUMNS]
        spans = [span for run in parse(text, source=name).runs for span in run.spans]
        assert paths == [">".join(span.path) for span in spans]
