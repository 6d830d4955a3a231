"""Lines of tracing-forest → one row a span or event, all lines of a block at once.

A log has few distinct heads (level, drawing, name) and, at three digits, few distinct durations and percentages, so the
lines are cut by byte positions and each distinct text is parsed once. A line that does not fit the usual cut is parsed
whole, by the grammar; both ways give the same row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from harness.formats.byte_slices import WORD_BYTES, Bools, Ints, Text, WordTable, first_in_each, valid_utf8
from harness.formats.forest_grammar import (
    Head,
    SpanLine,
    duration,
    event_head,
    is_torn,
    percentage,
    span_head,
    whole_line,
)
from harness.spans.model import LEVELS, Issue
from harness.units import Duration

_MAX_DISTINCT = 1 << 16
_PREFIX_BYTES = 37  # a uuid and a blank, or a time padded to 36 columns and a blank


class Tables:
    """The distinct durations and percentages of a run, kept from block to block."""

    def __init__(self) -> None:
        self.durations = WordTable(duration, _bounds_of, (0, 0, 0))
        self.percentages = WordTable(percentage, lambda value: (value,), (0.0,))

    def keep_small(self) -> None:
        """Forgets what is too much; for the beginning of a block."""
        for table in (self.durations, self.percentages):
            if len(table) > _MAX_DISTINCT:
                table.forget()


def _bounds_of(one: Duration) -> tuple[int, int, int]:
    return one.ns, one.low_ns, one.high_ns


@dataclass(frozen=True, slots=True)
class Rows:
    """Spans and events in file order.

    `name` numbers span names (`names`) and event tags (`tags`); `indent` and `below` number drawings. `starts` and
    `ends` cut out the fields (of an event: message and fields), but of rows in `odd`, whose text is given there.
    """

    line: Ints
    is_span: Bools
    level: Ints
    depth: Ints
    indent: Ints
    below: Ints
    is_last: Bools
    name: Ints
    duration: Ints
    self_pct: npt.NDArray[np.float64]
    has_self_pct: Bools
    root_pct: npt.NDArray[np.float64]
    starts: Ints
    ends: Ints
    odd: dict[int, str]
    names: Sequence[str]
    tags: Sequence[str]
    drawings: Sequence[str]
    durations: WordTable[Duration]

    def __len__(self) -> int:
        return len(self.line)

    def first(self, count: int) -> "Rows":
        """The first rows alone."""
        columns = {one.name: getattr(self, one.name) for one in fields(self)}
        cut: dict[str, Any] = {name: one[:count] for name, one in columns.items() if isinstance(one, np.ndarray)}
        return replace(self, **cut, odd={row: text for row, text in self.odd.items() if row < count})


@dataclass(frozen=True, slots=True)
class Lines:
    """What a block's lines are: rows (`index` says which of the block's lines each is), and other programs' text.

    `issues` are lines with a place in a tree and nothing readable there; `unparsed` counts lines that are neither.
    """

    rows: Rows
    index: Ints
    text: Text
    line_starts: Ints
    issues: tuple[tuple[int, Issue], ...]
    unparsed: Ints

    def before(self, line: int) -> "Lines":
        """The block's first lines alone."""
        count = int(np.searchsorted(self.index, line))
        return Lines(
            rows=self.rows.first(count),
            index=self.index[:count],
            text=self.text,
            line_starts=self.line_starts[:line],
            issues=tuple(one for one in self.issues if one[0] < line),
            unparsed=self.unparsed[self.unparsed < line],
        )


Value = TypeVar("Value")


class _Codes(Generic[Value]):
    """Numbers for values, in order of first sight."""

    def __init__(self) -> None:
        self._codes: dict[Value, int] = {}
        self.values: list[Value] = []

    def of(self, value: Value) -> int:
        code = self._codes.setdefault(value, len(self.values))
        if code == len(self.values):
            self.values.append(value)
        return code


class _Table:
    """The rows in the making: one entry a line, of which those with `known` become rows."""

    def __init__(self, count: int, tables: Tables) -> None:
        self.tables = tables
        self.known = np.zeros(count, np.bool_)
        self.is_span = np.zeros(count, np.bool_)
        self.is_last = np.zeros(count, np.bool_)
        self.level = np.zeros(count, np.int64)
        self.depth = np.zeros(count, np.int64)
        self.indent = np.zeros(count, np.int64)
        self.below = np.zeros(count, np.int64)
        self.name = np.zeros(count, np.int64)
        self.duration = np.full(count, -1, np.int64)
        self.self_pct = np.zeros(count, np.float64)
        self.has_self_pct = np.zeros(count, np.bool_)
        self.root_pct = np.zeros(count, np.float64)
        self.starts = np.zeros(count, np.int64)
        self.ends = np.zeros(count, np.int64)
        self.odd: dict[int, str] = {}
        self._names: _Codes[str] = _Codes()
        self._tags: _Codes[str] = _Codes()
        self._drawings: _Codes[str] = _Codes()

    def put_heads(self, lines: Ints, heads: Sequence[Head | None], which: Ints, *, are_spans: bool) -> None:
        """The heads of some lines: of `lines[i]` it is `heads[which[i]]`."""
        texts = self._names if are_spans else self._tags
        numbers = [self._head_numbers(head, texts) for head in heads]
        table = np.array(numbers, np.int64).reshape(len(heads), 6)[which]
        self.is_span[lines], self.known[lines] = are_spans, True
        self.level[lines], self.depth[lines], self.indent[lines] = table[:, 0], table[:, 1], table[:, 2]
        self.below[lines], self.is_last[lines], self.name[lines] = table[:, 3], table[:, 4] == 1, table[:, 5]

    def _head_numbers(self, head: Head | None, texts: _Codes[str]) -> tuple[int, ...]:
        if head is None:
            return (0,) * 6
        place = head.place
        return (
            LEVELS.index(place.level),
            place.depth,
            self._drawings.of(place.indent),
            self._drawings.of(place.below),
            int(place.is_last),
            texts.of(head.text),
        )

    def put_whole_line(self, line: int, text: bytes, end: int) -> None:
        """A line (it ends at `end`) that does not fit the usual cut, where the grammar knows it."""
        found = whole_line(text)
        if found is None:
            return
        one = np.array([line])
        self.starts[line] = self.ends[line] = end
        self.put_heads(one, [found.head], np.array([0]), are_spans=isinstance(found, SpanLine))
        if isinstance(found, SpanLine):
            self.duration[line] = self.tables.durations.add(found.duration)
            self.has_self_pct[line] = found.self_pct is not None
            self.self_pct[line] = found.self_pct or 0.0
            self.root_pct[line] = found.root_pct
            self.odd[line] = found.fields
        else:
            self.odd[line] = found.text

    def rows(self, lines: Ints, numbers: Ints) -> Rows:
        """The known lines, given their line numbers in the file."""
        place = {line: row for row, line in enumerate(lines.tolist())} if self.odd else {}
        return Rows(
            line=numbers[lines],
            is_span=self.is_span[lines],
            level=self.level[lines],
            depth=self.depth[lines],
            indent=self.indent[lines],
            below=self.below[lines],
            is_last=self.is_last[lines],
            name=self.name[lines],
            duration=self.duration[lines],
            self_pct=self.self_pct[lines],
            has_self_pct=self.has_self_pct[lines],
            root_pct=self.root_pct[lines],
            starts=self.starts[lines],
            ends=self.ends[lines],
            odd={place[line]: text for line, text in self.odd.items()},
            names=self._names.values,
            tags=self._tags.values,
            drawings=self._drawings.values,
            durations=self.tables.durations,
        )


class _Marks:
    """Where in the text stand the bytes by which its lines are cut."""

    def __init__(self, text: Text) -> None:
        self.text = text
        breaks = text.positions(b"\n")
        whole = breaks if text.size and text.bytes[text.size - 1] == ord("\n") else np.append(breaks, text.size)
        self.line_ends = whole[: len(whole) if text.size else 0]
        self.line_starts = np.append(0, self.line_ends + 1)[: len(self.line_ends)]
        self.ends = self._without_carriage_return()

    def _without_carriage_return(self) -> Ints:
        returns = (self.text.bytes[self.line_ends - 1] == ord("\r")) & (self.line_ends > self.line_starts)
        ends: Ints = self.line_ends - returns
        return ends

    def has_several_returns(self) -> Bools:
        """The lines that end with more carriage returns than the one that was cut off."""
        found: Bools = (self.ends > self.line_starts) & (self.text.bytes[self.ends - 1] == ord("\r"))
        return found

    def span_brackets(self) -> tuple[Ints, Bools]:
        """For each line its first ` [ ` before a digit, -1 where there is none, and whether it has several."""
        found, around = self.text.pairs(b"[", b" "), self.text.bytes
        digit = around[found + 2] - np.uint8(ord("0")) <= 9  # noqa: PLR2004 (unsigned: less than "0" wraps around)
        found = found[(around[found - 1] == ord(" ")) & digit]
        first = self._first(found)
        several = np.zeros(len(first), np.bool_)
        if len(found) > np.count_nonzero(first >= 0):
            lines = np.searchsorted(self.line_ends, found)
            several[lines[1:][lines[1:] == lines[:-1]]] = True
        return first, several

    def first_tag_end(self) -> Ints:
        """For each line its first `]:`, -1 where there is none."""
        return self._first(self.text.pairs(b"]", b":"))

    def coloured(self, lines: Ints) -> Bools:
        """Which of some lines have colours, which may hide anything."""
        pieces = self.text.slices(self.line_starts[lines], self.line_ends[lines])
        found: Bools = pc.match_substring(pieces, b"\x1b").to_numpy(zero_copy_only=False)
        return found

    def _first(self, positions: Ints) -> Ints:
        lines = np.searchsorted(self.line_ends, positions)
        first = first_in_each(lines)
        found = np.full(len(self.line_ends), -1, np.int64)
        found[lines[first]] = positions[first]
        return found

    def head_starts(self) -> Ints:
        """Where each line's level begins: a uuid and a time before it are all different, and nobody needs them."""
        starts = self.line_starts
        for dashes in ((8, 13, 18, 23), (4, 7)):  # of the uuid, then of the date
            at = np.minimum(starts, self.text.size)
            fits = self.text.bytes[at + dashes[0]] == ord("-")
            if not fits.any():
                continue
            fits &= (starts + _PREFIX_BYTES <= self.ends) & (self.text.bytes[at + _PREFIX_BYTES - 1] == ord(" "))
            for dash in dashes[1:]:
                fits &= self.text.bytes[at + dash] == ord("-")
            starts = starts + _PREFIX_BYTES * fits
        return starts


def read_lines(data: bytes, numbers: Ints, tables: Tables) -> Lines:
    """The spans and events in whole lines; `numbers` are the lines' numbers in the file."""
    tables.keep_small()
    text = Text(valid_utf8(data))
    marks = _Marks(text)
    table = _Table(len(marks.line_ends), tables)
    (bracket, has_several), tag_end = marks.span_brackets(), marks.first_tag_end()
    is_event = (tag_end >= 0) & ((bracket < 0) | (tag_end < bracket))
    heads, plain = marks.head_starts(), ~marks.has_several_returns()
    _put_events(table, marks, np.flatnonzero(is_event & plain & (tag_end > heads)), heads, tag_end)
    _put_spans(table, marks, np.flatnonzero(~is_event & plain & ~has_several & (bracket > heads)), heads, bracket)
    left = np.flatnonzero(~table.known)
    for line in left[is_event[left] | (bracket[left] >= 0) | marks.coloured(left)].tolist():
        end = int(marks.line_ends[line])
        table.put_whole_line(line, text.data[marks.line_starts[line] : end], end)
    index = np.flatnonzero(table.known)
    others = np.flatnonzero(~table.known & (marks.ends > marks.line_starts))
    issues, unparsed = _others(marks, others, numbers)
    return Lines(
        rows=table.rows(index, numbers),
        index=index,
        text=text,
        line_starts=marks.line_starts,
        issues=issues,
        unparsed=unparsed,
    )


def _put_events(table: _Table, marks: _Marks, lines: Ints, heads: Ints, tag_end: Ints) -> None:
    ends = tag_end[lines] + 2
    which, found = marks.text.distinct(heads[lines], ends, event_head)
    good = _present(found)[which]
    lines, which, ends = lines[good], which[good], ends[good]
    table.put_heads(lines, found, which, are_spans=False)
    blank = (marks.text.bytes[ends] == ord(" ")) & (ends < marks.ends[lines])
    table.starts[lines], table.ends[lines] = ends + blank, marks.ends[lines]


def _put_spans(table: _Table, marks: _Marks, lines: Ints, heads: Ints, bracket: Ints) -> None:
    """Reads `name [ 1.25s | 3.10% / 100.00% ] fields`; what is cut out is parsed, so a wrong cut is no span."""
    text, around, tables = marks.text, marks.text.bytes, table.tables
    begin = bracket[lines] + 2
    pipe = begin + text.find_in_word(begin, b" ") + 1
    own_end = pipe + 2 + text.find_in_word(pipe + 2, b"%") + 1
    has_own = around[own_end + 1] == ord("/")
    root_start = np.where(has_own, own_end + 3, pipe + 2)
    root_end = np.where(has_own, root_start + text.find_in_word(root_start, b"%") + 1, own_end)
    closer, end = root_end + 1, marks.ends[lines]
    good = (closer < end) & _all_are(around, ((pipe - 1, b" "), (pipe, b"|"), (pipe + 1, b" ")))
    good &= _all_are(around, ((root_end, b" "), (closer, b"]")))
    good &= ~has_own | _all_are(around, ((own_end, b" "), (own_end + 2, b" ")))
    good &= (closer + 1 == end) | (around[closer + 1] == ord(" "))
    which, found = text.distinct(heads[lines], begin - 3, span_head)
    times = tables.durations.codes(text.words(begin, pipe - 1 - begin))
    root_pct, root_good = _percentages(text, root_start, root_end, tables)
    self_start, self_end = np.where(has_own, pipe + 2, root_start), np.where(has_own, own_end, root_end)
    self_pct, self_good = _percentages(text, self_start, self_end, tables)
    good &= _present(found)[which] & (times > 0) & root_good & self_good
    if not good.all():
        lines, which, times, closer, end = lines[good], which[good], times[good], closer[good], end[good]
        root_pct, self_pct, has_own = root_pct[good], self_pct[good], has_own[good]
    table.put_heads(lines, found, which, are_spans=True)
    table.duration[lines] = times
    table.root_pct[lines], table.self_pct[lines], table.has_self_pct[lines] = root_pct, self_pct, has_own
    table.starts[lines], table.ends[lines] = np.minimum(closer + 2, end), end


def _all_are(around: npt.NDArray[np.uint8], places: Sequence[tuple[Ints, bytes]]) -> Bools:
    """Where each of the places holds its byte."""
    (first, byte), *others = places
    good: Bools = around[first] == byte[0]
    for at, other in others:
        good &= around[at] == other[0]
    return good


def _percentages(text: Text, starts: Ints, ends: Ints, tables: Tables) -> tuple[npt.NDArray[np.float64], Bools]:
    """The percentages of some pieces of at most a word, and which of these are percentages at all."""
    codes = tables.percentages.codes(text.words(starts, np.minimum(ends - starts, WORD_BYTES)))
    return tables.percentages.columns[codes, 0], codes > 0


def _present(found: Sequence[object]) -> Bools:
    return np.array([one is not None for one in found], np.bool_)


def _others(marks: _Marks, lines: Ints, numbers: Ints) -> tuple[tuple[tuple[int, Issue], ...], Ints]:
    """Lines that are no rows: issues (with their index) for places in a tree, and the rest that is not blank."""
    pieces = marks.text.strings(marks.line_starts[lines], marks.ends[lines])
    suspect = pc.or_(pc.match_substring(pieces, "━ "), pc.match_substring(pieces, "% ]"))
    drawn = lines[suspect.to_numpy(zero_copy_only=False)].tolist()
    issues = tuple(
        (line, Issue(line=int(numbers[line]), message="the line shows neither a span nor an event"))
        for line in drawn
        if is_torn(marks.text.data[marks.line_starts[line] : marks.ends[line]])
    )
    words = pc.utf8_trim_whitespace(pc.replace_substring_regex(pieces, r"\x1b\[[0-9;]*m", ""))
    blank = pc.equal(pc.binary_length(words), 0).to_numpy(zero_copy_only=False)
    in_tree = np.isin(lines, [line for line, _ in issues])
    return issues, lines[~blank & ~in_tree]
