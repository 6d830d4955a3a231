"""reports/ is what `make reports` makes of the committed recordings."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RECIPES = re.findall(r"\t\$\(BIN\)/harness (.*) > (reports/\S+)", (ROOT / "Makefile").read_text())


def test_the_makefile_names_every_report() -> None:
    assert [path for _args, path in RECIPES] == [
        "reports/m8-metrics.md",
        "reports/m8-report.md",
        "reports/perf-notes-example.md",
        *(f"reports/m{number}-metrics.md" for number in range(9, 16)),
        "reports/retrospective.md",
    ]


@pytest.mark.parametrize(("args", "path"), RECIPES, ids=[path for _args, path in RECIPES])
def test_a_report_is_what_its_recipe_gives(args: str, path: str, tmp_path: Path) -> None:
    words = [str(tmp_path / Path(word).name) if word.endswith(".png") else word for word in args.split()]
    own = {key: value for key, value in os.environ.items() if not key.startswith("HARNESS_")}
    done = subprocess.run(
        [sys.executable, "-m", "harness", *words],
        cwd=ROOT,
        env={**own, "HARNESS_STORE": str(tmp_path)} if "--store" not in words else own,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == (ROOT / path).read_text()
