"""Span JSONL: exact times, trees put together from children first, and nothing lost in silence."""

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.formats import span_jsonl
from harness.formats.protocol import Chunk, chunk_of
from harness.spans.model import MAX_DEPTH
from harness.spans.table import span_rows

RECORDINGS = Path(__file__).parents[1] / "data" / "turns" / "recordings"
RECORDS = sorted(RECORDINGS.glob("*/raw/*.spans.jsonl.zst"))
HEADER = {"t": "header", "v": 1, "clock": "monotonic", "t0_unix_ns": 1, "pid": 2, "threads": 2, "crates": {}}
END = {"t": "end"}


def span(seq, parent=None, name="prove", busy_ns=10, **more):
    """A span's line; its times follow each other."""
    times = {"created_ns": 100, "start_ns": 110, "end_ns": 200}
    whole = {"t": "span", "seq": seq, "parent": parent, "name": name, "busy_ns": busy_ns, "fields": {}} | times
    return whole | more


def lines(*objects):
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in objects).encode()


def record(*objects):
    return lines(HEADER, *objects, END)


def read(data, *breaks):
    """Spans, issues and the count of foreign lines; cut before the lines with these indices."""
    whole = data.splitlines(keepends=True)
    chunks = [
        Chunk(data=b"".join(whole[start:end]), numbers=range(start + 1, end + 1))
        for start, end in zip([0, *breaks], [*breaks, len(whole)], strict=True)
    ]
    batches = list(span_jsonl.read(chunks))
    spans = [one for batch in batches for one in span_rows(batch.spans)]
    return spans, [one for batch in batches for one in batch.issues], sum(one.unparsed_lines for one in batches)


def damage(data):
    """The messages of the issues, all of which spoil the run."""
    _spans, issues, _unparsed = read(data)
    assert all(issue.damage for issue in issues)
    return [(issue.line, issue.message) for issue in issues]


def test_a_span_has_its_own_times_to_the_nanosecond() -> None:
    fields = {"round": 0, "phase": "prover", "ratio": 1.5, "on": True, "text": 'say "hi"'}
    whole = span(4, None, "whir", 61, level="INFO", thread=3, fields=fields)

    (one,), issues, _ = read(record(whole))

    assert not issues
    assert (one.name, one.path, one.level, one.thread, one.line) == ("whir", ("whir",), "INFO", "3", 2)
    assert (one.duration.ns, one.duration.low_ns, one.duration.high_ns, one.duration.printed) == (61, 61, 61, "61ns")
    assert (one.start_ns, one.end_ns, one.idle.ns) == (110, 200, 39)
    assert one.fields == (
        ("round", "0"),
        ("phase", "prover"),
        ("ratio", "1.5"),
        ("on", "true"),
        ("text", 'say "hi"'),
    )
    assert (one.self_pct, one.root_pct, one.note) == (None, None, None)


def test_a_span_that_was_never_entered_took_no_time() -> None:
    (one,), issues, _ = read(record(span(0, busy_ns=0, start_ns=None, end_ns=None, enters=0)))

    assert not issues
    assert (one.duration.ns, one.start_ns, one.end_ns, one.idle) == (0, None, None, None)


def test_trees_come_in_order_of_their_roots_lines_and_siblings_in_order_of_theirs() -> None:
    data = record(
        span(2, 0, "round"), span(5, 4, "leaf"), span(3, 0, "round"), span(0, None, "a"), span(4, None, "a"), span(1)
    )

    spans, issues, _ = read(data)

    assert not issues
    assert [(one.tree, one.seq, one.parent, one.depth, one.path, one.occurrence, one.line) for one in spans] == [
        (0, 0, None, 0, ("a",), 0, 5),
        (0, 1, 0, 1, ("a", "round"), 0, 2),
        (0, 2, 0, 1, ("a", "round"), 1, 4),
        (1, 3, None, 0, ("a",), 1, 6),
        (1, 4, 3, 1, ("a", "leaf"), 0, 3),
        (2, 5, None, 0, ("prove",), 0, 7),
    ]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parts[-3][:4]}-{path.name.split('.spans')[0]}")
def test_what_the_bundled_prover_writes_is_read_whole(path) -> None:
    data = pa.input_stream(str(path), compression="zstd").read()
    truth = [one for one in map(json.loads, data.splitlines()) if one["t"] == "span"]
    names = {one["seq"]: one["name"] for one in truth}

    spans, issues, unparsed = read(data)

    assert span_jsonl.sniff(data)
    assert (issues, unparsed) == ([], 0)
    assert Counter((one.line, one.name, one.duration.ns) for one in spans) == Counter(
        (line, one["name"], one["busy_ns"]) for line, one in enumerate(truth, start=2)
    )
    parents = {one.line: one.path[-2] if one.parent is not None else None for one in spans}
    assert parents == {line: names.get(one["parent"]) for line, one in enumerate(truth, start=2)}


def test_several_records_may_follow_each_other() -> None:
    spans, issues, _ = read(record(span(0)) + record(span(1, 0), span(0)))

    assert not issues
    assert [(one.tree, one.seq, one.occurrence, one.line) for one in spans] == [
        (0, 0, 0, 2),
        (1, 1, 1, 6),
        (1, 2, 0, 5),
    ]


def test_what_is_not_the_records_own_is_passed_over() -> None:
    data = lines("Running prover", HEADER, "", {"t": "note", "seq": "x"}, {"level": "INFO"}, span(0), "}", "[1]", END)

    spans, issues, unparsed = read(data)

    assert (len(spans), issues, unparsed) == (1, [], 4)


def test_windows_line_ends_are_no_part_of_a_line() -> None:
    assert read(record(span(0)).replace(b"\n", b"\r\n")) == read(record(span(0)))


def test_a_record_without_its_end_is_damage_but_what_is_whole_is_shown() -> None:
    data = lines(HEADER, span(1, 0, "round"), span(0), span(3, 2, "round"), span(4, 2, "round"))

    spans, issues, _ = read(data)

    assert [one.name for one in spans] == ["prove", "round"]
    assert [(issue.line, issue.damage) for issue in issues] == [(5, True), (4, True)]
    assert "no end line" in issues[0].message
    assert "the parent 2 of 'round' never closes: 2 spans" in issues[1].message


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"", 1, "no record"),
        (lines(span(0), END), 1, "without its header"),
        (lines({**HEADER, "v": 2}, span(0), {"t": "span"}, END), 1, "version"),
        (lines(HEADER, span(0)) + record(), 3, "no end line"),
        (record(span(0), span(0)), 3, "second span has the number 0"),
        (record(span(0, 0)), 2, "its own parent"),
        (record(span(0), span(1, 0)), 3, "stands after its parent"),
        (lines(HEADER, END, span(0)), 3, "follows the end"),
        (record(span(1, 7)), 2, "the parent 7"),
        (record(span(0, busy_ns=-1)), 2, "busy_ns"),
        (record(span(0, busy_ns=2**63)), 2, "busy_ns"),
        (record(span(0, busy_ns=1.5)), 2, "busy_ns"),
        (record(span(0, busy_ns="7")), 2, "busy_ns"),
        (record(span(0, busy_ns=None)), 2, "busy_ns"),
        (record(span(0, start_ns=2**70)), 2, "start_ns"),
        (record(span("0")), 2, "seq"),
        (record(span(0, None, 7)), 2, "name"),
        (record(span(0, fields=[1])), 2, "object"),
        (record(span(0, end_ns=105)), 2, "before it begins"),
        (record('{"t":"span","seq":1,'), 2, "truncated"),
        (record('ame":"x","busy_ns":1}'), 2, "malformed"),
        (record(span(0, None, "NAME")).replace(b"NAME", b"\\ud800"), 2, "malformed"),
    ],
)
def test_what_cannot_be_used_is_damage_with_its_line(data, line, said) -> None:
    found = damage(data)

    assert len(found) == 1
    assert found[0][0] == line
    assert said in found[0][1]


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('"busy_ns":7', "busy_ns"),
        ('"b\\u0075sy_ns":7', "busy_ns"),
        ('"t":"note"', "t"),
        ('"t":null', "t"),
        ('"parent":3', "parent"),
    ],
)
def test_a_key_twice_with_different_values_is_damage(more, key) -> None:
    line = f"{json.dumps(span(0))[:-1]},{more}}}"

    assert damage(record(line)) == [(2, f"the key '{key}' occurs more than once, with different values")]


def test_a_version_told_twice_is_none() -> None:
    header = f'{json.dumps({**HEADER, "v": 2})[:-1]},"v":1}}'

    assert "the key 'v' occurs more than once" in damage(lines(header, span(0), END))[0][1]


def test_a_key_twice_with_one_value_within_the_fields_or_in_other_lines_is_no_trouble() -> None:
    line = f'{json.dumps(span(0, fields={"busy_ns": 7, "t": "t"}))[:-1]},"busy_ns":10}}'

    spans, issues, unparsed = read(record(line, '{"name":1,"name":2}', '"t" and "t"'))

    assert ([one.duration.ns for one in spans], issues, unparsed) == ([10], [], 2)


def test_a_header_that_cannot_be_read_is_none() -> None:
    found = damage(lines({"t": "header", "v": "1"}, span(0), END))

    assert [line for line, _message in found] == [1, 2]


def test_spans_in_a_ring_are_damage() -> None:
    assert [line for line, _message in damage(record(span(1, 2), span(2, 1)))] == [3, 2]


def test_a_span_with_something_wrong_takes_its_children_out_with_it() -> None:
    spans, issues, _ = read(record(span(1, 0, "leaf"), span(0, busy_ns=-1), span(2, None, "other")))

    assert [one.name for one in spans] == ["other"]
    assert len(issues) == 2


def test_idle_time_that_would_be_negative_is_not_known() -> None:
    (one,), issues, _ = read(record(span(0, busy_ns=5000)))

    assert not issues
    assert one.idle is None


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    (one,), issues, _ = read(record(span(0, None, "NAME")).replace(b"NAME", b"a\xffb"))

    assert not issues
    assert one.name == "a\ufffdb"


def chain(depth):
    return record(*(span(seq, seq - 1 if seq else None, f"s{seq % 3}") for seq in reversed(range(depth))))


def test_trees_may_be_deep_but_not_without_bound() -> None:
    spans, issues, _ = read(chain(MAX_DEPTH))
    assert (len(spans), spans[-1].depth, issues) == (MAX_DEPTH, MAX_DEPTH - 1, [])

    spans, issues, _ = read(chain(MAX_DEPTH + 1))
    assert (spans, len(issues)) == ([], 1)
    assert "inside one another" in issues[0].message


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (record(), True),
        (b"Running\n" + lines(span(3, 2)), True),
        (lines({"seq": 1, "name": "x", "busy_ns": 3, "t": "span"}), True),
        (record()[:150], True),
        (b"", False),
        (lines(END), False),
        (lines({"t": "span", "name": "x"}), False),
        (lines({"t": "header"}), False),
        (lines({"timestamp": "2026", "level": "INFO", "fields": {"message": '{"t":"span","seq":1}'}}), False),
        (b'[{"ph":"X","name":"t","args":{"t":"span"}}]', False),
        (b'{"results":[{"command":"t"}]}', False),
        (b"INFO     prove [ 1.00ms | 100.00% ]\n", False),
        (b'{"t":"span"' * 3000, False),
    ],
)
def test_only_its_own_lines_are_claimed(head, is_ours) -> None:
    assert span_jsonl.sniff(head) is is_ours


TREES = st.recursive(
    st.tuples(st.sampled_from("abc"), st.just([])),
    lambda inner: st.tuples(st.sampled_from("abc"), st.lists(inner, max_size=3)),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.integers() | st.booleans(), max_size=2)


def printed(trees, draw):
    """The trees' lines as the prover writes them, and the rows that they should give."""
    out, rows, seqs = [], [], iter(range(10_000))

    def visit(tree, parent, path):
        name, children = tree
        row = {"path": (*path, name), "ns": draw(st.integers(0, 2**63 - 1)), "fields": draw(FIELDS)}
        rows.append(row)
        seq = next(seqs)
        for child in children:
            visit(child, seq, row["path"])
        out.append(span(seq, parent, name, row["ns"], fields=row["fields"]))

    for tree in trees:
        visit(tree, None, ())
    return record(*out), rows


@settings(max_examples=60, deadline=None)
@given(st.lists(TREES, max_size=3), st.data())
def test_printed_trees_read_back_as_they_were_wherever_they_are_cut(trees, data) -> None:
    text, rows = printed(trees, data.draw)
    spans, issues, _ = read(text)

    assert not issues
    assert [(one.path, one.duration.ns) for one in spans] == [(row["path"], row["ns"]) for row in rows]
    for one, row in zip(spans, rows, strict=True):
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in row["fields"].items()}
        assert one.fields == tuple(texts.items())
    breaks = sorted(data.draw(st.lists(st.integers(0, text.count(b"\n")), max_size=4)))
    assert read(text, *breaks) == (spans, issues, 0)


def test_a_text_that_is_cut_anywhere_is_damage_and_what_it_gives_is_true() -> None:
    data = record(span(1, 0, "a", 11), span(0, None, "b", 12), span(3, 2, "a", 13), span(2, None, "b", 14))
    true = {(one.path, one.line, one.duration.ns) for one in read(data)[0]}

    for end in range(len(data) - 1):
        spans, issues, _ = read(data[:end])

        assert {(one.path, one.line, one.duration.ns) for one in spans} <= true
        assert any(issue.damage for issue in issues)


@given(st.binary(max_size=60))
def test_no_bytes_raise(data) -> None:
    for text in (data, lines(HEADER) + data, b'{"t":"span","seq":' + data, b'{"t":' + data):
        list(span_jsonl.read([chunk_of(text)]))
        span_jsonl.sniff(text)


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"t":' * 50_000, '{"t":"span","seq":' + "[" * 100_000])
def test_deep_nesting_does_not_raise(deep) -> None:
    assert damage(lines(deep))


def test_many_spans_come_in_batches() -> None:
    data = record(*(span(seq, 24_999 if seq < 24_999 else None) for seq in range(25_000)))

    assert [len(one.spans) for one in span_jsonl.read([chunk_of(data)])] == [10_000, 10_000, 5_000]
