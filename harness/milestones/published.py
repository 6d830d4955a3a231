"""What milestone documents published, as data: figures in the texts in which they were printed.

One row a text (`milestone,benchmark,span,stage,text`); rows without a span are facts of their milestone and benchmark.
"""

import csv
import io
import math
import re
from enum import StrEnum

import msgspec

from harness.errors import ConfigError
from harness.milestones.figures import Absent, Figure, published_figure
from harness.milestones.programme import Form
from harness.units import parse_duration

COLUMNS = ("milestone", "benchmark", "span", "stage", "text")
NOT_AVAILABLE = "N/A"
_TRACE_DIGITS = 3
_TABLE_STEP_MS = 0.01


class Stage(StrEnum):
    """What a text is; from `FORM` on, facts of all.

    `RESIDUAL` is the approximate time of a bottleneck that was left, where no other figure of its span says the same.
    `LEFT_OUT` is our remark on what a figure was printed without. `COUNTS` is how many counts were published, too.
    """

    BASE = "base"
    HEAD = "head"
    DELTA = "delta"
    PERCENT = "percent"
    P95 = "p95"
    LOW = "min"
    HIGH = "max"
    RATIO = "ratio"
    TARGET = "target"
    GAP = "gap"
    RESIDUAL = "residual"
    LEFT_OUT = "left-out"
    FORM = "form"
    PROFILE = "profile"
    REFERENCE = "reference"
    BASE_N = "base-n"
    HEAD_N = "head-n"
    COUNTS = "counts"


_Groups = dict[tuple[str, str], dict[str, dict[Stage, str]]]
"""Texts by milestone and benchmark, then span ("" for facts of all), then stage."""

_FACTS = {Stage.FORM, Stage.PROFILE, Stage.REFERENCE, Stage.BASE_N, Stage.HEAD_N, Stage.COUNTS}
_ABOUT = "~"
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
_TIME = re.compile(rf"({_NUMBER})(ns|µs|us|ms|s)?")
_WORDS = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_N = re.compile(r"[1-9][0-9]{0,5}")
_TEXTS = {
    Stage.BASE: _TIME,
    Stage.HEAD: re.compile(rf"{_TIME.pattern}|{NOT_AVAILABLE}"),
    Stage.DELTA: re.compile(rf"[+-]?{_TIME.pattern}"),
    Stage.PERCENT: re.compile(rf"[+-]?{_NUMBER}%"),
    Stage.P95: _TIME,
    Stage.LOW: _TIME,
    Stage.HIGH: _TIME,
    Stage.RATIO: re.compile(rf"{_NUMBER}x"),
    Stage.TARGET: _TIME,
    Stage.GAP: _TIME,
    Stage.RESIDUAL: re.compile(rf"{_ABOUT}{_TIME.pattern}"),
    Stage.LEFT_OUT: _WORDS,
    Stage.FORM: re.compile("|".join(Form)),
    Stage.PROFILE: _WORDS,
    Stage.REFERENCE: _WORDS,
    Stage.BASE_N: _N,
    Stage.HEAD_N: _N,
    Stage.COUNTS: _N,
}


class PublishedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """One span's printed texts by stage; the numbers of runs are its milestone's."""

    span: str
    texts: dict[Stage, str]
    base_n: int | None = None
    head_n: int | None = None

    @property
    def from_table(self) -> bool:
        """Whether its figures are those of a table: in ms with two decimals, without a unit."""
        return self.texts.get(Stage.HEAD, "")[-1:] != "s"

    @property
    def base(self) -> Figure | Absent:
        """The figure before the change."""
        if Stage.BASE not in self.texts:
            return Absent("not published")
        return msgspec.structs.replace(time_figure(self.texts[Stage.BASE]), n=self.base_n)

    @property
    def head(self) -> Figure | Absent:
        """The figure after the change, with its range where that was published."""
        text = self.texts.get(Stage.HEAD, NOT_AVAILABLE)
        if text == NOT_AVAILABLE:
            return Absent("published as N/A" if Stage.HEAD in self.texts else "not published")
        low, high, p95 = (time_figure(self.texts.get(one, text)) for one in (Stage.LOW, Stage.HIGH, Stage.P95))
        return msgspec.structs.replace(
            time_figure(text), n=self.head_n, low_ms=low.value_ms, high_ms=high.value_ms, p95_ms=p95.value_ms
        )

    @property
    def residual(self) -> Figure | None:
        """What was left as a bottleneck, of unknown n."""
        text = self.texts.get(Stage.RESIDUAL)
        return None if text is None else time_figure(text.removeprefix(_ABOUT))

    @property
    def target_ms(self) -> float | None:
        """The target it was held against."""
        return time_figure(self.texts[Stage.TARGET]).value_ms if Stage.TARGET in self.texts else None


class PublishedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one benchmark in one milestone and the form they were shown in; None is what nobody stated.

    `residuals` are the spans published as bottlenecks that are left, outside the form; `counts` is how many counts the
    milestone published beside its times.
    """

    milestone: str
    benchmark: str
    form: Form
    profile: str | None
    reference: str | None
    base_n: int | None
    head_n: int | None
    counts: int
    spans: tuple[PublishedSpan, ...]
    residuals: tuple[PublishedSpan, ...]


def published_from_csv(text: str, *, where: str) -> tuple[PublishedGroup, ...]:
    """The groups of figures in `text`, in its order. Raises ConfigError naming `where` and the line."""
    groups: _Groups = {}
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        _check_columns(next(reader, []))
        for row in filter(None, reader):
            _take(row, groups)
    except (csv.Error, ValueError) as error:
        raise ConfigError(f"{where}, line {reader.line_num}: {error}.") from None
    return tuple(_group(milestone, benchmark, texts, where) for (milestone, benchmark), texts in groups.items())


def time_figure(text: str) -> Figure:
    """The figure of a time that was published: as a trace prints it, or in ms with a table's two decimals.

    Behind a table's figure stood a trace of three digits, whatever the table pads them to.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ConfigError(f"{text!r} is no time.")
    if match[2]:
        return published_figure(parse_duration(match[1], match[2]))
    value_ms = float(match[1])
    step_ms = 10.0 ** (math.floor(math.log10(value_ms)) - _TRACE_DIGITS + 1) if value_ms > 0 else _TABLE_STEP_MS
    return msgspec.structs.replace(
        published_figure(parse_duration(match[1], "ms")), step_ms=max(step_ms, _TABLE_STEP_MS)
    )


def _check_columns(row: list[str]) -> None:
    if tuple(row) != COLUMNS:
        raise ValueError(f"the columns are not {','.join(COLUMNS)}")


def _take(row: list[str], groups: _Groups) -> None:
    """Puts a row where it belongs. Raises ValueError for one that belongs nowhere."""
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} columns, not {len(COLUMNS)}")
    milestone, benchmark, span, name, text = row
    if not milestone or not benchmark:
        raise ValueError("milestone and benchmark must be named")
    stage = Stage(name)
    if (stage in _FACTS) == bool(span):
        raise ValueError(f"'{stage.value}' stands {'with' if span else 'without'} a span")
    if not _TEXTS[stage].fullmatch(text):
        raise ValueError(f"{text!r} is no text of '{stage.value}'")
    of_span = groups.setdefault((milestone, benchmark), {}).setdefault(span, {})
    if stage in of_span:
        raise ValueError(f"'{stage.value}' stands there twice")
    if of_span and Stage.RESIDUAL in {stage, *of_span}:
        raise ValueError(f"'{Stage.RESIDUAL.value}' stands there with another figure")
    of_span[stage] = text


def _group(milestone: str, benchmark: str, texts: dict[str, dict[Stage, str]], where: str) -> PublishedGroup:
    facts = texts.get("", {})
    if Stage.FORM not in facts:
        raise ConfigError(f"{where}: milestone {milestone!r}, {benchmark!r} has no form.")
    base_n, head_n = (int(facts[one]) if one in facts else None for one in (Stage.BASE_N, Stage.HEAD_N))
    published = [
        PublishedSpan(span=span, texts=found, base_n=base_n, head_n=head_n) for span, found in texts.items() if span
    ]
    return PublishedGroup(
        milestone=milestone,
        benchmark=benchmark,
        form=Form(facts[Stage.FORM]),
        profile=facts.get(Stage.PROFILE),
        reference=facts.get(Stage.REFERENCE),
        base_n=base_n,
        head_n=head_n,
        counts=int(facts.get(Stage.COUNTS, 0)),
        spans=tuple(one for one in published if one.residual is None),
        residuals=tuple(one for one in published if one.residual is not None),
    )
