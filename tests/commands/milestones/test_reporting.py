"""The final report is made of what the milestone's file names."""

import re

import pytest

from tests.commands.milestones.programme_checkout import FOLDER, ROUND_TRIP

pytestmark = pytest.mark.slow

TEMPLATE = ".github/PULL_REQUEST_TEMPLATE.md"


def test_before_there_are_metrics_the_error_says_what_to_do(measured) -> None:
    for args in ((), ("--commit-message",), ("--pr",), ("--format", "json")):
        done = measured.harness("milestone", "report", "9", *args)

        assert (done.code, done.out) == (1, "")
        assert "names no recordings to judge the exit criteria by." in done.err
        assert "'harness milestone metrics 9' renders its Metrics part first." in done.err


def test_the_report_as_data_holds_what_the_text_says(documented) -> None:
    report = documented.json("milestone", "report", "9")
    text = documented.harness("milestone", "report", "9").out

    assert report["markdown"] == text.removesuffix("\n")
    assert (report["milestone"], report["verdict"]) == ("9", "faster")
    assert report["commit"] == documented.git("rev-parse", "HEAD")
    assert list(report["recordings"]) == ["base", "head", "reference"]
    assert report["changed"] == ["crates/metal-backend/src/metal/logup_zerocheck.rs", f"{FOLDER}/milestone-9.md"]
    assert [one["result"] for one in report["validations"]] == ["pass", "vacuous", "pass", "pass"]
    assert report["criteria"] == documented.json("milestone", "criteria", "9")["criteria"] != []


@pytest.mark.parametrize("option", [(), ("--pr",), ("--commit-message",)])
def test_each_text_is_in_the_data_too(documented, option: tuple[str, ...]) -> None:
    data = documented.json("milestone", "report", "9", *option)

    assert data["text"] == documented.harness("milestone", "report", "9", *option).out.removesuffix("\n")
    assert (data["text"] == data["markdown"]) is (option == ())


def test_only_what_passed_is_ticked(documented) -> None:
    documented.write(
        TEMPLATE, f"- [ ] `cargo check -p <crate>`\n- [ ] `{ROUND_TRIP}`\n- [ ] by hand\n\n## PERF_NOTES\n"
    )
    request = documented.harness("milestone", "report", "9", "--pr").out

    assert request.startswith(f"- [x] `cargo check -p <crate>`\n- [ ] `{ROUND_TRIP}`\n- [ ] by hand\n\n## PERF_NOTES\n")


def test_a_template_without_perf_notes_gets_them_and_without_a_template_the_report_does(documented) -> None:
    documented.write(TEMPLATE, "## Why\n\n- say\n")
    added = documented.harness("milestone", "report", "9", "--pr").out
    (documented.path / TEMPLATE).unlink()
    alone = documented.harness("milestone", "report", "9", "--pr").out

    assert re.findall("^## .*", added, re.MULTILINE) == ["## Why", "## PERF_NOTES"]
    assert re.findall("^## .*", alone, re.MULTILINE) == [
        "## Milestone 9: Round 0 and LogUp coset dispatch fusion",
        "## PERF_NOTES",
    ]
    assert "- Milestone ID: 9" in added
    assert "- Milestone ID: 9" in alone


def test_a_template_in_the_repositorys_root_and_of_bytes_that_are_no_text_is_used_all_the_same(documented) -> None:
    (documented.path / TEMPLATE).unlink()
    (documented.path / "PULL_REQUEST_TEMPLATE.md").write_bytes(b"## Wh\xff\n\n## PERF_NOTES\n\n- old\n\n## After\n")
    request = documented.harness("milestone", "report", "9", "--pr").out

    assert re.findall("^## .*", request, re.MULTILINE) == ["## Wh\ufffd", "## PERF_NOTES", "## After"]
    assert "- old" not in request


def test_what_changed_can_be_counted_from_another_commit(documented) -> None:
    commit = documented.git("rev-parse", "HEAD")
    report = documented.harness("milestone", "report", "9", "--base", commit).out

    assert f"- Counted from: {commit[:12]}, --base" in report
    assert "logup_zerocheck.rs`\n\n### Optimisation summary" not in report


def test_nothing_is_written_and_two_texts_at_once_are_a_usage_error(documented) -> None:
    before = documented.git("status", "--porcelain"), documented.read(f"{FOLDER}/milestone-9.md")
    for args in ((), ("--pr",), ("--commit-message",)):
        assert documented.harness("milestone", "report", "9", *args).code == 0
    both = documented.harness("milestone", "report", "9", "--pr", "--commit-message")

    assert (both.code, both.out) == (2, "")
    assert (documented.git("status", "--porcelain"), documented.read(f"{FOLDER}/milestone-9.md")) == before


def test_a_milestone_that_only_sets_the_baseline_has_nothing_to_compare(calibrated) -> None:
    calibrated.json("milestone", "metrics", "8")
    report = calibrated.harness("milestone", "report", "8").out
    request = calibrated.harness("milestone", "report", "8", "--pr").out
    message = calibrated.harness("milestone", "report", "8", "--commit-message").out

    assert "This milestone has no base: its Metrics set one." in report
    assert (
        "\n- Post-change key spans: this milestone sets the baseline\n- Delta summary: nothing to compare\n" in request
    )
    assert re.search(r"^  - keccakf: `\S+m8\.log` \(sha256 `[0-9a-f]{16}`\)$", request, re.MULTILINE)
    assert "\n### Exit criteria\n" in request
    assert message.splitlines()[-1] == "MILESTONE_ID: 8"
    assert calibrated.json("milestone", "report", "8")["verdict"] is None
