import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from harness.cli import cli
from tests import fake_perf

ROOT = Path(__file__).parent.parent.parent
CAPTURES = ROOT / "tests" / "data" / "captures"

SCRIPT = r"""#!/bin/sh
n=$(cat count 2>/dev/null || echo 0); n=$((n+1)); echo $n > count
case "$MODE" in
  fail) echo boom >&2; exit 7;;
  hang) sleep 300 & echo $! > pid; wait;;
  panic) echo "thread 'main' panicked at src/x.rs:1:1:" >&2;;
  silent) echo nothing; exit 0;;
  no-tests) echo "test result: ok. 0 passed; 0 failed; 0 ignored";;
  fail-third) [ $n -lt 3 ] || exit 1;;
esac
total=$((FACTOR * (100 + n % 9)))
info='\033[1;32mINFO    \033[0m '
printf "$info"'stark_prove_excluding_trace [ %dms | 40.00%% / 100.00%% ] phase: "prover"\n' $total
printf "$info"'\342\224\225\342\224\201 prover.main_trace_commit [ %dms | 60.00%% ]\n' $((total * 6 / 10))
[ -z "$SPANS" ] || echo '{"t":"end"}' > "$SPANS"
"""

CONFIGURATION = """\
default_target = "fake"
[targets.fake]
checkout = "."
env = { FACTOR = "1" }
[targets.fake.benchmarks.keccakf]
command = "./prove.sh"
timeout = "5s"
spans_env = "SPANS"
"""


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Checkout:
    """A git checkout to call the command line in."""

    path: Path
    monkeypatch: pytest.MonkeyPatch

    def harness(self, *args: str, **environment: str) -> Ran:
        with self.monkeypatch.context() as patch:
            patch.chdir(self.path)
            for name, value in environment.items():
                patch.setenv(name, value)
            done = CliRunner().invoke(cli, args, prog_name="harness")
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(code=done.exit_code, out=done.stdout, err=done.stderr)

    def start(self, *args: str, **environment: str) -> subprocess.Popen[bytes]:
        """The harness as a process of its own, as a user's terminal starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "harness", *args],
            cwd=self.path,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def json(self, *args: str, **environment: str) -> Any:
        done = self.harness(*args, "--format", "json", **environment)
        assert done.code in {0, 3, 4}, done.err
        return done.json

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def git(self, *args: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@t")
        done = subprocess.run(["git", *identity, *args], cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", "x")
        return self.git("rev-parse", "HEAD")

    def tree(self) -> dict[str, bytes]:
        """Every file of the store, to see that nothing recorded changes."""
        store = self.path / ".harness"
        return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*") if path.is_file()}


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HARNESS_STORE", "HARNESS_HOST", "MODE", "RUST_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def perf_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `perf` is found first: one that counts nothing, so that no session depends on the machine's."""
    folder = tmp_path / "bin"
    fake_perf.install(folder, fake_perf.NOT_SUPPORTED)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A committed checkout whose only benchmark is a shell script that prints two spans."""
    made = Checkout(path=tmp_path / "checkout", monkeypatch=monkeypatch)
    made.write("prove.sh", SCRIPT)
    (made.path / "prove.sh").chmod(0o755)
    made.write("harness.toml", CONFIGURATION)
    made.write(".gitignore", "count\npid\n")
    made.git("init", "-q")
    made.commit()
    return made


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """This repository, with a store of its own."""
    monkeypatch.setenv("HARNESS_STORE", str(tmp_path / "store"))
    return Checkout(path=ROOT, monkeypatch=monkeypatch)


@pytest.fixture
def capture() -> Path:
    return CAPTURES / "h200_keccakf.log"
