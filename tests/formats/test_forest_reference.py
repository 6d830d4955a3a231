"""The block reader against one that reads line by line, on the real captures and on what damage makes of them."""

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import msgspec
import pytest

from harness.formats import forest
from tests.formats.forest_run import read
from tests.formats.reference_forest import ANSI, begins_twice, parse_bytes

CAPTURES = sorted((Path(__file__).parents[1] / "data" / "captures").glob("*.log"))
NEITHER = "the line shows neither a span nor an event"  # said by the block reader alone; the other counts the line
PIECES = (
    '"', " | ", "\\", ": ", "[", "]", "]:", " [ 1", "\x1b[0m", "\x1b[1;32m", "\r", "k: v", ' | a: "b | c"', "|",
    " | | ", " ", "INFO     ", "DEBUG", "\u00a0", "\u3000", "━ ", "│  ", "┕━ ", " [ 1.00ms | 2.00% ]", " / ", "%",
    "NaN%", "1234567.89%", "- ", "🚧", "0a1b2c3d-0000-4abc-8def-0123456789ab ", "\ufffd",
)  # fmt: skip
KEY = re.compile(rb"(?<=[|\]] )(\w+): ")  # forest 0.2 and later print keys dimmed
RAW_PIECES = (*(piece.encode() for piece in PIECES), b"\xff", b"\xe2\x94", b"\xe2", b"\xc2", b"\xed\xa0\x80")
TAILS = (b" | n: 1", b' | s: "x"', b" | b", b" | \x1b[2;37mkey\x1b[0m: 3", b"\r", b"\r\r", b" ")
PREFIXES = (
    b"   ",
    b"test foo ... ",
    b"0a1b2c3d-0000-4abc-8def-0123456789ab ",
    b"2026-01-02T03:04:05.678901234+00:00  ",
)


def agree(data: bytes) -> None:
    """Both readers say the same of spans, events, issues and other programs' lines."""
    expected, got = parse_bytes(data), read(data)
    issues = [one for one in got.issues if one.message != NEITHER]
    assert [msgspec.structs.replace(span, note=None) for span in got.spans] == expected.spans
    assert list(got.events) == expected.events
    assert issues == sorted(expected.issues, key=lambda one: (one.line, one.message))
    assert got.unparsed_lines + len(got.issues) - len(issues) == expected.unparsed_lines


Accident = Callable[[list[bytes], int, list[bytes], Random], list[bytes]]


def inside(change: Callable[[bytes, int, Random], bytes]) -> Accident:
    """An accident to one line, at one place in it."""

    def happens(part: list[bytes], at: int, _lines: list[bytes], rng: Random) -> list[bytes]:
        return [*part[:at], change(part[at], rng.randrange(len(part[at]) + 1), rng), *part[at + 1 :]]

    return happens


ACCIDENTS: tuple[Accident, ...] = (
    lambda part, at, _lines, _rng: part[:at] + part[at + 1 :],
    lambda part, at, lines, rng: [*part[:at], rng.choice(lines), *part[at:]],
    lambda part, at, _lines, _rng: [*part[:at], *part[at : at + 2][::-1], *part[at + 2 :]],
    lambda part, at, _lines, _rng: [*part[:at], b"".join(part[at : at + 2]), *part[at + 2 :]],
    lambda part, _at, _lines, _rng: [ANSI.sub("", one.decode("utf-8", "replace")).encode() for one in part],
    lambda part, _at, _lines, _rng: [one + b"\r" for one in part],
    lambda part, _at, _lines, _rng: [KEY.sub(b"\x1b[2;37m\\1\x1b[0m: ", one) for one in part],
    inside(lambda line, cut, _rng: line[:cut]),
    inside(lambda line, cut, _rng: line[cut:]),
    inside(lambda line, cut, rng: line[:cut] + rng.choice(RAW_PIECES) + line[cut:]),
    inside(lambda line, cut, rng: line[:cut] + rng.choice(RAW_PIECES) + line[cut:]),
    inside(lambda line, _cut, rng: rng.choice(PREFIXES) + line),
    inside(lambda line, _cut, rng: line + rng.choice(TAILS)),
)


def mutated(lines: list[bytes], rng: Random) -> list[bytes]:
    """Some lines of a capture after one to seven accidents."""
    first = rng.randrange(len(lines))
    part = lines[first : first + rng.randrange(1, 60)]
    for _ in range(rng.randrange(1, 8)):
        part = rng.choice(ACCIDENTS)(part, rng.randrange(len(part)), lines, rng) or [b"x"]
    return [b"x" if begins_twice(line) else line for line in part]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
@pytest.mark.parametrize("block_bytes", [5000, 4 << 20])
def test_both_readers_agree_on_a_whole_capture(path, block_bytes, monkeypatch) -> None:
    monkeypatch.setattr(forest, "BLOCK_BYTES", block_bytes)
    agree(path.read_bytes())


@pytest.mark.parametrize(("block_bytes", "rounds"), [(1, 8), (64, 8), (300, 20), (1000, 25), (5000, 30), (4 << 20, 30)])
@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_both_readers_agree_on_whatever_damage_makes_of_a_capture(path, block_bytes, rounds, monkeypatch) -> None:
    monkeypatch.setattr(forest, "BLOCK_BYTES", block_bytes)
    lines = path.read_bytes().split(b"\n")
    rng = Random(f"{path.stem} {block_bytes}")  # noqa: S311 (repeatable, not secret)
    for _ in range(rounds):
        agree(b"\n".join(mutated(lines, rng)))
