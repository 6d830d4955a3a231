"""How long it takes to lay two large span trees side by side, as whole processes."""

import random
from pathlib import Path

from tests.bench.processes import HARNESS, ROOT, Timed, in_turns, run

STAGES, STEPS, RUNS = 100, 99, 5
SPANS = 1 + STAGES * (1 + STEPS)
ROUNDS = 7
MAX_S = 2.0
EXPLAINED, SHOWN = (
    "harness compare A B --stored --same-session --explain",
    "harness compare A B --stored --same-session",
)


def explaining(folder: Path) -> dict[str, Timed]:
    """Comparisons of two recordings of 10,001 spans a run, with and without their explanation."""
    store = folder / "explained"
    source = random.Random(1)  # noqa: S311 (the same logs every time)
    for label, factor in (("a", 1.0), ("b", 1.02)):
        log = folder / f"large-{label}.log"
        log.write_text("".join(_section(number, factor, source) for number in range(RUNS + 1)))
        run(
            [*HARNESS, "import", f"keccakf={log}", "--target", "openvm-cuda", "--host", "h", "--label", label],
            ROOT,
            store,
        )
    shown = [*HARNESS, "compare", "a", "b", "--stored", "--same-session"]
    return in_turns(
        {SHOWN: lambda: run(shown, ROOT, store), EXPLAINED: lambda: run([*shown, "--explain"], ROOT, store)}, ROUNDS
    )


def _section(number: int, factor: float, source: random.Random) -> str:
    """One run: a root, stages below it, steps below each; times add up from the steps."""
    title = f"measured run {number}" if number else "warmup"
    steps = [[source.uniform(1, 9) * factor for _ in range(STEPS)] for _ in range(STAGES)]
    lines = [f"===== {title} =====", _line("", "stark_prove_excluding_trace", sum(map(sum, steps)))]
    for stage, times in enumerate(steps):
        last = stage == STAGES - 1
        lines.append(_line("┕━ " if last else "┝━ ", f"stage_{stage}", sum(times)))
        for step, time_ms in enumerate(times):
            drawn = ("   " if last else "│  ") + ("┕━ " if step == STEPS - 1 else "┝━ ")
            lines.append(_line(drawn, "step", time_ms, leaf=f" round: {step}"))
    return "\n".join([*lines, ""])


def _line(drawn: str, name: str, time_ms: float, leaf: str | None = None) -> str:
    """A span with three digits; only one with children has a second percentage."""
    time = f"{time_ms / 1000:.2f}s" if time_ms >= 1000 else f"{time_ms:.{2 if time_ms < 10 else 0}f}ms"
    return f"INFO     {drawn}{name} [ {time} | 1.00%{' / 100.00%' if leaf is None else ''} ]{leaf or ''}"
