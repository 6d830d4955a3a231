"""What must hold of every text that a real tracing library printed."""

import importlib
import re
from collections.abc import Iterator
from random import Random
from typing import Protocol

from harness.formats.protocol import Format, chunk_of
from harness.formats.registry import recognise
from tests.oracle import chrome_check, fmt_check, forest_check, span_log_check
from tests.oracle.program import Case
from tests.oracle.reading import Found, found_in, found_in_chunks, pieces
from tests.oracle.structure import broken_rows
from tests.oracle.truth import Truth


class Check(Protocol):
    """A module that knows what a library prints."""

    def disagreements(self, found: Found, truth: Truth) -> Iterator[str]: ...

    def doubts(self, truth: Truth) -> list[str]: ...


FORMATS: dict[str, tuple[str, Check]] = {
    "forest-0.1": ("forest", forest_check),
    "forest-0.2": ("forest", forest_check),
    "forest-0.3": ("forest", forest_check),
    "fmt-full": ("fmt_text", fmt_check),
    "fmt-full-plain": ("fmt_text", fmt_check),
    "fmt-compact": ("fmt_text", fmt_check),
    "fmt-compact-plain": ("fmt_text", fmt_check),
    "fmt-json": ("fmt_json", fmt_check),
    "span-jsonl": ("span_jsonl", span_log_check),
    "chrome": ("chrome", chrome_check),
    "chrome-async": ("chrome", chrome_check),
}
MODES = tuple(FORMATS)
FOREST_TAIL = re.compile(rb" \[ [0-9.]+[mn\xc2\xb5]*s \| ")


def faults(case: Case) -> list[str]:
    """Where the format that should read this text is wrong about it."""
    try:
        return _faults(case)
    except Exception as error:  # noqa: BLE001 (no text may make a format raise: each is a fault of its own)
        return [f"reading raises {error!r}"]


def _faults(case: Case) -> list[str]:
    name, check = FORMATS[case.truth.mode]
    module: Format = importlib.import_module(f"harness.formats.{name}")
    found = found_in(module, case.text)
    return [
        *_mistaken(module, found, check, case),
        *broken_rows(found.spans),
        *check.disagreements(found, case.truth),
        *_depends_on_pieces(module, found, case),
        *(_forest_variants(module, found, case) if module.NAME == "tracing-forest" else ()),
    ]


def _mistaken(module: Format, found: Found, check: Check, case: Case) -> Iterator[str]:
    """A text is of its own format and of no other before it, unless what the program said imitates one."""
    if not found.spans or recognise([case.text]) is module or check.doubts(case.truth):
        return
    if not forest_check.doubts(case.truth) and (check is forest_check or not FOREST_TAIL.search(case.text)):
        yield f"is not recognised as {module.NAME}"


def _depends_on_pieces(module: Format, found: Found, case: Case) -> Iterator[str]:
    random = Random(case.truth.seed)  # noqa: S311 (the same cuts every time)
    for _ in range(3):
        cut = pieces(module, case.text, random)
        yield from _otherwise(found, found_in_chunks(module, cut), f"in {len(cut)} pieces")


def _forest_variants(module: Format, found: Found, case: Case) -> Iterator[str]:
    colourless = re.sub(rb"\x1b\[[0-9;]*m", b"", case.text)
    yield from _otherwise(found, found_in(module, colourless), "without colour")
    yield from _otherwise(found, found_in(module, case.text.replace(b"\n", b"\r\n")), "with CRLF")
    if case.standard_error and not forest_check.doubts(case.truth):
        above = chunk_of(case.standard_error)
        below = chunk_of(case.text, 1 + len(above.numbers))
        alone = found_in_chunks(module, [below])
        both = found_in_chunks(module, [above, below])
        yield from _otherwise(alone, both, "below what went to standard error")


def _otherwise(found: Found, again: Found, how: str) -> Iterator[str]:
    for what in ("spans", "events", "issues"):
        one, other = getattr(found, what), getattr(again, what)
        if one != other:
            # Not a number equals itself for no comparison: NaN percentages are compared by their text.
            first = next((pair for pair in zip(one, other, strict=False) if repr(pair[0]) != repr(pair[1])), None)
            if first or len(one) != len(other):
                yield f"{what} are read otherwise {how}: {first or (len(one), len(other))}"
