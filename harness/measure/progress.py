"""Where a session stands: which run of how many, time gone, time left as the finished runs suggest. Pure."""

from collections.abc import Sequence
from statistics import mean

from harness.measure.schedule import Step
from harness.recording.manifest import RunKind
from harness.units import format_seconds


class Progress:
    """Told of every run's end; says one line before each run, and never anything while one runs."""

    def __init__(self, steps: Sequence[Step], sides: Sequence[str]) -> None:
        self._steps = steps
        self._sides = sides
        self._taken: list[tuple[str, float]] = []

    def finished(self, step: Step, seconds: float) -> None:
        """A run ended after so many seconds."""
        self._taken.append((step.benchmark, seconds))

    def line(self, index: int) -> str:
        """What is about to run, and where that is in the whole."""
        step = self._steps[index]
        alike = [
            one for one in self._steps if (one.side, one.benchmark, one.kind) == (step.side, step.benchmark, step.kind)
        ]
        side = f"{self._sides[step.side]} " if len(self._sides) > 1 else ""
        what = step.kind.value if step.kind is not RunKind.MEASURED else "run"
        return (
            f"[{index + 1}/{len(self._steps)}] {side}{step.benchmark} {what} {alike.index(step) + 1} of {len(alike)}"
            f" · {format_seconds(sum(seconds for _, seconds in self._taken))} gone{self._left(index)}"
        )

    def _left(self, index: int) -> str:
        if not self._taken:
            return ""
        overall = mean(seconds for _, seconds in self._taken)
        left = 0.0
        for step in self._steps[index:]:
            same = [seconds for benchmark, seconds in self._taken if benchmark == step.benchmark]
            left += mean(same) if same else overall
        return f" · about {format_seconds(left)} left"
