"""Whatever a file of any format holds: no error, no endless reading, and no time that the program did not write."""

import sys
from itertools import pairwise

import pytest

from harness.formats.protocol import Format, Shape, chunk_of
from harness.formats.registry import FORMATS, recognise
from harness.spans.table import span_rows
from tests.formats.mutations import (
    LONE_SURROGATE,
    REPLACEMENTS,
    Read,
    Sample,
    keys_repeated,
    like_but_another,
    read,
    samples,
    seeded,
    values_replaced,
)

SAMPLES = samples()
JSON_SAMPLES = {name: one for name, one in SAMPLES.items() if one.format.NAME != "fmt"}
TIMING_SAMPLES = {name: one for name, one in SAMPLES.items() if read(one.format, one.data).timings}
JSON_FORMATS = [one for one in FORMATS if one.NAME not in {"tracing-forest", "fmt"}]
DEEP = 100_000

JSON_WORDS = [
    *(bytes([byte]) for byte in b'{}[]":,\\\n1-\xff\0'),
    b".5e9",
    b"null",
    *(b'"%b":' % key for key in (b"ts", b"dur", b"t", b"seq", b"results", b"gauge", b"labels", b"times")),
    *(b'"ph":"B",', b'"t":"span"', b'"time.busy":"1ms"', b'{"span":{"name":"a"}', b'"message":"close",'),
]
LINE_WORDS = [
    *(b"INFO     ", b"INFO ", b" WARN", b"2026-11-21T07:40:41.822827Z ", b"a:", b"a{n=1}:", b" k=v", b" k: v"),
    *(b" close time.busy=1.00ms time.idle=2.00us", b" close time.busy=9e9s", b"\x1b[1m", b"\x1b[0m", b"\x1b[2m:"),
    *(bytes([byte]) for byte in b'\n\n\r"{}\xff\0'),
    *("┝━ ".encode(), "┕━ ".encode(), "│  ".encode(), b"   ", b" [ 1.00ms | 1.00% ]", b" [ ", b" | ", b"[info]:"),
]


def is_true(found: Read, whole: Read) -> bool:
    """Whether every time is one of the whole text's, or it is said that something is wrong."""
    return bool(found.issues) or found.times <= whole.times


def every(samples: dict[str, Sample]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sample", samples.values(), ids=samples.keys())


def test_every_format_has_a_sample_that_is_taken_for_it() -> None:
    assert {one.format.NAME for one in SAMPLES.values()} | {"tracing-forest"} == {one.NAME for one in FORMATS}
    for one in SAMPLES.values():
        assert recognise([one.data]) is one.format
        found = read(one.format, one.data)
        assert found.spans or found.timings or found.metrics


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.NAME)
def test_random_bytes_and_random_words_give_no_error(one: Format, seed: int) -> None:
    source = seeded(seed)
    for data in (
        source.randbytes(200_000),
        b"".join(source.choices(JSON_WORDS, k=20_000)),
        b"".join(source.choices(LINE_WORDS, k=20_000)),
    ):
        one.sniff(data)
        found = read(one, data)
        assert all(time[0] in {0, 1_000_000} for time in found.times)


@pytest.mark.slow
@every(SAMPLES)
def test_a_text_cut_at_any_byte_gives_only_true_times_or_says_so(sample: Sample) -> None:
    whole = read(sample.format, sample.data)
    spans = {(span.line, span.name): span for span in whole.spans}
    for size in range(len(sample.data)):
        found = read(sample.format, sample.data[:size])
        assert is_true(found, whole), size
        for span in () if found.damage else found.spans:
            assert span.path == spans[span.line, span.name].path, size
            assert span.duration in {None, spans[span.line, span.name].duration}, size


@every(TIMING_SAMPLES)
def test_a_cut_result_file_gives_no_timing_at_all(sample: Sample) -> None:
    for size in range(0, len(sample.data.rstrip()), 7):
        found = read(sample.format, sample.data[:size])
        assert (found.timings, found.damage) == ((), True), size


@pytest.mark.slow
@every(JSON_SAMPLES)
def test_a_text_with_any_value_replaced_gives_only_true_times_or_says_so(sample: Sample) -> None:
    whole = read(sample.format, sample.data)
    for name, text in REPLACEMENTS.items():
        for place, data in enumerate(values_replaced(sample.data, text)):
            assert is_true(read(sample.format, data), whole), (name, place)


@every(JSON_SAMPLES)
def test_half_a_character_in_place_of_any_value_gives_no_error(sample: Sample) -> None:
    whole = read(sample.format, sample.data)
    for data in values_replaced(sample.data, LONE_SURROGATE):
        assert is_true(read(sample.format, data), whole)


@every(JSON_SAMPLES)
def test_a_text_with_any_member_twice_gives_the_same_times_or_says_so(sample: Sample) -> None:
    whole = read(sample.format, sample.data)
    for data in keys_repeated(sample.data):
        assert is_true(read(sample.format, data), whole)


@every({name: one for name, one in JSON_SAMPLES.items() if one.format.NAME != "fmt-json"})
def test_a_text_with_any_member_twice_and_otherwise_gives_only_what_is_true_or_says_so(sample: Sample) -> None:
    whole = read(sample.format, sample.data)
    values = {one.value for one in whole.metrics}
    paths = {one.path for one in whole.spans}
    for data in keys_repeated(sample.data, like_but_another):
        found = read(sample.format, data)
        assert is_true(found, whole), data
        assert found.issues or {one.path for one in found.spans} == paths, data
        assert found.issues or {one.value for one in found.metrics} == values, data


@pytest.mark.parametrize("one", JSON_FORMATS, ids=lambda one: one.NAME)
@pytest.mark.parametrize(
    "value",
    [
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b"1" * 1_000_000,
        b'"' + b"x" * (30 << 20) + b'"',
        b'"' + b"x" * (30 << 20),
        b'"' + b'\\"' * (2 << 20) + b'"',
    ],
    ids=["lists", "objects", "open lists", "open objects", "digits", "text", "open text", "escapes"],
)
def test_a_huge_value_gives_no_error_and_no_time(one: Format, value: bytes) -> None:
    one.sniff(value)
    assert not read(one, value).times


@pytest.mark.slow
@every(JSON_SAMPLES)
@pytest.mark.parametrize("value", ["[" * DEEP + "]" * DEEP, '"' + "x" * (30 << 20) + '"'], ids=["lists", "text"])
def test_a_huge_value_within_a_text_gives_only_true_times_or_says_so(sample: Sample, value: str) -> None:
    several = values_replaced(sample.data, value)
    next(several)  # the document itself
    assert is_true(read(sample.format, next(several)), read(sample.format, sample.data))


@every({name: one for name, one in SAMPLES.items() if one.format.SHAPE is Shape.LINES})
def test_two_programs_lines_mixed_are_damage_or_give_only_true_times(sample: Sample) -> None:
    lines = sample.data.splitlines(keepends=True)
    mixed = b"".join(line + other for line, other in pairwise(lines))
    found, whole = read(sample.format, mixed), read(sample.format, sample.data)
    assert found.damage or found.times <= whole.times + whole.times


@every({name: one for name, one in SAMPLES.items() if one.format.SHAPE is Shape.DOCUMENT})
def test_a_document_cut_into_chunks_anywhere_gives_the_same(sample: Sample) -> None:
    ends = [*range(0, len(sample.data), 97), len(sample.data)]
    batches = list(sample.format.read([chunk_of(sample.data[start:end]) for start, end in pairwise(ends)]))
    whole = read(sample.format, sample.data)
    assert [row for batch in batches for row in batch.timings] == list(whole.timings)
    assert [row.value for batch in batches for row in batch.metrics] == [row.value for row in whole.metrics]
    assert [row.duration for batch in batches for row in span_rows(batch.spans)] == [
        row.duration for row in whole.spans
    ]


def calls_made(one: Format, data: bytes) -> int:
    """How many functions are called while a text is read: a measure of the work that no clock disturbs."""
    count = 0

    def see(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(see)
    try:
        for _ in one.read([chunk_of(data)]):
            pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.NAME)
def test_twice_the_text_is_at_most_a_little_more_than_twice_the_work(one: Format) -> None:
    for words in (JSON_WORDS, LINE_WORDS):
        text = b"".join(seeded(4).choices(words, k=4000))
        read(one, text * 4)  # some results are remembered
        once, twice, again = (calls_made(one, text * times) for times in (1, 2, 4))
        assert again - twice <= 2.2 * (twice - once) + 500


@every(SAMPLES)
def test_twice_the_spans_are_at_most_a_little_more_than_twice_the_work(sample: Sample) -> None:
    if sample.format.SHAPE is Shape.DOCUMENT:
        return
    read(sample.format, sample.data * 16)
    once, twice, again = (calls_made(sample.format, sample.data * times) for times in (4, 8, 16))
    assert again - twice <= 2.2 * (twice - once) + 500
