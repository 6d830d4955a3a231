import difflib
import os
import shutil
import signal
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "documents" / "golden"


def pytest_addoption(parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Rewrite the goldens and docs/cli.md from what is rendered."
    )


def pytest_configure() -> None:
    """A suite started in the background inherits an ignored Ctrl-C, and so would every program it tests."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def cargo() -> str:
    """Cargo, or a failure that says how to get it."""
    found = shutil.which("cargo")
    if found is None and os.environ.get("HARNESS_WITHOUT_PROVER") == "1":
        pytest.skip("HARNESS_WITHOUT_PROVER=1")
    if found is None:
        pytest.fail("cargo is missing: install Rust 1.90 or newer from rustup.rs, or set HARNESS_WITHOUT_PROVER=1")
    return found


@pytest.fixture
def golden(request):
    """Holds a rendered text against tests/documents/golden/NAME; what differs is left beside it as NAME.got."""

    def matches(name: str, rendered: str) -> None:
        path = GOLDEN / name
        got = path.with_name(f"{path.name}.got")
        rendered = rendered.removesuffix("\n") + "\n"
        if request.config.getoption("--update-golden"):
            path.write_text(rendered, encoding="utf-8", newline="")
        expected = path.read_bytes().decode("utf-8") if path.exists() else ""
        if rendered == expected:
            got.unlink(missing_ok=True)
            return
        got.write_text(rendered, encoding="utf-8", newline="")
        lines = (text.splitlines(keepends=True) for text in (expected, rendered))
        diff = "".join(difflib.unified_diff(*lines, fromfile=name, tofile=got.name))
        pytest.fail(f"{name} is rendered otherwise now (--update-golden takes it over):\n{diff}", pytrace=False)

    return matches
