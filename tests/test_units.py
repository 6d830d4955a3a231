"""Printed durations: what they can mean, checked against Rust's own rounding."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.units import (
    NS_PER_UNIT,
    Duration,
    decimals_of,
    format_ms,
    format_ratio_change,
    format_seconds,
    parse_duration,
    parse_timeout,
)

LONGEST_NS = 10**14  # a day and more; below it a double still tells one nanosecond from the next
ANY_NS = st.integers(0, LONGEST_NS) | st.integers(0, 13).flatmap(lambda e: st.integers(10**e, 10 ** (e + 1)))
AROUND_A_DECADE_NS = st.builds(lambda e, off: max(0, 10**e + off), st.integers(0, 14), st.integers(-60, 60))
AROUND_A_TIE_NS = st.builds(
    lambda e, thousands, off: (2 * thousands + 1) * 10**e // 2 + off,
    st.integers(1, 10),
    st.integers(50, 999),
    st.integers(-1, 1),
)


def printed_by_rust(ns: int) -> tuple[str, str]:
    """tracing-forest's Display for durations; Python rounds a format as Rust does: the exact double, ties to even."""
    t = float(ns)
    for unit in ("ns", "µs", "ms"):
        if t < 1000:
            return _three_digits(t), unit
        t /= 1000
    return _three_digits(t), "s"


def _three_digits(t: float) -> str:
    return f"{t:.2f}" if t < 10 else f"{t:.1f}" if t < 100 else f"{t:.0f}"


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0.00ns"),
        (9_996, "10.00µs"),
        (99_950, "100.0µs"),
        (999_500, "1000µs"),
        (12_345_700_000_000, "12346s"),
        (12_250, "12.2µs"),
        (100_500, "100µs"),
        (1_005, "1.00µs"),
    ],
)
def test_the_oracle_prints_what_rust_was_seen_to_print(ns, text) -> None:
    assert "".join(printed_by_rust(ns)) == text


@pytest.mark.parametrize(
    ("text", "low_ns", "high_ns"),
    [
        ("7.00ns", 7, 7),
        ("12.0ns", 12, 12),
        ("999ns", 999, 999),
        ("0.00ns", 0, 0),
        ("1.00µs", 1_000, 1_005),
        ("1.25ms", 1_245_000, 1_255_000),
        ("10.00ms", 9_995_000, 10_000_000),
        ("10.0ms", 10_000_000, 10_050_000),
        ("100.0ms", 99_950_000, 100_000_000),
        ("100ms", 100_000_000, 100_500_000),
        ("750ms", 749_500_000, 750_500_000),
        ("1000ms", 999_500_000, 1_000_000_000),
        ("2.44s", 2_435_000_000, 2_445_000_000),
        ("101s", 100_500_000_000, 101_500_000_000),
        ("1000s", 999_500_000_000, 1_000_500_000_000),
        ("12346s", 12_345_500_000_000, 12_346_500_000_000),
    ],
)
def test_a_printed_duration_means_this_interval(text, low_ns, high_ns) -> None:
    digits = text.rstrip("nµms")
    duration = parse_duration(digits, text.removeprefix(digits))
    assert (duration.low_ns, duration.high_ns) == (low_ns, high_ns)
    assert duration.printed == text
    assert duration.low_ns <= duration.ns <= duration.high_ns


@settings(max_examples=400, deadline=None)
@given(ANY_NS | AROUND_A_DECADE_NS | AROUND_A_TIE_NS)
def test_every_true_value_lies_inside_its_printed_interval(ns) -> None:
    duration = parse_duration(*printed_by_rust(ns))
    assert duration.low_ns <= ns <= duration.high_ns


@settings(max_examples=400, deadline=None)
@given(ANY_NS | AROUND_A_DECADE_NS | AROUND_A_TIE_NS)
def test_one_nanosecond_outside_the_interval_another_text_is_printed(ns) -> None:
    printed = printed_by_rust(ns)
    duration = parse_duration(*printed)
    assert printed_by_rust(duration.high_ns + 1) != printed
    if duration.low_ns:
        assert printed_by_rust(duration.low_ns - 1) != printed


@pytest.mark.parametrize("micro", ["µs", "\u03bcs", "us"])
def test_both_mus_and_us_are_microseconds(micro) -> None:
    assert NS_PER_UNIT[micro] == 1_000
    assert parse_duration("85.2", micro).ns == 85_200
    assert parse_duration("85.2", micro).printed == f"85.2{micro}"


def test_an_exact_duration_has_no_width() -> None:
    duration = Duration.exact(1_250_000_417)
    assert (duration.ns, duration.low_ns, duration.high_ns) == (1_250_000_417,) * 3
    assert duration.printed == "1250000417ns"


@pytest.mark.parametrize(
    ("step", "decimals"), [(10, 0), (1, 0), (0.1, 1), (0.01, 2), (0.00001, 5), (1e-9, 6), (0, 6), (-1, 6)]
)
def test_a_number_gets_the_decimals_of_its_step(step, decimals) -> None:
    assert decimals_of(step) == decimals


@pytest.mark.parametrize(
    ("value_ms", "step_ms", "text"),
    [
        (2440.0, 10, "2440"),
        (1977.0, 10, "1980"),
        (388.4, 1, "388"),
        (4.38, 0.01, "4.38"),
        (0.292, 0.001, "0.292"),
        (4.38, 0, "4.3800"),
    ],
)
def test_milliseconds_show_no_digit_that_the_source_lacked(value_ms, step_ms, text) -> None:
    assert format_ms(value_ms, step_ms) == text


@pytest.mark.parametrize(
    ("ratio", "decimals", "text"), [(1.0123, 1, "+1.2 %"), (0.5, 0, "-50 %"), (1.0, 1, "+0.0 %"), (1.38, 2, "+38.00 %")]
)
def test_a_ratio_is_shown_as_a_signed_change(ratio, decimals, text) -> None:
    assert format_ratio_change(ratio, decimals) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (8.4, "8 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3661, "61 min 01 s"),
        (7199.6, "2 h 00 min"),
        (172_769, "47 h 59 min"),
        (172_799, "2 days"),
        (466_560, "5 days"),
    ],
)
def test_a_stretch_of_time_reads_as_people_say_it(seconds, text) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("15m", 900), ("90s", 90), ("1.5h", 5400), ("30", 30), (" 2 m ", 120), ("250ms", 0.25)],
)
def test_a_timeout_is_read_in_seconds(text, seconds) -> None:
    assert parse_timeout(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "0", "0s", "-5s", "5 min", "m", "1.5.2s", "15M"])
def test_what_is_no_timeout_is_none(text) -> None:
    assert parse_timeout(text) is None
