"""CPU time, peak memory and instructions, from the run to the documents."""

import re
from pathlib import Path

import pytest

from harness.measure import perf_stat, process
from tests import fake_perf

TELLS_NO_PEAK = "the program's peak memory is below what the harness itself uses, so it cannot be told"


def kpi_of(shown, name: str):
    return next(one for one in shown["kpis"] if one["kpi"] == name)


def recorded(checkout, *args: str):
    return checkout.json("show", checkout.json("run", *args)["recording"])


@pytest.fixture
def counts(perf_folder: Path) -> None:
    fake_perf.install(perf_folder, fake_perf.SUPPORTED)


def on_run(checkout, number: int, what: str) -> None:
    """From now on the program does this in its run of that number; the seventh is the one under perf."""
    text = (checkout.path / "prove.sh").read_text()
    checkout.write("prove.sh", text.replace("total=", f"[ $n -ne {number} ] || {what}\ntotal=", 1))
    checkout.commit()


def test_where_perf_counts_nothing_no_run_is_taken_for_it_and_the_reason_is_kept(checkout) -> None:
    shown = recorded(checkout)
    reason = "perf counts no instructions here: <not supported>"

    assert [run["kind"] for run in shown["runs"]] == ["warmup", *["measured"] * 5]
    assert shown["protocol"]["no_instructions"] == reason
    assert kpi_of(shown, "process.instructions")["missing"] == reason
    assert not [one for one in shown["warnings"] if "instructions" in one]
    assert reason in checkout.harness("show", shown["recording"]).out


def test_each_measured_run_gives_its_cpu_time_and_a_small_program_s_peak_is_not_made_up(checkout) -> None:
    shown = recorded(checkout)
    cpu = kpi_of(shown, "process.cpu_time")
    measured = [run for run in shown["runs"] if run["kind"] == "measured"]

    assert cpu["unit"] == "ms"
    assert cpu["samples"] == [(run["user_ns"] + run["sys_ns"]) / 1e6 for run in measured]
    assert kpi_of(shown, "process.peak_memory")["missing"] == TELLS_NO_PEAK


def test_a_peak_that_can_be_told_is_a_sample_of_every_run(checkout, monkeypatch) -> None:
    monkeypatch.setattr(process, "program_peak_bytes", lambda *_: 811 << 20)
    shown = recorded(checkout, "--runs", "2")
    peak = kpi_of(shown, "process.peak_memory")

    assert (peak["unit"], peak["samples"]) == ("bytes", [811 << 20] * 2)
    assert re.search(
        r"process.peak_memory +811.00  811.00 … 811.00 +MiB +2", checkout.harness("show", shown["recording"]).out
    )


@pytest.mark.usefixtures("counts")
def test_instructions_are_counted_in_a_run_of_their_own_whose_times_are_never_used(checkout) -> None:
    shown = recorded(checkout)
    extra = shown["runs"][-1]
    log = Path(shown["path"]) / "raw" / "keccakf.log.zst"

    assert [run["kind"] for run in shown["runs"]] == ["warmup", *["measured"] * 5, "instructions"]
    assert (extra["instructions"], extra["peak_memory_bytes"], extra["failure"]) == (12345678, None, None)
    assert kpi_of(shown, "process.instructions")["samples"] == [12345678.0]
    assert [one["n"] for one in shown["kpis"] if one["kpi"] in {"stark_prove_excluding_trace", "process.cpu_time"}] == [
        5,
        5,
    ]
    assert (log.parent / "keccakf.instructions.spans.jsonl.zst").is_file()
    assert "12,345,678" in checkout.harness("show", shown["recording"]).out


@pytest.mark.usefixtures("counts")
@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("exit 3", "its run under perf failed: exit code 3"),
        ("exit 0", "printed no root span: RUST_LOG may have switched spans off"),
        ("kill -SEGV $$", "printed no root span: RUST_LOG may have switched spans off"),
    ],
)
def test_a_program_that_fails_under_perf_loses_no_sample_and_no_label(checkout, what: str, reason: str) -> None:
    on_run(checkout, 7, what)
    shown = recorded(checkout, "--label", "kept")

    assert (shown["failure"], shown["labels"]) == (None, ["kept"])
    assert kpi_of(shown, "stark_prove_excluding_trace")["n"] == 5
    assert kpi_of(shown, "process.instructions")["missing"] == reason
    assert f"keccakf instructions: nothing counted: {reason}" in shown["warnings"]
    assert checkout.json("check", "kept")["cells"][0]["met"] is True


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ('[ "$1" = true ] || exit 255', "its run under perf failed: exit code 255"),
        ('[ "$1" = true ] || exec "$@"', "perf wrote nothing"),
    ],
)
def test_a_perf_that_fails_beside_the_program_loses_no_sample(checkout, perf_folder, first, reason) -> None:
    fake_perf.install(perf_folder, fake_perf.SUPPORTED, first=first)
    shown = recorded(checkout)

    assert shown["failure"] is None
    assert kpi_of(shown, "process.instructions")["missing"] == reason


def test_a_perf_that_is_gone_when_it_is_needed_loses_no_sample(checkout, monkeypatch) -> None:
    monkeypatch.setattr(perf_stat, "unavailable", lambda: None)
    monkeypatch.setattr(perf_stat, "_PERF", "perf-that-is-gone")
    shown = recorded(checkout)

    assert shown["failure"] is None
    assert kpi_of(shown, "process.instructions")["missing"].startswith("Cannot start perf-that-is-gone")


@pytest.mark.usefixtures("counts")
def test_both_sides_of_a_comparison_count_theirs_and_none_of_it_gates(checkout) -> None:
    checkout.write("note.txt", "x")
    checkout.commit()
    compared = checkout.json("compare", "HEAD~1", "HEAD", "--runs", "2", "--measure-anyway")
    by_name = {one["kpi"]: one for one in compared["kpis"] if one["benchmark"] == "keccakf"}

    assert by_name["process.instructions"]["base"]["samples"] == [12345678.0]
    assert by_name["process.instructions"]["head"]["samples"] == [12345678.0]
    assert [by_name[name]["role"] for name in by_name if name.startswith("process.")] == ["process"] * 3
    assert by_name["process.cpu_time"]["base"]["n"] == 2


def test_an_import_has_no_process_kpis(checkout, capture) -> None:
    imported = checkout.json("import", f"keccakf={capture}")["recording"]

    assert not [one for one in checkout.json("show", imported)["kpis"] if one["kpi"].startswith("process.")]


@pytest.mark.parametrize("last", ["INFO     stark_prove_excluding_trace [ {ms}ms | 100.00% ]\n", "nothing\n"])
def test_a_section_of_instructions_in_an_imported_log_gives_no_sample(checkout, last: str) -> None:
    line = "INFO     stark_prove_excluding_trace [ {ms}ms | 100.00% ]\n"
    checkout.write(
        "k.log", f"===== measured run 1 =====\n{line.format(ms=5)}===== instructions =====\n{last.format(ms=9)}"
    )
    shown = checkout.json("show", checkout.json("import", "keccakf=k.log")["recording"])

    assert [(run["kind"], run["failure"]) for run in shown["runs"]] == [("measured", None), ("instructions", None)]
    assert kpi_of(shown, "stark_prove_excluding_trace")["samples"] == [5.0]
