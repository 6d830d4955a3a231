"""tracing-forest's text, rule by rule: what a line is, what is not one, and what a tree is."""

import pytest

from harness.formats import forest
from harness.formats.protocol import Chunk
from tests.formats.forest_run import Run, run_of
from tests.formats.forest_run import read as parse

CUT = "children are missing"
ASTRAY = "does not continue the tree"


def names(run: Run) -> list[str]:
    return [span.name for span in run.spans]


TREE = """\
INFO     prove [ 1.25s | 3.10% / 100.00% ] phase: "prover" | n: 7
DEBUG    ┝━ commit [ 750ms | 20.00% / 60.00% ]
WARN     │  ┝━ 🚧 [warn]: low memory | free: 12
TRACE    │  ┕━ hash [ 500ms | 40.00% ]
ERROR    ┝━ 🚨 [error]: boom
INFO     ┝━ open [ 460ms | 36.90% ]
INFO     ┕━ ｉ [info]:  | num_airs: 1"""
COLOURS = {"TRACE": "1;35", "DEBUG": "1;34", "INFO": "1;32", "WARN": "1;38;2;252;234;160", "ERROR": "1;31"}


def coloured(text: str) -> str:
    """The tree as the `ansi` feature prints it: the level column inside the colour."""
    lines = [(line.split()[0], line[8:]) for line in text.split("\n")]
    return "\n".join(f"\x1b[{COLOURS[level]}m{level:<8}\x1b[0m{rest}" for level, rest in lines)


def test_a_tree_is_read_with_paths_depths_parents_fields_and_percentages() -> None:
    run = parse(TREE)
    rows = [(s.seq, s.parent, s.depth, s.path, s.self_pct, s.root_pct, s.duration.printed, s.line) for s in run.spans]
    assert rows == [
        (0, None, 0, ("prove",), 3.1, 100.0, "1.25s", 1),
        (1, 0, 1, ("prove", "commit"), 20.0, 60.0, "750ms", 2),
        (2, 1, 2, ("prove", "commit", "hash"), None, 40.0, "500ms", 4),
        (3, 0, 1, ("prove", "open"), None, 36.9, "460ms", 6),
    ]
    assert run.spans[0].fields == (("phase", '"prover"'), ("n", "7"))
    assert (run.roots, run.issues, run.unparsed_lines) == (1, (), 0)


def test_events_belong_to_the_span_they_hang_below() -> None:
    events = [(e.seq, e.span_seq, e.level, e.tag, e.message, e.fields, e.line) for e in parse(TREE).events]
    assert events == [
        (0, 1, "WARN", "warn", "low memory", (("free", "12"),), 3),
        (1, 0, "ERROR", "error", "boom", (), 5),
        (2, 0, "INFO", "info", None, (("num_airs", "1"),), 7),
    ]


def test_every_level_seen_is_reported() -> None:
    assert parse(TREE).levels == {"TRACE", "DEBUG", "INFO", "WARN", "ERROR"}


@pytest.mark.parametrize(
    "disguise",
    [
        coloured,
        lambda text: text.replace("\n", "\r\n") + "\r\n",
        lambda text: coloured(text).replace("\n", "\r\n"),
        lambda text: text.replace("phase", "\x1b[2;37mphase\x1b[0m"),
        lambda text: "\n".join("    " + line for line in text.split("\n")),
        lambda text: "\n".join("    " + line for line in coloured(text).split("\n")),
        lambda text: "\n".join("0a1b2c3d-0000-4abc-8def-0123456789ab " + line for line in text.split("\n")),
        lambda text: "\n".join(f"{'2026-01-02T03:04:05.678901234+00:00':<36} {line}" for line in text.split("\n")),
        lambda text: "\n".join(
            f"0a1b2c3d-0000-4abc-8def-0123456789ab {'2026-01-02T03:04:05Z':<36} {line}" for line in text.split("\n")
        ),
    ],
    ids=["ansi", "crlf", "ansi-crlf", "dimmed-keys", "nextest", "nextest-ansi", "uuid", "time", "uuid-time"],
)
def test_the_same_tree_is_read_from_every_dress_it_comes_in(disguise) -> None:
    assert parse(disguise(TREE)) == parse(TREE)
    assert forest.sniff(disguise("INFO     root [ 1.00ms | 100.00% ]").encode())


AROUND = """\
   Compiling prover v0.1.0 (/src/prover)
warning: unused variable: `x`
 --> src/lib.rs:3:9
  |
3 |     let x = 1; // [ 1ms | 2.00% ]
  |         ^ help: prefix it | note: `INFO`
     Running unittests src/lib.rs (target/release/deps/prover-0123456789abcdef)

running 1 test
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.07s
real 1m41.3s
INFO  hyper: not a forest line [ 1ms | 2.00% ]
INFO     a line that is neither span nor event
2026-01-02T03:04:05.678901Z  INFO root: m: close time.busy=1.25ms time.idle=4.30µs"""


def test_lines_of_cargo_libtest_and_others_are_skipped_and_counted() -> None:
    run = parse(f"{AROUND}\n{TREE}\ntest tests::it ... ok\n\n")
    assert names(run) == ["prove", "commit", "hash", "open"]
    assert (run.issues, run.unparsed_lines) == ((), 14)
    assert not forest.sniff(AROUND.encode())


@pytest.mark.parametrize("glue", ["test tests::it ... ", "test it - should panic ... ", "loading 10%", "a INFO     b "])
@pytest.mark.parametrize("dress", [coloured, str], ids=["ansi", "plain"])
def test_text_without_a_line_end_before_a_tree_does_not_hide_its_root(glue, dress) -> None:
    run = parse(glue + dress(TREE))
    assert run == parse(TREE)
    assert forest.sniff((glue + dress(TREE).split("\n")[0]).encode())


def test_invalid_utf_8_is_read_as_replacement_characters() -> None:
    raw = (
        b'INFO     pro\xffve [ 1.00ms | 0.00% / 100.00% ] s: "\xc3"\n\x80\xfe\xff\n'
        b"INFO     \xe2\x94\x95\xe2\x94\x81 leaf [ 1.00ms | 100.00% ]"
    )
    run = parse(raw)
    assert names(run) == ["pro\ufffdve", "leaf"]
    assert (run.issues, run.unparsed_lines) == ((), 1)


def test_several_roots_are_trees_of_their_own_and_equal_names_are_counted() -> None:
    children = "INFO     ┝━ x [ 1.00ms | 50.00% ]\nINFO     ┕━ x [ 1.00ms | 50.00% ]"
    root = f"INFO     prove [ 1.00ms | 0.00% / 100.00% ]\n{children}"
    run = parse(f"{root}\nINFO     other [ 5.00ns | 100.00% ]\n{root}")
    assert [(s.name, s.tree, s.parent, s.occurrence) for s in run.spans] == [
        ("prove", 0, None, 0),
        ("x", 0, 0, 0),
        ("x", 0, 0, 1),
        ("other", 1, None, 0),
        ("prove", 2, None, 1),
        ("x", 2, 4, 0),
        ("x", 2, 4, 1),
    ]
    assert run.roots == 3


@pytest.mark.parametrize(
    "name",
    [
        "generate Keccak trace",
        "a > b",
        "prover::openings::whir",
        "f -> g",
        "s'_0 -> s_0 cpu interpolations",
        'say "hi"',
        "a[0]",
        "open [ bracket",
        "half [ 1ms |",
        "one | two",
        "key: value",
        "  blanks in front",
        "trailing ]",
        "",
    ],
)
def test_a_span_name_may_hold_anything(name) -> None:
    run = parse(f'INFO     {name} [ 1.00ms | 5.00% / 100.00% ] n: "7"\nINFO     ┕━ {name} [ 1.00ms | 95.00% ]')
    assert [(span.name, span.path) for span in run.spans] == [(name, (name,)), (name, (name, name))]
    assert run.spans[0].fields == (("n", '"7"'),)
    assert run.issues == ()


def test_the_first_duration_on_a_line_ends_the_name() -> None:
    [span] = parse("INFO     a [ 1.00ms | 100.00% ] note: b [ 2.00ms | 50.00% ]").spans
    assert (span.name, span.duration.printed) == ("a", "1.00ms")
    assert span.fields == (("note", "b [ 2.00ms | 50.00% ]"),)


@pytest.mark.parametrize("drawn", ["┕━", "┝━"])
def test_a_name_that_begins_like_a_duration_is_a_name_below_its_parent(drawn) -> None:
    name = "[ 1.00ms | 2.00% ] a"
    run = parse(f"INFO     root [ 2.00ms | 0.00% / 100.00% ]\nINFO     {drawn} {name} [ 614ns | 0.03% ]")
    assert [(span.name, span.depth, span.duration.printed) for span in run.spans] == [
        ("root", 0, "2.00ms"),
        (name, 1, "614ns"),
    ]


@pytest.mark.parametrize("prefix", ["", "    ", "0a1b2c3d-0000-4abc-8def-0123456789ab ", "2026-01-02T03:04:05Z   "])
def test_a_level_inside_a_message_does_not_move_where_the_line_begins(prefix) -> None:
    [event] = parse(f"{prefix}DEBUG    🐛 [debug]: seen INFO     a [ 1.00ms | 100.00% ]").events
    assert (event.level, event.message) == ("DEBUG", "seen INFO     a [ 1.00ms | 100.00% ]")


@pytest.mark.parametrize(
    "printed",
    ["1000ms", "10.00ms", "100.0ms", "1000s", "12346s", "0.00ns", "83.0ns", "792ns", "1.21µs", "1.21\u03bcs", "9.5us"],
)
def test_every_duration_text_is_kept_as_printed(printed) -> None:
    [span] = parse(f"INFO     a [ {printed} | 100.00% ]").spans
    assert span.duration.printed == printed


@pytest.mark.parametrize(
    "text",
    ["1.234ms", "1ms2", "-1ms", "1m", "1 ms", "1,5ms", "٣ms", f"{'9' * 5000}s", "1234567890s"],
)
def test_what_is_no_duration_makes_no_span(text) -> None:
    assert parse(f"INFO     a [ {text} | 100.00% ]").spans == ()


@pytest.mark.parametrize(
    ("percentages", "self_pct", "root_pct"),
    [("NaN%", None, "nan"), ("inf% / inf%", "inf", "inf"), ("0.00% / NaN%", "0.0", "nan"), ("100.00%", None, "100.0")],
)
def test_percentages_may_be_nan_and_inf(percentages, self_pct, root_pct) -> None:
    below = "\nINFO     ┕━ b [ 0.00ns | NaN% ]" if "/" in percentages else ""
    run = parse(f"INFO     a [ 0.00ns | {percentages} ]{below}")
    span = run.spans[0]
    assert (None if span.self_pct is None else str(span.self_pct), str(span.root_pct)) == (self_pct, root_pct)
    assert run.issues == ()


@pytest.mark.parametrize(
    ("line", "tag", "message", "fields"),
    [
        ("INFO     ｉ [info]:  | n: 1", "info", None, (("n", "1"),)),
        ("INFO     ｉ [info]: hello", "info", "hello", ()),
        ("INFO     ｉ [info]:", "info", None, ()),
        ("TRACE    📍 [trace]: a | b", "trace", "a | b", ()),
        ("DEBUG    🐛 [kzg.debug]: x", "kzg.debug", "x", ()),
        ("INFO     * [my-tag]: looks [ 1.00ms | 5.00% ]", "my-tag", "looks [ 1.00ms | 5.00% ]", ()),
        ('INFO     ｉ [info]:  | return: "a | b: c"', "info", None, (("return", '"a | b: c"'),)),
    ],
)
def test_an_event_is_read_with_any_icon_and_tag_and_with_or_without_a_message(line, tag, message, fields) -> None:
    [event] = parse(line).events
    assert (event.tag, event.message, event.fields, event.span_seq) == (tag, message, fields, None)
    assert parse(line).spans == ()


def test_a_dimmed_key_that_turns_out_to_be_in_a_message_loses_its_colour_too() -> None:
    [event] = parse("INFO     ｉ [info]:  | \x1b[2;37mshown\x1b[0m: [ 1.00ms | 100.00% ]").events
    assert (event.message, event.fields) == (" | shown: [ 1.00ms | 100.00% ]", ())


def test_keygens_line_of_an_air_is_one_message() -> None:
    air = "TestAir | Constraint Deg = 3  | Main Cols = [2633]   | 3182 Constraints |   0 Interactions"
    [event] = parse(f"INFO     ｉ [info]: {air}").events
    assert (event.message, event.fields) == (air, ())


def test_lines_of_a_message_over_several_lines_are_no_data_and_the_tree_goes_on() -> None:
    run = parse(
        "INFO     a [ 2.00ms | 50.00% / 100.00% ]\n"
        "INFO     ┝━ ｉ [info]: first\nsecond | n: 7\n│  ┝━ third [ 1ms | 2.00% ]\n\n"
        "INFO     ┕━ b [ 1.00ms | 50.00% ]"
    )
    assert [event.message for event in run.events] == ["first"]
    assert names(run) == ["a", "b"]
    assert (run.issues, run.unparsed_lines) == ((), 2)


def test_the_copy_of_an_immediate_event_on_stderr_does_not_count() -> None:
    copy = "WARN     🚧 IMMEDIATE 🚧 outer > inner > urgent | k: v"
    run = parse(f"{copy}\nINFO     outer [ 1.00ms | 100.00% ]\nWARN     ┕━ 🚧 [warn]: urgent | k: v")
    assert [event.message for event in run.events] == ["urgent"]
    assert (run.unparsed_lines, run.issues) == (1, ())


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["┝━ b [ 1.00ms | 5.00% ]"], 1, ASTRAY),
        (["a [ 1.00ms | 100.00% ]", "│  ┕━ b [ 1.00ms | 5.00% ]"], 2, ASTRAY),
        (["a [ 1.00ms | 0.00% / 100.00% ]", "┕━ b [ 1.00ms | 9.00% ]", "┕━ c [ 1.00ms | 9.00% ]"], 3, ASTRAY),
        (["a [ 1.00ms | 100.00% ]", "┕━ ｉ [info]: x", "   ┕━ below an event [ 1.00ms | 9.00% ]"], 3, ASTRAY),
        (
            ["a [ 1.00ms | 0.00% / 100.00% ]", "┕━ b [ 1.00ms | 0.00% / 9.00% ]", "│  ┕━ c [ 1.00ms | 9.00% ]"],
            3,
            ASTRAY,
        ),
        (["a [ 1.00ms | 0.00% / 100.00% ]", "┝━ b [ 1.00ms | 9.00% ]"], 1, CUT),
        (["a [ 1.00ms | 0.00% / 100.00% ]"], 1, CUT),
        (["a [ 1.00ms | 0.00% / 100.00% ]", "┕━ ｉ [info]: x"], 1, CUT),
        (["a [ 1.00ms | 100.00% ]", "┝━ ｉ [info]: x"], 1, CUT),
        (["a [ 1.00ms | 0.00% / 100.00% ]", "b [ 1.00ms | 100.00% ]"], 1, CUT),
    ],
    ids=[
        "no-root",
        "a-level-skipped",
        "after-the-last-child",
        "below-an-event",
        "wrong-column",
        "last-child-missing",
        "no-child",
        "no-child-span",
        "last-event-missing",
        "next-root-too-early",
    ],
)
def test_a_drawing_that_is_not_whole_is_an_issue_at_its_line(lines, line, message) -> None:
    [issue] = [i for i in parse("\n".join("INFO     " + text for text in lines)).issues if message in i.message]
    assert issue.line == line


def test_a_line_that_does_not_continue_the_tree_gives_no_span() -> None:
    run = parse("INFO     a [ 1.00ms | 100.00% ]\nINFO     │  ┕━ astray [ 1.00ms | 5.00% ]")
    assert names(run) == ["a"]


def test_line_numbers_are_those_given() -> None:
    text = "noise\nINFO     a [ 1.00ms | 100.00% ]\nINFO     ┝━ b [ 1.00ms | 5.00% ]"
    run = run_of([Chunk(data=text.encode(), numbers=[41, 42, 47])])
    assert [span.line for span in run.spans] == [42, 47]
    assert [issue.line for issue in run.issues] == [42]


def test_a_text_without_spans_is_an_empty_run() -> None:
    assert parse("") == Run()
    assert not forest.sniff(b"")
