"""The runs of a session in which two sides take turns, one after the other, the looks between its rounds included."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from harness.commands.looking import undecided
from harness.commands.resuming import Broken
from harness.commands.workspace import Workspace
from harness.compare.looks import planned_looks
from harness.compare.rounds import ROUND_RUNS
from harness.measure.progress import Progress
from harness.measure.schedule import Step
from harness.measure.turns import extras_of_both, pairs, rounds_of_pairs, warmups_of_both
from harness.recording.manifest import Protocol, RunKind
from harness.store.drafts import journal, restate
from harness.units import NS_PER_UNIT, format_seconds


class TurnTaking(msgspec.Struct, frozen=True, kw_only=True):
    """One session: its plan, where its runs go, and the session that it takes up again, if it does."""

    workspace: Workspace
    names: tuple[str, ...]
    protocol: Protocol
    drafts: tuple[Path, ...]
    progress: Progress
    broken: Broken | None

    def steps(self) -> Iterator[Step]:
        """Every benchmark's warmups, then round by round the measured runs of those that are undecided, then extras.

        Whoever takes the steps tells the progress of each that ended before asking for the next.
        """
        going_on, done = self._looked_at_before()
        warmups = self._warmups(going_on, self._rounds(self.protocol)[done:])
        self._plan([*warmups, *self._all_pairs(going_on, self._rounds(self.protocol)[done:])], self.protocol)
        yield from warmups
        protocol = self._planned()
        rounds = self._rounds(protocol)[done:] if going_on else ()
        for index, numbers in enumerate(rounds):
            self._plan(self._all_pairs(going_on, rounds[index:]), protocol)
            yield from self._pairs(going_on, numbers)
            if index + 1 < len(rounds) and protocol.budget_s is not None:
                going_on = self._still_open(going_on, up_to=numbers[-1])
                begun = self._is_begun(going_on, rounds[index + 1])
                if not going_on or (self._spent_s() >= protocol.budget_s and not begun):
                    break
        self._plan([], protocol)
        yield from self._extras()

    def _looked_at_before(self) -> tuple[tuple[str, ...], int]:
        """Which benchmarks go on after the rounds that the session had finished when it broke off, and how many."""
        going_on = self.names
        if self.broken is None or self.protocol.budget_s is None or not self.protocol.looks:
            return going_on, 0
        rounds = self._rounds(self.protocol)
        for done, numbers in enumerate(rounds):
            if not going_on or self._pairs(going_on, numbers):
                return going_on, done
            if done + 1 < len(rounds):
                going_on = self._still_open(going_on, up_to=numbers[-1])
        return going_on, len(rounds)

    def _is_begun(self, names: Sequence[str], numbers: range) -> bool:
        """Whether a round has runs from before the session broke off: what is begun is finished."""
        return len(self._pairs(names, numbers)) < 2 * len(numbers) * len(names)

    def _plan(self, ahead: Sequence[Step], protocol: Protocol) -> None:
        self.progress.plan([*ahead, *self._extras()], at_most=protocol.budget_s is not None and protocol.looks > 0)

    def _all_pairs(self, names: Sequence[str], rounds: Sequence[range]) -> list[Step]:
        return [step for numbers in rounds for step in self._pairs(names, numbers)]

    def _rounds(self, protocol: Protocol) -> tuple[range, ...]:
        return rounds_of_pairs(protocol.measured, ROUND_RUNS)

    def _warmups(self, names: Sequence[str], rounds: Sequence[range]) -> tuple[Step, ...]:
        """Of every benchmark that still has runs to measure; a session that is taken up again warms up again."""
        runs = self.broken.all_runs if self.broken else ()
        steps: list[Step] = []
        for name in names:
            before = [1 - run.number for run in runs if run.benchmark == name and run.kind is RunKind.WARMUP]
            if any(self._pairs([name], numbers) for numbers in rounds):
                warmups = self.protocol.warmups
                steps += warmups_of_both(name, warmups, after=max(before, default=0), part=self._part)
        return tuple(steps)

    def _pairs(self, names: Sequence[str], numbers: Sequence[int]) -> tuple[Step, ...]:
        """The runs of a round that are not done yet."""
        return tuple(
            step
            for name in names
            for step in pairs(name, numbers, seed=self.protocol.seed or 0, part=self._part)
            if not self._is_done(step)
        )

    def _planned(self) -> Protocol:
        """The protocol with the number of looks that the budget allows, as the runs so far suggest. Fixed only once."""
        if self.protocol.budget_s is None or self.protocol.looks:
            return self.protocol
        round_s = 2 * ROUND_RUNS * sum(self.progress.seconds_of(name) for name in self.names)
        looks = planned_looks(round_s, self.protocol.budget_s - self.progress.gone_s)
        for draft in self.drafts:
            session, _runs = journal(draft)
            planned = msgspec.structs.replace(session.protocol, looks=looks, measured=looks * ROUND_RUNS)
            restate(draft, msgspec.structs.replace(session, protocol=planned))
        most = looks * ROUND_RUNS
        self.workspace.say(
            f"Rounds of {ROUND_RUNS} + {ROUND_RUNS} runs until decided: {looks} at most ({most} + {most} runs, "
            f"about {format_seconds(looks * round_s)})."
        )
        return msgspec.structs.replace(self.protocol, looks=looks, measured=most)

    def _still_open(self, names: Sequence[str], *, up_to: int) -> tuple[str, ...]:
        self.workspace.say.status("looking at the runs so far")
        found = undecided(self.workspace, self.drafts, up_to=up_to)
        return tuple(name for name in names if name in found)

    def _spent_s(self) -> float:
        before = self.broken.all_runs if self.broken else ()
        return self.progress.gone_s + sum(run.wall_ns or 0 for run in before) / NS_PER_UNIT["s"]

    def _extras(self) -> tuple[Step, ...]:
        """Runs whose times are never used: of every benchmark one of each kind that it has, and that is not done."""
        steps: list[Step] = []
        for name in self.names:
            kinds = [RunKind.COUNTERS] if self.workspace.target.benchmarks[name].counters_env else []
            kinds += [RunKind.INSTRUCTIONS] if self.protocol.no_instructions is None else []
            steps += [step for step in extras_of_both(name, kinds, part=self._part) if not self._is_done(step)]
        return tuple(steps)

    def _is_done(self, step: Step) -> bool:
        """Whether the session had taken that run before it broke off."""
        return self.broken is not None and (step.side, step.benchmark, step.kind, step.number) in self.broken.done

    @property
    def _part(self) -> int:
        return self.broken.part if self.broken else 0
