"""Published span figures typed into a table (TSV) → spans: what stands in a document whose raw log we may not keep.

Columns: `run line_order depth path name duration_text self_pct total_pct fields`; no quoting. Lines beginning with
`# ` before the column names give `key: value` facts (Timestamp, Command, one `cells NAME: N` a workload fact, one
`air: LINE` per AIR).
"""

import re
from collections import Counter

import msgspec

from harness.errors import LogError
from harness.recording.manifest import RunKind, Workload
from harness.spans.fields import parse_fields
from harness.spans.model import Span
from harness.units import NS_PER_UNIT, parse_duration

NAME = "transcript"

_WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
_DURATION = re.compile(rf"[0-9]{{1,9}}(?:\.[0-9]{{1,2}})?(?:{'|'.join(NS_PER_UNIT)})")
_PERCENTAGE = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?|NaN|inf)%")

COLUMNS = "run\tline_order\tdepth\tpath\tname\tduration_text\tself_pct\ttotal_pct\tfields"


class TranscribedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the table."""

    kind: RunKind
    number: int
    spans: tuple[Span, ...]
    first_line: int
    last_line: int


class Transcript(msgspec.Struct, frozen=True, kw_only=True):
    """A whole table with the facts written above it."""

    facts: dict[str, str]
    workload: Workload
    runs: tuple[TranscribedRun, ...]


def sniff(head: bytes) -> bool:
    """Whether the text's beginning holds the table's column line."""
    return any(line.rstrip(b"\r") == COLUMNS.encode() for line in head.split(b"\n", 50)[:50])


def parse(text: str, *, source: str) -> Transcript:
    """The table in `text`. Raises LogError with file and line where a row does not fit."""
    facts: dict[str, str] = {}
    airs: list[str] = []
    rows: dict[str, list[tuple[int, list[str]]]] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").rstrip("\n").split("\n"), start=1):
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            airs.append(value) if key == "air" else facts.__setitem__(key, value)
        elif line and line != COLUMNS:
            cells = line.split("\t")
            if problem := _misfit(cells):
                raise LogError(f"{source}:{number}: {problem}.")
            rows.setdefault(cells[0], []).append((number, cells))
    counts = {}
    for key in [key for key in facts if key.startswith("cells ")]:
        value = facts.pop(key)
        if not _WHOLE_NUMBER.fullmatch(value):
            raise LogError(f"{source}: '# {key}: {value}' is no whole number.")
        counts[key.removeprefix("cells ")] = int(value)
    runs = tuple(_run(name, cells, source) for name, cells in rows.items())
    return Transcript(facts=facts, workload=Workload(cells=counts, airs=tuple(airs)), runs=runs)


def _misfit(cells: list[str]) -> str | None:
    """What keeps a row from being a span; None where it is one."""
    expected = len(COLUMNS.split("\t"))
    if len(cells) != expected:
        return f"{len(cells)} columns, not {expected}"
    run, _order, depth, _path, _name, duration, self_pct, total_pct, _fields = cells
    if run != "warmup" and not _WHOLE_NUMBER.fullmatch(run):
        return f"run '{run}' is neither 'warmup' nor a number"
    if not _WHOLE_NUMBER.fullmatch(depth):
        return f"depth '{depth}' is no whole number"
    if not _DURATION.fullmatch(duration):
        return f"'{duration}' is no duration"
    wrong = [text for text in (self_pct, total_pct) if text and not _PERCENTAGE.fullmatch(text)]
    return f"'{wrong[0]}' is no percentage" if wrong else None


def _run(name: str, rows: list[tuple[int, list[str]]], source: str) -> TranscribedRun:
    kind = RunKind.WARMUP if name == "warmup" else RunKind.MEASURED
    spans: list[Span] = []
    names: Counter[tuple[int | None, str]] = Counter()
    trees = 0
    open_path: list[Span] = []
    for line, cells in rows:
        depth = int(cells[2])
        if depth > len(open_path):
            raise LogError(f"{source}:{line}: depth {depth} below a span of depth {len(open_path) - 1}.")
        del open_path[depth:]
        parent = open_path[-1] if open_path else None
        trees += parent is None
        span = _span(cells, line=line, seq=len(spans), tree=trees - 1, parent=parent, names=names)
        spans.append(span)
        open_path.append(span)
    return TranscribedRun(
        kind=kind,
        number=0 if kind is RunKind.WARMUP else int(name),
        spans=tuple(spans),
        first_line=rows[0][0],
        last_line=rows[-1][0],
    )


def _span(
    cells: list[str], *, line: int, seq: int, tree: int, parent: Span | None, names: Counter[tuple[int | None, str]]
) -> Span:
    _run_name, _order, depth, _path, name, duration_text, self_pct, total_pct, fields = cells
    unit = duration_text.lstrip("0123456789.")
    parent_seq = parent.seq if parent else None
    occurrence = names[parent_seq, name]
    names[parent_seq, name] += 1
    return Span(
        tree=tree,
        seq=seq,
        parent=parent_seq,
        depth=int(depth),
        name=name,
        path=(*parent.path, name) if parent else (name,),
        occurrence=occurrence,
        fields=parse_fields(fields),
        duration=parse_duration(duration_text.removesuffix(unit), unit),
        self_pct=_percentage(self_pct),
        root_pct=_percentage(total_pct),
        line=line,
    )


def _percentage(text: str) -> float | None:
    return float(text.rstrip("%")) if text else None
