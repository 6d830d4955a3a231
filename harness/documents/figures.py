"""How single figures are written, the same in every document."""

import math
from decimal import Decimal

from harness.compare.kpi_comparison import KpiComparison, KpiSide
from harness.kpis.process import BYTES, COUNT
from harness.recording.manifest import KpiRecord
from harness.units import format_ms, format_ratio_change

ABSENT = "–"
_BYTES_PER_MIB = 1 << 20
_SHOWN_MIB = 0.01


def value_text(value: float, unit: str, step: float) -> str:
    """A value of a KPI in `shown_unit`, with the digits that its source resolves: times in `step`s, counts in ones."""
    if unit == BYTES:
        return format_ms(value / _BYTES_PER_MIB, max(step / _BYTES_PER_MIB, _SHOWN_MIB))
    return f"{value:,.0f}" if unit == COUNT else format_ms(value, step)


def shown_unit(unit: str) -> str:
    """The unit that `value_text` writes a value of `unit` in."""
    return "MiB" if unit == BYTES else unit


def median_text(side: KpiSide | None, unit: str) -> str:
    """A median with the digits its source had."""
    return ABSENT if side is None else value_text(side.median, unit, side.step)


def step_of(record: KpiRecord, value: float) -> float:
    """The display step of the sample nearest to `value`."""
    nearest = min(range(len(record.values)), key=lambda i: abs(record.values[i] - value))
    return record.highs[nearest] - record.lows[nearest]


def remarks_text(record: KpiRecord) -> str:
    """What is to be known of a KPI's samples; the later proofs' median has the three digits that logs print."""
    remarks = list(record.notes)
    if record.warm_median is not None:
        remarks.append(f"warm {_three_digits(record.warm_median)} {record.unit}")
    return "; ".join(remarks)


def _three_digits(value: float) -> str:
    whole_digits = math.floor(math.log10(value)) + 1 if value > 0 else 0
    return f"{value:.{max(0, min(6, 3 - whole_digits))}f}"


def change_text(kpi: KpiComparison) -> str:
    """The change of the median in percent."""
    return ABSENT if kpi.ratio is None else format_ratio_change(kpi.ratio)


def delta_text(kpi: KpiComparison) -> str:
    """Head minus base in `shown_unit`, signed, as a reader would subtract the printed medians."""
    if kpi.base is None or kpi.head is None:
        return ABSENT
    before, after = (Decimal(median_text(side, kpi.unit).replace(",", "")) for side in (kpi.base, kpi.head))
    step = max(kpi.base.step, kpi.head.step) / (_BYTES_PER_MIB if kpi.unit == BYTES else 1)
    coarse = Decimal(10) ** round(math.log10(step)) if step > 1 else Decimal(1)
    finest = max(_last_digit(before), _last_digit(after))
    size = (round(abs(after - before) / coarse) * coarse) if coarse > 1 else abs(after - before).quantize(finest)
    sign = "" if not size else "+" if after > before else "-"
    return f"{sign}{size:,}" if kpi.unit == COUNT else f"{sign}{size:f}"


def _last_digit(value: Decimal) -> Decimal:
    """What the last printed digit is worth."""
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(exponent) if isinstance(exponent, int) else Decimal(1)


def interval_text(kpi: KpiComparison) -> str:
    """The interval of the change."""
    if kpi.ratio_low is None or kpi.ratio_high is None:
        return ABSENT
    return f"{format_ratio_change(kpi.ratio_low)} … {format_ratio_change(kpi.ratio_high)}"


def detectable_text(kpi: KpiComparison) -> str:
    """The smallest change this comparison would call in about 8 of 10 repeats."""
    return ABSENT if kpi.min_detectable is None else f"{kpi.min_detectable * 100:.1f} %"
