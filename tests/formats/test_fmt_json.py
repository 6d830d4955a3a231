"""The fmt layer's JSON lines."""

import json
from functools import partial

import pytest

from harness.formats import fmt_json
from harness.formats.fmt_json import MAY_BE_EVENT
from tests.formats.rows_read import batches_of, events_of, issues_of, spans_of

REAL = (
    '{"timestamp":"2026-11-21T07:09:37.916069Z","level":"INFO","fields":{"message":"close","time.busy":"1.25ms",'
    '"time.idle":"4.30µs"},"target":"m","span":{"ratio":1.0,"big":18446744073709551615,"flag":true,"name":"field",'
    '"text":"a \\"b\\"","name":"leaf"},"spans":[{"phase":"prover","name":"root"}],"threadId":"ThreadId(3)"}\n'
)


batches = partial(batches_of, fmt_json)
spans = partial(spans_of, fmt_json)
events = partial(events_of, fmt_json)
issues = partial(issues_of, fmt_json)


def line(message: str, *names: str, us: int = 0, **more: object) -> str:
    """A line of the last span named, in the others."""
    fields: dict[str, object] = {"message": message}
    if message == "close":
        fields |= {"time.busy": "1.00ms", "time.idle": "1.00µs"}
    scope = [{"name": name} for name in names]
    told = {"timestamp": f"2026-11-21T07:09:36.{us:06}Z", "level": "INFO", "fields": fields, "target": "m"}
    return json.dumps(told | {"span": scope[-1], "spans": scope[:-1]} | more) + "\n"


def test_values_are_text_as_json_prints_them_and_the_name_is_the_last() -> None:
    text = (
        REAL
        + line("close", "x")
        + REAL.replace('"span":{', '"span":{"phase":"prover","name":"root"},"old":{').replace(
            '"spans":[{"phase":"prover","name":"root"}]', '"spans":[]'
        )
    )
    leaf = next(span for span in spans(text) if span.name == "leaf")
    assert leaf.path == ("root", "leaf")
    assert leaf.fields == (("ratio", "1.0"), ("big", "18446744073709551615"), ("flag", "true"), ("text", 'a "b"'))
    assert leaf.duration is not None
    assert leaf.idle is not None
    assert (leaf.duration.printed, leaf.idle.printed, leaf.thread, leaf.level) == (
        "1.25ms",
        "4.30µs",
        "ThreadId(3)",
        "INFO",
    )
    assert leaf.end_ns == 0


def test_flattened_events_are_the_same() -> None:
    told = json.loads(line("close", "root", "leaf")) | {"filename": "a.rs", "line_number": 3, "threadName": "main"}
    flat = json.dumps({**told.pop("fields"), **told}) + "\n"
    root = line("close", "root")
    assert [(span.path, span.thread) for span in spans(flat + root)] == [(("root",), None), (("root", "leaf"), "main")]
    said = json.dumps({"level": "WARN", "message": "hi", "k": 1.5, "target": "m"}) + "\n"
    [event] = events(said)
    assert (event.level, event.tag, event.message, event.fields) == ("WARN", "m", "hi", (("k", "1.5"),))


def test_a_span_that_names_no_parent_is_a_root() -> None:
    assert [span.path for span in spans(line("close", "far") + line("close", "near"))] == [("far",), ("near",)]


def test_a_name_both_below_a_root_and_beside_it_at_the_same_time_is_damage() -> None:
    times = {"message": "close", "time.busy": "5.00ms", "time.idle": "1.00µs"}
    text = (
        line("close", "air", us=1500)
        + line("close", "root", "air", us=3000)
        + line("close", "root", us=5100, fields=times)
    )
    [issue] = issues(text)
    assert issue.damage
    assert "another thread" in issue.message
    early = text.replace("36.003000", "36.006000").replace("36.005100", "36.009100")
    assert not issues(early)


def test_a_parent_that_closes_elsewhere_is_damage() -> None:
    text = line("close", "a", "x", "leaf") + line("close", "x") + line("close", "a")
    assert any(issue.damage and "`x`" in issue.message for issue in issues(text))


def test_a_close_in_a_span_just_like_it_is_marked_as_it_may_be_an_event() -> None:
    assert [span.note for span in spans(line("close", "a", "a") + line("close", "a"))] == [None, MAY_BE_EVENT]


def test_events_belong_to_the_span_their_thread_is_in() -> None:
    inside = line("hi", "root").replace('"spans": []', '"spans": [{"name": "root"}]')
    elsewhere = line("by parent", "root")
    plain = json.loads(line("close", "root"))
    del plain["span"], plain["spans"]
    found = events(inside + elsewhere + json.dumps(plain) + "\n" + line("close", "root"))
    assert {(event.message, event.span_seq) for event in found} == {("hi", 0), ("by parent", None), ("close", None)}


def test_stages_of_a_span_are_no_events_and_give_its_start() -> None:
    text = line("new", "a") + line("enter", "a") + line("exit", "a") + line("close", "a", us=1001)
    [span] = spans(text)
    assert (span.start_ns, span.end_ns) == (0, 1_001_000)
    assert not events(text)


def test_what_surrounds_the_lines_is_left_alone() -> None:
    text = "running 1 test\n\ntest x ... " + line("close", "a") + '  {"reason":"compiler-artifact"}\nok\n'
    [span] = spans(text)
    assert (span.path, span.line) == (("a",), 3)
    assert sum(batch.unparsed_lines for batch in batches(text)) == 3
    assert not issues(text)


@pytest.mark.parametrize(
    "text",
    [
        REAL[:40],
        REAL[:-20],
        REAL.replace("1.25ms", "99999999999999999s"),
        REAL.replace('"span":{', '"apart":{'),
        REAL.replace('"spans":[', '"others":['),
        REAL.replace('"spans":[{', '"spans":[3,{'),
        REAL.replace('"name":"root"', '"title":"root"'),
        REAL.replace('"name":"leaf"', '"name":7'),
        REAL.replace("1.0,", "1.0.0,"),
        REAL,
    ],
)
def test_what_cannot_be_read_is_damage(text: str) -> None:
    assert any(issue.damage for issue in issues(text))


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        (REAL, True),
        ("noise\n" * 99 + REAL, True),
        (line("hi", "a"), False),
        ("", False),
        (REAL[:60], False),
        ("{}", False),
    ],
)
def test_only_close_lines_are_claimed(text: str, claimed: bool) -> None:
    assert fmt_json.sniff(text.encode()) is claimed


def test_a_child_that_ended_before_its_parent_began_is_damage() -> None:
    text = line("close", "r", "a", "x", us=1000) + line("close", "r", "a", us=9000) + line("close", "r", us=9100)
    [issue] = issues(text)
    assert issue.damage
    assert "`x`" in issue.message
    assert not issues(text.replace("36.001000", "36.008500"))


def test_an_event_said_before_the_next_span_of_its_scope_began_is_not_that_spans() -> None:
    scope = [{"name": "r"}, {"name": "a"}]
    text = "".join(line(said, "r", "a", us=us, spans=scope) for said, us in (("early", 1000), ("inside", 8500)))
    text += line("close", "r", "a", us=9000) + line("close", "r", us=9100)
    assert {event.message: event.span_seq for event in events(text)} == {"early": None, "inside": 1}


@pytest.mark.parametrize("above", [(), ("r",)])
def test_an_event_in_one_of_two_open_spans_of_its_scope_stays_without_owner(above: tuple[str, ...]) -> None:
    scope = [{"name": name} for name in (*above, "a")]
    text = line("hi", *above, "a", us=1500, spans=scope)
    text += line("close", *above, "a", us=2000) + line("close", *above, "a", us=2100)
    text += line("close", "r", us=9000)
    apart = text.replace("36.002100", "36.003100")
    assert [event.span_seq for event in events(text)] == [None]
    assert [event.span_seq for event in events(apart)] == [len(above)]
