"""Every milestone's parts are rendered into its file from recordings, and what is rendered is found to hold."""

import re
import shutil
from pathlib import Path

import pytest

from harness.commands.milestones.place import load_programme
from harness.milestones.programme import Form, Milestone
from tests.commands.milestones.programme_checkout import FOLDER, ProgrammeCheckout, as_given

pytestmark = pytest.mark.slow

PROGRAMME = load_programme(Path(), "metal-backend")
COMPARED = [one for one in PROGRAMME.milestones if one.id != "8"]
FILE = f"{FOLDER}/milestone-9.md"
MISSING = ("stark_prove_excluding_trace", "prover.main_trace_commit", "prover.openings.whir")
"""KPIs of the contract that the LogUp test has no span of."""

REFS = ("--base", "main", "--head", "HEAD")

WORDS = {
    Form.BEFORE_AFTER: ("- Before (m8; n=5; ", "- After (M", "- Delta (After minus Before)"),
    Form.REFERENCE_DELTA: ("- Reference (m8; n=5; ", "- Post-change (M", "- Delta (Post-change minus Reference)"),
    Form.HEADLINE: ("| Benchmark | Headline span | M15 median (ms, n=5) | p95-style (ms) | min..max (ms) |",),
    Form.REFERENCE_TABLE: ("| Span | m8 median (ms) | M15 median (ms, n=5) | Delta (ms) | Delta (%) |",),
    Form.COUNTERS: ("- Before (", "- After (", "- Delta (After minus Before)"),
    Form.TARGET_GATE: ("1180",),
}
"""What each shape is known by."""


def rendered(checkout: ProgrammeCheckout, milestone_id: str) -> str:
    """A milestone's file with its metrics and its judged criteria."""
    for verb in ("metrics", "criteria"):
        assert checkout.json("milestone", verb, milestone_id)["changed"] is True
    return checkout.read(checkout.milestone_path(milestone_id))


def parts(text: str) -> dict[str, str]:
    """What stands below each heading of the third level."""
    pieces = re.split(r"^### (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def drifted(checkout: ProgrammeCheckout, milestone_id: str) -> list[str]:
    """Findings about rendered parts and recordings."""
    about = ("Metrics", "Residual", "Exit criteria", "Recording")
    return [one for one in checkout.check(milestone_id).fails if one.startswith(about) or "no rendered" in one]


@pytest.mark.parametrize("one", COMPARED, ids=lambda one: one.id)
def test_a_milestone_is_rendered_in_its_own_shapes_with_every_contract_kpi_and_holds(
    calibrated, one: Milestone
) -> None:
    before = calibrated.read(calibrated.milestone_path(one.id))
    text = rendered(calibrated, one.id)
    found = parts(text)

    assert list(found) == [*(part.title for part in one.metrics), "Contract KPIs", "Exit criteria"]
    for part in one.metrics:
        assert [word for word in WORDS[part.form] if word not in found[part.title]] == []
        assert [name for name in part.spans if f"`{name}" not in found[part.title]] == []
    kpis = verdicts(found["Contract KPIs"])
    assert len(kpis) == 14
    assert set(kpis.values()) == {"faster", "missing"}
    assert {place for place, verdict in kpis.items() if verdict == "missing"} == {("logup", name) for name in MISSING}
    assert [name for name in MISSING if f"- logup {name}: missing: no span {name}\n" not in text] == []
    assert as_given(text) == as_given(before)
    assert drifted(calibrated, one.id) == []
    for verb in ("metrics", "criteria"):
        assert calibrated.json("milestone", verb, one.id)["changed"] is False


def verdicts(contract_kpis: str) -> dict[tuple[str, str], str]:
    """The last column of the contract's KPIs by benchmark and name."""
    rows = [line.strip("| ").split(" | ") for line in contract_kpis.splitlines() if line.startswith("| `")]
    return {(row[0].strip("`"), row[1].split("`")[1]): row[-1] for row in rows}


def test_the_milestone_that_sets_the_baseline_shows_the_contracts_table_above_what_stood_there(calibrated) -> None:
    name = calibrated.milestone_path("8")
    before = calibrated.read(name)
    text = rendered(calibrated, "8")
    blocks = r"<!-- harness:begin (metrics|criteria) .*?<!-- harness:end \1 -->\n\n"

    assert re.sub(blocks, "", text, flags=re.DOTALL) == before
    assert "| Span | Keccakf median (ms, n=5) | LogUp test median (ms, n=5) |" in text
    assert len(re.findall(r"^\| `[\w.]+` \| `(?:\d+\.\d\d|N/A)` \| `(?:\d+\.\d\d|N/A)` \|$", text, re.MULTILINE)) == 14
    assert drifted(calibrated, "8") == []


def test_residual_bottlenecks_are_ranked_where_the_file_has_a_heading_for_them(calibrated) -> None:
    text = rendered(calibrated, "12")
    _before, _heading, left = text.partition("\n## Residual Bottlenecks\n")
    of_keccakf, _title, of_logup = left.partition("\nlogup")
    units = {"s": 1e3, "ms": 1.0, "µs": 1e-3}
    taken = re.findall(r"^\d\. `[^`]+`: ([\d.]+)(s|ms|µs), ", of_keccakf, re.MULTILINE)
    durations_ms = [float(value) * units[unit] for value, unit in taken]

    assert durations_ms == sorted(durations_ms, reverse=True)
    assert len(durations_ms) == 6
    assert re.findall(r"^(\d)\. ", of_logup, re.MULTILINE) == list("1234")
    assert "residuals" not in rendered(calibrated, "13")


def test_what_the_counters_run_counted_stands_before_after_and_as_a_delta(calibrated) -> None:
    transport = parts(rendered(calibrated, "12"))["Transport Counters"]
    pool = parts(rendered(calibrated, "14"))["Buffer Pool"]
    batch = parts(rendered(calibrated, "10"))["LogUp Batch Counters"]

    assert "`transport_trace_stats`: `1` call; `matrices=1`, `dispatch_count=5`, `alloc_count=3`" in transport
    assert "`dispatch_count` `-3`, `alloc_count` `-2`" in transport
    assert "`fallback_count=3`" in batch
    assert "`fallback_count` `-2`" in batch
    assert "`metal.buffer_pool.reuse" in pool


def test_a_dry_run_prints_the_part_and_writes_nothing(measured) -> None:
    text = measured.read(FILE)
    done = measured.harness("milestone", "metrics", "9", *REFS, "--dry-run")

    assert (done.code, measured.read(FILE)) == (0, text)
    assert done.err.endswith("milestone-9.md: would be changed; nothing is written\n")
    assert measured.json("milestone", "metrics", "9", *REFS, "--dry-run")["changed"] is True
    written = measured.harness("milestone", "metrics", "9", *REFS)
    assert written.out == done.out
    assert done.out.strip() in measured.read(FILE)


def test_other_recordings_render_both_parts_anew(documented) -> None:
    before = documented.read(FILE)
    main = documented.json("milestone", "metrics", "9", "--base", "HEAD", "--head", "main")
    text = documented.read(FILE)
    ids = re.findall(r"<!-- harness:begin (?:metrics|criteria) milestone-9 (.*) -->", text)

    assert main["changed"] is True
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert text != before
    assert parts(text)["Exit criteria"] != parts(before)["Exit criteria"]
    assert drifted(documented, "9") == []
    documented.json("milestone", "metrics", "9", *REFS)
    assert documented.read(FILE) == before


def test_criteria_without_metrics_are_a_clear_error(measured) -> None:
    done = measured.harness("milestone", "criteria", "9")

    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"error: {FILE} names no recordings to judge the exit criteria by.\n"
        "  'harness milestone metrics 9' renders its Metrics part first.\n"
    )


def test_a_file_without_a_heading_for_them_is_not_written(measured) -> None:
    text = measured.read(FILE).replace("## Metrics", "## Figures")
    measured.write(FILE, text)
    done = measured.harness("milestone", "metrics", "9", *REFS)

    assert (done.code, measured.read(FILE)) == (1, text)
    assert "has no heading 'Metrics'" in done.err


@pytest.mark.parametrize("newline", ["\r\n", "mixed"])
def test_line_ends_and_a_byte_order_mark_stay(measured, newline: str) -> None:
    text = measured.read(FILE)
    other = text.replace("\n", "\r\n") if newline == "\r\n" else text.replace("- Work:\n", "- Work:\r\n")
    (measured.path / FILE).write_bytes(f"\ufeff{other}".encode())
    measured.json("milestone", "metrics", "9", *REFS)
    now = rendered_criteria(measured)

    assert as_given(now) == as_given(f"\ufeff{other}")
    assert now.count("\r\n") == (now.count("\n") if newline == "\r\n" else 1)
    assert drifted(measured, "9") == []


def rendered_criteria(checkout: ProgrammeCheckout) -> str:
    checkout.json("milestone", "criteria", "9")
    return checkout.read(FILE)


HOSTILE = "x`|` <!-- harness:end metrics --> <img src=x> [l](http://e.example) ![i](//e.example) ``` @me #1 \u202e"


def captured(checkout: ProgrammeCheckout, folder: Path, name: str) -> str:
    """Imports the measured runs with `name` for the host, a span, a field and a field's value; the recording's id."""
    shutil.rmtree(folder, ignore_errors=True)
    head = checkout.json("milestone", "metrics", "9", *REFS, "--dry-run")["recordings"]["head"]
    checkout.harness("publish", head, "--logs", str(folder))
    shutil.rmtree(checkout.path / "baselines")
    for log in folder.iterdir():
        text = log.read_text().replace("stacked_commit [", f"{name} [").replace("coset_count:", "<b>`x`[a](b):")
        text = text.replace('"logup_ntt_eval_interactions"', f'"{name.replace("|", "")}"')
        log.write_text(text.replace("batch_open_rows [", "prover.openings.whir ["))
    captures = [f"{log.name.partition('-')[0]}={log}" for log in sorted(folder.iterdir())]
    imported = checkout.json("import", *captures, "--target", "openvm-metal", "--host", name)
    return imported["recording"]


def outline(text: str) -> list[tuple[str, int]]:
    """What each line begins with, and how many bars it has that end a cell."""
    lines = text.split("\n")
    return [(line[: len(line) - len(line.lstrip()) + 2], len(re.findall(r"(?<!\\)[|]", line))) for line in lines]


def test_names_of_a_log_cannot_break_the_file(measured, tmp_path) -> None:
    template = measured.read(FILE)
    seen = {}
    for name in ("harmless", HOSTILE):
        measured.write(FILE, template)
        recording = captured(measured, tmp_path / "logs", name)
        measured.json("milestone", "metrics", "9", "--base", "main", "--head", recording)
        seen[name] = rendered_criteria(measured)

        assert drifted(measured, "9") == []
        assert as_given(seen[name]) == as_given(template)
    text = seen[HOSTILE]

    assert outline(text) == outline(seen["harmless"])
    assert "e.example" in text
    assert len(re.findall(r"^\s*<!-- harness:", text, re.MULTILINE)) == 4
    assert "\u202e" not in text
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", re.sub(r"^<!-- .* -->$", "", text, flags=re.MULTILINE))
    assert re.findall(r"(?<!\\)<(?!=)|(?<!\\)\]\(|(?<!\\)!\[", outside) == []
    for args in ((), ("--pr",), ("--commit-message",)):
        assert measured.harness("milestone", "report", "9", *args).code == 0
