"""LOG: DuckDB's regexp_extract with groups over the lines; keeps a table of the groups."""

import sys
from pathlib import Path

import duckdb

from tests.bench.readers.patterns import GROUPS, SPAN_LINE
from tests.bench.readers.report import report

LINES = (
    "SELECT line FROM read_csv(?, header=false, delim='\x01', quote='', escape='', columns={'line': 'VARCHAR'}, "
    "auto_detect=false)"
)


def main() -> None:
    log = Path(sys.argv[1])
    report(lambda: read(log))


def read(log: Path) -> dict[str, int]:
    database = duckdb.connect()
    database.execute("SET threads = 1")
    names = ", ".join(f"'{name}'" for name in GROUPS)
    database.execute(
        f"CREATE TABLE spans AS SELECT unnest(regexp_extract(line, ?, [{names}])) FROM ({LINES})",  # noqa: S608
        [SPAN_LINE, str(log)],
    )
    found = database.execute("SELECT count(*) FROM spans WHERE level <> ''").fetchone()
    return {"spans": found[0] if found else 0}


if __name__ == "__main__":
    main()
