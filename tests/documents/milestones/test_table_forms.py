"""Spans as tables: two decimals, what the sources resolve below, nothing left out without its reason."""

from msgspec import structs

from harness.documents.milestones.span_forms import SideLabel, Sides
from harness.documents.milestones.table_forms import HeadlineRow, headline_table, reference_table, target_gate
from harness.milestones.figures import Absent, Figure, SpanRow
from harness.milestones.published import time_figure

SIDES = Sides(
    base=SideLabel(name="M8", n=5, recording="0ae6"),
    head=SideLabel(name="M15", n=5, recording="cccc", commit="c0ffee"),
)
M8_TEXT = "M8; n=5; commit not stated; recording `0ae6`"
M15_TEXT = "M15; n=5; commit `c0ffee`; recording `cccc`"


def figure(text: str, n: int | None = 5) -> Figure:
    return structs.replace(time_figure(text), n=n)


def row(name: str, base: str, head: str) -> SpanRow:
    return SpanRow(name=name, base=figure(base), head=figure(head))


def headline(benchmark: str, span: SpanRow) -> HeadlineRow:
    return HeadlineRow(benchmark=benchmark, span=span)


def test_the_headline_shows_median_p95_and_range_and_what_the_reference_says():
    head = structs.replace(figure("2.46s"), low_ms=2370.0, high_ms=2470.0, p95_ms=2470.0)
    rows = [headline("keccakf", SpanRow(name="root", base=figure("2.44s"), head=head))]

    assert headline_table("Benchmark headline", rows, SIDES) == "\n".join(
        [
            "### Benchmark headline",
            "",
            "| Benchmark | Headline span | M15 median (ms, n=5) | p95-style (ms) | min..max (ms) |",
            "| --- | --- | ---: | ---: | ---: |",
            "| keccakf | `root` | `2460.00` | `2470.00` | `2370.00..2470.00` |",
            "",
            f"- Post-change: {M15_TEXT}",
            "- p95-style is the nearest rank: of fewer than 20 runs the largest.",
            "- vs M8 (n=5; commit not stated; recording `0ae6`)",
            "  - keccakf `root: +20ms` (`+0.8%`) against `2.44s`",
            "- Two decimals are the form. What the sources resolve:",
            "  - 10 ms: `root`",
        ]
    )


def test_a_headline_without_a_figure_is_missing_with_its_reason():
    rows = [headline("logup", SpanRow(name="root", base=figure("2.44s"), head=Absent("no span root")))]
    text = headline_table("", rows, SIDES)

    assert "| logup | `root` | `missing` | – | – |" in text
    assert "- `root`: missing: no span root\n" in text
    assert "  - logup `root`: missing: M15: no span root" in text


def test_spans_stand_beside_the_reference_with_signed_differences():
    rows = [row("root", "2.44s", "2.46s"), row("gkr", "1.54ms", "1.53ms"), row("logup", "8.74ms", "15.4ms")]

    assert reference_table("", rows, SIDES) == "\n".join(
        [
            "| Span | M8 median (ms) | M15 median (ms, n=5) | Delta (ms) | Delta (%) |",
            "| --- | ---: | ---: | ---: | ---: |",
            "| `root` | `2440.00` | `2460.00` | `+20.00` | `+0.82%` |",
            "| `gkr` | `1.54` | `1.53` | `-0.01` | `-0.65%` |",
            "| `logup` | `8.74` | `15.40` | `+6.66` | `+76.20%` |",
            "",
            f"- Reference: {M8_TEXT}",
            f"- Post-change: {M15_TEXT}",
            "- No more than one display step: `gkr`",
            "- Two decimals are the form. What the sources resolve:",
            "  - 10 ms: `root`",
            "  - 0.01 ms: `gkr`",
            "  - 0.1 ms: `logup`",
        ]
    )


def test_a_span_that_the_reference_lacks_is_named_below_and_one_that_the_head_lacks_keeps_its_row():
    rows = [
        SpanRow(name="a", base=Absent("no span a"), head=figure("1.00ms")),
        SpanRow(name="b", base=figure("1.00ms"), head=Absent("no span b")),
    ]
    text = reference_table("", rows, SIDES)

    assert "| `a` |" not in text
    assert "- Left out, M8 has no figure: `a`: missing: no span a\n" in text
    assert "| `b` | `1.00` | `missing` | – | – |" in text
    assert "- `b`: missing: no span b" in text


def test_the_contracts_reference_comes_before_another_base():
    rows = [structs.replace(row("a", "2.00s", "3.00s"), reference=figure("1.00s"))]
    sides = structs.replace(SIDES, reference=SideLabel(name="contract", n=5))
    text = reference_table("", rows, sides)

    assert "| Span | contract median (ms) |" in text
    assert "| `a` | `1000.00` | `3000.00` | `+2000.00` | `+200.00%` |" in text


def test_differences_are_those_of_the_tables_own_figures():
    exact = structs.replace(figure("1.00ms"), value_ms=1.004, step_ms=0.0)
    rows = [SpanRow(name="a", base=exact, head=structs.replace(exact, value_ms=1.0151))]
    text = reference_table("", rows, SIDES)

    assert "| `a` | `1.00` | `1.02` | `+0.02` | `+2.00%` |" in text
    assert "  - exact: `a`" in text


def test_equal_figures_have_no_sign_and_of_zero_there_is_no_percentage():
    text = reference_table("", [row("a", "1.00s", "1.00s"), row("b", "0.00ns", "1.00s")], SIDES)

    assert "| `a` | `1000.00` | `1000.00` | `0.00` | `0.00%` |" in text
    assert "| `b` | `0.00` | `1000.00` | `+1000.00` | `–` |" in text


def test_without_decimals_there_is_no_percentage():
    text = reference_table("", [row("a", "1.00s", "2.00s")], SIDES, None)

    assert "| Delta (ms) |\n| --- | ---: | ---: | ---: |\n| `a` | `1000.00` | `2000.00` | `+1000.00` |\n" in text


def test_numbers_of_runs_that_differ_stand_below_instead_of_in_the_title():
    rows = [row("a", "1.00s", "2.00s"), SpanRow(name="b", base=figure("1.00s"), head=figure("2.00s", 4))]
    text = reference_table("", rows, SIDES)

    assert "| M15 median (ms) |" in text
    assert "- `a`: n=5\n- `b`: n=4\n" in text


def test_a_target_that_is_not_met_says_how_far_away_it_is():
    assert target_gate("Target gate result", row("root", "2.44s", "2.46s"), SIDES, 1180) == "\n".join(
        [
            "### Target gate result",
            "",
            "- `root`, M8 / M15: `2440.00 / 2460.00 = 0.992x (regression)`",
            "- Target check (`<= 1180ms`): **not met**",
            "- Gap: `2460.00 - 1180.00 = 1280.00ms` above the target",
            "- The target: `1180.00 / 2440.00 = 0.484` of the reference",
            f"- Reference: {M8_TEXT}",
            f"- Post-change: {M15_TEXT}",
            "- Two decimals are the form. What the sources resolve:",
            "  - 10 ms: `M8`, `M15`",
        ]
    )


def test_a_target_is_met_at_its_very_value():
    text = target_gate("", row("root", "2.44s", "1.18s"), SIDES, 1180)

    assert "`2440.00 / 1180.00 = 2.068x (speedup)`" in text
    assert "(`<= 1180ms`): **met**" in text
    assert "`1180.00 - 1180.00 = 0.00ms` below the target" in text


def test_one_display_step_is_no_ratio_to_build_on():
    assert "= 1.004x (speedup)` (one display step)" in target_gate("", row("a", "2.44s", "2.43s"), SIDES, 1180)


def test_a_target_without_a_figure_is_not_measurable():
    text = target_gate("", SpanRow(name="root", base=Absent("x"), head=Absent("no span root")), SIDES, 1180.5)

    assert "- `root`, M8 / M15: missing: x; missing: no span root\n" in text
    assert "- Target check (`<= 1180.5ms`): **not measurable**: no span root\n" in text
    assert "Gap" not in text


def test_runs_that_cannot_be_held_against_the_target_are_not():
    text = target_gate("", row("root", "2.44s", "1.18s"), SIDES, 1180, doubt="not applicable: another workload")

    assert "- Target check (`<= 1180ms`): **not judged**: not applicable: another workload\n" in text
    assert "= 2.068x (speedup)`" in text
    assert "Gap" not in text


def forms(text: str, sides: Sides) -> list[str]:
    rows = [row(text, "1.00s", "2.00s"), SpanRow(name=text, base=figure("1.00s"), head=Absent(text))]
    lacking = SpanRow(name=text, base=Absent(text), head=figure("1.00s"))
    return [
        headline_table(text, [headline(text, rows[0]), headline(text, rows[1])], sides),
        reference_table(text, [*rows, lacking], sides),
        target_gate(text, rows[1], sides, 1180),
        target_gate(text, rows[0], sides, 1180, doubt=text),
    ]


def test_no_name_or_reason_breaks_a_table(hostile, pipes, outside_code):
    clean = [form.split("\n") for form in forms("x", SIDES)]
    for text in filter(str.strip, hostile):
        label = SideLabel(name=text, n=5, recording=text, commit=text)
        for form, expected in zip(forms(text, structs.replace(SIDES, base=label, head=label)), clean, strict=True):
            lines = form.split("\n")

            assert len(form.splitlines()) == len(lines), text
            assert [pipes(line) for line in lines if line.startswith("|")] == [
                pipes(line) for line in expected if line.startswith("|")
            ], text
            assert not [line for line in lines if {"<", "["} & set(outside_code(line))], text
