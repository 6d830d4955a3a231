"""Real runs of unchanged programs, read by the harness' own import: what the decision rule is measured on."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, groupby
from pathlib import Path

import msgspec

from harness.commands.importing import import_captures
from harness.commands.workspace import open_workspace
from harness.compare.rounds import Sample, samples_of
from harness.ingest.stored_spans import stored_runs
from harness.recording.manifest import Manifest, Recording, RunKind
from harness.spans.model import Span
from harness.store.folder import Store
from harness.units import NS_PER_MS

FOLDER = Path(__file__).parent.parent / "data" / "aa"
SPANS = "spans.parquet"
STEP = " > "
"""Between a span and the one below it; the first stands behind the benchmark."""

TOTAL = "keccakf: stark_prove_excluding_trace"

Series = tuple[Sample, ...]
"""One KPI's or span's times in ms, run after run."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of one program in a row, all series of one length: KPIs, and spans with and without their children.

    `started_s`: seconds since 1970.
    """

    name: str
    started_s: float
    kpis: Mapping[str, Series]
    inclusive: Mapping[str, Series]
    own: Mapping[str, Series]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return min((len(series) for series in self.kpis.values()), default=0)


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions of one program on one machine; `gating` names the KPIs that gate together, the total first."""

    name: str
    sessions: tuple[Session, ...]
    gating: tuple[str, ...]


H200_GATING = (
    TOTAL,
    "keccakf: prover.rap_constraints.round0",
    "keccakf: prover.main_trace_commit",
    "keccakf: prover.openings.whir",
    "keccakf: prover.rap_constraints.mle_rounds",
)
CPU_GATING = (
    TOTAL,
    "logup: prover.rap_constraints.mle_rounds",
    "logup: prover.rap_constraints.logup_gkr",
    "logup: rs_code_matrix",
    "keccakf: prover.main_trace_commit",
)


def h200() -> Capture:
    """keccakf on an H200."""
    sessions = tuple(_imported(f"H200 session {number}", "openvm-cuda", number, ("keccakf",)) for number in (1, 2))
    return Capture(name="H200", sessions=sessions, gating=H200_GATING)


def cpu() -> Capture:
    """keccakf and the LogUp test on two cores."""
    both = ("keccakf", "logup")
    sessions = tuple(_imported(f"CPU session {number}", "openvm-cpu", number, both) for number in (1, 2))
    return Capture(name="CPU", sessions=sessions, gating=CPU_GATING)


def _imported(name: str, target: str, number: int, benchmarks: Sequence[str]) -> Session:
    short = "h200" if target == "openvm-cuda" else "cpu"
    logs = [(one, FOLDER / f"{short}_{one}_session{number}.log.gz") for one in benchmarks]
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(Path(folder), store=Path(folder) / "store", target=target, host=short)
        recording = import_captures(workspace, logs).recording
        return _session(name, workspace.store, recording, benchmarks)


def recorded(store: Store) -> Iterator[Capture]:
    """What `harness doctor --calibrate` has recorded: sessions of the same program on the same host, oldest first."""
    found = [one for one in store.recordings() if _is_known(one.manifest)]
    for kind, alike in groupby(sorted(found, key=lambda one: (_kind(one), one.manifest.started)), key=_kind):
        several = list(alike)
        for benchmark in several[0].manifest.benchmark_names:
            sessions = tuple(
                _session(f"{benchmark} {one.manifest.started}", store, one, (benchmark,)) for one in several
            )
            gating = [name for name in sessions[0].kpis if all(name in one.kpis for one in sessions)]
            if gating:
                name = f"{kind[0]} {benchmark} on {kind[1] or 'an unnamed host'}"
                yield Capture(name=name, sessions=sessions, gating=tuple(gating))


def _is_known(manifest: Manifest) -> bool:
    """Whether it is a calibration session of programs that can be told from others."""
    is_whole = manifest.protocol.calibration and manifest.failure is None
    return is_whole and all(one.identity for one in manifest.benchmarks)


def _kind(recording: Recording) -> tuple[str, str, tuple[str, ...]]:
    """Target, host, and what was run."""
    manifest = recording.manifest
    programs = tuple(f"{one.name} {one.identity}" for one in manifest.benchmarks)
    return manifest.target, manifest.host.id or "", programs


def _session(name: str, store: Store, recording: Recording, benchmarks: Sequence[str]) -> Session:
    manifest = recording.manifest
    kpis = {
        f"{one.benchmark}: {one.kpi}": tuple(samples_of(one).values())
        for one in manifest.kpis
        if one.benchmark in benchmarks and one.unit == "ms" and one.values and min(one.values) > 0
    }
    path = store.path_of(recording.id)
    inclusive: dict[str, list[Sample]] = {}
    own: dict[str, list[Sample]] = {}
    for run in stored_runs(path / SPANS) if path else ():
        if run.kind is RunKind.MEASURED and run.benchmark in benchmarks:
            _add(run.benchmark, list(run.spans()), inclusive, own)
    started_s = datetime.fromisoformat(manifest.started).timestamp()
    return Session(name=name, started_s=started_s, kpis=kpis, inclusive=_whole(inclusive), own=_whole(own))


def _whole(found: Mapping[str, Sequence[Sample]]) -> dict[str, Series]:
    """Those that every run has, above zero at the least that the printed digits can mean: others cannot be judged."""
    runs = max((len(series) for series in found.values()), default=0)
    return {
        name: tuple(series)
        for name, series in found.items()
        if len(series) == runs and all(one.low > 0 for one in series)
    }


def _add(
    benchmark: str, spans: Sequence[Span], inclusive: dict[str, list[Sample]], own: dict[str, list[Sample]]
) -> None:
    children: dict[int | None, list[Span]] = {}
    paths: dict[int, str] = {}
    for span in spans:
        children.setdefault(span.parent, []).append(span)
        above = f"{benchmark}:" if span.parent is None else paths[span.parent]
        paths[span.seq] = f"{above}{STEP}{span.name}#{span.occurrence}"
    for span in spans:
        whole = _bounds([span])
        inside = _bounds(children.get(span.seq, []))
        if whole is None or inside is None:
            continue
        inclusive.setdefault(paths[span.seq], []).append(whole)
        rest = Sample(whole.value - inside.value, max(0.0, whole.low - inside.high), whole.high - inside.low)
        own.setdefault(paths[span.seq], []).append(rest)


def _bounds(spans: Iterable[Span]) -> Sample | None:
    """Their times added up; None where one never ended."""
    durations = [span.duration for span in spans]
    known = [one for one in durations if one is not None]
    if len(known) != len(durations):
        return None
    return Sample(
        sum(one.ns for one in known) / NS_PER_MS,
        sum(one.low_ns for one in known) / NS_PER_MS,
        sum(one.high_ns for one in known) / NS_PER_MS,
    )


def captures(stores: Sequence[Store]) -> list[Capture]:
    """The committed ones, then what was recorded."""
    return [h200(), cpu(), *chain.from_iterable(recorded(store) for store in stores)]
