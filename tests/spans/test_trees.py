"""Trees to rows: pre-order, paths, occurrences; no tree too deep, none forgotten."""

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.spans.model import Span
from harness.spans.trees import Node, Numbering
from harness.units import Duration
from tests.spans.spans_made import exact, node, rows

TREES = st.recursive(
    st.builds(node, st.sampled_from("abc")),
    lambda below: st.builds(node, st.sampled_from("abc"), st.none(), st.lists(below, max_size=4)),
    max_leaves=15,
)


def test_rows_stand_in_pre_order_and_say_where_they_hang() -> None:
    tree = node(
        "root", children=[node("a", children=[node("b"), node("b")]), node("c"), node("a", children=[node("b")])]
    )
    found = rows(tree, node("root"), node("other"))
    assert [(s.tree, s.seq, s.parent, s.depth, s.path, s.occurrence) for s in found] == [
        (0, 0, None, 0, ("root",), 0),
        (0, 1, 0, 1, ("root", "a"), 0),
        (0, 2, 1, 2, ("root", "a", "b"), 0),
        (0, 3, 1, 2, ("root", "a", "b"), 1),
        (0, 4, 0, 1, ("root", "c"), 0),
        (0, 5, 0, 1, ("root", "a"), 1),
        (0, 6, 5, 2, ("root", "a", "b"), 0),
        (1, 7, None, 0, ("root",), 1),
        (2, 8, None, 0, ("other",), 0),
    ]


def test_what_a_node_says_of_itself_is_the_rows() -> None:
    known = {"level": "INFO", "thread": "main", "start_ns": 1, "end_ns": 9, "idle": exact(2), "note": "x"}
    [span] = rows(Node(name="a", line=7, duration=exact(5), fields=(("n", "1"),), **known))
    assert (span.duration, span.fields, span.line, span.self_pct, span.root_pct) == (
        exact(5),
        (("n", "1"),),
        7,
        None,
        None,
    )
    assert {name: getattr(span, name) for name in known} == known


def test_a_deep_tree_is_numbered_without_recursion() -> None:
    deepest = tree = node("x")
    for _ in range(3000):  # the path of a row holds every name above it
        tree = node("x", children=[tree])
    last = rows(tree)[-1]
    assert (last.depth, last.seq, len(last.path), deepest.children) == (3000, 3000, 3001, [])


def test_many_siblings_are_numbered_in_linear_time() -> None:
    found = rows(node("root", children=[node("x") for _ in range(30_000)]))
    assert found[-1].occurrence == 29_999


def preorder(root: Node) -> list[str]:
    return [root.name, *(name for child in root.children for name in preorder(child))]


def shape(spans: tuple[Span, ...], parent: int | None) -> list[object]:
    """The names below a span again, from the rows' own numbers alone."""
    return [[span.name, shape(spans, span.seq)] for span in spans if span.parent == parent]


def shape_of(root: Node) -> list[object]:
    return [root.name, [shape_of(child) for child in root.children]]


@settings(max_examples=60, deadline=None)
@given(st.lists(TREES, max_size=3))
def test_the_trees_can_be_drawn_again_from_their_rows(trees) -> None:
    found = rows(*trees)
    assert [span.name for span in found] == [name for tree in trees for name in preorder(tree)]
    assert [span.seq for span in found] == list(range(len(found)))
    assert shape(found, None) == [shape_of(tree) for tree in trees]
    places = [(span.parent, span.name, span.occurrence) for span in found]
    assert len(set(places)) == len(places)
    by_seq = {span.seq: span for span in found}
    for span in found:
        above = by_seq[span.parent] if span.parent is not None else None
        assert span.path == ((*above.path, span.name) if above else (span.name,))
        assert (span.depth, span.tree) == ((above.depth + 1, above.tree) if above else (0, span.tree))


def test_trees_given_one_by_one_count_on() -> None:
    numbering = Numbering()
    first = list(numbering.rows(node("a", Duration.exact(1))))
    second = list(numbering.rows(node("a", Duration.exact(2))))
    assert [(s.tree, s.seq, s.occurrence) for s in (*first, *second)] == [(0, 0, 0), (1, 1, 1)]
    assert numbering.trees == 2
