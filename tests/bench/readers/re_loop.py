"""LOG: a plain loop over the lines with one regular expression for the line and one for the span; keeps tuples."""

import re
import sys
from pathlib import Path

from tests.bench.readers.patterns import LINE, SPAN
from tests.bench.readers.report import report


def main() -> None:
    log = Path(sys.argv[1])
    report(lambda: read(log))


def read(log: Path) -> dict[str, int]:
    line_pattern, span_pattern = re.compile(LINE), re.compile(SPAN)
    spans, events = [], []
    with log.open(encoding="utf-8") as file:
        for line in file:
            place = line_pattern.match(line)
            if place is None:
                continue
            level, drawing, content = place.groups()
            span = span_pattern.match(content)
            if span is None:
                events.append((level, drawing, content))
            else:
                spans.append((level, drawing, *span.groups()))
    return {"spans": len(spans), "events": len(events)}


if __name__ == "__main__":
    main()
