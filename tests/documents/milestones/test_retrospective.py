"""The published figures come out of the forms to the digit, and what was left out stands beside them."""

from pathlib import Path

import pytest
from msgspec import structs

from harness.commands.milestones.retrospective import read_published, read_retrospect
from harness.documents.milestones.retrospective import (
    Retrospect,
    against_reference,
    reproductions,
    retrospective_section,
)
from harness.milestones.programme import Form
from harness.milestones.published import PublishedSpan, Stage

GROUPS = read_published(Path(__file__).parent.parent.parent.parent / "baselines" / "m8" / "published.csv")
COMPARED = [
    (group.milestone, group.benchmark, span.span, stage)
    for group in GROUPS
    for span in (*group.spans, *group.residuals)
    for stage in span.texts
    if stage not in {Stage.LEFT_OUT, Stage.TARGET}
]


@pytest.fixture(scope="module")
def retrospect(workspace) -> Retrospect:
    return read_retrospect(workspace)


@pytest.fixture(scope="module")
def rendered(retrospect) -> dict[tuple[str, ...], tuple[str, str]]:
    checked = reproductions(retrospect)
    return {(one.milestone, one.benchmark, one.span, one.stage): (one.published, one.rendered) for one in checked}


@pytest.mark.parametrize("place", COMPARED, ids="-".join)
def test_a_published_figure_is_reproduced_to_the_digit(rendered, place):
    published, here = rendered[place]

    assert here == published


def test_every_published_figure_is_compared(rendered):
    assert list(rendered) == COMPARED
    assert len(rendered) == 173


@pytest.mark.parametrize(
    ("milestone", "benchmark", "span", "change"),
    [
        ("9", "logup", "prover.rap_constraints", "+74.8%"),
        ("9", "logup", "prover.rap_constraints.logup_gkr", "+83.1%"),
        ("9", "logup", "prover.rap_constraints.round0", "+156.8%"),
        ("10", "logup", "prover.rap_constraints.logup_gkr", "+116.2%"),
        ("10", "logup", "prover.rap_constraints.mle_rounds", "+114.5%"),
        ("11", "keccakf", "prover.main_trace_commit > merkle_tree", "-6.4%"),
        ("13", "keccakf", "prover.openings.whir", "+38.2%"),
        ("13", "keccakf", "prover.openings.stacked_reduction.mle_rounds", "0.0%"),
        ("14", "keccakf", "stark_prove_excluding_trace", "+6.6%"),
        ("14", "keccakf", "prover.main_trace_commit", "+4.9%"),
        ("14", "keccakf", "rs_code_matrix", "+7.9%"),
        ("14", "keccakf", "prover.rap_constraints.round0", "+6.4%"),
        ("14", "keccakf", "prover.openings.whir", "+34.4%"),
        ("14", "logup", "prover.rap_constraints.logup_gkr", "+183.8%"),
        ("15", "logup", "prover.rap_constraints", "+47.8%"),
        ("5", "keccakf", "stark_prove_excluding_trace", "–"),
    ],
)
def test_the_change_against_milestone_8_that_was_left_out(retrospect, milestone, benchmark, span, change):
    group = next(one for one in GROUPS if (one.milestone, one.benchmark) == (milestone, benchmark))
    published = next(one for one in group.spans if one.span == span)

    assert against_reference(retrospect, group, published) == change


def test_it_opens_with_what_was_left_out(retrospect):
    opening = retrospective_section(retrospect).block.partition("### ")[0]
    items = [line for line in opening.split("\n") if line.startswith("- ")]
    changes = [line.rpartition(", `")[2].partition("`")[0] for line in items]

    assert changes == ["+74.8%", "+116.2%", "+38.2%", "+6.6%", "+47.8%"]
    assert "Of 173 published times, deltas, percentages, ratios and gaps 173 come out here to the digit." in opening
    assert opening.count("none of it is a verdict") == 1


def test_it_says_what_it_leaves_out(retrospect):
    opening = retrospective_section(retrospect).block.partition("### ")[0]
    groups = tuple(structs.replace(one, counts=0) for one in retrospect.groups)
    without = retrospective_section(structs.replace(retrospect, groups=groups)).block

    assert (
        "Not on this page: 30 published counts (Milestone 5: 4, Milestone 9: 8, Milestone 10: 12, Milestone 13: 6), "
    ) in opening
    assert "Milestone 8 published none to hold them against.\n" in opening
    assert "Not on this page" not in without


def test_a_residual_bottleneck_stands_outside_the_form_with_its_change(retrospect):
    (part,) = [one for one in retrospective_section(retrospect).block.split("### ") if one.startswith("Milestone 11")]

    assert part.rstrip().endswith(
        "- Published as residual bottlenecks only, as approximate, n not stated:\n"
        "  - keccakf `prover.rap_constraints.round0`: `~883ms`, `-7.0%` against Milestone 8\n"
        "  - keccakf `prover.openings.whir`: `~292ms`, `-7.0%` against Milestone 8\n"
        "- Of the contract's spans not among these figures: keccakf `prover.rap_constraints.mle_rounds`, "
        "`prover.rap_constraints.logup_gkr`; logup `rs_code_matrix`, `prover.rap_constraints.round0`, "
        "`prover.rap_constraints.mle_rounds`, `prover.rap_constraints.logup_gkr`"
    )


def test_each_milestone_has_its_own_shape(retrospect):
    block = retrospective_section(retrospect).block
    shapes = {part.split("\n")[0]: part for part in block.split("### ")[1:]}

    assert "- Before (Milestone 0; n not stated" in shapes["Milestone 5"]
    assert "  - `stark_prove_excluding_trace: +0.1s` (`+0.4%`) (one display step)\n" in shapes["Milestone 5"]
    assert "| `prover.rap_constraints.logup_gkr` | `1.54` | `8.74` |" in shapes["Milestone 8"]
    for milestone in ("9", "10", "11", "12"):
        assert "- Delta (Post-change minus Reference)" in shapes[f"Milestone {milestone}"]
    for milestone in ("13", "14"):
        assert "- Before (no reference published; n not stated" in shapes[f"Milestone {milestone}"]
    assert "`2440.00 / 2460.00 = 0.992x (regression)`" in shapes["Milestone 15"]
    assert "| `23.50` | `25.30` | `22.30..25.30` |" in shapes["Milestone 15"]


def test_the_notes_say_what_a_reader_has_to_know(retrospect):
    lines = retrospective_section(retrospect).block.split("\n")
    gkr = "| keccakf | `prover.rap_constraints.logup_gkr` | `1.54` | `1.53` | `-0.01` | `-0.01` | `-0.65%` | `-0.6%` |"

    assert f"{gkr} one display step |" in lines
    assert (
        "| keccakf | `stark_prove_excluding_trace` | `2.42s` | `2.27s` | `-150ms` | `-150ms` | `-6.2%` | `-7.0%` "
        "| base was not Milestone 8; n not stated (base, post) |"
    ) in lines
    assert (
        "- Of the contract's spans not among these figures: keccakf `prover.rap_constraints.logup_gkr`; "
        "logup `rs_code_matrix`"
    ) in lines


def changed(retrospect: Retrospect, **texts: str) -> Retrospect:
    """With other texts of the first span of milestone 9's LogUp test."""
    groups = []
    for group in retrospect.groups:
        first, *others = group.spans
        if (group.milestone, group.benchmark) == ("9", "logup"):
            first = structs.replace(first, texts={**first.texts, **{Stage(key): text for key, text in texts.items()}})
        groups.append(structs.replace(group, spans=(first, *others)))
    return structs.replace(retrospect, groups=tuple(groups))


def test_a_published_figure_that_does_not_follow_is_named(retrospect):
    opening = retrospective_section(changed(retrospect, delta="-3.5ms")).block.partition("### ")[0]

    assert (
        "gaps 172 come out here to the digit. What one document prints twice is counted once.\n\nThe others:" in opening
    )
    assert "`prover.rap_constraints`, delta: `-3.5ms` as published, `-3.6ms` here" in opening


def test_a_span_that_the_recording_lacks_has_no_change_and_a_reason(retrospect):
    lacking = structs.replace(retrospect, records={})
    group = next(one for one in GROUPS if one.milestone == "13")

    assert against_reference(lacking, group, group.spans[0]) == "–"
    assert "not held against Milestone 8: not read when this was recorded" in retrospective_section(lacking).block


def test_without_the_references_own_figures_nothing_is_held_against_it(retrospect):
    groups = tuple(one for one in retrospect.groups if one.form is not Form.CONTRACT_TABLE)
    alone = retrospective_section(structs.replace(retrospect, groups=groups)).block

    assert f"Everything here against {retrospect.recording.id} " in alone
    assert "release profile, the reference's is unknown" in alone


def hostile_copy(retrospect: Retrospect, text: str) -> Retrospect:
    groups = tuple(
        structs.replace(
            group,
            milestone=f"{text}{group.milestone}",
            benchmark=f"{text}{group.benchmark}",
            reference=text,
            profile=text,
            spans=tuple(_hostile_span(one, text) for one in group.spans),
            residuals=tuple(_hostile_span(one, text) for one in group.residuals),
        )
        for group in retrospect.groups
    )
    return structs.replace(retrospect, groups=groups)


def _hostile_span(span: PublishedSpan, text: str) -> PublishedSpan:
    remark = {Stage.LEFT_OUT: text} if Stage.LEFT_OUT in span.texts else {}
    return structs.replace(span, span=f"{text}{span.span}", texts={**span.texts, **remark})


def test_no_published_text_breaks_the_page(retrospect, hostile, pipes, outside_code):
    clean = retrospective_section(hostile_copy(retrospect, "x")).block.split("\n")
    for text in filter(str.strip, hostile):
        block = retrospective_section(hostile_copy(retrospect, text)).block
        lines = block.split("\n")

        assert len(block.splitlines()) == len(lines) == len(clean), text
        assert [pipes(line) for line in lines if line.startswith("|")] == [
            pipes(line) for line in clean if line.startswith("|")
        ], text
        assert not [line for line in lines[1:-1] if {"<", "["} & set(outside_code(line))], text
