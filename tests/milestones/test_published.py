"""Published figures as data: every text is a figure, and nothing else gets in."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.milestones.figures import Absent, Figure
from harness.milestones.programme import Form
from harness.milestones.published import COLUMNS, Stage, published_from_csv, time_figure

ROOT = Path(__file__).parent.parent.parent
HEADER = ",".join(COLUMNS)
FORM = "9,logup,,form,reference-delta"


def parsed(*lines: str):
    return published_from_csv("\n".join([HEADER, *lines, ""]), where="figures.csv")


def test_a_group_has_its_facts_and_its_spans_in_order():
    (group,) = parsed(
        FORM,
        "9,logup,,reference,a sample",
        "9,logup,,base-n,1",
        "9,logup,a > b,base,8.09ms",
        "9,logup,a > b,head,4.09ms",
        "9,logup,c,head,2.27s",
    )
    first, second = group.spans

    assert (group.form, group.reference, group.profile) == (Form.REFERENCE_DELTA, "a sample", None)
    assert [one.span for one in group.spans] == ["a > b", "c"]
    assert isinstance(first.base, Figure)
    assert isinstance(first.head, Figure)
    assert (first.base.n, first.base.value_ms, first.base.step_ms) == (1, 8.09, 0.01)
    assert first.head.n is None
    assert (second.base, second.from_table) == (Absent("not published"), False)


def test_a_tables_figures_come_with_their_range_and_the_step_of_the_trace_behind_it():
    (group,) = parsed(
        "15,k,,form,reference-table",
        "15,k,,head-n,5",
        "15,k,root,head,2460.00",
        "15,k,root,p95,2470.00",
        "15,k,root,min,2370.00",
        "15,k,root,max,2470.00",
        "15,k,root,target,1180ms",
    )
    (root,) = group.spans

    assert root.head == Figure(value_ms=2460.0, step_ms=10.0, n=5, low_ms=2370.0, high_ms=2470.0, p95_ms=2470.0)
    assert (root.from_table, root.target_ms) == (True, 1180.0)


@pytest.mark.parametrize(
    ("text", "step_ms"),
    [("2460.00", 10), ("891.00", 1), ("23.50", 0.1), ("1.53", 0.01), ("0.05", 0.01), ("0.00", 0.01), ("2.42s", 10)],
)
def test_a_time_has_the_step_that_three_digits_resolve(text, step_ms):
    assert time_figure(text).step_ms == pytest.approx(step_ms)


def test_a_residual_is_a_span_outside_the_form_and_counts_are_a_fact():
    (group,) = parsed(
        FORM, "9,logup,,head-n,1", "9,logup,,counts,8", "9,logup,a,head,1.00ms", "9,logup,b,residual,~883ms"
    )
    (left,) = group.residuals

    assert ([one.span for one in group.spans], left.span, group.counts) == (["a"], "b", 8)
    assert left.residual is not None
    assert (left.residual.value_ms, left.residual.step_ms, left.residual.n) == (883.0, 1.0, None)
    assert (left.head, group.spans[0].residual) == (Absent("not published"), None)


def test_not_available_is_no_figure():
    (group,) = parsed("8,logup,,form,contract-table", "8,logup,root,head,N/A")

    assert group.spans[0].head == Absent("published as N/A")


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (("9,logup,a,head",), "line 2: 4 columns, not 5"),
        ((FORM, "9,logup,a,head,fast"), "line 3: 'fast' is no text of 'head'"),
        ((FORM, "9,logup,a,head,\x1b[31m1ms"), r"line 3: '\x1b[31m1ms' is no text of 'head'"),
        ((FORM, "9,logup,a,median,1ms"), "line 3: 'median' is not a valid Stage"),
        ((FORM, "9,logup,a,profile,dev"), "line 3: 'profile' stands with a span"),
        ((FORM, "9,logup,,head,1ms"), "line 3: 'head' stands without a span"),
        ((FORM, "9,logup,,base-n,0"), "line 3: '0' is no text of 'base-n'"),
        ((FORM, "9,logup,a,head,1ms", "9,logup,a,head,1ms"), "line 4: 'head' stands there twice"),
        ((FORM, "9,logup,a,residual,883ms"), "line 3: '883ms' is no text of 'residual'"),
        (
            (FORM, "9,logup,a,head,1ms", "9,logup,a,residual,~1ms"),
            "line 4: 'residual' stands there with another figure",
        ),
        (
            (FORM, "9,logup,a,residual,~1ms", "9,logup,a,head,1ms"),
            "line 4: 'residual' stands there with another figure",
        ),
        ((FORM, "9,logup,a,counts,4"), "line 3: 'counts' stands with a span"),
        (("9,logup,,form,pie-chart",), "line 2: 'pie-chart' is no text of 'form'"),
        ((",logup,a,head,1ms",), "line 2: milestone and benchmark must be named"),
        (("9,logup,a,head,1ms",), "milestone '9', 'logup' has no form"),
        ((FORM, f"9,logup,{'a' * 200_000},head,1ms"), "line 3: field larger than field limit"),
    ],
)
def test_a_line_that_is_no_figure_is_named(lines, complaint):
    with pytest.raises(ConfigError) as raised:
        parsed(*lines)

    assert "figures.csv" in str(raised.value)
    assert complaint in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "a,b\n", "milestone;benchmark;span;stage;text\n", "\ufeff" + HEADER])
def test_other_columns_are_another_table(text):
    with pytest.raises(ConfigError, match="the columns are not"):
        published_from_csv(text, where="figures.csv")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["9", ""]),
            st.sampled_from(["logup", "|"]),
            st.sampled_from(["", "a"]) | st.text(max_size=4),
            st.sampled_from(list(Stage)) | st.text(max_size=4),
            st.sampled_from(["1ms", "2.00", "N/A", "~1ms", "+1%", "0.9x", "reference-delta", "5"])
            | st.text(max_size=6),
        ).map(",".join),
        max_size=6,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_table_is_read_or_refused(lines):
    try:
        groups = parsed("9,logup,,form,reference-delta", "9,|,,form,target-gate", *lines)
    except ConfigError:
        return
    for span in (span for group in groups for span in (*group.spans, *group.residuals)):
        assert isinstance(span.residual, Figure | None)
        assert isinstance(span.base, Figure | Absent)
        assert isinstance(span.head, Figure | Absent)


def test_the_committed_figures_are_of_nine_milestones():
    path = ROOT / "baselines" / "m8" / "published.csv"
    groups = published_from_csv(path.read_text("utf-8"), where=str(path))

    assert list(dict.fromkeys(group.milestone for group in groups)) == [
        "5",
        "8",
        "9",
        "10",
        "11",
        "12",
        "13",
        "14",
        "15",
    ]
    assert sum(len(group.spans) for group in groups) == 67
    assert [(group.milestone, len(group.residuals)) for group in groups if group.residuals] == [("11", 2)]
    assert {group.milestone: group.counts for group in groups if group.counts} == {"5": 4, "9": 8, "10": 12, "13": 6}
