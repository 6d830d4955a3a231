"""Durations as tracing prints them, and numbers as documents print them.

The only place that knows what a unit is worth.
"""

import math
import re

import msgspec

NS_PER_UNIT = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
"""`µ` is U+00B5 in Rust's own text, U+03BC in text that passed through some editors; `us` in documents."""

NS_PER_MS = 10**6

_MINUTE_S, _HOUR_S, _DAY_MIN = 60, 3600, 1440
_WRITTEN_DIGITS = 5
_TIMEOUT_UNITS_S = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(msgspec.Struct, frozen=True, kw_only=True):
    """A printed duration and the closed interval of true values that print so, all in nanoseconds."""

    ns: int
    low_ns: int
    high_ns: int
    printed: str

    @staticmethod
    def exact(ns: int) -> "Duration":
        """A duration known to the nanosecond."""
        return Duration(ns=ns, low_ns=ns, high_ns=ns, printed=f"{ns}ns")


def parse_duration(digits: str, unit: str) -> Duration:
    """The duration printed as `digits` and `unit` by tracing-forest or tracing-subscriber.

    Both print three significant digits (2 decimals below 10, 1 below 100, else none) and decide that *before* rounding,
    so `10.00ms` is 9.995 to 10 ms and `1000ms` is 999.5 to 1000 ms. Whole nanoseconds are exact.
    """
    scale = NS_PER_UNIT[unit]
    whole, _, decimals = digits.partition(".")
    step_denominator = 10 ** len(decimals)
    units_of_step = int(whole + decimals)
    ns = units_of_step * scale // step_denominator
    printed = digits + unit
    if scale == 1:
        return Duration(ns=ns, low_ns=ns, high_ns=ns, printed=printed)
    half_step_ns = scale // step_denominator // 2
    floor_ns, ceiling_ns = _decade(len(decimals), scale)
    low_ns, high_ns = ns - half_step_ns, ns + half_step_ns
    if ns >= floor_ns:
        low_ns = max(low_ns, floor_ns)
    if ns <= ceiling_ns and (unit != "s" or decimals):
        high_ns = min(high_ns, ceiling_ns)
    return Duration(ns=ns, low_ns=low_ns, high_ns=high_ns, printed=printed)


def _decade(decimals: int, scale: int) -> tuple[int, int]:
    """The range of values, in ns, that are printed with so many decimals."""
    floor = {2: 1, 1: 10}.get(decimals, 100)
    return floor * scale, 10 * floor * scale


def format_ms(value_ms: float, step_ms: float) -> str:
    """A time in ms with the digits of a source that resolves `step_ms`, and no more: 1977 in steps of 10 is 1980.

    Of a source that knows it to the nanosecond five digits are written; no run repeats the sixth.
    """
    step_ms = written_step_ms(value_ms, step_ms)
    coarse = max(0, round(math.log10(step_ms))) if step_ms > 0 else 0
    value = round(value_ms, -coarse) if coarse else value_ms  # round(4.38, 0) would be 4.0
    return f"{value:.{decimals_of(step_ms)}f}"


def written_step_ms(value_ms: float, step_ms: float) -> float:
    """The step in which a time of a source that resolves `step_ms` is written: that step, or the fifth digit's."""
    if value_ms <= 0:
        return step_ms
    return max(step_ms, 10.0 ** (math.floor(math.log10(value_ms)) - _WRITTEN_DIGITS + 1))


def decimals_of(step: float) -> int:
    """How many decimals a number read off in steps of `step` has: 10 → 0, 1 → 0, 0.01 → 2; exact to 1 ns at most."""
    if step <= 0:
        return 6
    return max(0, min(6, -round(math.log10(step))))


def format_ratio_change(ratio: float, decimals: int = 1) -> str:
    """A ratio as a signed change: 1.0123 → `+1.2 %`."""
    return f"{(ratio - 1) * 100:+.{decimals}f} %"


def format_seconds(seconds: float) -> str:
    """A stretch of time for people: `8 s`, `2 min 05 s`, `3 h 10 min`, `5 days`."""
    whole, minutes = round(seconds), round(seconds / _MINUTE_S)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < 2 * _HOUR_S:
        return f"{whole // _MINUTE_S} min {whole % _MINUTE_S:02d} s"
    if minutes < 2 * _DAY_MIN:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{round(minutes / _DAY_MIN)} days"


def parse_timeout(text: str) -> float | None:
    """Seconds of `15m`, `90s`, `1.5h` or `30`; None for anything else, zero included."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|)", text.strip())
    seconds = float(match[1]) * _TIMEOUT_UNITS_S[match[2]] if match else 0.0
    return seconds or None
