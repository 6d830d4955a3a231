"""`harness compare`: the stored recordings of two refs, or both sides measured here and now."""

from dataclasses import dataclass

from harness.commands.finding import find_recording
from harness.commands.workspace import Workspace
from harness.compare.comparison import Comparison, Mode, Side, compare
from harness.errors import ConfigError
from harness.kpis.contract import Contract
from harness.recording.manifest import Recording


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How a comparison is to be made; `runs` is None for the contract's number."""

    stored: bool = False
    same_session: bool = False
    benchmarks: tuple[str, ...] = ()
    runs: int | None = None
    measure_anyway: bool = False


def compare_refs(workspace: Workspace, base: str, head: str, plan: Plan) -> Comparison:
    """The comparison of two refs under `plan`."""
    sides = (
        Side(ref=base, recording=find_recording(workspace, base)),
        Side(ref=head, recording=find_recording(workspace, head)),
    )
    return compare_stored(workspace, *sides, plan)


def compare_stored(workspace: Workspace, base: Side, head: Side, plan: Plan) -> Comparison:
    """Two recordings as they are; runs that took turns when they were recorded still did."""
    session = base.manifest.protocol.session
    taken_together = session is not None and session == head.manifest.protocol.session
    return compare(
        base,
        head,
        _contract(workspace, base.recording),
        mode=Mode.STORED,
        alternated=plan.same_session or taken_together,
        benchmarks=_known(plan.benchmarks, base, head),
    )


def _contract(workspace: Workspace, recording: Recording) -> Contract:
    return workspace.load_contract(recording.manifest.contract)


def _known(benchmarks: tuple[str, ...], base: Side, head: Side) -> tuple[str, ...]:
    recorded = {*base.manifest.benchmark_names, *head.manifest.benchmark_names}
    unknown = [name for name in benchmarks if name not in recorded]
    if unknown:
        raise ConfigError(f"No benchmark '{unknown[0]}' on either side.", hint=f"Recorded: {', '.join(sorted(recorded))}.")
    return benchmarks
