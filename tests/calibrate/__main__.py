"""`make calibrate`: what the decision rule does on real runs, beside those of other tools, to docs/calibration.md.

Arguments are stores whose calibration sessions (`harness doctor --calibrate`) are measured too.
"""

import sys
import tempfile
from pathlib import Path

from harness.store.folder import Store
from tests.calibrate.captures import captures
from tests.calibrate.measuring import DRAWS, measure
from tests.calibrate.page import page
from tests.calibrate.simulating import simulations
from tests.calibrate.spinning import spinning

PAGE = Path(__file__).parent.parent.parent / "docs" / "calibration.md"


def main() -> None:
    stores = [Store(root=Path(name)) for name in sys.argv[1:]]
    with tempfile.TemporaryDirectory() as name:
        spun = spinning(Path(name))
    text = page([measure(capture) for capture in captures(stores)], list(simulations(DRAWS)), spun)
    PAGE.write_text(text, "utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
