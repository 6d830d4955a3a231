"""The batches of one run, taken in one after another → what the recording's manifest keeps of that run."""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from harness.formats.protocol import Batch
from harness.kpis.samples import MAX_SPANS
from harness.kpis.selector import Wanted
from harness.recording.manifest import Workload
from harness.spans.facts import AIR_WORDS, CELLS_WORDS, MATRIX_WORDS, StatedWorkload
from harness.spans.model import Issue, Metric, Span, Timing
from harness.spans.table import event_rows, span_rows

KEPT_ISSUES = 20


class Gathered(msgspec.Struct, frozen=True, kw_only=True):
    """What a run's text holds, but for the rows themselves.

    `spans` are those that its KPIs are read off, or `too_many`; `issues` are the first ones of `issue_count`, `damage`
    the first that spoils the run; `ends_early`: later spans may be lacking.
    """

    roots: int
    spans: tuple[Span, ...]
    too_many: bool
    workload: Workload
    levels: frozenset[str]
    metrics: tuple[Metric, ...]
    timings: tuple[Timing, ...]
    issues: tuple[Issue, ...]
    issue_count: int
    damage: Issue | None
    ends_early: bool
    unparsed_lines: int


class Gatherer:
    """Takes in batches; holds no more than a bound whatever comes."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._spans: list[Span] = []
        self._parents: set[int] = set()
        self._too_many = False
        self._stated, self._has_matrix = StatedWorkload(), False
        self._levels: set[str] = set()
        self._metrics: list[Metric] = []
        self._timings: list[Timing] = []
        self._issues: list[Issue] = []
        self._issue_count = self._roots = self._unparsed_lines = 0
        self._damage: Issue | None = None
        self._ends_early = False

    def add_spans(self, spans: pa.RecordBatch) -> None:
        """Takes in the next spans."""
        self._roots += spans.column("parent").null_count
        self._levels.update(_texts(spans.column("level")))
        self._pick(spans)

    def add_rest(self, batch: Batch) -> None:
        """Takes in all else of the next batch."""
        self._levels.update(_texts(batch.events.column("level")))
        self._unparsed_lines += batch.unparsed_lines
        self._metrics.extend(batch.metrics)
        self._timings.extend(batch.timings)
        self.note(batch.issues)
        self._hear(batch.events)

    def note(self, issues: Sequence[Issue]) -> None:
        """Takes in issues that no batch brought."""
        self._issue_count += len(issues)
        self._ends_early |= any(one.ends_early for one in issues)
        self._issues.extend(issues[: max(0, KEPT_ISSUES - len(self._issues))])
        spoiling = min((one for one in issues if one.damage), key=lambda one: one.line, default=None)
        if spoiling is not None and (self._damage is None or spoiling.line < self._damage.line):
            self._damage = spoiling

    def _pick(self, spans: pa.RecordBatch) -> None:
        if self._too_many or not len(spans):
            return
        chosen = _named(spans, self._wanted.names)
        if self._wanted.parents:
            parents = _named(spans, self._wanted.parents)
            self._parents.update(spans.column("seq").filter(pa.array(parents)).to_pylist())
            above = spans.column("parent").fill_null(-1).to_numpy()
            chosen |= np.isin(above, np.fromiter(self._parents, np.int64, len(self._parents)))
        rows = np.flatnonzero(chosen)
        if len(self._spans) + len(rows) > MAX_SPANS:
            self._spans, self._too_many = [], True
        elif len(rows):
            self._spans.extend(span_rows(spans.take(pa.array(rows))))

    def _hear(self, events: pa.RecordBatch) -> None:
        """Takes up what the events state of the workload; a line of an AIR may stand twice, the rest says it once."""
        messages = events.column("message")
        for message in pc.unique(messages.filter(_holds(messages, CELLS_WORDS))).to_pylist():
            self._stated.add(message, ())
        for message in messages.filter(_holds(messages, AIR_WORDS)).to_pylist():
            self._stated.add(message, ())
        if not self._has_matrix:
            rows = pc.indices_nonzero(_holds(messages, MATRIX_WORDS))[:1]
            for event in event_rows(events.take(rows)):
                self._stated.add(event.message or "", event.fields)
                self._has_matrix = True

    def result(self) -> Gathered:
        """What was gathered."""
        return Gathered(
            roots=self._roots,
            spans=tuple(self._spans),
            too_many=self._too_many,
            workload=self._stated.workload,
            levels=frozenset(self._levels),
            metrics=tuple(self._metrics),
            timings=tuple(self._timings),
            issues=tuple(sorted(self._issues, key=lambda one: one.line)),
            issue_count=self._issue_count,
            damage=self._damage,
            ends_early=self._ends_early,
            unparsed_lines=self._unparsed_lines,
        )


def _holds(messages: pa.StringArray, words: str) -> pa.BooleanArray:
    return pc.fill_null(pc.match_substring(messages, words), False)


def _texts(column: pa.DictionaryArray) -> Iterator[str]:
    """The distinct texts of a column."""
    for code in pc.unique(column.indices).to_pylist():
        if code is not None:
            yield column.dictionary[code].as_py()


def _named(spans: pa.RecordBatch, names: frozenset[str]) -> npt.NDArray[np.bool_]:
    """Which spans have one of these names."""
    column = spans.column("name")
    is_wanted = np.array([name in names for name in column.dictionary.to_pylist()], np.bool_)
    chosen: npt.NDArray[np.bool_] = is_wanted[column.indices.to_numpy()]
    return chosen
