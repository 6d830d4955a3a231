"""Hostile text made of good text, for the tests of several formats: cuts, other values, repeated keys."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from harness.formats import registry
from harness.formats.protocol import Format, chunk_of
from harness.spans.model import Issue, Metric, Span, Timing
from harness.spans.table import span_rows

DATA = Path(__file__).parents[1] / "data"
RECORD = DATA / "turns" / "recordings" / "50ea4e1e75a02867" / "raw" / "logup.1.spans.jsonl.zst"
SLICES = b"""{"traceEvents":[{"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"t"}},
{"ph":"X","name":"a","pid":1,"tid":2,"ts":10.5,"dur":100,"args":{"k":"v"}},
{"ph":"X","name":"b","pid":1,"tid":2,"ts":12,"dur":50.25},
{"ph":"C","name":"c","pid":1,"tid":2,"ts":13,"args":{"v":3}}],"displayTimeUnit":"ns"}"""
BEGINS = b"""[
{"args":{"name":"main"},"name":"thread_name","ph":"M","pid":1,"tid":0},
{"args":{"n":"0"},"cat":"o::v","name":"s'_0 -> s_0","ph":"B","pid":1,"tid":0,"ts":98.262},
{"args":{"n":"7"},"cat":"o::v","name":"bracket ] | x: y","ph":"B","pid":1,"tid":0,"ts":121.5},
{"args":{"message":"now"},"cat":"o::v","name":"event src/v.rs:193","ph":"i","pid":1,"s":"t","tid":0,"ts":122.396},
{"args":{"n":"7"},"cat":"o::v","name":"bracket ] | x: y","ph":"E","pid":1,"tid":0,"ts":921.859},
{"args":{"n":"0"},"cat":"o::v","name":"s'_0 -> s_0","ph":"E","pid":1,"tid":0,"ts":1027.83}
]
"""
IDS = b"""[{"ph":"b","name":"a","cat":"c","id":1,"pid":1,"tid":0,"ts":7.5},
{"ph":"b","name":"b","cat":"c","id":1,"pid":1,"tid":0,"ts":9,"args":{"n":"1"}},
{"ph":"e","name":"b","cat":"c","id":1,"pid":1,"tid":1,"ts":11.25},
{"ph":"b","name":"z","cat":"c","id":"0x2","pid":1,"tid":1,"ts":12},
{"ph":"e","name":"a","cat":"c","id":1,"pid":1,"tid":0,"ts":20},
{"ph":"e","name":"z","cat":"c","id":"0x2","pid":1,"tid":1,"ts":21.125}]"""
METRICS = b"""{"counter":[{"labels":[["group","app"]],"metric":"rows","value":"1024"}],
"gauge":[{"labels":[["group","app"]],"metric":"stark_prove_excluding_trace_time_ms","value":"947"},
{"labels":[],"metric":"gpu_mem","value":"1073741824.5"}]}"""

REPLACEMENTS = {
    "null": "null",
    "negative": "-1",
    "beyond floats": "1e400",
    "no number": "NaN",
    "endless": "Infinity",
    "text": '"x"',
    "list": "[]",
    "object": "{}",
    "huge": "1" + "0" * 30,
    "four hundred digits": "9" * 400,
    "deep list": "[" * 2000 + "]" * 2000,
    "deep object": '{"a":' * 2000 + "1" + "}" * 2000,
}
LONE_SURROGATE = '"\\ud800"'
_PLACE = "\ue000"


@dataclass(frozen=True)
class Sample:
    """A small text of one format as a program writes it."""

    format: Format
    data: bytes


@dataclass(frozen=True)
class Read:
    """All that a format found in a text."""

    spans: tuple[Span, ...]
    timings: tuple[Timing, ...]
    metrics: tuple[Metric, ...]
    issues: tuple[Issue, ...]

    @property
    def damage(self) -> bool:
        return any(one.damage for one in self.issues)

    @property
    def times(self) -> Counter[object]:
        """Every time that could become a KPI's."""
        spans = [(one.duration.ns, one.duration.low_ns, one.duration.high_ns) for one in self.spans if one.duration]
        return Counter([*spans, *(value for one in self.timings for value in one.samples_ms)])


def seeded(seed: int) -> random.Random:
    """Numbers that look random and are the same each time."""
    return random.Random(seed)  # noqa: S311 (nothing is kept secret with them)


def read(one: Format, data: bytes) -> Read:
    batches = list(one.read([chunk_of(data)] if data else []))
    return Read(
        spans=tuple(row for batch in batches for row in span_rows(batch.spans)),
        timings=tuple(row for batch in batches for row in batch.timings),
        metrics=tuple(row for batch in batches for row in batch.metrics),
        issues=tuple(row for batch in batches for row in batch.issues),
    )


def _oracle(name: str, last_lines: int) -> bytes:
    """The end of what the fmt layer printed: whole spans, though not all of their children."""
    lines = (DATA / "oracle" / f"{name}-22.log").read_bytes().splitlines(keepends=True)
    return b"".join(lines[-last_lines:])


def _result(name: str) -> bytes:
    return (DATA / "results" / f"{name}.json").read_bytes()


def samples() -> dict[str, Sample]:
    """At least one of each format but forest's, which has captures of its own."""
    texts = {
        "chrome-trace": {"begins": BEGINS, "ids": IDS, "slices": SLICES},
        "fmt": {name: _oracle(f"fmt-{name}", 5) for name in ("full", "full-plain", "compact", "compact-plain")},
        "fmt-json": {"": _oracle("fmt-json", 5)},
        "span-jsonl": {"": pa.input_stream(str(RECORD), compression="zstd").read()},
        "openvm-metrics": {"": METRICS},
        "hyperfine": {"1": _result("hyperfine-1-parameters"), "2": _result("hyperfine-2-parameters")},
        "criterion": {"sample": _result("criterion-sample"), "estimates": _result("criterion-estimates")},
        "google-benchmark": {"": _result("google-benchmark"), "sums": _result("google-benchmark-aggregates")},
        "pytest-benchmark": {"": _result("pytest-benchmark")},
    }
    return {
        f"{name} {kind}".strip(): Sample(registry.format_named(name), data)
        for name, several in texts.items()
        for kind, data in several.items()
    }


def written_with(value: object, new: str) -> Iterator[str]:
    """The JSON value written once for each value in it, that one replaced by the text `new`."""
    for path in _paths(value, ()):
        yield json.dumps(_put(value, path, _PLACE), ensure_ascii=False).replace(f'"{_PLACE}"', new)


def values_replaced(data: bytes, new: str) -> Iterator[bytes]:
    """A document, or lines that hold one each, written once for each value in them, that one replaced."""
    for before, value, after in _documents(data):
        for text in written_with(value, new):
            yield before + text.encode() + after


def keys_repeated(data: bytes, second: Callable[[Any], object] = lambda value: value) -> Iterator[bytes]:
    """The same text once for each member of an object, that member standing there twice, then with `second`'s value."""
    for before, value, after in _documents(data):
        for path in _paths(value, ()):
            if path and isinstance(path[-1], str):
                text = json.dumps(_put(value, path, _PLACE), ensure_ascii=False)
                member = _at(value, path)
                own, other = (json.dumps(one, ensure_ascii=False) for one in (member, second(member)))
                twice = f"{own}, {json.dumps(path[-1], ensure_ascii=False)}: {other}"
                yield before + text.replace(f'"{_PLACE}"', twice).encode() + after


def like_but_another(value: object) -> object:
    """A value of the same type where that is a number or a text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + 1
    return f"{value}7" if isinstance(value, str) else 7


def _documents(data: bytes) -> Iterator[tuple[bytes, Any, bytes]]:
    """Each JSON value with the text around it."""
    try:
        yield b"", json.loads(data), b""
    except ValueError:
        lines = data.splitlines(keepends=True)
        for place, line in enumerate(lines):
            yield b"".join(lines[:place]), json.loads(line), b"\n" + b"".join(lines[place + 1 :])


def _paths(value: object, above: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    yield above
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from _paths(member, (*above, key))


def _at(value: Any, path: tuple[str | int, ...]) -> object:
    return _at(value[path[0]], path[1:]) if path else value


def _put(value: Any, path: tuple[str | int, ...], new: str) -> object:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _put(value[path[0]], path[1:], new)
    return copy
