"""Durations and their differences as milestone documents write them: the digits that a trace prints, and no more.

Differences are taken between the printed texts, so a reader who subtracts them gets what stands there.
"""

import math
from decimal import Decimal

import msgspec

from harness.documents.figures import ABSENT
from harness.milestones.figures import Figure
from harness.units import NS_PER_MS, NS_PER_UNIT

_UNITS = ("ns", "µs", "ms", "s")
_UNITS_FROM_STEP_NS = (("s", 10**8), ("ms", 10**4), ("µs", 10))
"""The unit of a difference goes by the step in which its operands were printed: tenths of a second are no ms."""


class _Printed(msgspec.Struct, frozen=True):
    """A figure's text, the value that it states and the step of its last digit, both in ns."""

    text: str
    value_ns: Decimal
    step_ns: Decimal


def trace_text(figure: Figure) -> str:
    """A median as tracing prints a duration (`2.42s`, `904ms`, `6.18ms`), with fewer digits from a coarser source."""
    return _printed(figure).text


def delta_text(base: Figure, head: Figure) -> str:
    """Head minus base, signed (`-150ms`, `+0.1s`), in steps of the operand that was printed more coarsely."""
    delta_ns, step_ns = _difference(base, head)
    unit = next((unit for unit, least_ns in _UNITS_FROM_STEP_NS if step_ns >= least_ns), "ns")
    scale = NS_PER_UNIT[unit]
    rounded_ns = _in_steps(delta_ns, step_ns)
    sign = "+" if rounded_ns > 0 else ""
    return f"{sign}{rounded_ns / scale:.{_decimals(step_ns / scale)}f}{unit}"


def percent_text(base: Figure, head: Figure, decimals: int = 1) -> str:
    """The change of the printed medians in percent of base: `-5.6%`; a dash where base is zero."""
    return signed_percent(_printed(base).value_ns, _printed(head).value_ns, decimals)


def signed_percent(base: Decimal, head: Decimal, decimals: int) -> str:
    """The change from `base` to `head` in percent of `base`."""
    if base == 0:
        return ABSENT
    text = f"{(head - base) / base * 100:+.{decimals}f}"
    return f"{text if text.strip('+-0.') else text[1:]}%"


def is_one_step(base: Figure, head: Figure) -> bool:
    """Whether the printed medians differ by no more than one step of the last digit, which is no difference to tell."""
    delta_ns, step_ns = _difference(base, head)
    return 0 < abs(delta_ns) <= step_ns


def _difference(base: Figure, head: Figure) -> tuple[Decimal, Decimal]:
    """Head minus base as printed, and the coarser one's step, in ns."""
    before, after = _printed(base), _printed(head)
    return after.value_ns - before.value_ns, max(before.step_ns, after.step_ns)


def _printed(figure: Figure) -> _Printed:
    value_ns = Decimal(figure.value_ms) * NS_PER_MS
    source_ns = _power_of_ten(figure.step_ms) * NS_PER_MS if figure.step_ms > 0 else Decimal(0)
    resolved_ns = max(value_ns, source_ns)
    unit = next((one for one in _UNITS if resolved_ns < 1000 * NS_PER_UNIT[one]), _UNITS[-1])
    scale = NS_PER_UNIT[unit]
    step_ns = max(source_ns, scale * _trace_step(value_ns / scale))
    rounded_ns = _in_steps(value_ns, step_ns)
    return _Printed(f"{rounded_ns / scale:.{_decimals(step_ns / scale)}f}{unit}", rounded_ns, step_ns)


def _trace_step(value: Decimal) -> Decimal:
    """Tracing prints two decimals below ten, one below a hundred, then none."""
    return Decimal("0.01") if value < 10 else Decimal("0.1") if value < 100 else Decimal(1)  # noqa: PLR2004


def _power_of_ten(step_ms: float) -> Decimal:
    """A step as that of a digit: next to a change of decimals what a text can mean is narrower than its last digit."""
    return Decimal(10) ** round(math.log10(step_ms))


def _in_steps(value_ns: Decimal, step_ns: Decimal) -> Decimal:
    return round(value_ns / step_ns) * step_ns


def _decimals(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
