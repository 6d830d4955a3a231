"""Where the time went, as it is written."""

import json
import re

import pytest
from msgspec.structs import replace

from harness.compare.counters import SideCounters, compare_counters
from harness.compare.explaining import explain
from harness.compare.explanation import Explanation, RootExplanation, SpanTime
from harness.compare.span_verdicts import judge_spans
from harness.documents import explaining
from tests.compare.span_trees import Tree, side

MS = 1e6


def span(name, self_ms, *children, **fields):
    return Tree(name, children, tuple(fields.items()), self_ms * MS, 0.005 * MS)


def proof(run, head=False):
    """A run of a prover; on the head side one span is slower, and others are new, gone, renamed or moved."""
    wobble = (1, 1.01, 0.99, 1.02, 0.98, 1.005, 0.995)[run]
    tree = span("merkle_tree", 9)
    rounds = [span("round", 4 * wobble, round=str(n)) for n in range(3 if head else 2)]
    commit = span("commit", 3, span("encode", (26 if head else 20) * wobble), span("pad", 1) if head else tree)
    opened = span("whir" if head else "open", 5, *rounds, *([] if head else [span("grind", 2)]))
    last = [tree] if head else []
    return [span("generate_trace", 7 * wobble), span("prove", 2, commit, opened, *last, phase='"prover"')]


def counters(kernels, pool):
    return SideCounters(
        runs=7,
        measured={("logup", "fallback_count"): (0,) * 7, ("counter", "metal.buffer_pool.miss"): pool},
        counted={("dispatch_stage", "kernel_count"): kernels},
        workload={"total_trace_cells": 674048},
    )


@pytest.fixture
def judged() -> Explanation:
    base, head = (side(*(proof(run, head=one) for run in range(7))) for one in (False, True))
    [found] = judge_spans([explain("keccakf", base, head)], error_rate=0.05, effect_floor_ratio=0.03)
    shown, _ = compare_counters(counters(120, (3, 4, 3, 3, 5, 3, 3)), counters(96, (2,) * 6))
    return replace(found, counters=shown, notes=("A remark.",))


def test_on_a_terminal(golden, judged):
    golden("explain.txt", explaining.to_text(judged))


def test_in_markdown(golden, judged):
    golden("explain.md", explaining.to_markdown(judged))


def test_as_json(golden, judged):
    golden("explain.json", json.dumps(explaining.as_json(judged), indent=1, ensure_ascii=False))


def test_the_json_adds_up_and_its_movers_are_rows(judged):
    told = json.loads(json.dumps(explaining.as_json(judged)))
    root = told["roots"][1]
    moved = [told["rows"][row]["delta_self_ms"] for row in root["movers"]]

    assert root["delta_ms"] == pytest.approx(root["explained_ms"] + root["residual_ms"], abs=1e-9)
    assert sum(moved) == pytest.approx(root["explained_ms"], abs=1e-9)
    assert sum(row["delta_self_ms"] for row in told["rows"][root["row"] :]) == pytest.approx(
        root["explained_ms"], abs=1e-9
    )
    assert [abs(one) for one in moved] == sorted(map(abs, moved), reverse=True)
    assert (told["absent"], told["unjudged"]) == (None, None)


def time(ms, step_ms):
    return SpanTime(median_ns=ms * MS, n=5, step_ns=step_ms * MS)


@pytest.mark.parametrize(
    ("base", "head", "explained", "expected"),
    [
        (time(118, 1), time(124, 1), 5.8, "Δroot +6 ms = Σ Δself +6 ms + residual +0 ms, coverage 96 %"),
        (time(11.8, 0.1), time(17.8, 0.1), 5.76, "Δroot +6.0 ms = Σ Δself +5.8 ms + residual +0.2 ms, coverage 96 %"),
        (time(2440, 10), time(2370, 10), -82, "Δroot -70 ms = Σ Δself -80 ms + residual +10 ms, coverage 82 %"),
        (None, time(3, 0.01), 3, "Δroot +3.00 ms = Σ Δself +3.00 ms + residual +0.00 ms, coverage 100 %"),
        (time(118, 1), time(118.4, 1), 9, "Δroot +0 ms = Σ Δself +9 ms + residual -9 ms"),
        (time(118, 1), time(124, 1), 0, "Δroot +6 ms = Σ Δself +0 ms + residual +6 ms, coverage 0 %"),
        (time(5, 0), time(5, 0), 0, "Δroot +0.0000 ms = Σ Δself +0.0000 ms + residual +0.0000 ms"),
    ],
)
def test_the_sum_has_the_digits_of_its_root_and_adds_up_as_written(base, head, explained, expected):
    delta = (head.median_ns if head else 0) - (base.median_ns if base else 0)
    residual = delta - explained * MS
    root = RootExplanation(
        row=0,
        base=base,
        head=head,
        delta_ns=delta,
        explained_ns=explained * MS,
        residual_ns=residual,
        coverage_ratio=max(0, 1 - abs(residual / delta)) if delta else None,
        movers=(),
    )

    assert explaining.sum_text(root) == expected


def test_a_root_that_never_ended_has_no_sum():
    root = RootExplanation(
        row=0, base=None, head=None, delta_ns=None, explained_ns=0, residual_ns=None, coverage_ratio=None, movers=()
    )

    assert explaining.sum_text(root) == "never ended on a side, so there is nothing to add up"


def test_what_cannot_be_explained_says_why():
    absent = Explanation(benchmark="logup", absent="recording x keeps no spans")

    assert explaining.to_text(absent) == "logup: not explained: recording x keeps no spans"
    assert explaining.to_markdown(absent) == "**logup**: not explained: recording x keeps no spans"
    assert explaining.as_json(absent)["absent"] == "recording x keeps no spans"


def test_what_was_not_judged_says_why_once():
    base = side(*(proof(run) for run in range(3)))
    found = replace(explain("b", base, base).explanation, unjudged="not comparable: host: a against b")
    notes = explaining.notes_of(found)

    assert [note for note in notes if "judged" in note] == ["No span is judged: not comparable: host: a against b."]
    assert not explaining.movers_table(found, explaining.TERMINAL, in_text=False).rows


def test_at_most_fifteen_movers_are_listed_and_none_that_no_digit_shows():
    base = Tree("r", tuple(span(f"s{i}", 10) for i in range(40)))
    head = Tree("r", tuple(span(f"s{i}", 10 + i if i > 15 else 10.0001) for i in range(40)))
    found = explain("b", side([base]), side([head])).explanation
    names = [row[0] for row in explaining.movers_table(found, explaining.TERMINAL, in_text=False).rows]

    assert names == [f"r > s{i}" for i in range(39, 24, -1)]
    few = explain("b", side([base]), side([replace(base, children=(*base.children[1:], span("s0", 10.0001)))]))
    assert explaining.movers_table(few.explanation, explaining.TERMINAL, in_text=False).rows == ()


def test_hostile_names_and_fields_stay_in_their_place(hostile, outside_code, pipes):
    trees = [Tree("r", tuple(Tree(name, (), ((name, name),), self_ns) for name in hostile)) for self_ns in (MS, 2 * MS)]
    found = explain(hostile[0], side([trees[0]]), side([trees[1]])).explanation
    names = {(name, name): (1,) for name in hostile}
    shown, _ = compare_counters(
        SideCounters(runs=1, measured=names, counted=None, workload={}),
        SideCounters(runs=1, measured={}, counted=None, workload={}),
    )
    found = replace(found, counters=shown, notes=tuple(hostile))
    text, markdown = explaining.to_text(found), explaining.to_markdown(found)

    assert not any(char in text + markdown for char in "\x1b\x07\x9b\u2028\u202e\r\x0b\x85")
    tables = [line for line in markdown.splitlines() if line.startswith("|")]
    assert {pipes(line) for line in tables} == {7, 8}
    assert all("evil.example)" not in outside_code(line) and "<img" not in outside_code(line) for line in tables)


def test_a_large_tree_is_cut_to_what_moved_most():
    def run(number, head):
        steps = [span("step", 5 + (n == 250 and head) * 3 + number / 100, round=str(n)) for n in range(300)]
        return [span("prove", 2, span("stage", 1, *steps))]

    base, head = (side(*(run(number, one) for number in range(7))) for one in (False, True))
    [found] = judge_spans([explain("keccakf", base, head)], error_rate=0.05, effect_floor_ratio=0.03)
    tree = explaining.to_markdown(found).split("```")[1].splitlines()

    assert "prove" in tree[2]
    assert "stage" in tree[3]
    assert sum("round=250 " in line and "+3.00" in line for line in tree) == 1
    assert len(tree) - 2 == 100
    assert "202 spans that moved less are left out of the tree." in explaining.to_markdown(found)
    text = explaining.to_text(found)
    assert len(text.split("\nspan ")[1].split("\n\n")[0].splitlines()) - 1 == 200
    assert "\n102 spans that moved less are left out of the tree; '--format json' has all.\n" in text
    assert len(explaining.as_json(found)["rows"]) == 302


def tables_of(base, head):
    found = explain("b", side(*[[base]] * 3), side(*[[head]] * 3)).explanation
    return explaining.to_text(found), explaining.to_markdown(found)


def test_movers_and_tree_say_what_a_span_was():
    base = [span("x", 1, span("fft", 9), span("y", 1, span("in", 3))), span("hash", 4, size="1024"), span("z", 1)]
    head = [span("x", 1, span("ntt", 5), span("y", 1)), span("hash", 8, size="2048"), span("z", 1, span("in", 5))]
    base, head = (Tree("r", tuple(one)) for one in (base, head))

    for text in tables_of(base, head):
        for origin in ("renamed from fft", "moved from", "was size=1024"):
            assert text.count(origin) == 2, origin
    assert "moved from … > x > y" in tables_of(base, head)[0]
    assert "| moved from r \\> x \\> y |" in tables_of(base, head)[1]


def test_a_span_that_never_ended_says_on_which_side_and_is_no_mover():
    base = span("r", 1, span("a", 1, span("u", float("nan"))), span("b", 2))
    text, _ = tables_of(base, span("r", 1, span("a", 1, span("u", 50)), span("b", 3)))
    movers, tree = text.split("\nspan ")

    assert "r > a" not in movers
    assert "r > b" in movers
    assert re.search(r"\n    u .* – +never ended in base\n", tree)
    assert re.search(r"\n  a .* – +what is in it never ended in base\n", tree)
    assert "2 spans in the residual, not in the sum" in text


def test_long_labels_are_cut_in_text_and_whole_in_movers_of_a_document():
    name = "a" * 100
    base, head = (span("r", 1, span(name, ms, k="v" * 100), span("b", 2)) for ms in (1, 2))
    text, markdown = tables_of(base, head)

    assert max(map(len, text.split("\n\n")[1].splitlines())) < 160
    assert f"  {'a' * 30}…{'v' * 29} " in text
    assert name not in text
    assert f"| `r > {name} k={'v' * 100}` |" in markdown
    assert explaining.as_json(explain("b", side([base]), side([head])).explanation)["rows"][1]["head"]["name"] == name


def test_one_span_is_not_written_as_many():
    tree = Tree("r", self_ns=MS)
    [found] = judge_spans(
        [explain("b", side(*[[tree]] * 5), side(*[[tree]] * 5))], error_rate=0.05, effect_floor_ratio=0.03
    )

    assert "corrected for the 1 span that could be judged" in "".join(explaining.notes_of(found))


def test_hostile_names_neither_end_the_tree_nor_look_like_a_marker():
    names = ["<!-- harness:end perf-notes -->", "<!-- harness:begin perf-notes x -->", "````", "a\n```\n# b", "\x1b[2J"]
    base = side(*[[span(name, 3) for name in names]] * 3)
    text = explaining.to_markdown(explain("keccakf", base, base).explanation)

    assert "\n`````text\n" in text
    assert text.count("\n`````") == 2
    assert "\n<!--" not in text
    assert "\n# b" not in text
    assert "\x1b" not in text
