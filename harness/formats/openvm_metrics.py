"""OpenVM's metrics file: counters and gauges with labels.

Gauges keep the last value only. A time gauge, `NAME_time_ms`, is a span's time cut to whole milliseconds.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from harness.formats.document_keys import ITEM, has_keys
from harness.formats.json_elements import Cut, Element, Piece, Skipped, Trouble, elements
from harness.formats.json_values import UnreadableError, read_json, read_number, refuse_repeated
from harness.formats.protocol import Batch, Chunk, Shape, batch_of
from harness.spans.model import LAST_VALUE_ONLY, Issue, Metric, Span
from harness.spans.trees import Node, Numbering
from harness.units import NS_PER_MS, Duration

NAME = "openvm-metrics"
SHAPE = Shape.DOCUMENT

_GAUGE = "gauge"
_KINDS = ("counter", _GAUGE)
_TIME_SUFFIX = "_time_ms"
_MAX_MS = 2**63 // NS_PER_MS
_WHOLE = re.compile(r"-?[0-9]{1,300}")
_METRIC_KEY = re.compile(rb'(?<!\\)"metric"[ \t\r\n]*:')
_BATCH_ROWS = 10_000


class _Entry(msgspec.Struct):
    labels: list[tuple[str, str]]
    metric: str
    value: str


_ENTRY = msgspec.json.Decoder(_Entry)
_ENTRY_KEYS = _Entry.__struct_fields__


def sniff(head: bytes) -> bool:
    """Whether this begins with counters or gauges that have labels."""
    return any(has_keys(head, [(kind, ITEM, "labels"), (kind, ITEM, "metric")]) for kind in _KINDS)


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """Reads one metrics file; there are no spans in it, so nothing that is wrong with it is damage to any."""
    metrics, issues = list[Metric](), list[Issue]()
    for piece in elements(chunks, lambda key: key in _KINDS):
        try:
            metrics.append(_metric(piece))
        except UnreadableError as error:
            issues.append(Issue(line=piece.line, message=str(error), damage=False))
        if _ends_reading(piece):
            break
        if len(metrics) + len(issues) >= _BATCH_ROWS:
            yield batch_of(metrics=metrics, issues=issues)
            metrics.clear()
            issues.clear()
    yield batch_of(metrics=metrics, issues=issues)


def _ends_reading(piece: Piece) -> bool:
    """Whether it is not known any more what is a counter and what a gauge."""
    return (isinstance(piece, Trouble) and piece.lost) or (isinstance(piece, Element) and piece.key is None)


def _metric(piece: Piece) -> Metric:
    match piece:
        case Element(key=str(kind)):
            return _of_entry(piece, kind)
        case Element():
            raise UnreadableError("the file is a list, not counters and gauges; nothing of it is read")
        case Skipped(key=key):
            raise UnreadableError(f"'{key}' is " + ("no list" if key in _KINDS else "no kind of metric that is read"))
        case Cut():
            raise UnreadableError("the file ends early")
        case Trouble(lost=True):
            raise UnreadableError(f"{piece.message}; nothing from here on is read")
        case _:
            raise UnreadableError(piece.message)


def _of_entry(element: Element, kind: str) -> Metric:
    try:
        entry = read_json(_ENTRY, element.data)
        refuse_repeated(element.data, _ENTRY_KEYS)
    except UnreadableError as error:
        raise UnreadableError(f"{kind} {element.number}: {error}") from error
    bounds = _bounds(kind, entry.metric, entry.value)
    return Metric(
        kind=kind,
        name=entry.metric,
        labels=tuple(entry.labels),
        value=entry.value,
        low=bounds[0] if bounds else None,
        high=bounds[1] if bounds else None,
        line=element.line + _lines_before_name(element.data),
        note=LAST_VALUE_ONLY if kind == _GAUGE else None,
    )


def _lines_before_name(data: bytes) -> int:
    match = _METRIC_KEY.search(data)
    return data.count(b"\n", 0, match.start()) if match else 0


def _bounds(kind: str, name: str, text: str) -> tuple[float, float] | None:
    """Between which floats the value lies: a counter may be more than a float can tell."""
    number = read_number(text)
    if number is None:
        return None
    if not _WHOLE.fullmatch(text):
        return number, number
    whole = int(text)
    is_truncated = kind == _GAUGE and name.endswith(_TIME_SUFFIX) and whole >= 0
    return _at_most(whole), _at_least(whole + is_truncated)


def _at_most(whole: int) -> float:
    number = float(whole)
    return number if number <= whole else math.nextafter(number, -math.inf)


def _at_least(whole: int) -> float:
    number = float(whole)
    return number if number >= whole else math.nextafter(number, math.inf)


def spans_of_gauges(metrics: Sequence[Metric]) -> tuple[Span, ...]:
    """Each time gauge as a span of its own: whole milliseconds, rounded down; what it lay in is not known."""
    numbering = Numbering()
    roots = [root for metric in metrics if (root := _root_of_gauge(metric)) is not None]
    return tuple(span for root in roots for span in numbering.rows(root))


def _root_of_gauge(metric: Metric) -> Node | None:
    name, duration = metric.name.removesuffix(_TIME_SUFFIX), _gauge_duration(metric)
    if metric.kind != _GAUGE or not name or name == metric.name or duration is None:
        return None
    return Node(name=name, line=metric.line, duration=duration, fields=metric.labels, note=LAST_VALUE_ONLY)


def _gauge_duration(metric: Metric) -> Duration | None:
    """Whole milliseconds, rounded down; a gauge with a fraction is another thing's, whose rounding nobody knows."""
    if metric.low is None or metric.high is None or not 0 <= metric.low < metric.high < _MAX_MS:
        return None
    low_ns, high_ns = round(metric.low * NS_PER_MS), round(metric.high * NS_PER_MS)
    return Duration(ns=low_ns, low_ns=low_ns, high_ns=max(low_ns, high_ns - 1), printed=f"{metric.value}ms")
