"""Durations and differences as documents write them: the digits of a trace, and never more than the source has."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from harness.documents.milestones.durations import delta_text, is_one_step, percent_text, signed_percent, trace_text
from harness.milestones.figures import Figure
from harness.milestones.published import time_figure


def as_printed(digits: str, decimals: int, unit: str) -> str:
    """Three digits as tracing prints them; it knows no parts of a nanosecond."""
    whole, parts = digits[: 3 - decimals], digits[3 - decimals :]
    if unit == "ns":
        parts = "0" * decimals
    return f"{whole}.{parts}{unit}" if decimals else f"{whole}{unit}"


PRINTED = st.builds(
    as_printed,
    st.integers(100, 999).map(str),
    st.integers(0, 2),
    st.sampled_from(["ns", "µs", "ms", "s"]),
)
NS = {"ns": 1, "µs": 10**3, "ms": 10**6, "s": 10**9}
law = settings(max_examples=200, deadline=None)


def figure(value_ms: float, step_ms: float = 0.0) -> Figure:
    return Figure(value_ms=value_ms, step_ms=step_ms, n=5, low_ms=value_ms, high_ms=value_ms, p95_ms=value_ms)


def ns_of(text: str) -> Decimal:
    """What a reader takes a printed duration for."""
    match = re.fullmatch(r"([+-]?[\d.]+)(ns|µs|ms|s)", text)
    assert match is not None, text
    return Decimal(match[1]) * NS[match[2]]


def last_digit_ns(text: str) -> Decimal:
    match = re.fullmatch(r"[+-]?\d+\.?(\d*)(ns|µs|ms|s)", text)
    assert match is not None, text
    return Decimal(NS[match[2]]).scaleb(-len(match[1]))


@given(PRINTED)
@law
def test_what_a_trace_printed_is_written_as_it_was_printed(printed):
    assert trace_text(time_figure(printed)) == printed


@pytest.mark.parametrize(
    ("value_ms", "step_ms", "written"),
    [
        (2443.127, 0.0, "2.44s"),
        (16.0, 0.1, "16.0ms"),
        (1000.0, 5.0, "1.00s"),
        (1000.0, 1.0, "1.00s"),
        (999.6, 0.0, "1000ms"),
        (101_000.0, 1000.0, "101s"),
        (0.0315, 0.0, "31.5µs"),
        (0.000042, 0.0, "42.0ns"),
        (0.0, 0.0, "0.00ns"),
        (904.0, 10.0, "900ms"),
        (17.0, 1.0, "17ms"),
        (3.0, 1.0, "3ms"),
        (0.4, 1.0, "0ms"),
        (2440.0, 1000.0, "2s"),
    ],
)
def test_a_coarser_source_gives_fewer_digits(value_ms, step_ms, written):
    assert trace_text(figure(value_ms, step_ms)) == written


@pytest.mark.parametrize(
    ("base", "head", "written"),
    [
        ("24.9s", "25.0s", "+0.1s"),
        ("950ms", "652ms", "-298ms"),
        ("6.79s", "6.85s", "+60ms"),
        ("2.42s", "2.27s", "-150ms"),
        ("31.4ms", "27.8ms", "-3.6ms"),
        ("6.18ms", "7.78ms", "+1.60ms"),
        ("8.09ms", "4.09ms", "-4.00ms"),
        ("8.09ms", "6.97ms", "-1.12ms"),
        ("6.18ms", "6.71ms", "+0.53ms"),
        ("17.1ms", "18.9ms", "+1.8ms"),
        ("904ms", "858ms", "-46ms"),
        ("8.74ms", "16.0ms", "+7.3ms"),
        ("949ms", "1.01s", "+60ms"),
        ("101s", "99.8s", "-1s"),
        ("904µs", "858µs", "-46µs"),
        ("42.0ns", "83.0ns", "+41.0ns"),
        ("39.1ms", "39.1ms", "0.0ms"),
        ("996ms", "1.00s", "0ms"),
    ],
)
def test_a_difference_is_in_steps_of_the_coarser_side(base, head, written):
    assert delta_text(time_figure(base), time_figure(head)) == written


@given(PRINTED, PRINTED)
@law
def test_a_difference_is_in_whole_steps_and_within_half_a_step_of_the_readers_own(base, head):
    texts = trace_text(time_figure(base)), trace_text(time_figure(head))
    delta = delta_text(time_figure(base), time_figure(head))
    coarser = max(last_digit_ns(text) for text in texts)

    assert ns_of(delta) % coarser == 0
    assert abs(ns_of(delta) - (ns_of(texts[1]) - ns_of(texts[0]))) <= coarser / 2


@given(PRINTED, st.integers(-20, 20))
@law
def test_between_equal_steps_the_difference_is_exactly_what_a_reader_subtracts(base, steps):
    step_ms = time_figure(base).step_ms
    before = figure(time_figure(base).value_ms, step_ms)
    after = figure(max(before.value_ms + steps * step_ms, before.value_ms), step_ms)
    texts = trace_text(before), trace_text(after)

    if last_digit_ns(texts[0]) == last_digit_ns(texts[1]):
        assert ns_of(delta_text(before, after)) == ns_of(texts[1]) - ns_of(texts[0])


@pytest.mark.parametrize(
    ("base", "head", "decimals", "written"),
    [
        ("928ms", "876ms", 1, "-5.6%"),
        ("2.42s", "2.29s", 1, "-5.4%"),
        ("1.54ms", "1.53ms", 2, "-0.65%"),
        ("15.9ms", "27.8ms", 0, "+75%"),
        ("39.1ms", "39.1ms", 1, "0.0%"),
        ("100s", "100s", 0, "0%"),
        ("0.00ms", "1.00ms", 1, "–"),
    ],
)
def test_percent_is_of_base_without_a_blank(base, head, decimals, written):
    assert percent_text(time_figure(base), time_figure(head), decimals) == written


def test_a_change_that_rounds_to_nothing_has_no_sign():
    assert signed_percent(Decimal(10_000), Decimal(9_999), 1) == "0.0%"


@pytest.mark.parametrize(
    ("base", "head", "within"),
    [
        ("24.9s", "25.0s", True),
        ("1.54ms", "1.53ms", True),
        ("996ms", "1.00s", True),
        ("2.44s", "2.46s", False),
        ("39.1ms", "39.1ms", False),
    ],
)
def test_one_display_step_is_told_from_none_and_from_more(base, head, within):
    assert is_one_step(time_figure(base), time_figure(head)) is within


@given(PRINTED, PRINTED)
@law
def test_swapping_the_sides_turns_the_sign(base, head):
    one, other = time_figure(base), time_figure(head)

    assert ns_of(delta_text(one, other)) == -ns_of(delta_text(other, one))
    assert is_one_step(one, other) == is_one_step(other, one)


def test_the_number_of_runs_changes_no_text():
    assert trace_text(structs.replace(figure(2420.0, 10.0), n=None)) == "2.42s"
