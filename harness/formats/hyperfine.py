"""What hyperfine exports with `--export-json`, of versions 1 and 2: the wall time of every run of each command."""

from collections.abc import Iterable, Iterator

import msgspec

from harness.formats.document_keys import ITEM, has_keys
from harness.formats.protocol import Batch, Chunk, Shape
from harness.formats.result_values import (
    Name,
    UnusableError,
    each_timing,
    read_results,
    sampled,
    shown,
    summarized,
    typed,
)
from harness.spans.model import Issue, Timing

NAME = "hyperfine"
SHAPE = Shape.DOCUMENT

_COMMAND = ("results", ITEM, "command")
_VERSION_1 = (_COMMAND, ("results", ITEM, "mean"), ("results", ITEM, "user"), ("results", ITEM, "system"))
_VERSION_2 = (_COMMAND, ("results", ITEM, "measurements", ITEM, "time_wall_clock"))
_KNOWN_SCHEMAS = (None, 2)


class _Quantity(msgspec.Struct):
    value: float | None
    unit: str


class _Run(msgspec.Struct):
    time_wall_clock: _Quantity
    exit_code: float | None


class _Parameter(msgspec.Struct):
    value: str


class _Result(msgspec.Struct):
    """One command; version 1 has its name in place of the command, version 2 has its runs one by one."""

    command: Name
    name: str | None = None
    mean: float | None = None
    median: float | None = None
    times: list[float | None] | None = None
    exit_codes: list[float | None] | msgspec.UnsetType = msgspec.UNSET
    measurements: list[_Run] | None = None
    parameters: dict[str, str | _Parameter] = {}


class _Document(msgspec.Struct):
    results: list[object]
    schema_version: float | None = None


def sniff(head: bytes) -> bool:
    """Whether this begins with commands and their times."""
    return has_keys(head, _VERSION_1) or has_keys(head, _VERSION_2)


def read(chunks: Iterable[Chunk]) -> Iterator[Batch]:
    """One timing a command; commands that failed give an issue instead."""
    yield read_results(chunks, _timings)


def _timings(document: object) -> Iterator[Timing | Issue]:
    exported = typed(document, _Document, "the file")
    if exported.schema_version not in _KNOWN_SCHEMAS:
        raise UnusableError(f"hyperfine's schema {exported.schema_version:g} is not known")
    return each_timing(exported.results, _Result, _timing)


def _timing(result: _Result) -> Timing:
    name = _name(result)
    codes = _exit_codes(name, result)
    failed = [code for code in codes if code != 0]
    if failed:
        code = "no code" if failed[0] is None else f"{failed[0]:g}"
        raise UnusableError(f"{shown(name)} failed in {len(failed)} of {len(codes)} runs, first with exit code {code}")
    if result.measurements is not None:
        return sampled(name, _seconds(name, result.measurements), "s")
    if result.times:
        return sampled(name, result.times, "s")
    if result.median is None:
        return summarized(name, result.mean, "s", statistic="mean")
    return summarized(name, result.median, "s")


def _exit_codes(name: str, result: _Result) -> list[float | None]:
    """Those that are stored, which a version 1 need not have."""
    if result.measurements is not None:
        return [run.exit_code for run in result.measurements]
    if isinstance(result.exit_codes, msgspec.UnsetType):
        return []
    if result.times is not None and len(result.times) != len(result.exit_codes):
        raise UnusableError(f"{shown(name)}: exit codes of {len(result.exit_codes)} runs, times of {len(result.times)}")
    return result.exit_codes


def _name(result: _Result) -> str:
    """The command and its parameters: those that only set it up are not in the command's own text."""
    values = {key: value.value if isinstance(value, _Parameter) else value for key, value in result.parameters.items()}
    parameters = ", ".join(f"{key} = {value}" for key, value in values.items())
    name = result.name or result.command
    return f"{name} ({parameters})" if parameters else name


def _seconds(name: str, runs: list[_Run]) -> list[float | None]:
    for unit in {run.time_wall_clock.unit for run in runs} - {"second"}:
        raise UnusableError(f"{shown(name)}: wall times in {shown(unit)}, not in seconds")
    return [run.time_wall_clock.value for run in runs]
