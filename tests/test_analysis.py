from pathlib import Path

import harness

ROOT = Path(__file__).parent.parent
TURNS = ROOT / "tests" / "data" / "turns"


def test_recordings_are_rows_with_their_labels_and_provenance() -> None:
    frame = harness.open(TURNS).recordings().set_index("recording")
    head = frame.loc["a7927e5fb85ef72f"]

    assert (head["labels"], head["target"], head["dirty"], head["failure"]) == (["head"], "openvm-cpu", False, None)
    assert str(frame["started"].dtype).startswith("datetime64")


def test_every_sample_of_every_kpi_is_a_row() -> None:
    kpis = harness.open(str(TURNS)).kpis()
    medians = kpis.groupby(["recording", "benchmark", "kpi"])["value"].median()

    assert medians["50ea4e1e75a02867", "keccakf", "stark_prove_excluding_trace"] == 723.0
    assert medians["50ea4e1e75a02867", "logup", "prover.rap_constraints.logup_gkr"] == 0.147
    assert set(kpis["unit"]) == {"ms"}
    assert (kpis["low"] <= kpis["value"]).all()
    assert (kpis["value"] <= kpis["high"]).all()


def test_spans_and_events_of_a_recording_are_tables() -> None:
    store = harness.open(TURNS)
    spans = store.spans("50ea4e1e75a02867")
    events = store.events("50ea4e1e75a02867")
    roots = spans[(spans["name"] == "stark_prove_excluding_trace") & (spans["run"] > 0)]

    assert len(roots) == 5
    assert list(roots["path"].iloc[0]) == ["stark_prove_excluding_trace"]
    assert events["message"].str.contains("main_trace_cells").any()


def test_the_published_baseline_is_among_the_recordings() -> None:
    frame = harness.open(TURNS).recordings()

    assert "openvm-metal" in set(frame["target"])


def test_metrics_are_a_table_even_where_there_are_none() -> None:
    metrics = harness.open(TURNS).metrics("50ea4e1e75a02867")

    assert len(metrics) == 0
    assert {"metric", "name", "labels", "value", "low", "high"} <= set(metrics.columns)
