import msgspec
import pytest
from msgspec import structs

from harness.compare.verdict import Verdict
from harness.documents.sections import ExtraSpan, metrics_section, perf_notes_section, report_section
from harness.kpis.check import check
from harness.recording.manifest import KpiRecord, Recording


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


def test_the_metrics_section_of_milestone_8(golden, m8, contract):
    golden("metrics-m8.md", metrics_section(m8, contract, "8").standing_alone())


def test_the_metrics_section_of_a_recording_that_lacks_a_benchmark(golden, imported, contract):
    golden("metrics-one-benchmark.md", metrics_section(imported[0], contract, "8").standing_alone())


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


def test_a_section_says_its_kind_and_what_it_was_made_of(m8, contract, in_turns):
    metrics = metrics_section(m8, contract, "8")
    notes = perf_notes_section(in_turns, (), milestone="9")

    assert metrics.block.startswith("<!-- harness:begin metrics milestone-8 -->\n")
    assert metrics.block.endswith("\n<!-- harness:end metrics -->")
    assert notes.block.startswith(f"<!-- harness:begin perf-notes {'a' * 16} {'b' * 16} -->\n")


def test_not_available_stands_only_where_the_contract_says_so(m8, contract):
    absent = [one for one in m8.manifest.kpis if (one.benchmark, one.kpi) == ("keccakf", "rs_code_matrix")]
    without = tuple(
        structs.replace(one, values=(), runs=(), lows=(), highs=(), missing="no span of that name")
        if one in absent
        else one
        for one in m8.manifest.kpis
    )
    block = metrics_section(
        Recording(id=m8.id, manifest=structs.replace(m8.manifest, kpis=without)), contract, "8"
    ).block

    assert "| `rs_code_matrix` | `missing` | `4.38` |" in block
    assert "- missing, keccakf rs_code_matrix: no span of that name\n" in block
    assert "- N/A, logup prover.main_trace_commit: no span prover.main_trace_commit\n" in block


def test_a_kpi_that_was_not_asked_for_is_missing_with_that_reason(m8, contract):
    manifest = structs.replace(m8.manifest, kpis=m8.manifest.kpis[1:])
    block = metrics_section(Recording(id=m8.id, manifest=manifest), contract, "8").block

    assert "| `stark_prove_excluding_trace` | `missing` | `N/A` |" in block
    assert "keccakf stark_prove_excluding_trace: not asked for when this was recorded\n" in block


def test_a_failed_or_dirty_recording_says_so(m8, contract):
    provenance = structs.replace(m8.manifest.provenance, commit="c" * 40, dirty=True)
    manifest = structs.replace(m8.manifest, failure="keccakf run 3 failed: exit 1", provenance=provenance)
    block = metrics_section(Recording(id=m8.id, manifest=manifest), contract, "8").block

    assert "- **This recording is not complete**: keccakf run 3 failed: exit 1\n" in block
    assert f"commit `{'c' * 40}` with uncommitted changes.\n" in block


def renamed(recording: Recording, text: str) -> Recording:
    """A recording whose every free text is `text`; what documents look things up by stays paired."""
    manifest = recording.manifest
    names = {one.name: f"{text}{i}" for i, one in enumerate(manifest.benchmarks)}
    return Recording(
        id=recording.id,
        manifest=structs.replace(
            manifest,
            target=text,
            started=text,
            failure=text,
            warnings=(text,),
            host=structs.replace(manifest.host, id=text, cpu=text, gpus=(text,)),
            provenance=structs.replace(manifest.provenance, commit=text),
            benchmarks=tuple(
                structs.replace(one, name=names[one.name], command=text, log=text) for one in manifest.benchmarks
            ),
            runs=tuple(structs.replace(one, benchmark=names[one.benchmark]) for one in manifest.runs),
            kpis=tuple(
                structs.replace(
                    one, benchmark=names[one.benchmark], kpi=f"{one.kpi}{text}", notes=(text,), missing=text
                )
                for one in manifest.kpis
            ),
        ),
    )


def sections_of(recording, contract, comparison_of, shown):
    head = Recording(id="c" * 16, manifest=recording.manifest)
    extra = (ExtraSpan(name=recording.manifest.target, base=recording.manifest.kpis[0], head=head.manifest.kpis[-1]),)
    comparison = comparison_of(recording, head, alternated=True, beside=recording)
    titles = tuple(msgspec.structs.replace(one, title=recording.manifest.target) for one in contract.benchmarks)
    named = msgspec.structs.replace(contract, benchmarks=titles)
    yield metrics_section(recording, named, "8")
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


@pytest.mark.parametrize("verdict", [Verdict.FASTER, Verdict.UNDECIDED])
def test_the_verdict_stands_in_the_delta_summary(in_turns, stored, verdict):
    notes = perf_notes_section(in_turns if verdict is Verdict.FASTER else stored, (), milestone=None).block

    assert f"- Delta summary: **{verdict.value}**" in notes


def test_the_contracts_table_is_the_same_with_and_without_what_the_process_cost(m8, with_cost, contract):
    assert metrics_section(with_cost[0], contract, "8") == metrics_section(m8, contract, "8")


def test_the_perf_notes_name_no_process_kpi_among_the_spans_but_its_change(with_cost, comparison_of):
    block = perf_notes_section(comparison_of(*with_cost[1:], alternated=True), (), milestone="9").block
    lines = [line for line in block.split("\n") if "process." in line]

    assert not [line for line in lines if "n=" in line]
    assert [line.split(" | ")[:3] for line in lines if line.startswith("| ")] == [
        ["| keccakf", "`process.cpu_time`", "+0.000000 ms"],
        ["| keccakf", "`process.peak_memory`", "-769.20 MiB"],
        ["| keccakf", "`process.instructions`", "+0 count"],
    ]
