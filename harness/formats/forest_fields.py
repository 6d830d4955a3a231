"""The texts behind spans and events → messages and fields, all of a block at once.

A text is cut at its ` | ` and every piece at its first `: `. Where quotes, backslashes or colours make that cut
doubtful, the text is read by `harness.spans.fields`, whose rules these are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from harness.formats.byte_slices import Bools, Ints, Text, coded, first_at_or_after, first_in_each
from harness.formats.forest_grammar import field_key, plain_text
from harness.spans.fields import parse_fields, split_event_text
from harness.spans.model import Fields
from harness.spans.table import FIELDS

Parts = tuple[str | None, Fields]
"""A message and fields."""

_REMEMBERED = 1 << 14


@dataclass(frozen=True, slots=True)
class Tails:
    """What stands behind some events; `messages` are null where there is none."""

    messages: pa.StringArray
    fields: pa.MapArray


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The pieces of all texts; `row` is the text each is of, `colon` where its key ends if `is_field`."""

    row: Ints
    start: Ints
    end: Ints
    colon: Ints
    is_field: Bools
    key: Ints
    keys: Sequence[str | None]


class _Cut:
    """Texts `starts[i]:ends[i]` of a block being cut."""

    def __init__(self, text: Text, starts: Ints, ends: Ints) -> None:
        self.text, self.starts, self.ends = text.extract(starts, ends)
        self.doubtful = np.zeros(len(starts), np.bool_)

    def row_of(self, positions: Ints) -> Ints:
        """Which text each position is in; the texts lie end to end."""
        return np.searchsorted(self.starts, positions, side="right") - 1

    def among(self, rows: Ints | list[int]) -> Bools:
        """Marks some of the texts."""
        marked = np.zeros(len(self.starts), np.bool_)
        marked[rows] = True
        return marked

    def pieces(self) -> _Pieces:
        around = self.text.bytes
        bars = self.text.positions(b"|")
        rows = self.row_of(bars)
        separates = (around[bars - 1] == ord(" ")) & (around[bars + 1] == ord(" ")) & (bars > self.starts[rows])
        bars, rows = bars[separates], rows[separates]
        self.doubtful[rows[bars + 2 >= self.ends[rows]]] = True  # nothing behind it, or not even the blank
        bars, rows = bars[~self.doubtful[rows]], rows[~self.doubtful[rows]]
        shared_blank = np.diff(bars) == len("| ")  # ` | | `: only one of the two has the blank
        self.doubtful[rows[1:][shared_blank]] = True
        full = np.flatnonzero(self.ends > self.starts)
        start = np.concatenate([self.starts[full], bars + 2])
        order = np.argsort(start, kind="stable")
        start, row = start[order], np.concatenate([full, rows])[order]
        end = np.sort(np.concatenate([bars - 1, self.ends[full]]))
        colon = first_at_or_after(self.text.positions(b":"), start, self.text.size)
        has_key = (colon > start) & (colon + 1 < end) & (around[colon + 1] == ord(" "))
        key = np.full(len(start), -1, np.int64)
        key[has_key], keys = self.text.distinct(start[has_key], colon[has_key], field_key)
        known = np.array([one is not None for one in keys] + [False], np.bool_)  # the last one is for key -1
        return _Pieces(
            row=row,
            start=start,
            end=end,
            colon=colon,
            is_field=known[key],
            key=key,
            keys=keys,
        )

    def doubt_quotes(self, pieces: _Pieces) -> None:
        """Quotes are plain only as the two ends of a value, and without any backslash."""
        quotes = self.text.positions(b'"')
        before, after = np.searchsorted(quotes, pieces.start), np.searchsorted(quotes, pieces.end)
        count, value, around = after - before, pieces.colon + 2, self.text.bytes
        framed = pieces.is_field & (count == 2) & (value < pieces.end - 1)  # noqa: PLR2004 (two ends)
        at = np.minimum(value, self.text.size)
        framed &= (around[at] == ord('"')) & (around[pieces.end - 1] == ord('"'))
        self.doubtful[pieces.row[(count > 0) & ~framed]] = True
        escaped = self.row_of(self.text.positions(b"\\"))
        self.doubtful[escaped[self.among(pieces.row[count > 0])[escaped]]] = True

    def doubt_colours(self, pieces: _Pieces, are_fields: Bools) -> None:
        """Colours are expected around the fields' keys, and stripped from these; anywhere else they are in the way."""
        escapes = self.text.positions(b"\x1b")
        piece = np.searchsorted(pieces.start, escapes, side="right") - 1
        in_key = are_fields[piece] & (escapes < pieces.colon[piece])
        self.doubtful[self.row_of(escapes)[~in_key]] = True


def span_fields(text: Text, starts: Ints, ends: Ints, odd: Mapping[int, str]) -> pa.MapArray:
    """The fields of spans; `odd` are texts by row that are given in place of a cut."""
    cut = _Cut(text, starts, ends)
    pieces = cut.pieces()
    cut.doubt_quotes(pieces)
    cut.doubt_colours(pieces, pieces.is_field)
    cut.doubtful[pieces.row[~pieces.is_field]] = True
    read = _read_doubtful(cut, odd, _span_parts)
    return _fields(cut, pieces, pieces.is_field, read)


def event_tails(text: Text, starts: Ints, ends: Ints, odd: Mapping[int, str]) -> Tails:
    """Messages and fields of events: the fields are the pieces after the last one that is none, the first never is."""
    cut = _Cut(text, starts, ends)
    pieces = cut.pieces()
    cut.doubt_quotes(pieces)
    is_message = ~pieces.is_field | first_in_each(pieces.row)
    last_message = np.full(len(starts), -1, np.int64)
    number = np.arange(len(pieces.row))
    last_message[pieces.row[is_message]] = number[is_message]
    are_fields = number > last_message[pieces.row]
    cut.doubt_colours(pieces, are_fields)
    message_ends = np.where(last_message >= 0, pieces.end[last_message] if len(pieces.end) else 0, cut.starts)
    read = _read_doubtful(cut, odd, _event_parts)
    fields = _fields(cut, pieces, are_fields, read)
    return Tails(messages=_messages(cut, message_ends, read), fields=fields)


@lru_cache(_REMEMBERED)
def _span_parts(tail: str) -> Parts:
    return None, parse_fields(tail)


@lru_cache(_REMEMBERED)
def _event_parts(tail: str) -> Parts:
    return split_event_text(tail)


def _read_doubtful(cut: _Cut, odd: Mapping[int, str], read: Callable[[str], Parts]) -> dict[int, Parts]:
    """The doubtful and the odd texts, read one by one."""
    texts = dict(odd)
    for row in np.flatnonzero(cut.doubtful).tolist():
        if row not in texts:
            texts[row] = plain_text(cut.text.data[cut.starts[row] : cut.ends[row]])
    return {row: read(texts[row]) for row in sorted(texts)}


def _fields(cut: _Cut, pieces: _Pieces, chosen: Bools, read: Mapping[int, Parts]) -> pa.MapArray:
    """The chosen pieces as fields, but of the texts that were read one by one."""
    chosen = chosen & ~cut.among(list(read))[pieces.row]
    rows = pieces.row[chosen]
    keys = coded([key or "" for key in pieces.keys], pieces.key[chosen]).dictionary_decode()
    values = cut.text.strings(pieces.colon[chosen] + 2, pieces.end[chosen])
    more = [(row, key, value) for row, (_message, fields) in read.items() for key, value in fields]
    if more:
        rows = np.concatenate([rows, [row for row, _, _ in more]])
        order = pa.array(np.argsort(rows, kind="stable"))
        keys = pa.concat_arrays([keys, pa.array([key for _, key, _ in more], pa.string())]).take(order)
        values = pa.concat_arrays([values, pa.array([value for _, _, value in more], pa.string())]).take(order)
    offsets = np.append(0, np.cumsum(np.bincount(rows.astype(np.int64), minlength=len(cut.starts))))
    return pa.MapArray.from_arrays(pa.array(offsets.astype(np.int32)), keys, values, type=FIELDS)


def _messages(cut: _Cut, ends: Ints, read: Mapping[int, Parts]) -> pa.StringArray:
    """The messages, null where there is none."""
    cut_out = cut.text.strings(cut.starts, ends)
    messages = pc.if_else(pc.equal(pc.binary_length(cut_out), 0), pa.scalar(None, pa.string()), cut_out)
    if not read:
        return messages
    known = pa.array([message for message, _fields in read.values()], pa.string())
    return pc.replace_with_mask(messages, cut.among(list(read)), known)
