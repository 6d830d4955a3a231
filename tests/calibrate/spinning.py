"""End to end: one named span of the bundled prover made longer by a known share, and what `compare --explain` names.

Two commits of a small checkout run the same program, with a layer below all others that spins whenever a span of some
name is left (`PROVER_SPIN`, prover/src/spin.rs). In the first no span has that name: the layer itself costs the
shortest spans some time, too.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parent.parent.parent
PROVER = ROOT / "prover"
BENCHMARK = "logup-large"
_SCRIPT = """\
#!/bin/sh
export PROVER_SPIN="{spin}"
exec "{program}"
"""
_CONFIGURATION = """\
default_target = "spun"
[targets.spun]
checkout = "."
contract = "contract.toml"
[targets.spun.benchmarks.logup-large]
command = "./prove.sh"
spans_env = "PROVER_SPANS"
"""
_NAMED = {"faster", "slower"}


class Spun(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison said after `span` was made longer by `share` of itself; `named` are names without paths.

    `span` is empty where none was touched. `self_change` is that of its own time: 0.05 = 5 % longer.
    """

    span: str
    share: float
    runs: int
    root_verdict: str
    named: tuple[str, ...]
    self_change: float | None

    @property
    def others(self) -> tuple[str, ...]:
        """Spans that were named and not touched."""
        return tuple(name for name in self.named if name != self.span)

    @property
    def wrong_share(self) -> float:
        """Which part of the names is wrong; 0 where there is none."""
        return len(self.others) / max(len(self.named), 1)


UNTOUCHED = ""
SPUN = (("fractional_sumcheck", 0.2, 6), ("row_hash", 0.5, 6), (UNTOUCHED, 0.0, 8))
"""Span, the share of itself by which it is made longer, how many comparisons."""

RUNS = 15
LOG_ROWS = 11


def spinning(folder: Path) -> tuple[Spun, ...]:
    """All comparisons, the kinds in turns. To touch none, a span is named that does not exist: it is never left."""
    program = built_program()
    rounds = range(max(times for _, _, times in SPUN))
    asked = [(span, share) for turn in rounds for span, share, times in SPUN if turn < times]
    return tuple(
        compare_spun(
            spun_checkout(folder / str(number), program, span or "no_such_span", share),
            span,
            share,
            RUNS,
            log_rows=LOG_ROWS,
        )
        for number, (span, share) in enumerate(asked)
    )


def built_program() -> Path:
    """The prover's own program, built if it is not. Raises CalledProcessError."""
    subprocess.run(["cargo", "build", "--release", "--quiet", "--example", "logup_large"], cwd=PROVER, check=True)
    return PROVER / "target" / "release" / "examples" / "logup_large"


def spun_checkout(folder: Path, program: Path, span: str, share: float, *, error_rate: float = 0.05) -> Path:
    """A checkout of two commits, the program as it is and with one span made longer."""
    folder.mkdir(parents=True)
    contract = (ROOT / "baselines" / "m8" / "contract.toml").read_text("utf-8")
    (folder / "contract.toml").write_text(
        contract.replace("error_rate = 0.05", f"error_rate = {error_rate}").replace('name = "m8"', 'name = "spun"')
    )
    (folder / "harness.toml").write_text(_CONFIGURATION)
    (folder / ".gitignore").write_text(".harness\n")
    _git(folder, "init", "-q")
    for name in ("_" * len(span), span):  # as long: where a program's stack begins depends on its environment
        (folder / "prove.sh").write_text(_SCRIPT.format(spin=f"{name}={share}", program=program))
        (folder / "prove.sh").chmod(0o755)
        _git(folder, "add", "-A")
        _git(folder, "commit", "-qm", name)
    return folder


def compare_spun(checkout: Path, span: str, share: float, runs: int, *, log_rows: int) -> Spun:
    """Both commits measured in turns, and explained."""
    found = _harness(checkout, ["compare", "HEAD~1", "HEAD", "--runs", str(runs), "--explain"], log_rows)
    rows = [(row["head"] or row["base"], row) for one in found["explanations"] for row in one["rows"]]
    moved = next((row for shown, row in rows if shown["name"] == span), None)
    return Spun(
        span=span,
        share=share,
        runs=runs,
        root_verdict=found["verdict"],
        named=tuple(shown["name"] for shown, row in rows if row["verdict"] in _NAMED),
        self_change=None if moved is None or moved["ratio"] is None else moved["ratio"] - 1,
    )


def _harness(checkout: Path, args: Sequence[str], log_rows: int) -> Any:
    own = {key: value for key, value in os.environ.items() if not key.startswith(("HARNESS_", "PROVER_", "RUST_LOG"))}
    done = subprocess.run(
        [sys.executable, "-m", "harness", *args, "--format", "json"],
        cwd=checkout,
        env={**own, "HARNESS_CACHE": str(checkout / ".." / "cache"), "PROVER_LOGUP_LARGE_LOG_ROWS": str(log_rows)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def _git(folder: Path, *args: str) -> None:
    identity = ("-c", "user.name=calibrate", "-c", "user.email=calibrate@localhost")
    subprocess.run(["git", *identity, *args], cwd=folder, check=True, capture_output=True)
