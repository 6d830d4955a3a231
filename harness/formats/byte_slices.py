"""Pieces of one byte buffer, many at a time: gathered, or counted off against their few distinct texts."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

WORD_BYTES = 8
AHEAD_BYTES = 64
"""How far behind its end a text may be looked at."""

_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(WORD_BYTES)] + [2**64 - 1], np.uint64)

_ONES = 0x0101010101010101

Words = npt.NDArray[np.uint64]
Row = tuple[int, ...] | tuple[float, ...]
Parsed = TypeVar("Parsed")


class Text:
    """Bytes whose pieces can be looked at many at a time; zero bytes follow them, so that one may look ahead."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        padded = data + bytes(AHEAD_BYTES)
        self.data = padded
        self.bytes: Bytes = np.frombuffer(padded, np.uint8)
        self._buffer = pa.py_buffer(padded)
        self._words = np.ndarray((self.size + AHEAD_BYTES - WORD_BYTES,), "<u8", buffer=padded, strides=(1,))

    def positions(self, byte: bytes) -> Ints:
        """Where a byte occurs, ascending."""
        return np.flatnonzero(self.bytes[: self.size] == byte[0])

    def slices(self, starts: Ints, ends: Ints) -> pa.BinaryArray:
        """Copies of the pieces `starts[i]:ends[i]`, which must be in order and not overlap."""
        if not len(starts):
            return pa.array([], pa.binary())
        offsets = np.empty(2 * len(starts), np.int32)
        offsets[0::2], offsets[1::2] = starts, ends
        pieces = pa.BinaryArray.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), self._buffer])
        return pieces.take(pa.array(np.arange(0, len(offsets), 2, dtype=np.int32)))

    def pairs(self, first: bytes, second: bytes) -> Ints:
        """Where a byte occurs right before another one, ascending."""
        found = self.bytes[: self.size] == first[0]
        found &= self.bytes[1 : self.size + 1] == second[0]
        return np.flatnonzero(found)

    def extract(self, starts: Ints, ends: Ints) -> tuple["Text", Ints, Ints]:
        """The pieces alone, end to end, as a text of their own; and where each starts and ends in it."""
        pieces = self.slices(starts, ends)
        offsets = np.frombuffer(pieces.buffers()[1], np.int32, len(pieces) + 1).astype(np.int64)
        data = pieces.buffers()[2]
        return Text(data[: int(offsets[-1])].to_pybytes() if data else b""), offsets[:-1], offsets[1:]

    def strings(self, starts: Ints, ends: Ints) -> pa.StringArray:
        """The same as text; the pieces must begin and end between characters."""
        return self.slices(starts, ends).view(pa.string())

    def distinct(self, starts: Ints, ends: Ints, parse: Callable[[bytes], Parsed]) -> tuple[Ints, list[Parsed]]:
        """For each piece the index of its text, and each distinct text parsed once."""
        encoded = self.slices(starts, ends).dictionary_encode()
        return _codes(encoded), [parse(text) for text in encoded.dictionary.to_pylist()]

    def find_in_word(self, starts: Ints, byte: bytes) -> Ints:
        """How far behind each start a byte comes first, at most 8, which also says that it does not come before."""
        differing = self._words[starts] ^ np.uint64(byte[0] * _ONES)
        zeros = (differing - np.uint64(_ONES)) & ~differing & np.uint64(_ONES << 7)  # marks the first zero byte rightly
        return np.bitwise_count((zeros & -zeros) - np.uint64(1)).astype(np.int64) >> 3

    def words(self, starts: Ints, lengths: Ints) -> Words:
        """Pieces of at most eight bytes that hold no zero byte, as a number each."""
        found: Words = self._words[starts] & _MASKS[lengths]
        return found


class WordTable(Generic[Parsed]):
    """Each distinct word of a log parsed once: `values` by code, `columns` what is known of each in numbers.

    Words that do not parse have the code 0, which `parse` need not know.
    """

    def __init__(self, parse: Callable[[bytes], Parsed | None], numbers: Callable[[Parsed], Row], unknown: Row) -> None:
        self._parse, self._numbers, self._unknown = parse, numbers, unknown
        self.forget()

    def forget(self) -> None:
        """Begins anew; codes given before mean nothing any more."""
        self._known: Words = np.array([0], np.uint64)  # the empty word, which is never anything
        self._codes: Ints = np.array([0], np.int64)
        self.values: list[Parsed | None] = [None]
        self.columns = np.array([self._unknown])

    def __len__(self) -> int:
        return len(self.values)

    def codes(self, words: Words) -> Ints:
        """The code of each word."""
        encoded = pa.array(words).dictionary_encode()
        distinct: Words = encoded.dictionary.to_numpy()
        is_new = np.append(self._known, np.uint64(0))[np.searchsorted(self._known, distinct)] != distinct
        if is_new.any():
            self._learn(distinct[is_new])
        codes: Ints = self._codes[np.searchsorted(self._known, distinct)][encoded.indices.to_numpy()]
        return codes

    def add(self, value: Parsed) -> int:
        """The code of a value that stands in more than a word."""
        self.values.append(value)
        self.columns = np.concatenate([self.columns, [self._numbers(value)]])
        return len(self.values) - 1

    def _learn(self, words: Words) -> None:
        parsed = [self._parse(word.to_bytes(WORD_BYTES, "little").rstrip(b"\0")) for word in words.tolist()]
        new = [one for one in parsed if one is not None]
        is_known = np.array([one is not None for one in parsed], np.bool_)
        codes = np.where(is_known, np.cumsum(is_known) + len(self.values) - 1, 0)
        self.values.extend(new)
        if new:
            self.columns = np.concatenate([self.columns, [self._numbers(one) for one in new]])
        known, all_codes = np.append(self._known, words), np.append(self._codes, codes)
        order = np.argsort(known)
        self._known, self._codes = known[order], all_codes[order]


def first_at_or_after(positions: Ints, starts: Ints, none: int) -> Ints:
    """For each start the first of the ascending positions that is not before it; `none` where there is no such."""
    return np.append(positions, none)[np.searchsorted(positions, starts)]


def first_in_each(groups: Ints) -> Bools:
    """Marks the first of each run of equal numbers."""
    return np.append(True, groups[1:] != groups[:-1])[: len(groups)]


def coded(texts: Sequence[str], codes: Ints) -> pa.DictionaryArray:
    """A dictionary column; a negative code is null."""
    mask = codes < 0
    indices = pa.array(codes.astype(np.int32), mask=mask if mask.any() else None)
    return pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string()))


def _codes(encoded: pa.DictionaryArray) -> Ints:
    codes: Ints = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def valid_utf8(data: bytes) -> bytes:
    """The same bytes, but U+FFFD for what is no UTF-8, and for NUL, which a word cannot tell from none."""
    if b"\0" in data:
        data = data.replace(b"\0", "\ufffd".encode())
    offsets = pa.py_buffer(np.array([0, len(data)], np.int32))
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return data.decode("utf-8", errors="replace").encode()
    return data
