"""The runs of a transcript (a published table of spans) → the same as runs read from a log."""

from harness.formats.protocol import batch_of
from harness.ingest.benchmark import Reading
from harness.ingest.gather import Gatherer
from harness.ingest.run_text import ReadRun
from harness.ingest.tables import RunKey, TableWriter
from harness.kpis.selector import wanted_spans
from harness.recording.manifest import RunRecord
from harness.spans import transcript
from harness.spans.transcript import Transcript


def read_transcript(name: str, table: Transcript, reading: Reading, tables: TableWriter) -> tuple[ReadRun, ...]:
    """Reads the table's runs into the tables; what stands in a published table is not judged."""
    wanted = wanted_spans((one.selector for one in reading.definitions), reading.scope)
    found: list[ReadRun] = []
    for run in table.runs:
        gatherer, batch = Gatherer(wanted), batch_of(spans=run.spans)
        tables.add_spans(RunKey(benchmark=name, kind=run.kind, number=run.number), batch.spans, transcript.NAME)
        gatherer.add_spans(batch.spans)
        gathered = gatherer.result()
        facts = RunRecord(
            benchmark=name,
            kind=run.kind,
            number=run.number,
            first_line=run.first_line,
            last_line=run.last_line,
            roots=gathered.roots,
        )
        found.append(ReadRun(facts=facts, gathered=gathered))
    return tuple(found)
