"""Trace Event JSON: what is made of each kind of event, and of files that are cut or garbled."""

import json

import pytest

from harness.formats import chrome
from harness.formats.protocol import chunk_of
from harness.spans.model import LAST_VALUE_ONLY, UNFINISHED, Metric
from harness.spans.table import event_rows, span_rows
from harness.units import Duration

# As tracing-chrome 0.7.2 wrote it.
WRITTEN = r"""[
{"args":{"name":"worker-0"},"name":"thread_name","ph":"M","pid":1,"tid":0},
{"args":{"phase":"\"x | k: v\"","round":"1048576"},"cat":"a::b","name":"stacked_fold_mle","ph":"B","pid":1,"tid":0,"ts":125.207},
{"args":{"n":"18446744073709551615"},"cat":"a::b","name":"commit","ph":"B","pid":1,"tid":0,"ts":126.929},
{"args":{"immediate":"true","message":"now"},"cat":"a","name":"event a.rs:193","ph":"i","pid":1,"s":"t","tid":0,"ts":146.914},
{"args":{"n":"18446744073709551615"},"cat":"a::b","name":"commit","ph":"E","pid":1,"tid":0,"ts":532.48},
{".file":"a.rs",".line":9,"cat":"a::b","name":"leaf","ph":"B","pid":1,"tid":0,"ts":533.014},
{".file":"a.rs",".line":9,"cat":"a::b","name":"leaf","ph":"E","pid":1,"tid":0,"ts":536.427},
{"args":{"phase":"\"x | k: v\"","round":"1048576"},"cat":"a::b","name":"stacked_fold_mle","ph":"E","pid":1,"tid":0,"ts":539.707},
{"cat":"a","name":"event a.rs:200","ph":"i","pid":1,"s":"t","tid":0,"ts":600}
]"""  # noqa: E501


class Read:
    """All that is read of some events, or of a text."""

    def __init__(self, *events, text=None) -> None:
        self.text = json.dumps(events) if text is None else text
        data = self.text if isinstance(self.text, bytes) else self.text.encode()
        batches = list(chrome.read([chunk_of(data)]))
        self.spans = [one for batch in batches for one in span_rows(batch.spans)]
        self.events = [one for batch in batches for one in event_rows(batch.events)]
        self.metrics = [one for batch in batches for one in batch.metrics]
        self.issues = [one for batch in batches for one in batch.issues]
        self.told = [(one.line, one.message, one.damage) for one in self.issues]

    @property
    def rows(self):
        return [("/".join(one.path), one.start_ns, one.duration and one.duration.ns) for one in self.spans]


def event(ph, ts=None, name=None, **more):
    times = {} if ts is None else {"ts": ts}
    return {"ph": ph, "pid": 1, "tid": 1} | times | ({} if name is None else {"name": name}) | more


def test_what_tracing_chrome_writes_is_read_with_its_fields_threads_and_events() -> None:
    read = Read(text=WRITTEN)

    assert read.issues == []
    assert read.rows == [
        ("stacked_fold_mle", 125_207, 414_500),
        ("stacked_fold_mle/commit", 126_929, 405_551),
        ("stacked_fold_mle/leaf", 533_014, 3_413),
    ]
    outer, inner, leaf = read.spans
    assert outer.fields == (("phase", '"x | k: v"'), ("round", "1048576"))
    assert (leaf.fields, inner.thread, inner.line, inner.end_ns) == ((), "worker-0", 4, 532_480)
    assert outer.duration == Duration.exact(414_500)
    assert [(one.seq, one.span_seq, one.message, one.fields, one.tag, one.line) for one in read.events] == [
        (0, inner.seq, "now", (("immediate", "true"),), "a", 5),
        (1, None, "event a.rs:200", (), "a", 10),
    ]


@pytest.mark.parametrize(
    "wrap", ["%s", '{"traceEvents":%s,"displayTimeUnit":"ns"}', '{"otherData":{"a":[]},"traceEvents":%s}']
)
def test_a_list_and_an_object_with_one_are_read_alike(wrap) -> None:
    read = Read(text=wrap % WRITTEN)

    assert chrome.sniff(read.text.encode())
    assert (read.spans, read.events, read.issues) == (Read(text=WRITTEN).spans, Read(text=WRITTEN).events, [])


def test_threads_without_a_name_are_known_by_their_numbers() -> None:
    read = Read(event("X", 0, "a", dur=5), event("X", 1, "b", dur=5, tid="main", pid=7))

    assert [one.thread for one in read.spans] == ["1/1", "7/main"]


def test_a_begin_without_an_end_never_ended() -> None:
    read = Read(event("B", 1, "outer"), event("B", 2, "inner"), event("E", 3, "inner"), event("b", 4, "task", id=9))

    assert read.rows == [("outer", 1000, None), ("outer/inner", 2000, 1000), ("task", 4000, None)]
    assert [(one.note, one.end_ns) for one in read.spans] == [(UNFINISHED, None), (None, 3000), (UNFINISHED, None)]
    assert read.issues == []


def test_what_an_end_says_of_arguments_counts_over_what_the_begin_said() -> None:
    read = Read(event("B", 1, "a", args={"n": 1, "k": "v"}), event("E", 2, "a", args={"late": True, "n": 2}))

    assert read.spans[0].fields == (("n", "2"), ("k", "v"), ("late", "true"))


def test_of_a_counter_the_last_value_of_each_series_is_kept() -> None:
    read = Read(
        event("C", 3, "memory", args={"used": 30, "free": 1.5}),
        event("C", 2, "memory", args={"used": 20}),
        event("M", name="process_name", args={"name": "prover"}),
        event("C", 3, "memory", args={"used": "NaN"}, id="0x1"),
    )

    labels = (("series", "used"), ("process", "prover"))
    common = {"kind": "gauge", "name": "memory", "line": 1, "note": LAST_VALUE_ONLY}
    assert read.metrics == [
        Metric(labels=labels, value="30", low=30.0, high=30.0, **common),
        Metric(labels=(("series", "free"), labels[1]), value="1.5", low=1.5, high=1.5, **common),
        Metric(labels=(*labels, ("id", '"0x1"')), value="NaN", low=None, high=None, **common),
    ]
    assert (read.spans, read.issues) == ([], [])


def test_there_is_a_bound_on_counters(monkeypatch) -> None:
    monkeypatch.setattr("harness.formats.chrome_counters.MOST_SERIES", 2)

    read = Read(*(event("C", at, f"c{at}", args={"v": at}) for at in range(3)))

    assert [one.name for one in read.metrics] == ["c0", "c1"]
    assert [(issue.line, issue.damage) for issue in read.issues] == [(1, False)]


def test_flows_samples_and_memory_dumps_are_no_spans_and_no_trouble() -> None:
    read = Read(*(event(ph, 1, "x", id=1) for ph in "stfPNODvVRcn"), event("M", name="thread_sort_index", args={}))

    assert (read.spans, read.events, read.issues) == ([], [], [])


def test_instants_are_in_the_innermost_span_that_is_open() -> None:
    read = Read(
        event("I", 0, "before"),
        event("X", 1, "outer", dur=10),
        event("B", 2, "inner"),
        event("i", 3, "within", cat="c"),
        event("E", 4, "inner"),
        event("i", 5, "between"),
        event("i", 11, "after"),
        event("i", 5, "elsewhere", tid=2, args={"k": 1}),
    )

    seqs = {one.name: one.seq for one in read.spans}
    assert {one.message: one.span_seq for one in read.events} == {
        "before": None,
        "within": seqs["inner"],
        "between": seqs["outer"],
        "after": None,
        "elsewhere": None,
    }
    assert [one.seq for one in read.events] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("wrong", "said", "damage"),
    [
        (event("X", 1, "w"), "it has no 'dur'", True),
        (event("X", 1, "w", dur=-1), "'dur' is negative", True),
        (event("X", 1, "w", dur="5"), "'dur' is no time", True),
        (event("X", 1, "w", dur=None), "'dur' is no time", True),
        (event("X", -1, "w", dur=1), "'ts' is negative", True),
        (event("X", 9e15, "w", dur=9e15), "its end is too late", True),
        (event("X", 1, dur=1), "it has no name", True),
        (event("B", 1), "it has no name", True),
        (event("B", None, "w"), "it has no 'ts'", True),
        (event("B", 1e30, "w"), "'ts' is too large", True),
        (event("E", 1, "w"), "ends but did not begin", True),
        (event("E", 1), "ends but did not begin", True),
        (event("b", 1, "w"), "it has no id", True),
        (event("B", 1, "w", pid=1.5), "Expected `int | str`", True),
        (event("B", 1, 7), "Expected `str | null`", True),
        (event("X", 1, "w", dur=1, args=[1]), "'args' cannot be read", True),
        (event("S", 1, "w", id=1), "its phase 'S' is not known", True),
        (event("i", None, "w"), "it has no 'ts'", False),
        (event("C", 1), "it has no name", False),
        (event("i", 1, "w", args=7), "'args' cannot be read", False),
        ({}, "it has no 'ph'", False),
        ({"name": "w"}, "it has no 'ph'", False),
        (7, "is no object", True),
    ],
    ids=str,
)
def test_one_wrong_event_is_told_and_does_not_lose_the_others(wrong, said, damage) -> None:
    right = [event("B", 0, "right", tid=5), event("E", 10, "right", tid=5)]

    read = Read(text=json.dumps([right[0], wrong, right[1]]).replace("},", "},\n").replace(" 7,", " 7,\n"))

    assert ("right", 0, 10_000) in read.rows
    assert [(line, damage) for line, _said, damage in read.told] == [(2, damage)]
    assert said in read.told[0][1]


@pytest.mark.parametrize("more", [{}, {"dur": None}, {"dur": "5"}, {"dur": 5}])
def test_the_time_of_a_begin_and_its_end_is_between_them_whatever_they_say_of_it(more) -> None:
    read = Read(event("B", 1, "a", **more), event("E", 3, "a", **more))

    assert (read.rows, read.issues) == ([("a", 1000, 2000)], [])


@pytest.mark.parametrize(
    ("text", "key", "damage"),
    [
        ('{"ph":"X","name":"a","ts":0,"dur":100,"dur":5}', "dur", True),
        ('{"ph":"X","name":"a","ts":0,"d\\u0075r":100,"dur":5}', "dur", True),
        ('{"ph":"X","name":"a","ts":0,"ts":1,"dur":5}', "ts", True),
        ('{"ph":"X","name":"a","name":"b","ts":0,"dur":5}', "name", True),
        ('{"ph":"X","name":"a","ts":0,"dur":5,"args":{"n":1},"args":{"n":2}}', "args", True),
        ('{"ph":"X","ph":"i","name":"a","ts":0,"dur":5}', "ph", True),
        ('{"ph":"X","ph":null,"name":"a","ts":0,"dur":5}', "ph", True),
        ('{"ph":"B","name":"a","ts":0,"tid":1,"tid":2}', "tid", True),
        ('{"ph":"b","name":"a","ts":0,"id":1,"id":2}', "id", True),
        ('{"ph":"b","name":"a","ts":0,"id2":{"local":1,"local":2}}', "local", True),
        ('{"ph":"Q","name":"a","ts":0,"ts":1}', "ts", True),
        ('{"ph":"i","name":"a","ts":0,"ts":1}', "ts", False),
        ('{"ph":"C","name":"a","ts":0,"args":{"used":1,"used":2}}', "used", False),
        ('{"ph":"M","name":"thread_name","args":{"name":"a","name":"b"}}', "name", False),
    ],
)
def test_a_key_twice_with_different_values_is_told_and_gives_no_row(text, key, damage) -> None:
    read = Read(text=f'[{text},{{"ph":"X","name":"right","ts":0,"dur":5}}]')

    (told,) = read.told
    assert told == (1, f"event 1: the key '{key}' occurs more than once, with different values", damage)
    assert (read.rows, read.events, read.metrics) == ([("right", 0, 5000)], [], [])


def test_a_key_twice_with_one_value_or_again_within_the_arguments_is_no_trouble() -> None:
    read = Read(text='[{"ph":"X","name":"a","ts":0,"dur":5,"dur":5,"args":{"dur":100,"name":"dur"}}]')

    assert (read.rows, read.issues) == ([("a", 0, 5000)], [])


def test_a_wrong_event_is_told_with_its_number() -> None:
    assert Read(event("X", 0, "a", dur=1), event("X", 0, "b")).told == [(1, "event 2: it has no 'dur'", True)]


def test_an_unknown_phase_is_told_once() -> None:
    assert len(Read(event("Q", 1), event("Q", 2), event("Z", 3)).issues) == 2


def test_a_text_with_replaced_bytes_is_still_a_span() -> None:
    read = Read(text=json.dumps([event("X", 0, "NAME", dur=1)]).encode().replace(b"NAME", b"a\xffb"))

    assert (read.rows, read.issues) == ([("a\ufffdb", 0, 1000)], [])


def test_a_line_that_is_torn_is_damage_and_the_next_one_is_read() -> None:
    lines = WRITTEN.split("\n")
    torn = "\n".join([*lines[:6], lines[6][:-20], *lines[7:]])

    read = Read(text=torn)

    assert ("stacked_fold_mle/commit", 126_929, 405_551) in read.rows
    assert read.told[0] == (7, "element 6 is broken off or garbled", True)


@pytest.mark.parametrize(
    ("text", "said", "damage"),
    [
        ("", "the file ends early", False),
        ("[", "the file ends early", False),
        ('{"traceEvents":{}}', "'traceEvents' is no list", True),
        ("x", "the document is broken here", True),
        ("[]\n[]", "text after the end of the document", True),
        ('{"traceEvents":[],"traceEvents":[]}', "occurs twice", True),
    ],
)
def test_a_document_that_is_none_is_told(text, said, damage) -> None:
    (told,) = Read(text=text).told

    assert said in told[1]
    assert told[2] is damage


def test_an_empty_list_is_nothing_wrong() -> None:
    assert Read().told == []


@pytest.mark.parametrize(
    ("head", "is_trace"),
    [
        (WRITTEN, True),
        (WRITTEN[:300], True),
        (f'{{"traceEvents":{WRITTEN}}}', True),
        ('[{"comment":1},\n{"ph":"X"}', True),
        ("", False),
        ("[]", False),
        ("[\n\n]", False),
        ('{"traceEvents":[]}', False),
        ('{"traceEvents":7}', False),
        ('[{"name":"a","unit":"ms","value":1,"extra":"\\"ph\\":"}]', False),
        ('{"benchmarks":[{"ph":"X"}],"context":{}}', False),
        ('{"counter":[{"labels":[["ph","X"]],"metric":"a","value":"1"}]}', False),
        ('{"results":[{"command":"ph"}]}', False),
        ('{"t":"header","v":1}\n{"t":"span","seq":0,"fields":{"ph":"X"}}', False),
        ('{"timestamp":"2026","level":"INFO","fields":{"ph":"X"}}\n', False),
        ('["ph", "X"]', False),
        ("INFO     prove [ 1.00ms | 100.00% ]", False),
        ("[" * 100_000, False),
    ],
    ids=lambda head: str(head)[:30],
)
def test_only_traces_are_claimed(head, is_trace) -> None:
    assert chrome.sniff(head.encode()) is is_trace


def test_many_spans_and_events_come_in_batches() -> None:
    events = [one for at in range(12_000) for one in (event("X", at, "a", dur=1), event("i", at + 0.5, "e"))]
    data = json.dumps(events).encode()

    batches = list(chrome.read([chunk_of(data)]))

    assert sum(len(batch.spans) for batch in batches) == 12_000
    assert sum(len(batch.events) for batch in batches) == 12_000
    assert max(len(batch.spans) for batch in batches) == 10_000
