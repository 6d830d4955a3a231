"""Lines of the fmt layer's full and compact text → columns, scope and the rest.

Names are marked by colours where there are any; in plain text a name ends at the first single `:` or at `{`.
"""

import re
from dataclasses import dataclass

from harness.formats.fmt_clock import TIME
from harness.formats.fmt_fields import KEY, QUOTED
from harness.formats.fmt_records import Scope
from harness.spans.model import LEVELS, MAX_NS
from harness.units import Duration, parse_duration

_LEVEL = "|".join(LEVELS)
_COLUMNS = re.compile(
    rf"(?:test .{{1,1000}}? \.\.\. )?\s*+(?:(?P<time>{TIME}) {{1,2}})?(?P<level>{_LEVEL}) (?P<rest>.*)", re.ASCII
)
_GLUED = re.compile(rf"(?P<time>{TIME}) {{1,2}}(?P<level>{_LEVEL}) (?P<rest>.*)", re.ASCII)
_BARE = re.compile(rf"(?:test .{{1,1000}}? \.\.\. )?\s*+(?:(?P<time>{TIME}) )?(?P<level>)(?P<rest>.*)", re.ASCII)
_THREAD = re.compile(r"((?:(?!: )[^{=]){0,200}?)ThreadId\((\d{1,20})\) ", re.ASCII)

_COLOURED_CLOSE = re.compile(r"close \x1b\[3mtime\.busy\x1b\[0m\x1b\[2m=\x1b\[0m\d")
_COLOURED_HEAD = re.compile(
    rf"(?:test .{{1,1000}}? \.\.\. )?\s*+\x1b\[\d{{1,2}}m {{0,2}}(?:{TIME}|{_LEVEL})\x1b\[0m ", re.ASCII
)
_BOLD = "\x1b[1m"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_COLOURED_STEP = re.compile(
    r"\x1b\[1m([^\x1b]*)\x1b\[0m"
    r"(?:\x1b\[1m\{\x1b\[0m((?:(?!\x1b\[1m\}\x1b\[0m).)*+)\x1b\[1m\}\x1b\[0m)?"
    r"(?:\x1b\[2m:\x1b\[0m|:)",
    re.DOTALL,
)
_NAME = re.compile(r"(?:[^:{]|\{\})++(?:::++(?:[^:{]|\{\})++)*+")  # no fields print no braces
_IN_FIELDS = re.compile(rf"{QUOTED}|'\"'|[{{}}]", re.DOTALL)

_TIME_SPENT = re.compile(r"(\d{1,19}(?:\.\d{1,2})?)(ns|us|µs|μs|ms|s)", re.ASCII)
_CLOSE = re.compile(
    rf"((?:[^\s\"]+: ){{0,2}})close time\.busy=(\d[^\s]*) time\.idle=(\d[^\s]*)(?: ({KEY}.*))?", re.DOTALL
)
_STAGE = re.compile(rf"((?:[^\s\"]+: ){{0,2}})(new|enter|exit)(?: {KEY}.*)?", re.DOTALL)
_LIKE_CLOSE = re.compile(r"\bclose time\.busy=\d")


@dataclass(frozen=True, slots=True)
class Columns:
    """What stands before the scope. `rest` still holds the scope's colours; `marked`: there is a time or a level.

    `coloured`: the line holds colours, `coloured_head`: its time or level has one, as all lines of such a run.
    """

    time: str | None
    level: str | None
    rest: str
    marked: bool
    coloured: bool
    coloured_head: bool = False


@dataclass(frozen=True, slots=True)
class Scoped:
    """A line's spans and what follows them; `is_full` where the fields stand with the names.

    `blank` where plain text leaves open whether the first name or a thread's name holds the blank. `closes` is False
    where colours show that text like a close line's is a message.
    """

    scope: Scope
    rest: str
    thread: str | None
    is_full: bool
    blank: bool = False
    coloured: bool = False
    closes: bool = True


@dataclass(frozen=True, slots=True)
class Close:
    """The rest of a close line; `columns` are target and place in the source, each with `: `."""

    columns: str
    busy: Duration
    idle: Duration
    fields: str


def strip_colours(text: str) -> str:
    """The text without its colours."""
    return _COLOUR.sub("", text) if "\x1b" in text else text


def is_like_close(text: str) -> bool:
    """Whether a line tells of a close, whether or not the rest of it can be read; colours tell messages from it."""
    return (_COLOURED_CLOSE if "\x1b[" in text else _LIKE_CLOSE).search(text) is not None


def columns(text: str, *, bare: bool = False) -> Columns | None:
    """The time and level of a line, wherever in it they begin; `bare`: also of one that has neither."""
    start = text.find(_BOLD)
    head = strip_colours(text if start < 0 else text[:start])
    found = _COLUMNS.fullmatch(head) or _GLUED.search(head)
    if found and not found["time"] and start < 0 and found["rest"].startswith(" "):
        found = None  # other programs pad their level
    if found is None and bare:
        found = _BARE.fullmatch(head)
    if found is None:
        return None
    coloured_rest = "" if start < 0 else text[start:]
    marked = bool(found["time"] or found["level"])
    coloured_head = marked and _COLOURED_HEAD.match(text) is not None
    rest = found["rest"] + coloured_rest
    return Columns(found["time"], found["level"] or None, rest, marked, "\x1b[" in text, coloured_head)


def scoped(line: Columns) -> Scoped | None:
    """The spans that a line names first; None where there is no telling."""
    before, bold, _ = line.rest.partition(_BOLD)
    text = before or line.rest
    found = _THREAD.match(text)
    thread = f"ThreadId({int(found[2])})" if found else None
    start = found.end() if found else 0
    if bold:
        return _coloured(line.rest, len(before), thread or before.strip() or None)
    return None if line.coloured else _plain(line.rest, start, thread)


def _coloured(text: str, start: int, thread: str | None) -> Scoped | None:
    scope: list[tuple[str, str]] = []
    is_full = True
    while step := _COLOURED_STEP.match(text, start):
        scope.append((step[1], strip_colours(step[2] or "")))
        is_full = text.endswith("\x1b[0m", start, step.end())
        start = step.end()
    if not scope or not text.startswith(" ", start):
        return None
    found = _COLOURED_CLOSE.search(text, start)
    closes = found is not None and "time.busy=" not in text[start : found.start()]
    return Scoped(tuple(scope), strip_colours(text[start + 1 :]), thread, is_full, coloured=True, closes=closes)


def _plain(text: str, start: int, thread: str | None) -> Scoped | None:
    scope: list[tuple[str, str]] = []
    first = start
    while name := _NAME.match(text, start):
        start = name.end()
        fields = ""
        if text.startswith("{", start):
            end = _fields_end(text, start)
            fields, start = text[start + 1 : end], end + 1
        if not text.startswith(":", start):
            return None
        scope.append((name[0], fields))
        start += 1
        if text.startswith(" ", start):
            is_full = any(fields for _, fields in scope)
            blank = thread is None and (" " in scope[0][0] or text.startswith(" ", first))
            return Scoped(tuple(scope), text[start + 1 :], thread, is_full, blank=blank)
    return None


def _fields_end(text: str, start: int) -> int:
    """Where the `}` is that ends the fields begun at `start`; the text's end where there is none."""
    depth = 0
    for token in _IN_FIELDS.finditer(text, start):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}":
            depth = max(depth - 1, 0)
            if depth == 0 and text.startswith(":", token.end()):
                return token.start()
    return len(text)


def close(rest: str) -> Close | None:
    """What a close line says after its scope; None for any other, and for times that no clock can show."""
    found = _CLOSE.fullmatch(rest)
    if found is None:
        return None
    busy, idle = time_spent(found[2]), time_spent(found[3])
    if busy is None or idle is None:
        return None
    return Close(found[1], busy, idle, found[4] or "")


def time_spent(text: str) -> Duration | None:
    """A busy or idle time; None where it is none, or longer than any clock can show."""
    found = _TIME_SPENT.fullmatch(text)
    time = parse_duration(found[1], found[2]) if found else None
    return time if time is not None and time.high_ns <= MAX_NS else None


def stage(rest: str) -> str | None:
    """Which of `new`, `enter` and `exit` a line says after its scope."""
    found = _STAGE.fullmatch(rest)
    return found[2] if found else None
