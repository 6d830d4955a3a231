"""Trees of spans in the making → rows in pre-order, with the numbers that place each in its run.

For formats whose lines come child before parent, or in no order: they build `Node`s and number whole trees here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.spans.model import Fields, Span
from harness.units import Duration


@dataclass(slots=True)
class Node:
    """One span while its tree is put together; children in the order in which they closed."""

    name: str
    line: int
    duration: Duration | None
    fields: Fields = ()
    level: str | None = None
    thread: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    idle: Duration | None = None
    note: str | None = None
    children: list["Node"] = field(default_factory=list)


class Numbering:
    """Numbers the trees of one run in the order in which they are given; no tree is too deep."""

    def __init__(self) -> None:
        self.trees = 0
        self._spans = 0
        self._roots: Counter[str] = Counter()

    def rows(self, root: Node) -> Iterator[Span]:
        """The spans of the next tree, in pre-order."""
        tree, self.trees = self.trees, self.trees + 1
        occurrence = self._roots[root.name]
        self._roots[root.name] += 1
        waiting: list[tuple[Node, int | None, int]] = [(root, None, occurrence)]
        above: list[Span] = []
        while waiting:
            node, parent, occurrence = waiting.pop()
            while above and above[-1].seq != parent:
                above.pop()
            span = self._span(node, above[-1] if above else None, tree, occurrence)
            yield span
            above.append(span)
            names: Counter[str] = Counter()
            children: list[tuple[Node, int | None, int]] = []
            for child in node.children:
                children.append((child, span.seq, names[child.name]))
                names[child.name] += 1
            waiting.extend(reversed(children))

    def _span(self, node: Node, parent: Span | None, tree: int, occurrence: int) -> Span:
        seq, self._spans = self._spans, self._spans + 1
        return Span(
            tree=tree,
            seq=seq,
            parent=parent.seq if parent else None,
            depth=parent.depth + 1 if parent else 0,
            name=node.name,
            path=(*parent.path, node.name) if parent else (node.name,),
            occurrence=occurrence,
            fields=node.fields,
            duration=node.duration,
            self_pct=None,
            root_pct=None,
            line=node.line,
            level=node.level,
            thread=node.thread,
            start_ns=node.start_ns,
            end_ns=node.end_ns,
            idle=node.idle,
            note=node.note,
        )
