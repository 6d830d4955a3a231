"""Two revisions built and measured here and now, their runs taking turns, round by round."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

from harness.commands.preparing import Prepared, clean_up, contract_benchmarks, prepare
from harness.commands.recording import measuring, run_sides, start_side
from harness.commands.resuming import SIDES, Asked, find_broken, require_same_programs, take_up
from harness.commands.turn_taking import TurnTaking
from harness.commands.workspace import Workspace
from harness.errors import ConfigError
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
    revisions = (turns.base, turns.head)
    workspace.store.prepare()
    _require_a_gate(workspace, turns)
    with measuring(workspace, f"{workspace.target_name}: a comparison") as lock, ExitStack() as worktrees:
        broken = find_broken(workspace, _asked(turns)) if turns.resume else None
        chosen = broken.benchmarks if broken else turns.benchmarks
        names = contract_benchmarks(workspace.target, chosen, workspace.contract)
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
        plans = take_up(workspace, broken, plans) if broken else plans
        progress = Progress(SIDES)
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


def _require_a_gate(workspace: Workspace, turns: Turns) -> None:
    names = contract_benchmarks(workspace.target, turns.benchmarks, workspace.contract)
    known = [one for name in names if (one := workspace.contract.benchmark(name)) is not None]
    if turns.budget_s is not None and not any(one.gating for one in known):
        raise ConfigError(
            f"No KPI of {', '.join(names)} gates in contract '{workspace.contract.name}', so nothing is ever decided.",
            hint="Fix the number of runs instead: --runs N.",
        )


def _asked(turns: Turns) -> Asked:
    return Asked(
        revisions=(turns.base, turns.head), benchmarks=turns.benchmarks, runs=turns.runs, budget_s=turns.budget_s
    )


def _protocol(workspace: Workspace, turns: Turns) -> Protocol:
    contract = workspace.contract
    return Protocol(
        warmups=contract.warmups if turns.budget_s is None else max(1, contract.warmups),  # a run to plan by
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
