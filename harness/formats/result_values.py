"""Benchmark runners' result files: JSON that is not trusted → timings whose values were looked at one by one.

A benchmark with any value that is no time gives an issue and no timing: what is left of its samples would not be what
was measured.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated, TypeVar

import msgspec

from harness.formats.protocol import Batch, Chunk, batch_of
from harness.spans.model import Issue, Timing
from harness.units import NS_PER_MS, NS_PER_UNIT

DOCUMENT_LIMIT_BYTES = 64 << 20
"""Larger result files are not read."""

_NS_LIMIT = 2**63
_SHOWN_CHARACTERS = 80

T = TypeVar("T")

Name = Annotated[str, msgspec.Meta(min_length=1)]
"""A benchmark's name in a file that names its benchmarks: an empty one would seem to be left to the caller."""


class UnusableError(Exception):
    """Why a part of a document gives no timing: the message of the issue that stands in its place.

    `line` counts from the document's first.
    """

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class RepeatedKey:
    """The value of a key that an object has twice: of no type, so it is refused where the key is read."""


def read_results(chunks: Iterable[Chunk], understand: Callable[[object], Iterable[Timing | Issue]]) -> Batch:
    """The one batch of a result file.

    `understand` is given the parsed document, all its numbers as floats, and may raise UnusableError. Benchmarks of the
    same name stay apart: the second `a` becomes `a (2)`.
    """
    first_line, found = 1, list[Timing | Issue]()
    try:
        taken = _within_limit(chunks)
        first_line = next((chunk.numbers[0] for chunk in taken if chunk.numbers), 1)
        found.extend(understand(_parsed(b"".join(chunk.data for chunk in taken))))
        if not found:
            found.append(Issue(line=1, message="the file holds no benchmark", damage=False))
    except UnusableError as error:
        found = [issue_of(error)]
    placed = [msgspec.structs.replace(each, line=first_line + each.line - 1) for each in found]
    return batch_of(
        timings=_told_apart(each for each in placed if isinstance(each, Timing)),
        issues=[
            msgspec.structs.replace(each, message=_encodable(each.message))
            for each in placed
            if isinstance(each, Issue)
        ],
    )


def issue_of(error: UnusableError) -> Issue:
    """The issue in place of what could not be used."""
    return Issue(line=error.line, message=str(error))


def each_timing(entries: Iterable[object], kind: type[T], timing_of: Callable[[T], Timing]) -> Iterator[Timing | Issue]:
    """The timing of each entry, an issue for each that has none."""
    for number, entry in enumerate(entries, start=1):
        try:
            yield timing_of(typed(entry, kind, f"benchmark {number}"))
        except UnusableError as error:
            yield issue_of(error)


def typed(value: object, kind: type[T], place: str) -> T:
    """A parsed value as a struct; raises UnusableError naming the place where it is not one."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise UnusableError(f"{place}: {error}") from error
    except UnicodeEncodeError as error:
        raise UnusableError(f"{place}: a text in it holds half a character") from error


def milliseconds(value: float | None, unit: str) -> float:
    """A time in ms, rounded once, to the nearest float; raises UnusableError for what is no time in 64 bits of ns."""
    scale = NS_PER_UNIT.get(unit)
    if scale is None:
        raise UnusableError(f"{shown(unit)} is no unit of time")
    if value is None or not math.isfinite(value) or value < 0:
        raise UnusableError(f"{'nothing' if value is None else value} is no time")
    in_ms = value * (scale // NS_PER_MS) if scale >= NS_PER_MS else value / (NS_PER_MS // scale)
    if in_ms * NS_PER_MS >= _NS_LIMIT:
        raise UnusableError(f"{value} {unit} is too long for a time")
    return in_ms


def sampled(name: str, values: Sequence[float | None], unit: str) -> Timing:
    """A benchmark whose samples are stored."""
    if not values:
        raise UnusableError(_said_of(name, "no samples"))
    samples_ms: list[float] = []
    try:
        samples_ms.extend(milliseconds(value, unit) for value in values)
    except UnusableError as error:
        raise UnusableError(_said_of(name, f"sample {len(samples_ms) + 1}: {error}")) from error
    return Timing(name=name, samples_ms=tuple(samples_ms))


def summarized(
    name: str, value: float | None, unit: str, *, statistic: str = "median", bounds: Sequence[float | None] = ()
) -> Timing:
    """A benchmark of which only one number is known; `bounds` are its confidence interval, in the same unit."""
    try:
        value_ms = milliseconds(value, unit)
        bounds_ms = [milliseconds(bound, unit) for bound in bounds]
    except UnusableError as error:
        raise UnusableError(_said_of(name, f"{statistic}: {error}")) from error
    if bounds_ms != sorted(bounds_ms):
        raise UnusableError(_said_of(name, f"{statistic}: no interval goes from {bounds[0]} to {bounds[-1]}"))
    return Timing(
        name=name,
        samples_ms=(value_ms,),
        low_ms=bounds_ms[0] if bounds_ms else None,
        high_ms=bounds_ms[-1] if bounds_ms else None,
        note=f"summary only: {statistic}, no samples stored",
    )


def shown(text: str) -> str:
    """A text of the file as messages quote it: on one line and not without end."""
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…")


def _said_of(name: str, message: str) -> str:
    return f"{shown(name)}: {message}" if name else message


def _within_limit(chunks: Iterable[Chunk]) -> list[Chunk]:
    taken, size = [], 0
    for chunk in chunks:
        size += len(chunk.data)
        if size > DOCUMENT_LIMIT_BYTES:
            raise UnusableError(f"more than {DOCUMENT_LIMIT_BYTES >> 20} MiB: not a result file that is read")
        taken.append(chunk)
    return taken


def _parsed(data: bytes) -> object:
    """The document; tokens `NaN` and `Infinity` are the floats they name, as runners print them."""
    text = data.decode("utf-8", errors="replace")
    try:
        parsed: object = json.loads(text, parse_int=float, parse_constant=float, object_pairs_hook=_unrepeated)
    except json.JSONDecodeError as error:
        raise UnusableError(f"not JSON, or cut off: {error.msg} in column {error.colno}", error.lineno) from error
    except RecursionError as error:
        raise UnusableError("nested too deep for a result file") from error
    return parsed


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        found.update({key: RepeatedKey() for key, count in counts.items() if count > 1})
    return found


def _told_apart(timings: Iterable[Timing]) -> list[Timing]:
    apart: dict[str, Timing] = {}
    repeats: Counter[str] = Counter()
    for timing in timings:
        printed = name = _encodable(timing.name)
        while name in apart:
            repeats[printed] += 1
            name = f"{printed} ({repeats[printed] + 1})"
        apart[name] = msgspec.structs.replace(timing, name=name)
    return list(apart.values())


def _encodable(text: str) -> str:
    """JSON may escape half of a surrogate pair, which no UTF-8 can hold."""
    return text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
