"""Two revisions built and measured here and now, their runs taking turns, round by round."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

from harness.commands.preparing import Prepared, clean_up, contract_benchmarks, prepare
from harness.commands.recording import measuring, run_sides, start_side
from harness.commands.resuming import SIDES, find_broken, require_same_programs, take_up
from harness.commands.turn_taking import TurnTaking
from harness.commands.workspace import Workspace
from harness.measure import perf_stat
from harness.measure.progress import Progress
from harness.recording.manifest import Protocol, Recording
from harness.targets.revision import Revision, checkout_for


class Turns(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be measured: two revisions, some benchmarks (all where none is named).

    Either so many `runs` a side (the contract's number where none is given), or rounds until decided, as many as
    `budget_s` allows. `resume` goes on with the session of these revisions that broke off.
    """

    base: Revision
    head: Revision
    benchmarks: tuple[str, ...]
    runs: int | None
    even_if_same: bool
    budget_s: float | None = None
    resume: bool = False


def measure_in_turns(workspace: Workspace, turns: Turns) -> tuple[Recording, Recording] | None:
    """Recordings of base and head; None where both are byte for byte the same programs, decided before any run."""
    checkout = checkout_for(workspace.target_name, workspace.target)
    names = contract_benchmarks(workspace.target, turns.benchmarks, workspace.contract)
    revisions = (turns.base, turns.head)
    workspace.store.prepare()
    with measuring(workspace, f"{workspace.target_name}: a comparison") as lock, ExitStack() as worktrees:
        broken = find_broken(workspace, revisions, turns.benchmarks) if turns.resume else None
        names = broken.benchmarks if broken else names
        sides: list[Prepared] = []
        for revision in revisions:
            worktrees.callback(clean_up, checkout, revision)
            sides.append(prepare(workspace.target, checkout, revision, names, say=workspace.say))
        if broken is not None:
            require_same_programs(broken, sides)
        elif not turns.even_if_same and _same_programs(sides):
            return None
        protocol = broken.protocol if broken else _protocol(workspace, turns)
        plans = [
            start_side(workspace, side, msgspec.structs.replace(protocol, side=name), name=name)
            for side, name in zip(sides, SIDES, strict=True)
        ]
        if broken is not None:
            take_up(workspace, broken, [plan.draft for plan in plans])
        progress = Progress(SIDES, at_most=protocol.budget_s is not None)
        turn_taking = TurnTaking(
            workspace=workspace,
            names=names,
            protocol=protocol,
            drafts=tuple(plan.draft for plan in plans),
            progress=progress,
            broken=broken,
        )
        base, head = run_sides(workspace, turn_taking.steps(), plans, lock, progress)
    return base, head


def _protocol(workspace: Workspace, turns: Turns) -> Protocol:
    contract = workspace.contract
    return Protocol(
        warmups=contract.warmups,
        measured=turns.runs or contract.measured,
        proof=workspace.target.proof.value,
        session=secrets.token_hex(8),
        seed=secrets.randbits(32),
        looks=1 if turns.budget_s is None else 0,
        budget_s=turns.budget_s,
        no_instructions=perf_stat.unavailable(),
    )


def _same_programs(sides: Sequence[Prepared]) -> bool:
    base, head = ([one.identity for one in side.records] for side in sides)
    return base == head and None not in base
