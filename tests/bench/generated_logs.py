"""Logs of any size, the same ones every time: a capture's run again and again with other numbers.

As a program (KIND MEGABYTES PATH), for a process that held such a log in memory would lend its size to its children.
"""

import random
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

CAPTURES = Path(__file__).parent.parent / "data" / "captures"
SPAN_HEAVY, DEBUG_HEAVY, H200, CAPTURE = "span-heavy", "debug-heavy", "h200", "capture"
"""Kinds; a `CAPTURE` is span-heavy text in runs short enough for the KPIs to be read off."""

_PIECES = 300
_RUN_BYTES = 5 * 10**6
_EVENTS_A_SPAN = 9
_TIME = re.compile(rb"(?<= \[ )([0-9.]+)(?=[^0-9. ]{1,3} \| )")
_LINE = re.compile(
    rb"^(?P<colour>\x1b\[1;32m)?INFO {4}(?P<reset>\x1b\[0m)? (?P<drawn>(?:\xe2\x94\x82  |   )*"
    rb"(?P<connector>\xe2\x94[\x9d\x95]\xe2\x94\x81 )?)(?P<rest>.*)$"
)


def write_log(kind: str, size_bytes: int, path: Path) -> None:
    """Writes a log of about this size."""
    source = random.Random(1)  # noqa: S311 (the same log every time)
    body = _body("h200_keccakf.log" if kind == H200 else "cpu_keccakf.log")
    vary = _with_debug_events if kind == DEBUG_HEAVY else _with_other_times
    pieces = [vary(body, source) for _ in range(_PIECES)]
    with path.open("wb") as file:
        written = 0
        for heading in _headings(kind):
            file.write(heading)
            run_bytes = 0
            while written < size_bytes and (run_bytes < _RUN_BYTES or not heading):
                piece = source.choice(pieces)
                written += file.write(piece)
                run_bytes += len(piece)
            if written >= size_bytes:
                break


def _headings(kind: str) -> Iterator[bytes]:
    """What stands before each run; a log without sections is one run."""
    if kind != CAPTURE:
        yield b""
        return
    yield b"# capture: keccakf\n\n===== warmup =====\n"
    number = 0
    while True:
        number += 1
        yield b"===== measured run %d =====\n" % number


def _body(capture: str) -> bytes:
    data = (CAPTURES / capture).read_bytes()
    start = data.index(b"===== measured run 1")
    return data[data.index(b"\n", start) + 1 : data.index(b"===== measured run 2")]


def _with_other_times(body: bytes, source: random.Random) -> bytes:
    """Every duration with other digits, as many as it had."""

    def other(match: re.Match[bytes]) -> bytes:
        first = source.randint(1, 9)
        rest = (b"." if byte == ord(".") else b"%d" % source.randint(0, 9) for byte in match[1][1:])
        return b"%d" % first + b"".join(rest)

    return _TIME.sub(other, body)


def _with_debug_events(body: bytes, source: random.Random) -> bytes:
    """The same below each span with events, so that nine lines of ten are such."""
    lines = _with_other_times(body, source).splitlines(keepends=True)
    found = [_LINE.match(line) for line in lines]
    out = []
    for place, (line, match) in enumerate(zip(lines, found, strict=True)):
        out.append(line)
        if match is None or not _TIME.search(line):
            continue
        following = found[place + 1] if place + 1 < len(found) else None
        has_children = following is not None and len(following["drawn"].decode()) > len(match["drawn"].decode())
        out.extend(_events(match, source, ends=not has_children))
    return b"".join(out)


def _events(span: re.Match[bytes], source: random.Random, *, ends: bool) -> Iterator[bytes]:
    """Events right below a span; the last one `ends` its children."""
    drawn = span["drawn"].decode().removesuffix("┝━ ").removesuffix("┕━ ")
    if span["connector"]:
        drawn += "│  " if span["connector"].decode() == "┝━ " else "   "
    for number in range(_EVENTS_A_SPAN):
        connector = "┕━ " if ends and number == _EVENTS_A_SPAN - 1 else "┝━ "
        yield f"\x1b[1;34mDEBUG   \x1b[0m {drawn}{connector}{_event(source.randint)}\n".encode()


def _event(number: Callable[[int, int], int]) -> str:
    return (
        f"🐛 [debug]: folded {number(1, 999_999)} of {number(1_000_000, 9_999_999)} rows | round: {number(0, 99)} "
        f'| elapsed_us: {number(10, 99_999)} | buffer: "stage {number(1, 9999)}"'
    )


def main() -> None:
    kind, megabytes, path = sys.argv[1:]
    write_log(kind, int(megabytes) * 10**6, Path(path))


if __name__ == "__main__":
    main()
