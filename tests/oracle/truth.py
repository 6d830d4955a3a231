"""What the oracle program says really happened, beside a text that a tracing library printed of it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

Fields = tuple[tuple[str, str], ...]
Moment = tuple[int, int]
"""In ns: not before the first, not after the second."""


class Entry(msgspec.Struct, frozen=True):
    """One stay inside a span."""

    thread: str
    enter: Moment
    exit: Moment


class Field(msgspec.Struct, frozen=True):
    """A field as it was given: its kind, its Debug text, and what it holds if it is a string."""

    key: str
    kind: str
    debug: str
    content: str = ""


class TrueSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A span as it was. Its time lies between `low_ns` and `high_ns`; `parent` is an ordinal in the same list.

    What only one of the libraries tells stays at its default: `around` are the spans that the closing thread was in.
    """

    name: str
    level: str
    parent: int | None
    path: tuple[str, ...]
    fields: Fields
    low_ns: int
    high_ns: int
    line: int | None
    occurrence: int = 0
    nested_ns: int = 0
    root_ns: int = 0
    recorded: tuple[Field, ...] = ()
    thread: str = ""
    created: Moment = (0, 0)
    closed: Moment = (0, 0)
    entries: tuple[Entry, ...] = ()
    around: tuple[int, ...] = ()


class TrueEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as it was; `span` is the ordinal of the span that it was said in."""

    span: int | None
    level: str
    message: str | None
    fields: Fields
    line: int | None


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """All of one run, and how the library was set up."""

    mode: str
    seed: int
    facts: dict[str, Any]
    spans: tuple[TrueSpan, ...]
    events: tuple[TrueEvent, ...]


def read_truth(text: str) -> Truth:
    """The truth of one run, from the file that the oracle program wrote."""
    first, *lines = text.removesuffix("\n").split("\n")
    header = json.loads(first)
    read = _forest if header["mode"].startswith("forest") else _layers
    spans, events = read(lines)
    return Truth(mode=header["mode"], seed=header["seed"], facts=header["facts"], spans=spans, events=events)


def union_ns(stays: Iterable[tuple[int, int]]) -> int:
    """How long at least one of the stays lasted; one whose end is before its start counts nothing."""
    total, reached = 0, None
    for start, end in sorted(stays):
        start = start if reached is None else max(start, reached)  # noqa: PLW2901 (what counts of it)
        if end > start:
            total, reached = total + end - start, end
    return total


def is_in_json(field: Field, text: str) -> bool:
    """Whether this is what a row holds of a field that was written as a JSON value; JSON has no NaN nor infinity."""
    if field.kind == "str":
        return text == field.content
    if field.kind == "float" and field.debug not in {"NaN", "inf", "-inf"}:
        return float(text) == float(field.debug)
    return text in ({field.debug, "null"} if field.kind == "float" else {field.debug})


def _layers(lines: Sequence[str]) -> tuple[tuple[TrueSpan, ...], tuple[TrueEvent, ...]]:
    """Spans in order of creation, from two layers around the library."""
    records = [json.loads(line) for line in lines]
    paths: list[tuple[str, ...]] = []
    spans = []
    for record in records:
        if record["t"] == "span":
            above = () if record["parent"] is None else paths[record["parent"]]
            paths.append((*above, record["name"]))
            spans.append(_span(record, paths[-1]))
    return tuple(spans), tuple(_event(record) for record in records if record["t"] == "event")


def _span(record: dict[str, Any], path: tuple[str, ...]) -> TrueSpan:
    entries = tuple(Entry(thread, tuple(enter), tuple(left)) for thread, enter, left in record["entries"])
    return TrueSpan(
        name=record["name"],
        level=record["level"],
        parent=record["parent"],
        path=path,
        fields=tuple((field[0], field[2]) for field in record["fields"]),
        recorded=tuple(Field(*field) for field in record["fields"]),
        low_ns=union_ns((entry.enter[1], entry.exit[0]) for entry in entries),
        high_ns=union_ns((entry.enter[0], entry.exit[1]) for entry in entries),
        line=record["line"],
        thread=record["thread"],
        created=tuple(record["created"]),
        closed=tuple(record["closed"]),
        entries=entries,
        around=tuple(record["around"]),
    )


def _event(record: dict[str, Any]) -> TrueEvent:
    fields = [(field[0], field[2]) for field in record["fields"]]
    return TrueEvent(
        span=record["span"],
        level=record["level"],
        message=next((text for key, text in fields if key == "message"), None),
        fields=tuple((key, text) for key, text in fields if key != "message"),
        line=record["line"],
    )


class _Pairs(dict[str, Any]):
    """A JSON object that remembers keys that repeat."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = tuple(pairs)


def _forest(lines: Sequence[str]) -> tuple[tuple[TrueSpan, ...], tuple[TrueEvent, ...]]:
    """Spans in the order in which they are printed, from tracing-forest's own JSON of its trees."""
    walk = _ForestWalk()
    for line in lines:
        walk.node(json.loads(line, object_pairs_hook=_Pairs), None, walk.roots)
    return tuple(walk.spans), tuple(walk.events)


class _ForestWalk:
    """Walks trees in pre-order and counts the lines that each node takes."""

    def __init__(self) -> None:
        self.spans: list[TrueSpan] = []
        self.events: list[TrueEvent] = []
        self.roots: Counter[str] = Counter()
        self._line = 1

    def node(self, tree: dict[str, Any], parent: int | None, siblings: Counter[str]) -> None:
        if "Event" in tree:
            self._event(tree["Event"], parent)
        else:
            self._span(tree["Span"], parent, siblings)

    def _event(self, node: dict[str, Any], parent: int | None) -> None:
        event = TrueEvent(
            span=parent,
            level=node["level"],
            message=node["message"],
            fields=node["fields"].pairs,
            line=self._line,
        )
        self.events.append(event)
        self._line += 1 + _breaks([event.message or "", *_texts(event.fields)])

    def _span(self, node: dict[str, Any], parent: int | None, siblings: Counter[str]) -> None:
        above = None if parent is None else self.spans[parent]
        name, total_ns = node["name"], node["nanos_total"]
        span = TrueSpan(
            name=name,
            level=node["level"],
            parent=parent,
            path=(*above.path, name) if above else (name,),
            fields=node["fields"].pairs,
            low_ns=total_ns,
            high_ns=total_ns,
            line=self._line,
            occurrence=siblings[name],
            nested_ns=node["nanos_nested"],
            root_ns=above.root_ns if above else total_ns,
        )
        siblings[name] += 1
        own = len(self.spans)
        self.spans.append(span)
        self._line += 1 + _breaks([name, *_texts(span.fields)])
        names: Counter[str] = Counter()
        for child in node["nodes"]:
            self.node(child, own, names)


def _texts(fields: Fields) -> Iterator[str]:
    return (text for _key, text in fields)


def _breaks(texts: Iterable[str]) -> int:
    return sum(text.count("\n") for text in texts)
