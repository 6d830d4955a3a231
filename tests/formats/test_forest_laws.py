"""Laws of the forest parser: it undoes the printer, cuts are seen, and no text makes it fail or crawl."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.forest_run import Run
from tests.formats.forest_run import read_lines as parse

LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR")
ICONS = {"TRACE": "📍", "DEBUG": "🐛", "INFO": "ｉ", "WARN": "🚧", "ERROR": "🚨"}


@dataclass(frozen=True)
class Node:
    """A span, or an event where `printed` is None."""

    level: str
    text: str | None
    fields: tuple[tuple[str, str], ...]
    printed: str | None = None
    children: tuple["Node", ...] = ()


def draw(root: Node) -> list[str]:
    """The tree as tracing-forest's Pretty draws it."""
    return [f"{root.level:<8} {_content(root)}", *_draw_children(root, "")]


def _draw_children(node: Node, indent: str) -> list[str]:
    lines: list[str] = []
    for child in node.children:
        last = child is node.children[-1]
        lines.append(f"{child.level:<8} {indent}{'┕━ ' if last else '┝━ '}{_content(child)}")
        lines.extend(_draw_children(child, indent + ("   " if last else "│  ")))
    return lines


def _content(node: Node) -> str:
    fields = [f"{key}: {value}" for key, value in node.fields]
    if node.printed is None:
        head = f"{ICONS[node.level]} [{node.level.lower()}]: {node.text or ''}"
        return head + "".join(f" | {field}" for field in fields)
    nested = "1.00% / " if any(child.printed for child in node.children) else ""
    head = f"{node.text} [ {node.printed} | {nested}50.00% ]"
    return f"{head} {' | '.join(fields)}" if fields else head


def preorder(root: Node, path: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    """What the parser should say of every span and event, in the order of lines."""
    if root.printed is None:
        return [("event", path, root.level, root.text or None, root.fields)]
    here = (*path, root.text or "")
    own = ("span", here, len(path), root.printed, root.fields)
    return [own, *(row for child in root.children for row in preorder(child, here))]


def seen(run: Run) -> list[tuple[object, ...]]:
    paths = {span.seq: span.path for span in run.spans} | {None: ()}
    spans = [(s.line, ("span", s.path, s.depth, s.duration.printed, s.fields)) for s in run.spans]
    events = [(e.line, ("event", paths[e.span_seq], e.level, e.message, e.fields)) for e in run.events]
    return [row for _, row in sorted([*spans, *events], key=lambda pair: pair[0])]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)
NAMES = st.sampled_from(["commit", "a b", "x::y", "f -> g", "s'_0", 'q"', "a | b", "a[0]", "p.q", "a > b"]) | (
    TEXT.filter(lambda name: " [ " not in name and "[" not in name[:4])
)
QUOTED = TEXT.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
FIELDS = st.lists(st.tuples(st.sampled_from(["n", "phase", "a.b"]), QUOTED | st.just("7")), max_size=3).map(tuple)
DURATIONS = st.sampled_from(["7.00ns", "1.21µs", "10.00ms", "100.0ms", "1000ms", "2.44s", "12346s", "0.00ns"])
EVENTS = st.builds(
    Node, level=st.sampled_from(LEVELS), text=st.sampled_from([None, "hello", "a | b", "x = 1_000"]), fields=FIELDS
)


def spans_above(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.builds(
        Node,
        level=st.sampled_from(LEVELS),
        text=NAMES,
        fields=FIELDS,
        printed=DURATIONS,
        children=st.lists(children, max_size=4).map(tuple),
    )


TREES = spans_above(st.recursive(EVENTS, spans_above, max_leaves=12))


@settings(max_examples=100, deadline=None)
@given(st.lists(TREES, min_size=1, max_size=3))
def test_parsing_undoes_printing(trees) -> None:
    run = parse([line for tree in trees for line in draw(tree)])
    assert seen(run) == [row for tree in trees for row in preorder(tree)]
    assert (run.roots, run.issues, run.unparsed_lines) == (len(trees), (), 0)


@settings(max_examples=50, deadline=None)
@given(TREES)
def test_stripping_the_colour_changes_nothing(tree) -> None:
    lines = draw(tree)
    coloured = [f"\x1b[1;32m{line[:8]}\x1b[0m{line[8:]}" for line in lines]
    assert parse(coloured) == parse(lines)
    assert parse([f"test it ... {coloured[0]}", *coloured[1:]]) == parse(lines)


@settings(max_examples=50, deadline=None)
@given(st.lists(TREES, max_size=2), st.lists(TREES, max_size=2))
def test_two_logs_one_after_the_other_hold_the_spans_of_both(first, second) -> None:
    above = [line for tree in first for line in draw(tree)]
    below = [line for tree in second for line in draw(tree)]
    assert seen(parse(above + below)) == seen(parse(above)) + seen(parse(below))
    assert parse(above + below).roots == len(first) + len(second)


def is_whole(node: Node, kept: int) -> bool:
    """Whether the first `kept` lines of this drawing still look like a whole tree, no child span missing."""
    starts = [1]
    for child in node.children:
        starts.append(starts[-1] + len(draw(child)))
    present = [(child, kept - start) for child, start in zip(node.children, starts, strict=False) if start < kept]
    if not present:
        return all(child.printed is None for child in node.children)
    return len(present) == len(node.children) and all(is_whole(child, left) for child, left in present)


@settings(max_examples=100, deadline=None)
@given(TREES, st.data())
def test_a_cut_tree_is_an_issue_exactly_where_its_drawing_is_not_whole(tree, data) -> None:
    lines = draw(tree)
    kept = data.draw(st.integers(1, len(lines)))
    run = parse(lines[:kept])
    assert bool(run.issues) == (not is_whole(tree, kept))
    assert seen(run) == preorder(tree)[:kept]


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from(list('INFO WARN│┝┕━ [|]:%/.0123456789msµ"\\\x1b\r\nｉ')), max_size=200))
def test_no_text_makes_parsing_fail(text) -> None:
    lines = text.split("\n")
    run = parse([*lines, "INFO     root [ 1.00ms | 100.00% ]"])
    assert run.spans[-1].name == "root"


INFO = "INFO     "
EVENT = f"{INFO}ｉ [info]: "
SPAN = f"{INFO}x [ 1.00ms | 100.00% ] "
SIZE = 2_000_000


@pytest.mark.parametrize(
    ("head", "repeated"),
    [
        ("", "x"),
        ("", " "),
        ("x", " "),
        ("x ", INFO),
        ("", "x INFO     x [ 1"),
        ("", "\x1b[1"),
        ("", "deadbeef-"),
        ("2026-01-01T", "x"),
        (INFO, " "),
        (INFO, "│  "),
        (INFO, " [ 1"),
        (INFO, "x [ 1.00ms | "),
        (INFO, "x [ 1.00ms | 1.00% ]"),
        (f"{INFO}x [ ", "1"),
        (f"{INFO}x [ 1ms | ", "1"),
        (EVENT, "a | "),
        (EVENT, "k: a | "),
        (EVENT, '\\"'),
        (SPAN, "k: a | "),
        (f"{SPAN}k: ", "a | "),
        (f"{SPAN}k: ", '"'),
    ],
)
def test_a_hostile_line_of_two_million_characters_is_read_in_linear_time(head, repeated) -> None:
    """Quadratic work on it would be 10¹² steps: this test would not fail but never end."""
    run = parse([head + repeated * (SIZE // len(repeated)), "INFO     root [ 1.00ms | 100.00% ]"])
    assert run.spans[-1].name == "root"


@pytest.mark.parametrize("line", ["│  ┝━ a [ 1ms | 1.00% ]", "┝━ a [ 1ms | 1.00% ]", "a [ 1ms | 1.00% ]"])
def test_a_hundred_thousand_lines_of_one_shape_are_read_in_linear_time(line) -> None:
    run = parse([INFO + line] * 100_000)
    assert len(run.spans) + len(run.issues) == 100_000
