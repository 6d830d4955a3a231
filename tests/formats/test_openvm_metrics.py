"""OpenVM's metrics file: what each value can mean, and what is told of wrong entries."""

import json
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import openvm_metrics
from harness.formats.openvm_metrics import spans_of_gauges
from harness.formats.protocol import Chunk, chunk_of
from harness.spans.model import LAST_VALUE_ONLY, Issue, Metric
from harness.units import Duration

DOCUMENT = """{
  "counter": [
    {
      "labels": [
        ["group", "app"],
        ["air_name", "Program \\"metric\\": Air"]
      ],
      "metric": "rows",
      "value": "1024"
    }
  ],
  "gauge": [
    {
      "labels": [["group", "app"], ["segment", "0"], ["group", "leaf"]],
      "metric": "stark_prove_excluding_trace_time_ms",
      "value": "947"
    },
    {
      "labels": [],
      "metric": "gpu_mem.local_peak_bytes",
      "value": "1073741824.5"
    }
  ]
}
"""


def read(data, *cuts):
    """Metrics and issues of the data, given in the chunks that the cuts leave."""
    data = data.encode() if isinstance(data, str) else data
    chunks = [
        Chunk(data=data[start:end], numbers=(1 + data[:start].count(b"\n"),))
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)
    ]
    batches = list(openvm_metrics.read(chunks))
    assert all(not len(batch.spans) and not len(batch.events) for batch in batches)
    return [one for batch in batches for one in batch.metrics], [one for batch in batches for one in batch.issues]


def gauge(name, value):
    (metric,), issues = read(json.dumps({"gauge": [{"labels": [], "metric": name, "value": value}]}))
    assert not issues
    return metric


def test_counters_and_gauges_are_read_with_labels_in_order_and_the_line_of_their_name() -> None:
    metrics, issues = read(DOCUMENT)

    assert not issues
    assert metrics == [
        Metric(
            kind="counter",
            name="rows",
            labels=(("group", "app"), ("air_name", 'Program "metric": Air')),
            value="1024",
            low=1024.0,
            high=1024.0,
            line=8,
        ),
        Metric(
            kind="gauge",
            name="stark_prove_excluding_trace_time_ms",
            labels=(("group", "app"), ("segment", "0"), ("group", "leaf")),
            value="947",
            low=947.0,
            high=948.0,
            line=15,
            note=LAST_VALUE_ONLY,
        ),
        Metric(
            kind="gauge",
            name="gpu_mem.local_peak_bytes",
            labels=(),
            value="1073741824.5",
            low=1073741824.5,
            high=1073741824.5,
            line=20,
            note=LAST_VALUE_ONLY,
        ),
    ]


@pytest.mark.parametrize(
    ("name", "value", "bounds"),
    [
        ("prove_time_ms", "0", (0.0, 1.0)),  # truncated to whole milliseconds
        ("prover.main_trace_commit_time_ms", "12", (12.0, 13.0)),
        ("copy_time_ms", "12.25", (12.25, 12.25)),  # a GPU event's own float
        ("copy_time_ms", "-3", (-3.0, -3.0)),
        ("execute_insn_mi/s", "35.5", (35.5, 35.5)),
        ("gpu_mem.timestamp_ms", "12", (12.0, 12.0)),  # no span's time
        ("prove_time_ms", "9007199254740993", (9007199254740992.0, 9007199254740994.0)),
        ("size", "9007199254740993", (9007199254740992.0, 9007199254740994.0)),
        ("size", "-9007199254740993", (-9007199254740994.0, -9007199254740992.0)),
        ("prove_time_ms", "NaN", (None, None)),
        ("prove_time_ms", "inf", (None, None)),
        ("size", "-inf", (None, None)),
        ("size", "", (None, None)),
        ("size", "1_000", (None, None)),
        ("size", "12 ms", (None, None)),
        ("size", "9" * 400, (None, None)),
    ],
)
def test_a_gauge_says_between_which_numbers_its_value_lies_and_keeps_the_text(name, value, bounds) -> None:
    metric = gauge(name, value)

    assert (metric.low, metric.high) == bounds
    assert metric.value == value
    assert metric.note == LAST_VALUE_ONLY


def test_a_counter_beyond_what_floats_can_tell_lies_between_two() -> None:
    (metric,), _ = read('{"counter":[{"labels":[],"metric":"cells","value":"9007199254740993"}]}')

    assert (metric.low, metric.high) == (9007199254740992.0, 9007199254740994.0)
    assert metric.note is None


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('{"labels":[],"metric":"a","value":7}', "Expected `str`, got `int`"),
        ('{"labels":[["a","b","c"]],"metric":"a","value":"7"}', "length 2"),
        ('{"labels":[["a",1]],"metric":"a","value":"7"}', "Expected `str`, got `int`"),
        ('{"labels":{"a":"b"},"metric":"a","value":"7"}', "Expected `array`, got `object`"),
        ('{"labels":[],"metric":null,"value":"7"}', "Expected `str`, got `null`"),
        ('{"labels":[],"value":"7"}', "missing required field `metric`"),
        ('{"labels":[],"metric":"\\ud800","value":"7"}', "malformed"),
        ('{"labels":' + "[" * 50_000 + "]" * 50_000 + ',"metric":"a","value":"7"}', "Expected `str`, got `array`"),
        ('{"labels":[],"metric":"a","value":"7","value":"8"}', "'value' occurs more than once"),
        ('{"labels":[],"metric":"a","metric":"b","value":"7"}', "'metric' occurs more than once"),
        ('{"labels":[],"metric":"a","value":"7","labels":[["a","b"]]}', "'labels' occurs more than once"),
        ("7", "no object"),
        ('[["a","7"]]', "no object"),
    ],
    ids=lambda text: text[:40],
)
def test_an_entry_that_is_wrong_is_told_and_the_rest_is_kept(entry, said) -> None:
    right = '{"labels":[],"metric":"right","value":"1"}'

    metrics, issues = read(f'{{"gauge":[{right},\n{entry},\n{right}],"counter":[{right}]}}')

    assert [(metric.kind, metric.line) for metric in metrics] == [("gauge", 1), ("gauge", 3), ("counter", 3)]
    (issue,) = issues
    assert issue.line == 2
    assert said in issue.message
    assert not issue.damage


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ('"histogram":[{"labels":[],"metric":"h","value":"1"}]', "'histogram' is no kind of metric that is read"),
        ('"gauge":{"a":1}', "'gauge' is no list"),
        ('"gauge":7', "'gauge' is no list"),
        ('"counter":[]', "the key 'counter' occurs twice"),
    ],
)
def test_a_member_that_is_wrong_is_told_and_the_rest_is_kept(member, message) -> None:
    metrics, issues = read(f'{{"counter":[{{"labels":[],"metric":"rows","value":"1"}}],\n{member}}}')

    assert [metric.name for metric in metrics] == ["rows"]
    assert issues == [Issue(line=2, message=message, damage=False)]


@pytest.mark.parametrize("broken", ['{"labels":[],"metric":"cut of\n', '{"labels":[]]\n', '{"labels":\n[}, '])
def test_where_brackets_are_broken_no_gauge_is_taken_for_a_counter(broken) -> None:
    right = '{"labels":[],"metric":"right","value":"1"}'

    metrics, issues = read(f'{{"counter":[{right},{broken}],"gauge":[{right}]}}')

    assert [metric.kind for metric in metrics] == ["counter"]
    assert [issue.damage for issue in issues] == [False]
    assert "nothing from here on is read" in issues[0].message


def test_a_list_is_no_metrics_file() -> None:
    metrics, issues = read('[{"labels":[],"metric":"a","value":"1"},{}]')

    assert not metrics
    assert len(issues) == 1


@pytest.mark.parametrize(
    ("head", "is_metrics"),
    [
        (DOCUMENT, True),
        (DOCUMENT[:200], True),
        ('{"gauge":[{"metric":"a","labels":[],"value":"1"}]}', True),
        ('\n{ "counter" : [ {"value":"1","metric":"a","labels":[]', True),
        ("", False),
        ("{}", False),
        ("[]", False),
        ('{"counter":[],"gauge":[]}', False),
        ('{"gauge":[{"name":"a"}]}', False),
        ('{"results":[{"command":"x","mean":1.5}]}', False),
        ('{"mean":{"point_estimate":1.0},"median":{"point_estimate":1.0}}', False),
        ('{"context":{"num_cpus":2},"benchmarks":[{"name":"a","real_time":1}]}', False),
        ('{"machine_info":{},"benchmarks":[{"stats":{"mean":1}}]}', False),
        ('{"timestamp":"2026-01-01T00:00:00Z","level":"INFO","fields":{"message":"close"}}', False),
        ('{"traceEvents":[{"ph":"X","labels":[],"metric":"gauge"}]}', False),
        ('{"t":"span","seq":1,"name":"gauge","fields":{"labels":[],"metric":"counter"}}', False),
        ("INFO     gauge [ 1.00ms | 100.00% ] labels: [] | metric: x", False),
    ],
)
def test_only_its_own_files_are_claimed(head, is_metrics) -> None:
    assert openvm_metrics.sniff(head.encode()) is is_metrics


TEXT = st.text(max_size=8)
FLOATS = st.floats().map(lambda number: "NaN" if math.isnan(number) else f"{number:.3f}")
ENTRIES = st.lists(
    st.fixed_dictionaries(
        {
            "labels": st.lists(st.tuples(TEXT, TEXT).map(list), max_size=3),
            "metric": TEXT | st.just("a_time_ms"),
            "value": TEXT | FLOATS | st.integers(0, 2**64 - 1).map(str),
        }
    ),
    max_size=4,
)
DOCUMENTS = st.fixed_dictionaries({}, optional={"counter": ENTRIES, "gauge": ENTRIES})


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, st.sampled_from([None, 2]), st.data())
def test_every_entry_comes_out_as_it_went_in_wherever_it_is_cut(document, indent, data) -> None:
    printed = json.dumps(document, indent=indent, ensure_ascii=indent is None).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(printed)), max_size=5)))
    metrics, issues = read(printed)

    assert not issues
    entries = [(kind, entry) for kind in document for entry in document[kind]]
    assert [(one.kind, one.name, one.value, [list(pair) for pair in one.labels]) for one in metrics] == [
        (kind, entry["metric"], entry["value"], entry["labels"]) for kind, entry in entries
    ]
    lines = printed.decode().split("\n")
    assert all('"metric":' in lines[one.line - 1] for one in metrics)
    for one in metrics:
        if one.low is not None and one.value.isdecimal():
            assert one.low <= int(one.value) <= one.high
    assert read(printed, *cuts) == (metrics, issues)


def test_a_file_that_is_cut_anywhere_gives_the_entries_before_and_says_so() -> None:
    whole, _ = read(DOCUMENT)
    text = DOCUMENT.rstrip()

    for end in range(len(text)):
        metrics, issues = read(text[:end])

        assert metrics == whole[: len(metrics)]
        assert [issue.message for issue in issues] == ["the file ends early"]


@given(st.binary(max_size=60))
def test_no_bytes_raise(data) -> None:
    for text in (data, b'{"gauge":[' + data, b'{"gauge":[{"labels":[],"metric":"a","value":"1"},' + data):
        read(text)
        openvm_metrics.sniff(text)


def test_deep_nesting_does_not_raise() -> None:
    for text in ("[" * 100_000, '{"gauge":' * 30_000, '{"gauge":[' + '{"labels":[' * 30_000):
        assert not read(text)[0]


def test_many_entries_come_in_batches() -> None:
    entry = {"labels": [], "metric": "a", "value": "1"}
    data = msgspec.json.encode({"gauge": [entry] * 25_000})

    assert [len(batch.metrics) for batch in openvm_metrics.read([chunk_of(data)])] == [10_000, 10_000, 5_000]


def time_gauge(low: float | None, high: float | None, *, name: str = "prove_time_ms", kind: str = "gauge") -> Metric:
    return Metric(kind=kind, name=name, labels=(("group", "app"),), value="2440", low=low, high=high, line=4)


def test_a_time_gauge_is_a_span_of_whole_milliseconds() -> None:
    [span] = spans_of_gauges([time_gauge(2440.0, 2441.0)])
    assert (span.name, span.fields, span.line, span.note) == ("prove", (("group", "app"),), 4, LAST_VALUE_ONLY)
    assert span.duration == Duration(ns=2_440_000_000, low_ns=2_440_000_000, high_ns=2_440_999_999, printed="2440ms")


def test_each_time_gauge_is_a_tree_of_its_own_and_names_are_counted() -> None:
    names = ["a_time_ms", "b_time_ms", "cells_used", "a_time_ms"]
    spans = spans_of_gauges([time_gauge(1.0, 2.0, name=name) for name in names])
    assert [(one.tree, one.seq, one.parent, one.path, one.occurrence) for one in spans] == [
        (0, 0, None, ("a",), 0),
        (1, 1, None, ("b",), 0),
        (2, 2, None, ("a",), 1),
    ]


@pytest.mark.parametrize(
    "metric",
    [
        time_gauge(5.0, 6.0, name="cells_used"),
        time_gauge(5.0, 6.0, name="_time_ms"),
        time_gauge(5.0, 6.0, kind="counter"),
        time_gauge(None, None),
        time_gauge(-1.0, 1.0),
        time_gauge(1e300, 1e300),
        time_gauge(float("nan"), float("nan")),
        time_gauge(6.0, 5.0),
        time_gauge(1.5, 1.5),
    ],
    ids=["no-time", "no-name", "counter", "no-number", "negative", "too-large", "nan", "backwards", "fraction"],
)
def test_what_is_no_time_is_no_span(metric) -> None:
    assert spans_of_gauges([metric]) == ()
