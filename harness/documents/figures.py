"""How single figures are written, the same in every document."""

import math

from harness.compare.comparison import KpiComparison, KpiSide
from harness.recording.manifest import KpiRecord
from harness.units import format_ms, format_ratio_change

ABSENT = "–"


def median_text(side: KpiSide | None) -> str:
    """A median with the digits its source had."""
    return ABSENT if side is None else format_ms(side.median, side.step)


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


def interval_text(kpi: KpiComparison) -> str:
    """The interval of the change."""
    if kpi.ratio_low is None or kpi.ratio_high is None:
        return ABSENT
    return f"{format_ratio_change(kpi.ratio_low)} … {format_ratio_change(kpi.ratio_high)}"


def detectable_text(kpi: KpiComparison) -> str:
    """The smallest change this comparison would call in about 8 of 10 repeats."""
    return ABSENT if kpi.min_detectable is None else f"{kpi.min_detectable * 100:.1f} %"
