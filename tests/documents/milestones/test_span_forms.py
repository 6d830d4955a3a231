"""Spans as nested lists: every span in every group, with its reason where it has no figure."""

import pytest
from msgspec import structs

from harness.documents.milestones.span_forms import SideLabel, Sides, before_after, reference_delta
from harness.milestones.figures import Absent, SpanRow
from harness.milestones.published import time_figure

M8 = SideLabel(name="Milestone 8", n=5, recording="0ae6", commit="c0ffee")
SIDES = Sides(
    base=SideLabel(name="before", n=5, recording="aaaa", commit="b" * 8),
    head=SideLabel(name="HEAD", n=5, recording="cccc", commit="d" * 8, dirty=True),
)


def figure(text: str, n: int | None = 5):
    return structs.replace(time_figure(text), n=n)


def row(name: str, base: str, head: str, **changes) -> SpanRow:
    return SpanRow(name=name, base=figure(base), head=figure(head), **changes)


def test_before_after_and_delta_each_name_their_side():
    assert before_after("Opening Spans", [row("root", "2.42s", "2.27s")], SIDES) == (
        "### Opening Spans\n"
        "\n"
        "- Before (before; n=5; commit `bbbbbbbb`; recording `aaaa`)\n"
        "  - `root = 2.42s`\n"
        "- After (HEAD; n=5; commit `dddddddd` with uncommitted changes; recording `cccc`)\n"
        "  - `root = 2.27s`\n"
        "- Delta (After minus Before)\n"
        "  - `root: -150ms` (`-6.2%`)"
    )


def test_a_reference_that_is_not_the_base_is_a_group_of_its_own():
    sides = structs.replace(SIDES, reference=M8)
    rows = [
        row("prover.rap_constraints", "31.4ms", "27.8ms", reference=figure("15.9ms")),
        row("root", "24.9s", "25.0s"),
    ]

    assert reference_delta("", rows, sides).split("\n")[6:] == [
        "- Delta (Post-change minus Reference)",
        "  - `prover.rap_constraints: -3.6ms` (`-11.5%`)",
        "  - `root: +0.1s` (`+0.4%`) (one display step)",
        "- vs Milestone 8 (n=5; commit `c0ffee`; recording `0ae6`)",
        "  - `prover.rap_constraints: +11.9ms` (`+74.8%`) against `15.9ms`",
    ]


def test_what_is_missing_says_so_in_every_group_with_its_reason():
    sides = structs.replace(SIDES, reference=M8)
    rows = [SpanRow(name="a > b", base=Absent("no span b"), head=figure("1.00ms"), reference=Absent("no run"))]
    lines = reference_delta("", rows, sides).split("\n")

    assert lines[1] == "  - `a > b`: missing: no span b"
    assert lines[5] == "  - `a > b`: missing: Reference: no span b"
    assert lines[7] == "  - `a > b`: missing: Milestone 8: no run"


def test_both_sides_reasons_stand_where_both_lack_it():
    lines = before_after("", [SpanRow(name="a", base=Absent("x"), head=Absent("y"))], SIDES).split("\n")

    assert lines[-1] == "  - `a`: missing: Before: x; After: y"


def test_a_row_of_another_number_of_runs_says_so():
    rows = [SpanRow(name="a", base=figure("1.00s", 4), head=figure("2.00s", None), reference=figure("1.00s", 3))]
    lines = before_after("", rows, structs.replace(SIDES, reference=M8)).split("\n")

    assert lines[1] == "  - `a = 1.00s` (n=4)"
    assert lines[3] == "  - `a = 2.00s` (n not stated)"
    assert lines[-1] == "  - `a: +1000ms` (`+100.0%`) against `1.00s` (n=3)"


def test_a_side_of_which_nothing_is_known_says_so():
    sides = structs.replace(SIDES, base=SideLabel(name="a sample", n=None))
    rows = [SpanRow(name="a", base=figure("1.00s", None), head=figure("2.00s"))]

    assert before_after("", rows, sides).startswith(
        "- Before (a sample; n not stated; commit not stated; no recording)\n  - `a = 1.00s`\n"
    )


@pytest.mark.parametrize(("decimals", "item"), [(None, "`a: -52ms`"), (0, "`a: -52ms` (`-6%`)")])
def test_the_percentage_has_the_decimals_that_were_asked_for(decimals, item):
    assert before_after("", [row("a", "928ms", "876ms")], SIDES, decimals).endswith(f"  - {item}")


def test_no_name_or_reason_breaks_the_lists(hostile, outside_code):
    plain_rows = [row("x", "1.00s", "2.00s"), SpanRow(name="x", base=Absent("x"), head=figure("1.00ms"))]
    clean = reference_delta("x", plain_rows, SIDES).split("\n")
    for text in filter(str.strip, hostile):
        rows = [row(text, "1.00s", "2.00s"), SpanRow(name=text, base=Absent(text), head=figure("1.00ms"))]
        label = SideLabel(name=text, n=5, recording=text, commit=text)
        form = reference_delta(text, rows, structs.replace(SIDES, base=label))
        lines = form.split("\n")

        assert len(form.splitlines()) == len(lines) == len(clean), text
        assert [line[:4] for line in lines] == [line[:4] for line in clean], text
        assert not [line for line in lines if {"<", "["} & set(outside_code(line))], text
