"""JSON values as rows need them: typed, with one kind of error whatever is wrong, and within what a column can hold."""

import json
import math
import re
from functools import lru_cache
from typing import TypeVar

import msgspec

from harness.spans.model import Fields

_Value = TypeVar("_Value")
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING = msgspec.json.Decoder(str)
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.: -]+")
_NUMBER = re.compile(r"-?[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?")
# Objects become tuples of pairs, so that no member is lost, and numbers bytes, so that none equals a text or true.
_OWN_MEMBERS = json.JSONDecoder(
    object_pairs_hook=tuple, parse_int=str.encode, parse_float=str.encode, parse_constant=str.encode, strict=False
)


class UnreadableError(Exception):
    """A value that is not what it should be; says why."""


class RepeatedKeyError(UnreadableError):
    """An object has the key more than once, with different values: which of them was meant is not known."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key '{key}' occurs more than once, with different values")


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


def repeated_key(data: bytes, keys: tuple[str, ...]) -> str | None:
    """The first of the keys that an object has more than once, with values that differ; None where there is none.

    Only the object's own members count, not those of objects in it. `data` is JSON that was read before: nearly always
    a look at its bytes is enough.

    Raises:
        UnreadableError: it is no JSON after all, or nested too deep to be sure.
    """
    if not _may_repeat(data, keys):
        return None
    try:
        members = _OWN_MEMBERS.decode(data.decode("utf-8", errors="replace"))
        return _first_repeated(members, keys) if isinstance(members, tuple) else None
    except ValueError as error:
        raise UnreadableError(f"it is not JSON: {error}") from error
    except RecursionError as error:
        raise UnreadableError("it is nested too deep") from error


def refuse_repeated(data: bytes, keys: tuple[str, ...]) -> None:
    """Raises RepeatedKeyError where `repeated_key` finds one; otherwise raises what that does."""
    key = repeated_key(data, keys)
    if key is not None:
        raise RepeatedKeyError(key)


def _may_repeat(data: bytes, keys: tuple[str, ...]) -> bool:
    quoted = _quoted(keys)
    if quoted is None or b"\\u" in data:  # any character of a key may be escaped
        return True
    return max(map(data.count, quoted), default=0) > 1


@lru_cache(maxsize=256)
def _quoted(keys: tuple[str, ...]) -> tuple[bytes, ...] | None:
    """The keys as JSON has them where no character is escaped; None where one may be in other ways than by number."""
    return tuple(f'"{key}"'.encode() for key in keys) if all(map(_PLAIN_KEY.fullmatch, keys)) else None


def _first_repeated(members: tuple[tuple[str, object], ...], keys: tuple[str, ...]) -> str | None:
    first: dict[str, object] = {}
    repeated = {key for key, value in members if first.setdefault(key, value) != value}
    return next((key for key in keys if key in repeated), None)


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
