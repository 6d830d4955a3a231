"""An oracle: tracing-forest's text read line by line, each line whole, by plain regular expressions.

Slow and easy to follow. It shares none of the grammar with harness.formats, so that both must be wrong alike for an
error to pass.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.spans.fields import parse_fields, split_event_text
from harness.spans.model import Event, Issue, Span
from harness.units import parse_duration

ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LEVEL = r"(?:(?:INFO|WARN) {5}|(?:TRACE|DEBUG|ERROR) {4})"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\dT\S+"
_LINE = re.compile(rf"^ *(?:{_UUID} )?(?:{_TIME} +)?({_LEVEL})(?:((?:│  |   )*)([┝┕])━ )?(.*)$", re.DOTALL)
_GLUED = re.compile(rf"^.*[^ ] *(?={_LEVEL})", re.DOTALL)
_PCT = r"(\d+\.\d{2}|NaN|inf)%"
_SPAN = re.compile(
    rf"^(.*?) \[ ([0-9]{{1,9}}(?:\.[0-9]{{1,2}})?)(ns|[µμ]s|us|ms|s) \| (?:{_PCT} / )?{_PCT} \](?: (.*))?$", re.DOTALL
)
_EVENT = re.compile(r"^(\S) \[([^\]\s]+)\]: ?(.*)$", re.DOTALL)


def begins_twice(line: bytes) -> bool:
    """Whether two levels follow other text on a line: either could be where forest's line begins, nothing tells."""
    text = ANSI.sub("", line.decode("utf-8", errors="replace"))
    return _LINE.match(text) is None and len(re.findall(_LEVEL, text)) > 1


@dataclass
class ParsedRun:
    """What a run's text holds."""

    spans: list[Span] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    unparsed_lines: int = 0


@dataclass
class _Drawn:
    level: str
    indent: str
    connector: str | None
    span: re.Match[str] | None
    event: re.Match[str] | None

    @property
    def depth(self) -> int:
        return 0 if self.connector is None else len(self.indent) // 3 + 1


@dataclass
class _Node:
    span: Span
    below: str
    has_child: bool = False
    has_child_span: bool = False
    last_child_seen: bool = False


def _read_line(text: str) -> _Drawn | None:
    match = _LINE.match(text)
    if match is None:
        glued = _GLUED.match(text)
        match = _LINE.match(text[glued.end() :]) if glued else None
    if match is None:
        return None
    level, indent, connector, content = match.groups()
    event = _EVENT.match(content)
    span = None if event else _SPAN.match(content)
    if event is None and span is None:
        return None
    return _Drawn(level=level.strip(), indent=indent or "", connector=connector, span=span, event=event)


class _Reader:
    def __init__(self) -> None:
        self.run = ParsedRun()
        self.trees = 0
        self._open: list[_Node] = []
        self._names: Counter[tuple[int | None, str]] = Counter()

    def add(self, drawn: _Drawn, line: int) -> None:
        depth = drawn.depth
        if depth > len(self._open) or (depth and not self._continues(drawn)):
            self.run.issues.append(Issue(line=line, message="the line does not continue the tree above it"))
            return
        self.close_to(depth)
        if depth:
            parent = self._open[-1]
            parent.has_child = True
            parent.has_child_span |= drawn.span is not None
            parent.last_child_seen = drawn.connector == "┕"
        if drawn.span is not None:
            self._add_span(drawn, drawn.span, line)
        elif drawn.event is not None:
            self._add_event(drawn, drawn.event, line)

    def _continues(self, drawn: _Drawn) -> bool:
        parent = self._open[drawn.depth - 1]
        return drawn.indent == parent.below and not parent.last_child_seen

    def close_to(self, depth: int) -> None:
        while len(self._open) > depth:
            node = self._open.pop()
            cut = node.has_child and not node.last_child_seen
            if cut or (node.span.self_pct is not None and not node.has_child_span):
                message = f"the tree of '{node.span.name}' is cut: children are missing"
                self.run.issues.append(Issue(line=node.span.line, message=message))

    def _add_span(self, drawn: _Drawn, match: re.Match[str], line: int) -> None:
        name, digits, unit, self_pct, root_pct, fields = match.groups()
        parent = self._open[-1].span if self._open else None
        parent_seq = parent.seq if parent else None
        self.trees += parent is None
        span = Span(
            tree=self.trees - 1,
            seq=len(self.run.spans),
            parent=parent_seq,
            depth=drawn.depth,
            name=name,
            path=(*parent.path, name) if parent else (name,),
            occurrence=self._names[parent_seq, name],
            fields=parse_fields(fields or ""),
            duration=parse_duration(digits, unit),
            self_pct=None if self_pct is None else float(self_pct),
            root_pct=float(root_pct),
            line=line,
            level=drawn.level,
        )
        self._names[parent_seq, name] += 1
        self.run.spans.append(span)
        below = "" if drawn.connector is None else "│  " if drawn.connector == "┝" else "   "
        self._open.append(_Node(span=span, below=drawn.indent + below))

    def _add_event(self, drawn: _Drawn, match: re.Match[str], line: int) -> None:
        message, fields = split_event_text(match[3])
        event = Event(
            seq=len(self.run.events),
            span_seq=self._open[-1].span.seq if self._open else None,
            level=drawn.level,
            tag=match[2],
            message=message,
            fields=fields,
            line=line,
        )
        self.run.events.append(event)


def parse(lines: Iterable[tuple[int, str]]) -> ParsedRun:
    """Reads one run: pairs of line number and text, colours and carriage returns allowed."""
    reader = _Reader()
    for number, raw in lines:
        text = ANSI.sub("", raw).rstrip("\r\n")
        drawn = _read_line(text)
        if drawn is None:
            reader.run.unparsed_lines += bool(text.strip())
        else:
            reader.add(drawn, number)
    reader.close_to(0)
    return reader.run


def parse_bytes(data: bytes) -> ParsedRun:
    """The same of bytes, whose lines end with a newline."""
    text = data.decode("utf-8", errors="replace").removesuffix("\n")
    return parse(enumerate(text.split("\n"), start=1))
