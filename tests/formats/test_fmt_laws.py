"""Laws of the fmt layer's formats: what is printed reads back, however it is coloured, cut into chunks, or damaged."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import fmt_json, fmt_text
from harness.formats.protocol import Chunk, chunk_of
from harness.spans.table import event_rows, span_rows

NAMES = st.from_regex(r"[a-z_][a-z_0-9.]{0,5}", fullmatch=True)
KEYS = st.from_regex(r"[a-z_][a-z_0-9.]{0,4}", fullmatch=True).filter(lambda key: key not in ("name", "message"))
VALUES = (
    st.integers(-9, 9) | st.booleans() | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=9)
)
FIELDS = st.dictionaries(KEYS, VALUES, max_size=3)
TREES = st.recursive(
    st.tuples(NAMES, FIELDS, st.just(())),
    lambda below: st.tuples(NAMES, FIELDS, st.lists(below, max_size=3).map(tuple)),
    max_leaves=6,
)
FORESTS = st.lists(TREES, min_size=1, max_size=3)
QUICK = settings(max_examples=15, deadline=None)


def quoted(value) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return json.dumps(value)


class Printer:
    """Prints a forest's close lines as the fmt layer does, one ms after the other."""

    def __init__(self, style: str) -> None:
        self.style, self.lines, self.wanted, self.now_us = style, [], [], 0

    def forest(self, trees) -> str:
        for tree in trees:
            self.tree(tree, ())
        return "".join(line + "\n" for line in self.lines)

    def tree(self, tree, above) -> None:
        name, fields, below = tree
        start_us = self.now_us
        place = len(self.wanted)
        self.wanted.append(None)
        scope = (*above, (name, fields))
        for child in below:
            self.tree(child, scope)
        self.now_us += 10
        busy = f"{self.now_us - start_us}.0µs" if self.now_us - start_us < 100 else f"{self.now_us - start_us}µs"
        getattr(self, self.style)(scope, busy)
        path = tuple(name for name, _ in scope)
        self.wanted[place] = (path, busy, self.printed(fields))

    def printed(self, fields):
        text = quoted if self.style != "json" else lambda value: value if isinstance(value, str) else json.dumps(value)
        return tuple((key, text(value)) for key, value in fields.items())

    def line(self, scope: str, busy: str, tail: str = "") -> None:
        close = f"\x1b[3mtime.busy\x1b[0m\x1b[2m=\x1b[0m{busy} \x1b[3mtime.idle\x1b[0m\x1b[2m=\x1b[0m0.00ns"
        self.lines.append(
            f"\x1b[2m2026-11-21T07:09:36.{self.now_us:06}Z\x1b[0m \x1b[32m INFO\x1b[0m {scope} "
            f"\x1b[2ma::b\x1b[0m\x1b[2m:\x1b[0m close {close}{tail}"
        )

    def coloured(self, fields) -> str:
        return " ".join(f"\x1b[3m{key}\x1b[0m\x1b[2m=\x1b[0m{quoted(value)}" for key, value in fields.items())

    def full(self, scope, busy: str) -> None:
        names = ""
        for name, fields in scope:
            braced = f"\x1b[1m{{\x1b[0m{self.coloured(fields)}\x1b[1m}}\x1b[0m" if fields else ""
            names += f"\x1b[1m{name}\x1b[0m{braced}\x1b[2m:\x1b[0m"
        self.line(names, busy)

    def compact(self, scope, busy: str) -> None:
        tail = "".join(f" \x1b[2m{self.coloured(fields)}\x1b[0m" for _, fields in scope if fields)
        self.line("".join(f"\x1b[1m{name}\x1b[0m:" for name, _ in scope), busy, tail)

    def json(self, scope, busy: str) -> None:
        *spans, span = [{**fields, "name": name} for name, fields in scope]
        event = {"message": "close", "time.busy": busy, "time.idle": "0.00ns"}
        when = f"2026-11-21T07:09:36.{self.now_us:06}Z"
        line = {"timestamp": when, "level": "INFO", "fields": event, "target": "a::b", "span": span, "spans": spans}
        self.lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


def everything(module, chunks):
    batches = list(module.read(chunks))
    return (
        [span for batch in batches for span in span_rows(batch.spans)],
        [event for batch in batches for event in event_rows(batch.events)],
        [issue for batch in batches for issue in batch.issues],
        sum(batch.unparsed_lines for batch in batches),
    )


def strip(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def module_of(style: str):
    return fmt_json if style == "json" else fmt_text


@pytest.mark.parametrize("style", ["full", "compact", "json"])
@QUICK
@given(FORESTS)
def test_printed_trees_read_back(style, trees) -> None:
    printer = Printer(style)
    data = printer.forest(trees).encode()
    spans, _, issues, unparsed = everything(module_of(style), [chunk_of(data)])
    assert module_of(style).sniff(data)
    found = [(span.path, span.duration.printed, span.fields) for span in spans]
    assert found == printer.wanted
    assert (issues, unparsed) == ([], 0)


@pytest.mark.parametrize("style", ["full", "compact"])
@QUICK
@given(FORESTS)
def test_colours_change_nothing_where_names_are_plain(style, trees) -> None:
    text = Printer(style).forest(trees)
    assert everything(fmt_text, [chunk_of(strip(text).encode())]) == everything(fmt_text, [chunk_of(text.encode())])


@pytest.mark.parametrize("style", ["full", "compact", "json"])
@QUICK
@given(FORESTS, st.data())
def test_chunks_change_nothing(style, trees, data) -> None:
    lines = Printer(style).forest(trees).encode().splitlines(keepends=True)
    lines.insert(data.draw(st.integers(0, len(lines))), b"noise\n")
    chunks = []
    first = 0
    while first < len(lines):
        count = data.draw(st.integers(1, len(lines)))
        part = lines[first : first + count]
        chunks.append(Chunk(data=b"".join(part), numbers=range(first + 1, first + 1 + len(part))))
        first += count
    assert everything(module_of(style), chunks) == everything(module_of(style), [chunk_of(b"".join(lines))])


@pytest.mark.parametrize("style", ["full", "compact", "json"])
@QUICK
@given(FORESTS, st.data())
def test_a_log_cut_anywhere_is_read_without_wrong_times(style, trees, data) -> None:
    printer = Printer(style)
    whole = printer.forest(trees).encode()
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    spans, _, issues, _ = everything(module_of(style), [chunk_of(cut)])
    times = {(path, busy) for path, busy, _ in printer.wanted}
    closed = [span for span in spans if span.duration is not None]
    assert {(span.path, span.duration.printed) for span in closed} <= times
    assert len(closed) == len(spans) or any(issue.damage for issue in issues)


@pytest.mark.parametrize("module", [fmt_text, fmt_json])
@QUICK
@given(st.binary(max_size=200), st.sampled_from(["full", "compact", "json"]), st.data())
def test_no_bytes_raise(module, noise, style, data) -> None:
    whole = Printer(style).forest([("a", {"n": 1}, (("b", {"s": 'x"}:'}, ()),))]).encode()
    place = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 30))
    for text in (noise, whole[:place] + noise + whole[place + length :]):
        module.sniff(text)
        everything(module, [chunk_of(text)])


CLOSE = " close time.busy=1.25ms time.idle=4.30µs"
P = "2026-11-21T07:09:36.149632Z  INFO "


@pytest.mark.parametrize(
    "text",
    [
        P + "a:" * 100_000 + CLOSE,
        P + 'a{x="' + '="' * 100_000 + "}:" + CLOSE,
        P + "a" + "{" * 100_000 + ":" + CLOSE,
        P + "a" + "{}:" * 100_000 + CLOSE,
        P + "\x1b[1ma\x1b[0m\x1b[1m{\x1b[0m" * 30_000 + CLOSE,
        P + "a" + ":" * 100_000 + CLOSE,
        P + " " * 100_000 + CLOSE,
        "test " + " ... " * 30_000 + CLOSE,
        P + "ThreadId(" * 30_000 + CLOSE,
        P + "a:" + CLOSE + " k=v" * 50_000,
        '{"timestamp":' + "[" * 100_000,
        '{"fields":{"message":"close","time.busy":"1.00s","time.idle":"1.00s"},"span":{"name":"a"},"spans":['
        + ",".join(['{"name":"a"}'] * 30_000)
        + "]}",
    ],
)
def test_long_hostile_lines_stay_linear(text: str) -> None:
    for module in (fmt_text, fmt_json):
        module.sniff(text.encode())
        everything(module, [chunk_of(text.encode() + b"\n")])


@pytest.mark.parametrize("text", [P + "a{n=%d}:b:" + CLOSE, P + "a:x%d:b:" + CLOSE, P + "a%d: said"])
def test_many_pending_lines_stay_linear(text: str) -> None:
    lines = "".join(text % number + "\n" + P + "c:" + CLOSE + "\n" for number in range(1500))
    spans, events, issues, _ = everything(fmt_text, [chunk_of(lines.encode())])
    assert len(spans) + len(events) >= 3000
    assert len(issues) <= 1
