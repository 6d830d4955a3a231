"""Every line of a rendered part is a function of what is stored: whatever is changed by hand is found."""

import re

import pytest

from tests.commands.milestones.programme_checkout import FOLDER, ProgrammeCheckout

pytestmark = pytest.mark.slow

FILE = f"{FOLDER}/milestone-9.md"
TABLE = r"\| `keccakf` \| `prover\.main_trace_commit` \| "

EDITED = {
    "a digit of the contract's KPIs": (rf"({TABLE})\d", r"\g<1>7", "Metrics"),
    "a delta in percent": (r"(round0: -\d+ms` \(`-)\d\d", r"\g<1>44", "Metrics"),
    "a sign": (r"(round0: )-(\d+ms)", r"\1+\2", "Metrics"),
    "an interval": (r"-(\d\d\.\d) % … -", r"-\1 % … +", "Metrics"),
    "a verdict": (r"% \| faster \|", "% | same |", "Metrics"),
    "the verdict of the whole": (r"base and head: \*\*faster\*\*", "base and head: **same**", "Metrics"),
    "a counter": (r"`kernel_count=4`, `sync_count=0`", "`kernel_count=2`, `sync_count=0`", "Metrics"),
    "the number of runs": (r"\(M9; n=5;", "(M9; n=6;", "Metrics"),
    "a reason that a KPI is missing": (r": missing: no span ", ": missing: N/A ", "Metrics"),
    "what is not comparable": (r"  - \*\*not comparable\*\*: host.*\n", "", "Metrics"),
    "a log's hash": (r"(-m9\.log` \(sha256 `)\w", r"\1x", "Metrics"),
    "a line more": (r"(### Keccakf Release Spans\n)", r"\1\nTwice as fast.\n", "Metrics"),
    "the commit that was measured": (r"(Post-change \(M9; n=5; commit `)\w{4}", r"\g<1>0000", "Metrics"),
    "the outcome of a criterion": (r"(rationale\. – )\*\*not measurable\*\*", r"\1**met**", "Exit criteria"),
    "the wording of a judged criterion": (r"(- keccakf `[^`]*` is at least )20%", r"\g<1>2%", "Exit criteria"),
    "the evidence of a criterion": (r"(round0` against )m8", r"\1m9", "Exit criteria"),
}


def drifted(checkout: ProgrammeCheckout, milestone_id: str = "9") -> list[str]:
    """What is found that differs from the evidence, or cannot be made again."""
    mine = ("Metrics", "Residual", "Exit", checkout.milestone_path(milestone_id), "There is no recording")
    return [one for one in checkout.check(milestone_id).fails if one.startswith(mine) and "validated" not in one]


def edit(checkout: ProgrammeCheckout, pattern: str, new: str, name: str = FILE) -> int:
    """Changes the first place of a pattern behind the Validation Log; the place's line number."""
    head, mark, parts = checkout.read(name).partition("## Metrics")
    found = re.search(pattern, parts)
    assert found
    checkout.write(name, head + mark + re.sub(pattern, new, parts, count=1))
    return f"{head}{mark}{parts[: found.start()]}".count("\n") + 1


@pytest.mark.parametrize("case", EDITED)
def test_one_place_that_was_edited_is_found_with_both_texts(completed, case: str) -> None:
    pattern, new, part = EDITED[case]
    edit(completed, pattern, new)
    (said,) = drifted(completed)

    assert re.match(rf"{part}, line \d+: the file says .*, the stored evidence gives ", said)


def test_the_line_that_is_named_is_the_one_that_was_edited(completed) -> None:
    line = edit(completed, rf"(?<={TABLE})\d", "7")
    (said,) = drifted(completed)

    assert said.startswith(f"Metrics, line {line}: the file says '| `keccakf` | `prover.main_trace_commit` | 7")


def test_a_figure_of_the_residual_bottlenecks_is_found(calibrated) -> None:
    name = calibrated.milestone_path("12")
    calibrated.json("milestone", "metrics", "12")
    calibrated.json("milestone", "criteria", "12")
    assert drifted(calibrated, "12") == []
    line = edit(calibrated, r"(`prover\.openings\.whir`: )\d+(?=ms, )", r"\g<1>1", name)
    (said,) = drifted(calibrated, "12")

    assert re.match(rf"Residual Bottlenecks, line {line}: the file says '\d\. `prover.openings.whir`: 1ms", said)


def test_a_part_that_was_taken_out_is_missed(calibrated) -> None:
    for verb in ("metrics", "criteria"):
        calibrated.json("milestone", verb, "12")
    name = calibrated.milestone_path("12")
    for part in ("residuals", "criteria", "metrics"):
        block = rf"<!-- harness:begin {part} .*?<!-- harness:end {part} -->\n"
        calibrated.write(name, re.sub(block, "", calibrated.read(name), flags=re.DOTALL))
        found = drifted(calibrated, "12")

        title = {"residuals": "Residual Bottlenecks", "criteria": "Exit criteria", "metrics": "Metrics"}[part]
        assert f"{name} has no rendered {title}." in found


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("milestone-9", "the marker of its Metrics names no recordings"),
        ("milestone-9 head", "the marker of its Metrics names no recordings"),
        ("milestone-9 head 0123456789abcdef", "There is no recording 0123456789abcdef in "),
        ("milestone-9 head ../../../secret", "There is no recording ../../../secret in "),
        ("milestone-9 head HEAD base BASE reference REF session zz", "There is no recording zz in "),
        ("milestone-9 head BASE base HEAD reference REF", ": the file says '- Reference (base): recording"),
        ("milestone-9 head HEAD base BASE reference none", ": the file says '- Contract's reference"),
        ("milestone-9 head HEAD base BASE reference base", ": the file says '- Reference (base)"),
        ("milestone-9 head HEAD", ": the file says '- Reference (base)"),
        ("milestone-10 head HEAD base BASE reference REF", "the marker names other recordings"),
        ("milestone-9 head HEAD base BASE reference REF session BASE", "How sessions differ is known"),
    ],
)
def test_other_recordings_in_the_marker_give_another_text(completed, marker: str, said: str) -> None:
    words = re.search(r"begin metrics milestone-9 head (\w+) base (\w+) reference (\w+) -->", completed.read(FILE))
    assert words
    for name, one in zip(("HEAD", "BASE", "REF"), words.groups(), strict=True):
        marker = marker.replace(name, one)
    edit(completed, r"(?<=<!-- harness:begin metrics ).*(?= -->)", marker)
    found = drifted(completed)

    assert [one for one in found if said in one]


def test_torn_markers_are_a_clear_error_and_nothing_is_written(completed) -> None:
    edit(completed, "<!-- harness:end metrics -->\n", "")
    text = completed.read(FILE)
    for verb in ("check", "metrics", "criteria", "report"):
        done = completed.harness("milestone", verb, "9")

        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(f"error: {FILE}: the markers of 'metrics' are torn (1 begin, 0 end).\n")
    assert completed.read(FILE) == text
