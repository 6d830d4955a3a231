"""What holds for the result files of every benchmark runner: no text raises, no doubtful value becomes a time."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import criterion, google_benchmark, hyperfine, pytest_benchmark, result_values
from harness.formats.protocol import Chunk, Shape, chunk_of
from harness.formats.result_values import UnusableError, milliseconds, read_results, sampled, summarized
from harness.spans.model import Timing

RESULTS = Path(__file__).parents[1] / "data" / "results"
FORMATS = [criterion, google_benchmark, hyperfine, pytest_benchmark]
FILES = sorted(RESULTS.glob("*.json"))
CHANGE = "criterion-change.json"
OTHERS = [
    '{"counter": [], "gauge": []}',
    '{"counter":[{"labels":[["group","app"]],"metric":"rows","value":"4"}],"gauge":[]}',
    '[{"name": "a", "unit": "Hz", "value": 1}]',
    '{"traceEvents": [{"ph": "X", "ts": 0, "dur": 1, "name": "a", "pid": 1, "tid": 1}], "displayTimeUnit": "ms"}',
    '[{"ph": "B", "ts": 0, "name": "results", "args": {"command": "a", "mean": 1, "user": 1, "system": 1}}]',
    '{"traceEvents": [{"args": {"results": [{"command": "a", "mean": 1, "user": 1, "system": 1}]}}]}',
    '{"type": "suite", "event": "started", "test_count": 1}\n{"type": "bench", "name": "a", "median": 1}',
    '{"results": [{"segment_idx": 0, "prove_ms": 7}], "total_prove_ms": 7}',
    '{"benchmarks": [{"name": "BM_listed"}]}',
    '{"bench": {"measure": {"value": 1.0}}}',
    '{"mean": {"point_estimate": 0.1}, "median": {"point_estimate": 0.1}}',
    "INFO prove [ 1.00ms | 100.00% ]",
    "",
]


def read(form, data: bytes, size: int = 1 << 20):
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    [batch] = form.read([Chunk(data=piece, numbers=range(1, 2)) for piece in pieces])
    assert batch.spans.num_rows == batch.events.num_rows == batch.unparsed_lines == 0
    return batch


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_is_claimed_by_its_own_format_alone(file) -> None:
    claimed = [form.NAME for form in FORMATS if form.sniff(file.read_bytes())]
    assert claimed == (
        [] if file.name == CHANGE else [form.NAME for form in FORMATS if file.name.startswith(form.NAME)]
    )


@pytest.mark.parametrize("file", [file for file in FILES if file.name != CHANGE], ids=lambda file: file.name)
def test_keys_in_another_order_change_neither_the_claim_nor_the_times(file) -> None:
    data = file.read_bytes()
    ordered = json.dumps(json.loads(data), sort_keys=True).encode()
    [form] = [form for form in FORMATS if form.sniff(data)]
    assert [each for each in FORMATS if each.sniff(ordered)] == [form]
    assert read(form, ordered).timings == read(form, data).timings


@pytest.mark.parametrize("text", OTHERS)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)
def test_other_files_are_not_claimed(form, text) -> None:
    assert not form.sniff(text.encode())


@pytest.mark.parametrize("text", OTHERS)
@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)
def test_other_files_read_all_the_same_give_an_issue_and_no_time(form, text) -> None:
    batch = read(form, text.encode())
    assert batch.issues
    assert not batch.timings


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_cut_anywhere_gives_one_issue_and_no_time(file) -> None:
    data = file.read_bytes().rstrip()
    [form] = [form for form in FORMATS if file.name.startswith(form.NAME)]
    for length in range(0, len(data), max(1, len(data) // 400)):
        batch = read(form, data[:length])
        [issue] = batch.issues
        assert issue.damage
        assert 1 <= issue.line <= data[:length].count(b"\n") + 1
        assert not batch.timings


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)
@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80) | st.text('{}[],:"\\ 0e9-nullNaN', max_size=40).map(str.encode))
def test_random_text_gives_an_issue_and_no_time(form, data) -> None:
    batch = read(form, data)
    assert batch.issues
    assert not batch.timings
    assert form.sniff(data) in {True, False}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_value_replaced_by_any_other_never_raises_nor_gives_a_time_that_is_none(file, data) -> None:
    """Each time that comes out is finite, not negative, and its name can be stored."""
    document = json.loads(file.read_bytes())
    place = document
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], dict | list) and place[key]) or data.draw(st.integers(0, 3)) == 0:
            break
        place = place[key]
    place[key] = data.draw(JSON)
    [form] = [form for form in FORMATS if file.name.startswith(form.NAME)]
    batch = read(form, json.dumps(document).encode())
    for timing in batch.timings:
        assert timing.name.encode() or form is criterion
        assert all(0 <= sample < float("inf") for sample in timing.samples_ms)
    assert all(issue.message.encode() for issue in batch.issues)
    assert batch.timings or batch.issues


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)
@pytest.mark.parametrize("opening", ["[", '{"results":', '{"benchmarks":[', '{"median":'])
def test_hostile_nesting_is_an_issue(form, opening) -> None:
    batch = read(form, opening.encode() * 50_000)
    assert len(batch.issues) == 1
    assert not batch.timings


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)
@pytest.mark.parametrize("key", ["results", "benchmarks", "iters", "median"])
@pytest.mark.parametrize("value", ['["\\ud800"]', '"\\ud800"', '{"\\ud800": 1}', '[{"command": "\\udfff"}]'])
def test_half_a_character_is_an_issue(form, key, value) -> None:
    batch = read(form, f'{{"{key}": {value}}}'.encode())
    assert not batch.timings
    assert [issue.damage for issue in batch.issues] == [True]
    assert batch.issues[0].message.encode()


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.NAME)
def test_a_result_file_is_a_document(form) -> None:
    assert form.SHAPE is Shape.DOCUMENT


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_where_a_document_is_cut_into_chunks_makes_no_difference(size) -> None:
    data = (RESULTS / "hyperfine-1-parameters.json").read_bytes()
    assert read(hyperfine, data, size) == read(hyperfine, data)


def test_too_large_a_file_is_not_read(monkeypatch) -> None:
    data = (RESULTS / "hyperfine-1-parameters.json").read_bytes()
    monkeypatch.setattr(result_values, "DOCUMENT_LIMIT_BYTES", len(data))
    assert read(hyperfine, data, 100).timings
    batch = read(hyperfine, data + b" ", 100)
    assert "MiB" in batch.issues[0].message
    assert not batch.timings


def test_the_rest_of_too_large_a_file_is_not_even_asked_for() -> None:
    def endless():
        while True:
            yield Chunk(data=b" " * (16 << 20), numbers=range(1, 2))

    [batch] = hyperfine.read(endless())
    assert batch.issues


def test_lines_count_on_from_where_the_document_begins() -> None:
    [batch] = hyperfine.read([chunk_of(b'{"results":\n [\n', first_line=10)])
    assert [issue.line for issue in batch.issues] == [12]


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (1.5, "s", 1500.0),
        (1.5, "ms", 1.5),
        (1.5, "us", 0.0015),
        (1.5, "ns", 1.5e-6),
        (0.0, "s", 0.0),
        (5e-324, "ns", 0),
    ],
)
def test_units_are_worth_what_they_are(value, unit, expected) -> None:
    assert milliseconds(value, unit) == expected


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1e9), st.sampled_from([("s", 10**3, 1), ("ms", 1, 1), ("us", 1, 10**3), ("ns", 1, 10**6)]))
def test_a_time_is_rounded_once_to_the_nearest_float(value, unit) -> None:
    name, times, parts = unit
    numerator, denominator = value.as_integer_ratio()
    assert milliseconds(value, name) == (numerator * times) / (denominator * parts)


@pytest.mark.parametrize("value", [None, -1.0, -5e-324, float("nan"), float("inf"), float("-inf"), 9.3e9, 1e308])
def test_what_is_no_time_is_refused(value) -> None:
    with pytest.raises(UnusableError, match="time"):
        milliseconds(value, "s")


@pytest.mark.parametrize("unit", ["", "m", "S", "second", "x" * 1000])
def test_unknown_units_are_refused(unit) -> None:
    with pytest.raises(UnusableError, match="no unit of time") as caught:
        milliseconds(1.0, unit)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("bounds", [(2.0, 1.0), (None, 1.0), (1.0, float("nan")), (-1.0, 1.0)])
def test_an_interval_that_is_none_spoils_the_summary(bounds) -> None:
    with pytest.raises(UnusableError, match="'a': median: "):
        summarized("a", 1.0, "ms", bounds=bounds)


def test_the_sample_that_is_no_time_is_named() -> None:
    with pytest.raises(UnusableError, match=r"'a': sample 3: -1\.0 is no time"):
        sampled("a", [1.0, 2.0, -1.0, 4.0], "s")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "a (2)", "a (2) (2)", "a (3)", ""]), max_size=12))
def test_results_of_one_name_are_told_apart_in_order(names) -> None:
    timings = [Timing(name=name, samples_ms=(float(place),)) for place, name in enumerate(names)]
    batch = read_results([chunk_of(b"{}")], lambda _: timings)
    apart = [timing.name for timing in batch.timings]
    assert len(set(apart)) == len(names)
    assert [timing.samples_ms for timing in batch.timings] == [timing.samples_ms for timing in timings]
    assert all(new == old or (new.startswith(f"{old} (")) for old, new in zip(names, apart, strict=True))
    assert all(new in apart for new in names)


def test_very_many_results_of_one_name_are_told_apart_quickly() -> None:
    """Quadratic work would take minutes, not fail by a margin of time."""
    batch = read_results([chunk_of(b"{}")], lambda _: [Timing(name="a", samples_ms=(1.0,))] * 100_000)
    assert batch.timings[-1].name == "a (100000)"
    assert all(first.name != second.name for first, second in pairwise(batch.timings))


def test_half_a_surrogate_pair_in_a_name_is_replaced() -> None:
    text = r'{"results": [{"command": "a \ud800 😀 \ud83d\ude00", "mean": 1}]}'
    assert read(hyperfine, text.encode()).timings[0].name == "a \ufffd 😀 😀"


def test_bytes_that_are_no_utf8_are_replaced_in_names() -> None:
    assert read(hyperfine, b'{"results": [{"command": "a \xff", "mean": 1}]}').timings[0].name == "a \ufffd"


@pytest.mark.parametrize("key", ["command", "mean"])
def test_a_repeated_key_that_matters_is_refused(key) -> None:
    text = f'{{"results": [{{"command": "a", "mean": 1, "{key}": 2}}]}}'
    batch = read(hyperfine, text.encode())
    assert "RepeatedKey" in batch.issues[0].message
    assert not batch.timings


def test_a_repeated_key_that_does_not_matter_changes_nothing() -> None:
    assert read(hyperfine, b'{"results": [{"command": "a", "mean": 1, "x": 1, "x": 2}]}').timings
