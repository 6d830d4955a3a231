"""What was counted on both sides, as JSON and as a table."""

from collections.abc import Sequence
from typing import Any

from harness.compare.counters import CounterComparison, CounterSide, Evidence
from harness.documents.escape import Quoting
from harness.documents.figures import ABSENT
from harness.documents.table import Column, Table


def counter_json(one: CounterComparison) -> dict[str, Any]:
    """A counter in the pinned JSON form of `harness compare --explain`."""
    return {
        "source": one.source,
        "name": one.name,
        "evidence": one.evidence.value,
        "base": _counted_json(one.base),
        "head": _counted_json(one.head),
        "change": one.change.value if one.change else None,
    }


def _counted_json(side: CounterSide | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {"median": side.median, "low": side.low, "high": side.high, "n": side.n, "exact": side.is_exact}


def counters_table(counters: Sequence[CounterComparison], quote: Quoting) -> Table:
    """What was counted on both sides."""
    columns = (
        Column("counter"),
        Column("base", right=True),
        Column("head", right=True),
        Column("Δ", right=True),
        Column("change"),
        Column("read from"),
    )
    return Table(columns, tuple(_counter_row(one, quote) for one in counters))


def _counter_row(one: CounterComparison, quote: Quoting) -> tuple[str, ...]:
    name = one.name if one.evidence is Evidence.WORKLOAD else f"{one.source} {one.name}"
    both = one.base is not None and one.head is not None and one.change is not None
    return (
        quote.name(name),
        _counted(one.base),
        _counted(one.head),
        f"{one.head.low - one.base.low:+d}" if both and one.head and one.base else ABSENT,
        one.change.value if one.change else "not the same every run",
        one.evidence.value,
    )


def _counted(side: CounterSide | None) -> str:
    if side is None:
        return ABSENT
    if side.low == side.high:
        value = str(side.low)
    else:
        value = f"{side.median:g} ({side.low} … {side.high})" if side.median % 1 else _ranged(side)
    return value if side.n == side.runs else f"{value} in {side.n} of {side.runs} runs"


def _ranged(side: CounterSide) -> str:
    return f"{int(side.median)} ({side.low} … {side.high})"
