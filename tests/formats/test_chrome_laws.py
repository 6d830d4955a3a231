"""Laws of reading traces: printing is undone, chunks and order do not matter, cuts never make a wrong number."""

import json
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import chrome
from harness.formats.protocol import Chunk
from harness.spans.table import event_rows, span_rows


@dataclass(frozen=True)
class Tree:
    """A span, `before_ns` after what came before it, and `after_ns` longer than its children take."""

    name: str
    before_ns: int
    after_ns: int
    fields: tuple[tuple[str, str], ...]
    children: tuple["Tree", ...] = ()


@dataclass(frozen=True)
class Placed:
    """A span with its times."""

    path: tuple[str, ...]
    thread: int
    start_ns: int
    end_ns: int
    fields: tuple[tuple[str, str], ...]
    children: tuple["Placed", ...]


def placed(tree, thread, scale, at_ns, path=()):
    """The tree with times that no other thread has (`scale` threads share the time between them)."""
    here = (*path, tree.name)
    start = now = at_ns + tree.before_ns * scale
    children = []
    for child in tree.children:
        children.append(placed(child, thread, scale, now, here))
        now = children[-1].end_ns
    return Placed(here, thread, start, now + tree.after_ns * scale, tree.fields, tuple(children))


def preorder(root):
    return [root, *(one for child in root.children for one in preorder(child))]


def event(ph, span, at_ns, **more):
    fields = {"args": dict(span.fields)} if span.fields else {}
    times = {key: f"TIME{ns}TIME" for key, ns in ({"ts": at_ns} | more).items()}
    return {"ph": ph, "pid": 1, "tid": span.thread, "name": span.path[-1]} | times | fields


def slices(root):
    return [event("X", one, one.start_ns, dur=one.end_ns - one.start_ns) for one in preorder(root)]


def marks(root):
    inner = [one for child in root.children for one in marks(child)]
    return [event("B", root, root.start_ns), *inner, event("E", root, root.end_ns)]


def printed(events, layout, style):
    """The events as text, their times in microseconds."""
    text = json.dumps(events, **layout)
    for part in text.split("TIME")[1::2]:
        text = text.replace(f'"TIME{part}TIME"', style(int(part)))
    return text.encode()


def read(data, *cuts):
    """Spans, instants and issues of the data, given in the chunks that the cuts leave."""
    chunks = [
        Chunk(data=data[start:end], numbers=(1 + data[:start].count(b"\n"),))
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)
    ]
    batches = list(chrome.read(chunks))
    spans = [one for batch in batches for one in span_rows(batch.spans)]
    events = [one for batch in batches for one in event_rows(batch.events)]
    return spans, events, [one for batch in batches for one in batch.issues]


def rows(spans):
    return [(one.tree, one.path, one.thread, one.start_ns, one.end_ns, one.duration.ns, one.fields) for one in spans]


def expected(threads):
    roots = sorted((root for roots in threads for root in roots), key=lambda root: root.start_ns)
    return [
        (tree, one.path, f"1/{one.thread}", one.start_ns, one.end_ns, one.end_ns - one.start_ns, one.fields)
        for tree, root in enumerate(roots)
        for one in preorder(root)
    ]


NAMES = st.sampled_from(["prove", "commit", "a b", 'q"', "{", "]", "树"])
FIELDS = st.dictionaries(st.sampled_from(["n", "phase"]), st.text(max_size=4), max_size=2).map(
    lambda fields: tuple(fields.items())
)
GAPS = st.integers(0, 3000)
TREES = st.recursive(
    st.builds(Tree, NAMES, GAPS, GAPS.map(lambda gap: gap + 1), FIELDS),
    lambda inner: st.builds(
        Tree, NAMES, GAPS, GAPS.map(lambda gap: gap + 1), FIELDS, st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=6,
)
THREADS = st.lists(st.lists(TREES, max_size=3), min_size=1, max_size=3)
LAYOUTS = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":"), "ensure_ascii": False}])
STYLES = st.sampled_from(
    [
        lambda ns: f"{ns // 1000}.{ns % 1000:03}",
        lambda ns: f"{ns // 1000}.{ns % 1000:03}".rstrip("0").rstrip("."),
        lambda ns: f"{ns}e-3",
    ]
)


def forest_of(threads):
    """The trees of each thread with their times, one after the other."""
    found = []
    for number, trees in enumerate(threads):
        roots, now = [], number
        for tree in trees:
            roots.append(placed(tree, number, len(threads), now))
            now = roots[-1].end_ns
        found.append(roots)
    return found


@settings(max_examples=50, deadline=None)
@given(THREADS, LAYOUTS, STYLES, st.randoms(use_true_random=False))
def test_slices_and_begins_with_ends_of_the_same_trees_give_the_same_rows(threads, layout, style, random) -> None:
    forest = forest_of(threads)
    whole = [one for roots in forest for root in roots for one in slices(root)]
    random.shuffle(whole)
    queues = [[one for root in roots for one in marks(root)] for roots in forest]
    begun = []
    while queue := random.choice([[], *filter(None, queues)]) or next(filter(None, queues), None):
        begun.append(queue.pop(0))

    for events in (whole, begun):
        spans, _, issues = read(printed(events, layout, style))

        assert not issues
        assert rows(spans) == expected(forest)
        assert all(one.duration.low_ns == one.duration.high_ns for one in spans)


@settings(max_examples=40, deadline=None)
@given(THREADS, LAYOUTS, st.booleans(), st.data())
def test_chunks_may_be_cut_anywhere(threads, layout, is_wrapped, data) -> None:
    events = [one for roots in forest_of(threads) for root in roots for one in (*slices(root)[:1], *marks(root)[1:])]
    text = printed({"a": {"b": []}, "traceEvents": events} if is_wrapped else events, layout, str)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))

    assert read(text, *cuts) == read(text)
    assert chrome.sniff(text) == bool(events)


SMALL = (
    '{"otherData":{"a":[1]},"traceEvents":[\n'
    '{"ph":"B","name":"öuter","pid":1,"tid":1,"ts":10.25,"args":{"n":1}},\n'
    '{"ph":"X","name":"in","pid":1,"tid":1,"ts":12,"dur":5.125},\n'
    '{"ph":"i","name":"\\u0041","pid":1,"tid":1,"ts":13},'
    '{"ph":"E","name":"öuter","pid":1,"tid":1,"ts":100.5},\n'
    '{"ph":"b","name":"task","pid":1,"tid":2,"id":"0x1","ts":20},\n'
    '{"ph":"X","name":"later","pid":1,"tid":2,"ts":12,"dur":345},\n'
    '{"ph":"C","name":"c","pid":1,"ts":5,"args":{"v":[[1],{"a":2}]}},\n'
    '{"ph":"M","name":"thread_name","pid":1,"tid":2,"args":{"name":"worker"}},\n'
    '{"ph":"e","name":"task","pid":1,"tid":2,"id":"0x1","ts":21.5}],"displayTimeUnit":"ns"}'
).encode()


def test_a_trace_that_is_cut_at_any_byte_gives_true_durations_or_none_and_says_so() -> None:
    spans, events, issues = read(SMALL)
    true = {(one.path[-1], one.start_ns, one.duration) for one in spans}
    assert (len(spans), len(events), issues) == (4, 1, [])

    for end in range(len(SMALL)):
        spans, _, issues = read(SMALL[:end])

        known = {(one.path[-1], one.start_ns, one.duration) for one in spans if one.duration is not None}
        assert known <= true
        assert all(one.note for one in spans if one.duration is None)
        assert [issue.damage for issue in issues] == [False]
        assert "ends early" in issues[0].message


def test_a_trace_that_is_cut_or_garbled_reads_alike_in_single_bytes() -> None:
    for end in range(0, len(SMALL), 29):
        for garbled in (SMALL[:end], SMALL[:end] + b"}\n" + SMALL[end:], SMALL[:end] + SMALL[end + 9 :]):
            assert read(garbled, *range(1, len(garbled))) == read(garbled)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(SMALL)), st.integers(0, 12), st.binary(max_size=6))
def test_no_change_of_a_trace_raises(place, dropped, added) -> None:
    text = SMALL[:place] + added + SMALL[place + dropped :]

    read(text)
    chrome.sniff(text)


VALUES = st.sampled_from(
    ["null", "7", "-1", "1e400", '"x"', "[]", "{}", '{"local":[]}', "true", "1.00049", '"\\ud800"']
)
KEYS = st.sampled_from(["ph", "name", "cat", "ts", "dur", "pid", "tid", "id", "id2", "args", "s"])
PHASES = st.sampled_from([f'"{phase}"' for phase in "XBEbeiICMnQ"] + ['""'])
HOSTILE = st.tuples(PHASES, st.lists(st.tuples(KEYS, VALUES), max_size=6))


@settings(max_examples=80, deadline=None)
@given(st.lists(HOSTILE, max_size=5), st.binary(max_size=30))
def test_no_events_raise_whatever_stands_where(events, tail) -> None:
    texts = [
        f'{{"ph":{ph},"ts":1,"name":"a",{",".join(f"{json.dumps(k)}:{v}" for k, v in more)}}}' for ph, more in events
    ]
    for text in (f"[{','.join(texts)}]".replace(",}", "}").encode(), b"[" + tail, tail):
        spans, _, _ = read(text)
        assert all(one.duration is None or one.duration.low_ns >= 0 for one in spans)


def test_deep_nesting_does_not_raise() -> None:
    for text in (b"[" * 100_000, b'{"traceEvents":' * 20_000, b'[{"ph":"X","args":' + b'{"a":' * 50_000):
        assert not read(text)[0]

    deep = b'[{"ph":"X","name":"a","ts":1,"dur":1,"args":{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}}]"
    spans, _, issues = read(deep)
    assert (spans, [issue.damage for issue in issues]) == ([], [True])
