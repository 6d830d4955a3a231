"""The time columns of tracing-subscriber's fmt layer: RFC 3339 of a wall clock, or seconds since the program began."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from harness.spans.model import MAX_NS
from harness.units import parse_duration

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)|\d{1,9}\.\d{9}s"

_PARTS = re.compile(r"(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NS_PER_S = 10**9


def read_time(text: str) -> int | None:
    """What the time column says, in ns on its own clock; None for a text that is no time."""
    if text.endswith("s"):
        return parse_duration(text[:-1], "s").ns if re.fullmatch(TIME, text, re.ASCII) else None
    parts = _PARTS.fullmatch(text)
    if parts is None:
        return None
    second = _second(parts[1], parts[3])
    return None if second is None else second * _NS_PER_S + int((parts[2] or "").ljust(9, "0"))


@lru_cache(maxsize=256)
def _second(date_and_time: str, zone: str) -> int | None:
    try:
        moment = datetime.fromisoformat(date_and_time + zone)
        since = moment - _EPOCH
    except (ValueError, OverflowError):
        return None
    return since.days * 86_400 + since.seconds


class RunClock:
    """The times of one run, as ns since the first of them."""

    def __init__(self) -> None:
        self._first: int | None = None

    def since_first(self, text: str) -> int | None:
        """None for a text that is no time, and for one so far off that it cannot be."""
        time_ns = read_time(text)
        if time_ns is None:
            return None
        if self._first is None:
            self._first = time_ns
        since = time_ns - self._first
        return since if abs(since) <= MAX_NS else None
