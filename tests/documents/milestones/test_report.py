"""A milestone's final report, its commit message, its pull request by the repository's template."""

import json
import re
from pathlib import Path

import pytest
from msgspec import structs

from harness.documents.milestones.contract_kpis import kpi_table
from harness.documents.milestones.criteria import criteria_block
from harness.documents.milestones.report import (
    SUMMARY_SLOT,
    baseline_notes,
    commit_message,
    pull_request,
    to_json,
    to_markdown,
)
from harness.milestones.answers import Outcome
from harness.milestones.changes import message_names
from harness.milestones.criteria import Judged
from harness.milestones.document import read_milestone
from harness.milestones.programme import Milestone
from harness.milestones.report import Report
from tests.documents.milestones.evidence_made import kpi
from tests.documents.milestones.hostile_evidence import hostile_evidence, structure

TEMPLATE = (Path(__file__).parents[2] / "data" / "programme" / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text(
    "utf-8"
)
CHECK = "cargo check -p openvm-metal-backend"
TEST = "cargo test -p openvm-metal-backend --release test_interactions -- --nocapture"
NOTES = "- Milestone ID: 9\n- Delta summary: **faster**"
FILE = """\
# Milestone 9: Round 0 and LogUp coset dispatch fusion

- Status: `in_progress`
- Owner: somebody
- Branch: `perf/m9`
- PR:
- Started: 2026-11-05
- Completed:
- Last Updated: 2026-11-05

## Scope

- The coset loop of round 0.
- Its scratch buffers.

## Exit Criteria

- Round 0 at least 20% better.
"""


def judged(wording, outcome, *evidence):
    return Judged(wording=wording, of_plan=False, outcome=outcome, evidence=evidence)


@pytest.fixture(scope="session")
def report(cases, programme) -> Report:
    evidence = cases["14"]
    milestone = programme.milestone("9")
    tree = "prover.main_trace_commit > merkle_tree"
    shown = structs.replace(programme.milestone("11"), id="9", metrics=programme.milestone("11").metrics)
    samples = dict(evidence.samples)
    for which, times in (("base", (14.5, 14.4, 14.6)), ("head", (11.6, 11.5, 11.7))):
        place = next(one for one in samples if one[0].value == which)[0]
        samples[place, "keccakf", tree] = kpi("keccakf", tree, *times)
    return Report(
        milestone=milestone,
        file=read_milestone(FILE, where="milestone-9.md", milestone_id="9"),
        commit="0123456789abcdef0123456789abcdef01234567",
        begun="fedcba987654, the commit before status left not_started",
        changed=("crates/metal-backend/src/metal/mod.rs", "docs/milestone-9.md"),
        evidence=structs.replace(evidence, milestone=shown, samples=samples),
        judged=(
            judged("Round 0 at least 20% better.", Outcome.MET, "keccakf against m8: 949 → 742 ms."),
            judged("Proofs stay the same.", None, "names no number and no counter: the author's to judge"),
        ),
        validations=((CHECK, "pass"), (TEST, "vacuous")),
    )


def test_the_report_of_a_milestone(golden, report):
    golden("milestone-report.md", to_markdown(report))


def test_the_commit_message_of_a_milestone(golden, report):
    golden("milestone-commit-message.txt", commit_message(report))


def test_the_pull_request_by_the_repositorys_template(golden, report):
    golden("milestone-pull-request.md", pull_request(report, TEMPLATE, NOTES))


def test_the_report_has_what_is_asked_of_one_and_leaves_the_summary_to_its_author(report):
    text = to_markdown(report)

    assert re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE) == [
        "Milestone 9: Round 0 and LogUp coset dispatch fusion",
        "Scope",
        "Changed files",
        "Optimisation summary",
        "Measured deltas",
        "Exit criteria",
        "Validation",
        "Residual bottlenecks",
    ]
    assert f"\n{SUMMARY_SLOT}\n" in text
    assert "- The coset loop of round 0.\n- Its scratch buffers.\n" in text
    assert f"- Commit: `{report.commit}`\n" in text


def test_changed_files_are_listed_and_a_long_list_is_cut_and_counted(report):
    many = structs.replace(report, changed=tuple(f"src/{i}.rs" for i in range(203)))
    text = to_markdown(many)

    assert "- `docs/milestone-9.md`\n" in to_markdown(report)
    assert text.count("\n- `src/") == 200
    assert "\n- and 3 more\n" in text
    assert "### Changed files\n\n- none\n" in to_markdown(structs.replace(report, changed=()))


def test_what_is_not_there_is_said(report):
    bare = structs.replace(
        report,
        commit=None,
        judged=(),
        validations=(),
        file=read_milestone(FILE.replace("## Scope", "## Extent"), where="", milestone_id="9"),
    )
    text = to_markdown(bare)

    assert "- Commit: nothing is committed\n" in text
    assert "### Scope\n\n- (the file has no scope)\n" in text
    assert "### Exit criteria\n\n- The milestone has no exit criteria.\n" in text
    assert "### Validation\n\n- nothing was validated\n" in text


def test_a_vacuous_validation_is_called_so_and_nothing_else(report):
    line = next(one for one in to_markdown(report).split("\n") if TEST in one)

    assert line == f"- `{TEST}`: vacuous"


def test_a_milestone_that_sets_the_baseline_has_no_deltas(cases, report):
    first = structs.replace(report, evidence=cases["8"])

    assert "This milestone has no base: its Metrics set one." in to_markdown(first)
    assert to_json(first)["verdict"] is None
    assert commit_message(first).endswith("\n\nMILESTONE_ID: 9")


def test_spans_beyond_the_contract_stand_below_the_table_and_are_not_judged(report):
    text = to_markdown(report)

    assert (
        "- keccakf `prover.main_trace_commit > merkle_tree`: `14.5ms -> 11.6ms` (`-2.9ms, -20.0%`), not judged\n"
        in text
    )


def test_the_deltas_are_the_table_of_the_metrics_with_runs_reference_and_what_is_missing(report):
    text = to_markdown(report)
    rows = [line for line in text.split("\n") if line.startswith("| `")]

    assert kpi_table(report.evidence) in text
    assert len(rows) == 14
    assert [row for row in rows if "`prover.main_trace_commit` | 890 | 623 | 5 + 5 |" in row]
    assert all(row.endswith((", undecided |", "| – |")) for row in rows)
    assert "| `logup` | `prover.openings.whir` | – | – | – + – |" in text
    assert "missing: " in text
    assert not [row for row in rows if "| 0 |" in row or "N/A" in row]


def test_the_report_as_data_has_the_same_text(report):
    data = json.loads(json.dumps(to_json(report)))

    assert data["markdown"] == to_markdown(report)
    assert (data["milestone"], data["verdict"], data["changed"]) == ("9", "faster", list(report.changed))
    assert data["recordings"] == {"base": "b" * 16, "head": "c" * 16, "reference": "0ae611f3c83983b8"}
    assert data["validations"] == [{"command": CHECK, "result": "pass"}, {"command": TEST, "result": "vacuous"}]
    assert [one["outcome"] for one in data["criteria"]] == ["met", None]


def test_the_commit_message_names_the_milestone_in_its_first_and_last_line(report):
    lines = commit_message(report).split("\n")

    assert lines[0] == "Milestone 9: Round 0 and LogUp coset dispatch fusion"
    assert lines[-2:] == ["", "MILESTONE_ID: 9"]
    assert "verdict: faster" in lines
    at = lines.index("keccakf stark_prove_excluding_trace: 2560 -> 1790 ms")
    assert lines[at + 1] == "  -30.1 %, faster, n=5+5; vs reference -26.6 %, undecided"
    assert max(map(len, lines[at:])) <= 72
    assert [line for line in lines if line.startswith("reference = recording 0ae611f3c83983b8, ")]
    assert [one for one in range(8, 16) if message_names(commit_message(report), str(one))] == [9]
    assert not [line for line in lines if "–" in line]


def test_without_a_reference_beside_the_base_the_commit_message_holds_nothing_against_one(cases, report):
    message = commit_message(structs.replace(report, evidence=cases["15"]))

    assert "\nkeccakf stark_prove_excluding_trace: 2440 -> 1790 ms\n  -26.6 %, undecided, n=5+5\n" in message
    assert "reference" not in message


def test_the_commit_message_says_why_nothing_is_judged(cases, report):
    message = commit_message(structs.replace(report, evidence=cases["11"]))

    assert "\nverdict: undecided: not comparable: target: openvm-metal against openvm-cuda; host: " in message


def test_without_a_template_the_report_takes_its_place(report):
    assert pull_request(report, None, NOTES) == f"{to_markdown(report)}\n\n## PERF_NOTES\n\n{NOTES}"


def noted(report):
    """What a template's PERF_NOTES hold: the notes, then what came of the exit criteria."""
    return f"{NOTES}\n\n{criteria_block(report.judged)}"


def test_the_templates_perf_notes_are_filled_in_and_the_rest_of_it_stays(report):
    template = "## Summary\n\nWords.\n\n## PERF_NOTES\n\n- Milestone ID:\n- Delta summary:\n\n## After\n\nMore.\n"

    assert pull_request(report, template, NOTES) == (
        f"## Summary\n\nWords.\n\n## PERF_NOTES\n\n{noted(report)}\n\n## After\n\nMore.\n"
    )


def test_a_template_without_perf_notes_gets_them_at_its_end(report):
    assert (
        pull_request(report, "## Summary\n\nWords.", NOTES)
        == f"## Summary\n\nWords.\n\n## PERF_NOTES\n\n{noted(report)}"
    )


def test_smaller_headings_below_perf_notes_belong_to_them(report):
    template = "# PERF_NOTES\n\n## Base\n\n- x\n\n# Rest\n"

    assert pull_request(report, template, NOTES) == f"# PERF_NOTES\n\n{noted(report)}\n\n# Rest\n"


def test_the_exit_criteria_stand_in_a_request_once(report):
    for template in (None, TEMPLATE, "## Summary\n"):
        made = pull_request(report, template, NOTES)

        assert made.count("### Exit criteria\n") == 1
        assert "\n- Round 0 at least 20% better. – **met**\n  - keccakf against m8: 949 → 742 ms.\n" in made


def test_the_notes_of_a_baseline_fill_in_every_bullet_of_the_template(cases, report):
    evidence = cases["8"]
    notes = baseline_notes(evidence)
    keys = [line.partition(":")[0].partition(" (")[0] for line in TEMPLATE.split("\n") if line.startswith("- M")]
    keys += ["- Baseline trace file", "- Baseline key spans", "- Post-change key spans", "- Delta summary"]

    assert [line.partition(":")[0].partition(" (")[0] for line in notes.split("\n") if line.startswith("- ")] == keys
    assert notes.startswith("- Milestone ID: 8\n- Baseline trace file: m8 = recording 0ae611f3c83983b8, ")
    assert "\n  - keccakf `stark_prove_excluding_trace`: 2440 ms (n=5)\n" in notes
    assert "\n  - logup `prover.openings.whir`: missing: " in notes
    assert notes.endswith(
        "\n- Post-change key spans: this milestone sets the baseline\n- Delta summary: nothing to compare"
    )
    assert notes in pull_request(structs.replace(report, evidence=evidence), TEMPLATE, notes)


def test_a_baseline_without_one_benchmark_says_so_once(cases):
    recordings = cases["13"].recordings
    notes = baseline_notes(structs.replace(cases["13"], recordings=structs.replace(recordings, base=None)))

    assert notes.count("  - logup") == notes.count("  - logup: benchmark not recorded\n") == 1


def test_a_template_with_line_ends_of_windows_keeps_them(report):
    template = TEMPLATE.replace("\n", "\r\n")
    made = pull_request(report, template, NOTES)

    assert made == pull_request(report, TEMPLATE, NOTES).replace("\n", "\r\n")
    assert "- [x] `cargo check -p <crate>`\r\n" in made


def test_a_heading_in_a_code_fence_is_none(report):
    template = "```md\n## PERF_NOTES\n- [ ] `cargo check -p <crate>`\n```\n\n## PERF_NOTES\n\n- x\n"
    made = pull_request(report, template, NOTES)

    assert made == f"```md\n## PERF_NOTES\n- [ ] `cargo check -p <crate>`\n```\n\n## PERF_NOTES\n\n{noted(report)}"


def ticked(report, line, *validations):
    made = pull_request(structs.replace(report, validations=validations), f"{line}\n\n## PERF_NOTES\n", NOTES)
    return made.split("\n")[0]


@pytest.mark.parametrize(
    "line",
    [
        f"- [ ] `{CHECK}`",
        "- [ ] `cargo check -p <crate>`",
        "* [ ] `cargo  check  -p  <crate>` is clean",
        "  - [ ] Run `cargo check -p <crate>` in `crates`",
        "+ [ ] `<tool> check -p openvm-metal-backend`",
    ],
)
def test_the_box_of_a_command_that_passed_is_ticked(report, line):
    assert ticked(report, line, (CHECK, "pass")) == line.replace("[ ]", "[x]")


@pytest.mark.parametrize("result", ["fail", "vacuous", "timeout", "vacuous, accepted", "passed", ""])
def test_the_box_of_a_command_that_did_not_pass_stays_open(report, result):
    line = "- [ ] `cargo check -p <crate>`"

    assert ticked(report, line, (CHECK, result)) == line


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] `cargo test -p <crate> -- <test_name>`",
        "- [ ] cargo check -p openvm-metal-backend",
        "- [ ] `cargo check`",
        "- [ ] `cargo check -p <crate> --all-features`",
        "- [ ] `cargo check -p <crate>` and `cargo test -p <crate>`",
        "- [ ] `<anything>` was run",
        "- [ ] `openvm-metal-backend` is what this is about",
        "- [ ] What changes, and why",
        "- [] `cargo check -p <crate>`",
        "[ ] `cargo check -p <crate>`",
        "    ```",
        "- [ ] `` ` ``",
    ],
)
def test_a_box_that_names_no_command_that_passed_stays_as_it_is(report, line):
    assert ticked(report, line, (CHECK, "pass")) == line


def test_a_box_for_several_commands_is_ticked_only_where_all_of_them_passed(report):
    line = "- [ ] `cargo test -p <crate> -- <test_name>`"
    other = "cargo test -p other -- a_test"

    assert ticked(report, line, (TEST, "pass"), (other, "pass")) == line.replace("[ ]", "[x]")
    assert ticked(report, line, (TEST, "pass"), (other, "vacuous")) == line
    assert ticked(report, "- [ ] `make` in `.`", ("make", "pass"), (TEST, "fail")) == "- [x] `make` in `.`"


def test_a_box_that_is_ticked_already_stays_so(report):
    line = "- [x] `cargo check -p <crate>`"

    assert ticked(report, line, (CHECK, "fail")) == line


def test_a_template_of_many_placeholders_is_read_quickly(report):
    line = f"- [ ] `{' '.join(['<a>'] * 60)} z`"

    assert ticked(report, line, (" ".join(["a"] * 2000), "pass")) == line


@pytest.fixture(scope="session")
def hostile_report(cases, report):
    def made(text):
        return structs.replace(
            report,
            milestone=Milestone(id=text, title=text, goal=text),
            commit=text,
            begun=text,
            changed=(text, text),
            evidence=hostile_evidence(cases, text, "across sessions"),
            judged=(judged(text, Outcome.MET, text), judged(text, None, text)),
            validations=((text, text),),
        )

    return made


def test_no_text_breaks_the_report(hostile_report, hostile, pipes, outside_code):
    def made(text):
        return structure(to_markdown(hostile_report(text)), pipes, outside_code)._replace(beginnings=())

    clean = made("x")
    assert clean.smuggled == ()
    for text in filter(str.strip, hostile):
        assert made(text) == clean, text


def test_no_text_writes_another_line_or_a_control_character_into_a_commit_message(hostile_report, hostile):
    lines = len(commit_message(hostile_report("x")).split("\n"))
    for text in hostile:
        message = commit_message(hostile_report(text))
        assert len(message.splitlines()) == lines, text
        assert "\x1b" not in message
        assert message.split("\n")[-1].startswith("MILESTONE_ID: ")
