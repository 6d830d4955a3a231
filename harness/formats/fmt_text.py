"""The fmt layer's full and compact text with span close events.

`full` prints a span's fields with its name; `compact` prints names alone, and behind the event the fields of all spans
as one, which are shared out where each parent's own close line proves them. In plain text (no colours) a name that
holds a single `:` cannot be told from two spans, nor a blank from a thread's name: other lines of the run decide, or
the run is damaged.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from harness.formats import fmt_grammar as grammar
from harness.formats.fmt_clock import RunClock
from harness.formats.fmt_fields import parse_fields, split_event_text
from harness.formats.fmt_grammar import Columns, Scoped
from harness.formats.fmt_records import Closed, Dialect, Said, Scope
from harness.formats.fmt_tree import BATCH_ROWS, Trees
from harness.formats.protocol import Batch, Chunk, Shape
from harness.spans.model import Fields

NAME = "fmt"
SHAPE = Shape.LINES

MAY_GO_ON = "its last field may go on in the next line"

_CANDIDATE = re.compile(rb"^.*time\.busy.*$", re.MULTILINE)
_TARGET = re.compile(r"([\w:./\\<>-]+): (.*)", re.DOTALL)


def sniff(head: bytes) -> bool:
    """Whether there is at least one close line with its times."""
    for match in _CANDIDATE.finditer(head):
        text = match[0].decode("utf-8", errors="replace").removesuffix("\r")
        line = grammar.columns(text, bare=True)
        found = grammar.scoped(line) if line else None
        if found and found.closes and grammar.close(found.rest):
            return True
    return False


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """Reads one run."""
    run = _Run()
    for chunk in chunks:
        last = chunk.numbers[-1] if chunk.data and not chunk.data.endswith(b"\n") else None
        for number, text in chunk.lines():
            run.line(number, text, cut=number == last)
            if run.trees.waiting >= BATCH_ROWS:
                yield from run.batches(full=True)
        yield from run.batches()
    run.finish()
    yield from run.batches(full=True)


class _Run:
    def __init__(self) -> None:
        self.trees = Trees(Dialect(is_earlier=_is_earlier, fields_of=parse_fields, loses_parents=False))
        self._clock = RunClock()
        self._unparsed = 0
        self._columns: int | None = None
        self._coloured = False
        self._marked = False
        self._held: Closed | None = None
        self._first_blank: int | None = None
        self._names_start_lines = False

    def batches(self, *, full: bool = False) -> Iterator[Batch]:
        """What is complete. Before a close line tells whether lines name a target, nothing is, unless much waits."""
        if self._columns is None and not full:
            return iter(())
        unparsed, self._unparsed = self._unparsed, 0
        return self.trees.batches(unparsed)

    def finish(self) -> None:
        self._let_go()
        if self._first_blank is not None and not self._names_start_lines:
            message = "a blank before the first span's end: it may follow the name of a thread"
            self.trees.issue(self._first_blank, message)
        self.trees.finish()

    def line(self, number: int, text: str, *, cut: bool) -> None:
        like_close = grammar.is_like_close(text)
        line = grammar.columns(text, bare=like_close)
        if line is None or (self._coloured and not line.coloured and not line.marked):
            self._other(text)
            return
        self._coloured = self._coloured or line.coloured_head
        self._let_go()
        self._marked = self._marked or line.marked
        time_ns = self._clock.since_first(line.time) if line.time else None
        found = grammar.scoped(line)
        if found and self._span_line(number, line, found, time_ns, cut=cut):
            return
        if like_close:
            self.trees.issue(number, "a close line cannot be read")
        elif cut:
            self.trees.issue(number, "the last line has no end")
        elif line.level:
            self._say(number, line, found, time_ns)

    def _other(self, text: str) -> None:
        if not text.strip():
            return
        self._unparsed += 1
        if self._held is not None and self._held.chain:
            self._let_go(MAY_GO_ON)

    def _let_go(self, note: str | None = None) -> None:
        """Gives the last close line to the trees: only the line behind it shows whether its text was whole."""
        if self._held is not None:
            self.trees.close(replace(self._held, note=note))
            self._held = None

    def _span_line(self, number: int, line: Columns, found: Scoped, time_ns: int | None, *, cut: bool) -> bool:
        """Reads a line about a span itself; False where it is none that can be used."""
        close = grammar.close(found.rest) if found.closes and (line.marked or not self._marked) else None
        if close is None:
            stage = None if cut else grammar.stage(found.rest)
            if stage == "new":
                self.trees.create(found.scope, number, time_ns)
            return stage is not None
        if (found.is_full and close.fields) or (cut and close.fields):
            return False
        if not self._is_plain_enough(number, line, found, close.columns):
            return True
        self._held = Closed(
            scope=found.scope,
            line=number,
            busy=close.busy,
            idle=close.idle,
            level=line.level,
            thread=found.thread,
            time_ns=time_ns,
            chain=None if found.is_full else close.fields,
        )
        return True

    def _is_plain_enough(self, number: int, line: Columns, found: Scoped, columns: str) -> bool:
        """Whether the scope of a close line is certain, as far as this and earlier lines tell."""
        if self._coloured and not found.coloured:
            self.trees.issue(number, "a close line lacks the colours of the others: it may be part of a message")
            return False
        count = columns.count(": ")
        if self._columns is None:
            self._columns = count
        if found.coloured:
            self._coloured = True
            return True
        if count != self._columns:
            message = "the scope of a span is ambiguous: there are more or fewer columns behind it than in other lines"
            self.trees.issue(number, message, once=True)
        if found.blank and not line.marked:
            self.trees.issue(number, "the scope of a span is ambiguous: nothing shows where it begins", once=True)
        elif found.blank:
            self._first_blank = self._first_blank or number
        elif line.marked and found.thread is None:
            self._names_start_lines = True
        return True

    def _say(self, number: int, line: Columns, found: Scoped | None, time_ns: int | None) -> None:
        outside = grammar.strip_colours(line.rest)
        scope: Scope = found.scope if found else ()
        inside = found.rest if found else outside
        sure = found is not None and (found.coloured or found.is_full)
        read = partial(self._event, inside, outside)
        level = line.level or ""
        self.trees.say(Said(scope=scope, line=number, level=level, sure=sure, time_ns=time_ns, read=read))

    def _event(
        self,
        inside: str,
        outside: str,
        in_scope: bool,
    ) -> tuple[str, str | None, Fields]:
        """Tag (the target, where close lines are known to have one), message and fields."""
        text = inside if in_scope else outside
        found = _TARGET.fullmatch(text) if self._columns else None
        tag, rest = (found[1], found[2]) if found else ("", text)
        message, fields = split_event_text(rest)
        return tag, message, fields


def _is_earlier(earlier: str, later: str) -> bool:
    """Fields recorded later are printed behind the others."""
    return (not earlier and bool(later)) or later.startswith(earlier + " ")
