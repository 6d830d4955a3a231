import re
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.kpi_comparison import KpiComparison, KpiSide, Role
from harness.compare.verdict import Verdict
from harness.documents.figures import (
    ABSENT,
    change_text,
    detectable_text,
    interval_text,
    median_text,
    remarks_text,
    shown_unit,
    step_of,
    value_text,
)
from harness.recording.manifest import KpiRecord
from harness.units import NS_PER_MS, format_ms, parse_duration

DECIMALS_OF_A_MS = {"ns": 6, "µs": 3, "ms": 0, "s": -3}
PRINTED = st.tuples(
    st.integers(100, 999).map(str),
    st.integers(0, 2),
    st.sampled_from(["ns", "µs", "ms", "s"]),
)


def as_printed(digits: str, decimals: int) -> str:
    return f"{digits[: 3 - decimals]}.{digits[3 - decimals :]}" if decimals else digits


def record_of(*printed: tuple[str, str], **changes) -> KpiRecord:
    read = [parse_duration(digits, unit) for digits, unit in printed]
    return KpiRecord(
        benchmark="keccakf",
        kpi="root",
        unit="ms",
        selector="root",
        runs=tuple(range(1, len(read) + 1)),
        values=tuple(one.ns / NS_PER_MS for one in read),
        lows=tuple(one.low_ns / NS_PER_MS for one in read),
        highs=tuple(one.high_ns / NS_PER_MS for one in read),
        **changes,
    )


def decimals_in(text: str) -> int:
    return len(text.partition(".")[2])


@given(PRINTED)
@settings(max_examples=200, deadline=None)
def test_a_figure_has_the_decimals_that_were_printed_and_never_more(printed):
    digits, decimals, unit = printed
    record = record_of((as_printed(digits, decimals), unit))
    text = format_ms(record.values[0], step_of(record, record.values[0]))
    source = decimals + DECIMALS_OF_A_MS[unit] if unit != "ns" else 6

    assert decimals_in(text) == max(0, source)
    assert float(text) == pytest.approx(record.values[0], rel=1e-9)


@given(st.lists(PRINTED, min_size=1, max_size=7))
@settings(max_examples=200, deadline=None)
def test_a_median_has_no_more_decimals_than_the_finest_sample(printed):
    record = record_of(*[(as_printed(digits, decimals), unit) for digits, decimals, unit in printed])
    middle = median(record.values)
    finest = max(6 if unit == "ns" else max(0, decimals + DECIMALS_OF_A_MS[unit]) for _, decimals, unit in printed)

    assert decimals_in(format_ms(middle, step_of(record, middle))) <= finest


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        (("2.44", "s"), "2440"),
        (("119", "ms"), "119"),
        (("10.0", "ms"), "10.0"),
        (("1.00", "ms"), "1.00"),
        (("100", "ms"), "100"),
        (("1000", "ms"), "1000"),
        (("4.38", "µs"), "0.00438"),
        (("42.0", "ns"), "0.000042"),
    ],
)
def test_what_was_printed_is_written_in_milliseconds(printed, written):
    record = record_of(printed)
    side = KpiSide(median=record.values[0], n=1, samples=record.values, step=record.highs[0] - record.lows[0])

    assert median_text(side, "ms") == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (850_604_032.0, "bytes", "811.20 MiB"),
        (44_040_192.0, "bytes", "42.00 MiB"),
        (12_884_901_888.0, "bytes", "12288 MiB"),
        (12_345_678_901.0, "count", "12,345,678,901 count"),
        (0.0, "count", "0 count"),
        (5432.125, "ms", "5432.1 ms"),
    ],
)
def test_memory_is_written_in_mebibytes_with_five_digits_at_most_and_a_count_in_full(value, unit, written):
    assert f"{value_text(value, unit, 0.0)} {shown_unit(unit)}" == written


def test_the_step_is_that_of_the_nearest_sample():
    record = record_of(("9.99", "ms"), ("10.1", "ms"), ("1.10", "s"))

    assert [round(step_of(record, value), 6) for value in (9.0, 10.2, 900.0)] == [0.01, 0.1, 10.0]


@pytest.mark.parametrize(
    ("warm", "written"),
    [(71.0, "71.0"), (0.434, "0.434"), (1234.0, "1234"), (88.8, "88.8"), (0.000042, "0.000042"), (0.0, "0.000")],
)
def test_later_proofs_are_remarked_with_the_three_digits_of_a_log(warm, written):
    record = record_of(("119", "ms"), notes=("first proof of each process (cold)",), warm_median=warm)

    assert remarks_text(record) == f"first proof of each process (cold); warm {written} ms"


def test_nothing_to_remark_is_nothing():
    assert remarks_text(record_of(("119", "ms"))) == ""


def compared(**changes) -> KpiComparison:
    facts = {
        "benchmark": "keccakf",
        "kpi": "root",
        "unit": "ms",
        "role": Role.GATE,
        "base": None,
        "head": None,
        "ratio": None,
        "ratio_low": None,
        "ratio_high": None,
        "verdict": Verdict.UNDECIDED,
        "reason": "",
        "min_detectable": None,
        "runs_to_settle": None,
    }
    return KpiComparison(**{**facts, **changes})


def test_changes_are_signed_percent():
    known = compared(ratio=0.8, ratio_low=0.77657, ratio_high=1.0004, min_detectable=0.0434)

    assert (change_text(known), interval_text(known)) == ("-20.0 %", "-22.3 % … +0.0 %")
    assert detectable_text(known) == "4.3 %"
    assert re.fullmatch(r"\+0\.0 %", change_text(compared(ratio=1.0)))


def test_what_is_not_known_is_a_dash_and_never_zero():
    unknown = compared()

    assert [median_text(None, "ms"), change_text(unknown), interval_text(unknown), detectable_text(unknown)] == [
        ABSENT
    ] * 4
    assert interval_text(compared(ratio_low=0.5)) == ABSENT
