"""A look at the runs so far of a session in which two sides take turns: which benchmarks are still undecided."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from harness.commands.workspace import Workspace
from harness.compare.comparison import Mode, Side, compare
from harness.compare.verdict import Verdict
from harness.kpis.contract import Contract
from harness.measure.apart import apart
from harness.recording.manifest import KpiRecord, Manifest, Recording
from harness.store.drafts import journal
from harness.store.folder import RAW
from harness.targets.config import Target


def undecided(workspace: Workspace, drafts: Sequence[Path], *, up_to: int) -> frozenset[str]:
    """Which benchmarks go on after a look at the measured runs with numbers up to `up_to`.

    Those of which a gating KPI is undecided; as long as there are any, also those of which nothing gates.
    """
    manifests = apart(_read_so_far, drafts, workspace.target, workspace.contract, up_to)
    base, head = (Side(ref="", recording=Recording(id="", manifest=one)) for one in manifests)
    seen = compare(base, head, workspace.contract, mode=Mode.INTERLEAVED, alternated=True)
    open_ones = {one.benchmark for one in seen.kpis if one.gating and one.verdict is Verdict.UNDECIDED}
    gated = {one.benchmark for one in seen.kpis if one.gating and (one.base or one.head)}
    beside = set(seen.base.manifest.benchmark_names) - gated
    return frozenset(open_ones | beside if open_ones else ())


def _read_so_far(drafts: Sequence[Path], target: Target, contract: Contract, up_to: int) -> list[Manifest]:
    """In a process of its own: the manifests that the drafts would have now, with as much in them as a look needs."""
    from harness.commands.finishing import reading_of  # noqa: PLC0415 (loads pyarrow: only in the process of its own)
    from harness.ingest.recorded import read_recorded  # noqa: PLC0415

    found = []
    for draft in drafts:
        session, runs = journal(draft)
        readings = {one.name: reading_of(target, contract, one.name) for one in session.benchmarks}
        with TemporaryDirectory(prefix="harness-look-") as tables:
            read, _formats = read_recorded(Path(tables), draft / RAW, readings, runs)
        kpis = tuple(_first(kpi, up_to) for one in read for kpi in one.kpis)
        taken = tuple(run for run in runs if run.number <= up_to)
        found.append(msgspec.structs.replace(session, runs=taken, kpis=kpis))
    return found


def _first(kpi: KpiRecord, up_to: int) -> KpiRecord:
    kept = [index for index, run in enumerate(kpi.runs) if run <= up_to]
    return msgspec.structs.replace(
        kpi,
        runs=tuple(kpi.runs[i] for i in kept),
        values=tuple(kpi.values[i] for i in kept),
        lows=tuple(kpi.lows[i] for i in kept),
        highs=tuple(kpi.highs[i] for i in kept),
    )
