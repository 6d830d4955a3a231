"""Cuts the objects of a JSON document's top arrays out of bytes that come in chunks cut anywhere.

The document is an array of objects, or an object with such arrays as members. Only brackets and strings are looked at,
so an object with something wrong inside is handed out all the same, and where the brackets themselves are broken
reading goes on at the next object. No more than one object and one chunk are held at a time.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum

import msgspec

from harness.formats.json_values import UnreadableError, read_json
from harness.formats.protocol import Chunk

LONGEST_OBJECT = 16 << 20
"""Bytes; a longer object is skipped."""

_QUOTE, _BACKSLASH, _COLON, _OPEN_LIST, _CLOSE_LIST, _OPEN, _CLOSE = b'"\\:[]{}'
_CLOSER = {_OPEN_LIST: _CLOSE_LIST, _OPEN: _CLOSE}
_BOM = b"\xef\xbb\xbf"

_BETWEEN = re.compile(rb"[ \t\r\n,]*+")  # a comma too many or too few changes nothing
_ATOM_END = re.compile(rb'[ \t\r\n\[\]{},"]')
_NEXT_OBJECT = re.compile(rb"\{")
_STRING = rb'"(?:[^"\\\n]++|\\.)*+"'
_TOKEN = re.compile(_STRING + rb'|["{}\[\]:,]')
_IN_STRING = re.compile(rb'["\\\n]')
_KEY = msgspec.json.Decoder(str)


def _shallow_object(levels: int) -> bytes:
    """The pattern of an object with so many levels of brackets in it: nearly every object that there is."""
    blank, value = rb"[ \t\r\n]*+", _STRING + rb'|[^ \t\r\n\[\]{},:"]++'
    member = blank + _STRING + blank + rb":" + blank + rb"(?:%s)" + blank + rb",?"
    pattern = b""
    for _ in range(levels + 1):
        pattern = rb"\{(?:" + member % value + rb")*+" + blank + rb"\}"
        value += rb"|" + pattern + rb"|\[(?:" + blank + rb"(?:" + value + rb")" + blank + rb",?)*+" + blank + rb"\]"
    return pattern


_SHALLOW_OBJECT = re.compile(_shallow_object(2))


class Element(msgspec.Struct, frozen=True, gc=False):
    """An object of the array `key` (None where the document itself is the array), numbered from 1."""

    key: str | None
    number: int
    line: int
    data: bytes


class Skipped(msgspec.Struct, frozen=True):
    """A member of the document's object that is no wanted array."""

    key: str
    line: int


class Trouble(msgspec.Struct, frozen=True):
    """A piece that could not be read. `lost`: what follows may stand in another array than it is said to."""

    line: int
    message: str
    lost: bool


class Cut(msgspec.Struct, frozen=True):
    """The document ends before its last bracket is closed."""

    line: int


Piece = Element | Skipped | Trouble | Cut


class _EndsEarlyError(Exception):
    """The text is over."""


class _BrokenError(Exception):
    """The brackets do not go together; the text stands where they ceased to."""


class _End(Enum):
    WHOLE = "whole"
    BROKEN = "broken"


class _Text:
    """The bytes from a place on, and the number of its line."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self.data = bytearray()
        self.at = 0
        self.line = 0
        self._chunks = iter(chunks)

    def more(self) -> bool:
        """Drops what lies behind and takes the next chunk; False where there is none."""
        del self.data[: self.at]
        self.at = 0
        for chunk in self._chunks:
            if chunk.data:
                self.line = self.line or next(iter(chunk.numbers), 1)
                self.data += chunk.data
                return True
        return False

    def advance(self, size: int) -> None:
        self.line += self.data.count(b"\n", self.at, self.at + size)
        self.at += size

    def skip_bom(self) -> None:
        while len(self.data) < len(_BOM) and self.more():
            pass
        if self.data.startswith(_BOM):
            self.at = len(_BOM)

    def is_over(self) -> bool:
        """Whether nothing but blanks and commas is left; stands behind them."""
        while True:
            match = _BETWEEN.match(self.data, self.at)
            self.advance(match.end() - self.at if match else 0)
            if self.at < len(self.data):
                return False
            if not self.more():
                return True

    def peek(self) -> int:
        """The next byte that is no blank or comma."""
        if self.is_over():
            raise _EndsEarlyError
        return self.data[self.at]

    def skip_to(self, pattern: re.Pattern[bytes]) -> None:
        while True:
            match = pattern.search(self.data, self.at)
            self.advance((match.start() if match else len(self.data)) - self.at)
            if match:
                return
            if not self.more():
                raise _EndsEarlyError


class _Walk:
    """Follows a string or what stands in brackets to its end; is shown every byte once."""

    def __init__(self) -> None:
        self.end: _End | None = None
        self._closers = bytearray()
        self._before = _COLON
        self._quoted = False
        self._escaped = False

    def over(self, data: bytearray, place: int) -> int:
        """Goes on at `place`, returns where it stopped: at `end`, or at the end of the data."""
        while place < len(data) and self.end is None:
            place = self._in_string(data, place) if self._quoted else self._in_structure(data, place)
        return place

    def _in_string(self, data: bytearray, place: int) -> int:
        if self._escaped:
            self._escaped = False
            return place + 1
        match = _IN_STRING.search(data, place)
        if match is None:
            return len(data)
        byte = data[match.start()]
        if byte == _BACKSLASH:
            self._escaped = True
        elif byte == _QUOTE:
            self._quoted = False
            self._close()
        else:  # no string holds a line end as it is
            self.end = _End.BROKEN
        return match.end()

    def _in_structure(self, data: bytearray, place: int) -> int:
        match = _TOKEN.search(data, place)
        if match is None:
            return len(data)
        start, byte = match.start(), data[match.start()]
        if byte == _QUOTE:
            self._quoted = match.end() == start + 1
            if not self._quoted:
                self._close()
        elif byte in _CLOSER:
            if self._closers and self._closers[-1] == _CLOSE and self._before != _COLON:
                self.end = _End.BROKEN  # an object stands where a key should: the one before was cut off
                return start
            self._closers.append(_CLOSER[byte])
        elif byte in {_CLOSE, _CLOSE_LIST}:
            if self._closers.pop() != byte:
                self.end = _End.BROKEN
                return start
            self._close()
        self._before = byte
        return match.end()

    def _close(self) -> None:
        """Ends where all brackets are closed."""
        if not self._closers:
            self.end = _End.WHOLE


def _walk(text: _Text, longest: int) -> bytes | None:
    """The string or bracketed value here; None where it is longer than that, which is not held then."""
    walk = _Walk()
    size = 0
    held = longest > 0
    while True:
        size = walk.over(text.data, text.at + size) - text.at
        held = held and size <= longest
        if walk.end is _End.WHOLE:
            found = bytes(text.data[text.at : text.at + size]) if held else None
            text.advance(size)
            return found
        if walk.end is _End.BROKEN:
            text.advance(size)
            raise _BrokenError
        if not held:
            text.advance(size)
            size = 0
        if not text.more():
            raise _EndsEarlyError


def _object(text: _Text) -> bytes | None:
    """The object here; None where it is too long."""
    match = _SHALLOW_OBJECT.match(text.data, text.at)
    if match is None or match.end() - text.at > LONGEST_OBJECT:
        return _walk(text, LONGEST_OBJECT)
    found = match[0]
    text.advance(len(found))
    return found


def _pass(text: _Text) -> None:
    """Passes over the value here."""
    byte = text.peek()
    if byte in {_CLOSE, _CLOSE_LIST}:
        text.advance(1)
        raise _BrokenError
    if byte in {_QUOTE, _OPEN, _OPEN_LIST}:
        _walk(text, 0)
    else:
        text.skip_to(_ATOM_END)


def _array(text: _Text, key: str | None) -> Iterator[Element | Trouble]:
    """The objects of the array whose bracket was just passed."""
    number = 0
    while (byte := text.peek()) != _CLOSE_LIST:
        number += 1
        line = text.line
        try:
            if byte != _OPEN:
                _pass(text)
                yield Trouble(line, f"element {number} is no object", lost=False)
            elif (data := _object(text)) is not None:
                yield Element(key, number, line, data)
            else:
                yield Trouble(line, f"element {number} is longer than {LONGEST_OBJECT >> 20} MiB", lost=False)
        except _BrokenError:
            yield Trouble(line, f"element {number} is broken off or garbled", lost=True)
            text.skip_to(_NEXT_OBJECT)
    text.advance(1)


def _key(text: _Text) -> str:
    """The key here, and the colon after it."""
    if text.peek() != _QUOTE:
        raise _BrokenError
    found = _walk(text, LONGEST_OBJECT)
    if text.peek() != _COLON:
        raise _BrokenError
    text.advance(1)
    try:
        return read_json(_KEY, found or b'""')
    except UnreadableError as error:
        raise _BrokenError from error


def _members(text: _Text, wanted: Callable[[str], bool]) -> Iterator[Piece]:
    """What stands in the document's object, whose bracket was just passed."""
    seen: set[str] = set()
    while text.peek() != _CLOSE:
        line = text.line
        key = _key(text)
        if text.peek() == _OPEN_LIST and wanted(key) and key not in seen:
            seen.add(key)
            text.advance(1)
            yield from _array(text, key)
            continue
        _pass(text)
        if key in seen:
            yield Trouble(line, f"the key '{key}' occurs twice", lost=False)
        else:
            yield Skipped(key, line)
    text.advance(1)


def elements(chunks: Iterable[Chunk], wanted: Callable[[str], bool]) -> Iterator[Piece]:
    """The objects in the document, if it is an array, or in those members that are `wanted` arrays; in their order."""
    text = _Text(chunks)
    text.skip_bom()
    try:
        byte = text.peek()
        if byte not in _CLOSER:
            raise _BrokenError  # noqa: TRY301 (one place says what is broken)
        text.advance(1)
        yield from _array(text, None) if byte == _OPEN_LIST else _members(text, wanted)
        if not text.is_over():
            yield Trouble(text.line, "text after the end of the document", lost=True)
    except _EndsEarlyError:
        yield Cut(max(text.line, 1))
    except _BrokenError:
        yield Trouble(text.line, "the document is broken here, its rest is not read", lost=True)
