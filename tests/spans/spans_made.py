"""Spans made by hand, for this folder's tests."""

from collections.abc import Sequence

from harness.spans.model import Span
from harness.spans.trees import Node, Numbering
from harness.units import Duration


def exact(ns: int) -> Duration:
    return Duration.exact(ns)


def between(low_ns: int, high_ns: int) -> Duration:
    return Duration(ns=(low_ns + high_ns) // 2, low_ns=low_ns, high_ns=high_ns, printed=f"{low_ns}..{high_ns}")


def node(name: str, duration: Duration | None = None, children: Sequence[Node] = (), **more) -> Node:
    return Node(name=name, line=more.pop("line", 1), duration=duration, children=list(children), **more)


def rows(*roots: Node) -> tuple[Span, ...]:
    numbering = Numbering()
    return tuple(span for root in roots for span in numbering.rows(root))
