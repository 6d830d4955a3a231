"""One trace event as it is written → the small tuple that is kept of it until all events are known.

Events may come in any order, so nothing can be put together before the end. A begin, an end or a whole slice takes
about 200 bytes, one with an id 400, and the text of its arguments on top: a million spans fit in half a gigabyte.
"""

import re
from typing import NamedTuple

import msgspec

from harness.formats.json_values import UnreadableError, read_json, refuse_repeated
from harness.spans.model import MAX_NS

PS_PER_NS = 1000
"""Times are kept in picoseconds, so that a fraction of a nanosecond is seen."""

BEGIN, END, INSTANT = "B", "E", "i"

_PS_PER_US_DIGITS = 6
_MAX_PS = MAX_NS * PS_PER_NS
_NUMBER = re.compile(rb"(-?)([0-9]{1,40})(?:\.([0-9]{1,60}))?(?:[eE]([+-]?[0-9]{1,2}))?")

ThreadKey = tuple[int | str, int | str]
"""Process and thread."""

Scope = tuple[int | str | None, bytes]
"""What async events share: the process, where the id is local to it, and the id."""


class Mark(NamedTuple):
    """A moment on a thread: a BEGIN, an END or an INSTANT."""

    at_ps: int
    phase: str
    name: str | None
    line: int
    args: bytes
    category: str | None


class Slice(NamedTuple):
    """A stretch of time on a thread."""

    at_ps: int
    length_ps: int
    name: str
    line: int
    args: bytes


class AsyncMark(NamedTuple):
    """A BEGIN or an END of something that has an id, on whatever thread."""

    mark: Mark
    scope: Scope
    thread: ThreadKey


class _Id(msgspec.Struct, gc=False):
    local: msgspec.Raw = msgspec.Raw()
    everywhere: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="global")


_ID = msgspec.json.Decoder(_Id | None)


class TraceEvent(msgspec.Struct, gc=False):
    """An event, as far as it is read; times and arguments as text."""

    ph: str | None = None
    name: str | None = None
    cat: str | None = None
    ts: msgspec.Raw = msgspec.Raw()
    dur: msgspec.Raw = msgspec.Raw()
    pid: int | str = 0
    tid: int | str = 0
    id: msgspec.Raw = msgspec.Raw()
    id2: msgspec.Raw = msgspec.Raw()
    s: str | None = None
    args: msgspec.Raw = msgspec.Raw()

    @property
    def thread(self) -> ThreadKey:
        """Where it happened."""
        return self.pid, self.tid

    @property
    def start_ps(self) -> int:
        """When it happened or began; raises UnreadableError where that is no time."""
        return picoseconds(bytes(self.ts), "ts")

    @property
    def scope(self) -> Scope:
        """What it shares with others of its id; raises UnreadableError where there is no id."""
        data = bytes(self.id2)
        both = read_json(_ID, data) if data else None
        if both is not None:
            refuse_repeated(data, ("local", "global"))
        if both is not None and bytes(both.local):
            return self.pid, bytes(both.local)
        found = bytes(both.everywhere if both is not None else self.id)
        if not found:
            raise UnreadableError("it has no id")
        return None, found


EVENT = msgspec.json.Decoder(TraceEvent)


def picoseconds(text: bytes, key: str) -> int:
    """A time that is written in microseconds.

    What is finer than a picosecond is left out, but so that the time does not seem to be whole nanoseconds.

    Raises:
        UnreadableError: it is no number, negative, or more than 64 bits of nanoseconds.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise UnreadableError(f"'{key}' is no time" if text else f"it has no '{key}'")
    sign, whole, decimals, exponent = match.groups(b"")
    digits, shift = int(whole + decimals), int(exponent or b"0") + _PS_PER_US_DIGITS - len(decimals)
    power: int = 10 ** abs(shift)
    found, rest = (digits * power, 0) if shift >= 0 else divmod(digits, power)
    found += rest > 0 and found % PS_PER_NS == 0
    if found and sign:
        raise UnreadableError(f"'{key}' is negative")
    if found > _MAX_PS:
        raise UnreadableError(f"'{key}' is too large")
    return found
