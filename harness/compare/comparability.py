"""Are two recordings the same question asked twice? Every difference is listed; some make their times incomparable."""

from collections.abc import Iterator, Sequence

import msgspec

from harness.recording.manifest import BenchmarkRecord, Manifest, RunKind

_TOOLCHAIN_VARIABLES = frozenset({"RUSTUP_TOOLCHAIN"})
"""A newer compiler is part of what a revision may change, unlike a log level or a thread count."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One fact that differs; `decisive` ones make the times incomparable."""

    what: str
    base: str
    head: str
    decisive: bool

    def describe(self) -> str:
        """The difference in one line."""
        return f"{self.what}: {self.base} against {self.head}"


def differences(base: Manifest, head: Manifest, benchmarks: Sequence[str] = ()) -> tuple[Difference, ...]:
    """All differences that bear on the times of `benchmarks` (empty means all), decisive ones first."""
    found = [*_whole(base, head)]
    for one in base.benchmarks:
        other = head.benchmark(one.name)
        if other is not None and (not benchmarks or one.name in benchmarks):
            found += [*_benchmark(one, other), *_selectors(base, head, one.name)]
    return tuple(sorted(found, key=lambda difference: not difference.decisive))


def stands_for(one: Manifest, other: Manifest) -> bool:
    """Whether a recording is of the same programs under the same circumstances as another."""
    place = (one.target, one.host.id) == (other.target, other.host.id)
    programs = [benchmark.identity for benchmark in one.benchmarks]
    same = None not in programs and programs == [benchmark.identity for benchmark in other.benchmarks]
    return place and same and not any(difference.decisive for difference in differences(one, other))


def _selectors(base: Manifest, head: Manifest, benchmark: str) -> Iterator[Difference]:
    """KPIs of one name that are made of other spans; between targets the target's difference says enough."""
    if base.target == head.target:
        for one in base.kpis:
            other = head.kpi(benchmark, one.kpi) if one.benchmark == benchmark else None
            if other is not None:
                yield from _differ(f"{benchmark} {one.kpi} is read from", one.selector, other.selector)


def _whole(base: Manifest, head: Manifest) -> Iterator[Difference]:
    yield from _differ("target", base.target, head.target)
    yield from _differ("host", base.host.id, head.host.id)
    if base.host.id is None and head.host.id is None:
        yield Difference(what="host", base="not stated", head="not stated", decisive=False)
    if base.failure or head.failure:
        yield Difference(what="whole", base=base.failure or "complete", head=head.failure or "complete", decisive=True)
    yield from _differ("contract", base.contract, head.contract)
    yield from _differ("proof of a process", base.protocol.proof, head.protocol.proof)
    yield from _differ("warmup", base.protocol.warmups > 0, head.protocol.warmups > 0)
    yield from _differ("measured runs", _measured(base), _measured(head), decisive=False)
    yield from _differ("origin", base.provenance.origin.value, head.provenance.origin.value, decisive=False)
    yield from _differ("rustc", base.provenance.toolchain.rustc, head.provenance.toolchain.rustc, decisive=False)


def _benchmark(base: BenchmarkRecord, head: BenchmarkRecord) -> Iterator[Difference]:
    name = base.name
    yield from _differ(f"{name} profile", base.profile, head.profile)
    yield from _differ(f"{name} features", " ".join(base.features), " ".join(head.features))
    for variable in sorted(base.environment.keys() | head.environment.keys()):
        before, after = base.environment.get(variable, "unset"), head.environment.get(variable, "unset")
        yield from _differ(f"{name} {variable}", before, after, decisive=variable not in _TOOLCHAIN_VARIABLES)
    if base.log_level and head.log_level:
        yield from _differ(f"{name} log level", base.log_level, head.log_level)
    cells, others = base.workload.cells, head.workload.cells
    for fact in sorted(cells.keys() & others.keys()):
        yield from _differ(f"{name} {fact}", cells[fact], others[fact])
    if base.workload.airs and head.workload.airs:
        yield from _differ(f"{name} AIRs", " / ".join(base.workload.airs), " / ".join(head.workload.airs))


def _differ(what: str, base: object, head: object, *, decisive: bool = True) -> Iterator[Difference]:
    if base != head:
        yield Difference(what=what, base=_text(base), head=_text(head), decisive=decisive)


def _text(value: object) -> str:
    return "not stated" if value in (None, "") else str(value)


def _measured(manifest: Manifest) -> str:
    counts = {
        one.name: sum(run.kind is RunKind.MEASURED and run.benchmark == one.name for run in manifest.runs)
        for one in manifest.benchmarks
    }
    return ", ".join(f"{name} {count}" for name, count in counts.items())
