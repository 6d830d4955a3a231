"""The Metrics section of a milestone as data: part by part what it shows, the comparisons, the logs."""

from collections.abc import Iterable, Iterator
from typing import Any

from harness.compare.counters import CounterSide
from harness.documents.comparing import as_json
from harness.kpis.check import limit_doubt
from harness.milestones.counting import Counted, Group, MetricTotal
from harness.milestones.evidence import Evidence, Which
from harness.milestones.figures import Absent, Figure, SpanRow, figure_of
from harness.milestones.programme import Form, Part


def metrics_json(evidence: Evidence) -> dict[str, Any]:
    """What the section says: the recordings, its parts, and each comparison in its own JSON form."""
    comparison, beside = evidence.comparison, evidence.against_reference
    return {
        "milestone": evidence.milestone.id,
        "recordings": {which.value: recording.id for which, recording in evidence.recordings.sides},
        "sessions": [one.id for one in evidence.recordings.sessions],
        "comparison": as_json(comparison) if comparison else None,
        "against_reference": as_json(beside) if beside else None,
        "parts": [_part(evidence, index, part) for index, part in enumerate(evidence.milestone.metrics)],
        "logs": [{"benchmark": one.benchmark, "path": one.path, "sha256": one.sha256} for one in evidence.logs],
    }


def _part(evidence: Evidence, index: int, part: Part) -> dict[str, Any]:
    """One part; what its form does not show is empty, its gate null."""
    return {
        "form": part.form.value,
        "title": part.title,
        "benchmark": part.benchmark or None,
        "spans": list(_spans(evidence, part)),
        "counters": list(_counters(evidence, index)) if part.form is Form.COUNTERS else [],
        "gate": _gate(evidence, part) if part.form is Form.TARGET_GATE else None,
    }


def _spans(evidence: Evidence, part: Part) -> Iterator[dict[str, Any]]:
    """The spans that a part shows, each with its benchmark; a side that there is not is null."""
    if part.form is Form.CONTRACT_TABLE:
        manifest = evidence.recordings.head.manifest
        for one in evidence.contract.benchmarks:
            lacking = None if manifest.benchmark(one.name) else Absent("benchmark not recorded")
            for kpi in evidence.contract.kpis:
                head = lacking or figure_of(manifest.kpi(one.name, kpi))
                yield _span(one.name, kpi, base=None, head=head, reference=None)
        return
    has_base = evidence.recordings.base is not None
    for benchmark, row in _rows(evidence, part):
        base = row.base if has_base else None
        yield _span(benchmark, row.name, base=base, head=row.head, reference=row.reference)


def _rows(evidence: Evidence, part: Part) -> Iterable[tuple[str, SpanRow]]:
    if part.form is Form.COUNTERS:
        return []
    if part.form is Form.HEADLINE:
        places = list(part.headline.items())
    elif part.form is Form.TARGET_GATE:
        places = [(part.benchmark, part.kpi)]
    else:
        places = [(part.benchmark, name) for name in part.spans or evidence.contract.kpis]
    return [(benchmark, evidence.row(benchmark, name)) for benchmark, name in places]


def _span(
    benchmark: str,
    name: str,
    *,
    base: Figure | Absent | None,
    head: Figure | Absent,
    reference: Figure | Absent | None,
) -> dict[str, Any]:
    sides = {"base": base, "head": head, "reference": reference}
    return {"benchmark": benchmark, "name": name, **{side: _figure(one) for side, one in sides.items()}}


def _figure(figure: Figure | Absent | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    if isinstance(figure, Absent):
        return {"missing": figure.reason}
    return {
        "median_ms": figure.value_ms,
        "n": figure.n,
        "p95_ms": figure.p95_ms,
        "low_ms": figure.low_ms,
        "high_ms": figure.high_ms,
    }


def _gate(evidence: Evidence, part: Part) -> dict[str, Any]:
    """The target; `met` is null where it cannot be judged, for what `doubt` says."""
    head = evidence.figure(Which.HEAD, part.benchmark, part.kpi)
    doubt = limit_doubt(evidence.contract, evidence.recordings.head.manifest, part.benchmark, part.kpi)
    maximum_ms = part.maximum_ms or 0.0
    if isinstance(head, Absent):
        met, doubt = None, head.reason
    else:
        met = None if doubt else head.value_ms <= maximum_ms
    return {"kpi": part.kpi, "maximum_ms": maximum_ms, "met": met, "doubt": doubt}


def _counters(evidence: Evidence, index: int) -> Iterator[dict[str, Any]]:
    """What each side counted, base first; a side that counted nothing says why."""
    for which in (Which.BASE, Which.HEAD):
        counted = evidence.counted.get((which, index))
        if counted is not None:
            yield from ({"side": which.value, **one} for one in _of_side(counted))


def _of_side(counted: Counted) -> Iterator[dict[str, Any]]:
    if counted.absent or counted.evidence is None:
        yield {"missing": counted.absent}
        return
    read_from = {"read_from": counted.evidence.value}
    yield from ({**_group(one), **read_from} for one in counted.groups)
    yield from ({**_metric(one), **read_from} for one in counted.metrics)


def _group(group: Group) -> dict[str, Any]:
    """Events of one message and keys; a field's `sum` is null where not all its values are whole numbers."""
    return {
        "event": group.message,
        "keys": dict(group.keys),
        "calls": _side(group.calls),
        "fields": [
            {
                "name": one.name,
                "values": list(one.values),
                "distinct": one.distinct,
                "in_every_call": one.in_every_call,
                "sum": None if one.total is None else _side(one.total),
            }
            for one in group.fields
        ],
    }


def _metric(metric: MetricTotal) -> dict[str, Any]:
    return {"metric": metric.name, "sum": _side(metric.total)}


def _side(side: CounterSide) -> dict[str, Any]:
    """Totals of a run: over `runs` runs, of which `n` counted anything."""
    return {"median": side.median, "low": side.low, "high": side.high, "n": side.n, "runs": side.runs}
