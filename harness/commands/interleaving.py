"""Two revisions built and measured here and now, their runs taking turns."""

import secrets
from collections.abc import Sequence
from contextlib import ExitStack

import msgspec

from harness.commands.preparing import Prepared, clean_up, contract_benchmarks, prepare
from harness.commands.recording import measuring, run_sides, start_side
from harness.commands.workspace import Workspace
from harness.measure.schedule import two_sided
from harness.recording.manifest import Protocol, Recording
from harness.targets.revision import Revision, checkout_for

SIDES = ("base", "head")


class Turns(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be measured: two revisions, some benchmarks (all where none is named), so many runs a side."""

    base: Revision
    head: Revision
    benchmarks: tuple[str, ...]
    runs: int | None
    even_if_same: bool


def measure_in_turns(workspace: Workspace, turns: Turns) -> tuple[Recording, Recording] | None:
    """Recordings of base and head; None where both are byte for byte the same programs, decided before any run."""
    target, contract = workspace.target, workspace.contract
    checkout = checkout_for(workspace.target_name, target)
    names = contract_benchmarks(target, turns.benchmarks, contract)
    workspace.store.prepare()
    with measuring(workspace, f"{workspace.target_name}: a comparison") as lock, ExitStack() as worktrees:
        sides: list[Prepared] = []
        for revision in (turns.base, turns.head):
            worktrees.callback(clean_up, checkout, revision)
            sides.append(prepare(target, checkout, revision, names, say=workspace.say))
        if not turns.even_if_same and _same_programs(sides):
            return None
        protocol = Protocol(
            warmups=contract.warmups,
            measured=turns.runs or contract.measured,
            proof=target.proof.value,
            session=secrets.token_hex(8),
            seed=secrets.randbits(32),
        )
        steps = two_sided(
            names,
            warmups=protocol.warmups,
            measured=protocol.measured,
            counters=[name for name in names if target.benchmarks[name].counters_env],
            seed=protocol.seed or 0,
        )
        plans = [start_side(workspace, side, protocol, name=name) for side, name in zip(sides, SIDES, strict=True)]
        base, head = run_sides(workspace, steps, plans, lock)
    return base, head


def _same_programs(sides: Sequence[Prepared]) -> bool:
    base, head = ([one.identity for one in side.records] for side in sides)
    return base == head and None not in base
