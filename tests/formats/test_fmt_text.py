"""The fmt layer's full and compact text, as tracing-subscriber 0.3.23 wrote it."""

from functools import partial
from itertools import pairwise

import pytest

from harness.formats import fmt_text
from harness.formats.fmt_place import MIXED
from harness.formats.fmt_text import MAY_GO_ON
from harness.formats.fmt_tree import BATCH_ROWS, UNATTRIBUTED
from harness.formats.protocol import chunk_of
from harness.spans.model import UNFINISHED
from harness.spans.table import event_rows
from tests.formats.rows_read import batches_of, events_of, issues_of, spans_of

CLOSE = "close time.busy=1.25ms time.idle=4.30µs"
HEAD = "2026-11-21T07:09:36.149632Z  INFO "
REAL_COMPACT = (
    "\x1b[2m2026-11-21T07:09:37.226900Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[1mshown\x1b[0m:\x1b[1mtrailing \x1b[0m: "
    "\x1b[2moracle\x1b[0m\x1b[2m:\x1b[0m close \x1b[3mtime.busy\x1b[0m\x1b[2m=\x1b[0m32.4µs "
    "\x1b[3mtime.idle\x1b[0m\x1b[2m=\x1b[0m1.12µs \x1b[2m\x1b[3mn\x1b[0m\x1b[2m=\x1b[0m7\x1b[0m\n"
    "\x1b[2m2026-11-21T07:09:37.226990Z\x1b[0m \x1b[32m INFO\x1b[0m \x1b[1mshown\x1b[0m: "
    "\x1b[2moracle\x1b[0m\x1b[2m:\x1b[0m close \x1b[3mtime.busy\x1b[0m\x1b[2m=\x1b[0m99.0µs "
    "\x1b[3mtime.idle\x1b[0m\x1b[2m=\x1b[0m1.12µs\n"
)
REAL_FULL = (
    "\x1b[2m2026-11-21T07:09:36.149652Z\x1b[0m \x1b[35mTRACE\x1b[0m \x1b[1mname: colon\x1b[0m\x1b[1m{\x1b[0m\x1b[3mn"
    '\x1b[0m\x1b[2m=\x1b[0m1 \x1b[3mt\x1b[0m\x1b[2m=\x1b[0m"}: x"\x1b[1m}\x1b[0m\x1b[2m:\x1b[0m '
    "\x1b[2moracle::vocabulary\x1b[0m\x1b[2m:\x1b[0m close \x1b[3mtime.busy\x1b[0m\x1b[2m=\x1b[0m1.25ms "
    "\x1b[3mtime.idle\x1b[0m\x1b[2m=\x1b[0m4.30µs\n"
)


batches = partial(batches_of, fmt_text)
spans = partial(spans_of, fmt_text)
events = partial(events_of, fmt_text)
issues = partial(issues_of, fmt_text)


def log(*lines: str) -> str:
    return "".join(f"{HEAD}{line}\n" for line in lines)


def test_a_full_line_gives_its_times_level_and_fields() -> None:
    [span] = spans(log(f'prove{{phase="prover" n=7}}: target: {CLOSE}'))
    assert (span.path, span.fields, span.level) == (("prove",), (("phase", '"prover"'), ("n", "7")), "INFO")
    assert span.duration is not None
    assert (span.duration.printed, span.duration.low_ns, span.duration.high_ns) == ("1.25ms", 1_245_000, 1_255_000)
    assert span.idle is not None
    assert (span.idle.printed, span.end_ns, span.start_ns, span.note) == ("4.30µs", 0, None, None)


def test_children_close_before_their_parents_and_keep_that_order() -> None:
    text = log(
        f"root:b: t: {CLOSE}",
        f"root:a:leaf: t: {CLOSE}",
        f"root:a: t: {CLOSE}",
        f"root:b: t: {CLOSE}",
        f"root: t: {CLOSE}",
    )
    assert [(span.path, span.parent, span.occurrence, span.line) for span in spans(text)] == [
        (("root",), None, 0, 5),
        (("root", "b"), 0, 0, 1),
        (("root", "a"), 0, 0, 3),
        (("root", "a", "leaf"), 2, 0, 2),
        (("root", "b"), 0, 1, 4),
    ]
    assert not issues(text)


def test_compact_fields_are_told_apart_by_the_parents_own_line() -> None:
    text = log(
        f'root:a:leaf: t: {CLOSE} phase="x y" n=7 round=0',
        f'root:a: t: {CLOSE} phase="x y" n=7',
        f"root:b: t: {CLOSE} other=1",
        f'root: t: {CLOSE} phase="x y"',
    )
    assert [(span.name, span.fields, span.note) for span in spans(text)] == [
        ("root", (("phase", '"x y"'),), None),
        ("a", (("n", "7"),), None),
        ("leaf", (("round", "0"),), None),
        ("b", (("other", "1"),), UNATTRIBUTED),
    ]


def test_a_compact_line_that_may_go_on_in_the_next_is_marked() -> None:
    [span] = spans(log(f"root: t: {CLOSE} shown=first") + "second\n")
    assert span.note == MAY_GO_ON


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ("generate Keccak trace:Air::<T>::commit", ("generate Keccak trace", "Air::<T>::commit")),
        ("s'_0 -> s_0 cpu:leaf", ("s'_0 -> s_0 cpu", "leaf")),
        ('a{text="}: close: x" s=Some { a: "{" } c=\'"\'}:b{t="\\"}:"}', ("a", "b")),
        ("a{shown=x}y}:b", ("a", "b")),
        ("quote {}:b", ("quote {}", "b")),
    ],
)
def test_plain_scopes_are_read_whatever_their_fields_hold(scope: str, path: tuple[str, ...]) -> None:
    text = log(f"{scope}: t: {CLOSE}", f"plain: t: {CLOSE}")
    assert path in [span.path for span in spans(text)]


def test_colours_show_names_that_hold_colons_and_blanks() -> None:
    [span] = spans(REAL_FULL)
    assert (span.name, span.level, span.fields) == ("name: colon", "TRACE", (("n", "1"), ("t", '"}: x"')))
    root, child = spans(REAL_COMPACT)
    assert (root.name, root.fields, root.end_ns) == ("shown", (), 90_000)
    assert (child.name, child.fields) == ("trailing ", (("n", "7"),))


def test_in_colours_a_message_is_never_a_close_line() -> None:
    line = REAL_COMPACT.splitlines(keepends=True)[0]
    fake = line.replace("\x1b[3mtime.busy\x1b[0m\x1b[2m=\x1b[0m32.4", "time.busy=32.4")
    assert [event.message for event in events(fake + REAL_COMPACT)] == ["close"]
    assert [span.line for span in spans(fake + REAL_COMPACT)] == [3, 2]
    assert not issues(fake + REAL_COMPACT)
    [issue] = issues(REAL_COMPACT + log(f"prove: t: {CLOSE}"))
    assert "colours" in issue.message


@pytest.mark.parametrize(
    ("head", "level", "thread"),
    [
        ("", None, None),
        (" INFO ", "INFO", None),
        ("test prover::works ... 2026-11-21T07:09:36.149632Z DEBUG ", "DEBUG", None),
        ("    2026-11-21T07:09:36Z ERROR ", "ERROR", None),
        ("   0.000123456s  WARN ", "WARN", None),
        ("2026-11-21T07:09:36.1+01:00  INFO ThreadId(03) ", "INFO", "ThreadId(3)"),
        ("2026-11-21T07:09:36.1Z  INFO      worker-1 ThreadId(03) ", "INFO", "ThreadId(3)"),
        ("printed without newline2026-11-21T07:09:36.1Z  INFO ", "INFO", None),
    ],
)
def test_what_stands_before_the_scope_may_vary(head: str, level: str | None, thread: str | None) -> None:
    text = f"{head}prove:leaf: {CLOSE}\n{head}prove: {CLOSE}\n"
    assert fmt_text.sniff(text.encode())
    assert [(span.path, span.level, span.thread) for span in spans(text)] == [
        (("prove",), level, thread),
        (("prove", "leaf"), level, thread),
    ]
    assert not issues(text)


def test_a_name_of_a_thread_in_plain_text_is_not_taken_for_a_spans() -> None:
    text = log(f"main prove:leaf: t: {CLOSE}", f"main prove: t: {CLOSE}")
    [issue] = issues(text)
    assert issue.damage
    assert "thread" in issue.message
    assert not issues(text + log(f"other: t: {CLOSE}"))


@pytest.mark.parametrize(
    "text",
    [
        log(f"prove:name: colon: t: {CLOSE}", f"prove: t: {CLOSE}"),
        log(f"prove::: t: {CLOSE}"),
        log(f": t: {CLOSE}"),
        log(f"prove{{open: t: {CLOSE}"),
        log("prove: t: close time.busy=99999999999999999s time.idle=1.00µs"),
        log("prove: t: close time.busy=1.25ms time.id"),
        log(f"prove{{n=1}}: t: {CLOSE} n=1"),
        log(f"prove{{shown=first\nsecond}}: t: {CLOSE}"),
        f"my prove: {CLOSE}\n",
        log(f"prove: t: {CLOSE} n=1")[:-1],
        log(f"prove: t: {CLOSE}", "prove: t: clo")[:-1],
    ],
)
def test_what_cannot_be_read_for_sure_is_damage(text: str) -> None:
    assert any(issue.damage for issue in issues(text))


def test_a_cut_log_shows_the_spans_that_never_closed() -> None:
    text = log(f"root{{n=1}}:a:leaf: t: {CLOSE}", f"root{{n=1}}:b: t: {CLOSE}")
    assert [(span.path, span.duration and span.duration.printed, span.note) for span in spans(text)] == [
        (("root",), None, UNFINISHED),
        (("root", "b"), "1.25ms", None),
        (("root", "a"), None, UNFINISHED),
        (("root", "a", "leaf"), "1.25ms", None),
    ]
    [issue] = issues(text)
    assert issue.damage


def test_creation_lines_give_the_start_and_what_never_closed() -> None:
    head = "2026-11-21T07:09:36.{}Z  INFO "
    text = head.format("000100") + "a: t: new\n" + head.format("000101") + "a: t: enter\n"
    close = head.format("001360") + f"a: t: {CLOSE}\n"
    [span] = spans(text + close)
    assert (span.start_ns, span.end_ns) == (0, 1_260_000)
    [span] = spans(text + close.replace("001360", "901360"))
    assert span.start_ns is None
    [span] = spans(text)
    assert (span.duration, span.note) == (None, UNFINISHED)


def test_fields_recorded_later_do_not_part_a_span_from_its_children() -> None:
    text = log(f"a{{n=1}}:b: t: {CLOSE}", f"a{{n=1 late=2}}:c: t: {CLOSE}", f"a{{n=1 late=2 more=3}}: t: {CLOSE}")
    assert [span.path for span in spans(text)] == [("a",), ("a", "b"), ("a", "c")]
    assert not issues(text)


def test_fields_tell_spans_of_one_name_apart() -> None:
    text = log(
        f"r:a{{n=1}}:b: t: {CLOSE}",
        f"r:a{{n=2}}:c: t: {CLOSE}",
        f"r:a{{n=2}}: t: {CLOSE}",
        f"r:a{{n=1}}: t: {CLOSE}",
        f"r: t: {CLOSE}",
    )
    found = spans(text)
    assert [(span.name, span.fields) for span in found] == [
        ("r", ()),
        ("a", (("n", "2"),)),
        ("c", ()),
        ("a", (("n", "1"),)),
        ("b", ()),
    ]
    assert {span.note for span in found} == {None}


def at(us: int, line: str) -> str:
    return f"2026-11-21T07:09:36.{us:06}Z  INFO {line}\n"


def test_spans_of_one_path_that_were_open_together_are_marked() -> None:
    slow = "close time.busy=1.00ms time.idle=1.00µs"
    text = at(1000, f"r:a:b: {slow}") + at(2000, f"r:a: {slow}") + at(2100, f"r:a: {slow}") + at(9000, f"r: {slow}")
    assert [(span.name, span.note) for span in spans(text)] == [("r", None), ("a", MIXED), ("b", None), ("a", MIXED)]
    apart = text.replace("36.002100", "36.003100")
    assert {span.note for span in spans(apart)} == {None}


def test_a_close_leaves_what_is_still_open_to_another_span_of_its_path() -> None:
    text = log(*(f"{scope}: {CLOSE}" for scope in ("r:a:b:c", "r:a", "r:a:b", "r:a", "r")))
    found = spans(text)
    assert [span.path for span in found if span.note == MIXED] == [("r", "a"), ("r", "a")]
    assert sorted(len(span.path) for span in found) == [1, 2, 2, 3, 4]
    assert not issues(text)


def test_roots_of_one_name_that_were_open_together_are_damage() -> None:
    slow = "close time.busy=1.00ms time.idle=1.00µs"
    [issue] = issues(at(1000, f"r:b: {slow}") + at(2000, f"r: {slow}") + at(2100, f"r: {slow}"))
    assert issue.damage


def test_events_belong_to_the_span_that_closes_next_at_their_scope() -> None:
    text = log(
        'root:leaf{n=1}: my::target: found it k=1 s="a b=c"',
        "start: now",
        f"root:leaf{{n=1}}: t: {CLOSE}",
        "root: t: close",
        f"root: t: {CLOSE}",
    )
    found = events(text)
    assert {(event.tag, event.message, event.fields) for event in found} == {
        ("my::target", "found it", (("k", "1"), ("s", '"a b=c"'))),
        ("start", "now", ()),
        ("t", "close", ()),
    }
    assert {event.line: event.span_seq for event in found} == {1: 1, 2: None, 4: 0}
    assert {event.level for event in found} == {"INFO"}


def test_lines_of_others_are_counted_but_not_blank_ones() -> None:
    text = f"cargo says hello\n\n{log(f'prove: {CLOSE}')}INFO     prove [ 1.25ms | 100.00% ]\n"
    assert sum(batch.unparsed_lines for batch in batches(text)) == 2


@pytest.mark.parametrize(
    "text",
    [
        "  2026-11-21T07:09:36.1Z  INFO t: close, time.busy: 1.25ms, time.idle: 4.30µs\n    at src/main.rs:3\n",
        "INFO     prove [ 1.25ms | 100.00% ]\n",
        log("prove: t: close"),
        '{"fields":{"message":"close","time.busy":"1.25ms","time.idle":"4.30µs"}}\n',
        "",
    ],
)
def test_other_formats_are_not_claimed(text: str) -> None:
    assert not fmt_text.sniff(text.encode())


def test_a_close_line_anywhere_in_the_piece_is_enough() -> None:
    assert fmt_text.sniff(("noise\n" * 1000 + log(f"prove: {CLOSE}")).encode())
    assert fmt_text.sniff(REAL_COMPACT.encode())


def test_in_a_coloured_run_plain_text_like_a_close_line_is_a_message_even_before_the_first_close() -> None:
    said = REAL_COMPACT.splitlines()[0].partition("close")[0] + "one\n"
    inner = f"prove: t: {CLOSE}\n{CLOSE}\n"
    found = said + inner + REAL_COMPACT
    assert (len(spans(found)), [event.message for event in events(found)], issues(found)) == (2, ["one"], [])
    [issue] = issues(said + log(f"prove: t: {CLOSE}") + REAL_COMPACT)
    assert "colours" in issue.message
    assert not fmt_text.sniff((said + REAL_COMPACT.partition("\n")[0].replace("\x1b[3mtime", "time")).encode())


def tags_and_messages(lines: list[bytes], cuts: list[int]):
    parts = [lines[start:end] for start, end in pairwise([0, *cuts, len(lines)])]
    firsts = [1, *(cut + 1 for cut in cuts)]
    chunks = [chunk_of(b"".join(part), first) for part, first in zip(parts, firsts, strict=True)]
    return [(event.tag, event.message) for batch in fmt_text.read(chunks) for event in event_rows(batch.events)]


@pytest.mark.parametrize(
    ("closes", "said"),
    [([f"prove: t: {CLOSE}"], ("a", "b")), ([f"prove: {CLOSE}"], ("", "a: b")), ([], ("", "a: b"))],
)
def test_a_tag_is_read_as_the_first_close_line_tells_wherever_the_run_is_cut(closes, said) -> None:
    lines = log("a: b", *closes, "a: b").encode().splitlines(keepends=True)
    for cut in range(1, len(lines)):
        assert tags_and_messages(lines, [cut]) == [said, said]


def test_events_before_any_close_line_are_told_of_without_a_tag_when_too_many_wait() -> None:
    head, _, close = REAL_COMPACT.splitlines(keepends=True)[1].partition("\x1b[1m")
    lines = [f"{head}a: b\n".encode()] * (BATCH_ROWS + 9) + [f"{head}\x1b[1m{close}".encode()]
    found = tags_and_messages(lines, [])
    assert found == [("", "a: b")] * BATCH_ROWS + [("a", "b")] * 9
    assert tags_and_messages(lines, list(range(7, len(lines), 7))) == found


@pytest.mark.parametrize("above", ["", "r:"])
def test_an_event_in_one_of_two_open_spans_of_its_scope_stays_without_owner(above: str) -> None:
    slow = "close time.busy=1.00ms time.idle=1.00µs"
    said = at(500, f"{above}a{{n=1}}: t: sure of one") + at(1500, f"{above}a{{n=1}}: t: of two")
    text = said + at(2000, f"{above}a{{n=1}}: t: {slow}") + at(2100, f"{above}a{{n=1}}: t: {slow}")
    text += at(9000, f"r: t: {slow}") if above else ""
    assert {event.span_seq for event in events(text)} == {None}
    apart = text.replace("36.002100", "36.003100").replace("36.000500", "36.001100")
    assert [event.span_seq for event in events(apart)] == [1 if above else 0] * 2


def test_where_too_much_was_said_to_wait_for_the_next_root_a_note_says_so() -> None:
    slow = "close time.busy=1.00ms time.idle=1.00µs"
    said = "".join(at(1500, "a: t: of two") for _ in range(1100))
    text = said + at(2000, f"a: t: {slow}") + at(2100, f"a: t: {slow}")
    [issue] = issues(text)
    assert not issue.damage
    assert "events" in issue.message


def test_a_child_that_ended_long_before_its_parent_began_is_damage() -> None:
    slow = "close time.busy=1.00ms time.idle=1.00µs"
    text = at(1000, f"r:a: {slow}") + at(900_000, f"r: {slow}")
    [issue] = issues(text)
    assert issue.damage
    assert not issues(text.replace("36.900000", "36.100000"))
