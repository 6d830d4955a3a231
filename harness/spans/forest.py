"""tracing-forest's pretty text (0.1.6) → spans and events.

A tree is printed in one write when its root closes, so lines of one tree never mix with another's; what stands around
it (cargo, libtest, println!) is skipped and counted. The drawing is checked on the way: a line whose indent does not
continue the tree above it, or a tree whose last child never came, is an Issue, so a cut log cannot pass for whole.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.spans.fields import parse_fields, split_event_text
from harness.spans.model import Event, Issue, ParsedRun, Span
from harness.units import parse_duration

NAME = "tracing-forest"

ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LEVEL = r"(?:(?:INFO|WARN) {5}|(?:TRACE|DEBUG|ERROR) {4})"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_TIME = r"\d{4}-\d\d-\d\dT\S+"
_LINE = re.compile(rf"^ *(?:{_UUID} )?(?:{_TIME} +)?({_LEVEL})(?:((?:│  |   )*)([┝┕])━ )?(.*)$", re.DOTALL)
_GLUED = re.compile(rf"^.*[^ ] *(?={_LEVEL})")
_PCT = r"(\d+\.\d{2}|NaN|inf)%"
_SPAN = re.compile(  # nine digits of seconds are 31 years and fit 64 bits of ns; more is no duration
    rf"^(.*?) \[ ([0-9]{{1,9}}(?:\.[0-9]{{1,2}})?)(ns|[µμ]s|us|ms|s) \| (?:{_PCT} / )?{_PCT} \](?: (.*))?$", re.DOTALL
)
_EVENT = re.compile(r"^(\S) \[([^\]\s]+)\]: ?(.*)$", re.DOTALL)

_INDENT_CHARS = 3


def sniff(text: str) -> bool:
    """Whether this text holds at least one span or event as tracing-forest prints them."""
    return any(_read_line(ANSI.sub("", line).rstrip("\r")) is not None for line in text.split("\n"))


@dataclass(slots=True)
class _Node:
    """A span whose children may still come."""

    span: Span
    child_indent: str
    has_child_span: bool = False
    has_child: bool = False
    last_child_seen: bool = False


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One line taken apart: its level, its place in the drawing, and its content."""

    level: str
    indent: str
    connector: str | None
    span: re.Match[str] | None
    event: re.Match[str] | None

    @property
    def depth(self) -> int:
        return 0 if self.connector is None else len(self.indent) // _INDENT_CHARS + 1


def _read_line(text: str) -> _Drawn | None:
    """The parts of one line without ANSI codes, or None where it is not tracing-forest's."""
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


class _TreeReader:
    """Follows the drawing line by line; holds the open path from the root to the last span."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.events: list[Event] = []
        self.issues: list[Issue] = []
        self.roots = 0
        self.levels: set[str] = set()
        self._open: list[_Node] = []
        self._names: Counter[tuple[int | None, str]] = Counter()

    def add(self, drawn: _Drawn, line: int) -> None:
        depth = drawn.depth
        if depth > len(self._open) or (depth and not self._continues(drawn)):
            self.issues.append(Issue(line=line, message="the line does not continue the tree above it"))
            return
        self._close_to(depth)
        self.levels.add(drawn.level)
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
        return drawn.indent == parent.child_indent and not parent.last_child_seen

    def _close_to(self, depth: int) -> None:
        """Ends the spans at `depth` and below; the tree is whole only if each got its last child."""
        while len(self._open) > depth:
            node = self._open.pop()
            cut = node.has_child and not node.last_child_seen
            if cut or (node.span.self_pct is not None and not node.has_child_span):
                self.issues.append(
                    Issue(line=node.span.line, message=f"the tree of '{node.span.name}' is cut: children are missing")
                )

    def _add_span(self, drawn: _Drawn, match: re.Match[str], line: int) -> None:
        name, digits, unit, self_pct, root_pct, fields = match.groups()
        parent = self._open[-1].span if self._open else None
        parent_seq = parent.seq if parent else None
        if parent is None:
            self.roots += 1
        span = Span(
            tree=self.roots - 1,
            seq=len(self.spans),
            parent=parent_seq,
            depth=drawn.depth,
            name=name,
            path=(*parent.path, name) if parent else (name,),
            occurrence=self._names[parent_seq, name],
            fields=parse_fields(fields or ""),
            duration=parse_duration(digits, unit),
            self_pct=_percentage(self_pct),
            root_pct=_percentage(root_pct),
            line=line,
        )
        self._names[parent_seq, name] += 1
        self.spans.append(span)
        below = "" if drawn.connector is None else "│  " if drawn.connector == "┝" else "   "
        self._open.append(_Node(span=span, child_indent=drawn.indent + below))

    def _add_event(self, drawn: _Drawn, match: re.Match[str], line: int) -> None:
        _icon, tag, text = match.groups()
        message, fields = split_event_text(text)
        self.events.append(
            Event(
                seq=len(self.events),
                span_seq=self._open[-1].span.seq if self._open else None,
                level=drawn.level,
                tag=tag,
                message=message,
                fields=fields,
                line=line,
            )
        )

    def finish(self) -> None:
        self._close_to(0)


def _percentage(text: str | None) -> float | None:
    return None if text is None else float(text)


def parse(lines: Iterable[tuple[int, str]]) -> ParsedRun:
    """Reads one run: pairs of line number and text (ANSI codes and line ends allowed), stdout only."""
    reader = _TreeReader()
    unparsed = 0
    for number, raw in lines:
        text = ANSI.sub("", raw).rstrip("\r\n")
        drawn = _read_line(text)
        if drawn is None:
            unparsed += bool(text.strip())
        else:
            reader.add(drawn, number)
    reader.finish()
    return ParsedRun(
        spans=tuple(reader.spans),
        events=tuple(reader.events),
        issues=tuple(sorted(reader.issues, key=lambda issue: issue.line)),
        unparsed_lines=unparsed,
        roots=reader.roots,
        levels=frozenset(reader.levels),
    )
