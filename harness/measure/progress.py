"""Where a session stands: which run of how many, time gone, time left as the finished runs suggest. Pure."""

from collections.abc import Sequence
from statistics import mean

from harness.measure.schedule import Step
from harness.recording.manifest import RunKind
from harness.units import format_seconds


class Progress:
    """Told of every run's end; says one line before each run, and never anything while one runs.

    The plan may be made anew between runs: fewer are to come once something is decided.
    """

    def __init__(self, sides: Sequence[str]) -> None:
        self._sides = sides
        self._left = "about "
        self._taken: list[tuple[Step, float]] = []
        self._ahead: list[Step] = []

    def plan(self, steps: Sequence[Step], *, at_most: bool = False) -> None:
        """The runs that are still to come, all of them or `at_most`."""
        self._ahead = list(steps)
        self._left = "at most " if at_most else "about "

    def finished(self, step: Step, seconds: float) -> None:
        """A run ended after so many seconds."""
        self._taken.append((step, seconds))
        if step in self._ahead:
            self._ahead.remove(step)

    def seconds_of(self, benchmark: str) -> float:
        """What a run of the benchmark took on average; 0 before the first."""
        return mean([seconds for step, seconds in self._taken if step.benchmark == benchmark] or [0.0])

    @property
    def gone_s(self) -> float:
        """What all finished runs took together."""
        return sum(seconds for _, seconds in self._taken)

    def line(self, step: Step) -> str:
        """What is about to run, and where that is in the whole."""
        taken = [one for one, _ in self._taken]
        alike = [one for one in (*taken, *self._ahead) if _like(one) == _like(step)]
        side = f"{self._sides[step.side]} " if len(self._sides) > 1 else ""
        what = step.kind.value if step.kind is not RunKind.MEASURED else "run"
        return (
            f"[{len(taken) + 1}/{len(taken) + len(self._ahead)}] {side}{step.benchmark} {what}"
            f" {alike.index(step) + 1} of {len(alike)} · {format_seconds(self.gone_s)} gone{self._time_left()}"
        )

    def _time_left(self) -> str:
        if not self._taken:
            return ""
        overall = mean(seconds for _, seconds in self._taken)
        left = sum(self.seconds_of(step.benchmark) or overall for step in self._ahead)
        return f" · {self._left}{format_seconds(left)} left"


def _like(step: Step) -> tuple[int, str, RunKind]:
    return step.side, step.benchmark, step.kind
