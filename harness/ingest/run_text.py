"""The text of one run, and the files its program wrote beside it → rows in the tables, and what is kept of the run."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from harness.formats import openvm_metrics
from harness.formats.protocol import Batch, Chunk, Format, Shape
from harness.ingest.gather import Gathered, Gatherer
from harness.ingest.judge import failure_of
from harness.ingest.lines import RunPiece, count_lines, line_blocks
from harness.ingest.tables import RunKey, TableWriter
from harness.kpis.selector import Wanted
from harness.recording.manifest import RunKind, RunRecord
from harness.spans.facts import Words
from harness.spans.merge import Conflict, Merged, merge_gauges, merge_spans
from harness.spans.model import Issue, Metric, Span
from harness.spans.table import span_batch, span_rows


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that speaks of one run beside its log; `blocks` reads it anew."""

    name: str
    format: Format
    blocks: Callable[[], Iterator[bytes]]


class ReadRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run with what its text says of it; `conflicts` are its sources' contradictions, one sentence each."""

    facts: RunRecord
    gathered: Gathered
    conflicts: tuple[str, ...] = ()


class RunLog(msgspec.Struct, frozen=True, kw_only=True):
    """A run's text: `format` is None where nothing of a known one was found in it, `name` the file's for people."""

    facts: RunRecord
    name: str
    format: Format | None
    pieces: Iterable[RunPiece]
    files: tuple[RunFile, ...] = ()


def read_run(log: RunLog, wanted: Wanted, tables: TableWriter, *, requires_interactions: bool) -> ReadRun:
    """Reads one run into the tables and judges it. Raises OSError, LogError."""
    words, gatherer = Words(), Gatherer(wanted)
    chunks = _heard(log.pieces, words, gatherer)
    batches = log.format.read(chunks) if log.format is not None else iter(())
    run = RunKey(benchmark=log.facts.benchmark, kind=log.facts.kind, number=log.facts.number)
    source = log.format.NAME if log.format is not None else ""
    conflicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    if log.files:
        conflicts, notes = _Several(log, gatherer, words, run, tables).read(batches)
    else:
        for batch in batches:
            _store(batch, run, source, tables)
            tables.add_spans(run, batch.spans, source)
            gatherer.add_spans(batch.spans)
            gatherer.add_rest(batch)
    for _ in chunks:  # what the format left unread was heard too
        pass
    gathered = gatherer.result()
    if not gathered.roots and (gauges := openvm_metrics.spans_of_gauges(gathered.metrics)):
        rows = span_batch(gauges)
        tables.add_spans(run, rows, openvm_metrics.NAME)
        gatherer.add_spans(rows)
        gathered = gatherer.result()
    failure = log.facts.failure or failure_of(
        words,
        roots=gathered.roots,
        damage=gathered.damage,
        workload=gathered.workload,
        requires_interactions=requires_interactions,
    )
    facts = msgspec.structs.replace(
        log.facts,
        failure=None if gathered.timings and not gathered.damage else failure,
        tests_executed=words.tests_executed,
        roots=gathered.roots,
        issues=gathered.issue_count,
        unparsed_lines=gathered.unparsed_lines,
        notes=(*log.facts.notes, *notes),
    )
    return ReadRun(facts=_without_count(facts), gathered=gathered, conflicts=conflicts)


def _without_count(facts: RunRecord) -> RunRecord:
    """A run that counts instructions and went wrong has no count; it does not make its recording a failed one."""
    if facts.kind is not RunKind.INSTRUCTIONS or facts.failure is None:
        return facts
    why = facts.no_instructions or facts.failure
    return msgspec.structs.replace(facts, failure=None, instructions=None, no_instructions=why)


def _heard(pieces: Iterable[RunPiece], words: Words, gatherer: Gatherer) -> Iterator[Chunk]:
    """The stdout of a run, everything else that it says being noted on the way."""
    for piece in pieces:
        words.hear_stdout(piece.stdout.data, piece.stdout.numbers)
        words.hear_stderr(piece.stderr.data, piece.stderr.numbers)
        gatherer.note(piece.issues)
        if piece.stdout.data:
            yield piece.stdout


def document_pieces(blocks: Iterable[bytes]) -> Iterator[RunPiece]:
    """A document as one run's stdout; it says nothing on stderr."""
    line = 1
    silence = Chunk(data=b"", numbers=range(0))
    for block in blocks:
        yield RunPiece(run=0, stdout=Chunk(data=block, numbers=(line,)), stderr=silence)
        line += count_lines(block) - (not block.endswith(b"\n"))


def _store(batch: Batch, run: RunKey, source: str, tables: TableWriter) -> None:
    if len(batch.events):
        tables.add_events(run, batch.events)
    tables.add_metrics(run, batch.metrics, source)


def _chunks(file: RunFile) -> Iterator[Chunk]:
    """A file's bytes as its format wants them."""
    if file.format.SHAPE is Shape.DOCUMENT:
        return (piece.stdout for piece in document_pieces(file.blocks()))
    return (block.chunk() for block in line_blocks(file.blocks()))


class _Several:
    """A run of several sources: all are held at once, the first with spans is refined by the others."""

    def __init__(self, log: RunLog, gatherer: Gatherer, words: Words, run: RunKey, tables: TableWriter) -> None:
        self._log, self._gatherer, self._words, self._run, self._tables = log, gatherer, words, run, tables
        self._spans: tuple[Span, ...] = ()
        self._sources: list[str] = []
        self._lines_of = ""
        self._conflicts: list[str] = []
        self._notes: list[str] = []

    def read(self, batches: Iterable[Batch]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Stores the merged rows; what contradicts, and what must be known beside."""
        log = self._log
        if log.format is not None:
            self._take(log.name, log.format.NAME, batches)
        for file in log.files:
            self._take(file.name, file.format.NAME, file.format.read(self._heard(file)))
        if self._spans:
            rows = span_batch(self._spans)
            self._tables.add_spans(self._run, rows, self._sources)
            self._gatherer.add_spans(rows)
        return tuple(self._conflicts), tuple(self._notes)

    def _heard(self, file: RunFile) -> Iterator[Chunk]:
        """A file's bytes; lines of text may tell of a panic or a failed test, whichever file they are in."""
        for chunk in _chunks(file):
            if file.format.SHAPE is Shape.LINES:
                self._words.hear_stdout(chunk.data, chunk.numbers)
                self._words.hear_stderr(chunk.data, chunk.numbers)
            yield chunk

    def _take(self, name: str, source: str, batches: Iterable[Batch]) -> None:
        """Takes in one source: the first with spans gives the tree, the others refine it."""
        rows: list[Span] = []
        metrics: list[Metric] = []
        issues: list[Issue] = []
        for batch in batches:
            _store(batch, self._run, source, self._tables)
            rows.extend(span_rows(batch.spans))
            metrics.extend(batch.metrics)
            issues.extend(msgspec.structs.replace(one, file=name) for one in batch.issues)
            self._gatherer.add_rest(msgspec.structs.replace(batch, issues=()))
        if not self._spans:
            self._spans, self._sources, self._lines_of = tuple(rows), [source] * len(rows), name
            self._gatherer.note(issues)
        elif any(one.damage for one in issues):  # the log alone is whole, and tells all that it can
            self._gatherer.note([_harmless(one) for one in issues])
            self._notes.append(f"{name} is damaged and was left out")
            return
        else:
            self._gatherer.note([_harmless(one) for one in issues])
            if rows:
                self._refine(merge_spans(self._spans, rows), name, source)
        if metrics and self._spans:
            self._refine(merge_gauges(self._spans, openvm_metrics.spans_of_gauges(metrics)), name, source)

    def _refine(self, merged: Merged, name: str, source: str) -> None:
        self._spans = merged.spans
        self._sources = [source if place in merged.refined else one for place, one in enumerate(self._sources)]
        self._conflicts.extend(_sentence(one, self._lines_of, name) for one in merged.conflicts)
        if merged.unmatched:
            self._notes.append(f"{merged.unmatched} spans of {name} are not in {self._lines_of} and were left out")


def _harmless(issue: Issue) -> Issue:
    """What is wrong with a file beside a log that is whole without it."""
    return msgspec.structs.replace(issue, damage=False, ends_early=False)


def _sentence(conflict: Conflict, name: str, other_name: str) -> str:
    return (
        f"{name}:{conflict.line} says {conflict.printed} of '{' > '.join(conflict.path)}', "
        f"{other_name}:{conflict.other_line} says {conflict.other_printed}"
    )
