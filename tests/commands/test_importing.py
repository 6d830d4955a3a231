import os
from pathlib import Path

import pyarrow as pa
import pytest

CPU_KPIS = {"stark_prove_excluding_trace", "prover.main_trace_commit", "prover.openings.whir"}


def imported(repository, target: str, *captures: str, label: str = "a") -> dict:
    return repository.json("import", *captures, "--target", target, "--host", "h", "--label", label)


def test_a_whole_capture_gives_a_recording_without_warnings_whose_raw_log_is_the_file(repository, capture) -> None:
    made = imported(repository, "openvm-cuda", f"keccakf={capture}")
    shown = repository.json("show", made["recording"])
    with pa.input_stream(f"{shown['path']}/raw/keccakf.log.zst", compression="zstd") as stream:
        raw = stream.read()

    assert made["warnings"] == []
    assert made["labels"] == ["a"]
    assert raw == capture.read_bytes()


def test_the_first_proof_of_a_process_counts_and_the_later_ones_stand_beside_it(repository, capture) -> None:
    shown = repository.json("show", imported(repository, "openvm-cuda", f"keccakf={capture}")["recording"])
    root = shown["kpis"][0]

    assert (root["median"], root["n"]) == (119.0, 5)
    assert root["notes"] == ["first proof of each process (cold)"]
    assert 80 < root["warm"] < 100
    assert [kpi["median"] is not None for kpi in shown["kpis"]] == [True] * 8
    assert shown["kpis"][7]["kpi"] == "generate_trace"  # the contract's control


def test_the_cpu_backends_own_names_give_the_contracts_kpis(repository, capture) -> None:
    captures = [f"{name}={capture.with_name(f'cpu_{name}.log')}" for name in ("keccakf", "logup")]
    shown = repository.json("show", imported(repository, "openvm-cpu", *captures)["recording"])
    present = {(kpi["benchmark"], kpi["kpi"]) for kpi in shown["kpis"] if kpi["median"] is not None}

    assert {kpi for benchmark, kpi in present if benchmark == "keccakf"} >= CPU_KPIS
    assert ("logup", "prover.rap_constraints.logup_gkr") in present
    round0 = next(kpi for kpi in shown["kpis"] if kpi["kpi"] == "prover.rap_constraints.round0")
    assert round0["median"] is None
    assert "not instrumented" in round0["missing"]
    assert repository.harness("check", "a", "--target", "openvm-cpu").code == 0


def test_importing_the_same_capture_again_gives_the_same_recording(repository, capture) -> None:
    first = imported(repository, "openvm-cuda", f"keccakf={capture}")
    second = imported(repository, "openvm-cuda", f"keccakf={capture}")

    assert first == second


def test_a_label_taken_by_another_capture_does_not_move(repository, capture, tmp_path) -> None:
    imported(repository, "openvm-cpu", f"keccakf={capture.with_name('cpu_keccakf.log')}")
    other = tmp_path / "other.log"
    other.write_text(capture.with_name("cpu_keccakf.log").read_text().replace("934ms", "935ms"))
    args = ("import", f"keccakf={other}", "--target", "openvm-cpu", "--host", "h", "--label", "a")

    refused = repository.harness(*args)
    assert (refused.code, "--replace" in refused.err) == (1, True)
    assert repository.harness(*args, "--replace").code == 0


@pytest.mark.parametrize("share", [0.2, 1 / 3, 0.5, 2 / 3, 0.9])
def test_a_cut_capture_never_passes_in_silence(repository, capture, tmp_path, share: float) -> None:
    text = capture.with_name("cpu_keccakf.log").read_text()
    (tmp_path / "cut.log").write_text(text[: int(len(text) * share)])
    done = repository.harness(
        "import", f"keccakf={tmp_path / 'cut.log'}", "--target", "openvm-cpu", "--label", "cut", "--format", "json"
    )

    assert done.code == 1 or done.json["warnings"]


def test_a_capture_with_a_failed_run_is_kept_without_its_label(repository, capture, tmp_path) -> None:
    text = capture.with_name("cpu_keccakf.log").read_text()
    marked = text.replace(
        "===== measured run 4 =====\n", "===== measured run 4 =====\nthread 'main' panicked at a.rs:1\n"
    )
    (tmp_path / "panicked.log").write_text(marked)
    done = repository.harness(
        "import", f"keccakf={tmp_path / 'panicked.log'}", "--target", "openvm-cpu", "--label", "bad"
    )

    assert done.code == 1
    assert "keccakf run 4 failed: panicked" in done.err
    assert repository.harness("show", "label:bad").code == 1
    assert any(one["failure"] for one in repository.json("ls"))


def test_a_logup_capture_without_interactions_is_a_failed_run(repository, capture) -> None:
    done = repository.harness("import", f"logup={capture.with_name('cpu_keccakf.log')}", "--target", "openvm-cpu")

    assert done.code == 1
    assert "no AIR has interactions" in done.err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "holds no span"),
        (os.urandom(5000), "holds no span"),
        (b"hello\nworld\n", "holds no span"),
        (None, "cannot be read"),
    ],
    ids=["empty", "garbage", "text", "missing"],
)
def test_a_file_without_spans_is_one_clear_error_and_leaves_no_trace(repository, tmp_path, content, words) -> None:
    path = tmp_path / "capture.log"
    if content is not None:
        path.write_bytes(content)
    done = repository.harness("import", f"keccakf={path}", "--target", "openvm-cpu")

    assert done.code == 1
    assert words in done.err
    assert str(path) in done.err
    assert [one["target"] for one in repository.json("ls")] == ["openvm-metal"]


def test_a_folder_an_unknown_target_a_bad_label_and_a_bad_argument(repository, capture, tmp_path) -> None:
    assert repository.harness("import", f"keccakf={tmp_path}", "--target", "openvm-cpu").code == 1
    assert "Known:" in repository.harness("import", f"keccakf={capture}", "--target", "nosuch").err
    assert repository.harness("import", f"keccakf={capture}", "--target", "openvm-cuda", "--label", "../x").code == 1
    assert repository.harness("import", str(capture), "--target", "openvm-cuda").code == 2


def test_the_committed_milestone_8_recording_is_what_its_transcript_gives(repository) -> None:
    tables = [f"{name}={repository.path}/baselines/m8/{name}.tsv" for name in ("keccakf", "logup")]
    made = repository.json("import", *tables, "--target", "openvm-metal", "--host", "apple-m2-max")
    committed = repository.json("show", "m8", "--target", "openvm-metal")
    again = repository.json("show", made["recording"])

    controls = {"generate_trace"}  # read since, and not when that recording was made, which never changes
    assert [kpi for kpi in again["kpis"] if kpi["kpi"] not in controls] == committed["kpis"]
    assert again["runs"] == committed["runs"]
    assert committed["provenance"]["origin"] == "transcribed"
    assert not (Path(committed["path"]) / "raw").exists() or not any((Path(committed["path"]) / "raw").iterdir())


@pytest.mark.parametrize("name", ["../../../raw/keccakf", "nosuch", "", "."])
def test_a_benchmark_that_nobody_knows_writes_nothing(repository, capture, name: str) -> None:
    done = repository.harness("import", f"{name}={capture}", "--target", "openvm-cuda")

    assert done.code in {1, 2}
    assert [one["target"] for one in repository.json("ls")] == ["openvm-metal"]


def test_two_captures_of_one_benchmark_do_not_overwrite_each_other(repository, capture) -> None:
    done = repository.harness("import", f"keccakf={capture}", f"keccakf={capture}", "--target", "openvm-cuda")

    assert (done.code, "given twice" in done.err) == (1, True)


def test_a_capture_without_warmup_says_so_and_does_not_meet_the_contract(repository, capture, tmp_path) -> None:
    text = capture.with_name("cpu_keccakf.log").read_text()
    (tmp_path / "cold.log").write_text(text[text.index("===== measured run 1") :])
    made = repository.json("import", f"keccakf={tmp_path / 'cold.log'}", "--target", "openvm-cpu", "--label", "cold")
    cells = repository.json("check", "cold", "--target", "openvm-cpu")["cells"]

    assert made["warnings"] == ["keccakf: no warmup run"]
    assert {cell["met"] for cell in cells if cell["benchmark"] == "keccakf"} == {None}


def test_an_unknown_log_format_is_a_usage_error(repository, capture) -> None:
    args = ("import", f"keccakf={capture}", "--target", "openvm-cuda", "--log-format", "nope")

    assert repository.harness(*args).code == 2
