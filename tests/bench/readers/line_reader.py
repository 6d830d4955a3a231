"""LOG: a plain reader that goes line by line with `re` and finds all that the harness finds; it makes no Parquet."""

import sys
from pathlib import Path

from tests.bench.readers.report import report
from tests.formats import reference_forest


def main() -> None:
    log = Path(sys.argv[1])
    report(lambda: read(log))


def read(log: Path) -> dict[str, int]:
    found = reference_forest.parse_bytes(log.read_bytes())
    return {"spans": len(found.spans), "events": len(found.events)}


if __name__ == "__main__":
    main()
