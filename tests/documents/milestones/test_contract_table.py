"""The contract's table of one recording: two decimals, what the source resolves below, nothing left out."""

from msgspec import structs

from harness.documents.milestones.contract_table import contract_table
from harness.recording.manifest import Recording
from tests.documents.milestones.hostile_evidence import renamed, renamed_contract, structure


def table_of(recording, contract, *logs):
    return contract_table(recording, contract, logs)


def test_the_contracts_table_of_the_published_figures(golden, m8, contract):
    logs = [f"- Raw log, {one}: transcribed, no raw log is kept" for one in m8.manifest.benchmark_names]
    golden("metrics-m8.md", table_of(m8, contract, *logs))


def test_the_contracts_table_of_a_recording_that_lacks_a_benchmark(golden, imported, contract):
    log = f"`recordings/{'a' * 16}/raw/keccakf.log.zst` (sha256 `{'a' * 16}`)"
    golden("metrics-one-benchmark.md", table_of(imported[0], contract, f"- Raw log, keccakf: {log}"))


def test_every_kpi_of_the_contract_has_a_row_and_every_benchmark_a_column(m8, contract):
    rows = [line.split(" | ") for line in table_of(m8, contract).split("\n") if line.startswith("| `")]

    assert [row[0].removeprefix("| ") for row in rows] == [f"`{kpi}`" for kpi in contract.kpis]
    assert {len(row) for row in rows} == {1 + len(contract.benchmarks)}


def test_not_available_stands_only_where_the_contract_says_so(m8, contract):
    absent = [one for one in m8.manifest.kpis if (one.benchmark, one.kpi) == ("keccakf", "rs_code_matrix")]
    without = tuple(
        structs.replace(one, values=(), runs=(), lows=(), highs=(), missing="no span of that name")
        if one in absent
        else one
        for one in m8.manifest.kpis
    )
    table = table_of(Recording(id=m8.id, manifest=structs.replace(m8.manifest, kpis=without)), contract)

    assert "| `rs_code_matrix` | `missing` | `4.38` |" in table
    assert "- missing, keccakf rs_code_matrix: no span of that name\n" in table
    assert "- N/A, logup prover.main_trace_commit: no span prover.main_trace_commit\n" in table


def test_a_kpi_that_was_not_asked_for_is_missing_with_that_reason(m8, contract):
    manifest = structs.replace(m8.manifest, kpis=m8.manifest.kpis[1:])
    table = table_of(Recording(id=m8.id, manifest=manifest), contract)

    assert "| `stark_prove_excluding_trace` | `missing` | `N/A` |" in table
    assert "keccakf stark_prove_excluding_trace: not asked for when this was recorded\n" in table


def test_a_failed_or_dirty_recording_says_so(m8, contract):
    provenance = structs.replace(m8.manifest.provenance, commit="c" * 40, dirty=True)
    manifest = structs.replace(m8.manifest, failure="keccakf run 3 failed: exit 1", provenance=provenance)
    table = table_of(Recording(id=m8.id, manifest=manifest), contract)

    assert "- **This recording is not complete**: keccakf run 3 failed: exit 1\n" in table
    assert f"commit `{'c' * 40}` with uncommitted changes.\n" in table


def test_the_contracts_table_is_the_same_with_and_without_what_the_process_cost(m8, with_cost, contract):
    assert table_of(with_cost[0], contract) == table_of(m8, contract)


def test_a_recording_without_any_figure_has_a_table_of_reasons(m8, contract):
    table = table_of(Recording(id=m8.id, manifest=structs.replace(m8.manifest, kpis=())), contract)

    assert table.count("`missing`") == 2 * len(contract.kpis)
    assert table.count("not asked for when this was recorded\n") == 2 * len(contract.kpis)


def test_no_text_of_a_log_breaks_the_contracts_table(m8, contract, hostile, pipes, outside_code):
    def made(text):
        return structure(table_of(renamed(m8, text), renamed_contract(contract, text)), pipes, outside_code)

    clean = made("x")
    assert clean.smuggled == ()
    for text in filter(str.strip, hostile):
        assert made(text) == clean, text
