from msgspec import structs

from harness.documents import baselines


def test_a_fresh_baseline_on_a_terminal_stands_beside_the_published_figures(golden, shown_imported, contract):
    golden("baseline.txt", baselines.to_text(shown_imported, contract))


def test_a_fresh_baseline_in_markdown(golden, shown_imported, contract):
    golden("baseline.md", baselines.to_markdown(shown_imported, contract))


def test_what_is_missing_says_why_and_what_was_not_published_is_not_available(shown_m8, contract):
    lines = baselines.to_text(shown_m8, contract).split("\n")
    row = next(line for line in lines if line.startswith("logup") and "main_trace_commit" in line)

    assert row.split(maxsplit=6) == [
        "logup",
        "prover.main_trace_commit",
        "–",
        "–",
        "0",
        "N/A",
        "missing: no span prover.main_trace_commit",
    ]


def test_the_closing_line_says_where_it_is_and_that_nothing_was_compared(shown_m8, contract):
    closing = baselines.to_text(shown_m8, contract).split("\n")[-1]

    assert "shown, never compared" in closing
    assert "0ae611f3c83983b8 as m8 of openvm-metal is stored in baselines/recordings/" in closing


def test_what_a_process_cost_has_no_published_figure_and_no_row(shown_m8, with_cost, contract):
    beside = structs.replace(shown_m8, recording=with_cost[0])

    assert baselines.to_text(beside, contract) == baselines.to_text(shown_m8, contract)
