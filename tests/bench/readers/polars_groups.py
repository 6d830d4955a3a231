"""LOG: Polars' str.extract_groups over the lines; keeps a frame of the groups."""

import sys
from pathlib import Path

import polars as pl

from tests.bench.readers.patterns import SPAN_LINE
from tests.bench.readers.report import report


def main() -> None:
    log = Path(sys.argv[1])
    report(lambda: read(log))


def read(log: Path) -> dict[str, int]:
    lines = pl.read_lines(log, name="line")
    groups = lines.select(pl.col("line").str.extract_groups(SPAN_LINE).alias("span")).unnest("span")
    return {"spans": len(groups) - groups.to_series(0).null_count()}


if __name__ == "__main__":
    main()
