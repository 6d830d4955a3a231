def test_a_published_recording_is_found_from_baselines_when_the_store_is_gone(checkout) -> None:
    recording = checkout.json("run", "--label", "m9", "--runs", "1")["recording"]
    done = checkout.harness("publish", "m9", "--name", "m9", "--logs", "logs")

    assert done.code == 0
    assert checkout.json("show", "m9", HARNESS_STORE=str(checkout.path / "elsewhere"))["recording"] == recording


def test_published_logs_begin_with_the_three_header_lines_and_hold_all_runs(checkout) -> None:
    shown = checkout.json("show", checkout.json("run", "--label", "m9", "--runs", "1")["recording"])
    checkout.harness("publish", "m9", "--name", "m9", "--logs", "logs")
    log = (checkout.path / "logs" / f"keccakf-{shown['started'][:10]}-m9.log").read_text()

    assert log.startswith(f"# capture: keccakf\n# Timestamp: {shown['started']}\n# Command: ./prove.sh\n\n===== warmup")
    assert log.count("stark_prove_excluding_trace") == 2


def test_a_published_log_imports_to_the_same_samples(checkout) -> None:
    shown = checkout.json("show", checkout.json("run", "--label", "m9", "--runs", "2")["recording"])
    checkout.harness("publish", "m9", "--logs", "logs")
    log = next((checkout.path / "logs").iterdir())
    again = checkout.json("show", checkout.json("import", f"keccakf={log}")["recording"])

    of_spans = [kpi["samples"] for kpi in shown["kpis"] if not kpi["kpi"].startswith("process.")]
    assert [kpi["samples"] for kpi in again["kpis"]] == of_spans


def test_an_incomplete_recording_is_not_published(checkout) -> None:
    checkout.harness("run", MODE="fail")
    failed = next(one["recording"] for one in checkout.json("ls") if one["failure"])
    done = checkout.harness("publish", failed)

    assert (done.code, "not complete" in done.err) == (1, True)
