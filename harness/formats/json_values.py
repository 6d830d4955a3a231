"""JSON values as rows need them: typed, with one kind of error whatever is wrong, and within what a column can hold."""

import math
import re
from typing import TypeVar

import msgspec

from harness.spans.model import Fields

MAX_NS = 2**63 - 1
"""Times are stored as 64-bit nanoseconds."""

MAX_DEPTH = 1000
"""Spans above one another. Each span's path names all of them, so deeper trees would cost the square of their depth."""

_Value = TypeVar("_Value")
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = msgspec.json.Decoder(str)
_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")


class UnreadableError(Exception):
    """A value that is not what it should be; says why."""


def read_json(decoder: msgspec.json.Decoder[_Value], data: bytes) -> _Value:
    """One JSON text; of a repeated key the last value counts, bytes that are no UTF-8 become U+FFFD.

    Raises:
        UnreadableError: it is no JSON, or not of the decoder's type.
    """
    try:
        try:
            return decoder.decode(data)
        except UnicodeDecodeError:
            return decoder.decode(data.decode("utf-8", errors="replace"))
    except msgspec.MsgspecError as error:
        raise UnreadableError(str(error)) from error
    except RecursionError as error:
        raise UnreadableError("it is nested too deep") from error


def read_fields(data: bytes) -> Fields:
    """An object's members: a string's text as it is, any other value's JSON text; nothing for null or no text.

    Raises:
        UnreadableError: it is no object.
    """
    if data in {b"", b"null", b"{}"}:
        return ()
    return tuple((key, _text(bytes(value))) for key, value in read_json(_MEMBERS, data).items())


def _text(value: bytes) -> str:
    return read_json(_STRING, value) if value.startswith(b'"') else value.decode("utf-8", errors="replace").strip()


def read_number(text: str) -> float | None:
    """A decimal number; None for NaN, infinities, what a float cannot hold, and any other text."""
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return number if math.isfinite(number) else None
