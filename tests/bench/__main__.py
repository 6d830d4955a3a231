"""`make bench`: what the harness itself costs, as ratios measured in one run, written to docs/bench.md."""

import sys
import tempfile
from pathlib import Path

from tests.bench.explaining import explaining
from tests.bench.log_reading import log_reading
from tests.bench.page import page
from tests.bench.processes import ROOT
from tests.bench.session_gap import session
from tests.bench.startup import startup

PAGE = ROOT / "docs" / "bench.md"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = page(startup(folder), explaining(folder), session(folder), log_reading(folder))
    PAGE.write_text(text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
