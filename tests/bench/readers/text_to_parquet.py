"""LOG FOLDER: the product's way from text to Parquet, without KPIs, archive and manifest."""

import sys
from pathlib import Path

from harness.formats import forest
from harness.ingest.lines import line_blocks
from harness.ingest.sources import read_blocks
from harness.ingest.tables import RunKey, TableWriter
from harness.recording.manifest import RunKind
from tests.bench.readers.report import report


def main() -> None:
    log, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir()
    report(lambda: read(log, folder))


def read(log: Path, folder: Path) -> dict[str, int]:
    run = RunKey(benchmark="keccakf", kind=RunKind.MEASURED, number=1)
    found = {"spans": 0, "events": 0, "issues": 0}
    chunks = (block.chunk() for block in line_blocks(read_blocks(log)))
    with TableWriter(folder) as tables:
        for batch in forest.read(chunks):
            tables.add_spans(run, batch.spans, forest.NAME)
            tables.add_events(run, batch.events)
            found["spans"] += len(batch.spans)
            found["events"] += len(batch.events)
            found["issues"] += len(batch.issues)
    return found


if __name__ == "__main__":
    main()
