"""What scripts rely on: exit codes, streams, and how little `--help` loads."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.record import LOG_FORMATS
from harness.commands.importing import FORMATS

ROOT = Path(__file__).parent.parent.parent
CAPTURE = ROOT / "tests" / "data" / "captures" / "h200_keccakf.log"
VERBS = (
    "baseline",
    "check",
    "compare",
    "doctor",
    "import",
    "init",
    "ls",
    "milestone",
    "publish",
    "render",
    "run",
    "show",
)


def harness(
    *args: str, store: Path, cwd: Path = ROOT, python: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("HARNESS_")}
    return subprocess.run(
        [sys.executable, *python, "-m", "harness", *args],
        cwd=cwd,
        env={**own, "HARNESS_STORE": str(store)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Captures of a program and of one twice as slow, on one host."""
    folder = tmp_path_factory.mktemp("exit-codes")
    slow = folder / "slow.log"
    lines = CAPTURE.read_text()
    for value in range(100, 130):
        lines = lines.replace(
            f"stark_prove_excluding_trace [ {value}ms", f"stark_prove_excluding_trace [ {value * 2}ms"
        )
    slow.write_text(lines)
    for label, path in (("before", CAPTURE), ("after", slow)):
        args = ("import", f"keccakf={path}", "--target", "openvm-cuda", "--host", "h", "--label", label)
        assert harness(*args, store=folder / "store").returncode == 0
    return folder / "store"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("ls",), 0),
        (("compare", "before", "before", "--stored", "--gate"), 0),
        (("compare", "after", "before", "--stored", "--same-session", "--gate"), 0),
        (("compare", "before", "after", "--stored", "--same-session"), 0),
        (("show", "nosuch"), 1),
        (("import", "keccakf=/no/such/file", "--target", "openvm-cpu"), 1),
        (("--store", "/proc/nowhere", "run"), 1),
        (("nonsense",), 2),
        (("compare", "before"), 2),
        (("compare", "before", "after", "--runs", "0"), 2),
        (("show", "before", "--format", "xml"), 2),
        (("show", "before", "--format", "chrome"), 0),
        (("show", "nosuch", "--format", "csv"), 1),
        (("ls", "--format", "chrome"), 2),
        (("compare", "before", "after", "--stored", "--same-session", "--gate"), 3),
        (("check", "m8", "--target", "openvm-metal"), 3),
        (("compare", "before", "after", "--stored", "--gate"), 4),
        (("compare", "m8", "before", "--stored", "--gate"), 4),
        (("check", "before"), 4),
    ],
)
def test_exit_codes_mean_what_the_design_says(store: Path, args: tuple[str, ...], code: int) -> None:
    done = harness(*args, store=store)

    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stderr.strip()) == (code in {1, 2})


def test_a_broken_configuration_is_one_line_that_says_where(tmp_path: Path) -> None:
    for text, words in (
        ("not toml [", "harness.toml"),
        ("[targets.x]\ncheckuot = '.'\n", "checkuot"),
        ("[targets.x.benchmarks.b]\ncommand = 'unbalanced \"'\n", "targets.x.benchmarks.b"),
        ("[targets.x.benchmarks.b]\ncommand = 'x'\ntimeout = 'soon'\n", "timeout 'soon'"),
        ("[targets.x.benchmarks.'../b']\ncommand = 'x'\n", "a benchmark's name"),
        ("default_target = 'y'\n", "default_target 'y'"),
        ("[targets.x]\ncheckout = 7\n", "checkout"),
    ):
        (tmp_path / "harness.toml").write_text(text)
        done = harness("run", store=tmp_path / "store", cwd=tmp_path)

        assert done.returncode == 1, text
        assert words in done.stderr
        assert "Traceback" not in done.stderr


def test_without_a_configuration_elsewhere_the_error_shows_one(tmp_path: Path) -> None:
    done = harness("run", store=tmp_path / "store", cwd=tmp_path)

    assert done.returncode == 1
    assert 'default_target = "mine"' in done.stderr


def test_a_missing_checkout_and_one_without_git_are_clear_errors(tmp_path: Path) -> None:
    benchmark = "[targets.x.benchmarks.b]\ncommand = 'true'\n"
    for checkout in ("nowhere", "."):
        (tmp_path / "harness.toml").write_text(
            f"default_target = 'x'\n[targets.x]\ncheckout = '{checkout}'\n{benchmark}"
        )
        done = harness("run", store=tmp_path / "store", cwd=tmp_path)

        assert done.returncode == 1
        assert str(tmp_path) in done.stderr


def test_json_goes_to_stdout_alone(store: Path) -> None:
    for args in (("ls",), ("show", "before"), ("compare", "before", "after", "--stored"), ("doctor",)):
        assert json.loads(harness(*args, "--format", "json", store=store).stdout)


def test_the_spans_of_a_recording_go_out_for_other_programs(store: Path) -> None:
    turns = ("--store", str(ROOT / "tests" / "data" / "turns"), "show", "base", "--format")
    trace, speedscope = (json.loads(harness(*turns, form, store=store).stdout) for form in ("chrome", "speedscope"))
    rows = harness(*turns, "csv", store=store).stdout.splitlines()

    assert sum(one["ph"] == "X" for one in trace["traceEvents"]) == len(rows) - 1 == 354
    assert len(speedscope["profiles"]) == 12


def test_a_recording_that_lost_its_spans_is_a_clear_error(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "data" / "turns", tmp_path / "turns")
    (lost,) = tmp_path.glob("turns/recordings/50ea*/spans.parquet")
    lost.unlink()
    done = harness("show", "base", "--format", "chrome", store=tmp_path / "turns")

    assert (done.returncode, done.stdout) == (1, "")
    assert "has lost its spans.parquet" in done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_an_example(verb: str, tmp_path: Path) -> None:
    assert "Example:\n    harness " in harness(verb, "--help", store=tmp_path).stdout


@pytest.mark.parametrize(
    "args", [("--help",), ("compare", "before", "after", "--stored"), ("ls",), ("check", "before")]
)
def test_quick_verbs_load_no_heavy_library(store: Path, args: tuple[str, ...]) -> None:
    loaded = harness(*args, store=store, python=("-X", "importtime")).stderr

    for library in ("pandas", "pyarrow", "matplotlib", "numpy", "jinja2"):
        assert f" {library}\n" not in loaded


def test_importing_the_package_loads_no_heavy_library() -> None:
    code = "import sys, harness; print(sorted({'pandas', 'pyarrow', 'matplotlib', 'numpy'} & sys.modules.keys()))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_formats_that_import_offers_are_those_it_reads() -> None:
    assert LOG_FORMATS == FORMATS
