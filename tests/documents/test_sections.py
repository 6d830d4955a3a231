import pytest
from msgspec import structs

from harness.compare.verdict import Verdict
from harness.documents.sections import ExtraSpan, perf_notes_section, report_section
from harness.kpis.check import check
from harness.recording.manifest import KpiRecord, Recording
from tests.documents.milestones.hostile_evidence import renamed


def merkle_tree(benchmark: str, *values: float) -> KpiRecord:
    return KpiRecord(
        benchmark=benchmark,
        kpi="prover.main_trace_commit > merkle_tree",
        unit="ms",
        selector="merkle_tree under prover.main_trace_commit",
        runs=tuple(range(1, len(values) + 1)),
        values=values,
        lows=tuple(value - 0.05 for value in values),
        highs=tuple(value + 0.05 for value in values),
        missing=None if values else "no run has exactly one",
    )


EXTRA = tuple(
    ExtraSpan(name=base.kpi, base=base, head=head)
    for base, head in (
        (merkle_tree("keccakf", 14.5, 14.4, 14.4, 14.3), merkle_tree("keccakf", 11.6, 11.5, 11.5)),
        (merkle_tree("logup"), merkle_tree("logup")),
    )
)


def test_the_perf_notes_of_two_imported_captures(golden, stored):
    golden("perf-notes-stored.md", perf_notes_section(stored, EXTRA, milestone="15").standing_alone())


def test_the_perf_notes_of_runs_that_took_turns(golden, in_turns):
    golden("perf-notes-in-turns.md", perf_notes_section(in_turns, EXTRA, milestone=None).standing_alone())


def test_the_perf_notes_of_what_cannot_be_compared(golden, not_comparable):
    golden("perf-notes-not-comparable.md", perf_notes_section(not_comparable, (), milestone="15").standing_alone())


def test_the_report_of_the_published_figures(golden, shown_m8, contract, m8):
    golden("report-m8.md", report_section(shown_m8, check(contract, m8.manifest), "m8-samples.png").standing_alone())


def test_a_report_without_a_picture_has_no_link(shown_m8, contract, m8):
    assert "![" not in report_section(shown_m8, check(contract, m8.manifest), None).block


def test_a_pictures_name_cannot_break_its_link(shown_m8, contract, m8):
    block = report_section(shown_m8, check(contract, m8.manifest), "a b) <x>.png").block

    assert "](a%20b%29%20%3Cx%3E.png)" in block


def test_a_section_says_its_kind_and_what_it_was_made_of(shown_m8, contract, m8, in_turns):
    report = report_section(shown_m8, check(contract, m8.manifest), None)
    notes = perf_notes_section(in_turns, (), milestone="9")

    assert report.block.startswith(f"<!-- harness:begin report {m8.id} -->\n")
    assert report.block.endswith("\n<!-- harness:end report -->")
    assert notes.block.startswith(f"<!-- harness:begin perf-notes {'a' * 16} {'b' * 16} -->\n")
    assert notes.standing_alone() == f"## PERF_NOTES\n\n{notes.block}"


def sections_of(recording, contract, comparison_of, shown):
    head = Recording(id="c" * 16, manifest=recording.manifest)
    extra = (ExtraSpan(name=recording.manifest.target, base=recording.manifest.kpis[0], head=head.manifest.kpis[-1]),)
    comparison = comparison_of(recording, head, alternated=True, beside=recording)
    yield perf_notes_section(comparison, extra, milestone=recording.manifest.target)
    yield report_section(
        structs.replace(shown, recording=recording, labels=()), check(contract, recording.manifest), None
    )


def test_no_text_of_a_log_breaks_a_document(hostile, contract, comparison_of, shown_m8, pipes, outside_code):
    m8 = shown_m8.recording
    clean = [one.block.split("\n") for one in sections_of(renamed(m8, "x"), contract, comparison_of, shown_m8)]
    for text in filter(str.strip, hostile):
        sections = sections_of(renamed(m8, text), contract, comparison_of, shown_m8)
        for section, expected in zip(sections, clean, strict=True):
            lines = section.block.split("\n")
            assert len(section.block.splitlines()) == len(lines) == len(expected), text
            assert [pipes(line) for line in lines if line.startswith("|")] == [
                pipes(line) for line in expected if line.startswith("|")
            ], text
            assert [line[:2] for line in lines] == [line[:2] for line in expected], text
            assert not [line for line in lines[1:-1] if {"<", "["} & set(outside_code(line.replace("<= 1180", "")))], (
                text
            )
            assert lines[-1] == expected[-1]


def test_logs_that_lie_elsewhere_are_named_where_they_lie(in_turns):
    notes = perf_notes_section(in_turns, (), milestone="9", logs=(["keccakf: `a.log`"], ["keccakf: `b.log`"])).block

    assert "keccakf: `a.log`" in notes
    assert "keccakf: `b.log`" in notes
    assert "recordings/" not in notes


@pytest.mark.parametrize("verdict", [Verdict.FASTER, Verdict.UNDECIDED])
def test_the_verdict_stands_in_the_delta_summary(in_turns, stored, verdict):
    notes = perf_notes_section(in_turns if verdict is Verdict.FASTER else stored, (), milestone=None).block

    assert f"- Delta summary: **{verdict.value}**" in notes


def test_the_perf_notes_name_no_process_kpi_among_the_spans_but_its_change(with_cost, comparison_of):
    block = perf_notes_section(comparison_of(*with_cost[1:], alternated=True), (), milestone="9").block
    lines = [line for line in block.split("\n") if "process." in line]

    assert not [line for line in lines if "n=" in line]
    assert [line.split(" | ")[:3] for line in lines if line.startswith("| ")] == [
        ["| keccakf", "`process.cpu_time`", "0.0 ms"],
        ["| keccakf", "`process.peak_memory`", "-769.20 MiB"],
        ["| keccakf", "`process.instructions`", "0 count"],
    ]
